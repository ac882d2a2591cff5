"""Rows as the protocols of other servers write them in JSON: instances, columns, a split data frame."""

from collections.abc import Mapping
from typing import Any

import msgspec

from boxship._serve.about import About
from boxship._serve.problem import too_many_rows
from boxship.codecs.json import JsonCodec, may_repeat, parse_json
from boxship.core.shown import kind, shown_text
from boxship.core.verdict import Decoded
from boxship.errors import DataError


class Instances:
    """Compiled from a contract once. Names decide where there are names; a list has the fields' order."""

    def __init__(self, about: About) -> None:
        self._json = JsonCodec(about.contract)
        self._most_rows = about.most_rows
        self._names = about.contract.schema.names
        alone = about.contract.inputs[0].typed if len(self._names) == 1 else None
        self._is_scalar = alone is not None and not alone.shape and alone.kind != "record"
        self._is_alone = alone is not None

    def read(self, raw: bytes) -> Decoded:
        """A list of rows: objects, or lists in the order of the fields, or, of one field, its values. An
        object instead of the list gives a list for each field."""
        raw = raw.strip()
        first = raw[1:].lstrip()[:1] if raw[:1] == b"[" else b""
        if first == b"{":
            return self._json.decode(raw).decoded
        if first == b"[" and (self._is_scalar or not self._is_alone):
            decoded = self._json.decode_lists(raw)
            if decoded is not None:
                return decoded
        found = parse_json(raw)
        if isinstance(found, dict):
            twice = self._json.repeated(raw).get(0) if may_repeat(raw, len(found)) else None
            if twice is not None:
                raise _no_rows(f"two columns {twice!r}")
            return self._columns(found)
        if not isinstance(found, list):
            raise _no_rows(f"{kind(found)} where rows are due")
        self._let_in(len(found))
        return self._json.read([self._row(one) for one in found])

    def read_split(self, raw: bytes) -> Decoded:
        """The names of the columns, and the values of each row."""
        try:
            split = msgspec.json.decode(raw, type=Split)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _no_rows(f"a split data frame that is none: {error}") from error
        if len(set(split.columns)) < len(split.columns):
            raise _no_rows("a split data frame with two columns of one name")
        self._let_in(len(split.data))
        width = len(split.columns)
        rows = [
            dict(zip(split.columns, row, strict=True)) if isinstance(row, list) and len(row) == width else row
            for row in split.data
        ]
        return self._json.read(rows)

    def _row(self, one: object) -> object:
        """What no row can be made of stays what it is, and is refused as such."""
        if isinstance(one, dict):
            return one
        if self._is_alone and not (self._is_scalar and isinstance(one, list)):
            return {self._names[0]: one}
        if isinstance(one, list) and len(one) == len(self._names):
            return dict(zip(self._names, one, strict=True))
        return one

    def _columns(self, found: Mapping[str, Any]) -> Decoded:
        lengths = {name: len(one) if isinstance(one, list) else -1 for name, one in found.items()}
        if not found:
            raise _no_rows("an object without columns")
        if len(set(lengths.values())) > 1 or -1 in lengths.values():
            told = ", ".join(f"{shown_text(name)!r} {length}" for name, length in [*lengths.items()][:12])
            raise _no_rows(f"columns that are not lists of one length: {told.replace(' -1', ' no list')}")
        self._let_in(next(iter(lengths.values())))
        return self._json.read(
            [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        )

    def _let_in(self, rows: int) -> None:
        if rows > self._most_rows:
            raise too_many_rows(rows, self._most_rows)


class Split(msgspec.Struct):
    """As pandas writes `orient="split"`; the index says nothing of a row."""

    columns: list[str]
    data: list[Any]  # whatever was sent


def _no_rows(what: str) -> DataError:
    return DataError("codec.not_rows", f"the body has {what}", "send a list of objects with named fields")
