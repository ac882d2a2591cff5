"""numpy's dtypes in a pickle: what they say of sizes and objects, which numpy believes."""

import re

from boxship.adapters.pickle_values import Dtype, Global, Record, unsafe
from boxship.errors import BoxError

_DTYPE = re.compile(r"([biufcmMOSUV])([0-9]{1,9})")
_SIZE_FROM_STATE = -1


def dtype_of(cls: Global, args: tuple[object, ...], position: int) -> Dtype:
    if args[1:] not in ((), (0, 1)):
        raise unsafe(position, "makes a numpy dtype in an unusual way")
    if args and type(args[0]) is Global and args[0].path == "numpy.record":
        args[0].called = True
        return Dtype(cls, "V", _SIZE_FROM_STATE)
    text = args[0] if args and type(args[0]) is str else ""
    found = _DTYPE.fullmatch(text)
    if not found:
        raise unsafe(position, "makes a numpy dtype in an unusual way")
    size = int(found[2]) * (4 if found[1] == "U" else 1)
    return Dtype(cls, found[1], size)


def build_dtype(dtype: Dtype, state: object, position: int) -> None:
    """numpy believes a dtype's state; a flag or a size that lies would turn bytes into pointers."""
    wrong = unsafe(position, "gives a numpy dtype a state that contradicts it")
    if dtype.sealed or type(state) is not tuple or len(state) not in (8, 9) or state[0] not in (3, 4):
        raise wrong
    dtype.sealed = True
    _, _, subarray, names, fields, size, _, flags = state[:8]
    if type(size) is not int or type(flags) is not int:
        raise wrong
    if dtype.size == _SIZE_FROM_STATE:
        dtype.size = size
    if size != (dtype.size if dtype.kind in "SUV" else -1):
        raise wrong
    if dtype.kind == "V":
        dtype.holds_objects = any(part.holds_objects for part in _parts(dtype, subarray, fields, wrong))
    elif (subarray, names, fields) != (None, None, None):
        raise wrong
    if flags & 3 != (3 if dtype.holds_objects else 0) or (flags & 4 and dtype.kind != "O"):
        raise wrong


def _parts(dtype: Dtype, subarray: object, fields: object, wrong: BoxError) -> list[Dtype]:
    parts = []
    if subarray is not None:
        if type(subarray) is not tuple or len(subarray) != 2 or type(subarray[0]) is not Dtype:
            raise wrong
        parts.append(subarray[0])
    if fields is not None:
        if type(fields) is not Record or not fields.exact:
            raise wrong
        for field in fields.entries.values():
            if type(field) is not tuple or len(field) < 2 or type(field[0]) is not Dtype:
                raise wrong
            part, offset = field[0], field[1]
            if type(offset) is not int or not 0 <= offset <= dtype.size - part.size:
                raise wrong
            parts.append(part)
    for part in parts:
        part.sealed = True
    return parts
