"""Keras: models that are a row of layers, lowered. Imported after Keras has its backend."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from boxship.adapters.network_twin import Flow
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_ACTS = {
    "elu": "elu", "log_softmax": "log softmax", "relu": "relu", "sigmoid": "logistic", "silu": "silu",
    "softmax": "softmax", "softplus": "softplus", "swish": "silu", "tanh": "tanh",
}  # fmt: skip
_layers = keras.layers
_IN_TRAINING = (
    _layers.ActivityRegularization, _layers.AlphaDropout, _layers.Dropout, _layers.GaussianDropout,
    _layers.GaussianNoise, _layers.Identity, _layers.InputLayer,
)  # fmt: skip


def lower(model: Any, ports: Sequence[Port], contract: Contract) -> Program:
    """Raises `NoTwinError` with the reason where something in it is not known."""
    flow = Flow.begin(contract, ports)
    for layer in _in_a_row(model):
        flow = _behind(layer, flow)
    return flow.finish()


def _in_a_row(model: Any) -> Iterator[Any]:
    """Its layers, where each takes what the one before it gives."""
    if len(model.outputs) != 1:
        raise NoTwinError("it gives several arrays")
    steps = [layer for layer in model.layers if not isinstance(layer, _layers.InputLayer)]
    if not isinstance(model, keras.Sequential) and not _is_row(model, steps):
        raise NoTwinError("its layers do not stand in a row")
    yield from steps


def _is_row(model: Any, steps: Sequence[Any]) -> bool:
    given = model.inputs[0]
    for layer in steps:
        if len(layer._inbound_nodes) != 1 or layer.input is not given:  # noqa: SLF001  # no public word for it
            return False
        given = layer.output
    return model.outputs[0] is given


def _behind(layer: Any, flow: Flow) -> Flow:
    if getattr(layer.dtype_policy, "name", "") != "float32":
        raise NoTwinError(f"its {layer.name} is not in single precision")
    if type(layer) in _IN_TRAINING:
        return flow
    if isinstance(layer, keras.Model):
        raise NoTwinError("it has models for layers")
    act = _LAYERS.get(type(layer))
    if act is None:
        raise NoTwinError(f"there is no way yet to lower its {type(layer).__name__}")
    return act(layer, flow)


def _array(value: Any) -> Any:
    return None if value is None else keras.ops.convert_to_numpy(value)


def _acted(layer: Any, flow: Flow) -> Flow:
    name = getattr(layer.activation, "__name__", "")
    if layer.activation is not getattr(keras.activations, name, None):
        raise NoTwinError(f"its {layer.name} has a function of its own")
    if name == "linear":
        return flow
    if name not in _ACTS:
        raise NoTwinError(f"there is no way yet to lower its {name}")
    return flow.act(_ACTS[name])


def _dense(layer: Any, flow: Flow) -> Flow:
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        raise NoTwinError(f"its {layer.name} is quantized")
    return _acted(layer, flow.layer(_array(layer.kernel), _array(layer.bias)))


def _batches(layer: Any, flow: Flow) -> Flow:
    if layer.axis not in (-1, len(flow.shape)):
        raise NoTwinError(f"its {layer.name} is over another dimension")
    mean, variance = _array(layer.moving_mean), _array(layer.moving_variance)
    return flow.normal(mean, variance, _array(layer.gamma), _array(layer.beta), layer.epsilon)


def _rescaled(layer: Any, flow: Flow) -> Flow:
    return flow.scaled(np.float32(layer.scale), np.float32(layer.offset))


def _normal(layer: Any, flow: Flow) -> Flow:
    """By means that were measured before training; with these already taken away, there are none."""
    if layer.invert or layer.mean.shape[1:-1] != (1,) * (len(layer.mean.shape) - 2):
        raise NoTwinError(f"its {layer.name} is over several dimensions")
    spread = (
        np.maximum(np.sqrt(_array(layer.variance)), keras.config.epsilon()).astype(np.float32).reshape(-1)
    )
    mean = _array(layer.mean).astype(np.float32).reshape(-1)
    return flow.standard(mean, spread)


def _relu(layer: Any, flow: Flow) -> Flow:
    if layer.max_value is not None or layer.threshold or layer.negative_slope:
        raise NoTwinError(f"its {layer.name} is bent in several places")
    return flow.act("relu")


def _flat(layer: Any, flow: Flow) -> Flow:
    if layer.data_format != "channels_last" and len(flow.shape) > 1:
        raise NoTwinError(f"its {layer.name} turns its channels round")
    return _shaped(layer, flow)


def _shaped(layer: Any, flow: Flow) -> Flow:
    return flow.seen_as([int(size) for size in layer.output.shape[1:]])


def _softmax(layer: Any, flow: Flow) -> Flow:
    if layer.axis not in (-1, len(flow.shape)):
        raise NoTwinError(f"its {layer.name} is over another dimension")
    return flow.act("softmax")


_LAYERS: dict[type, Callable[[Any, Flow], Flow]] = {
    _layers.Activation: _acted,
    _layers.BatchNormalization: _batches,
    _layers.Dense: _dense,
    _layers.Flatten: _flat,
    _layers.Normalization: _normal,
    _layers.LeakyReLU: lambda layer, flow: flow.leaky(float(layer.negative_slope)),
    _layers.ReLU: _relu,
    _layers.Rescaling: _rescaled,
    _layers.Reshape: _shaped,
    _layers.Softmax: _softmax,
}
