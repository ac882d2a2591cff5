"""An exact interpreter of pickle's opcodes, protocols 0 to 5, that makes nothing and imports nothing.

The stack, the marks and the memo behave as in `pickle._Unpickler`; values are stand-ins from
`pickle_values`. Where the two unpicklers of the standard library would disagree, the file is refused.
"""

import _compat_pickle
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from boxship.adapters.pickle_boosters import LONG, is_awaited, keep, keep_booster, spelled
from boxship.adapters.pickle_literals import LITERALS, decimal, decode
from boxship.adapters.pickle_names import Names
from boxship.adapters.pickle_stream import Stream, damaged, too_large
from boxship.adapters.pickle_values import (
    Bag,
    Dtype,
    Global,
    Made,
    Record,
    Spelled,
    Wrapper,
    share,
    unsafe,
)

_BATCH = 1 << 16
_OPS = 1 << 26
_LIVE = 1 << 24
_DEEP = 10_000
_NO_FRAME: Final = 1 << 63
_STOP = ord(".")


class Machine:
    """Reads one pickle from the stream, up to its STOP.

    `inline` says that joblib reads it: the bytes of arrays may follow their wrappers, and an array of
    objects is a pickle of its own, which joblib hands to an unpickler without that ability.
    """

    def __init__(self, stream: Stream, names: Names, *, inline: bool = True) -> None:
        self.stream = stream
        self.names = names
        self.inline = inline
        self.arrays = 0
        self.stack: list[object] = []
        self.marks: list[list[object]] = []
        self.memo: dict[int, object] = {}
        self.protocol = 0
        self.first = self.start = stream.position
        self.frame_end = _NO_FRAME

    def run(self) -> object:
        """The stand-in for the object at the top."""
        try:
            self._run()
            value = self.stack.pop()
        except (IndexError, KeyError) as error:
            raise damaged(self.start, "it takes what was never put there") from error
        if self.stack or self.marks:
            raise unsafe(self.start, "leaves values behind")
        if self.stream.position < self.frame_end != _NO_FRAME:
            raise damaged(self.start, "a frame is longer than the pickle")
        return value

    def _run(self) -> None:
        stream, byte = self.stream, self.stream.byte
        for _ in range(_OPS // _BATCH):
            for _ in range(_BATCH):
                self.start = start = stream.base + stream.at
                if start >= self.frame_end:
                    self._leave_frame()
                op = byte()
                if op == _STOP:
                    return
                if literal := LITERALS.get(op):
                    is_kept = op in LONG and is_awaited(self.stack)
                    self.stack.append(keep(stream, op) if is_kept else literal(stream))
                    continue
                handler = _HANDLERS.get(op)
                if handler is None:
                    raise damaged(start, f"0x{op:02x} is no pickle instruction")
                handler(self)
            if len(self.stack) + len(self.memo) > _LIVE:
                break
        raise too_large(self.start, "it holds too many values")

    def pop_mark(self) -> list[object]:
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def remember(self, index: int) -> None:
        if not 0 <= index < _LIVE:
            raise too_large(self.start, f"memo number {index}")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        value = self.memo[index]
        share(value)
        self.stack.append(value)

    def name(self, module: object, name: object) -> Global:
        if type(module) is not str or type(name) is not str or not module or not name:
            raise unsafe(self.start, "computes the name of what it uses")
        if self.protocol < 3:
            renamed = _compat_pickle.NAME_MAPPING.get((module, name))
            module, name = renamed or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
        return self.names.get(module, name, self.start)

    def array(self, wrapper: Wrapper, state: object) -> object:
        """Passes over an array that joblib wrote into the stream."""
        if not self.inline or wrapper.built or type(state) is not Record or not state.exact:
            raise unsafe(self.start, "uses joblib's array wrapper in an unusual way")
        wrapper.built = True
        shape, dtype = state.entries.get("shape"), state.entries.get("dtype")
        aligned = state.entries.get("numpy_array_alignment_bytes")
        subclass = state.entries.get("subclass")
        if (
            type(shape) is not tuple
            or len(shape) > 64
            or type(dtype) is not Dtype
            or type(subclass) is not Global
        ):
            raise unsafe(self.start, "uses joblib's array wrapper in an unusual way")
        if aligned is not None and type(aligned) is not int:
            raise unsafe(self.start, "uses joblib's array wrapper in an unusual way")
        self._leave_frame()
        dtype.sealed = True
        self.arrays += 1
        if dtype.holds_objects:
            return Machine(self.stream, self.names, inline=False).run()
        size = dtype.size
        for extent in shape:
            if type(extent) is not int or extent < 0:
                raise unsafe(self.start, "writes an array of an unknown shape")
            size *= extent
        if dtype.size < 1:
            raise damaged(self.start, "an array of nothing")
        if aligned is not None:
            self.stream.skip(self.stream.byte())
        self.stream.skip(size)
        return Made(subclass, subclass)

    def _leave_frame(self) -> None:
        if self.frame_end not in (_NO_FRAME, self.stream.position):
            raise damaged(self.start, "a frame does not end where it said")
        self.frame_end = _NO_FRAME


_Handler = Callable[[Machine], None]


def _protocol(machine: Machine) -> None:
    version = machine.stream.byte()
    if machine.start != machine.first or version > 5:
        raise unsafe(machine.start, f"says that its protocol is {version}")
    machine.protocol = version


def _frame(machine: Machine) -> None:
    size = machine.stream.number(8)
    if machine.frame_end != _NO_FRAME:
        raise damaged(machine.start, "a frame within a frame")
    machine.frame_end = min(machine.stream.position + size, _NO_FRAME - 1)


def _mark(machine: Machine) -> None:
    if len(machine.marks) >= _DEEP:
        raise too_large(machine.start, "it is nested too deeply")
    machine.marks.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


def _pop_mark(machine: Machine) -> None:
    machine.pop_mark()


def _dup(machine: Machine) -> None:
    value = machine.stack[-1]
    share(value)
    machine.stack.append(value)


def _tuple(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(tuple(items))


def _tuple_of(size: int) -> _Handler:
    def push(machine: Machine) -> None:
        stack = machine.stack
        if len(stack) < size:
            raise IndexError(size)
        stack[-size:] = [tuple(stack[-size:])]

    return push


def _bag(machine: Machine) -> None:
    items = machine.pop_mark()
    bag = Bag()
    bag.add(items)
    machine.stack.append(bag)


def _dict(machine: Machine) -> None:
    items = machine.pop_mark()
    record = Record()
    _put(machine, record, items)
    machine.stack.append(record)


def _put(machine: Machine, target: object, items: list[object]) -> None:
    if len(items) % 2:
        raise damaged(machine.start, "a key without a value")
    if type(target) is Record:
        target.put(items)
    else:
        _need_instance(machine, target)


def _need_instance(machine: Machine, target: object) -> None:
    if not isinstance(target, Made) or type(target) is Spelled:
        raise unsafe(machine.start, "adds items to something that holds none")


def _add(machine: Machine, target: object, items: list[object]) -> None:
    if type(target) is Bag:
        target.add(items)
    else:
        _need_instance(machine, target)


def _append(machine: Machine) -> None:
    value = machine.stack.pop()
    _add(machine, machine.stack[-1], [value])


def _appends(machine: Machine) -> None:
    items = machine.pop_mark()
    _add(machine, machine.stack[-1], items)


def _setitem(machine: Machine) -> None:
    value = machine.stack.pop()
    key = machine.stack.pop()
    _put(machine, machine.stack[-1], [key, value])


def _setitems(machine: Machine) -> None:
    items = machine.pop_mark()
    _put(machine, machine.stack[-1], items)


def _global_line(machine: Machine) -> Global:
    module = decode(machine.stream, machine.stream.line())
    return machine.name(module, decode(machine.stream, machine.stream.line()))


def _global(machine: Machine) -> None:
    machine.stack.append(_global_line(machine))


def _stack_global(machine: Machine) -> None:
    name = machine.stack.pop()
    machine.stack.append(machine.name(machine.stack.pop(), name))


def _reduce(machine: Machine) -> None:
    args = machine.stack.pop()
    callee = machine.stack.pop()
    made = machine.names.call(callee, args, machine.start)
    machine.stack.append(spelled(callee, args, machine.start) or made)


def _inst(machine: Machine) -> None:
    cls = _global_line(machine)
    args = tuple(machine.pop_mark())
    machine.stack.append(machine.names.call(cls, args, machine.start))


def _obj(machine: Machine) -> None:
    cls, *args = machine.pop_mark() or [None]
    machine.stack.append(machine.names.call(cls, tuple(args), machine.start))


def _newobj(machine: Machine) -> None:
    args = machine.stack.pop()
    machine.stack.append(machine.names.new(machine.stack.pop(), args, machine.start))


def _newobj_ex(machine: Machine) -> None:
    keywords = machine.stack.pop()
    args = machine.stack.pop()
    machine.stack.append(machine.names.new(machine.stack.pop(), args, machine.start, keywords))


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if type(target) is Wrapper:
        machine.stack[-1] = machine.array(target, state)
    else:
        machine.names.build(target, state, machine.start)
        keep_booster(machine.names, target, state, machine.start)


def _refused(what: str) -> _Handler:
    def refuse(machine: Machine) -> None:
        raise unsafe(machine.start, what)

    return refuse


_REGISTRY = _refused("uses the extension registry")
_OUTSIDE = _refused("points outside of itself")
_HANDLERS = MappingProxyType(
    {
        ord(op): handler
        for op, handler in {
            "\x80": _protocol,
            "\x95": _frame,
            "(": _mark,
            "0": _pop,
            "1": _pop_mark,
            "2": _dup,
            "t": _tuple,
            "\x85": _tuple_of(1),
            "\x86": _tuple_of(2),
            "\x87": _tuple_of(3),
            "]": lambda machine: machine.stack.append(Bag()),
            "l": _bag,
            "\x8f": lambda machine: machine.stack.append(Bag()),
            "\x91": _bag,
            "}": lambda machine: machine.stack.append(Record()),
            "d": _dict,
            "a": _append,
            "e": _appends,
            "\x90": _appends,
            "s": _setitem,
            "u": _setitems,
            "p": lambda machine: machine.remember(decimal(machine.stream, machine.stream.line())),
            "q": lambda machine: machine.remember(machine.stream.byte()),
            "r": lambda machine: machine.remember(machine.stream.number(4)),
            "\x94": lambda machine: machine.remember(len(machine.memo)),
            "g": lambda machine: machine.recall(decimal(machine.stream, machine.stream.line())),
            "h": lambda machine: machine.recall(machine.stream.byte()),
            "j": lambda machine: machine.recall(machine.stream.number(4)),
            "c": _global,
            "\x93": _stack_global,
            "R": _reduce,
            "i": _inst,
            "o": _obj,
            "\x81": _newobj,
            "\x92": _newobj_ex,
            "b": _build,
            "\x82": _REGISTRY,
            "\x83": _REGISTRY,
            "\x84": _REGISTRY,
            "P": _OUTSIDE,
            "Q": _OUTSIDE,
            "\x97": _OUTSIDE,
            "\x98": _OUTSIDE,
        }.items()
    }
)
