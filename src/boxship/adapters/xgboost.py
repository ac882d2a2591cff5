"""XGBoost: boosters from its own files and from pickles, asked as they lie in memory."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from xgboost import Booster, DMatrix, XGBClassifier, XGBModel, XGBRegressor, __version__
from xgboost.core import XGBoostError

from boxship.adapters import Described, DescribedOutput, Given, Level
from boxship.adapters.booster_whole import check_booster
from boxship.adapters.coded_rows import coded_rows
from boxship.adapters.estimator_kind import check_kind
from boxship.adapters.unpickle import read_object
from boxship.adapters.xgboost_categories import levels_of
from boxship.adapters.xgboost_file import refuse_newer
from boxship.adapters.xgboost_twin import Learner, learner_of, lower
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program

_NATIVE = (".json", ".ubj")
_SHARES = ("binary:logistic", "multi:softprob")
_LABELS = {
    "binary:hinge": 2,
    "multi:softmax": 0,
}  # without probabilities; so many classes, or those of the model


class XGBoostAdapter:
    """Reads and writes the library's own format; a pickle holds an estimator or a booster."""

    def load(self, path: Path) -> "XGBoostModel":
        if path.suffix not in _NATIVE:
            model = read_object(path)
            check_booster(getattr(model, "_Booster", model), path)
            return XGBoostModel.of(model)
        refuse_newer(path, __version__)
        try:
            return XGBoostModel.of(Booster(model_file=path))
        except (XGBoostError, KeyError, TypeError, ValueError) as error:
            raise BoxError(
                "model.unreadable",
                f"XGBoost {__version__} cannot read {path.name}: {_words(error)}",
                "save it again with save_model, by the version that is in the environment",
            ) from error

    def ask(self, model: Any, rows: Any) -> Sequence[Given]:
        return XGBoostModel.of(model).ask_raw(rows)

    def write(self, model: Any, folder: Path) -> Path:
        asked = XGBoostModel.of(model)  # refuses what is not fitted
        if not np.isnan(asked.missing):
            raise BoxError(
                "model.unpicklable",
                f"the model takes {asked.missing:g} for missing, which XGBoost's own format does not keep",
                "replace it by NaN in the data and fit again, or save the model with joblib and give the file",
            )
        path = folder.joinpath("model").with_suffix(".ubj")
        model.save_model(path)
        return path


def _words(error: Exception) -> str:
    """The line that says what is wrong, without when, where in XGBoost, and who called it."""
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return re.sub(r"^\[[\d:]+\] (\S+:\d+: )?", "", first)[:200]


class XGBoostModel:
    """A booster, asked with one block of numbers: categories by their places in the lists of training."""

    def __init__(self, booster: Booster, *, missing: float, trees: tuple[int, int]) -> None:
        booster.set_param({"device": "cpu"})
        self.missing = missing
        self._booster = booster
        self._rounds = trees
        self._learner = learner_of(booster)
        self._levels = levels_of(booster)

    @classmethod
    def of(cls, model: Any) -> "XGBoostModel":
        """Of an estimator, or of a booster; one that an estimator wrote stops where it was stopped early."""
        if isinstance(model, XGBModel):
            _check_fitted(model)
            booster, missing = model.get_booster(), float(model.missing)
        else:
            booster, missing = model, float("nan")
        found = learner_of(booster)
        check_kind(_kind_of(model, booster), found.objective, labels=_gives_labels(found))
        stops = isinstance(model, XGBModel) or booster.attr("scikit_learn") is not None
        best = booster.attr("best_iteration") if stops else None
        return cls(booster.copy(), missing=missing, trees=(0, 0 if best is None else int(best) + 1))

    def describe(self) -> Described:
        learner = self._learner
        outputs = _outputs(learner)
        names = tuple(self._booster.feature_names or ())
        levels = {names[place]: found for place, found in self._levels.items()}  # of a frame, which has names
        return Described(
            kind="classifier" if outputs[0].classes else "regressor",
            model=f"Booster of {learner.objective}",
            names=names or None,
            count=self._booster.num_features(),
            outputs=outputs,
            levels=levels,
            refused=tuple(levels),
        )

    def predict(self, table: Table) -> Sequence[Given]:
        rows = self._block(table)
        if self._learner.booster == "gblinear":  # the one that does not take them in place
            return self._given(
                self._booster.predict(DMatrix(rows, missing=self.missing), validate_features=False)
            )
        found = self._booster.inplace_predict(
            rows, iteration_range=self._rounds, missing=self.missing, validate_features=False
        )
        return self._given(found)

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, a frame or an array."""
        matrix = DMatrix(
            rows,
            missing=self.missing,
            feature_names=self._booster.feature_names,
            enable_categorical=bool(self._levels),
        )
        return self._given(self._booster.predict(matrix, iteration_range=self._rounds))

    def lower(self, contract: Contract) -> Program:
        return lower(
            self._booster,
            self._learner,
            self._levels,
            contract,
            missing=self.missing,
            rounds=self._rounds[1],
        )

    def _block(self, table: Table) -> Array:
        """Raises on a category that is in no list, as XGBoost does."""
        rows = coded_rows(table, self._levels)
        for place in self._levels:
            if (rows[:, place] < 0).any():
                raise ValueError(f"{table.names[place]!r} holds a category that the model was not trained on")
        return rows

    def _given(self, found: Array) -> Sequence[Given]:
        learner = self._learner
        columns = found.reshape(len(found), -1)
        if learner.objective == "multi:softprob":
            return [Given(columns.argmax(axis=1), columns)]
        return [self._one(column) for column in columns.T]

    def _one(self, column: Array) -> Given:
        if self._learner.objective == "binary:logistic":
            return Given((column > 0.5).astype(np.int64), np.stack([1 - column, column], axis=1))
        if self._learner.objective in _LABELS:
            return Given(column.astype(np.int64), None)
        return Given(column, None)


def _outputs(learner: Learner) -> tuple[DescribedOutput, ...]:
    names = (
        ["prediction"] if learner.targets == 1 else [f"output_{place}" for place in range(learner.targets)]
    )
    if not _gives_labels(learner):
        return tuple(DescribedOutput(name, "float32") for name in names)
    classes: tuple[Level, ...] = tuple(range(max(learner.classes, 2)))
    has_shares = learner.objective in _SHARES
    return tuple(DescribedOutput(name, "int64", classes, has_shares) for name in names)


def _gives_labels(learner: Learner) -> bool:
    return learner.objective in _SHARES or learner.objective in _LABELS


def _kind_of(model: Any, booster: Booster) -> str:
    """Of the estimator, or of the one that wrote the booster's file, which says so in it."""
    if isinstance(model, XGBModel):
        return (
            "classifier"
            if isinstance(model, XGBClassifier)
            else "regressor" * isinstance(model, XGBRegressor)
        )
    said = msgspec.json.decode(booster.attr("scikit_learn") or "{}", type=dict[str, Any])
    return str(said.get("_estimator_type", ""))


def _check_fitted(model: XGBModel) -> None:
    if not model.__sklearn_is_fitted__():
        name = type(model).__name__
        raise BoxError("model.not_fitted", f"the {name} has not been fitted", "fit it before you save it")
