"""From the files of a box to a model that can be asked."""

import sys
from collections.abc import Sequence
from pathlib import Path

from boxship import adapters
from boxship.adapters import Model
from boxship.adapters.look import look_beside
from boxship.adapters.pickles import COMMON, AllowList, Use, is_trusted, refuse_unlisted
from boxship.errors import BoxError


def load_model(adapter: str, model: Path, code: Path | None, *, trust: Sequence[str]) -> Model:
    """Check the file's names, put the box's own code in reach, and load.

    That code comes last: a module of a listed name has to be the one of the lock.
    """
    refuse_unlisted(look_beside(model), _allowed(adapter, trust), trust)
    if code is not None and code.is_dir() and str(code) not in sys.path:
        sys.path.append(str(code))
    return adapters.get(adapter).load(model)


def _allowed(adapter: str, trust: Sequence[str]) -> AllowList:
    """What the file may name. A box may not say which module is imported to load it: only who opens it may."""
    if adapter in adapters.ADAPTERS:
        return adapters.ADAPTERS[adapter].allow
    module, _, name = adapter.partition(":")
    if not is_trusted(Use(module, name, 0, called=True), trust):
        raise BoxError(
            "adapter.unknown",
            f"the box wants the adapter {adapter!r}, which is none of Boxship's",
            f"pip install --upgrade boxship; if {module} is your own code: --trust '{module}.*'",
            {"adapter": adapter},
        )
    return COMMON
