"""What was given about the training: part of the box, as given."""

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered
from boxship.errors import UsageError

FORMAT = 1
_MOST_BITS = 10_000  # of an integer that every JSON reader of Python takes back


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """Metrics, seeds and notes, and digests of the data."""

    metrics: dict[str, float] = {}
    seeds: dict[str, int] = {}
    data: dict[str, str] = {}
    notes: dict[str, str] = {}
    format: int = FORMAT

    @classmethod
    def of(
        cls, metrics: Mapping[str, object], seeds: Mapping[str, object], notes: Mapping[str, object]
    ) -> "Card":
        """Plain values of what was given, numpy's included. Raises `UsageError` where JSON cannot hold one."""
        return cls(
            {text("metric", name): _number(name, value) for name, value in metrics.items()},
            {text("seed", name): _integer(name, value) for name, value in seeds.items()},
            {},
            texts("note", notes),
        )

    def to_bytes(self) -> bytes:
        return canonical_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Card":
        return read_numbered(data, cls, FORMAT, "the card", ("card.newer_format", "card.damaged"))


def texts(what: str, given: Mapping[str, object]) -> dict[str, str]:
    """Names and texts that UTF-8 can hold."""
    return {text(what, name): text(f"{what} {name!r}", value) for name, value in given.items()}


def text(what: str, value: object) -> str:
    """A text that UTF-8 can hold."""
    try:
        if isinstance(value, str) and value.encode():
            return str(value)
    except UnicodeEncodeError:
        pass
    raise _wrong(what, value, "text")


def _number(name: str, value: object) -> float:
    plain = _plain(value)
    try:
        found = float(plain) if isinstance(plain, (int, float)) else math.nan
    except OverflowError:
        found = math.inf
    if isinstance(plain, bool) or not math.isfinite(found):
        raise _wrong(f"metric {name!r}", value, "a finite number")
    return found


def _integer(name: str, value: object) -> int:
    plain = _plain(value)
    if not isinstance(plain, int) or isinstance(plain, bool) or plain.bit_length() > _MOST_BITS:
        raise _wrong(f"seed {name!r}", value, "an integer")
    return plain


def _plain(value: object) -> object:
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0 else value


def _wrong(what: str, value: object, wanted: str) -> UsageError:
    shown = repr(value)[:40] if isinstance(value, (str, float, np.generic)) else type(value).__name__
    return UsageError(
        "card.wrong_value",
        f"the {what} is {shown}, not {wanted}",
        "metrics are finite numbers, seeds are integers, notes and links are text; leave out what is none",
    )
