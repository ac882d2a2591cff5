"""From the files of a box to a model that can be asked."""

import sys
from collections.abc import Sequence
from pathlib import Path

from boxship import adapters
from boxship.adapters import Model
from boxship.adapters.pickles import refuse_unlisted, scan


def load_model(adapter: str, model: Path, code: Path | None, *, trust: Sequence[str]) -> Model:
    """Check the file's names, put the box's own code in reach, and load."""
    if adapter in adapters.ADAPTERS:
        refuse_unlisted(scan(model), adapters.ADAPTERS[adapter].allow, trust)
    if code is not None and code.is_dir() and str(code) not in sys.path:
        sys.path.insert(0, str(code))
    return adapters.get(adapter).load(model)
