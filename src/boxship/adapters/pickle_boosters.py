"""Boosters in a pickle: their bytes are kept while it is read, to be looked through before their library sees them.

What is kept changes nothing of how the file is judged: it stands where the same value stood without it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from boxship.adapters.pickle_literals import KEPT_TEXT, decode
from boxship.adapters.pickle_names import Names
from boxship.adapters.pickle_stream import Stream, damaged
from boxship.adapters.pickle_values import Global, Held, Made, Record, Spelled, unsafe
from boxship.errors import BoxError


class _Booster(NamedTuple):
    path: str
    keys: tuple[str, ...]  # of its state; the first that is there is what the library reads
    is_text: bool


_BOOSTERS: Final = {  # by package: the class has a name in several of its modules
    "xgboost": _Booster("xgboost.core.Booster", ("handle",), is_text=False),
    "lightgbm": _Booster("lightgbm.basic.Booster", ("_handle", "handle"), is_text=True),
}
_AWAITED = frozenset(key for one in _BOOSTERS.values() for key in one.keys)
_SIZES = {"B": 4, "\x8e": 8, "\x96": 8, "X": 4, "\x8d": 8}  # of the lengths before long bytes and texts
LONG: Final = {ord(op): size for op, size in _SIZES.items()}
_MAKERS = ("builtins.bytearray", "_codecs.encode")  # through which older protocols spell bytes


def is_awaited(stack: Sequence[object]) -> bool:
    """Whether what is read next may be the value of such a key, or what that is made of.

    Only memory hangs on it: what is kept and was none is judged as ever, and what was not kept is refused.
    """
    for one in reversed(stack[-3:]):
        if type(one) is Global and one.path in _MAKERS:
            continue
        return type(one) is str and one in _AWAITED
    return False


def keep(stream: Stream, op: int) -> str | Held:
    """A literal with all that is in it. A short text is itself, as everywhere: it may be a key."""
    size, is_text = stream.number(LONG[op]), op in b"X\x8d"
    if is_text and size <= KEPT_TEXT:
        return decode(stream, stream.take(size))
    return Held(stream.whole(size), is_text=is_text)


def spelled(callee: object, args: object, position: int) -> Spelled | None:
    """The bytes that a call of a maker gives, where it was handed what is kept, and nobody else was."""
    if type(callee) is not Global or callee.path not in _MAKERS or type(args) is not tuple or not args:
        return None
    given, *others = args
    if not isinstance(given, Held | Spelled) or given.shared:
        return None
    is_text = given.kind == "text" if isinstance(given, Held) else False
    if callee.name == "encode":
        return Spelled(callee, _encoded(given.data, position)) if is_text else None
    return None if is_text or others else Spelled(callee, given.data)


def _encoded(text: bytes, position: int) -> bytes:
    try:
        return text.decode(errors="surrogatepass").encode("latin-1")
    except UnicodeError as error:
        raise damaged(position, "bytes that are spelled as letters, and are none") from error


def keep_booster(names: Names, made: object, state: object, position: int) -> None:
    """Hand over what a booster's library would read when its state is set; pass over anything else."""
    booster = _booster_of(made)
    if booster is None:
        return
    if type(state) is not Record or state.odd or state.shared:
        raise unsafe(position, f"gives a {booster.path} a state that is not a plain dict of its own")
    given = next((state.entries[key] for key in booster.keys if key in state.entries), None)
    if given is None:
        raise unsafe(position, f"gives a {booster.path} a state with nothing to read")
    data = _content(given, is_text=booster.is_text)
    if data is None:
        raise _spelled_otherwise(booster.path, position)
    names.boosters.append((booster.path, data))


def _booster_of(made: object) -> _Booster | None:
    if not isinstance(made, Made) or made.cls.name.rpartition(".")[2] != "Booster":
        return None
    return _BOOSTERS.get(made.cls.module.partition(".")[0])


def _content(given: object, *, is_text: bool) -> bytes | None:
    """What its library would read, if that is surely the same by then: bytes could be changed, texts cannot."""
    if is_text:
        if isinstance(given, str):
            return given.encode(errors="surrogatepass")
        return given.data if type(given) is Held and given.kind == "text" else None
    if not isinstance(given, Held | Spelled) or given.shared:
        return None
    return None if isinstance(given, Held) and given.kind == "text" else given.data


def _spelled_otherwise(path: str, position: int) -> BoxError:
    return BoxError(
        "model.unsupported_pickle",
        f"the model file holds a {path} at byte {position} in a way that cannot be looked through, "
        "as the pickle protocols 0 and 1 do",
        "load it and save it again with joblib.dump(model, path)",
        {"position": position},
    )
