"""A contract's fields and outputs as JSON Schema: what a row may hold, and what an answer does."""

from typing import Any

import numpy as np

from boxship.core.answer import class_name
from boxship.core.contract import Contract, Field, Output
from boxship.core.type import Type
from boxship.core.verdict import WORDS

Schema = dict[str, Any]  # JSON Schema, 2020-12
_STRINGS: dict[str, Schema] = {
    "text": {},
    "category": {},
    "date": {"format": "date"},
    "datetime": {"format": "date-time"},
    "binary": {"contentEncoding": "base64"},
}
_REASON: Schema = {
    "type": "object",
    "required": ["field", "code"],
    "properties": {
        "field": {"type": ["string", "null"]},
        "code": {"type": "string"},
        "got": {},
        "expected": {"type": "string"},
        "verdict": {"enum": list(WORDS)},
    },
}


def row_schema(contract: Contract) -> Schema:
    """Of a row that is not rejected. What the contract only flags is no part of it."""
    required = [field.name for field in contract.inputs if _is_due(contract, field)]
    found: Schema = {
        "type": "object",
        "properties": {field.name: _of_field(contract, field) for field in contract.inputs},
        "required": required,
    }
    if contract.policies.extra == "reject":
        found["additionalProperties"] = False
    return found


def answer_schema(contract: Contract) -> Schema:
    """Of the answer to one row."""
    outputs = contract.outputs
    if len(outputs) == 1:
        given = _of_output(outputs[0])
    else:
        each = {one.name: {"type": "object", "properties": _of_output(one)} for one in outputs}
        given = {"outputs": {"type": "object", "properties": each}}
    told: Schema = {"verdict": {"enum": list(WORDS)}, "reasons": {"type": "array", "items": _REASON}}
    return {"type": "object", "required": ["verdict"], "properties": {**given, **told}}


def _is_due(contract: Contract, field: Field) -> bool:
    """Whether a row without it is rejected."""
    policy = contract.policy(field.name, "missing")
    return policy == "reject" or (policy == "flag" and not field.nullable)


def _takes_null(contract: Contract, field: Field) -> bool:
    if field.nullable:
        return field.policies.get("null") != "reject"
    return contract.policy(field.name, "null") == "impute"


def _of_field(contract: Contract, field: Field) -> Schema:
    found = _of_type(field.typed)
    if (
        field.range is not None
        and contract.policy(field.name, "out_of_range") == "reject"
        and field.typed.is_number
    ):
        found |= {"minimum": field.range[0], "maximum": field.range[1]}
    if field.categories is not None and contract.policy(field.name, "unseen_category") == "reject":
        found["enum"] = [*field.categories, *([None] if _takes_null(contract, field) else [])]
    if _takes_null(contract, field) and "type" in found:
        found["type"] = [found["type"], "null"]
    if field.unit:
        found["description"] = f"in {field.unit}"
    return found


def _of_type(type_: Type) -> Schema:
    if type_.shape:
        found = _of_scalar(type_.kind)
        for size in reversed(type_.shape):
            found = {"type": "array", "items": found, "minItems": size, "maxItems": size}
        return found
    return _of_scalar(type_.kind)


def _of_scalar(kind: str) -> Schema:
    if kind == "record":
        return {}
    if kind == "bool":
        return {"type": "boolean"}
    if kind in _STRINGS:
        return {"type": "string", **_STRINGS[kind]}
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return {"type": "number"}
    info = np.iinfo(dtype)
    return {"type": "integer", "minimum": int(info.min), "maximum": int(info.max)}


def _of_output(output: Output) -> dict[str, Schema]:
    value = _of_type(Type.parse(output.type))
    if output.classes is not None:
        value = {"enum": list(output.classes)}
    found: dict[str, Schema] = {"prediction": value}
    if output.probabilities:
        names = [class_name(label) for label in output.classes or ()]
        shares = {name: {"type": "number"} for name in names}
        found["probabilities"] = {"type": "object", "properties": shares, "required": names}
    return found
