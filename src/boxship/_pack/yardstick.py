"""A target as what answers are measured by: how wrong each is."""

from typing import NamedTuple

import numpy as np

from boxship.core.column import Array, Column
from boxship.core.contract import Output
from boxship.core.type import Type


class Yardstick(NamedTuple):
    """A target, and how wrong answers to it are: 0 or 1 a row for labels, distances for numbers."""

    values: Array
    labels: bool

    def wrong(self, given: Array) -> Array:
        if self.labels:
            return np.asarray(given != self.values, np.float64)
        return np.abs(given.astype(np.float64) - self.values)

    @property
    def scale(self) -> float:
        """What being wrong is measured in."""
        return 1.0 if self.labels else float(np.abs(self.values - np.median(self.values)).mean())

    @property
    def constant(self) -> object:
        """What is the least wrong of all that are the same in every row."""
        if not self.labels:
            return float(np.median(self.values))
        found, counts = np.unique(self.values, return_counts=True)
        return found[counts.argmax()]

    def take(self, rows: Array) -> "Yardstick":
        return Yardstick(self.values[rows], self.labels)


def read_yardstick(output: Output, target: Column) -> Yardstick | None:
    """None where the target is not spelled as the model answers."""
    if target.type.shape or target.type.kind in ("record", "binary"):
        return None
    values: list[object] = target.to_list()
    if output.classes is not None:
        known = {value for value, null in zip(values, target.nulls(), strict=True) if not null}
        if not known <= {*output.classes}:
            return None
        place_of = {label: place for place, label in enumerate(output.classes)}
        return Yardstick(np.array([place_of.get(value, -1) for value in values]), labels=True)  # type: ignore[call-overload]  # a label or null
    is_number = target.type.is_number or target.type.kind == "bool"
    if not is_number or not Type.parse(output.type).is_float or Type.parse(output.type).shape:
        return None
    return Yardstick(np.where(target.nulls(), 0, target.values).astype(np.float64), labels=False)
