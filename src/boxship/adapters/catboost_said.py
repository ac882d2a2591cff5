"""What a CatBoost model says of itself: its loss, its labels, its columns."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from catboost import CatBoost

from boxship.adapters import Level
from boxship.errors import BoxError

EACH_LABEL = ("MultiLogloss", "MultiCrossEntropy")  # there or not, by itself

_THRESHOLD = "binclass_probability_threshold"


class Said(NamedTuple):
    """A fitted model in short."""

    loss: str
    labels: tuple[Level, ...]  # of a classifier
    wide: int  # how many numbers its trees give a row
    width: int
    names: tuple[str, ...] | None
    categories: tuple[int, ...]  # columns, by place
    texts: tuple[int, ...]
    threshold: str | None  # of the second of two labels, where it was set

    @property
    def in_words(self) -> bool:
        """Whether any column is no number to it."""
        return bool(self.categories or self.texts)


def said_of(model: CatBoost) -> Said:
    """Raises `BoxError` for a model that is not fitted, or takes what no box gives."""
    if not model.is_fitted():
        name = type(model).__name__
        raise BoxError("model.not_fitted", f"the {name} has not been fitted", "fit it before you save it")
    if model.get_embedding_feature_indices():
        raise BoxError(
            "model.unsupported_input",
            "the model takes embeddings as columns of CatBoost's own, and a box gives numbers and texts",
            "train on the numbers of the embedding, a column each",
        )
    names = tuple(model.feature_names_)
    plain = names == tuple(map(str, range(len(names))))
    rows = np.zeros((1, len(names)), object)
    for place in (*model.get_cat_feature_indices(), *model.get_text_feature_indices()):
        rows[0, place] = ""
    told = model.get_metadata()
    return Said(
        _loss(told),
        tuple(np.asarray(model.classes_).tolist()),
        np.atleast_2d(CatBoost.predict(model, rows, prediction_type="RawFormulaVal")).reshape(-1).size,
        len(names),
        None if plain else names,
        tuple(model.get_cat_feature_indices()),
        tuple(model.get_text_feature_indices()),
        told[_THRESHOLD] if _THRESHOLD in told.keys() else None,  # noqa: SIM118  # it is no whole mapping
    )


def _loss(told: Mapping[str, str]) -> str:
    """Its name, or nothing where the model was not trained but made of others."""
    if "params" not in told.keys():  # noqa: SIM118  # it is no whole mapping
        return ""
    return str(msgspec.json.decode(told["params"])["loss_function"]["type"])
