"""What a box has to do in its room before it gets a name."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np

from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field
from boxship.core.table import Table, concat
from boxship.core.verdict import WORDS, Answers
from boxship.errors import BoxError, BoxshipError
from boxship.runner.equal import widest_gap
from boxship.runner.local import Runner

_MOST_FIELDS = 100
_MOST_ALONE = 64
_NO_ROWS = ("empty batch", "malformed JSON")  # bad input in which no rows can be told apart


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
    gap = widest_gap(runner.contract.outputs, answers.table, again.table)
    if not gap.is_equal:
        raise BoxError(
            "proof.not_deterministic",
            "asked twice, the model answers a golden row differently: "
            f"the two values of {gap.output!r} {gap.said}",
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
            _OTHER_ROWS if fault.field is None else _OTHER_DATA,
        )
    return answers


_OTHER_DATA = "was the model trained on these data? --golden FILE proves it on rows of your own"
_OTHER_ROWS = (
    "rows are drawn between the bounds of the data, and the model may take only some values there: "
    "--golden FILE proves it on rows of your own"
)


def try_box(runner: Runner, golden: Table, answers: Answers) -> Trial:
    """One row at a time against the batch, and every kind of bad input."""
    alone = _alone_difference(runner, golden, answers)
    return Trial(answers.verdicts.counts(), alone, tuple(_bad_input(runner, golden, answers)))


def _alone_difference(runner: Runner, golden: Table, answers: Answers) -> float:
    """How far answers to single rows are from those of the batch; raises beyond the tolerance."""
    rows = np.unique(np.linspace(0, len(golden) - 1, min(_MOST_ALONE, len(golden))).astype(int)).tolist()
    codes = answers.verdicts.codes()
    places = {row: place for place, row in enumerate(_positions(answers))}
    taken: list[int] = []
    found: list[Table] = []
    for row in rows:
        one = runner.predict(golden.between(row, row + 1))
        word, together = WORDS[one.verdicts.codes()[0]], WORDS[codes[row]]
        if word != together:
            raise _alone_differs(row, f"is {word} alone and {together} in a batch")
        if row in places:
            taken.append(row)
            found.append(one.table)
    if not found:
        return 0.0
    batch = answers.table.take([places[row] for row in taken])
    gap = widest_gap(runner.contract.outputs, batch, concat(found))
    if not gap.is_equal:
        raise _alone_differs(
            taken[gap.row],
            f"has another {gap.output!r} alone than in a batch: they {gap.said}",
            "" if np.isinf(gap.difference) else _NOISE,
        )
    return gap.difference


_NOISE = "; where so much is noise, [outputs.NAME] tolerance in the contract file allows it"


def _alone_differs(row: int, what: str, noise: str = "") -> BoxError:
    return BoxError(
        "proof.alone_differs",
        f"golden row {row} {what}",
        f"a row's answer must not depend on its neighbours{noise}",
        {"row": row},
    )


def _positions(answers: Answers) -> list[int]:
    return list(range(len(answers))) if answers.positions is None else answers.positions.tolist()


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
        yield "infinite", lambda row: _rows(row, {**row, number: math.inf})


def _far(field: Field) -> int:
    """A thousand times the range above it, and a billion where there is none or it is a small one."""
    low, high = (int(end) for end in field.range or (0, 0))
    return max(10**9, high + 1000 * (high - low))


def _unused(row: dict[str, Any]) -> str:
    name = "unexpected"
    while name in row:
        name += "_"
    return name


def _rows(good: dict[str, Any], bad: object) -> bytes:
    return _json([good, bad, good]).encode()


def _json(value: Any) -> str:  # plain values; JSON has no infinity, and a number beyond every float is one
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return msgspec.json.encode(value).decode()


def _answered(runner: Runner, codec: JsonCodec, case: str, body: bytes) -> BadInput:
    """What the runner said; a bad row must not have its good neighbours rejected."""
    try:
        request = codec.decode(body)
        rows = answer_rows(runner.contract.outputs, runner.answer(request.decoded))
    except BoxshipError as error:
        if case not in _NO_ROWS:
            raise _harmed(case, f"the good row beside it was refused: {error.code}") from error
        return BadInput(case, "refused", (error.code,))
    if len(rows) != 3:
        return BadInput(case, f"{len(rows)} answers", ())
    for beside in (rows[0], rows[2]):
        if beside["verdict"] == "rejected":
            raise _harmed(case, "the good row beside it was rejected")
    reasons: Any = rows[1].get("reasons", [])
    return BadInput(case, str(rows[1]["verdict"]), tuple(sorted({str(reason["code"]) for reason in reasons})))


def _harmed(case: str, how: str) -> BoxError:
    return BoxError(
        "proof.neighbour_harmed",
        f"with the bad input {case!r}, {how}",
        "this is a fault of the model or of Boxship: boxship inspect shows the contract",
    )
