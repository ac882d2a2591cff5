"""Golden rows: inputs that look like the training data and copy nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from boxship.core.column import Column, category_of, from_values, with_nulls
from boxship.core.golden_hash import Hashes, hashes, picks
from boxship.core.golden_number import draw_numbers, draw_tensors, reached
from boxship.core.golden_text import write_bytes, write_texts
from boxship.core.profile import Profile
from boxship.core.profile_column import ColumnProfile
from boxship.core.profile_value import Values
from boxship.core.table import Schema, Table
from boxship.core.type import MOMENTS, Type

_NULL_ROW = 2  # rows 0 and 1 hold the bounds


def draw(
    profile: Profile,
    schema: Schema,
    *,
    rows: int = 64,
    levels: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """Rows of this schema, drawn from the profile by our own integer hash: the same everywhere.

    Numbers lie between quantiles or are frequent values by their weight, categories come by their
    counts or evenly from `levels` (what the model itself names), text is made up from lengths and
    characters, tensors from range and shape. Row 0 holds each column's lower bound, row 1 the upper;
    where training had nulls row 2 has one and others have their share. A column that is sensitive,
    or of which the profile knows nothing, is made from its type and its levels alone.

    >>> profile = Profile.of(Table.of({"age": list(range(18, 118))}))
    >>> draw(profile, Schema([("age", Type("int64"))]), rows=4).column("age").to_list()[:2]
    [18, 117]
    """
    named = levels or {}
    columns: dict[str, Column] = {}
    for name, type_ in zip(schema.names, schema.types, strict=True):
        known = profile.column(name) if name in profile else ColumnProfile(name, str(type_))
        values = _values(known, type_, hashes(name, rows), named.get(name, ()))
        columns[name] = _with_nulls(values, known, hashes(f"null {name}", rows))
    return Table.from_columns(columns)


def narrowed(profile: Profile) -> Profile:
    """For rows within what the data did reach: bounds are rounded outward, and some models take nothing there."""
    columns = (
        one if one.numbers is None else msgspec.structs.replace(one, numbers=reached(one.numbers))
        for one in profile.columns
    )
    return replace(profile, columns=tuple(columns))


def without_nulls(profile: Profile) -> Profile:
    """For rows that are whole: what was null in training may be what the model cannot take."""
    return replace(profile, columns=tuple(msgspec.structs.replace(one, missing=0) for one in profile.columns))


def _values(known: ColumnProfile, type_: Type, numbers: Hashes, levels: Sequence[str]) -> Column:
    name, rows = known.name, len(numbers)
    if type_.shape:
        return Column(type_, draw_tensors(known.numbers, type_, name, rows))
    if type_.is_number or type_.kind in MOMENTS:
        return Column(type_, draw_numbers(known.numbers, type_, numbers))
    if type_.kind == "bool":
        words = _words(known.values or Values(("false", "true"), (1, 1)), numbers)
        return Column(type_, np.array([word == "true" for word in words], bool))
    if type_.kind == "record":
        return from_values(_records(known.values, numbers), name, type_)
    if type_.kind == "binary":
        return from_values(write_bytes(known.text, name, rows), name, type_)
    if levels:
        words = [levels[place] for place in picks(numbers, (1,) * len(levels))]
    elif known.values and known.values.values:
        words = _words(known.values, numbers)
    else:
        words = write_texts(known.text, name, rows)
    return category_of(words, levels or None) if type_.kind == "category" else from_values(words, name, type_)


def _words(known: Values, numbers: Hashes) -> list[str]:
    counts = known.counts if any(known.counts) else (1,) * len(known.values)
    if not counts:
        return ["false"] * len(numbers)
    return [known.values[place] for place in picks(numbers, counts)]


def _records(known: Values | None, numbers: Hashes) -> list[dict[str, None]]:
    """What the keys held is not kept, so they are there with null."""
    keys = known.values if known else ()
    return [dict.fromkeys(keys) for _ in range(len(numbers))]


def _with_nulls(column: Column, known: ColumnProfile, numbers: Hashes) -> Column:
    if not known.missing or known.sensitive or column.type.shape:
        return column
    nulls = (numbers % np.uint64(known.rows)) < np.uint64(known.missing)
    nulls[:_NULL_ROW] = False
    nulls[_NULL_ROW : _NULL_ROW + 1] = True
    return with_nulls(column, nulls)
