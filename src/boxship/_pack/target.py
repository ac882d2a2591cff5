"""Whether the target that was named may be what the model was trained on."""

from collections.abc import Collection, Sequence

import numpy as np

from boxship.adapters import Described, DescribedOutput
from boxship.core.column import Column
from boxship.core.table import Table
from boxship.core.type import MOMENTS
from boxship.errors import DataError

_SHOWN = 3
_LABELS = 10  # different texts that may have been numbered for a regressor
_CURE = "name the column it was trained on with --target; one that is neither target nor input with --drop"
_ONE_EACH = "name one target for each output, in their order; --drop COLUMN leaves out what is neither"
Words = frozenset[str | float]


def check_target(
    described: Described, table: Table, targets: Sequence[str], secret: Collection[str] = ()
) -> tuple[str, ...]:
    """What is odd about the target; raises where the model cannot have been trained on it.

    A target that was encoded before training (yes for 1) is only told: it has as many values as classes.
    """
    if not targets or described.kind not in ("classifier", "regressor"):
        return ()
    columns = {name: table.column(name) for name in targets}
    if sum(column.type.size for column in columns.values()) != len(described.outputs):
        return _miscounted(described, columns)
    if len(columns) != len(described.outputs):
        return ()  # one holds lists
    notes = (
        _check(described, output, name, column, secret=name in secret)
        for output, (name, column) in zip(described.outputs, columns.items(), strict=True)
    )
    return tuple(note for note in notes if note)


def _miscounted(described: Described, columns: dict[str, Column]) -> tuple[str, ...]:
    outputs = len(described.outputs)
    message = f"outputs of the model: {outputs}, targets: {', '.join(map(repr, columns))}"
    if len(columns) == 1 and _may_be_spread(next(iter(columns.values())), outputs):
        return (f"{message}: taken as encoded before training",)
    if outputs == 1 and described.kind == "regressor":
        return (message,)  # as of the time and the event of a survival model
    detail = {"targets": list(columns), "outputs": outputs}
    raise DataError("data.wrong_target", message, _ONE_EACH, detail)


def _may_be_spread(column: Column, outputs: int) -> bool:
    """Whether one output a value may have been made of it, or one a label."""
    return column.type.kind in ("text", "record") or len(_known(column)) == outputs


def _check(
    described: Described, output: DescribedOutput, name: str, column: Column, *, secret: bool
) -> str | None:
    known = _known(column)
    if output.classes is None and output.type == "text":
        return None
    fits = _fits_numbers(column, known) if output.classes is None else _fits_classes(output, column, known)
    if fits is True:
        return None
    gives = "numbers" if output.classes is None else f"the classes {_some(output.classes)}"
    held = str(column.type) + ("" if secret else f": {_some(known)}" if known else ", and nothing but nulls")
    message = f"the {described.model} gives {gives}, and the target {name!r} holds {held}"
    if fits is None:
        return f"{message}; taken as encoded before training"
    raise DataError("data.wrong_target", message, _CURE, {"target": name, "type": str(column.type)})


def _fits_numbers(column: Column, known: Sequence[object]) -> bool | None:
    """Whether they are what a regressor is trained on; None where they may have been encoded to be so."""
    if column.type.kind in ("text", "category"):
        return None if 0 < len(known) <= _LABELS else False
    return bool(known) and column.type.kind not in (*MOMENTS, "record", "binary")


def _fits_classes(output: DescribedOutput, column: Column, known: Sequence[object]) -> bool | None:
    """The same for the classes of a classifier."""
    classes, words = _words(output.classes or ()), _words(known)
    if words and words <= classes:
        return True
    encoded = len(words) == len(classes) and column.type.kind not in MOMENTS
    fractions = any(isinstance(one, float) and not one.is_integer() for one in words - classes)
    return False if fractions or not (encoded or words & classes) else None


def _known(column: Column) -> list[object]:
    """The different values, but for nulls."""
    if column.type.is_number:
        return list(np.unique(column.values[~column.nulls()]).tolist())
    return list(dict.fromkeys(str(one) for one in column.to_list() if one is not None))


def _words(values: Collection[object]) -> Words:
    """For comparing loosely: 1, 1.0, True and "1" are one."""
    return frozenset(map(_word, values))


def _word(value: object) -> str | float:
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(text.lower(), text)


def _some(values: Collection[object]) -> str:
    return ", ".join(repr(one)[:40] for one in list(values)[:_SHOWN]) + ", ..." * (len(values) > _SHOWN)
