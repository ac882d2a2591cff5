"""The true values, matched to what an output answers with: by type, or refused."""

from typing import Any, NamedTuple

import numpy as np

from boxship.core.column import Array, Column
from boxship.core.contract import Output, Scalar
from boxship.core.type import Type
from boxship.errors import BoxError, DataError
from boxship.validate.meant import OUTLIERS, Meant, advice, labels, spelled
from boxship.validate.outcome import Kind

_SHOWN = 3
_NOTHING: Meant = {}


class Truth(NamedTuple):
    """The target of one output: places in `classes`, or numbers; the rows that have none."""

    name: str
    kind: Kind
    values: Array
    known: Array  # a mask
    classes: tuple[Scalar, ...] = ()


def read_truth(output: Output, name: str, column: Column, meant: Meant = _NOTHING) -> Truth:
    """A null is no truth. Refuses (`data.wrong_target`) what the output could never have answered."""
    refuse_tensor(output)
    known = ~column.nulls()
    if column.type.shape or column.type.kind in ("record", "binary"):
        raise _wrong(output, name, f"{column.type}", "name a column of single values")
    if output.classes is not None:
        return _of_classes(output, name, column, known, meant)
    if output.type == "text":
        return _of_texts(output, name, column, known, meant)
    if Type.parse(output.type).is_float:
        return _of_numbers(output, name, column, known)
    return _of_groups(output, name, column, known, meant)


def refuse_tensor(output: Output) -> None:
    if Type.parse(output.type).shape:
        raise BoxError(
            "check.tensor_output",
            f"output {output.name!r} is {output.type}, and no metric is known for tensors",
            "boxship call answers the rows; measure them with code of your own",
        )


def _of_classes(output: Output, name: str, column: Column, known: Array, meant: Meant) -> Truth:
    """By value: 1 is 1.0 and true, and is not the text "1", unless somebody says so."""
    classes = output.classes or ()
    distinct, places = _distinct(_plain(column), known)
    found = labels(distinct, classes, meant)
    strange = [place for place, label in enumerate(found) if label not in classes]
    if strange:
        values, rows = [distinct[place] for place in strange], int(np.isin(places, strange).sum())
        told = f"{column.type}: {_some(values)}, none of its classes, in {rows} of {int(known.sum())} rows"
        free = [label for label in classes if label not in found]
        held = {spelled(value) for value in distinct}
        used = {value: label for value, label in meant.items() if value in held}
        unused = "".join(f"no row holds {value!r}; " for value in meant if value not in held)
        raise _wrong(output, name, told, unused + advice(values, classes, free, used))
    return _placed(name, known, found, places, classes)


def _of_texts(output: Output, name: str, column: Column, known: Array, meant: Meant) -> Truth:
    """Labels of a model that does not say which there are: those that are true, and later those answered."""
    distinct, places = _distinct(_plain(column), known)
    found = labels(distinct, [*meant.values()], meant)
    if not all(isinstance(label, str) for label in found):
        raise _wrong(output, name, f"{column.type}", _cast_hint(name, ""))
    return _placed(name, known, found, places, tuple(sorted({*map(str, found)})))


def _placed(name: str, known: Array, found: list[Any], places: Array, classes: tuple[Scalar, ...]) -> Truth:
    """From the label of each distinct value to the place of each row's among the classes."""
    codes = np.zeros(len(known), np.intp)
    codes[known] = np.array([classes.index(label) for label in found], np.intp)[places]
    return Truth(name, "classes", codes, known, classes)


def _of_numbers(output: Output, name: str, column: Column, known: Array) -> Truth:
    if not (column.type.is_number or column.type.kind == "bool") and known.any():
        raise _wrong(output, name, f"{column.type}", f"name a column of numbers, or cast {name!r}")
    values = np.where(known, column.values, 0).astype(np.float64) if known.any() else np.zeros(len(column))
    if not np.isfinite(values).all():
        raise _wrong(output, name, "infinite values", "correct them, or make them null")
    return Truth(name, "numbers", values, known)


def _of_groups(output: Output, name: str, column: Column, known: Array, meant: Meant) -> Truth:
    """Of clusters any labels will do; what holds -1 and 1 alone is the truth of an outlier detector."""
    if column.type.is_float and not np.array_equal(np.round(column.values[known]), column.values[known]):
        raise _wrong(output, name, "fractions", "name the column of the true groups")
    distinct, places = _distinct(_plain(column), known)
    found = labels(distinct, OUTLIERS, meant)
    if found and all(label in OUTLIERS for label in found):
        return _placed(name, known, found, places, OUTLIERS)
    codes = np.zeros(len(column), np.intp)
    codes[known] = places
    return Truth(name, "clusters", codes, known)


def _plain(column: Column) -> Array:
    """What is compared with labels: an array of numbers, or of texts."""
    if column.type.is_number or column.type.kind == "bool":
        return column.values
    values = np.empty(len(column), object)
    values[:] = column.to_list()
    return values


def _distinct(values: Array, known: Array) -> tuple[list[Any], Array]:
    """The different known values, and the place of each row's among them."""
    if values.dtype != object:
        found, places = np.unique(values[known], return_inverse=True)
        return found.tolist(), places
    place_of: dict[Any, int] = {}
    rows = [place_of.setdefault(value, len(place_of)) for value in values[known].tolist()]
    return list(place_of), np.array(rows, np.intp)


def _some(values: list[Any]) -> str:
    return ", ".join(repr(one)[:40] for one in values[:_SHOWN]) + ", ..." * (len(values) > _SHOWN)


def _cast_hint(name: str, label: Scalar) -> str:
    kind = "str" if isinstance(label, str) else "int64"
    return f"cast it, in pandas: data[{name!r}] = data[{name!r}].astype({kind!r})"


def _wrong(output: Output, name: str, held: str, hint: str) -> DataError:
    gives = f"the classes {_some(list(output.classes))}" if output.classes else f"{output.type}"
    return DataError(
        "data.wrong_target",
        f"output {output.name!r} answers with {gives}, and the target {name!r} holds {held}",
        hint,
        {"target": name, "output": output.name},
    )
