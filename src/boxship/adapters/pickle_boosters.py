"""Boosters in a pickle: their bytes are kept while it is read, to be looked through before their library sees them."""

from collections.abc import Sequence
from typing import Final

from boxship.adapters.pickle_names import Names
from boxship.adapters.pickle_stream import Stream
from boxship.adapters.pickle_values import Global, Held, Made, Record, unsafe
from boxship.errors import BoxError

_KEYS: Final = {"xgboost.core.Booster": ("handle",), "lightgbm.basic.Booster": ("_handle", "handle")}
_AWAITED = frozenset(key for keys in _KEYS.values() for key in keys)
_SIZES = {"B": 4, "\x8e": 8, "\x96": 8, "X": 4, "\x8d": 8}  # of the lengths before long bytes and texts
LONG: Final = {ord(op): size for op, size in _SIZES.items()}
_MAKERS = ("builtins.bytearray", "_codecs.encode")  # through which older protocols spell bytes


def is_awaited(stack: Sequence[object]) -> bool:
    """Whether what is read next is the value of such a key, or what it is made of."""
    for one in reversed(stack[-3:]):
        if type(one) is Global and one.path in _MAKERS:
            continue
        return type(one) is str and one in _AWAITED
    return False


def keep(stream: Stream, op: int) -> Held:
    """The bytes of a literal, whole; of a text those of its letters."""
    size = stream.number(LONG[op])
    return Held(stream.whole(size), is_text=op in b"X\x8d")


def passed_on(callee: object, args: object) -> Held | None:
    """Such bytes themselves, where that is what a call of a maker gives."""
    if type(callee) is not Global or callee.path not in _MAKERS or type(args) is not tuple or not args:
        return None
    held = args[0]
    if type(held) is not Held:
        return None
    return held if held.kind == "bytes" else Held(_encoded(held.data), is_text=False)


def _encoded(text: bytes) -> bytes:
    """Bytes that were spelled as letters; none, where they were not."""
    return text.decode(errors="surrogatepass").encode("latin-1", "ignore")


def keep_booster(names: Names, made: object, state: object, position: int) -> None:
    """Hand over what a booster's library would read when its state is set; pass over anything else."""
    if not isinstance(made, Made) or made.cls.path not in _KEYS:
        return
    path = made.cls.path
    if type(state) is not Record or state.odd:
        raise unsafe(position, f"gives a {path} a state that is not a plain dict")
    held = next((state.entries[key] for key in _KEYS[path] if key in state.entries), None)
    if isinstance(held, str):
        held = Held(held.encode(errors="surrogatepass"), is_text=True)
    if type(held) is Held:
        names.boosters.append((path, held.data))
    elif held is not None:
        raise _spelled_otherwise(path, position)


def _spelled_otherwise(path: str, position: int) -> BoxError:
    return BoxError(
        "model.unsupported_pickle",
        f"the model file holds a {path} at byte {position} in a way that cannot be looked through, "
        "as the pickle protocols 0 and 1 do",
        "load it and save it again with joblib.dump(model, path)",
        {"position": position},
    )
