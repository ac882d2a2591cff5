"""Keras 3: models in its own files, run by the backend that they were packed with."""

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from boxship import plug
from boxship.adapters import form_beside
from boxship.adapters.kept_state import keeps_state
from boxship.adapters.keras_backend import chosen
from boxship.adapters.keras_file import own_modules, written
from boxship.adapters.keras_weights import check_weights
from boxship.adapters.tensors import Port, TensorModel, kind_of, port_of, unreadable
from boxship.core.column import Array
from boxship.errors import BoxError, HostError

with chosen():
    import keras

from boxship.adapters.keras_twin import lower

_NARROW = {"float64": "float32", "int64": "int32", "uint64": "uint32"}  # what JAX makes of them by itself
_EXPORTS = {"torch": "boxship.adapters.keras_onnx:model_to_onnx"}  # by backend: each imports its own


class KerasAdapter:
    """Reads what was looked through before, in Keras's safe mode; writes a model in one form."""

    def load(self, path: Path) -> TensorModel:
        _check_backend(path)
        for module in own_modules(path):
            import_module(module)
        try:
            check_weights(path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except BoxError:
            raise
        except Exception as error:  # whatever a layer of another version raises
            raise unreadable(f"Keras {keras.__version__}", path, error) from error
        return _asked(model)

    def write(self, model: Any, folder: Path) -> Path:
        if not isinstance(model, keras.Model):
            raise BoxError(
                "model.not_writable",
                f"a {type(model).__name__} of Keras is no model",
                "give the keras.Model itself",
            )
        path = folder / "model.keras"
        with tempfile.TemporaryDirectory(prefix="boxship-") as aside:
            saved = Path(aside, "model.keras")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.save(saved)
            path.write_bytes(written(saved.read_bytes()))
        return path


def _check_backend(path: Path) -> None:
    """Another backend is another library, which the box's lock does not hold."""
    form, here = form_beside(path), keras.backend.backend()
    packed = form.read_text("utf-8") if form.exists() else here
    if packed != here:
        raise HostError(
            "adapter.other_backend",
            f"the box was packed with Keras on {packed}, in this process Keras runs on {here}",
            f"KERAS_BACKEND={packed}, before Keras is imported",
            {"packed": packed, "here": here},
        )


def _asked(model: Any) -> TensorModel:
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise BoxError(
            "model.not_built",
            f"the {type(model).__name__} does not say which inputs it takes",
            "build it as keras.Sequential or keras.Model with keras.Input, and save it again",
        )
    ports = [_port(one) for one in inputs]
    names = _outputs(model)
    title = f"{type(model).__name__} of Keras"
    form, run = keras.backend.backend(), _run(model, ports, names)
    export = partial(plug.load(form, _EXPORTS, "adapter.unknown"), model) if form in _EXPORTS else None
    return TensorModel(title, ports, names, run, form=form, lower=partial(lower, model), export=export)


def _port(one: Any) -> Port:  # a KerasTensor
    kind = kind_of(np.dtype(one.dtype)) if one.dtype in np.sctypeDict else None
    if keras.backend.backend() == "jax":
        kind = _NARROW.get(kind or "", kind)
    return port_of(one.name, kind, one.shape)


def _outputs(model: Any) -> tuple[str, ...]:
    """By their keys where the model gives a dict, else as their layers are called."""
    given = model.compute_output_spec(_fitting(model, model.inputs))
    if isinstance(given, dict):
        return tuple(map(str, given))
    places = (f"output_{place}" for place in range(len(keras.tree.flatten(given))))
    return tuple(getattr(model, "output_names", None) or places)


def _fitting(model: Any, inputs: Sequence[Any]) -> Any:  # as the model takes them
    return list(inputs) if len(model.inputs) > 1 else inputs[0]


def _run(model: Any, ports: Sequence[Port], names: Sequence[str]) -> Any:  # a Run
    def run(feed: Mapping[str, Array]) -> Mapping[str, Any]:
        with keras.StatelessScope() as scope:  # so nothing is changed; what would be is told
            given = model(_fitting(model, [feed[port.name].copy() for port in ports]), training=False)
        if scope.state_mapping:
            raise keeps_state(f"{type(model).__name__} of Keras", "the state of a layer")
        found = given if isinstance(given, dict) else dict(zip(names, keras.tree.flatten(given), strict=True))
        return {name: keras.ops.convert_to_numpy(found[name]) for name in names}

    return run
