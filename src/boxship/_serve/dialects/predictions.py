"""What most other protocols answer with: a prediction a row, and nothing else."""

from collections.abc import Sequence

from boxship.core.contract import Output
from boxship.core.verdict import Answers


def predictions(outputs: Sequence[Output], answers: Answers) -> list[object]:
    """What the model's own `predict` gives: a label or a number; of several outputs an object.

    Every row has been answered.
    """
    columns = [answers.table.column(output.name).to_list() for output in outputs]
    if len(outputs) == 1:
        return columns[0]
    names = [output.name for output in outputs]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def by_column(outputs: Sequence[Output], answers: Answers) -> object:
    """The same, as a list for each output."""
    columns = {output.name: answers.table.column(output.name).to_list() for output in outputs}
    return columns if len(outputs) > 1 else columns[outputs[0].name]
