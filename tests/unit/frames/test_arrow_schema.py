"""The Arrow schema of a Parquet file is read without Arrow."""

import base64

import pyarrow as pa

from boxship.frames.arrow_schema import parse_arrow_schema


def test_dictionaries_and_fixed_sizes_are_seen() -> None:
    words = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema(
        [
            ("ключ", words),
            ("plain", pa.string()),
            ("pixels", pa.list_(pa.uint8(), 4)),
            ("list", pa.list_(pa.int8())),
        ]
    )
    found = parse_arrow_schema(base64.b64encode(schema.serialize().to_pybytes()))
    assert {name: tuple(field) for name, field in found.items()} == {
        "ключ": (True, False),
        "plain": (False, False),
        "pixels": (False, True),
        "list": (False, False),
    }


def test_a_schema_without_columns() -> None:
    assert parse_arrow_schema(base64.b64encode(pa.schema([]).serialize().to_pybytes())) == {}
