"""What one column holds."""

import re
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from boxship.errors import UsageError

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NUMBERS = (*INTEGERS, *FLOATS)
MOMENTS = {"date": "datetime64[D]", "datetime": "datetime64[us]"}
LOOSE = ("text", "binary", "record")
KINDS = (*NUMBERS, "bool", *MOMENTS, *LOOSE, "category")

_FORM = re.compile(r"([a-z0-9]+)(?:\[(\d+(?:,\d+)*)\])?")


class Type(NamedTuple):
    """A kind, and a shape where each row holds a tensor.

    `float64`, `int64`, `bool`, `text`, `category`, `date`, `datetime` (UTC, microseconds), `binary`,
    `record` (nested JSON), and `float32[28,28]` for a tensor a row. A null is NaN in floats,
    NaT in dates, None in text, binary and record; integers and booleans carry a mask.

    >>> Type.parse("uint8[28,28]").shape
    (28, 28)
    """

    kind: str
    shape: tuple[int, ...] = ()

    @staticmethod
    def parse(text: str) -> "Type":
        return _parsed(text)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return _dtype(self.kind)

    @property
    def size(self) -> int:
        """How many values a row holds."""
        return prod(self.shape)

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS and not self.shape

    @property
    def is_float(self) -> bool:
        return self.kind in FLOATS

    @property
    def is_integer(self) -> bool:
        return self.kind in INTEGERS

    @property
    def in_block(self) -> bool:
        """Columns of one fixed-width dtype lie beside each other in one row-major block."""
        return not self.shape and self.kind not in (*LOOSE, "category")

    @property
    def has_mask(self) -> bool:
        return not self.shape and (self.kind in INTEGERS or self.kind == "bool")

    def __str__(self) -> str:
        return f"{self.kind}[{','.join(map(str, self.shape))}]" if self.shape else self.kind


@lru_cache(maxsize=256)
def _parsed(text: str) -> Type:
    match = _FORM.fullmatch(text)
    kind = match[1] if match else ""
    shape = tuple(int(part) for part in match[2].split(",")) if match and match[2] else ()
    if kind not in KINDS or (shape and kind not in (*NUMBERS, "bool")):
        raise UsageError("type.unknown", f"{text[:100]!r} is not a type", f"the kinds are {', '.join(KINDS)}")
    return Type(kind, shape)


@lru_cache(maxsize=64)
def _dtype(kind: str) -> np.dtype[np.generic]:
    if kind in LOOSE:
        return np.dtype(object)
    if kind == "category":
        return np.dtype("int32")
    return np.dtype(MOMENTS.get(kind, kind))
