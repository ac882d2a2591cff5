"""The columns of an Arrow schema as Parquet files carry it, read without an Arrow library.

The schema is a FlatBuffer: https://arrow.apache.org/docs/format/Columnar.html#schema-message,
Schema.fbs for the order of the fields, https://flatbuffers.dev/internals/ for how they lie.
"""

import base64
import struct
from typing import NamedTuple

_FIXED_SIZE_LIST = 16  # in the union Type of Schema.fbs


class ArrowField(NamedTuple):
    """What Parquet alone does not tell of a column."""

    is_dictionary: bool
    is_fixed_size_list: bool


def parse_arrow_schema(encoded: bytes) -> dict[str, ArrowField]:
    """The fields of a value of the key `ARROW:schema`."""
    data = base64.b64decode(encoded)
    start = 8 if data[:4] == b"\xff\xff\xff\xff" else 4
    message = _Node(data, start).follow()
    schema = message.field(2)
    fields = schema.field(1) if schema else None
    return dict(_field(node) for node in fields.items()) if fields else {}


def _field(node: "_Node") -> tuple[str, ArrowField]:
    name, kind = node.field(0), node.place(2)
    is_list = kind is not None and node.data[kind] == _FIXED_SIZE_LIST
    return name.text() if name else "", ArrowField(node.place(4) is not None, is_list)


class _Node(NamedTuple):
    """A place in a FlatBuffer: of an offset, a table, a vector or a text, as the schema says."""

    data: bytes
    at: int

    def follow(self) -> "_Node":
        return _Node(self.data, self.at + self._number("<I", self.at))

    def place(self, index: int) -> int | None:
        """Where the table at this place keeps a field; None where it does not."""
        entries = self.at - self._number("<i", self.at)
        if 4 + 2 * index >= self._number("<H", entries):
            return None
        offset = self._number("<H", entries + 4 + 2 * index)
        return self.at + offset if offset else None

    def field(self, index: int) -> "_Node | None":
        place = self.place(index)
        return None if place is None else _Node(self.data, place).follow()

    def items(self) -> list["_Node"]:
        size = self._number("<I", self.at)
        return [_Node(self.data, self.at + 4 + 4 * item).follow() for item in range(size)]

    def text(self) -> str:
        size = self._number("<I", self.at)
        return self.data[self.at + 4 : self.at + 4 + size].decode()

    def _number(self, form: str, at: int) -> int:
        number: int = struct.unpack_from(form, self.data, at)[0]
        return number
