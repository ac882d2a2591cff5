"""A `.pt2` archive looked through and written anew: programs and weights, and nothing that would be run to load them.

`torch.export.load` unpickles what an archive marks as pickled, evaluates its sizes as Python, looks operators up
by any dotted name, and loads compiled code. So only archives that hold none of it are given to it.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.adapters.torch_program import check_device, check_program
from boxship.adapters.torch_refused import refuse
from boxship.adapters.zips import open_zip
from boxship.archive import read_json, read_part

ROOT = "torch.export.ExportedProgram"
EXPORT = (
    "torch.export.save(torch.export.export(model.eval(), (example,), "
    "dynamic_shapes=({0: torch.export.Dim('rows')},)), 'model.pt2')"
)
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_MODEL = "models/model.json"
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_KEPT = re.compile(
    r"archive_format|archive_version|byteorder|\.data/version|data/(weights/weight|constants/tensor)_\d+"
)
_DROPPED = re.compile(r"\.data/serialization_id|data/sample_inputs/model\.pt|extra/.*")
_SAMPLES = "data/sample_inputs/model.pt"


class Archive(NamedTuple):
    """What is kept of an archive, by its name without the folder that holds all."""

    program: dict[str, Any]
    configs: dict[str, Any]
    others: dict[str, bytes]


def scan_export(path: Path) -> Scan:
    """What loading the program needs; its weights are not read."""
    with _opened(path, None):
        return Scan("pt2", ROOT, (Use("torch.export", "ExportedProgram", 0, called=False),), {})


def read_archive(source: Path | io.BytesIO) -> Archive:
    """The parts of an archive, all looked through; raises where one is not safe to load."""
    path, content = (source, None) if isinstance(source, Path) else (Path("model.pt2"), source)
    with _opened(path, content) as (members, archive, kept):
        return archive._replace(others={name: read_part(members, whole) for name, whole in kept.items()})


@contextmanager
def _opened(
    path: Path, content: io.BytesIO | None
) -> Iterator[tuple[zipfile.ZipFile, Archive, dict[str, str]]]:
    """The archive, what its texts say, and where in it lies what is kept beside them."""
    with open_zip(path, content) as members:
        inside = _inside(path, members.namelist())
        kept = {name: whole for name, whole in inside.items() if _KEPT.fullmatch(name)}
        for name in sorted(inside.keys() - kept.keys() - {_MODEL, *_CONFIGS}):
            if not _DROPPED.fullmatch(name):
                refuse(f"holds {name!r}, which is compiled or pickled code, or nothing that is known")
        texts = {name: read_json(members, inside.get(name, name)) for name in (_MODEL, *_CONFIGS)}
        archive = Archive(texts.pop(_MODEL), texts, {})
        try:
            _check_configs(archive.configs.values())
            check_program(archive.program)
        except (TypeError, KeyError, AttributeError, RecursionError, ValueError) as error:
            why = f"it is not of the form that torch.export writes: {error!r:.200}"
            raise damaged(path, why) from error
        yield members, archive, kept


def _inside(path: Path, names: list[str]) -> dict[str, str]:
    """The parts without the folder that holds all."""
    root = names[0].partition("/")[0] + "/" if names else ""
    if not all(name.startswith(root) for name in names):
        raise damaged(path, "its parts do not lie in one folder")
    inside = {name.removeprefix(root): name for name in names}
    if any(name.startswith("data/aotinductor/") for name in inside):
        refuse("holds compiled code of AOTInductor")
    if _MODEL not in inside:
        raise damaged(path, "it holds no program where torch has written it since the archives of 2025")
    return inside


def _check_configs(configs: Iterable[Any]) -> None:  # as read
    for config in configs:
        for name, one in config["config"].items():
            if one["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d+", one["path_name"]):
                refuse(f"holds {name!r} as a pickled object")
            check_device(one["tensor_meta"]["device"])


def written(archive: Archive) -> bytes:
    """The one form of the archive: sorted, without times, traces of source files, samples and numbers of its own."""
    parts = {
        name: json.dumps(one).encode() for name, one in archive.configs.items()
    }  # by it weights are numbered
    parts |= {_MODEL: json.dumps(archive.program, sort_keys=True).encode(), **archive.others, _SAMPLES: b""}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as members:
        for name, data in sorted(parts.items()):
            members.writestr(zipfile.ZipInfo(f"model/{name}", _EARLIEST), data)
    return out.getvalue()
