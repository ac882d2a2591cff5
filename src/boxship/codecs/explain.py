"""Plain values read one by one, with every fault worded."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from boxship.codecs.columns import column_of_plain
from boxship.core.accept import REFUSALS, accept
from boxship.core.check import filled
from boxship.core.column import Column
from boxship.core.contract import Contract, Field, Policy
from boxship.core.moment import in_utc
from boxship.core.table import Table
from boxship.core.verdict import Decoded, Fault, Rows, Verdicts

_MISSING = object()
_LONGEST = 200
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Explained(NamedTuple):
    """A field's values, row by row, and what is wrong with them. Plain values are of the field's type;
    None stands where nothing can."""

    values: Column | list[object]
    faults: tuple[Fault, ...]


def explain_rows(contract: Contract, rows: Sequence[object]) -> Decoded:
    """Rows as parsed, checked value by value against the contract; every fault is named."""
    given = [row for row in rows if isinstance(row, dict)]
    fields = {
        field.name: explain(contract, field, [row.get(field.name, _MISSING) for row in given])
        for field in contract.inputs
    }
    decoded = assemble(contract, fields, extra_faults(contract, _rows_by_name(given)), len(given))
    if len(given) == len(rows):
        return decoded
    places = np.flatnonzero([isinstance(row, dict) for row in rows])
    strange = np.flatnonzero([not isinstance(row, dict) for row in rows])
    got = [shown(rows[row]) for row in strange.tolist()]
    first = Fault(None, "contract.not_a_row", strange, got, "an object with named fields", rejects=True)
    faults = (first, *(fault.moved(places) for fault in decoded.verdicts.faults))
    kept = places if decoded.positions is None else places[decoded.positions]
    return Decoded(decoded.table, Verdicts(len(rows), faults), kept)


def explain_missing(contract: Contract, field: Field, length: int) -> Explained:
    """The same for a field that no row has."""
    return explain(contract, field, [_MISSING] * length)


def explain(contract: Contract, field: Field, values: Sequence[object]) -> Explained:
    """One field's plain values, None for null, as its type holds them and its policies leave them."""
    held: list[object] = []
    found: dict[str, list[int]] = {"missing": [], "null": [], "wrong_type": []}
    for row, value in enumerate(values):
        violation, one = _read(field, value)
        held.append(one)
        if violation:
            found[violation].append(row)
    faults: list[Fault] = []
    for violation, rows in found.items():
        if rows:
            tells = violation == "wrong_type" and not field.sensitive
            got = [shown(values[row]) if tells else None for row in rows]
            fault, instead = _judge(contract, field, violation, np.array(rows, np.intp), got)
            faults.append(fault)
            for row in rows:
                held[row] = instead
    return Explained(held, tuple(faults))


def explain_nulls(contract: Contract, field: Field, column: Column) -> Explained:
    """A column that is of the field's type already: only its nulls can be wrong."""
    rows = np.flatnonzero(column.nulls())
    if field.nullable or not len(rows):
        return Explained(column, ())
    fault, instead = _judge(contract, field, "null", rows, [None] * len(rows))
    return Explained(column if fault.rejects else filled(column, rows, instead), (fault,))


def assemble(
    contract: Contract, fields: Mapping[str, Explained], extra: Iterable[Fault], length: int
) -> Decoded:
    """The fields of so many rows as one table, without the rows that a fault refuses."""
    faults = [fault for field in contract.inputs for fault in fields[field.name].faults]
    verdicts = Verdicts(length, (*faults, *extra))
    refused = any(fault.rejects for fault in verdicts.faults)
    keep = np.flatnonzero(verdicts.codes() < 2) if refused else None
    columns = {field.name: _column(field, fields[field.name].values, keep) for field in contract.inputs}
    return Decoded(Table.from_columns(columns), verdicts, keep)


def extra_faults(contract: Contract, names: Mapping[object, Rows]) -> list[Fault]:
    """Of names, each with its rows, those that the contract does not have; in one order for all rows."""
    if contract.policies.extra == "allow":
        return []
    rejects = contract.policies.extra == "reject"
    extra = sorted((name for name in names if name not in contract.fields), key=str)
    return [_extra(str(name)[:_LONGEST], names[name], rejects=rejects) for name in extra]


def _extra(name: str, rows: Rows, *, rejects: bool) -> Fault:
    return Fault(name, "contract.extra", rows, [None] * len(rows), "no such field", rejects)


def _rows_by_name(rows: Sequence[dict[str, object]]) -> dict[object, Rows]:
    found: dict[object, list[int]] = {}
    for at, row in enumerate(rows):
        for name in row:
            found.setdefault(name, []).append(at)
    return {name: np.array(at, np.intp) for name, at in found.items()}


def _read(field: Field, value: object) -> tuple[str, object]:
    """The violation, if there is one, and the value as the field's type holds it."""
    if value is _MISSING:
        return "missing", None
    if value is None:
        return ("" if field.nullable else "null"), None
    try:
        return "", accept(field.typed, value)
    except REFUSALS:
        return "wrong_type", None


def _judge(
    contract: Contract, field: Field, violation: str, rows: Rows, got: Sequence[object]
) -> tuple[Fault, object]:
    """The fault, and what stands in the place of these values."""
    instead, rejects = _after(field, contract.policy(field.name, violation))
    return Fault(field.name, f"contract.{violation}", rows, got, field.wanted(violation), rejects), instead


def _after(field: Field, policy: Policy) -> tuple[object, bool]:
    """What stands in for a value that is not there, and whether the row is refused."""
    if policy == "impute":
        return accept(field.typed, field.default), False
    return None, policy == "reject" or not field.nullable


def _column(field: Field, values: Column | list[object], keep: Rows | None) -> Column:
    if isinstance(values, Column):
        return values if keep is None else values.take(keep)
    return column_of_plain(values if keep is None else [values[row] for row in keep], field.typed)


def shown(value: object) -> object:
    """What was sent, short enough to send back, as JSON can write it."""
    if isinstance(value, (dict, list)):
        return f"{kind(value)} of {len(value)}"
    if isinstance(value, (int, float)):
        return _shown_number(value)
    if isinstance(value, dt.date):
        return _shown_moment(value)
    if isinstance(value, (str, Decimal)):
        return str(value)[:_LONGEST].encode("utf-8", "replace").decode()
    return f"a {type(value).__name__}"[:_LONGEST]


def _shown_moment(value: dt.date) -> str:
    if isinstance(value, dt.datetime):
        with suppress(OverflowError):  # as it came, where it leaves the years in UTC
            value = in_utc(value)
    return value.isoformat()


def _shown_number(value: float) -> object:
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)  # JSON has no infinity
    return value if value.bit_length() <= 64 else f"an integer of {value.bit_length()} bits"


def kind(value: object) -> str:
    """What JSON calls it."""
    return _KINDS.get(type(value), "a value")
