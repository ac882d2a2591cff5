"""Numbers drawn from the quantiles, the frequent values and the bounds of a profile."""

from itertools import pairwise

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.core.golden_hash import Hashes, fractions, hashes, picks
from boxship.core.profile_bound import Number, one_step_in
from boxship.core.profile_number import Numbers
from boxship.core.type import Type

_BITS = 53
_UNKNOWN = {"date": (0, 20_000), "datetime": (0, 1_700_000_000_000_000)}  # days and microseconds since 1970


def draw_numbers(known: Numbers | None, type_: Type, numbers: Hashes) -> Array:
    """A number a row, the first two at the bounds; in the type asked for, whatever the profile's was."""
    if known is None or known.frame.low is None or known.frame.high is None:
        drawn = _from_type(type_, numbers)
    else:
        drawn = _like(known, numbers)
        drawn[:2] = [known.frame.low, known.frame.high][: len(drawn)]
    return _cast(drawn, type_)


def draw_tensors(known: Numbers | None, type_: Type, name: str, rows: int) -> Array:
    """A tensor a row, evenly between the bounds; the first two rows are at the bounds throughout."""
    low, high = (known.frame.low, known.frame.high) if known else (None, None)
    if low is None or high is None:
        low, high = 0, 1
    share = fractions(hashes(name, rows * type_.size)).reshape(rows, *type_.shape)
    values = low * (1.0 - share) + high * share
    values[:1], values[1:2] = low, high
    if type_.kind == "bool":
        return np.asarray(values >= 0.5)
    return _cast_array(np.rint(values) if known and known.all_integers else values, type_)


def reached(known: Numbers) -> Numbers:
    """The same between bounds that the data did reach. Integers that are told to the last digit are not rounded."""
    frame = known.frame
    is_exact = frame.low == frame.high or (frame.is_integer and not frame.power)
    if frame.low is None or frame.high is None or is_exact:
        return known
    low, high = one_step_in(frame.low, frame.high, frame.power)
    between = tuple(min(max(one, low), high) for one in frame.quantiles)
    return msgspec.structs.replace(
        known, frame=msgspec.structs.replace(frame, low=low, high=high, quantiles=between)
    )


def _from_type(type_: Type, numbers: Hashes) -> list[Number]:
    if type_.is_float:
        return list(fractions(numbers).tolist())
    low, high = _UNKNOWN.get(type_.kind, (0, 100))
    return [low + int(number) % (high - low) for number in numbers.tolist()]


def _like(known: Numbers, numbers: Hashes) -> list[Number]:
    """A frequent value as often as it was one, else a point between two quantiles that differ."""
    frame = known.frame
    weights = (*known.atoms, max(known.finite - sum(known.atoms), 0))
    places = picks(numbers, weights) if any(weights) else [len(frame.atoms)] * len(numbers)
    steps = [(a, b) for a, b in pairwise(frame.quantiles) if a != b] or [
        (frame.quantiles[0], frame.quantiles[0])
    ]
    return [
        frame.atoms[place]
        if place < len(frame.atoms)
        else _between(steps[(number >> 16) % len(steps)], number, whole=known.all_integers)
        for place, number in zip(places, numbers.tolist(), strict=True)
    ]


def _between(step: tuple[Number, Number], number: int, *, whole: bool) -> Number:
    low, high = step
    share = number >> 64 - _BITS
    if isinstance(low, int) and isinstance(high, int):
        return low + ((high - low) * share >> _BITS)
    part = share * 2.0**-_BITS
    value = low * (1.0 - part) + high * part
    return float(round(value)) if whole else value


def _cast(drawn: list[Number], type_: Type) -> Array:
    if type_.is_float:
        return _cast_array(np.array(drawn, np.float64), type_)
    if not type_.is_integer:
        whole = np.array([round(value) for value in drawn], np.int64)
        return whole.astype(type_.dtype)
    limits = np.iinfo(type_.kind)
    return np.array([min(max(round(v), int(limits.min)), int(limits.max)) for v in drawn], type_.dtype)


def _cast_array(values: Array, type_: Type) -> Array:
    if type_.is_float:
        limit = float(np.finfo(type_.kind).max)
        return np.clip(values, -limit, limit).astype(type_.dtype)
    limits = np.iinfo(type_.kind)
    low, high = float(limits.min), float(limits.max)
    highest = high if int(high) <= limits.max else float(np.nextafter(high, 0.0))
    return np.clip(values, low, highest).astype(type_.dtype)
