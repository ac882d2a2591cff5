"""Plugs by name, imported when they are first asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from boxship.errors import UsageError


def load(name: str, known: Mapping[str, str], unknown: str) -> Any:  # whatever the plug's file calls so
    """What a table of a family names, or a stranger's `package.module:Name`.

    Raises a UsageError of the code `unknown` where there is no such thing; lets the ImportError of what
    the plug stands on through.
    """
    module, _, attribute = known.get(name, name).partition(":")
    if not attribute:
        raise _missing(name, known, unknown, "is none of ours")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if name in known or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise _missing(name, known, unknown, f"is not there: no module {error.name}") from error
    try:
        return getattr(found, attribute)
    except AttributeError as error:
        raise _missing(name, known, unknown, f"is not there: {module} has no {attribute}") from error


def _missing(name: str, known: Mapping[str, str], code: str, why: str) -> UsageError:
    return UsageError(
        code, f"the plug {name!r} {why}", f"there are {', '.join(known)}; your own is package.module:Name"
    )
