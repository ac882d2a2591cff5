"""Formulas of statsmodels: which are harmless to evaluate, and results read without evaluating any other.

A results object that was made by a formula evaluates that formula, Python that it is, when it is
unpickled. So what it says is looked at first.
"""

import ast
import io
import pickle
import tokenize
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from statsmodels.base import data as base_data
from statsmodels.formula._manager import FormulaManager

from boxship.errors import BoxError

_DESIGN = ("C", "I", "Poly", "Q", "Sum", "Diff", "Helmert", "Treatment", "bs", "cc", "center", "cr")
_NUMERIC = (
    *("abs", "arccos", "arcsin", "arctan", "cbrt", "ceil", "clip", "cos", "cosh", "exp", "exp2", "expm1"),
    *("floor", "hypot", "log", "log10", "log1p", "log2", "maximum", "minimum", "mod", "multiply", "power"),
    *("round", "sign", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh", "where"),
)
_FUNCTIONS = (*_DESIGN, *_NUMERIC, "scale", "standardize", "te")
_NODES = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.keyword, ast.Constant, ast.Name, ast.Load,
    ast.List, ast.Tuple, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip
_NUMPY = ("np", "numpy")


def check_formula(formula: str) -> None:
    """Raise for one that holds more than columns, numbers, arithmetic and functions that are known."""
    if not isinstance(formula, str):
        raise _unsafe(str(formula), "no text")
    for side in formula.split("~"):
        for node in ast.walk(_parsed(side, formula)):
            if isinstance(node, ast.Call):
                _check_call(node, formula)
            elif isinstance(node, ast.Name) and node.id.startswith("_"):
                raise _unsafe(formula, node.id)
            elif not isinstance(node, _NODES) and not _is_numpy(node):
                raise _unsafe(formula, ast.unparse(node))


def variables_of(formula: str) -> tuple[str, ...]:
    """The columns on its right side, as they are met."""
    tree = _parsed(formula.rpartition("~")[2], formula)
    return tuple(dict.fromkeys(_variables(tree)))


def read_results(file: BinaryIO) -> Any:  # a results object
    """The object in a checked pickle; the formula in it is looked at before it is evaluated."""
    return _Reader(file).load()


def smallest_frame(formula: str, frame: pd.DataFrame, spec: Any) -> pd.DataFrame:
    """A frame that has every category and no number of anybody's, of which the formula makes the same
    columns; the frame itself where it makes them of the numbers."""
    infos = getattr(spec, "factor_infos", None)
    if infos is None or any(info.state.get("transforms") for info in infos.values()):
        return frame
    levels = {name: pd.unique(frame[name].dropna()) for name in _words(frame, infos)}
    count = max([2, *map(len, levels.values())])
    small = pd.DataFrame(
        {
            name: np.resize(np.sort(np.asarray(levels[name])), count)
            if name in levels
            else np.ones(count, _dtype(frame[name]))
            for name in frame.columns
            if name in {*variables_of(formula), *variables_of(formula.partition("~")[0])}
        }
    )
    return small if _spec_of(formula, small).column_names == spec.column_names else frame


def _spec_of(formula: str, frame: pd.DataFrame) -> Any:  # patsy's own
    manager = FormulaManager()
    manager.get_matrices(formula, frame, eval_env={"np": np, "numpy": np}, pandas=True)
    return manager.spec


def _words(frame: pd.DataFrame, infos: Any) -> set[str]:
    """The columns of which categories are made."""
    codes = [factor.code for factor, info in infos.items() if info.type == "categorical"]
    return {name for code in codes for name in variables_of(code) if name in frame.columns}


def _dtype(column: Any) -> Any:  # a Series
    return column.dtype if column.dtype.kind in "biuf" else np.float64


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        if isinstance(found, type) and issubclass(found, base_data.ModelData):
            return _quiet(found)
        return found


def _quiet(kind: type) -> type:
    """A class of data that evaluates no formula but a harmless one, and sees no names around it."""

    def restore(self: Any, state: dict[str, Any]) -> None:
        if "restore_design_info" in state:
            raise BoxError(
                "model.other_version",
                "the results were made by a formula with statsmodels before 0.15, which kept it otherwise",
                "fit and save them again by the version that is in the environment",
            )
        if state.pop("restore_model_spec", False):
            if type(state["formula"]) is not str:
                raise _unsafe(repr(state["formula"]), "no text")
            check_formula(state["formula"])
            frame = state.get("frame")
            if frame is not None and type(frame) is not pd.DataFrame:
                raise _unsafe(state["formula"], f"the names of a {type(frame).__name__}")
            if frame is None:
                raise BoxError(
                    "model.unreadable",
                    "the results were made by a formula and saved without the data that it was shown",
                    "save them with remove_data=False, or fit without a formula",
                )
            self.model_spec = _spec_of(state["formula"], frame)
        self.__dict__.update(state)
        self.__class__ = kind

    return type(kind.__name__, (kind,), {"__setstate__": restore, "__module__": kind.__module__})


def _parsed(side: str, formula: str) -> ast.Expression:
    """As an expression of Python: what patsy writes `a:b` is `a*b` there."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(side.strip() or "0").readline)
        words = [
            (one.type, "*" if one.type == tokenize.OP and one.string == ":" else one.string) for one in tokens
        ]
        return ast.parse(tokenize.untokenize(words).strip(), mode="eval")
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError) as error:
        raise _unsafe(formula, "no expression") from error


def _check_call(node: ast.Call, formula: str) -> None:
    name = node.func.attr if _is_numpy(node.func) else getattr(node.func, "id", "")  # type: ignore[attr-defined]
    if name not in _FUNCTIONS:
        raise _unsafe(formula, ast.unparse(node.func))


def _is_numpy(node: ast.AST) -> bool:
    whole = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _NUMPY
    return whole and node.attr in _FUNCTIONS  # type: ignore[attr-defined]  # an Attribute has one


def _variables(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "Q" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
        for one in node.args:
            yield from _variables(one)
    elif isinstance(node, ast.Name):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _variables(child)


def _unsafe(formula: str, what: str) -> BoxError:
    return BoxError(
        "model.unsafe_formula",
        f"the formula {formula[:80]!r} holds {what[:80]}, and reading the model would run it",
        "compute such a column before, and fit on it by its name",
    )
