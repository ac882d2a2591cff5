"""Boosters that lie in a pickle, held against what their files are held against."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from boxship import plug
from boxship.adapters.damage import damaged

_CHECKS = {
    "xgboost.core.Booster": "boxship.adapters.xgboost_whole:check_booster",
    "lightgbm.basic.Booster": "boxship.adapters.lightgbm_file:check_booster",
}
_OF_BYTES = {
    "xgboost.core.Booster": "boxship.adapters.xgboost_whole:check_pickled",
    "lightgbm.basic.Booster": "boxship.adapters.lightgbm_file:check_pickled",
}
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def check_pickled(name: str, data: bytes, path: Path) -> None:
    """Raise where what a pickle hands to the library of that class is not whole, before that reads it."""
    check: Callable[[bytes], None] = plug.load(name, _OF_BYTES, "adapter.unknown")
    try:
        check(data)
    except _DAMAGE as error:
        raise damaged(path, f"its {name} is not whole: {str(error)[:200]}") from error


def check_booster(one: object, path: Path) -> None:
    """Raise where `one` is a booster whose numbers point at what is not there; pass over anything else."""
    for cls in type(one).__mro__:
        name = f"{cls.__module__}.{cls.__qualname__}"
        if name in _CHECKS:
            check: Callable[[Any], None] = plug.load(name, _CHECKS, "adapter.unknown")
            try:
                check(one)
            except _DAMAGE as error:
                raise damaged(path, f"its {name} is not whole: {str(error)[:200]}") from error
