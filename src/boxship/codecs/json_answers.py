"""Answers as JSON: those of rows that are all right by types compiled from the contract."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from boxship.core.answer import PROBABILITIES, answer_rows, class_name
from boxship.core.contract import Contract, Output
from boxship.core.join import Share
from boxship.core.table import Table
from boxship.core.verdict import WORDS, Answers

_OK = WORDS[0]
_MOST_CLASSES = 256  # a type with more fields than that saves nothing
Words = Callable[[Table], list[Any]]  # a value for each row, of which JSON is written


class JsonAnswers:
    """The same bytes as of `answer_rows`, at a tenth of its cost for one row. In one thread.

    Answers that several requests share are put into words once.
    """

    def __init__(self, contract: Contract) -> None:
        self._outputs = contract.outputs
        encoder = msgspec.json.Encoder()
        self._encode, self._encode_lines = encoder.encode, encoder.encode_lines
        self._words = _words(contract.outputs)
        self._last: Answers | None = None
        self._rows: list[Any] = []

    def write(self, share: Share, *, single: bool) -> bytes:
        whole, start, stop = share
        if self._words is None or whole.verdicts.faults:
            rows = answer_rows(self._outputs, share.cut())
            return self._encode(rows[0] if single else rows)
        if whole is not self._last:
            self._rows, self._last = self._words(whole.table), whole
        return self._encode(self._rows[start] if single else self._rows[start:stop])

    def lines(self, share: Share) -> bytes:
        """The same, an answer a line."""
        if self._words is None or share.whole.verdicts.faults:
            return self._encode_lines(answer_rows(self._outputs, share.cut()))
        return self._encode_lines(self._words(share.cut().table))


def _words(outputs: Sequence[Output]) -> Words | None:
    """None where some name cannot be the name of a struct's field in JSON."""
    classes = [[class_name(label) for label in output.classes or ()] for output in outputs]
    if not all(map(_are_fields, [[output.name for output in outputs], *classes])):
        return None
    if len(outputs) == 1:
        return _of_output(outputs[0], verdict=True)
    each = [_of_output(output, verdict=False) for output in outputs]
    inner = _struct("Outputs", [output.name for output in outputs])
    outer = _struct("Answer", ["outputs", "verdict"])

    def words(table: Table) -> list[Any]:
        return [outer(inner(*row), _OK) for row in zip(*[one(table) for one in each], strict=True)]

    return words


def _of_output(output: Output, *, verdict: bool) -> Words:
    last = (_OK,) if verdict else ()
    ends = ["verdict"] if verdict else []
    if not output.probabilities:
        plain = _struct("Answer", ["prediction", *ends])
        return lambda table: [plain(value, *last) for value in table.column(output.name).to_list()]
    answer = _struct("Answer", ["prediction", "probabilities", *ends])
    shares = _struct("Probabilities", [class_name(label) for label in output.classes or ()])
    column = output.name + PROBABILITIES

    def words(table: Table) -> list[Any]:
        rows = zip(table.column(output.name).to_list(), table.column(column).values.tolist(), strict=True)
        return [answer(value, shares(*row), *last) for value, row in rows]

    return words


def _are_fields(names: Sequence[str]) -> bool:
    """Few enough, each once, and written without a backslash."""
    plain = all(name.isprintable() and not {'"', "\\"} & set(name) for name in names)
    return plain and len(set(names)) == len(names) <= _MOST_CLASSES


def _struct(title: str, names: Sequence[str]) -> Callable[..., Any]:
    fields = [f"f{place}" for place in range(len(names))]
    return msgspec.defstruct(title, fields, rename=dict(zip(fields, names, strict=True)), gc=False)
