"""Keras: models that are a graph of layers, lowered. Imported after Keras has its backend."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import keras
import numpy as np

from boxship.adapters.network_twin import LANES_OF_TORCH, Flow
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_ACTS = {
    "elu": "elu", "exponential": "exp", "gelu": "gelu", "hard_sigmoid": "hard logistic",
    "hard_silu": "hard silu", "log_softmax": "log softmax", "mish": "mish", "relu": "relu", "selu": "selu",
    "sigmoid": "logistic", "silu": "silu", "softmax": "softmax", "softplus": "softplus", "tanh": "tanh",
}  # fmt: skip
_layers = keras.layers
_IN_TRAINING = (
    _layers.ActivityRegularization, _layers.AlphaDropout, _layers.Dropout, _layers.GaussianDropout,
    _layers.GaussianNoise, _layers.Identity, _layers.InputLayer,
)  # fmt: skip


def lower(model: Any, ports: Sequence[Port], contract: Contract) -> Program:
    """Raises `NoTwinError` with the reason where something in it is not known."""
    return _answer(model, Flow.begin(contract, ports)).finish()


def _answer(model: Any, flows: Sequence[Flow]) -> Flow:
    """What the model makes of its inputs, node by node of its graph: an input comes before what takes it."""
    kind = type(model)
    if kind is not keras.Sequential and (kind.__name__, kind.__module__.split(".")[0]) != (
        "Functional",
        "keras",
    ):
        raise NoTwinError(f"it is a {kind.__name__}, which may do anything")
    if len(model.outputs) != 1:
        raise NoTwinError("it gives several arrays")
    graph = model._functional if isinstance(model, keras.Sequential) else model  # noqa: SLF001  # no public word for it
    held = {id(one): flow for one, flow in zip(graph.inputs, flows, strict=True)}
    for depth in sorted(graph._nodes_by_depth, reverse=True):  # noqa: SLF001  # see above
        for node in graph._nodes_by_depth[depth]:  # noqa: SLF001  # see above
            if not node.is_input:
                held[id(node.outputs[0])] = _behind(node, held)
    return held[id(graph.outputs[0])]


def _behind(node: Any, held: dict[int, Flow]) -> Flow:
    layer, given = node.operation, node.arguments
    if len(node.outputs) != 1 or any(one not in (None, False) for one in given.kwargs.values()):
        raise NoTwinError(f"its {layer.name} is called in a way of its own")
    flows = [held[id(one)] for one in given.keras_tensors]
    if type(layer) in _TOGETHER:
        return _TOGETHER[type(layer)](layer, *flows)
    if isinstance(layer, keras.Model):
        return _answer(layer, flows)
    if getattr(getattr(layer, "dtype_policy", None), "name", "") != "float32":
        raise NoTwinError(f"its {layer.name} is not in single precision")
    if type(layer) in _IN_TRAINING:
        return flows[0]
    act = _LAYERS.get(type(layer))
    if act is None or len(flows) != 1:
        raise NoTwinError(f"there is no way yet to lower its {type(layer).__name__}")
    return act(layer, flows[0])


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
    if layer.threshold or layer.negative_slope:
        raise NoTwinError(f"its {layer.name} is bent in several places")
    return flow.act("relu") if layer.max_value is None else flow.within(0.0, float(layer.max_value))


def _elu(layer: Any, flow: Flow) -> Flow:
    if layer.alpha != 1:
        raise NoTwinError(f"its {layer.name} is of a form of its own")
    return flow.act("elu")


def _sloped(layer: Any, flow: Flow) -> Flow:
    return flow.sloped(_array(layer.alpha))


def _level(layer: Any, flow: Flow) -> Flow:
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if getattr(layer, "rms_scaling", False) or list(axes) not in ([-1], [len(flow.shape)]):
        raise NoTwinError(f"its {layer.name} is over another dimension")
    is_torch = keras.backend.backend() == "torch"
    return flow.level(
        flow.shape[-1:],
        _array(layer.gamma),
        _array(layer.beta),
        layer.epsilon,
        wide=is_torch,
        lanes=LANES_OF_TORCH if is_torch else 0,
    )


def _embedded(layer: Any, flow: Flow) -> Flow:
    """Places beyond the table are taken differently by each backend."""
    if keras.backend.backend() != "jax" or layer.mask_zero or getattr(layer, "quantization_mode", None):
        raise NoTwinError(f"its {layer.name} is on another backend than jax, or masks zeros")
    return flow.embedded(_array(layer.embeddings), wraps=True)


def _beside(layer: Any, *flows: Flow) -> Flow:
    if layer.axis not in (-1, 1):
        raise NoTwinError(f"its {layer.name} is over another dimension")
    return flows[0].beside(flows[1:])


def _combined(name: str) -> Callable[..., Flow]:
    def both(layer: Any, *flows: Flow) -> Flow:
        del layer
        return reduce(lambda one, other: one.combined(name, other), flows)

    return both


_TOGETHER: dict[type, Callable[..., Flow]] = {
    _layers.Add: _combined("add"),
    _layers.Concatenate: _beside,
    _layers.Maximum: _combined("maximum"),
    _layers.Minimum: _combined("minimum"),
    _layers.Multiply: _combined("multiply"),
    _layers.Subtract: _combined("subtract"),
}


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
    _layers.ELU: _elu,
    _layers.Embedding: _embedded,
    _layers.Flatten: _flat,
    _layers.LayerNormalization: _level,
    _layers.Normalization: _normal,
    _layers.LeakyReLU: lambda layer, flow: flow.leaky(float(layer.negative_slope)),
    _layers.PReLU: _sloped,
    _layers.ReLU: _relu,
    _layers.Rescaling: _rescaled,
    _layers.Reshape: _shaped,
    _layers.Softmax: _softmax,
}
