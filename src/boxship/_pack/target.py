"""Whether the target that was named may be what the model was trained on."""

from collections.abc import Collection, Sequence

import numpy as np

from boxship.adapters import Described, DescribedOutput
from boxship.core.column import Column
from boxship.core.table import Table
from boxship.core.type import MOMENTS
from boxship.errors import DataError

_SHOWN = 3
_CURE = "name the column it was trained on with --target; one that is neither target nor input with --drop"
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
    message = f"the model gives {outputs} outputs, and the targets are {', '.join(map(repr, columns))}"
    if len(columns) == 1 and _may_be_spread(next(iter(columns.values())), outputs):
        return (f"{message}: taken as encoded before training",)
    if outputs == 1 and described.kind == "regressor":
        return (message,)  # as of the time and the event of a survival model
    detail = {"targets": list(columns), "outputs": outputs}
    raise DataError("data.wrong_target", message, "name one target for each output, in their order", detail)


def _may_be_spread(column: Column, outputs: int) -> bool:
    """Whether one output a value may have been made of it, or one a label."""
    return column.type.kind in ("text", "record") or len(_known(column)) == outputs


def _check(
    described: Described, output: DescribedOutput, name: str, column: Column, *, secret: bool
) -> str | None:
    known = _known(column)
    if output.classes is None:
        is_other = column.type.kind in (*MOMENTS, "text", "category", "record", "binary")
        if output.type == "text" or (known and not is_other):
            return None
        raise _wrong(described, "numbers", name, column, "" if secret else _some(known))
    classes = _words(output.classes)
    words = _words(known)
    if words and words <= classes:
        return None
    held = "" if secret else _some(known)
    encoded = len(words) == len(classes) and column.type.kind not in MOMENTS
    fractions = any(isinstance(one, float) and not one.is_integer() for one in words - classes)
    if fractions or not (encoded or words & classes):
        raise _wrong(described, f"the classes {_some(output.classes)}", name, column, held)
    return (
        f"the classes of the model are {_some(output.classes)}, and the target {name!r} holds"
        f" {'others' if secret else _some(known)}: taken as encoded before training"
    )


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


def _wrong(described: Described, gives: str, name: str, column: Column, held: str) -> DataError:
    holds = f"{column.type}" + (f": {held}" if held else "")
    return DataError(
        "data.wrong_target",
        f"the {described.model} gives {gives}, and the target {name!r} holds {holds or 'nulls'}",
        _CURE,
        {"target": name, "type": str(column.type)},
    )
