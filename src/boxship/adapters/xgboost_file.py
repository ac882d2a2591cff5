"""XGBoost's own files looked through: whether they are whole, and their trees are trees."""

import json
import re
from pathlib import Path
from typing import Any

from boxship.adapters import ubj
from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.adapters.xgboost_whole import check_learner
from boxship.errors import BoxError

ROOT = "xgboost.core.Booster"
_TEXTS = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?')


def scan_xgboost(path: Path) -> Scan | None:
    """What loading the model needs; None where it is JSON of something else. XGBoost itself checks little of it."""
    said = _read(path)
    if not isinstance(said, dict) or "learner" not in said:
        return None
    try:
        check_learner(said["learner"])
        _version(said)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise damaged(path, f"it is not of the form that XGBoost writes: {str(error)[:200]}") from error
    return Scan(path.suffix[1:], ROOT, (Use("xgboost.core", "Booster", 0, called=False),), {})


def refuse_newer(path: Path, installed: str) -> None:
    """Raise for a file of a version to come, whose parts may mean something else."""
    written = _version(_read(path))
    here = tuple(int(one) for one in installed.split(".")[:2])
    if written[:2] > here:
        by = ".".join(map(str, written))
        raise BoxError(
            "model.other_version",
            f"{path.name} was written by XGBoost {by}, installed is {installed}",
            f"pip install 'xgboost>={written[0]}.{written[1]}', and pack again",
            {"written": by, "installed": installed},
        )


def _read(path: Path) -> Any:  # whatever it holds
    data = path.read_bytes()
    try:
        return _parse(data.decode()) if path.suffix == ".json" else ubj.decode(data)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"it is no whole {path.suffix} file: {str(error)[:200]}") from error


def _parse(text: str) -> Any:  # whatever it holds
    """To XGBoost a key is its letters as they stand: an escaped one is another."""
    if "\\" in text and any("\\" in key for key, colon in _TEXTS.findall(text) if colon):
        raise ValueError("a key in it is escaped")
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key in it is there twice")
    return found


def _version(said: Any) -> tuple[int, ...]:
    found = tuple(int(one) for one in said["version"])
    if len(found) != 3:
        raise ValueError(f"its version is {found}")
    return found
