"""A step written as a graph of its own, and what a runtime makes of it."""

from typing import Any

import numpy as np

from boxship.core.column import Array
from boxship.onnx import STEPS, message
from boxship.onnx.graph import TREES, Graph, Value
from boxship.onnx.message import Port
from needs import library


def written(step: Any, blocks: list[Array], *behind: Any) -> bytes:
    """A file that takes these blocks of columns and gives what the step, and those behind it, make of them."""
    ports = [Port(f"x{at}", one.dtype.name, one.shape[1:]) for at, one in enumerate(blocks)]
    graph = Graph(port.name for port in ports)
    given = [Value(port.name, port.kind, port.shape[0] if port.shape else None) for port in ports]
    found = STEPS[type(step)](graph, step, *given)
    for one in behind:
        found = STEPS[type(one)](graph, one, found)
    graph.node("Identity", found.name, gives=("y",))
    whole = graph.finish(
        "step", ports, [Port("y", found.kind, () if found.width is None else (found.width,))]
    )
    opsets = {domain: {"": 13, TREES: 3}[domain] for domain in graph.domains}
    return message.model(whole, opsets, ir=8, producer="a test", said="", properties={})


def ran(data: bytes, blocks: list[Array], threads: int = 1) -> Array:
    runtime = library("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    session = runtime.InferenceSession(data, options)
    found: Array = session.run(None, {f"x{at}": one for at, one in enumerate(blocks)})[0]
    return found


def is_refused(data: bytes, blocks: list[Array]) -> bool:
    """Whether the run fails, as it says, for a place outside of a list."""
    try:
        ran(data, blocks)
    except library("onnxruntime.capi.onnxruntime_pybind11_state").InvalidArgument as error:
        return "out of data bounds" in str(error)
    return False


EDGES = (0.0, -0.0, 5e-324, -5e-324, 1e-320, 1.0, -1.0, 0.5, 2.0, 3.0, 37.5, -37.5, 1e9, -1e9, 1e300, -1e300)


def grid(width: int, *more: float, missing: bool = True) -> Array:
    """Rows of special values, of those that are given and their neighbours, and of others; each in each column."""
    near = [np.nextafter(one, toward) for one in more for toward in (-np.inf, np.inf)]
    special = [*EDGES, *more, *near, *([np.nan, np.inf, -np.inf] if missing else [])]
    rng = np.random.default_rng(0)
    rows = np.concatenate([np.resize(special, (len(special), 1)), rng.normal(size=(40, 1)) * 3])
    return np.concatenate([rng.permuted(rows, axis=0) for _ in range(width)], axis=1)


def singles(width: int) -> Array:
    """The same in single precision."""
    with np.errstate(over="ignore"):
        return grid(width).astype(np.float32)
