"""One way to write a fitted estimator: the same model, the same bytes.

joblib's bytes tell more than the model: which equal strings happened to be one object, the order
of sets under this process's hash seed, the padding between a tree's fields, where in memory a list
of stop words lay. None of that is kept.
"""

import io
import pickle
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np

from boxship.adapters.unpickle import unpickle
from boxship.errors import BoxError

try:
    from joblib.numpy_pickle import NumpyPickler
except ModuleNotFoundError:
    NumpyPickler = pickle._Pickler  # noqa: SLF001  # joblib's own base

_PROTOCOL = 5
_ADDRESS = "_stop_words_id"  # by which a vectorizer knows stop words that it has looked at


class CanonicalPickler(NumpyPickler):  # type: ignore[misc]  # joblib ships no types
    """Equal atoms are one object, sets are sorted, padding is zero. joblib reads it as ever, or pickle
    where there is no joblib."""

    def __init__(self, file: Any) -> None:  # a binary file
        super().__init__(file, protocol=_PROTOCOL)
        self._atoms: dict[Hashable, Any] = {}
        self._cleaned: dict[int, tuple[Any, Any]] = {}  # by id; the original is kept, so that ids stay

    def save(self, obj: Any) -> Any:  # whatever is in a model
        kind = type(obj)
        if kind in (set, frozenset):
            items = sorted(obj, key=lambda item: (type(item).__name__, repr(item)))
            return self.save_reduce(kind, (items,), obj=obj)
        if kind is np.ndarray and obj.dtype.hasobject:
            return pickle._Pickler.save(self, obj)  # type: ignore[attr-defined]  # noqa: SLF001  # joblib's own base
        return super().save(self._one(obj, kind))

    def _one(self, obj: Any, kind: type) -> Any:  # the same thing, as it is always written
        if kind in (str, bytes):
            return self._atoms.setdefault((kind, obj), obj)
        if isinstance(obj, np.dtype):
            return self._atoms.setdefault((np.dtype, repr(obj)), obj)
        if isinstance(obj, np.generic) and not obj.dtype.hasobject:
            return self._atoms.setdefault((kind, obj.dtype.str, obj.tobytes()), obj)
        if kind is dict and _ADDRESS in obj:
            return self._cleaned.setdefault(id(obj), (obj, {k: v for k, v in obj.items() if k != _ADDRESS}))[
                1
            ]
        if kind is np.ndarray and obj.dtype.names:
            return self._cleaned.setdefault(id(obj), (obj, _without_padding(obj)))[1]
        return obj


def _without_padding(array: Any) -> Any:  # a structured array
    out = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        out[name] = array[name]
    return out


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
