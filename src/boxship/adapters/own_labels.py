"""Labels held against the classes that a model says it has."""

from collections.abc import Collection

from boxship.adapters import Level
from boxship.core.column import Array
from boxship.errors import BoxError


def check_labels(values: Array, classes: Collection[Level]) -> None:
    """Raise where a row's label is none of the classes: its probabilities are of those."""
    if not set(values.tolist()) <= set(classes):
        row = next(place for place, one in enumerate(values.tolist()) if one not in classes)
        raise BoxError(
            "model.wrong_label",
            f"the model answered row {row} with a label that is none of its {len(classes)} classes",
            "a label of its classes",
            {"row": row},
        )
