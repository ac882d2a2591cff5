"""Which form a model takes its rows in, where it does not say: tried on some rows of its data."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from boxship.adapters import Given
from boxship.adapters.row_form import Form, Kind
from boxship.core.column import Array
from boxship.core.table import Table
from boxship.errors import BoxError

log = logging.getLogger(__name__)
Ask = Callable[[Table, Form], Sequence[Given]]
_Answers = Mapping[Kind, Sequence[Sequence[Given] | None]]


class Tried(NamedTuple):
    """The form that was answered most often, and its first answer, if there was one."""

    form: Form
    given: Sequence[Given] | None


def try_forms(ask: Ask, rows: Table, forms: Sequence[Form], hint: str) -> Tried:
    """Raise where two forms are answered differently: only who made the model knows which was meant."""
    found = _tried(ask, [rows], forms)
    if len(forms) > 1 or not _given(found[forms[0].kind]):
        # one row by itself would not tell an answer a row from an answer a column
        pairs = [rows.between(row, row + 2) for row in range(0, rows.length - 1, 2)]
        found = _tried(ask, [rows, *pairs], forms)
    _refuse_several(found, hint)
    best = max(forms, key=lambda form: len(_given(found[form.kind])))
    return Tried(best, next(iter(_given(found[best.kind])), None))


def _tried(ask: Ask, pieces: Sequence[Table], forms: Sequence[Form]) -> _Answers:
    return {form.kind: [_try(ask, piece, form) for piece in pieces] for form in forms}


def _try(ask: Ask, rows: Table, form: Form) -> Sequence[Given] | None:
    try:
        given = ask(rows, form)
    except Exception as error:  # noqa: BLE001  # a model may raise anything on rows that it does not take
        log.info("the model raised", extra={"form": form.kind, "error": type(error).__name__})
        return None
    return given if all(len(one.values) == rows.length for one in given) else None


def _given(answers: Iterable[Sequence[Given] | None]) -> list[Sequence[Given]]:
    return [one for one in answers if one is not None]


def _refuse_several(found: _Answers, hint: str) -> None:
    for first, other in combinations(found, 2):
        for one, two in zip(found[first], found[other], strict=True):
            if one is not None and two is not None and not _same(one, two):
                raise BoxError(
                    "model.form_unknown",
                    f"the model answers differently when it is given its rows as a {first} and as a {other}, "
                    "and does not say which it was made for",
                    hint,
                    {"forms": list(found)},
                )


def _same(one: Sequence[Given], two: Sequence[Given]) -> bool:
    pairs = list(zip(one, two, strict=False))
    return len(one) == len(two) and all(_equal(a.values, b.values) and _equal_shares(a, b) for a, b in pairs)


def _equal_shares(one: Given, two: Given) -> bool:
    if one.probabilities is None or two.probabilities is None:
        return one.probabilities is two.probabilities
    return _equal(one.probabilities, two.probabilities)


def _equal(one: Array, two: Array) -> bool:
    if one.dtype.kind == "f" and two.dtype.kind == "f":
        return one.shape == two.shape and bool(np.allclose(one, two, rtol=1e-9, atol=0, equal_nan=True))
    return np.array_equal(one, two)
