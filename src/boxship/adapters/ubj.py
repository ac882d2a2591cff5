"""Universal Binary JSON as plain values: numbers of one kind as arrays, all else as json would give it."""

import struct
from typing import Any

import numpy as np

# https://ubjson.org: the letter before a value, and how its bytes are read
_NUMBERS = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_CONSTANTS = {"Z": None, "T": True, "F": False}
_DEEPEST = 100


def decode(data: bytes) -> Any:  # whatever it holds
    """The one value in `data`; raises ValueError where that is not all of it."""
    value, at = _value(data, 0, _DEEPEST)
    if at != len(data):
        raise ValueError(f"{len(data) - at} bytes follow on it")
    return value


def _value(data: bytes, at: int, deepest: int) -> tuple[Any, int]:
    kind, at = _letter(data, at)
    if kind == "{":
        return _object(data, at, deepest)
    if kind == "[":
        return _array(data, at, deepest)
    return _plain(data, at, kind)


def _plain(data: bytes, at: int, kind: str) -> tuple[Any, int]:
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], at
    if kind in _NUMBERS:
        return _number(data, at, kind)
    if kind == "S":
        return _text(data, at)
    raise ValueError(f"byte {at} begins no value")


def _letter(data: bytes, at: int) -> tuple[str, int]:
    if at >= len(data):
        raise ValueError("it ends in the middle")
    return chr(data[at]), at + 1


def _number(data: bytes, at: int, kind: str) -> tuple[Any, int]:
    form = _NUMBERS[kind]
    stop = at + struct.calcsize(form)
    if stop > len(data):
        raise ValueError("it ends in the middle of a number")
    return struct.unpack(form, data[at:stop])[0], stop


def _size(data: bytes, at: int) -> tuple[int, int]:
    kind, at = _letter(data, at)
    if kind not in "iUIlL":
        raise ValueError(f"byte {at} is no size")
    size, at = _number(data, at, kind)
    if not 0 <= size <= len(data):
        raise ValueError(f"byte {at} ends the size {size}, of a file of {len(data)}")
    return size, at


def _text(data: bytes, at: int) -> tuple[str, int]:
    size, at = _size(data, at)
    if at + size > len(data):
        raise ValueError("it ends in the middle of a text")
    return data[at : at + size].decode(), at + size


def _object(data: bytes, at: int, deepest: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while data[at : at + 1] != b"}":
        key, at = _text(data, at)
        if key in found or not deepest:
            raise ValueError(f"{key[:40]!r} is there twice, or lies too deep")
        found[key], at = _value(data, at, deepest - 1)
    return found, at + 1


def _array(data: bytes, at: int, deepest: int) -> tuple[Any, int]:
    if not deepest:
        raise ValueError("lists lie in lists without end")
    if data[at : at + 1] == b"$":
        return _numbers(data, at + 1)
    if data[at : at + 1] == b"#":
        size, at = _size(data, at + 1)
        return _items(data, at, size, deepest)
    found = []
    while data[at : at + 1] != b"]":
        one, at = _value(data, at, deepest - 1)
        found.append(one)
    return found, at + 1


def _items(data: bytes, at: int, size: int, deepest: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(size):
        one, at = _value(data, at, deepest - 1)
        found.append(one)
    return found, at


def _numbers(data: bytes, at: int) -> tuple[Any, int]:
    kind, at = _letter(data, at)
    if kind not in _NUMBERS or data[at : at + 1] != b"#":
        raise ValueError(f"byte {at} begins a list of no known numbers")
    size, at = _size(data, at + 1)
    dtype = np.dtype(
        _NUMBERS[kind].replace("b", "i1").replace("B", "u1").replace("h", "i2").replace("q", "i8")
    )
    stop = at + size * dtype.itemsize
    if stop > len(data):
        raise ValueError("it ends in the middle of a list")
    return np.frombuffer(data, dtype, size, at), stop
