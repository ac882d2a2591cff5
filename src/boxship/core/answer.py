"""Answers as people and wires see them: one dict a row."""

from collections.abc import Sequence

import msgspec

from boxship.core.contract import Output
from boxship.core.table import Table
from boxship.core.verdict import REJECTED, WORDS, Answers, Reason

MOST_REASONS = 50
PROBABILITIES = ".probabilities"


def answer_rows(outputs: Sequence[Output], answers: Answers) -> list[dict[str, object]]:
    """Every row's answer in order: outputs unless rejected, the verdict, reasons unless ok."""
    given = _outputs_by_row(outputs, answers.table)
    codes = answers.verdicts.codes().tolist()
    reasons = answers.verdicts.reasons()
    rows: list[dict[str, object]] = []
    taken = iter(given)
    positions = None if answers.positions is None else set(answers.positions.tolist())
    for row, code in enumerate(codes):
        answered = positions is None or row in positions
        out = dict(next(taken)) if answered else {}
        if code == REJECTED:
            out = {}
        out["verdict"] = WORDS[code]
        if row in reasons:
            out["reasons"] = [_worded(reason) for reason in _first(reasons[row])]
        rows.append(out)
    return rows


def _first(reasons: Sequence[Reason]) -> list[Reason]:
    """Those that are told, and how many more there are."""
    more = len(reasons) - MOST_REASONS
    last = [Reason(None, "contract.more_reasons", more)] if more > 0 else []
    return [*reasons[:MOST_REASONS], *last]


def _worded(reason: Reason) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(reason)
    return plain


def _outputs_by_row(outputs: Sequence[Output], table: Table) -> list[dict[str, object]]:
    parts = [_one_output(output, table) for output in outputs]
    if len(outputs) == 1:
        return parts[0]
    names = [output.name for output in outputs]
    return [{"outputs": dict(zip(names, row, strict=True))} for row in zip(*parts, strict=True)]


def _one_output(output: Output, table: Table) -> list[dict[str, object]]:
    values = table.column(output.name).to_list()
    if not output.probabilities:
        return [{"prediction": value} for value in values]
    names = [class_name(label) for label in output.classes or ()]
    shares = table.column(output.name + PROBABILITIES).values.tolist()
    return [
        {"prediction": value, "probabilities": dict(zip(names, row, strict=True))}
        for value, row in zip(values, shares, strict=True)
    ]


def class_name(label: object) -> str:
    """A class as a JSON key: true, 1, 2.5, yes."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(label)
