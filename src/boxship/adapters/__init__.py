"""Frameworks: how a model is recognised, loaded, described and asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from boxship import plug
from boxship.adapters.model import (
    MOST_OUTPUTS,
    Described,
    DescribedOutput,
    Exporter,
    Given,
    Level,
    Lowerer,
    Model,
    RawAsker,
    Settled,
    Settler,
)
from boxship.adapters.native import Native
from boxship.adapters.pickles import SKLEARN, STATSMODELS, AllowList
from boxship.errors import BoxError, HostError

__all__ = [
    "ADAPTERS",
    "MOST_OUTPUTS",
    "PICKLES",
    "Adapter",
    "Asker",
    "Described",
    "DescribedOutput",
    "Exporter",
    "Given",
    "Level",
    "Lowerer",
    "Model",
    "Plug",
    "RawAsker",
    "Settled",
    "Settler",
    "Writer",
    "form_beside",
    "get",
    "get_writer",
    "needed_beside",
    "of_module",
]


class Adapter(Protocol):
    """A framework. Made where the framework is installed: in a room, or in an equal environment."""

    def load(self, path: Path) -> Model:
        """Called once a process with the checked file. What was settled, if anything, lies beside
        it in the file `form_beside` names. Raising refuses the model."""


@runtime_checkable
class Writer(Protocol):
    """What an adapter may also be: one that writes a model given as an object."""

    def write(self, model: object, folder: Path) -> Path:
        """Called in the caller's process; gives the file written. The same model gives the same
        bytes: in another process, under another hash seed, after being written and read again."""


@runtime_checkable
class Asker(Protocol):
    """What an adapter may also be: one that asks a model given as an object."""

    def ask(self, model: object, rows: Any) -> Sequence[Given]:
        """Called in the caller's process with rows as the model was trained on them, a frame or an
        array. The model is left as it is; raising means that it does not take such rows."""


class Plug(NamedTuple):
    """One row of the table below."""

    target: str
    modules: tuple[str, ...]  # packages whose classes this adapter takes
    allow: AllowList  # what its pickles may name and call
    natives: tuple[Native, ...] = ()  # files in formats of its own
    frames: tuple[str, ...] = ()  # modules that tell that the model wants a DataFrame
    refused: tuple[tuple[str, str], ...] = ()  # packages of models that answer no row by itself, and why
    untwinned: str = ""  # why none of its models has a twin, or an ONNX file
    beside: str = ""  # a function, from the modules that are installed and os.environ to those needed too


PICKLES = (".joblib", ".pkl", ".pickle")

ADAPTERS = {
    "sklearn": Plug(
        "boxship.adapters.sklearn:SklearnAdapter",
        ("sklearn",),
        SKLEARN,
        (
            Native(
                ".skops",
                b"PK\x03\x04",
                "sklearn.base.BaseEstimator",
                "boxship.adapters.skops_file:scan_skops",
            ),
        ),
        frames=(
            "sklearn.compose._column_transformer",
            "sklearn.compose",
            "sklearn.preprocessing._function_transformer",
            "catboost.core",
            "lightgbm.sklearn",  # as the first step it may look for names
            "xgboost.sklearn",
        ),
    ),
    "xgboost": Plug(
        "boxship.adapters.xgboost:XGBoostAdapter",
        ("xgboost",),
        SKLEARN,
        (
            Native(
                ".json", b'"learner"', "xgboost.core.Booster", "boxship.adapters.xgboost_file:scan_xgboost"
            ),
            Native(".ubj", b"learner", "xgboost.core.Booster", "boxship.adapters.xgboost_file:scan_xgboost"),
        ),
    ),
    "catboost": Plug(
        "boxship.adapters.catboost:CatBoostAdapter",
        ("catboost",),
        SKLEARN,
        (
            Native(".cbm", b"CBM1", "catboost.core.CatBoost"),
            Native(".json", b'"features_info"', "catboost.core.CatBoost"),
            Native(".json", b'"ctr_data"', "catboost.core.CatBoost"),
        ),
    ),
    "lightgbm": Plug(
        "boxship.adapters.lightgbm:LightGBMAdapter",
        ("lightgbm",),
        SKLEARN,
        (
            Native(
                ".txt",
                b"tree\nversion=v",
                "lightgbm.basic.Booster",
                "boxship.adapters.lightgbm_file:scan_lightgbm",
            ),
        ),
    ),
    "onnx": Plug(
        "boxship.adapters.onnx:OnnxAdapter",
        ("onnxruntime", "onnx"),
        AllowList(("onnxruntime.InferenceSession",)),
        (Native(".onnx", b"", "onnxruntime.InferenceSession", "boxship.adapters.onnx_file:scan_onnx"),),
    ),
    "jax": Plug(
        "boxship.adapters.jax:JaxAdapter",
        ("jax", "jaxlib"),
        AllowList(("jax.export.Exported",)),
        (Native(".jax", b"", "jax.export.Exported", "boxship.adapters.jax_file:scan_jax"),),
        untwinned="there is no way yet to lower a function of JAX",
        beside="boxship.adapters.jax_file:needed",
    ),
    "keras": Plug(
        "boxship.adapters.keras:KerasAdapter",
        ("keras",),
        AllowList(("keras.Model",)),
        (Native(".keras", b"PK\x03\x04", "keras.Model", "boxship.adapters.keras_file:scan_keras"),),
        beside="boxship.adapters.keras_backend:needed",
    ),
    "torch": Plug(
        "boxship.adapters.torch:TorchAdapter",
        ("torch",),
        AllowList(("torch.export.ExportedProgram", "torch.jit.ScriptModule", "torch.nn.Module")),
        (
            Native(
                ".safetensors", b"", "torch.nn.Module", "boxship.adapters.safetensors_file:scan_safetensors"
            ),
            Native(
                ".pt2",
                b"PK\x03\x04",
                "torch.export.ExportedProgram",
                "boxship.adapters.torch_export:scan_export",
            ),
            *(
                Native(suffix, b"", "torch.nn.Module", "boxship.adapters.torch_script_file:scan_torch")
                for suffix in (".pt", ".pth")
            ),
        ),
    ),
    "statsmodels": Plug(
        "boxship.adapters.statsmodels:StatsmodelsAdapter",
        ("statsmodels",),
        STATSMODELS,
        refused=(("statsmodels.tsa.", "answers from the rows before it, and a box a row by itself"),),
    ),
    "python": Plug(
        "boxship.adapters.python:PythonAdapter", (), AllowList(), untwinned="it is code of your own"
    ),
}

_TARGETS = {name: one.target for name, one in ADAPTERS.items()}


def get(name: str) -> Adapter:
    """The adapter of that name, imported now; or one of your own as `package.module:Class`."""
    try:
        adapter: Adapter = plug.load(name, _TARGETS, "adapter.unknown")()
    except ModuleNotFoundError as error:
        raise HostError(
            "adapter.missing_library",
            f"the adapter {name} needs {error.name}, which is not installed here",
            f"pip install 'boxship[{name}]'",
        ) from error
    except ImportError as error:
        raise HostError(
            "adapter.unsupported_version",
            f"the adapter {name} cannot work with this version of its library: {error}",
            f"pip install 'boxship[{name}]' shows which versions it takes",
        ) from error
    return adapter


def get_writer(name: str) -> Writer:
    """The adapter of that name as one that writes models given as objects."""
    found: object = get(name)
    if not isinstance(found, Writer):
        raise BoxError(
            "model.not_writable",
            f"the adapter {name} cannot write a model given as an object",
            "save it with its own framework and give the file",
        )
    return found


def needed_beside(plug_: Plug, installed: Collection[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The modules that models of this framework need and do not name, as far as the surroundings decide it."""
    if not plug_.beside:
        return ()
    needed: Callable[[Collection[str], Mapping[str, str]], tuple[str, ...]]
    needed = plug.load(plug_.beside, {}, "adapter.unknown")
    return needed(installed, environ)


def form_beside(model: Path) -> Path:
    """Where the form of a model's rows is kept."""
    return model.with_name("rows.json")


def of_module(top: str) -> str | None:
    """The adapter that takes classes of this top-level package."""
    return next((name for name, plug in ADAPTERS.items() if top in plug.modules), None)
