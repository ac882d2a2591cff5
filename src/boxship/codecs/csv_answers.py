"""Answers as CSV, with a header."""

import csv
import io
from collections.abc import Iterator, Sequence

import msgspec

from boxship.core.answer import MOST_REASONS, PROBABILITIES, class_name
from boxship.core.contract import Output
from boxship.core.verdict import REJECTED, WORDS, Answers, Reason
from boxship.frames.csv_file import shown_fields


def csv_answers(outputs: Sequence[Output], answers: Answers) -> bytes:
    """A line each: predictions and probabilities, empty where there are none, the verdict, why it is not ok."""
    columns = dict(column for output in outputs for column in _columns(outputs, output, answers))
    cells = list(zip(*columns.values(), strict=True))
    places = range(len(answers)) if answers.positions is None else answers.positions.tolist()
    answered = dict(zip(places, cells, strict=True))
    reasons, empty = answers.verdicts.reasons(), ("",) * len(columns)
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow([*columns, "verdict", "reasons"])
    for row, code in enumerate(answers.verdicts.codes().tolist()):
        given = empty if code == REJECTED else answered[row]
        lines.writerow([*given, WORDS[code], reasons_text(reasons.get(row, ()))])
    return out.getvalue().encode()


def csv_predictions(outputs: Sequence[Output], answers: Answers) -> bytes:
    """Predictions alone, without a header. Every row has been answered."""
    out = io.StringIO(newline="")
    columns = [shown_fields(list(map(_flat, answers.table.column(one.name).to_list()))) for one in outputs]
    csv.writer(out, lineterminator="\n").writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _columns(
    outputs: Sequence[Output], output: Output, answers: Answers
) -> Iterator[tuple[str, Sequence[object]]]:
    alone = len(outputs) == 1
    values = answers.table.column(output.name).to_list()
    yield "prediction" if alone else output.name, shown_fields([_flat(value) for value in values])
    if output.probabilities:
        of = output.name + PROBABILITIES
        shares = answers.table.column(of).values
        for place, label in enumerate(output.classes or ()):
            yield f"{PROBABILITIES[1:] if alone else of}.{class_name(label)}", shares[:, place].tolist()


def _flat(value: object) -> object:
    """What a field of CSV cannot hold is JSON in it."""
    return msgspec.json.encode(value).decode() if isinstance(value, (list, dict, bytes)) else value


def reasons_text(reasons: Sequence[Reason]) -> str:
    """The fields and codes of a row in one cell."""
    told = [one.code if one.field is None else f"{one.field}: {one.code}" for one in reasons[:MOST_REASONS]]
    return "; ".join(told)
