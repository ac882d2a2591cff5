"""One way to write a fitted estimator: the same model, the same bytes.

joblib's bytes tell more than the model: which equal strings happened to be one object, the order
of sets under this process's hash seed, the padding between a tree's fields, where in memory a list
of stop words lay. None of that is kept.
"""

import io
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from joblib.numpy_pickle import NumpyPickler

from boxship.adapters.canonical_atoms import Atoms, in_order

_PROTOCOL = 5


class CanonicalPickler(NumpyPickler):  # type: ignore[misc]  # joblib ships no types
    """Equal atoms are one object, sets are sorted, padding is zero. joblib and pickle read it as ever."""

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


def write_canonical(model: object, path: Path) -> None:
    """Write the model as it is after being read once: some classes drop a part of themselves then.

    Raises what pickle raises where it cannot be written.
    """
    first = io.BytesIO()
    CanonicalPickler(first).dump(model)
    first.seek(0)
    read = joblib.load(first)  # the caller's own object, written a line ago
    with path.open("wb") as file:
        CanonicalPickler(file).dump(read)
