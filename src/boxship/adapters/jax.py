"""JAX: functions that jax.export made, compiled by XLA for the processor."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import export, tree_util

from boxship.adapters.tensors import Port, TensorModel, kind_of, port_of, unreadable
from boxship.core.column import Array
from boxship.errors import BoxError

# what JAX itself calls on the processor: checks of sizes, and the linear algebra that comes with it
_KNOWN = re.compile(r"shape_assertion|Sharding|stablehlo\.dynamic_\w+|lapack_\w+_ffi")
_CALLED = re.compile(r'custom_call @"?([^"\s(]+)|call_target_name = "([^"]*)"')


class JaxAdapter:
    """Reads what jax.export serialised, and writes it so."""

    def load(self, path: Path) -> TensorModel:
        exported, program = _exported(path)
        _refuse_other_calls(exported, path)
        _refuse_elsewhere(exported)
        _refuse_calls(program)
        ports, names = _ports(exported), _outputs(exported)
        return TensorModel(f"{exported.fun_name} of JAX", ports, names, _run(exported, ports, names))

    def write(self, model: Any, folder: Path) -> Path:
        if not isinstance(model, export.Exported):
            raise BoxError(
                "model.not_exported",
                f"a {type(model).__name__} of JAX cannot be written",
                "jax.export.export(jax.jit(function))(jax.ShapeDtypeStruct(...)), with rows of symbolic size",
            )
        path = folder / "model.jax"
        path.write_bytes(model.serialize())
        return path


def _exported(path: Path) -> tuple[Any, str]:
    """The function, and its program as text."""
    try:
        exported = export.deserialize(bytearray(path.read_bytes()))
        return exported, exported.mlir_module()
    except Exception as error:  # a damaged table fails in any way
        raise unreadable(f"JAX {jax.__version__}", path, error) from error


def _refuse_other_calls(exported: Any, path: Path) -> None:
    """How its arguments are handed over has a version, which JAX looks at only where it writes one."""
    written = exported.calling_convention_version
    oldest = export.minimum_supported_calling_convention_version
    newest = export.maximum_supported_calling_convention_version
    if not oldest <= written <= newest:
        raise BoxError(
            "model.other_version",
            f"{path.name} is called in the way {written}, and JAX {jax.__version__} knows {oldest} to {newest}",
            "export it again by the version that is in the environment",
            {"written": written, "oldest": oldest, "newest": newest},
        )


def _refuse_elsewhere(exported: Any) -> None:
    if "cpu" in exported.platforms and exported.nr_devices == 1:
        return
    where = f"{exported.nr_devices} devices of {', '.join(exported.platforms)}"
    raise BoxError(
        "model.other_device",
        f"the function was exported for {where}, a box runs on one processor",
        "jax.export.export(function, platforms=['cpu', ...]) for a single device",
    )


def _refuse_calls(program: str) -> None:
    """Of code outside of the function: it would be that of the process, whatever lies there."""
    called = {one or other for one, other in _CALLED.findall(program)}
    strange = sorted(one for one in called if not _KNOWN.fullmatch(one))
    if strange:
        raise BoxError(
            "model.unknown_operator",
            f"the function calls {strange[0]!r}, which is no part of it nor of JAX on the processor",
            "export it without callbacks, kernels of its own and those of other devices",
            {"called": strange},
        )


def _ports(exported: Any) -> list[Port]:
    names = _paths(exported.in_tree)
    ports = []
    for name, value in zip(names, exported.in_avals, strict=True):
        shape = [size if isinstance(size, int) else None for size in value.shape]
        ports.append(port_of(name, kind_of(np.dtype(value.dtype)), shape))
    return ports


def _paths(tree: Any) -> list[str]:
    """Arguments by name where they have one, as have those in a dict, else by place."""
    whole = tree_util.tree_unflatten(tree, range(tree.num_leaves))
    return [_said(path) for path, _ in tree_util.tree_flatten_with_path(whole)[0]]


def _said(path: Sequence[Any]) -> str:
    """Behind whether it is positional: `arg0`, or its keys."""
    _, *keys = path
    names = [str(getattr(key, "key", getattr(key, "idx", key))) for key in keys]
    if isinstance(keys[0], tree_util.SequenceKey):
        names = names[1:] or [f"arg{names[0]}"]
    return ".".join(names)


def _outputs(exported: Any) -> tuple[str, ...]:
    tree = exported.out_tree
    whole = tree_util.tree_unflatten(tree, range(tree.num_leaves))
    if isinstance(whole, dict) and len(whole) == tree.num_leaves:
        return tuple(map(str, sorted(whole)))  # as their leaves come
    return tuple(f"output_{place}" for place in range(tree.num_leaves))


def _run(exported: Any, ports: Sequence[Port], names: Sequence[str]) -> Any:  # a Run
    def run(feed: Mapping[str, Array]) -> Mapping[str, Any]:
        with jax.enable_x64(True):  # noqa: FBT003  # its own name of it; else numbers of 64 bits would be cut to 32 on their way
            args, kwargs = tree_util.tree_unflatten(exported.in_tree, [feed[port.name] for port in ports])
            given = tree_util.tree_leaves(exported.call(*args, **kwargs))
        return {name: np.asarray(one) for name, one in zip(names, given, strict=True)}

    return run
