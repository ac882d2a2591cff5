"""A `.keras` file looked through and written anew: which classes it makes, and whether it holds code."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickle_stream import damaged
from boxship.adapters.pickles import Scan
from boxship.errors import BoxError

ROOT = "keras.Model"
_NOT_WHOLE = (
    *(
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        RecursionError,
        RuntimeError,
        TypeError,
        UnicodeDecodeError,
    ),
    *(ValueError, zipfile.BadZipFile, zlib.error),
)
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_LARGEST_TEXT = 1 << 30
_CONFIG, _METADATA = "config.json", "metadata.json"
_PARTS = (_CONFIG, _METADATA, "model.weights.h5")
_VALUES = (
    "__tuple__",
    "__tensor__",
    "__numpy__",
    "__bytes__",
    "__ellipsis__",
    "__slice__",
    "__keras_tensor__",
)
# layers that hold code, or the path of a file or of another model
_CODE = (
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "__lambda__",
    "__typespec__",
    "__method__",
)


def scan_keras(path: Path) -> Scan | None:
    """What loading the model makes; None where the file is no such archive."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as members:
            names = members.namelist()
            if _CONFIG not in names:
                return None
            _check_parts(names)
            own = {one for one in _made(_json(members, _CONFIG)) if one is not None}
    except _NOT_WHOLE as error:
        raise damaged(0, f"it is no whole .keras file: {error}") from error
    uses = (Use(*one, 0, called=True) for one in sorted(own))
    return Scan("keras", ROOT, (Use("keras", "Model", 0, called=False), *uses), {})


def own_modules(path: Path) -> tuple[str, ...]:
    """The modules of classes that are none of Keras's own: they register themselves when they are imported."""
    found = scan_keras(path)
    return tuple(sorted({use.module for use in found.uses if use.called})) if found else ()


def _check_parts(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise ValueError("two of its parts have one name")
    for name in names:
        inside = name.startswith("assets/") and ".." not in name.split("/") and "\\" not in name
        if name not in _PARTS and not inside:
            raise ValueError(f"its part {name!r} is none that Keras writes")


def _json(members: zipfile.ZipFile, name: str) -> Any:  # whatever it holds
    if members.getinfo(name).file_size > _LARGEST_TEXT:
        raise ValueError(f"{name} is too large")
    return json.loads(members.read(name))


def _made(value: Any) -> Iterator[tuple[str, str] | None]:
    """The classes and functions of others that it names, None for one of Keras's own; raises for code."""
    if isinstance(value, list):
        for one in value:
            yield from _made(one)
    if not isinstance(value, dict):
        return
    if "class_name" in value:
        yield _class(value)
    for key, one in value.items():
        if key != "compile_config":  # what training needs is not made
            yield from _made(one)


def _class(value: dict[str, Any]) -> tuple[str, str] | None:
    name, module = str(value["class_name"]), value.get("module")
    if name in _CODE:
        raise BoxError(
            "model.unsafe_archive",
            f"the model has a layer {name}, which holds code or names files: to load it could run anything",
            "write it as a layer class of your own with @keras.saving.register_keras_serializable(), and --code",
        )
    # without a module nothing is imported: it is a value, or found by its name among what Keras knows
    if name in _VALUES or module in (None, "builtins") or str(module).split(".")[0] == "keras":
        return None
    return str(module), str(value.get("config")) if name == "function" else name


def written(archive: bytes) -> bytes:
    """The one form of a file: without the time, addresses of objects, and what training needs."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == _CONFIG:
                config = json.loads(data)
                config["compile_config"] = {}
                _renumber(config, {})
                data = json.dumps(config, sort_keys=True).encode()
            elif name == _METADATA:
                data = json.dumps({**json.loads(data), "date_saved": "1980-01-01@00:00:00"}).encode()
            new.writestr(zipfile.ZipInfo(name, _EARLIEST), data)
    return out.getvalue()


def _renumber(value: Any, places: dict[int, int]) -> None:
    """Objects that are shared, counted in the order in which they come; policies of types are values."""
    if isinstance(value, dict) and str(value.get("class_name")).endswith("DTypePolicy"):
        value.pop("shared_object_id", None)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _renumber(one, places)
    if isinstance(value, dict) and "shared_object_id" in value:
        value["shared_object_id"] = places.setdefault(value["shared_object_id"], len(places) + 1)
