"""statsmodels' regressions, lowered: a weighted sum, behind it the inverse of a link."""

import ast
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from statsmodels.genmod.families import links

from boxship.adapters import Level
from boxship.adapters.statsmodels_said import GENERAL, RATES, SEVERAL, SUMS, TWO, Said
from boxship.core.contract import Contract
from boxship.twin.algebra import Linear, Products
from boxship.twin.encode import Column, Label, Lookup
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Numbers, Places
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Divide, Join, Multiply, Pick, Subtract

_LINKS = {  # what undoes each
    links.Identity: None,
    links.Log: "exp",
    links.Logit: "logistic",
    links.Probit: "bell",
    links.CLogLog: "cloglog",
    links.LogLog: "loglog",
    links.Sqrt: "square",
    links.InversePower: "inverse",
}
_FUNCTIONS = ("exp", "expm1", "log", "log1p", "sqrt", "square")


def lower(results: Any, said: Said, contract: Contract) -> Program:
    """The program of results; raises `NoTwinError` with the reason where there is none."""
    draft = Draft()
    params = np.asarray(results.params, np.float64)
    params = params[:, None] if params.ndim == 1 else params
    if said.formula:
        rows, weights, bias = _design(draft, results, contract), params, np.zeros(params.shape[1])
    else:
        if any(not field.typed.is_number and field.typed.kind != "bool" for field in contract.inputs):
            raise NoTwinError("it takes columns that are no numbers")
        width = said.width + (said.const is not None)
        rows, weights = draft.read(Numbers(tuple(field.name for field in contract.inputs))), params[:width]
        bias = np.zeros(params.shape[1]) if said.const is None else weights[said.const]
        weights = weights if said.const is None else np.delete(weights, said.const, axis=0)
    if said.formula and len(params) > len(_names(results)):
        weights = params[: len(_names(results))]  # what follows is no weight
    sums = draft.then(Linear(np.ascontiguousarray(weights), np.ascontiguousarray(bias)), rows)
    return draft.finish([_answer(draft, sums, results, said)])


def _answer(draft: Draft, sums: int, results: Any, said: Said) -> Answer:
    if said.kind in SUMS:
        return Answer(draft.then(Column(0), sums))
    if said.kind in RATES:
        return Answer(draft.then(Column(0), draft.then(Act("exp"), sums)))
    if said.kind == GENERAL:
        link = type(results.model.family.link)
        if link not in _LINKS:
            raise NoTwinError(f"its link is {link.__name__}")
        act = _LINKS[link]
        return Answer(draft.then(Column(0), sums if act is None else draft.then(Act(act), sums)))
    if said.kind in TWO:
        shares = draft.then(Act("logistic" if said.kind == "Logit" else "bell"), sums)
        shares = draft.then(Act("two"), shares)
    elif said.kind == SEVERAL:
        shares = draft.then(Act("normal"), draft.then(Act("one and"), draft.then(Act("exp"), sums)))
    return Answer(draft.then(Label(said.labels), shares), shares)


def factors_of(results: Any) -> dict[str, tuple[Level, ...]]:
    """The categories of the columns that a formula takes for such."""
    found: dict[str, tuple[Level, ...]] = {}
    for factor, info in _info(results).factor_infos.items():
        name = _categorical(factor.code)
        if info.type == "categorical" and name:
            found[name] = tuple(_plain(one) for one in info.categories)
    return found


def _design(draft: Draft, results: Any, contract: Contract) -> int:
    """The columns that the formula makes of a row, in their order."""
    info = _info(results)
    blocks: list[int] = []
    wide = 0
    pairs: list[tuple[int, int]] = []
    kept: list[int] = []
    for coding in info.term_codings.values():
        for part in coding:
            places = []
            for factor in part.factors:
                line, width = _factor(draft, factor, info.factor_infos[factor], part, contract)
                blocks.append(line)
                places.append(range(wide, wide + width))
                wide += width
            # the first varies fastest
            kept += [_multiplied(pairs, columns[::-1]) for columns in product(*reversed(places))]
    if not blocks:
        raise NoTwinError("its formula asks for no column")
    line = draft.then(Join(), *blocks) if len(blocks) > 1 else blocks[0]
    return draft.then(Pick(tuple(kept)), draft.then(Products(tuple(pairs)), line))


def _multiplied(pairs: list[tuple[int, int]], columns: Sequence[int]) -> int:
    """Where the product of the columns stands."""
    if not columns:
        pairs.append((-1, -1))
    for place, column in enumerate(columns):
        pairs.append((len(pairs) - 1 if place else -1, column))
    return len(pairs) - 1


def _factor(draft: Draft, factor: Any, info: Any, part: Any, contract: Contract) -> tuple[int, int]:
    if info.type == "categorical":
        name, table = _categorical(factor.code), np.asarray(part.contrast_matrices[factor].matrix, np.float64)
        if not name or name not in contract.fields:
            raise NoTwinError(f"its formula makes categories of {factor.code}")
        places = draft.read(Places(name, tuple(_plain(one) for one in info.categories)))
        rows = np.concatenate([table, table[:1], table[:1]])
        return draft.then(Lookup(rows, unknown=False, missing=False), places), table.shape[1]
    if info.num_columns != 1:
        raise NoTwinError(f"its formula makes several columns of {factor.code}")
    return _computed(draft, ast.parse(factor.code, mode="eval").body, contract), 1


def _computed(draft: Draft, node: ast.expr, contract: Contract) -> int:
    """One column by arithmetic with numbers and functions of numpy's."""
    if isinstance(node, ast.Name) and node.id in contract.fields:
        if not contract.fields[node.id].typed.is_number:
            raise NoTwinError(f"its formula computes with {node.id}, which is no number")
        return draft.read(Numbers((node.id,)))
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        inner = _computed(draft, node.args[0], contract)
        if name == "I":
            return inner
        if name in _FUNCTIONS:
            return draft.then(Act(name), inner)
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.right, ast.Constant)
        and isinstance(node.right.value, (int, float))
    ):
        step = _arithmetic(node.op, float(node.right.value))
        if step is not None:
            return draft.then(step, _computed(draft, node.left, contract))
    raise NoTwinError(f"its formula computes {ast.unparse(node)}")


def _arithmetic(operator: ast.operator, value: float) -> Any:  # a step, or nothing
    if isinstance(operator, ast.Pow):
        return Act("square") if value == 2 else None
    steps: dict[type, Any] = {ast.Add: Add, ast.Sub: Subtract, ast.Mult: Multiply, ast.Div: Divide}
    return steps[type(operator)](np.array([value])) if type(operator) in steps else None


def _info(results: Any) -> Any:  # patsy's own
    model = results.model
    info = getattr(model, "model_spec", None) or model.data.model_spec
    if not hasattr(info, "factor_infos"):
        raise NoTwinError("its formula is not read by patsy")
    return info


def _names(results: Any) -> list[str]:
    return list(_info(results).column_names)


def _categorical(code: str) -> str:
    """The column of which `name`, `C(name)` or `C(name, ...)` makes categories, or nothing."""
    node = ast.parse(code, mode="eval").body
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "C" and node.args:
        node = node.args[0]
    return node.id if isinstance(node, ast.Name) else ""


def _plain(value: Any) -> Level:
    found: Level = value.item() if isinstance(value, np.generic) else value
    return found
