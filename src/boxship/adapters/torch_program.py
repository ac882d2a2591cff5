"""A program of torch.export, as its JSON: operators, names, sizes and trees that torch looks up or evaluates."""

import json
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from boxship.adapters.torch_refused import refuse
from boxship.adapters.torch_size import check_size
from boxship.errors import BoxError

_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims)\.(?!from_file|save)[a-z_0-9]+(\.\w+)?"
    r"|torch\.ops\.higher_order\.(cond|while_loop|map_impl|scan|associative_scan|wrap_with_set_grad_enabled)"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|neg|pow|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
    r"|math\.(ceil|floor|sqrt|trunc)"
    r"|torch\.sym_(float|int|ite|max|min|not|sqrt)|torch\._sym_sqrt",
    re.IGNORECASE,
)
_NAMES = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_TREES = (None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")


def check_program(program: Any) -> None:  # as read
    """Raise for what would run anything; what it says for people is taken out of it."""
    _forget_sources(program)
    for key, value in _walk(program):
        check = _CHECKS.get(key)
        if check is not None and value is not None:
            check(value)


def _forget_sources(program: Any) -> None:  # as read
    """Take out what nodes and graphs say for people, of the lines that they were written in."""
    for _, one in list(_walk(program)):
        if not isinstance(one, dict):
            continue
        if "graph" in one and "metadata" in one:
            one["metadata"] = {}
        for node in one.get("nodes", ()) if isinstance(one.get("nodes"), list) else ():
            if isinstance(node, dict) and "target" in node:
                node["metadata"] = {}


def _walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value; keys may be names of the user's own, so none is passed over."""
    yield key, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _walk(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one)


def _check_operator(value: Any) -> None:
    if isinstance(value, str) and not _OPERATOR.fullmatch(value):
        raise BoxError(
            "model.unknown_operator",
            f"the program calls {value[:80]!r}, which is no operator of tensors that torch itself has",
            "export it with the operators of torch alone: torch.export.export(...).run_decompositions()",
            {"operator": value},
        )


def _check_name(value: Any) -> None:
    """Names become those of variables in code that is written from the program."""
    if isinstance(value, str) and value and not (_NAMES.fullmatch(value) and not keyword.iskeyword(value)):
        refuse(f"names something {value[:80]!r}, which is no name of a variable")


def _check_names(value: Any) -> None:
    for one in value:
        _check_name(one)


def _check_tree(value: Any) -> None:
    _check_trees(json.loads(value))


def _check_trees(value: Any) -> None:
    nodes = value if isinstance(value, list) else [value]
    for node in nodes:
        if isinstance(node, dict):
            if node["type"] not in _TREES:
                refuse(f"takes or gives a {node['type']}, which is built by code outside of it")
            _check_trees(node["children_spec"])


def check_device(value: Any) -> None:
    """Raise where it is another than the processor."""
    kind = value.get("type") if isinstance(value, dict) else value
    if kind != "cpu":
        raise BoxError(
            "model.other_device",
            f"the program was exported for the device {kind!r}, a box runs on the processor",
            "model.to('cpu') with inputs on the processor, and export it again",
            {"device": kind},
        )


def _check_none(value: Any) -> None:
    if value:
        refuse("holds objects of classes of their own")


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "target": _check_operator,
    "as_operator": _check_operator,
    "expr_str": check_size,
    "name": _check_name,
    "as_name": _check_name,
    "forward_arg_names": _check_names,
    "range_constraints": _check_names,
    "in_spec": _check_tree,
    "out_spec": _check_tree,
    "device": check_device,
    "as_device": check_device,
    "as_custom_obj": _check_none,
    "custom_obj_values": _check_none,
    "treespec_namedtuple_fields": _check_none,
}
