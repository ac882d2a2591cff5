"""What a model gave as a table of the contract's outputs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship.adapters import Given
from boxship.core.answer import PROBABILITIES
from boxship.core.check import all_true
from boxship.core.column import Array, column_of
from boxship.core.contract import Output
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.core.verdict import Rows
from boxship.errors import BoxError

_SHARE = np.dtype("float64")


class _Form(NamedTuple):
    """How the model has to give one output."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]  # of a row's value
    shares: int  # probabilities a row


class Outputs:
    """The contract's outputs compiled: their types, thresholds and calibration."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        fields: list[tuple[str, Type]] = []
        for output in outputs:
            fields.append((output.name, Type.parse(output.type)))
            if output.probabilities:
                fields.append((output.name + PROBABILITIES, Type("float64", (len(output.classes or ()),))))
        self._schema = Schema(fields)
        self._forms = tuple(map(_form, outputs))
        self._in_block = fields[0][1].in_block
        self._scores = any(one.scores for one in outputs)
        self._decides = any(one.threshold is not None or one.calibration is not None for one in outputs)
        self.empty = Table.empty(self._schema)

    def typed(self, given: Sequence[Given], rows: int) -> Sequence[Given]:
        """What the model gave, of the outputs' types; raises where that is not an answer a row."""
        if len(given) != len(self._forms):
            raise _wrong_shape(given, rows)
        if self._scores:
            given = [_labelled(one, output) for one, output in zip(given, self._outputs, strict=True)]
        same = True
        for one, form in zip(given, self._forms):  # noqa: B905  # their number was compared above
            values, shares = one
            shape = values.shape
            if shape[:1] != (rows,) or shape[1:] != form.shape:
                raise _wrong_shape(given, rows)
            if form.shares:
                if shares is None or shares.shape != (rows, form.shares):
                    raise _wrong_shape(given, rows)
                same = same and shares.dtype == _SHARE
            same = same and values.dtype == form.dtype
        return given if same else [_cast(*pair) for pair in zip(given, self._forms, strict=True)]

    def table(self, given: Sequence[Given]) -> tuple[Table, Rows | None]:
        """The answers as the contract decides. Where some are NaN or infinite: the others, and their rows."""
        parts: list[Array] = []
        finite = True
        for index, (values, shares) in enumerate(given):
            if not self._forms[index].shares or shares is None:
                made = [values]
            elif self._decides:
                made = _decided(self._outputs[index], values, shares)
            else:
                made = [values, shares]
            for part in made:
                finite = finite and (part.dtype.kind != "f" or all_true(np.isfinite(part)))
            parts += made
        if finite:
            return self._laid(parts), None
        rows = _finite_rows(parts)
        return self._laid([part[rows] for part in parts]), rows

    def _laid(self, parts: Sequence[Array]) -> Table:
        if len(self._outputs) == 1:
            first = parts[0].reshape(-1, 1) if self._in_block else parts[0]
            return Table(self._schema, len(first), (first, *parts[1:]))
        names, types = self._schema.names, self._schema.types
        made = {n: column_of(part, n, t) for n, t, part in zip(names, types, parts, strict=True)}
        return Table.from_columns(made)


def _form(output: Output) -> _Form:
    type_ = Type.parse(output.type)
    return _Form(type_.dtype, type_.shape, len(output.classes or ()) if output.probabilities else 0)


def _labelled(given: Given, output: Output) -> Given:
    """The class of the largest score, for an output of which the model gives scores."""
    scores, count = given.values, len(output.classes or ())
    if not output.scores:
        return given
    if scores.ndim == 1 and count == 2:
        scores = np.stack([1 - scores if output.probabilities else np.zeros_like(scores), scores], axis=1)
    if scores.ndim != 2 or scores.shape[1] != count or scores.dtype.kind not in "iuf":
        raise _wrong_shape([given], len(scores))
    if not np.isfinite(scores).all():
        raise BoxError("model.not_finite", "the model answered a row with NaN or infinity", "a finite answer")
    labels = np.array(output.classes, Type.parse(output.type).dtype)
    return Given(labels[scores.argmax(axis=1)], scores if output.probabilities else None)


def _wrong_shape(given: Sequence[Given], rows: int) -> BoxError:
    shapes = [
        (one.values.shape, None if one.probabilities is None else one.probabilities.shape) for one in given
    ]
    return BoxError(
        "model.wrong_shape",
        f"the model answered {rows} rows with values and probabilities of {shapes or 'nothing'}",
        "one answer a row for every output",
    )


def _cast(given: Given, form: _Form) -> Given:
    values, shares = given
    wanted = None if shares is None or not form.shares else _as_dtype(shares, _SHARE)
    return Given(_as_dtype(values, form.dtype), wanted)


def _as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    """The same answers as another type; raises where one would change."""
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            cast = values.astype(dtype)
        if np.can_cast(values.dtype, dtype, "same_kind") or np.array_equal(cast, values):
            return cast
    except (TypeError, ValueError, OverflowError):
        pass
    raise BoxError(
        "model.wrong_type",
        f"the model answered {values.dtype}, where {dtype} is due",
        f"answers that are {dtype}",
    )


def _decided(output: Output, values: Array, shares: Array) -> list[Array]:
    """The values of one output and its probabilities, by its calibration and threshold."""
    if output.threshold is None and output.calibration is None:
        return [values, shares]
    if output.calibration is not None:
        given, true = zip(*output.calibration, strict=True)
        second = np.interp(shares[:, 1], given, true)
        shares = np.stack([1 - second, second], axis=1)
    # a label of the model's own would contradict the probabilities that calibration gives
    threshold = 0.5 if output.threshold is None else output.threshold
    labels = np.array(output.classes, values.dtype)
    return [labels[(shares[:, 1] >= threshold).astype(np.intp)], shares]


def _finite_rows(parts: Sequence[Array]) -> Rows:
    whole = np.ones(len(parts[0]), bool)
    for part in parts:
        if part.dtype.kind == "f":
            whole &= np.isfinite(part).reshape(len(part), -1).all(axis=1)
    return np.flatnonzero(whole)
