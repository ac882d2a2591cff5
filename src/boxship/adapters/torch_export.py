"""A `.pt2` archive looked through and written anew: programs and weights, and nothing that would be run to load them.

`torch.export.load` unpickles what an archive marks as pickled, evaluates its sizes as Python, looks operators up
by any dotted name, and loads compiled code. So only archives that hold none of it are given to it.
"""

import ast
import io
import json
import keyword
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickle_stream import damaged
from boxship.adapters.pickles import Scan
from boxship.errors import BoxError

ROOT = "torch.export.ExportedProgram"
EXPORT = (
    "torch.export.save(torch.export.export(model.eval(), (example,), "
    "dynamic_shapes=({0: torch.export.Dim('rows')},)), 'model.pt2')"
)
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_NOT_WHOLE = (
    *(EOFError, KeyError, NotImplementedError, OSError, RecursionError, RuntimeError, UnicodeDecodeError),
    *(ValueError, zipfile.BadZipFile, zlib.error),
)
_LARGEST_TEXT = 1 << 30
_MODEL = "models/model.json"
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_KEPT = re.compile(
    r"archive_format|archive_version|byteorder|\.data/version|data/(weights/weight|constants/tensor)_\d+"
)
_DROPPED = re.compile(r"\.data/serialization_id|data/sample_inputs/model\.pt|extra/.*")
_SAMPLES = "data/sample_inputs/model.pt"

_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims)\.(?!from_file|save)[a-z_0-9]+(\.\w+)?"
    r"|torch\.ops\.higher_order\.(cond|while_loop|map_impl|scan|associative_scan|wrap_with_set_grad_enabled)"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|neg|pow|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
    r"|math\.(ceil|floor|sqrt|trunc)"
    r"|torch\.sym_(float|int|ite|max|min|not|sqrt)|torch\._sym_sqrt",
    re.IGNORECASE,
)
_FUNCTIONS = {
    "Symbol", "Integer", "Float", "Rational", "Add", "Mul", "Pow", "Mod", "Min", "Max", "Abs", "Eq", "Equality", "Ne",
    "Unequality", "Ge", "GreaterThan", "Gt", "StrictGreaterThan", "Le", "LessThan", "Lt", "StrictLessThan", "And", "Or",
    "Not", "FloorDiv", "CleanDiv", "CeilDiv", "ModularIndexing", "PythonMod", "Where", "TruncToInt", "CeilToInt",
    "FloorToInt", "ToFloat", "IntTrueDiv", "FloatTrueDiv", "RoundToInt", "PowByNatural",
}  # fmt: skip
_ARITHMETIC = (
    *(
        ast.Expression,
        ast.Call,
        ast.Constant,
        ast.keyword,
        ast.Load,
        ast.Name,
        ast.BinOp,
        ast.UnaryOp,
        ast.Compare,
    ),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.USub, ast.UAdd),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)
_NAMES = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_NAMED = re.compile(r"[su]\d+|zuf\d+|True|False|oo|int_oo")
_TREES = (None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")


class Archive(NamedTuple):
    """What is kept of an archive, by its name without the folder that holds all."""

    program: dict[str, Any]
    configs: dict[str, Any]
    others: dict[str, bytes]


def scan_export(path: Path) -> Scan | None:
    """What loading the program needs; None where the file is no such archive."""
    if not zipfile.is_zipfile(path):
        return None
    read_archive(path)
    return Scan("pt2", ROOT, (Use("torch.export", "ExportedProgram", 0, called=False),), {})


def read_archive(source: Path | io.BytesIO) -> Archive:
    """The parts of an archive, all looked through; raises where one is not safe to load."""
    try:
        with zipfile.ZipFile(source) as members:
            archive = _read(members)
    except _NOT_WHOLE as error:
        raise damaged(0, f"it is no whole archive of torch.export: {error}") from error
    for config in archive.configs.values():
        _check_config(config)
    try:
        _check(archive.program)
    except (TypeError, AttributeError, RecursionError, ValueError) as error:
        raise damaged(0, f"its program is not of the form that torch.export writes: {error}") from error
    return archive


def _read(members: zipfile.ZipFile) -> Archive:
    names = members.namelist()
    root = names[0].partition("/")[0] + "/" if names else ""
    if len(set(names)) != len(names) or not all(name.startswith(root) for name in names):
        raise ValueError("its parts do not lie in one folder, each once")
    inside = {name.removeprefix(root): name for name in names}
    if _MODEL not in inside:
        _refuse_others(inside)
    texts = {name: _json(members, inside[name]) for name in (_MODEL, *_CONFIGS)}
    others: dict[str, bytes] = {}
    for name, whole in inside.items():
        if _KEPT.fullmatch(name):
            others[name] = members.read(whole)
        elif name not in texts and not _DROPPED.fullmatch(name):
            _refuse(f"holds {name!r}, which is compiled or pickled code, or nothing that is known")
    return Archive(texts.pop(_MODEL), texts, others)


def _refuse_others(inside: Mapping[str, str]) -> NoReturn:
    if any(name.startswith("data/aotinductor/") for name in inside):
        _refuse("holds compiled code of AOTInductor")
    raise ValueError("it holds no program where torch has written it since the archives of 2025")


def _json(members: zipfile.ZipFile, name: str) -> Any:  # whatever it holds
    if members.getinfo(name).file_size > _LARGEST_TEXT:
        raise ValueError(f"{name} is too large")
    return json.loads(members.read(name))


def _check_config(config: Any) -> None:  # as read
    for name, one in config["config"].items():
        if one["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d+", one["path_name"]):
            _refuse(f"holds {name!r} as a pickled object")
        _check_device(one["tensor_meta"]["device"])


def _check(program: Any) -> None:  # as read
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


def _check_expression(value: Any) -> None:
    if len(value) > 10_000:
        _refuse("has a size that is no arithmetic")
    try:
        parsed = ast.parse(value.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError):
        _refuse(f"has the size {value[:80]!r}, which is no arithmetic")
    called = {id(node.func) for node in ast.walk(parsed) if isinstance(node, ast.Call)}
    if not all(_is_arithmetic(node, is_called=id(node) in called) for node in ast.walk(parsed)):
        _refuse(f"has the size {value[:80]!r}, which is no arithmetic")


def _is_arithmetic(node: ast.AST, *, is_called: bool) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _FUNCTIONS if is_called else _NAMED.fullmatch(node.id) is not None
    if is_called or not isinstance(node, _ARITHMETIC):
        return False
    if isinstance(node, ast.keyword):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, (bool, int))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _NAMED.fullmatch(node.value) is not None or node.value.isdecimal() or _is_number(node.value)
    return not isinstance(node, ast.Constant) or isinstance(node.value, (bool, int, float))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d*)?(e[+-]?\d+)?", text) is not None


def _check_name(value: Any) -> None:
    """Names become those of variables in code that is written from the program."""
    if isinstance(value, str) and value and not (_NAMES.fullmatch(value) and not keyword.iskeyword(value)):
        _refuse(f"names something {value[:80]!r}, which is no name of a variable")


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
                _refuse(f"takes or gives a {node['type']}, which is built by code outside of it")
            _check_trees(node["children_spec"])


def _check_device(value: Any) -> None:
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
        _refuse("holds objects of classes of their own")


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "target": _check_operator,
    "as_operator": _check_operator,
    "expr_str": _check_expression,
    "name": _check_name,
    "as_name": _check_name,
    "forward_arg_names": _check_names,
    "range_constraints": _check_names,
    "in_spec": _check_tree,
    "out_spec": _check_tree,
    "device": _check_device,
    "as_device": _check_device,
    "as_custom_obj": _check_none,
    "custom_obj_values": _check_none,
    "treespec_namedtuple_fields": _check_none,
}


def _refuse(what: str) -> NoReturn:
    raise BoxError(
        "model.unsafe_archive",
        f"the archive {what}: to load it could run anything",
        "export the model again with torch.export.save, from tensors and operators of torch alone",
    )


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
