"""The one path from a table to answers."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from boxship.adapters import Given, Model
from boxship.codecs.table import fit_table
from boxship.core.answer import PROBABILITIES
from boxship.core.check import Checker, all_true
from boxship.core.column import Array, column_of
from boxship.core.contract import Contract, Output
from boxship.core.digest import Digest
from boxship.core.observation import Observation, Observe
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.core.verdict import Answers, Decoded, Fault, Rows, Verdicts
from boxship.errors import BoxError, BoxshipError, HostError

log = logging.getLogger(__name__)


class Runner:
    """Checks rows against the contract, asks the model, words nothing, knows no wire.

    One thread at a time. `observe`, where given, is handed one Observation a call; `clock` and
    `timer` are read only then.
    """

    def __init__(
        self,
        box: Digest,
        contract: Contract,
        model: Model,
        *,
        observe: Observe | None = None,
        variant: str = "",
        clock: Callable[[], int] = time.time_ns,
        timer: Callable[[], int] = time.perf_counter_ns,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.box = box
        self.contract = contract
        self._model = model
        self._observe = observe
        self._variant = variant
        self._clock = clock
        self._timer = timer
        self.close = close
        self._schema = contract.schema
        self._checker = Checker(contract)
        self._outputs = _OutputTable(contract.outputs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def predict(self, table: Table, *, request_id: str = "") -> Answers:
        """Answers in the order of the rows. A table of other columns or types is fitted first."""
        if table.schema is self._schema or table.schema == self._schema:
            return self._answer(Decoded(table, Verdicts(table.length)), request_id)
        return self._answer(fit_table(self.contract, table), request_id)

    def answer(self, decoded: Decoded, *, request_id: str = "") -> Answers:
        """Answers to what a codec decoded; its verdicts are kept and ours are added."""
        return self._answer(decoded, request_id)

    def _answer(self, decoded: Decoded, request_id: str) -> Answers:
        started = self._timer() if self._observe else 0
        checked = self._checker.check(decoded.table)
        asked = _ask(self._model, checked.table, len(self.contract.outputs))
        table, faults, kept = self._outputs.make(asked)
        answers = _placed(decoded, checked, table, faults, kept)
        if self._observe:
            inputs = checked.table if kept is None else checked.table.take(kept)
            took = self._timer() - started
            self._observe(
                Observation(request_id, self.box, self._variant, self._clock(), took, inputs, answers)
            )
        return answers


def _placed(
    decoded: Decoded, checked: Decoded, table: Table, faults: Sequence[Fault], kept: Rows | None
) -> Answers:
    """Count the rows of each stage in the rows of the request."""
    if decoded.positions is None and checked.verdicts.all_ok and not faults and kept is None:
        return Answers(table, decoded.verdicts)
    first, second = decoded.positions, checked.positions
    found = list(decoded.verdicts.faults)
    found += [fault if first is None else fault.moved(first) for fault in checked.verdicts.faults]
    rows = second if first is None else (first if second is None else first[second])
    found += [fault if rows is None else fault.moved(rows) for fault in faults]
    if kept is not None:
        rows = kept if rows is None else rows[kept]
    return Answers(table, Verdicts(decoded.verdicts.length, tuple(found)), rows)


class _Asked(NamedTuple):
    """What the model gave, and the rows it would not answer: a code and what was expected."""

    given: Sequence[Given]
    length: int
    raised: dict[int, tuple[str, str]]


def _ask(model: Model, table: Table, outputs: int) -> _Asked:
    """Ask once. If the model raises, halve until only the guilty rows are left, at bounded cost."""
    if not table.length:
        return _Asked((), 0, {})
    try:
        return _Asked(_sound(model.predict(table), table.length, outputs), table.length, {})
    except HostError:
        raise
    except Exception as error:  # noqa: BLE001  # a model may raise anything, and the others must live
        log.warning("model raised", extra={"rows": table.length, "error": type(error).__name__})
        return _bisect(model, table, outputs, _why(error))


def _why(error: Exception) -> tuple[str, str]:
    """A code and what was expected, without the error's text: that may hold other rows' values.

    The same from a room, which says what was raised there."""
    name = type(error).__name__
    if isinstance(error, BoxshipError):
        if error.code == "model.wrong_shape":
            return error.code, error.hint
        name = str(error.detail.get("raised", name))
    return "model.raised", f"no {name}"


def _bisect(model: Model, table: Table, outputs: int, first: tuple[str, str]) -> _Asked:
    budget = 64 + 8 * table.length.bit_length()
    waiting = [(0, table.length, first)]
    pieces: list[tuple[int, Sequence[Given]]] = []
    raised: dict[int, tuple[str, str]] = {}
    while waiting:
        start, stop, why = waiting.pop()
        if stop - start == 1 or budget < 2:
            raised.update(dict.fromkeys(range(start, stop), why))
            continue
        middle = (start + stop) // 2
        for low, high in ((start, middle), (middle, stop)):
            budget -= 1
            try:
                piece = table.between(low, high)
                pieces.append((low, _sound(model.predict(piece), high - low, outputs)))
            except HostError:
                raise
            except Exception as error:  # noqa: BLE001  # see _ask
                waiting.append((low, high, _why(error)))
    pieces.sort(key=lambda piece: piece[0])
    return _Asked(_joined([given for _, given in pieces]), table.length, raised)


def _sound(given: Sequence[Given], rows: int, outputs: int) -> Sequence[Given]:
    if len(given) != outputs or any(len(one.values) != rows for one in given):
        shapes = ", ".join(str(one.values.shape) for one in given)
        raise BoxError(
            "model.wrong_shape",
            f"the model answered {rows} rows with {len(given)} outputs of {shapes}; {outputs} were due",
            "one answer a row for every output",
        )
    return given


def _joined(pieces: Sequence[Sequence[Given]]) -> Sequence[Given]:
    if len(pieces) < 2:
        return pieces[0] if pieces else ()
    return [
        Given(
            np.concatenate([one.values for one in many]),
            None if many[0].probabilities is None else np.concatenate([one.probabilities for one in many]),
        )
        for many in zip(*pieces, strict=True)
    ]


class _OutputTable:
    """What the model gave as a table of the contract's outputs, thresholds and calibration applied."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        fields: list[tuple[str, Type]] = []
        for output in outputs:
            fields.append((output.name, Type.parse(output.type)))
            if output.probabilities:
                fields.append((output.name + PROBABILITIES, Type("float64", (len(output.classes or ()),))))
        self._schema = Schema(fields)
        self._dtype, self._in_block = fields[0][1].dtype, fields[0][1].in_block
        self._empty = Table.empty(self._schema)
        self._labels = [None if o.classes is None else _labels(o) for o in outputs]

    def make(self, asked: _Asked) -> tuple[Table, list[Fault], Rows | None]:
        """The table of the rows that were answered, the faults of the others, which were answered."""
        faults = _raised(asked.raised) if asked.raised else []
        if len(asked.raised) == asked.length:
            kept = np.empty(0, np.intp) if asked.length else None
            return self._empty, faults, kept
        parts: list[Array] = []
        finite = True
        for output, labels, given in zip(self._outputs, self._labels, asked.given, strict=True):
            made = _decided(output, labels, given)
            for part in made:
                if part.dtype.kind == "f" and not all_true(np.isfinite(part)):
                    finite = False
            parts += made
        kept = np.array([row for row in range(asked.length) if row not in asked.raised]) if faults else None
        if not finite:
            parts, kept, broken = _without_broken(parts, kept, asked.length)
            faults += broken
        return self._table(parts), faults, kept

    def _table(self, parts: Sequence[Array]) -> Table:
        names, types = self._schema.names, self._schema.types
        if len(self._outputs) == 1:
            values = parts[0] if parts[0].dtype == self._dtype else parts[0].astype(self._dtype)
            laid = values.reshape(-1, 1) if self._in_block else values
            return Table(self._schema, len(values), (laid, *parts[1:]))
        made = {n: column_of(part, n, t) for n, t, part in zip(names, types, parts, strict=True)}
        return Table.from_columns(made)


def _decided(output: Output, labels: Array | None, given: Given) -> list[Array]:
    """The values of one output, and its probabilities, as the contract wants them."""
    if given.probabilities is None or not output.probabilities:
        return [given.values]
    shares = np.asarray(given.probabilities, np.float64)
    if output.calibration is not None:
        shares = _calibrated(shares, output.calibration)
    if output.threshold is None or labels is None:
        return [given.values, shares]
    return [labels[(shares[:, 1] >= output.threshold).astype(np.intp)], shares]


def _labels(output: Output) -> Array:
    return np.array(output.classes, Type.parse(output.type).dtype)


def _raised(raised: Mapping[int, tuple[str, str]]) -> list[Fault]:
    by_reason: dict[tuple[str, str], list[int]] = {}
    for row, why in sorted(raised.items()):
        by_reason.setdefault(why, []).append(row)
    return [
        Fault(None, code, np.array(rows, np.intp), [None] * len(rows), expected, rejects=True)
        for (code, expected), rows in by_reason.items()
    ]


def _calibrated(shares: Array, points: Sequence[tuple[float, float]]) -> Array:
    given, true = zip(*points, strict=True)
    second = np.interp(shares[:, 1], given, true)
    return np.stack([1 - second, second], axis=1)


def _without_broken(
    parts: Sequence[Array], kept: Rows | None, length: int
) -> tuple[list[Array], Rows, list[Fault]]:
    """Leave out the rows that the model answered with NaN or infinity."""
    kept = np.arange(length) if kept is None else kept
    whole = np.ones(len(kept), bool)
    for part in parts:
        if part.dtype.kind == "f":
            whole &= np.isfinite(part).reshape(len(part), -1).all(axis=1)
    rows = kept[~whole]
    fault = Fault(None, "model.not_finite", rows, [None] * len(rows), "a finite answer", rejects=True)
    return [part[whole] for part in parts], kept[whole], [fault] if len(rows) else []
