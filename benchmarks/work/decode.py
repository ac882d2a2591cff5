"""Decode the same bodies with one of boxship, msgspec, pydantic."""

import json
import random
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.work.clock import cpu_us, say

FLOATS = [(f"f{place}", float) for place in range(30)]
MIXED = [(f"{kind.__name__}{place}", kind) for kind in (float, int, str, bool) for place in range(8)]
_DRAW = random.Random(0)  # noqa: S311  # reproducible, not secret


def value(kind: type) -> Any:
    number = _DRAW.uniform(-100, 100)
    return {float: number, int: int(number), str: _DRAW.choice(["red", "green", "blue"]), bool: number > 0}[
        kind
    ]


def boxship(fields: list[tuple[str, type]]) -> Callable[[bytes], Any]:
    from boxship.codecs.json import JsonCodec
    from boxship.core.contract import Contract, Field, Output

    names = {float: "float64", int: "int64", str: "text", bool: "bool"}
    inputs = tuple(Field(name, names[kind]) for name, kind in fields)
    return JsonCodec(Contract(inputs, (Output("prediction", "float64"),))).decode


def msgspec(fields: list[tuple[str, type]]) -> Callable[[bytes], Any]:
    import msgspec as library

    row = library.defstruct("Row", fields, gc=False)
    one, many = library.json.Decoder(row), library.json.Decoder(list[row])  # type: ignore[valid-type]
    return lambda body: one.decode(body) if body[:1] == b"{" else many.decode(body)


def plain(_: list[tuple[str, type]]) -> Callable[[bytes], Any]:
    return json.loads


def pydantic(fields: list[tuple[str, type]]) -> Callable[[bytes], Any]:
    import pydantic as library

    row = library.create_model("Row", **{name: (kind, ...) for name, kind in fields})
    many = library.TypeAdapter(list[row])
    return lambda body: row.model_validate_json(body) if body[:1] == b"{" else many.validate_json(body)


def main() -> None:
    make = {"boxship": boxship, "json": plain, "msgspec": msgspec, "pydantic": pydantic}[sys.argv[1]]
    cases: dict[str, Callable[[], Any]] = {}
    for words, fields in (("30 floats", FLOATS), ("32 mixed", MIXED)):
        decode = make(fields)
        rows = [{name: value(kind) for name, kind in fields} for _ in range(1000)]
        one, many = json.dumps(rows[0]).encode(), json.dumps(rows).encode()
        cases[f"1 row of {words}, us"] = lambda decode=decode, one=one: decode(one)
        cases[f"1000 rows of {words}, us"] = lambda decode=decode, many=many: decode(many)
    say(cpu_us(cases))


if __name__ == "__main__":
    main()
