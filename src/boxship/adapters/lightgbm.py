"""LightGBM: boosters from its text files and from pickles, with the categories they were trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import Booster, LGBMClassifier, LGBMModel, LGBMRegressor
from lightgbm.basic import LightGBMError

from boxship.adapters import Described, DescribedOutput, Given, Level
from boxship.adapters.booster_whole import check_booster
from boxship.adapters.coded_rows import Levels, coded_rows
from boxship.adapters.estimator_kind import check_kind
from boxship.adapters.lightgbm_text import Header, header_of, with_labels
from boxship.adapters.lightgbm_twin import lower
from boxship.adapters.unpickle import read_object
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program


class LightGBMAdapter:
    """Reads and writes the library's own text; the labels of a classifier stand in a line of it."""

    def load(self, path: Path) -> "LightGBMModel":
        if path.suffix != ".txt":
            model = read_object(path)
            check_booster(getattr(model, "_Booster", model), path)
            return LightGBMModel.of(model)
        try:
            text = path.read_text("utf-8")
            header_of(text)  # first: LightGBM itself would crash on a text that ends too early
            return LightGBMModel(Booster(model_str=text), text)
        except (LightGBMError, ValueError, KeyError) as error:
            raise BoxError(
                "model.unreadable",
                f"LightGBM cannot read {path.name}: {str(error)[:200]}",
                "save it again with save_model, by the version that is in the environment",
            ) from error

    def ask(self, model: Any, rows: Any) -> Sequence[Given]:
        return LightGBMModel.of(model).ask_raw(rows)

    def write(self, model: Any, folder: Path) -> Path:
        path = folder.joinpath("model").with_suffix(".txt")
        path.write_text(LightGBMModel.of(model).text, "utf-8")
        return path


class LightGBMModel:
    """A booster, asked with one block of numbers: categories by their places in the lists of training."""

    def __init__(self, booster: Booster, text: str) -> None:
        self.text = text
        self._booster = booster
        self._header = header_of(text)
        self._lists = _lists(self._header, booster.pandas_categorical or ())
        self._labels = np.array(self._header.labels, None if _are_numbers(self._header.labels) else object)

    @classmethod
    def of(cls, model: Any) -> "LightGBMModel":
        """Of an estimator or of a booster."""
        if not isinstance(model, LGBMModel):
            return cls(model, model.model_to_string())
        if not model.__sklearn_is_fitted__():
            name = type(model).__name__
            raise BoxError("model.not_fitted", f"the {name} has not been fitted", "fit it before you save it")
        text = model.booster_.model_to_string()
        labels = getattr(model, "classes_", None)
        made = cls(model.booster_, text if labels is None else with_labels(text, labels.tolist()))
        header = made._header
        if header.objective:  # an objective of its user's own is answered by its sums alike
            check_kind(_kind_of(model), header.objective, labels=bool(header.labels))
        return made

    def describe(self) -> Described:
        header = self._header
        outputs = self._outputs()
        places, names = {**header.categories, **self._lists}, header.names
        return Described(
            kind="classifier" if outputs[0].classes else "regressor",
            model=f"Booster of {header.objective or 'an objective of its own'}",
            names=header.names,
            count=header.width,
            outputs=outputs,
            levels={names[place]: levels for place, levels in places.items()} if names else {},
            coded=() if names else tuple(places),
        )

    def predict(self, table: Table) -> Sequence[Given]:
        return self._given(self._booster.predict(self._block(table)))

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, a frame or an array."""
        return self._given(self._booster.predict(rows))

    def lower(self, contract: Contract) -> Program:
        return lower(self.text, self._header, self._lists, contract)

    def _block(self, table: Table) -> Array:
        rows = coded_rows(table, self._lists)
        for place in self._lists:  # what is in no list is missing to it
            rows[rows[:, place] < 0, place] = np.nan
        return rows

    def _outputs(self) -> tuple[DescribedOutput, ...]:
        labels, many = self._header.labels, self._header.trees_a_round
        if labels:
            return (DescribedOutput("prediction", _kind(labels), labels, probabilities=True),)
        names = ["prediction"] if many == 1 else [f"output_{place}" for place in range(many)]
        return tuple(DescribedOutput(name, "float64") for name in names)

    def _given(self, found: Any) -> Sequence[Given]:
        columns = np.asarray(found).reshape(len(found), -1)
        if not self._header.labels:
            return [Given(column, None) for column in columns.T]
        shares = np.concatenate([1 - columns, columns], axis=1) if columns.shape[1] == 1 else columns
        return [Given(self._labels.take(shares.argmax(axis=1)), shares)]


def _lists(header: Header, lists: Sequence[Sequence[Level]]) -> Levels:
    """Of the columns that were categories of a frame: by their order, which is all that the file tells."""
    if not lists:
        return {}
    fits = len(lists) == len(header.categories) and all(
        max(codes, default=0) < len(levels)
        for codes, levels in zip(header.categories.values(), lists, strict=True)
    )
    if not fits:
        raise BoxError(
            "model.own_categories",
            f"the model has {len(header.categories)} columns of categories and {len(lists)} lists of them, and does "
            "not say which is whose",
            "make every such column of pandas' category, unordered, name none as categorical_feature, and fit again",
        )
    return dict(zip(header.categories, map(tuple, lists), strict=True))


def _kind_of(model: LGBMModel) -> str:
    if isinstance(model, LGBMClassifier):
        return "classifier"
    return "regressor" if isinstance(model, LGBMRegressor) else ""


def _are_numbers(labels: Sequence[Level]) -> bool:
    return not any(isinstance(one, str) for one in labels)


def _kind(labels: Sequence[Level]) -> str:
    return {bool: "bool", int: "int64", float: "float64"}.get(type(labels[0]), "text")
