"""Rows as JSON: one object, or a list of objects."""

import datetime as dt
import re
from collections import defaultdict
from typing import Annotated, Any

import msgspec
import numpy as np

from boxship.codecs import Request
from boxship.codecs.columns import Columns, as_array
from boxship.core.answer import answer_rows
from boxship.core.column import Array
from boxship.core.contract import Contract, Field, Policy
from boxship.core.table import Table
from boxship.core.type import MOMENTS, Type
from boxship.core.verdict import Answers, Decoded, Fault, Verdicts
from boxship.errors import DataError

_PLAIN: dict[str, Any] = {  # the Python type that msgspec reads a kind into
    "bool": bool,
    "text": str,
    "category": str,
    "binary": bytes,
    "date": dt.date,
    "datetime": dt.datetime,
}
_FORMS = {"date": " such as 2024-05-31", "datetime": " such as 2024-05-31T14:00:00Z"}
_LONGEST = 200
_MOST_DIGITS = 4000
_ANY = msgspec.json.Decoder(float_hook=float)
_LITERAL = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?', re.DOTALL)
_ESCAPED = re.compile(r'[\\"\x00-\x1f]')  # names that JSON writes with a backslash are read the slow way


class JsonCodec:
    """Good rows go through a decoder compiled from the contract; a body with any bad row is
    read again by one that words every fault. Tests hold the two equal."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema = contract.schema
        self._fast = not any(_ESCAPED.search(field.name) for field in contract.inputs)
        row = _row_type(contract) if self._fast else dict
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)
        self._rows = list[row]  # type: ignore[valid-type]  # made from the contract
        self._many = msgspec.json.Decoder(self._rows)
        groups = self._schema.groups
        floats = len(groups) == 1 and groups[0].block and groups[0].dtype.kind == "f"
        self._block = groups[0].dtype if floats else None
        self._columns = Columns(self._schema)

    def decode(self, body: bytes) -> Request:
        single = body.lstrip()[:1] == b"{"
        if not self._fast:
            return self.explain(body)
        try:
            rows = [self._one.decode(body)] if single else self._many.decode(body)
        except msgspec.DecodeError:
            return self.explain(body)
        return Request(Decoded.whole(self._table(rows)), single)

    def read(self, rows: list[Any]) -> Decoded:
        """The same for rows that have been parsed: mappings of plain values."""
        if not self._fast:
            return explain_rows(self._contract, rows)
        try:
            return Decoded.whole(self._table(msgspec.convert(rows, self._rows)))
        except msgspec.ValidationError:
            return explain_rows(self._contract, rows)

    def explain(self, body: bytes) -> Request:
        """Read row by row and name every fault; slower, and right for good rows too."""
        value = parse_json(body)
        single = isinstance(value, dict)
        if not isinstance(value, (dict, list)):
            raise DataError(
                "codec.not_rows",
                f"the body is {_kind(value)}, not a row or a list of rows",
                "send one JSON object, or a list of objects",
            )
        return Request(explain_rows(self._contract, value if isinstance(value, list) else [value]), single)

    def encode(self, answers: Answers, *, single: bool) -> bytes:
        rows = answer_rows(self._contract.outputs, answers)
        return msgspec.json.encode(rows[0] if single else rows)

    def _table(self, rows: list[Any]) -> Table:  # instances of the row type
        tuples = [msgspec.structs.astuple(row) for row in rows]
        if self._block is not None:
            block = as_array(tuples, self._block).reshape(len(rows), len(self._schema.names))
            return Table.from_block(self._schema, block)
        columns = list(zip(*tuples, strict=True)) or [()] * len(self._schema.names)
        return self._columns.table(columns, len(rows))


def parse_json(body: bytes) -> object:
    """Any JSON value; a number too large for a float is infinite. Malformed text is `codec.malformed`,
    with the place."""
    try:
        return _parse(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError("codec.malformed", f"the body is not JSON: {error}", "send UTF-8 JSON") from error


def _parse(body: bytes) -> object:
    try:
        return _ANY.decode(body)
    except msgspec.ValidationError:  # an integer of more digits than Python reads
        return _ANY.decode(_LITERAL.sub(_overflowing, body))


def _overflowing(found: re.Match[bytes]) -> bytes:
    literal = found[0]
    if len(literal) <= _MOST_DIGITS or not literal.lstrip(b"-").isdigit() or literal.lstrip(b"-")[:1] == b"0":
        return literal
    return b"-1e999" if literal[:1] == b"-" else b"1e999"


def explain_rows(contract: Contract, rows: list[Any]) -> Decoded:
    """Rows as parsed, checked value by value against the contract; every fault is named."""
    notes = _Notes()
    values: dict[str, list[object]] = {field.name: [] for field in contract.inputs}
    keep: list[int] = []
    for position, row in enumerate(rows):
        read = _read_row(contract, row, position, notes)
        if read is not None:
            keep.append(position)
            for name, value in zip(values, read, strict=True):
                values[name].append(value)
    table = Columns(contract.schema).table(list(values.values()), len(keep))
    faults = notes.faults()
    whole = len(keep) == len(rows)
    return Decoded(table, Verdicts(len(rows), faults), None if whole else np.array(keep, np.intp))


class _Notes:
    """Faults as they are found row by row, gathered by field and code."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, str, str | None, bool], list[tuple[int, object]]] = defaultdict(
            list
        )

    def add(
        self, field: str | None, code: str, position: int, got: object, expected: str | None, policy: Policy
    ) -> None:
        self._found[field, f"contract.{code}", expected, policy == "reject"].append((position, got))

    def faults(self) -> tuple[Fault, ...]:
        return tuple(
            Fault(
                field,
                code,
                np.array([p for p, _ in found], np.intp),
                [g for _, g in found],
                expected,
                rejects,
            )
            for (field, code, expected, rejects), found in self._found.items()
        )


def _read_row(contract: Contract, row: object, position: int, notes: _Notes) -> list[object] | None:
    if not isinstance(row, dict):
        notes.add(None, "not_a_row", position, _shown(row), "an object with named fields", "reject")
        return None
    refused = False
    values: list[object] = []
    for field in contract.inputs:
        violation, value = _read_value(field, row)
        if violation:
            policy = contract.policy(field.name, violation)
            value, rejects = _after(field, policy)
            got = None if field.sensitive or violation != "wrong_type" else _shown(row[field.name])
            notes.add(field.name, violation, position, got, wanted(field), "reject" if rejects else policy)
            refused |= rejects
        values.append(value)
    extra_policy = contract.policies.extra
    if extra_policy != "allow":
        for name in row:
            if name not in contract.fields:
                notes.add(str(name)[:_LONGEST], "extra", position, None, "no such field", extra_policy)
                refused |= extra_policy == "reject"
    return None if refused else values


def _read_value(field: Field, row: dict[str, object]) -> tuple[str, object]:
    if field.name not in row:
        return "missing", None
    value = row[field.name]
    if value is None:
        return ("", None) if field.nullable else ("null", None)
    try:
        return "", accept(field.typed, value)
    except (msgspec.ValidationError, ValueError, TypeError, OverflowError):
        return "wrong_type", None


def _after(field: Field, policy: Policy) -> tuple[object, bool]:
    """What stands in for a value that is not there, and whether the row is refused."""
    if policy == "impute":
        return accept(field.typed, field.default), False
    if policy == "flag" and field.nullable:
        return None, False
    return None, True


def accept(type_: Type, value: object) -> object:
    """The value as this type, exactly as the fast decoder reads it, or an error."""
    if type_.shape:
        return _tensor(type_, value)
    if type_.is_integer:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        number = msgspec.convert(value, int)
        info = np.iinfo(type_.kind)
        if not info.min <= number <= info.max:
            raise ValueError("out of the type's range")
        return number
    if type_.is_float:
        return msgspec.convert(_as_float(value), float)
    if type_.kind == "record":
        return msgspec.convert(value, dict | list)
    if type_.kind in MOMENTS:
        return _moment(type_, value)
    return msgspec.convert(value, _PLAIN[type_.kind])


def _moment(type_: Type, value: object) -> dt.date:
    """A date is its midnight, and the other way round."""
    if type(value) is not dt.date:
        try:
            value = msgspec.convert(value, dt.datetime)
        except msgspec.ValidationError:
            value = msgspec.convert(value, dt.date)
    if type_.kind == "date" and isinstance(value, dt.datetime):
        there = value if value.tzinfo is None else value.astimezone(dt.UTC)
        if there.time() != dt.time():
            raise ValueError("not midnight")
        return there.date()
    if type_.kind == "datetime" and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value


def _tensor(type_: Type, value: object) -> Array:
    array = np.asarray(value)
    if type_.is_float and array.dtype == object:
        array = np.array([_as_float(one) for one in array.flat]).reshape(array.shape)
    if array.shape != type_.shape or array.dtype.kind not in "biuf":
        raise ValueError(f"shape {array.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        out = array.astype(type_.dtype, casting="same_kind" if type_.is_float else "unsafe")
    if not type_.is_float and not np.array_equal(out, array):
        raise ValueError("out of the type's range")
    return out


def _as_float(value: object) -> object:
    """An integer as the float it is in JSON: infinite where it is too large. Anything else as it is."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def wanted(field: Field) -> str:
    """What the contract wants of this field, in a few words."""
    unit = f" in {field.unit}" if field.unit else ""
    return field.type + unit + _FORMS.get(field.type, "") + (" or null" if field.nullable else "")


def _row_type(contract: Contract) -> type:
    fields = [(f"f{index}", _annotation(field)) for index, field in enumerate(contract.inputs)]
    rename = {f"f{index}": field.name for index, field in enumerate(contract.inputs)}
    strict = contract.policies.extra != "allow"
    return msgspec.defstruct("Row", fields, rename=rename, forbid_unknown_fields=strict, gc=False)


def _annotation(field: Field) -> Any:  # a type that msgspec understands
    type_ = field.typed
    if type_.shape:
        found: Any = _nested_list(type_)
    elif type_.is_integer:
        found = _bounded_int(type_)
    elif type_.is_float:
        found = float
    else:
        found = dict | list if type_.kind == "record" else _PLAIN[type_.kind]
    return found | None if field.nullable else found


def _annotated(base: Any, meta: msgspec.Meta) -> Any:  # an annotated type, made at run time
    return Annotated[base, meta]


def _nested_list(type_: Type) -> Any:  # an annotated list type
    found: Any = float if type_.is_float else bool if type_.kind == "bool" else _bounded_int(type_)
    for size in reversed(type_.shape):
        found = _annotated(list[found], msgspec.Meta(min_length=size, max_length=size))
    return found


def _bounded_int(type_: Type) -> Any:  # an annotated integer
    info = np.iinfo(type_.kind)
    return _annotated(int, msgspec.Meta(ge=max(int(info.min), -(2**63)), le=min(int(info.max), 2**63 - 1)))


def _shown(value: object) -> object:
    """What was sent, short enough to send back."""
    if isinstance(value, (dict, list)):
        return f"{_kind(value)} of {len(value)}"
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no infinity
    if isinstance(value, int) and value.bit_length() > 64:
        return f"an integer of {value.bit_length()} bits"
    return value[:_LONGEST] if isinstance(value, str) else value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "a value")
