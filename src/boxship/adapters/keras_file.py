"""A `.keras` file looked through and written anew: which classes it makes, and whether it holds code."""

import builtins
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.adapters.zips import open_zip, unsafe
from boxship.archive import read_json
from boxship.errors import BoxError

ROOT = "keras.Model"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
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
# where Keras keeps what models are made of; elsewhere it keeps what downloads, saves, loads and lists folders
_KINDS = (
    "activations|constraints|dtype_policies|initializers|layers|losses|metrics|models|ops|optimizers|quantizers|"
    "random|regularizers"
)
_OWN = re.compile(rf"keras|keras\.({_KINDS})(\.\w+)*|keras\.src\.({_KINDS}|trainers)(\.\w+)*")
_FUNCTION = "function"
_FILES = ("vocabulary", "idf_weights")  # of a layer: values, or the path of a file of them
_COMPILED = "compile_config"


def scan_keras(path: Path) -> Scan:
    """What loading the model makes."""
    with open_zip(path) as members:
        _check_parts(path, members.namelist())
        config = read_json(members, _CONFIG)
    try:
        # what training needs is not made of the model itself, but of the models in it
        own = {one for one in _made({**config, _COMPILED: None}) if one is not None}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, f"its {_CONFIG} is not of the form that Keras writes: {error!r:.80}") from error
    uses = (Use(*one, 0, called=True) for one in sorted(own))
    return Scan("keras", ROOT, (Use("keras", "Model", 0, called=False), *uses), {})


def own_modules(path: Path) -> tuple[str, ...]:
    """The modules of classes that are none of Keras's own: they register themselves when they are imported."""
    return tuple(sorted({use.module for use in scan_keras(path).uses if use.called}))


def _check_parts(path: Path, names: list[str]) -> None:
    for name in names:
        if name not in _PARTS and not name.startswith("assets/"):
            raise unsafe(path, f"holds {name[:80]!r}")


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
        if key in _FILES and isinstance(one, str):
            raise BoxError(
                "model.external_data",
                f"a layer of the model reads its {key} from the file {one[:80]!r}, which a box does not hold",
                "give the layer the values themselves, or adapt it, and save the model again",
            )
        yield from _made(one)


def _class(value: dict[str, Any]) -> tuple[str, str] | None:
    module, kind = value.get("module"), str(value["class_name"])
    name = str(value.get("config")) if kind == _FUNCTION else kind
    if name in _CODE:
        raise BoxError(
            "model.unsafe_archive",
            f"the model has a layer {name}, which holds code or names files: to load it could run anything",
            "write it as a layer class of your own with @keras.saving.register_keras_serializable(), and --code",
        )
    # without a module nothing is imported: it is a value, or found by its name among what Keras knows
    if kind in _VALUES or module is None or _is_own(str(module)):
        return None
    if module == "builtins" and kind == _FUNCTION and not hasattr(builtins, name):
        return None  # so Keras writes a function of its own
    return str(module), name


def _is_own(module: str) -> bool:
    if module.partition(".")[0] != "keras":
        return False
    if not _OWN.fullmatch(module):
        raise BoxError(
            "model.unsafe_archive",
            f"the model uses {module[:80]} of Keras, of which no model is made: to load it could do anything",
            "build the model of layers, and save it again",
        )
    return True


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
