"""The pickles of `torch.save` read as what they say: texts, numbers, dicts and tensors; nothing is called."""

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_LARGEST = 1 << 28
_MARK = object()
_KINDS = {
    "Double": "F64", "Float": "F32", "Half": "F16", "BFloat16": "BF16", "Long": "I64", "Int": "I32",
    "Short": "I16", "Char": "I8", "Byte": "U8", "Bool": "BOOL",
}  # fmt: skip
_STORAGES = {f"torch {name}Storage": kind for name, kind in _KINDS.items()}
_REBUILT = "torch._utils _rebuild_tensor_v2"
_CALLED = (_REBUILT, "torch._utils _rebuild_parameter", "collections OrderedDict", "torch Size")


class Storage(NamedTuple):
    """Values that lie in a part of the archive."""

    kind: str
    key: str
    size: int  # how many


class Tensor(NamedTuple):
    """A view of such values; sizes as the pickle has them, which may be anything."""

    storage: Any
    offset: Any
    shape: Any
    stride: Any


class Global(NamedTuple):
    """A name that is called or stands for a type."""

    name: str


class UnknownGlobalError(ValueError):
    """A name that no tensor needs."""


def read_pickle(data: bytes) -> Any:  # what it holds
    """Raises `UnknownGlobalError` for one that names anything else, ValueError for one that is otherwise made."""
    if len(data) > _LARGEST:
        raise ValueError("it is too large")
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    for code, argument, _ in pickletools.genops(data):
        if code.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif code.name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif code.name in _PLAIN:
            stack.append(argument)
        elif code.name == "STOP":
            return stack.pop()
        else:
            step = _STEPS.get(code.name)
            if step is None:
                raise ValueError(f"it has the instruction {code.name}, which torch.save does not write")
            step(stack, argument)
    raise ValueError("it does not end")


_PLAIN = ("BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")


def _global(stack: list[Any], name: str) -> None:
    if name not in _CALLED and name not in _STORAGES:
        raise UnknownGlobalError(name.replace(" ", ".", 1))
    stack.append(Global(name))


def _since_mark(stack: list[Any]) -> list[Any]:
    place = next(at for at in range(len(stack) - 1, -1, -1) if stack[at] is _MARK)
    found = stack[place + 1 :]
    del stack[place:]
    return found


def _tuple(count: int) -> Callable[[list[Any], Any], None]:
    def made(stack: list[Any], _: Any) -> None:
        found = tuple(stack[len(stack) - count :])
        del stack[len(stack) - count :]
        stack.append(found)

    return made


def _set_items(stack: list[Any], pairs: list[Any]) -> None:
    found = stack[-1]
    if not isinstance(found, dict) or len(pairs) % 2:
        raise ValueError("it sets items of what is no dict")
    if not all(
        isinstance(key, str | int) for key in pairs[::2]
    ):  # a tuple in a tuple takes forever to be hashed
        raise ValueError("it has a dict of which the keys are neither text nor whole numbers")
    found.update(zip(pairs[::2], pairs[1::2], strict=True))


def _set_item(stack: list[Any], _: Any) -> None:
    value, key = stack.pop(), stack.pop()
    _set_items(stack, [key, value])


def _append(stack: list[Any], values: list[Any]) -> None:
    if not isinstance(stack[-1], list):
        raise TypeError("it appends to what is no list")
    stack[-1].extend(values)


def _stored(stack: list[Any], _: Any) -> None:
    word, kind, key, _device, count = stack.pop()  # wherever it lay, it is read for the processor
    if word != "storage" or not isinstance(kind, Global) or kind.name not in _STORAGES:
        raise ValueError("it holds values of another kind than tensors have")
    if not isinstance(key, str) or not key.isdecimal() or type(count) is not int or count < 0:
        raise ValueError("its tensors lie nowhere")
    stack.append(Storage(_STORAGES[kind.name], key, count))


def _called(stack: list[Any], _: Any) -> None:
    arguments, function = stack.pop(), stack.pop()
    if not isinstance(function, Global) or not isinstance(arguments, tuple):
        raise TypeError("it calls what is no function")
    if function.name == _REBUILT:
        stack.append(Tensor(*arguments[:4]))
    elif function.name == "collections OrderedDict" and not arguments:
        stack.append({})
    elif function.name in _CALLED[1:] and arguments and function.name != "collections OrderedDict":
        stack.append(arguments[0])  # a parameter is its tensor, a size its tuple
    else:
        raise ValueError(f"it calls {function.name}")


def _built(stack: list[Any], _: Any) -> None:
    stack.pop()  # what an OrderedDict says about versions of modules
    if not isinstance(stack[-1], dict):
        raise TypeError("it sets attributes of what is no dict")


_STEPS: Mapping[str, Callable[[list[Any], Any], None]] = {
    "PROTO": lambda _stack, _: None,
    "MARK": lambda stack, _: stack.append(_MARK),
    "NONE": lambda stack, _: stack.append(None),
    "NEWTRUE": lambda stack, _: stack.append(True),
    "NEWFALSE": lambda stack, _: stack.append(False),
    "EMPTY_DICT": lambda stack, _: stack.append({}),
    "EMPTY_LIST": lambda stack, _: stack.append([]),
    "EMPTY_TUPLE": lambda stack, _: stack.append(()),
    "TUPLE": lambda stack, _: stack.append(tuple(_since_mark(stack))),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "SETITEM": _set_item,
    "SETITEMS": lambda stack, _: _set_items(stack, _since_mark(stack)),
    "APPEND": lambda stack, _: _append(stack, [stack.pop()]),
    "APPENDS": lambda stack, _: _append(stack, _since_mark(stack)),
    "GLOBAL": _global,
    "BINPERSID": _stored,
    "REDUCE": _called,
    "BUILD": _built,
}
