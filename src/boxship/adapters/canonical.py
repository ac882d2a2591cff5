"""One way to write a fitted estimator: the same model, the same bytes.

joblib's bytes tell more than the model: which equal strings happened to be one object, the order
of sets under this process's hash seed, the padding between a tree's fields, where in memory a list
of stop words lay. None of that is kept.
"""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from boxship.adapters.canonical_atoms import Atoms, in_order
from boxship.adapters.unpickle import unpickle
from boxship.errors import BoxError

try:
    from joblib.numpy_pickle import NumpyPickler
except ModuleNotFoundError:
    NumpyPickler = pickle._Pickler  # noqa: SLF001  # joblib's own base

_PROTOCOL = 5


class CanonicalPickler(NumpyPickler):  # type: ignore[misc]  # joblib ships no types
    """Equal atoms are one object, sets are sorted, padding is zero. joblib reads it as ever, or pickle
    where there is no joblib."""

    def __init__(self, file: Any) -> None:  # a binary file
        super().__init__(file, protocol=_PROTOCOL)
        self._canonical = Atoms()

    def save(self, obj: Any) -> Any:  # whatever is in a model
        kind = type(obj)
        if kind in (set, frozenset):
            return self.save_reduce(kind, (in_order(obj),), obj=obj)
        if kind is np.ndarray and obj.dtype.hasobject:
            return pickle._Pickler.save(self, obj)  # type: ignore[attr-defined]  # noqa: SLF001  # joblib's own base
        return super().save(self._canonical.one(obj))


def write_canonical(model: object, folder: Path, hint: str) -> Path:
    """Write the model as it is after being read once: some classes drop a part of themselves then.

    `hint` says what to do where it cannot be written.
    """
    path, first = folder / "model.joblib", io.BytesIO()
    try:
        CanonicalPickler(first).dump(model)
        first.seek(0)
        read = unpickle(first)  # the caller's own object, written a line ago
        with path.open("wb") as file:
            CanonicalPickler(file).dump(read)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise BoxError("model.unpicklable", f"the model cannot be written: {error}", hint) from error
    return path
