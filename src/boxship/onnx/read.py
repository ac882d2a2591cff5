"""How a program's readers stand in ONNX: inputs to one block."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from boxship.core.column import Array
from boxship.core.contract import Contract, Field
from boxship.onnx.field import empty_is_null, kind_of, value_of
from boxship.onnx.graph import TREES, Graph, Value
from boxship.onnx.stair import places_of
from boxship.twin.encode import Labels
from boxship.twin.read import Numbers, Places, Singles
from boxship.twin.refused import NoTwinError

_EXACT = ("float16", "float32", "int8", "int16", "uint8", "uint16", "bool")  # in single precision


def numbers(graph: Graph, step: Numbers, contract: Contract) -> Value:
    """Columns of one type are changed together: a node a column is slow to load where there are thousands."""
    columns = [value_of(_number(contract, name)) for name in step.names]
    kinds = list(dict.fromkeys(one.kind for one in columns))
    order = [at for kind in kinds for at, one in enumerate(columns) if one.kind == kind]
    blocks = [graph.beside(*[one for one in columns if one.kind == kind]) for kind in kinds]
    block = graph.beside(*[graph.cast(one, "float64") for one in blocks])
    return block if order == sorted(order) else graph.pick(block, np.argsort(order))


def singles(graph: Graph, step: Singles, contract: Contract) -> Value:
    return graph.beside(*[_single(graph, _number(contract, name)) for name in step.names])


def places(graph: Graph, step: Places, contract: Contract) -> Value:
    field = contract.fields[step.name]
    column = value_of(field)
    if column.kind == "str":
        return _of_texts(graph, column, step.values, field)
    if column.kind in {"int64", "bool"}:
        return _of_integers(graph, graph.cast(column, "int64"), step.values)
    if column.kind == "uint64":
        raise NoTwinError(f"the categories of {field.name!r} are unsigned integers of 64 bits")
    known = {float(value): place for place, value in enumerate(step.values) if _is_number(value)}
    return places_of(graph, graph.cast(column, "float64"), known)


def _number(contract: Contract, name: str) -> Field:
    field = contract.fields[name]
    if kind_of(field) in (None, "str") or field.typed.kind in ("date", "datetime"):
        raise NoTwinError(f"it takes the column {name!r}, which is no number, as it is")
    return field


def _single(graph: Graph, field: Field) -> Value:
    """In single precision, and flat; the run fails where that would be another number."""
    given = value_of(field)
    flat = field.typed.size if field.typed.shape else 1
    if len(field.typed.shape) > 1:
        given = graph.shaped(given, flat)
    cast = graph.cast(given, "float32")
    if given.kind in _EXACT:
        return cast
    if given.kind == "float64":
        same = graph.test("Equal", graph.test("IsInf", cast), graph.test("IsInf", given))
    else:
        same = graph.test("Equal", graph.cast(cast, "float64"), graph.cast(given, "float64"))
    return graph.refuse(cast, graph.test("Not", same))


def _of_texts(graph: Graph, column: Value, values: Labels, field: Field) -> Value:
    """By a dictionary; the empty text may stand for null."""
    known = {value: place for place, value in enumerate(values) if isinstance(value, str)}
    if empty_is_null(field):
        if "" in known:
            raise NoTwinError(f"the empty text is a category of {field.name!r}, and its nulls cannot be said")
        known[""] = len(values)
    found = _encoded(graph, column, "keys_strings", [*known], np.array([*known.values()], np.int64))
    places = graph.cast(found, "float64")
    if not empty_is_null(field):
        return places
    return graph.where(graph.test("Equal", places, float(len(values))), np.array(np.nan), places)


def _of_integers(graph: Graph, column: Value, values: Labels) -> Value:
    known = {int(value): place for place, value in enumerate(values) if _is_integer(value)}
    keys, places = np.array([*known], np.int64), np.array([*known.values()], np.int64)
    return graph.cast(_encoded(graph, column, "keys_int64s", keys, places), "float64")


def _encoded(graph: Graph, column: Value, keys: str, known: Sequence[str] | Array, places: Array) -> Value:
    if not len(known):
        raise NoTwinError("it knows no category of that type")
    given: dict[str, Any] = {keys: known, "values_int64s": places, "default_int64": -1}
    return Value(graph.node("LabelEncoder", column.name, domain=TREES, **given), "int64", 1)


def _is_number(value: object) -> bool:
    return not isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, (bool, int, float)) and float(value).is_integer() and -(2**63) <= value < 2**63


READERS: dict[type, Callable[..., Value]] = {Numbers: numbers, Singles: singles, Places: places}
