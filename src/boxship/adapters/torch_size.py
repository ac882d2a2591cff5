"""The sizes in a program of torch.export, which torch evaluates as Python: arithmetic and nothing else."""

import ast
import re
from typing import Any

from boxship.adapters.torch_refused import refuse

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
_NAMED = re.compile(r"[su]\d+|zuf\d+|True|False|oo|int_oo")


def check_size(value: Any) -> None:
    """Raise for what is no arithmetic of names that stand for sizes."""
    if len(value) > 10_000:
        refuse("has a size that is no arithmetic")
    try:
        parsed = ast.parse(value.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError):
        refuse(f"has the size {value[:80]!r}, which is no arithmetic")
    called = {id(node.func) for node in ast.walk(parsed) if isinstance(node, ast.Call)}
    if not all(_is_arithmetic(node, is_called=id(node) in called) for node in ast.walk(parsed)):
        refuse(f"has the size {value[:80]!r}, which is no arithmetic")


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
