"""Answers as tensors of the Open Inference Protocol."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from boxship._serve.dialects.binary_tensor import to_bytes
from boxship._serve.dialects.tensor import BYTES, DATATYPES
from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array, Column
from boxship.core.contract import Output
from boxship.core.type import Type
from boxship.core.verdict import REJECTED, WORDS, Answers, Rows

_TEXT = Type("text")


class Given(NamedTuple):
    """One output tensor. A row that was not answered has null in JSON; in bytes NaN, 0, or no bytes."""

    name: str
    type: Type
    column: Callable[[Answers], Column]

    @property
    def datatype(self) -> str:
        return datatype_of(self.type)

    def metadata(self) -> dict[str, object]:
        return {"name": self.name, "datatype": self.datatype, "shape": [-1, *self.type.shape]}

    def head(self, rows: int) -> dict[str, Any]:
        return {"name": self.name, "shape": [rows, *self.type.shape], "datatype": self.datatype}

    def data(self, answers: Answers, absent: Rows) -> list[Any]:
        """Flat, as JSON."""
        column = self.column(answers)
        if self.datatype == BYTES:
            plain = [_text(one) for one in column.to_list()]
            return plain if len(plain) == len(answers) else _placed(plain, answers, None)
        flat = _spread(column.values, answers).reshape(-1).tolist()
        size = self.type.size
        for row in absent.tolist():
            flat[row * size : (row + 1) * size] = [None] * size
        return flat

    def raw(self, answers: Answers) -> bytes:
        """The same as bytes."""
        column = self.column(answers)
        if self.datatype == BYTES:
            plain = [_bytes(one) for one in column.to_list()]
            return to_bytes(plain if len(plain) == len(answers) else _placed(plain, answers, b""))
        return to_bytes(_spread(column.values, answers))


def _verdicts(answers: Answers) -> Column:
    words = np.array(WORDS, object)[answers.verdicts.codes()]
    return Column(_TEXT, words)


VERDICT = Given("verdict", _TEXT, _verdicts)  # for whoever asks; a model's output of that name comes first


def given_of(outputs: Sequence[Output]) -> Sequence[Given]:
    """The values of all outputs, each with its probabilities; a single one has the names of our own answer."""
    found: list[Given] = []
    for output in outputs:
        alone = len(outputs) == 1
        found.append(_of_table("prediction" if alone else output.name, output.name, Type.parse(output.type)))
        if output.probabilities:
            of = output.name + PROBABILITIES
            shares = Type("float64", (len(output.classes or ()),))
            found.append(_of_table(PROBABILITIES[1:] if alone else of, of, shares))
    return found


def datatype_of(type_: Type) -> str:
    return DATATYPES.get(type_.kind, BYTES)


def absent_rows(answers: Answers) -> Rows:
    """Those that have no answer."""
    if answers.verdicts.all_ok:
        return np.empty(0, np.intp)
    return np.flatnonzero(answers.verdicts.codes() == REJECTED)


def _of_table(name: str, column: str, type_: Type) -> Given:
    return Given(name, type_, lambda answers: answers.table.column(column))


def _spread(values: Array, answers: Answers) -> Array:
    """In the rows of the request."""
    if len(values) == len(answers):
        return values
    out = np.full((len(answers), *values.shape[1:]), np.nan if values.dtype.kind == "f" else 0, values.dtype)
    out[answers.positions] = values
    return out


def _placed(values: Sequence[Any], answers: Answers, absent: Any) -> list[Any]:
    out = [absent] * len(answers)
    for row, value in zip(_places(answers), values, strict=True):
        out[row] = value
    return out


def _places(answers: Answers) -> Sequence[int]:
    found: Sequence[int] = range(len(answers)) if answers.positions is None else answers.positions.tolist()
    return found


def _text(value: object) -> object:
    """As text that JSON holds; null as it is."""
    if value is None or isinstance(value, str):
        return value
    plain = msgspec.to_builtins(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    text = _text(value)
    return b"" if text is None else str(text).encode()
