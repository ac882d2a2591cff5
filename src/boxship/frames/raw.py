"""Rows as their user has them, on their way into a room."""

import pickle
from typing import Any

import numpy as np

from boxship import plug

_TARGETS = {"pandas": "boxship.frames.pandas_raw:PandasRaw"}


def pickle_raw(rows: Any) -> bytes:  # an array, or a frame or Series of pandas
    """What `unpickle_raw` gives back in another process."""
    return pickle.dumps(rows if isinstance(rows, np.ndarray) else _pandas().take_apart(rows))


def unpickle_raw(data: bytes) -> Any:  # see above
    """For a room alone, and for what its own starter sent: a pickle does what it likes."""
    found = pickle.loads(data)  # noqa: S301
    return found if isinstance(found, np.ndarray) else _pandas().put_together(found)


def _pandas() -> Any:  # the plug
    return plug.load("pandas", _TARGETS, "frames.unknown_plug")()
