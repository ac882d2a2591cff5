"""The inputs of the file: a contract's fields, and how each stands in ONNX."""

from boxship.core.contract import Contract, Field
from boxship.core.type import INTEGERS, MOMENTS
from boxship.onnx.graph import Value
from boxship.onnx.message import Port

_NO_FORM = ("binary", "record")


def kind_of(field: Field) -> str | None:
    """The type of the input: integers and booleans that may be null are doubles, as NaN is their null."""
    kind = field.typed.kind
    if kind in _NO_FORM:
        return None
    if kind in ("text", "category"):
        return "str"
    if field.nullable and field.typed.has_mask:
        return "float64"
    if kind in MOMENTS or (kind in INTEGERS and kind != "uint64" and not field.typed.shape):
        return "int64"
    return kind


def ports(contract: Contract) -> list[Port]:
    """One a field, in the contract's order; those of no type that ONNX has are left out."""
    found = [(field, kind_of(field)) for field in contract.inputs]
    return [Port(field.name, kind, field.typed.shape or (1,), said(field)) for field, kind in found if kind]


def value_of(field: Field) -> Value:
    """The input as it comes."""
    return Value(field.name, str(kind_of(field)), field.typed.shape[-1] if field.typed.shape else 1)


def empty_is_null(field: Field) -> bool:
    """Whether the empty text stands for null: where there may be nulls and no category of that name."""
    return field.nullable and "" not in (field.categories or ())


def said(field: Field) -> str:
    """What a reader has to know of one input, in words."""
    type_ = field.type + (f" in {field.unit}" if field.unit else "")
    return f"{type_}; {_null(field)}{_infinite(field)}"


def _null(field: Field) -> str:
    if not field.nullable:
        return "null is not admitted"
    if field.typed.kind in MOMENTS:
        return "null cannot be said"
    if kind_of(field) == "str":
        return "the empty text is null" if empty_is_null(field) else "null cannot be said: '' is a category"
    return "NaN is null"


def _infinite(field: Field) -> str:
    return (
        ""
        if field.infinite or not field.typed.is_float
        else ", nor is infinity"
        if not field.nullable
        else ", infinity is not admitted"
    )
