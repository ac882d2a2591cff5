"""What making the values of a pickle would name and call.

Most of what a pickle calls only builds. The few calls and states through which allowed names could
still run code, forge memory, or make joblib read other bytes than we do are known here one by one.
"""

import re
from collections.abc import Sized

from boxship.adapters.pickle_dtype import build_dtype, dtype_of
from boxship.adapters.pickle_values import (
    NODE_TYPES,
    Bag,
    Dtype,
    Global,
    Made,
    Record,
    Wrapper,
    looks_like_class,
    unsafe,
)

_NODES = 1_000_000
_NAMES = r"((?:[A-Za-z_]\w*, ?)*)"
# What scipy.stats runs with exec when a distribution is loaded; only names of its parameters may vary.
_TEMPLATE = re.compile(
    rf"\ndef _parse_args\(self, {_NAMES} loc=0(, scale=1)?\):\n    return \({_NAMES}\), loc, (?:scale|1)\n"
    rf"\ndef _parse_args_rvs\(self, {_NAMES} loc=0(, scale=1)?, size=None\):\n"
    rf"    return self\._argcheck_rvs\({_NAMES} loc, (?:scale|1), size=size\)\n"
    rf"\ndef _parse_args_stats\(self, {_NAMES} loc=0(, scale=1)?, moments='mv'\):\n"
    rf"    return \({_NAMES}\), loc, (?:scale|1), moments\n",
    re.ASCII,
)
# Packages whose constructors read files and keep addresses of memory; their pickles hand them nothing.
_MADE_OF_NOTHING = ("catboost", "lightgbm", "xgboost")
_HOLDERS = ("builtins.set", "builtins.frozenset")


class Names:
    """Every name that one file uses, and which of them it calls."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Global] = {}
        self.versions: set[str] = set()
        self.boosters: list[tuple[str, bytes]] = []  # by their classes, what their libraries would read
        self._nodes = _NODES

    def get(self, module: str, name: str, position: int) -> Global:
        known = self.known.get((module, name))
        if known is None:
            if len(self.known) >= 10_000:
                raise unsafe(position, "uses more than 10000 names")
            known = self.known[module, name] = Global(module, name, position)
        return known

    def call(self, callee: object, args: object, position: int) -> Made | Global:
        """What `callee(*args)` gives. The names among its arguments count as called."""
        if type(callee) is not Global:
            raise unsafe(position, "calls something that has no name")
        if type(args) is not tuple:
            raise unsafe(position, "calls a function with arguments that are not a plain tuple")
        if callee.path == "builtins.getattr" and (found := self._attribute(args, position)):
            return found
        callee.called = True
        if callee.module == "copyreg" and callee.name in ("_reconstructor", "__newobj__") and args:
            plain = args[1:] if callee.name == "__newobj__" else args[2:]
            self.mark(args[1:], position)
            return self.new(args[0], () if plain in ((), (None,)) else plain, position)
        if callee.path == "numpy.dtype":
            return dtype_of(callee, args, position)
        _check_call(callee, args, position)
        first = args[0] if args else None
        if callee.path == "functools.partial" and _only_computes(first):
            self.mark(args[1:], position)
        elif callee.path not in _HOLDERS:
            self.mark(args, position)
        if isinstance(first, Global) and not looks_like_class(callee.name):
            return Made(callee, first)
        return Made(callee, callee)

    def new(self, cls: object, args: object, position: int, keywords: object = None) -> Made:
        """What `cls.__new__(cls, *args)` gives."""
        if type(cls) is not Global:
            raise unsafe(position, "makes an instance of something that has no name")
        cls.called = True
        if is_wrapper(cls):
            if args != () or keywords is not None:
                raise unsafe(position, "makes joblib's array wrapper in an unusual way")
            return Wrapper(cls)
        if keywords is not None:
            if type(keywords) is not Record:
                raise unsafe(position, "calls a class with keywords that are not a plain dict")
            _check_made(cls, keywords.entries, position)
            self.mark((keywords,), position)
        made = self.call(cls, args, position)
        if not isinstance(made, Made):
            raise unsafe(position, "makes an instance of a function")
        made.fresh = True
        return made

    def build(self, made: object, state: object, position: int) -> None:
        """What `made.__setstate__(state)`, or the update of its attributes, would do."""
        if not isinstance(made, Made) or not made.fresh:
            raise unsafe(position, "sets the state of something that is not a new instance")
        if isinstance(state, (Global, Made)):
            raise unsafe(position, "hides the state of an instance behind a call")
        if type(made) is Dtype:
            build_dtype(made, state, position)
        if made.cls.module.startswith("scipy.stats."):
            _check_distribution(state, position)
        if made.callee.path in ("functools.partial", "collections.defaultdict"):
            parts = state if type(state) is tuple else (state,)
            self.mark(parts[1:] if _only_computes(parts[0] if parts else None) else parts, position)
        if type(state) is tuple and len(state) == 2:
            _check_slots(made, state[1], position)
        record = state[0] if type(state) is tuple and len(state) == 2 else state
        if type(record) is Record and type(found := record.entries.get("_sklearn_version")) is str:
            self.versions.add(found)

    def mark(self, values: tuple[object, ...], position: int) -> None:
        """Counts every name in `values` as called, however deep it lies."""
        waiting: list[object] = [value for value in values if type(value) in NODE_TYPES]
        seen: set[int] = set()
        while waiting:
            value = waiting.pop()
            if type(value) is Global:
                if is_wrapper(value):
                    raise unsafe(position, "hands joblib's array wrapper to a call")
                value.called = True
                continue
            if id(value) in seen:
                continue
            seen.add(id(value))
            self._nodes -= 1
            if self._nodes < 0 or (isinstance(value, Bag) and value.full and value.items):
                raise unsafe(position, "hands too much to a call")
            items = value.items or () if isinstance(value, Bag) else value
            waiting.extend(item for item in items if type(item) in NODE_TYPES)  # type: ignore[attr-defined]

    def _attribute(self, args: tuple[object, ...], position: int) -> Global | None:
        """`getattr(name, "text")` is itself a name, `Class.text`; of an instance it is `Class().text`.

        Anything else stays a call of getattr.
        """
        if len(args) != 2 or type(args[1]) is not str or args[1].startswith("__"):
            return None
        owner, attribute = args
        if type(owner) is Global and not is_wrapper(owner):
            return self.get(owner.module, f"{owner.name}.{attribute}", position)
        if type(owner) is Made and owner.fresh:
            return self.get(owner.cls.module, f"{owner.cls.name}().{attribute}", position)
        return None


def _only_computes(callee: object) -> bool:
    """A partial of numpy's functions is itself only a reference; the lists name those that are harmless.

    A map of a file is named as the class of an array, and would open what it is handed.
    """
    return type(callee) is Global and callee.module == "numpy" and callee.name != "memmap"


def is_wrapper(value: Global) -> bool:
    return value.name.rpartition(".")[2] == "NumpyArrayWrapper"


def _check_call(callee: Global, args: tuple[object, ...], position: int) -> None:
    if is_wrapper(callee):
        raise unsafe(position, "makes joblib's array wrapper in an unusual way")
    if callee.path == "_codecs.encode" and (len(args) != 2 or args[1] not in ("latin1", "latin-1")):
        raise unsafe(position, "encodes text in an unusual way")
    if callee.name == "scalar" and callee.module.endswith(".multiarray"):
        if not args or type(args[0]) is not Dtype or args[0].holds_objects:
            raise unsafe(position, "makes a numpy scalar of an unknown type")
        args[0].sealed = True
    if callee.module.startswith("scipy.stats.") and args:
        raise unsafe(position, "makes a distribution in an unusual way")
    _check_made(callee, args, position)


def _check_made(cls: Global, given: Sized, position: int) -> None:
    if given and cls.module.partition(".")[0] in _MADE_OF_NOTHING:
        raise unsafe(position, f"hands something to {cls.path}, which could be a file to read")


def _check_slots(made: Made, slots: object, position: int) -> None:
    if type(slots) is Record:
        if not slots.exact or any(key.startswith("__") for key in slots.entries):
            raise unsafe(position, "sets what an instance is by its state")
    elif isinstance(slots, Made) and not made.callee.name.startswith("__"):
        # extension types made by such a function have a __setstate__; elsewhere this would be attributes
        raise unsafe(position, "hides the state of an instance behind a call")


def _check_distribution(state: object, position: int) -> None:
    if type(state) is not Record or state.odd:
        raise unsafe(position, "gives a distribution a state that is not a plain dict")
    template = state.entries.get("_parse_arg_template", "")
    if template != "" and not (type(template) is str and _TEMPLATE.fullmatch(template)):
        raise unsafe(position, "gives a distribution code to run")
