"""What stands for a value while a pickle is read without making it, and what its making would do.

Most of what a pickle calls only builds. The few calls and states through which allowed names could
still run code, forge memory, or make joblib read other bytes than we do are known here one by one.
"""

import re
from collections.abc import Iterable, Sized

from boxship.errors import BoxError

_KEPT_ITEMS = 4096
_KEPT_KEYS = 64
_NODES = 1_000_000
_WATCHED = frozenset({"_sklearn_version", "_parse_arg_template", "_handle", "handle"})
_DTYPE = re.compile(r"([biufcmMOSUV])([0-9]{1,9})")
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
_SIZE_FROM_STATE = -1
# Lower-case names that give a new instance, of their first argument or of themselves.
_MAKERS = frozenset(
    {
        *("dtype", "newObj", "partial", "defaultdict", "deque", "_reconstruct", "_mareconstruct"),
        *("__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"),
    }
)
# Packages whose constructors read files and keep addresses of memory; their pickles hand them nothing.
_MADE_OF_NOTHING = ("catboost", "lightgbm", "xgboost")
_HOLDERS = ("builtins.set", "builtins.frozenset")


def unsafe(position: int, what: str) -> BoxError:
    return BoxError(
        "model.unsafe_pickle",
        f"the model file {what} at byte {position}, which no honest model does",
        "save the model again from its source; do not load this file",
        {"position": position},
    )


class Plain:
    """A value that runs nothing and whose content does not matter: a float, bytes, a long text."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


FLOAT, BYTES, TEXT, HUGE = Plain("float"), Plain("bytes"), Plain("text"), Plain("int")


class Held(Plain):
    """Bytes, or a text as bytes, that are looked through later."""

    __slots__ = ("data",)

    def __init__(self, data: bytes, *, is_text: bool) -> None:
        super().__init__("text" if is_text else "bytes")
        self.data = data


class Bag:
    """A list, set or byte array; keeps only what may hold a name."""

    __slots__ = ("full", "items")

    def __init__(self) -> None:
        self.items: list[object] | None = None
        self.full = False

    def add(self, values: Iterable[object]) -> None:
        for value in values:
            if _may_name(value):
                if self.items is None:
                    self.items = []
                if len(self.items) < _KEPT_ITEMS:
                    self.items.append(value)
                else:
                    self.full = True


class Record(Bag):
    """A dict: its first text keys exactly, and those that somebody asks for."""

    __slots__ = ("entries", "odd")

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, object] = {}
        self.odd = False

    def put(self, flat: list[object]) -> None:
        entries = self.entries
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if type(key) is str:
                if len(entries) < _KEPT_KEYS or key in entries or key in _WATCHED:
                    entries[key] = value
                else:
                    self.full = True
            elif type(key) is Made:
                self.odd = True  # it may be equal to any text
            if _may_name(value):
                self.add((value,))
            if _may_name(key):
                self.add((key,))

    @property
    def exact(self) -> bool:
        return not (self.odd or self.full)


class Global:
    """A name in a module; there is one for each name in a file."""

    __slots__ = ("called", "module", "name", "position")

    def __init__(self, module: str, name: str, position: int) -> None:
        self.module, self.name, self.position = module, name, position
        self.called = False

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


class Made:
    """What a call would give: known by the class it belongs to, and by what was called.

    `fresh` if it is surely a new instance of `cls`, and not something that the call was handed.
    """

    __slots__ = ("callee", "cls", "fresh")

    def __init__(self, callee: Global, cls: Global) -> None:
        self.callee, self.cls = callee, cls
        name = callee.name
        self.fresh = looks_like_class(name) or name in _MAKERS or name.startswith("__pyx_unpickle_")


class Wrapper(Made):
    """joblib's stand-in for an array whose bytes follow in the stream."""

    __slots__ = ("built",)

    def __init__(self, cls: Global) -> None:
        super().__init__(cls, cls)
        self.built = False


class Dtype(Made):
    """A numpy dtype; what it says of size and objects never changes once something could use it."""

    __slots__ = ("holds_objects", "kind", "sealed", "size")

    def __init__(self, cls: Global, kind: str, size: int) -> None:
        super().__init__(cls, cls)
        self.kind, self.size = kind, size
        self.holds_objects = kind == "O"
        self.sealed = False


_NODE_TYPES = (Global, tuple, Bag, Record)


def _may_name(value: object) -> bool:
    kind = type(value)
    if kind is tuple and len(value) <= 8:  # type: ignore[arg-type]
        return any(type(item) in _NODE_TYPES for item in value)  # type: ignore[attr-defined]
    return kind in _NODE_TYPES


def looks_like_class(name: str) -> bool:
    return name.isidentifier() and name.lstrip("_")[:1].isupper()


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
            return _dtype(callee, args, position)
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
            _build_dtype(made, state, position)
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
        waiting: list[object] = [value for value in values if type(value) in _NODE_TYPES]
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
            waiting.extend(item for item in items if type(item) in _NODE_TYPES)  # type: ignore[attr-defined]

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


def _dtype(cls: Global, args: tuple[object, ...], position: int) -> Dtype:
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


def _build_dtype(dtype: Dtype, state: object, position: int) -> None:
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
