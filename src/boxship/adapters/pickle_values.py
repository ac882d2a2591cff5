"""What stands for a value while a pickle is read without making it."""

from collections.abc import Iterable

from boxship.errors import BoxError

_KEPT_ITEMS = 4096
_KEPT_KEYS = 64
_ARGUMENTS = 2  # at most, of the calls that bytes are spelled by
_WATCHED = frozenset({"_sklearn_version", "_parse_arg_template", "_handle", "handle"})
# Lower-case names that give a new instance, of their first argument or of themselves.
_MAKERS = frozenset(
    {
        *("dtype", "newObj", "partial", "defaultdict", "deque", "_reconstruct", "_mareconstruct"),
        *("__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"),
    }
)


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
    """Bytes or a long text, as opaque as any; only who asks for it is told what is in there.

    `shared` once the file could reach it by another way, through which it may be changed.
    """

    __slots__ = ("data", "shared")

    def __init__(self, data: bytes, *, is_text: bool) -> None:
        super().__init__("text" if is_text else "bytes")
        self.data = data
        self.shared = False


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
    """A dict: its first text keys exactly, and those that somebody asks for.

    `odd` where a key could be equal to any text; `shared` as of what is held.
    """

    __slots__ = ("entries", "odd", "shared")

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, object] = {}
        self.odd = self.shared = False

    def put(self, flat: list[object]) -> None:
        entries = self.entries
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if type(key) is str:
                if len(entries) < _KEPT_KEYS or key in entries or key in _WATCHED:
                    entries[key] = value
                else:
                    self.full = True
            elif not isinstance(key, _NEVER_TEXT):
                self.odd = True
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


class Spelled(Made):
    """Bytes that a call gives which older protocols spell them by; to all others what any call gives."""

    __slots__ = ("data", "shared")

    def __init__(self, callee: Global, data: bytes) -> None:
        super().__init__(callee, callee)
        self.data = data
        self.shared = False


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


NODE_TYPES = (Global, tuple, Bag, Record)
_NEVER_TEXT = (int, tuple, type(None), Plain)
_SHARABLE = frozenset({Dtype, Held, Record, Spelled, tuple})


def share(value: object) -> None:
    """Called when the file takes something a second time: nothing shows what becomes of it by the other way."""
    if type(value) not in _SHARABLE:
        return
    if type(value) is Dtype:
        value.sealed = True
    elif isinstance(value, Held | Record | Spelled):
        value.shared = True
    elif isinstance(value, tuple) and len(value) <= _ARGUMENTS:
        for item in value:
            if isinstance(item, Held | Spelled):
                item.shared = True


def _may_name(value: object) -> bool:
    kind = type(value)
    if kind is tuple and len(value) <= 8:  # type: ignore[arg-type]
        return any(type(item) in NODE_TYPES for item in value)  # type: ignore[attr-defined]
    return kind in NODE_TYPES


def looks_like_class(name: str) -> bool:
    return name.isidentifier() and name.lstrip("_")[:1].isupper()
