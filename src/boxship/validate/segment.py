"""Parts of the rows that may fare worse than the others: categories, ranges of numbers, years."""

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from boxship.core.answer import class_name
from boxship.core.column import Array, Codes, Column
from boxship.core.name import names_hint
from boxship.core.table import Table
from boxship.core.type import MOMENTS
from boxship.errors import DataError, UsageError

_MOST_SEGMENTS = 400
_MOST_CATEGORIES = 20  # of a column
_FEW = 12  # different integers that are categories
_LONGEST = 200  # letters of a category: more are no name
_SMALLEST_POWER = -300  # of ten, below which doubles lose digits
_MANY = 2000  # rows from which a column of numbers is cut finely
_QUARTERS, _FINE = (
    (0.25, 0.5, 0.75),
    (0.05, *(tenth / 10 for tenth in range(1, 10)), 0.95),
)  # faults like the ends


class Split(NamedTuple):
    """A column's segments: each row's code, -1 where it is in none, and what each is called."""

    column: str
    codes: Array
    labels: tuple[str, ...]
    left_out: int = 0  # rarer categories


def splits(
    table: Table, inputs: Sequence[str], asked: Sequence[str], secret: Collection[str]
) -> tuple[list[Split], list[str]]:
    """Of the columns that were asked for, else of the inputs, and never of what is secret; what was left out,
    in words."""
    for name in asked:
        _refuse(name, table, secret)
    if not asked:
        return _found(table, [name for name in inputs if name in table.schema.places and name not in secret])
    found, notes = [], []
    for name in dict.fromkeys(asked):
        one = split(name, table.column(name))
        if one is None:
            notes.append(
                f"column {name!r} makes no segments: it holds one value, or what cannot be told apart"
            )
            continue
        found.append(one)
        if one.left_out:
            notes.append(
                f"column {name!r} has {one.left_out} values more than are looked into: the rarer ones"
            )
    return found, notes


def _found(table: Table, names: Sequence[str]) -> tuple[list[Split], list[str]]:
    """Categories first: there are few, and people think in them."""
    ordered = sorted(names, key=lambda name: table.schema.type_of(name).is_number)
    found: list[Split] = []
    count = 0
    for done, name in enumerate(ordered):
        one = split(name, table.column(name))
        if one is None:
            continue
        count += len(one.labels)
        if count > _MOST_SEGMENTS:
            left = len(ordered) - done
            return found, [
                f"{left} columns were not looked at for segments: name those you mean with --segment"
            ]
        found.append(one)
    return found, []


def _refuse(name: str, table: Table, secret: Collection[str]) -> None:
    if name not in table.schema.places:
        raise DataError(
            "data.missing_column",
            f"there is no column {name!r} to make segments of",
            names_hint("the columns are", name, table.names),
        )
    if name in secret:
        raise UsageError(
            "check.sensitive_segment",
            f"field {name!r} is sensitive, and segments of it would show its values",
            f"give the data a column of another name that says what may be told, such as {name}_group",
        )


def split(name: str, column: Column) -> Split | None:
    """None where it has one segment, or nothing but single values."""
    kind = column.type.kind
    if column.type.shape or kind in ("record", "binary"):
        return None
    if kind in MOMENTS:
        return _of_texts(name, _periods(column.values), column.nulls())
    if kind == "category":
        return _of_texts(name, Codes(column.values, column.levels).texts(), column.nulls())
    if kind == "text":
        return _of_texts(name, column.values, column.nulls())
    if kind == "bool" or (column.type.is_integer and _is_few(column)):
        words = np.array([class_name(value) for value in column.values.tolist()], object)
        return _of_texts(name, words, column.nulls())
    return _of_numbers(name, column)


def _is_few(column: Column) -> bool:
    first = column.values[:10_000]  # most columns say no at once
    return len(np.unique(first)) <= _FEW and len(np.unique(column.values)) <= _FEW


def _periods(moments: Array) -> Array:
    """Months, or years where there are many."""
    months = moments.astype("datetime64[M]")
    known = months[~np.isnat(months)]
    if len(known) and (known.max() - known.min()).astype(int) > 24:
        months = months.astype("datetime64[Y]")
    return np.array(months.astype(str).tolist(), object)


def _of_texts(name: str, texts: Array, nulls: Array) -> Split | None:
    """The most frequent ones; the rest is in none, as are texts that are no names."""
    shown = ~nulls
    shown[shown] = [len(text) <= _LONGEST for text in texts[shown]]
    known, places = np.unique(texts[shown], return_inverse=True)
    counts = np.bincount(places, minlength=len(known))
    order = np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]
    code_of = np.full(len(known), -1)
    code_of[order] = np.arange(len(order))
    codes = np.full(len(texts), -1)
    codes[shown] = code_of[places]
    made = _made(name, codes, [f"{name}={known[place]}" for place in order], nulls)
    return made and made._replace(left_out=len(known) - len(order))


def _of_numbers(name: str, column: Column) -> Split | None:
    """At quantiles, rounded so that none is a value of some row."""
    nulls = column.nulls()
    values = column.values.astype(np.float64)
    known = values[~nulls & np.isfinite(values)]
    if not len(known):
        return None
    cuts = _FINE if len(known) >= _MANY else _QUARTERS
    quantiles = np.quantile(known, cuts, method="inverted_cdf")  # some may lie too far apart to be halved
    edges = _rounded(quantiles, whole=column.type.is_integer)
    codes = np.where(nulls, -1, np.searchsorted(edges, values, "right"))
    shown = [f"{edge:.12g}" for edge in edges.tolist()]
    labels = [f"{low} <= {name} < {high}" for low, high in pairwise(shown)]
    ends = [f"{name} < {shown[0]}", *labels, f"{name} >= {shown[-1]}"] if shown else [name]
    return _made(name, codes, ends, nulls)


def _rounded(edges: Array, *, whole: bool) -> Array:
    """To the second digit of the distance between the outer ones."""
    power = math.floor(math.log10(_width(float(edges[0]), float(edges[-1])))) - 1
    power = max(power, 0 if whole else _SMALLEST_POWER)
    return np.unique([_short(edge, power) for edge in edges.tolist()])


def _width(low: float, high: float) -> float:
    """That of the larger one where they lie further apart than any double is large."""
    width = high - low
    return (width if math.isfinite(width) else max(-low, high)) or abs(low) or 1.0


def _short(edge: float, power: int) -> float:
    places = edge / 10.0**power
    near = float(f"{round(places)}e{power}")
    return near if math.isfinite(near) else float(f"{int(places)}e{power}")


def _made(name: str, codes: Array, labels: list[str], nulls: Array) -> Split | None:
    if nulls.any():
        codes = np.where(nulls, len(labels), codes)
        labels = [*labels, f"{name} is null"]
    differ = len(np.unique(codes[codes >= 0])) > 1
    return Split(name, codes.astype(np.int32), tuple(labels)) if differ else None
