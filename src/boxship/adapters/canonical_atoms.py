"""Parts of a model as they are always written, whatever told equal ones apart in memory."""

from collections.abc import Hashable
from typing import Any

import numpy as np

_ADDRESS = "_stop_words_id"  # by which a vectorizer knows stop words that it has looked at


class Atoms:
    """Equal atoms are one object, padding is zero."""

    def __init__(self) -> None:
        self._atoms: dict[Hashable, Any] = {}
        self._cleaned: dict[int, tuple[Any, Any]] = {}  # by id; the original is kept, so that ids stay

    def one(self, obj: Any) -> Any:  # whatever is in a model
        """The same thing, as it is always written."""
        kind = type(obj)
        if kind in (str, bytes):
            return self._atoms.setdefault((kind, obj), obj)
        if isinstance(obj, np.dtype):
            return self._atoms.setdefault((np.dtype, repr(obj)), obj)
        if isinstance(obj, np.generic) and not obj.dtype.hasobject:
            return self._atoms.setdefault((kind, obj.dtype.str, obj.tobytes()), obj)
        if kind is dict and _ADDRESS in obj:
            return self._kept(obj, {k: v for k, v in obj.items() if k != _ADDRESS})
        if kind is np.ndarray and obj.dtype.names:
            return self._kept(obj, _without_padding(obj))
        return obj

    def _kept(self, obj: Any, cleaned: Any) -> Any:  # the first that was made of it
        return self._cleaned.setdefault(id(obj), (obj, cleaned))[1]


def in_order(items: Any) -> list[Any]:  # a set
    """Its items in an order that no hash seed changes."""
    return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


def _without_padding(array: Any) -> Any:  # a structured array
    out = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        out[name] = array[name]
    return out
