"""Plain values read one by one, with every fault worded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from boxship.codecs.columns import Columns, column_of_plain
from boxship.core.accept import REFUSALS, accept
from boxship.core.check import faults_of, filled
from boxship.core.column import Column
from boxship.core.contract import Contract, Field, Policy
from boxship.core.shown import shown, shown_text
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.core.verdict import REJECTED, Decoded, Fault, Rows, Verdicts

_MISSING = object()


class Explained(NamedTuple):
    """A field's values, row by row, and what is wrong with them. Plain values are of the field's type;
    None stands where nothing can."""

    values: Column | list[object]
    faults: tuple[Fault, ...]


class Repeated(NamedTuple):
    """Stands for a row that gives a field more than once: which of the values is meant, nobody can tell."""

    field: str


def explain_rows(contract: Contract, rows: Sequence[object]) -> Decoded:
    """Rows as parsed, checked value by value against the contract; every fault is named."""
    given = [row for row in rows if isinstance(row, dict)]
    fields = {
        field.name: explain(contract, field, [row.get(field.name, _MISSING) for row in given])
        for field in contract.inputs
    }
    decoded = assemble(contract, fields, extra_faults(contract, _strange(contract, given)), len(given))
    if len(given) == len(rows):
        return decoded
    places = np.flatnonzero([isinstance(row, dict) for row in rows])
    faults = (*_no_rows(rows), *(fault.moved(places) for fault in decoded.verdicts.faults))
    kept = places if decoded.positions is None else places[decoded.positions]
    return Decoded(decoded.table, Verdicts(len(rows), faults), kept)


def _no_rows(rows: Sequence[object]) -> Iterator[Fault]:
    """What cannot be taken for a row."""
    strange = [place for place, row in enumerate(rows) if not isinstance(row, (dict, Repeated))]
    if strange:
        got = [shown(rows[place]) for place in strange]
        wanted = "an object with named fields"
        yield Fault(None, "contract.not_a_row", np.array(strange, np.intp), got, wanted, rejects=True)
    for place, row in enumerate(rows):
        if isinstance(row, Repeated):
            yield Fault(
                row.field, "contract.repeated", np.array([place], np.intp), [None], "one value", rejects=True
            )


def explain_missing(contract: Contract, field: Field, length: int) -> Explained:
    """The same for a field that no row has."""
    return explain(contract, field, [_MISSING] * length)


def explain(contract: Contract, field: Field, values: Sequence[object]) -> Explained:
    """One field's plain values, None for null, as its type holds them and its policies leave them."""
    type_ = field.typed
    held: list[object] = []
    found: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        violation, one = _read(type_, value, nullable=field.nullable)
        held.append(one)
        if violation:
            found.setdefault(violation, []).append(row)
    faults: list[Fault] = []
    for violation, rows in found.items():
        tells = violation == "wrong_type" and not field.sensitive
        got = [shown(values[row]) if tells else None for row in rows]
        fault, instead = _judge(contract, field, violation, np.array(rows, np.intp), got)
        faults.append(fault)
        for row in rows:
            held[row] = instead
    return Explained(held, tuple(faults))


def explain_nulls(contract: Contract, field: Field, column: Column) -> Explained:
    """A column that is of the field's type already, and holds nulls that the field does not take."""
    rows = np.flatnonzero(column.nulls())
    fault, instead = _judge(contract, field, "null", rows, [None] * len(rows))
    return Explained(column if fault.rejects else filled(column, rows, instead), (fault,))


def assemble(
    contract: Contract, fields: Mapping[str, Explained], extra: Iterable[Fault], length: int
) -> Decoded:
    """The fields of so many rows as one table, without the rows that a fault refuses.

    What is wrong with the other values of these is found here, since no table holds them.
    """
    faults = [fault for field in contract.inputs for fault in fields[field.name].faults]
    verdicts = Verdicts(length, (*faults, *extra))
    refused = any(fault.rejects for fault in verdicts.faults)
    keep = np.flatnonzero(verdicts.codes() < REJECTED) if refused else None
    if refused:
        more = _others(contract, fields, np.flatnonzero(verdicts.codes() == REJECTED))
        verdicts = Verdicts(length, (*verdicts.faults, *more))
    kept = [_kept(fields[field.name].values, keep) for field in contract.inputs]
    return Decoded(_table(contract.schema, kept, length if keep is None else len(keep)), verdicts, keep)


def extra_faults(contract: Contract, names: Mapping[object, Rows]) -> list[Fault]:
    """Of names, each with its rows, those that the contract does not have; in one order for all rows."""
    if contract.policies.extra == "allow":
        return []
    rejects = contract.policies.extra == "reject"
    extra = sorted((name for name in names if name not in contract.fields), key=str)
    return [_extra(shown_text(str(name)), names[name], rejects=rejects) for name in extra]


def _extra(name: str, rows: Rows, *, rejects: bool) -> Fault:
    return Fault(name, "contract.extra", rows, [None] * len(rows), "no such field", rejects)


def _strange(contract: Contract, rows: Sequence[dict[str, object]]) -> dict[object, Rows]:
    """The names that the contract does not have, and the rows that have them."""
    known = contract.fields.keys()
    found: dict[object, list[int]] = {}
    for at, row in enumerate(rows):
        for name in row.keys() - known:
            found.setdefault(name, []).append(at)
    return {name: np.array(at, np.intp) for name, at in found.items()}


def _read(type_: Type, value: object, *, nullable: bool) -> tuple[str, object]:
    """The violation, if there is one, and the value as the field's type holds it."""
    if value is _MISSING:
        return "missing", None
    if value is None:
        return ("" if nullable else "null"), None
    try:
        return "", accept(type_, value)
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


def _others(contract: Contract, fields: Mapping[str, Explained], refused: Rows) -> Iterator[Fault]:
    """Of the refused rows, what the contract's table check says of each value that could be read."""
    for field in contract.inputs:
        values, faults = fields[field.name]
        rows = np.setdiff1d(refused, [row for fault in faults for row in fault.rows.tolist()])
        column = _kept(values, rows)
        if not isinstance(column, Column):
            column = column_of_plain(column, field.typed)
        yield from (fault.moved(rows) for fault in faults_of(contract, field, column))


def _kept(values: Column | list[object], keep: Rows | None) -> Column | list[object]:
    if keep is None:
        return values
    return values.take(keep) if isinstance(values, Column) else [values[row] for row in keep.tolist()]


def _table(schema: Schema, columns: Sequence[Column | list[object]], length: int) -> Table:
    plain = [one for one in columns if not isinstance(one, Column)]
    if len(plain) == len(columns):  # one row of JSON takes half of the time so
        return Columns(schema).table(plain, length)
    pairs = zip(schema.names, schema.types, columns, strict=True)
    return Table.from_columns(
        {n: one if isinstance(one, Column) else column_of_plain(one, t) for n, t, one in pairs}
    )
