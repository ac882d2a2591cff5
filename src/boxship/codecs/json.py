"""Rows as JSON: one object, or a list of objects."""

import json
import re
import struct
from typing import Annotated, Any

import msgspec
import numpy as np

from boxship.codecs import Request
from boxship.codecs.columns import Columns, as_array
from boxship.codecs.explain import Repeated, explain_rows
from boxship.core.accept import PLAIN
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field
from boxship.core.join import Packed
from boxship.core.shown import kind
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.core.verdict import Answers, Decoded
from boxship.errors import DataError

# what the fast decoder leaves to the other: bad values, text that is not UTF-8, nesting without end, and
# a datetime whose zone takes it out of the years that there are
_REFUSED = (msgspec.DecodeError, UnicodeError, RecursionError, DataError)
_MOST_DIGITS = 4000
_ANY = msgspec.json.Decoder(float_hook=float)
_LITERAL = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?', re.DOTALL)
_KEY_ENDS = re.compile(rb'["\s]:')
_LARGE = 4096  # bytes, from which numpy counts faster
_ESCAPED = re.compile(r'[\\"\x00-\x1f]')  # names that JSON writes with a backslash are read the slow way


class JsonCodec:
    """Good rows go through a decoder compiled from the contract; a body with any bad row is
    read again by one that words every fault. Tests hold the two equal."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema = contract.schema
        self._fast = not any(_ESCAPED.search(field.name) for field in contract.inputs)
        self._skips = contract.policies.extra == "allow"
        row = _row_type(contract) if self._fast else dict
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)
        self._rows = list[row]  # type: ignore[valid-type]  # made from the contract
        self._many = msgspec.json.Decoder(self._rows)
        groups = self._schema.groups
        floats = len(groups) == 1 and groups[0].block and groups[0].dtype.kind == "f"
        self._block = groups[0].dtype if floats else None
        self._packed = struct.Struct(f"{len(contract.inputs)}{groups[0].dtype.char if floats else 'x'}")
        self._columns = Columns(self._schema)
        self._lists: msgspec.json.Decoder[Any] | None = None

    def decode(self, body: bytes) -> Request:
        single = body.lstrip()[:1] == b"{"
        if not self._fast:
            return self.explain(body)
        try:
            if self._skips and not body.isascii():
                body.decode()  # msgspec passes over text that is not UTF-8 in fields that it does not read
            rows = [self._one.decode(body)] if single else self._many.decode(body)
            if may_repeat(body, len(rows) * len(self._contract.inputs)) and self.repeated(body):
                return self.explain(body)
            return Request(Decoded.whole(self._table(rows)), single)
        except _REFUSED:
            return self.explain(body)

    def pack(self, body: bytes) -> Packed | None:
        """One good row that is a block of numbers, at half of the cost; None: `decode` has to look."""
        if self._block is None or not self._fast or (self._skips and not body.isascii()):
            return None
        try:
            data = self._packed.pack(*msgspec.structs.astuple(self._one.decode(body)))
        except (
            *_REFUSED,
            struct.error,
            OverflowError,
        ):  # a null, or too large a number for a narrow float, too
            return None
        return None if may_repeat(body, len(self._contract.inputs)) else Packed(1, data)

    def decode_lists(self, body: bytes) -> Decoded | None:
        """Rows that are lists in the order of the fields, where all are good; None: `read` has to look at them."""
        if self._lists is None:
            self._lists = msgspec.json.Decoder(list[_row_type(self._contract, in_order=True)])  # type: ignore[misc]
        try:
            return Decoded.whole(self._table(self._lists.decode(body)))
        except _REFUSED:
            return None

    def read(self, rows: list[Any]) -> Decoded:
        """The same for rows that have been parsed: mappings of plain values."""
        if not self._fast:
            return explain_rows(self._contract, rows)
        try:
            return Decoded.whole(self._table(msgspec.convert(rows, self._rows)))
        except _REFUSED:
            return explain_rows(self._contract, rows)

    def explain(self, body: bytes) -> Request:
        """Read value by value and name every fault; slower, and right for good rows too."""
        value = parse_json(body)
        single = isinstance(value, dict)
        if not isinstance(value, (dict, list)):
            raise DataError(
                "codec.not_rows",
                f"the body is {kind(value)}, not a row or a list of rows",
                "send one JSON object, or a list of objects",
            )
        rows = value if isinstance(value, list) else [value]
        if may_repeat(body, sum(len(row) for row in rows if isinstance(row, dict))):
            for place, field in self.repeated(body).items():
                rows[place] = Repeated(field)
        return Request(explain_rows(self._contract, rows), single)

    def encode(self, answers: Answers, *, single: bool) -> bytes:
        rows = answer_rows(self._contract.outputs, answers)
        return msgspec.json.encode(rows[0] if single else rows)

    def repeated(self, body: bytes) -> dict[int, str]:
        """The rows that give a field of the contract more than once, each with the first such field."""
        # an object becomes the tuple of its names; some numbers are too long for Python to read
        parsed = json.loads(
            body,
            object_pairs_hook=lambda pairs: tuple(name for name, _ in pairs),
            parse_int=len,
            parse_float=len,
        )
        fields = self._contract.fields
        found: dict[int, str] = {}
        for place, row in enumerate(parsed if isinstance(parsed, list) else [parsed]):
            if isinstance(row, tuple) and len(set(row)) < len(row):
                twice = next((name for name in row if name in fields and row.count(name) > 1), None)
                found |= {} if twice is None else {place: twice}
        return found

    def _table(self, rows: list[Any]) -> Table:  # instances of the row type
        tuples = [msgspec.structs.astuple(row) for row in rows]
        if self._block is not None:
            block = as_array(tuples, self._block).reshape(len(rows), len(self._schema.names))
            return Table.from_block(self._schema, block)
        columns = list(zip(*tuples, strict=True)) or [()] * len(self._schema.names)
        return self._columns.table(columns, len(rows))


def may_repeat(body: bytes, keys: int) -> bool:
    """Whether a row of so many names in all may have been given one twice: both parsers keep the last value.

    Each name is followed by a colon, so that mostly counting them is enough, at a fiftieth of the parser's time.
    """
    if len(body) < _LARGE:
        return body.count(b":") > keys and len(_KEY_ENDS.findall(body)) > keys
    colons = np.frombuffer(body, np.uint8) == ord(":")
    return int(np.count_nonzero(colons)) > keys and len(_KEY_ENDS.findall(body)) > keys


def parse_json(body: bytes) -> object:
    """Any JSON value; a number too large for a float is infinite. Malformed text is `codec.malformed`,
    with the place."""
    try:
        return _parse(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
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


def _row_type(contract: Contract, *, in_order: bool = False) -> type:
    fields = [(f"f{index}", _annotation(field)) for index, field in enumerate(contract.inputs)]
    if in_order:
        return msgspec.defstruct("Row", fields, array_like=True, forbid_unknown_fields=True, gc=False)
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
        found = dict | list if type_.kind == "record" else PLAIN[type_.kind]
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
