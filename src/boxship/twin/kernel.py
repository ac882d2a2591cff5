"""The kernel in C, where there is one for this machine."""

import ctypes
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from boxship.core.column import Array

FOLDER = Path(__file__).parent


_ARRAYS = ("nodes", "roots", "depths", "columns", "ranks", "leaves", "sets", "base", "divisors")


class _Arrays(ctypes.Structure):
    """`forest` of kernel.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        *((name, ctypes.c_int64) for name in ("trees", "wide", "width", "outputs", "words", "flags")),
        ("largest", ctypes.c_double),
    )


class Kernel:
    """One forest bound to the kernel, for one thread at a time. The arrays are those that `Forest` has
    checked; they are kept alive."""

    __slots__ = ("_add", "_arrays", "_kept", "_one", "_outputs", "_place", "_row", "_sums")

    def __init__(self, add: Callable[..., int], arrays: _Arrays, kept: tuple[Array, ...]) -> None:
        self._add = add
        self._arrays = arrays
        self._kept = kept
        self._outputs = int(arrays.outputs)
        self._place = ctypes.c_void_p(ctypes.addressof(arrays))
        # to copy a row costs less than to ask numpy for an address, or ctypes for a number
        self._row, self._sums = np.empty((1, arrays.width)), np.empty((1, arrays.outputs))
        from_, to = (ctypes.c_void_p(array.ctypes.data) for array in (self._row, self._sums))
        self._one = self._place, from_, ctypes.c_int64(1), to

    @classmethod
    def of(cls, arrays: tuple[Array, ...], *, width: int, flags: int, largest: float) -> Self | None:
        """`arrays` in the order above. None where there is no kernel for this machine: numpy does the
        same, more slowly."""
        add = load()
        if add is None:
            return None
        _, roots, *_, leaves, sets, base, _ = arrays
        places = (array.ctypes.data for array in arrays)
        sizes = (len(roots), leaves.shape[1], width, len(base), len(sets), flags)
        return cls(add, _Arrays(*places, *sizes, largest), arrays)

    def sums(self, rows: Array) -> tuple[Array, int]:
        """The outputs of rows of the forest's width, and the first row that is refused, or -1."""
        if len(rows) == 1:
            self._row[:] = rows
            bad = self._add(*self._one)
            return self._sums.copy(), bad
        rows = np.ascontiguousarray(rows, np.float64)
        out = np.empty((len(rows), self._outputs))
        return out, self._add(self._place, _address(rows), len(rows), _address(out))


def _address(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


@cache
def load() -> Callable[..., int] | None:
    """The function of the shared object that was built for this machine, if it is there."""
    try:
        function: Any = ctypes.CDLL(
            str(path())
        ).boxship_forest_2  # another number with each change of what it takes
    except (OSError, AttributeError):
        return None
    function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
    function.restype = ctypes.c_int64
    return function  # type: ignore[no-any-return]  # ctypes makes it at run time


def path(system: str = platform.system(), machine: str = platform.machine()) -> Path:
    """Where the shared object of that kind of machine lies."""
    return FOLDER / f"kernel-{system.lower()}-{machine.lower()}.so"
