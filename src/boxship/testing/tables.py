"""Random contracts and rows for property tests, drawn with hypothesis."""

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st

from boxship.core.contract import Contract, Field, Output
from boxship.core.type import FLOATS, INTEGERS, Type

_SHAPES = ("float32[2]", "int64[2,2]")
_KINDS = (
    *FLOATS[1:],
    *INTEGERS,
    "bool",
    "text",
    "category",
    "date",
    "datetime",
    "binary",
    "record",
    *_SHAPES,
)
_NAMES = st.text(min_size=1, max_size=8).filter(lambda text: text.strip() and max(text) < "\ud800")

Rows = list[dict[str, Any]]  # plain values, as rows of JSON have them


def values(type_: Type) -> st.SearchStrategy[Any]:  # plain values of the type
    """Plain Python values that a column of the type can hold."""
    if type_.shape:
        kind = Type(type_.kind)
        flat = st.lists(values(kind), min_size=type_.size, max_size=type_.size)
        return flat.map(lambda items: np.array(items, kind.dtype).reshape(type_.shape).tolist())
    if type_.is_integer:
        info = np.iinfo(type_.kind)
        return st.integers(int(info.min), int(info.max))
    if type_.is_float:
        width = int(type_.kind.removeprefix("float"))
        return st.floats(allow_nan=False, allow_infinity=False, width=width)  # type: ignore[arg-type]  # 32 or 64
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    known: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "text": text,
        "category": st.sampled_from(["red", "green", "blue"]),
        "date": st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
        "datetime": st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)),  # UTC by contract
        "binary": st.binary(max_size=6),
        "record": st.dictionaries(text, st.integers(-(2**53), 2**53) | text, max_size=3),
    }
    return known[type_.kind]


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Up to six fields of any type, any of them nullable."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=6, unique=True))
    kinds = [draw(st.sampled_from(_KINDS)) for _ in names]
    fields = tuple(
        Field(name, kind, nullable=draw(st.booleans()) and "[" not in kind)
        for name, kind in zip(names, kinds, strict=True)
    )
    return Contract(fields, (Output("prediction", "float64"),))


@st.composite
def good_rows(draw: st.DrawFn, contract: Contract, max_size: int = 5) -> Rows:
    """Rows that the contract takes, nulls included where it allows them."""
    one = st.fixed_dictionaries(
        {
            field.name: (st.none() if field.nullable else st.nothing()) | values(field.typed)
            for field in contract.inputs
        }
    )
    return draw(st.lists(one, max_size=max_size))
