"""What a box has to do in its room before it gets a name."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np

from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field
from boxship.core.table import Table
from boxship.core.verdict import WORDS, Answers
from boxship.errors import BoxError, BoxshipError
from boxship.runner.local import Runner

_MOST_FIELDS = 100


class BadInput(msgspec.Struct, frozen=True):
    """What one kind of bad input was answered with."""

    case: str
    answer: str
    codes: tuple[str, ...]


class Trial(msgspec.Struct, frozen=True):
    """What was found: the answers to the golden rows, to bad input, alone and in a batch."""

    verdicts: dict[str, int]
    alone_difference: float
    bad_input: tuple[BadInput, ...]


def answer_golden(runner: Runner, golden: Table) -> Answers:
    """The golden rows' answers, asked twice: a model that answers otherwise cannot be proven."""
    answers, again = runner.predict(golden), runner.predict(golden)
    worst = difference(answers.table, again.table)
    tolerance = max(output.tolerance for output in runner.contract.outputs)
    if worst > tolerance:
        raise BoxError(
            "proof.not_deterministic",
            f"the model answers the same golden rows differently, by up to {worst:.3g}",
            "fix its random state, so that the same row has the same answer",
        )
    codes = answers.verdicts.codes()
    if len(golden) and (codes == 2).all():
        fault = next(fault for fault in answers.verdicts.faults if fault.rejects)
        raise BoxError(
            "proof.golden_rejected",
            f"every golden row is rejected: {fault.code}"
            + (f" of field {fault.field!r}" if fault.field else "")
            + (f", expected {fault.expected}" if fault.expected else ""),
            "was the model trained on these data? --golden FILE proves it on rows of your own",
        )
    return answers


def try_box(runner: Runner, golden: Table, answers: Answers) -> Trial:
    """One row at a time against the batch, and every kind of bad input."""
    rows = min(8, len(golden))
    alone = [runner.predict(golden.between(row, row + 1)) for row in range(rows)]
    singles = answer_rows(runner.contract.outputs, answers)[:rows]
    for row, one in enumerate(alone):
        word, together = WORDS[one.verdicts.codes()[0]], singles[row]["verdict"]
        if word != together:
            raise BoxError(
                "proof.alone_differs",
                f"golden row {row} is {word} alone and {together} in a batch",
                "a row's answer must not depend on its neighbours",
            )
    taken = [index for index, one in enumerate(alone) if len(one.table)]
    worst = 0.0
    if taken:
        places = {row: place for place, row in enumerate(_positions(answers))}
        for index in taken:
            place = places[index]
            worst = max(worst, difference(alone[index].table, answers.table.between(place, place + 1)))
    return Trial(answers.verdicts.counts(), worst, tuple(_bad_input(runner, golden, answers)))


def _positions(answers: Answers) -> list[int]:
    return list(range(len(answers))) if answers.positions is None else answers.positions.tolist()


def difference(one: Table, other: Table) -> float:
    """The largest difference of two tables of answers: relative, but absolute below 1;
    infinite where rows, labels or types differ."""
    if one.schema != other.schema or one.length != other.length:
        return float("inf")
    worst = 0.0
    for name in one.names:
        a, b = one.column(name), other.column(name)
        if not a.type.is_float:
            worst = max(worst, 0.0 if a == b else float("inf"))
        elif a.values.size:
            x, y = np.asarray(a.values, np.float64), np.asarray(b.values, np.float64)
            scale = np.maximum(1.0, np.maximum(np.abs(x), np.abs(y)))
            worst = max(worst, float(np.max(np.abs(x - y) / scale)))
    return worst


def _bad_input(runner: Runner, golden: Table, answers: Answers) -> Iterator[BadInput]:
    codec = JsonCodec(runner.contract)
    good = _good_row(runner.contract, golden, answers)
    for case, spoil in _cases(runner.contract):
        body = spoil(good)
        if body is not None:
            yield _answered(runner, codec, case, body)


def _good_row(contract: Contract, golden: Table, answers: Answers) -> dict[str, Any]:
    positions = _positions(answers)
    row = golden.take([positions[0]]).to_rows()[0]
    return {field.name: _plain(row[field.name], field) for field in contract.inputs}


def _plain(value: Any, field: Field) -> Any:  # one value as JSON has it
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # only NaN differs from itself
        return None
    if field.type == "datetime" and value is not None:
        return value.isoformat()
    return value


_Spoil = Callable[[dict[str, Any]], bytes | None]


def _cases(contract: Contract) -> Iterator[tuple[str, _Spoil]]:
    fields = contract.inputs[:_MOST_FIELDS]
    first = fields[0].name
    numbers = sorted((f for f in fields if f.typed.is_number), key=lambda f: f.range is None)
    yield "missing column", lambda row: _rows(row, {k: v for k, v in row.items() if k != first})
    yield "extra column", lambda row: _rows(row, {**row, _unused(row): 1})
    yield "columns in another order", lambda row: _rows(row, dict(reversed(row.items())))
    yield "null", lambda row: _rows(row, {**row, first: None})
    yield "not a row", lambda row: _rows(row, 7)
    yield "empty batch", lambda _: b"[]"
    yield "malformed JSON", lambda row: msgspec.json.encode([row])[:-2]
    if numbers:  # one with a range, if there is one
        number, far = numbers[0].name, _far(numbers[0])
        yield "text in a number", lambda row: _rows(row, {**row, number: "text"})
        yield "far outside training", lambda row: _rows(row, {**row, number: far})
        yield "infinite", lambda row: _infinite(row, number)


def _far(field: Field) -> int:
    """A thousand times the range above it, and a billion where there is none or it is a small one."""
    low, high = (int(end) for end in field.range or (0, 0))
    return max(10**9, high + 1000 * (high - low))


def _infinite(row: dict[str, Any], number: str) -> bytes:
    return _rows(row, {**row, number: "@"}).replace(b'"@"', b"1e999")


def _unused(row: dict[str, Any]) -> str:
    name = "unexpected"
    while name in row:
        name += "_"
    return name


def _rows(good: dict[str, Any], bad: object) -> bytes:
    return msgspec.json.encode([good, bad, good])


def _answered(runner: Runner, codec: JsonCodec, case: str, body: bytes) -> BadInput:
    """What the runner said; a bad row must not change what its good neighbours are told."""
    try:
        request = codec.decode(body)
        rows = answer_rows(runner.contract.outputs, runner.answer(request.decoded))
    except BoxshipError as error:
        return BadInput(case, "refused", (error.code,))
    if len(rows) != 3:
        return BadInput(case, f"{len(rows)} answers", ())
    for beside in (rows[0], rows[2]):
        if beside["verdict"] == "rejected":
            raise BoxError(
                "proof.neighbour_harmed",
                f"with the bad input {case!r}, the good row beside it was rejected",
                "this is a fault of the model or of Boxship: boxship inspect shows the contract",
            )
    reasons: Any = rows[1].get("reasons", [])
    return BadInput(case, str(rows[1]["verdict"]), tuple(sorted({str(reason["code"]) for reason in reasons})))
