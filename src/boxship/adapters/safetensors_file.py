"""Files of safetensors: a header of JSON that says where in the rest each tensor lies."""

import json
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan

_LARGEST_HEADER = 100_000_000  # as its specification says
SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
_ABOUT = "__metadata__"


class Stored(NamedTuple):
    """One tensor: the kind of its values, its shape, its bytes."""

    kind: str
    shape: tuple[int, ...]
    data: memoryview


def scan_safetensors(path: Path) -> Scan:
    """There is nothing in it that could run; it is told whether it is whole."""
    for _ in read_safetensors(path).values():
        pass
    return Scan(
        "safetensors", "torch.nn.Module", (Use("torch.nn", "Module", 0, called=False),), {}, weights=True
    )


def read_safetensors(path: Path) -> dict[str, Stored]:
    """The tensors by name; raises where they do not fill the file one after the other."""
    data = memoryview(path.read_bytes())
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(_LARGEST_HEADER, len(data) - 8):
        raise damaged(path, "it ends before its header does")
    try:
        header = json.loads(bytes(data[8 : 8 + size]), object_pairs_hook=_once)
        found = dict(_stored(header, data[8 + size :]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise damaged(
            path, f"its header is not of the form that safetensors writes: {error!r:.80}"
        ) from error
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _stored(header: Mapping[str, Any], data: memoryview) -> Iterator[tuple[str, Stored]]:
    tensors = [(name, one) for name, one in header.items() if name != _ABOUT]
    end = 0
    for name, one in sorted(tensors, key=lambda pair: tuple(pair[1]["data_offsets"])):
        kind, shape, (start, stop) = one["dtype"], tuple(one["shape"]), one["data_offsets"]
        if not all(type(size) is int and size >= 0 for size in (*shape, start, stop)):
            raise ValueError(f"{name!r:.60} has a shape or a place that is none")
        if start != end or stop - start != prod(shape) * SIZES[kind]:
            raise ValueError(f"{name!r:.60} does not lie behind the one before it")
        end = stop
        yield name, Stored(kind, shape, data[start:stop])
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes are of no tensor")
