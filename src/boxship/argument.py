"""What a caller from Python gave, of the types that the signatures say."""

import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

from boxship.errors import UsageError


def names(what: str, given: object) -> tuple[str, ...]:
    """One name, or some of them."""
    found = _several(what, given, "a text, or a list of texts")
    if not all(isinstance(one, str) for one in found):
        refuse(what, given, "a text, or a list of texts")
    return found


def paths(what: str, given: object) -> tuple[Path, ...]:
    """One path, or some of them."""
    return tuple(path(what, one) for one in _several(what, given, "a path, or a list of paths"))


def path(what: str, given: object) -> Path:
    """A path as text or as an object."""
    text = os.fspath(given) if isinstance(given, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        refuse(what, given, "a path")
    return Path(text)


def mapping(what: str, given: object) -> dict[str, Any]:
    """Names and what belongs to them."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        refuse(what, given, "a dict whose keys are text")
    return dict(given)


def texts(what: str, given: object) -> dict[str, str]:
    """Names and the text that belongs to each."""
    found = mapping(what, given)
    for name, value in found.items():
        if not isinstance(value, str):
            refuse(f"{what}[{name[:100]!r}]", value, "a text")
    return found


def text(what: str, given: object) -> str:
    """A text."""
    if not isinstance(given, str):
        refuse(what, given, "a text")
    return given


def flag(what: str, given: object) -> bool:
    """True or False and nothing else: a text that says no would count as yes."""
    if not isinstance(given, bool):
        refuse(what, given, "True or False")
    return given


def number(what: str, given: object) -> float | None:
    """A number, numpy's too, or None."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, Real):
        refuse(what, given, "a number")
    try:
        return float(given)
    except OverflowError:
        refuse(what, given, "a number that a float can hold")


def listener(what: str, given: object) -> Callable[[str], None]:
    """What is called with one text at a time; None listens to nothing."""
    if given is None:
        return lambda _: None
    if not callable(given):
        refuse(what, given, "a function of one text")
    return given


def _several(what: str, given: object, wanted: str) -> tuple[Any, ...]:
    if isinstance(given, (str, os.PathLike)):
        return (given,)
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        refuse(what, given, wanted)
    return tuple(given)


def refuse(what: str, given: object, wanted: str) -> NoReturn:
    """Say what was given and what was wanted."""
    hint = "help(boxship.pack) and the like say what each argument takes"
    raise UsageError("argument.wrong_type", f"{what} is {shown(given)}, not {wanted}", hint)


def shown(given: object) -> str:
    """What was given, in few words."""
    if given is None:
        return "None"
    if isinstance(given, (str, float)) or (isinstance(given, int) and given.bit_length() <= 64):
        return repr(given)[:100]
    return f"a {type(given).__name__}"
