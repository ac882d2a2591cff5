"""Boxship turns a trained model into one immutable, proven unit that answers the same wherever it runs.

Importing this opens no file, reads no environment and loads no model library: each name below is
imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boxship._call import call
    from boxship._check import Checked, check, check_store
    from boxship._check_on import check_on
    from boxship._clean import Cleaned, clean
    from boxship._inspect import inspect
    from boxship._list import Listed, list  # noqa: A004  # the public name is boxship.list
    from boxship._open import open  # noqa: A004  # the public name is boxship.open
    from boxship._pack import Packed, pack
    from boxship._serve.supervisor import serve
    from boxship.box import Box
    from boxship.core.contract import Contract
    from boxship.core.digest import Digest
    from boxship.core.profile import Profile
    from boxship.core.table import Table
    from boxship.errors import BoxshipError
    from boxship.settings import Settings
    from boxship.tools.demo import demo
    from boxship.tools.doctor import doctor
    from boxship.validate.report import Validation

_NAMES = {
    "Box": "boxship.box",
    "BoxshipError": "boxship.errors",
    "Checked": "boxship._check",
    "Cleaned": "boxship._clean",
    "Contract": "boxship.core.contract",
    "Digest": "boxship.core.digest",
    "Listed": "boxship._list",
    "Packed": "boxship._pack",
    "Profile": "boxship.core.profile",
    "Settings": "boxship.settings",
    "Table": "boxship.core.table",
    "Validation": "boxship.validate.report",
    "call": "boxship._call",
    "check": "boxship._check",
    "check_on": "boxship._check_on",
    "check_store": "boxship._check",
    "clean": "boxship._clean",
    "demo": "boxship.tools.demo",
    "doctor": "boxship.tools.doctor",
    "inspect": "boxship._inspect",
    "list": "boxship._list",
    "open": "boxship._open",
    "pack": "boxship._pack",
    "serve": "boxship._serve.supervisor",
}

__all__ = [
    "Box",
    "BoxshipError",
    "Checked",
    "Cleaned",
    "Contract",
    "Digest",
    "Listed",
    "Packed",
    "Profile",
    "Settings",
    "Table",
    "Validation",
    "call",
    "check",
    "check_on",
    "check_store",
    "clean",
    "demo",
    "doctor",
    "inspect",
    "list",
    "open",
    "pack",
    "serve",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        version: object = import_module("importlib.metadata").version("boxship")
        return version
    if name not in _NAMES:
        raise AttributeError(f"module 'boxship' has no attribute {name!r}")
    found: object = getattr(import_module(_NAMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> "list[str]":  # type: ignore[valid-type]  # the builtin, not boxship.list
    return sorted({*globals(), *_NAMES})
