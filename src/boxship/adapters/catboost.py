"""CatBoost: models from its own files, from pickles and as objects, asked by the columns of training."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from catboost import CatBoost, CatBoostError

from boxship.adapters import Described, DescribedOutput, Given, Level
from boxship.adapters.catboost_said import EACH_LABEL, said_of
from boxship.adapters.catboost_twin import lower
from boxship.adapters.unpickle import read_object
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program

_NATIVE = (".cbm", ".json")
_OF_TRAINING = ("model_guid", "output_options", "train_finish_time", "training")  # told beside the model
_EXPONENTS = ("Poisson", "Tweedie")  # of which CatBoostRegressor answers the exponent
_UNCERTAIN = "RMSEWithUncertainty"


class CatBoostAdapter:
    """Reads the library's own formats and pickles; writes `.cbm`, without when and where it was trained."""

    def load(self, path: Path) -> "CatBoostModel":
        if path.suffix not in _NATIVE:
            return CatBoostModel(read_object(path))
        try:
            return CatBoostModel(_read(path))
        except (CatBoostError, KeyError, TypeError, ValueError) as error:
            raise BoxError(
                "model.unreadable",
                f"CatBoost cannot read {path.name}: {str(error).strip().splitlines()[-1][:200]}",
                "save it again with save_model, by the version that is in the environment",
            ) from error

    def ask(self, model: Any, rows: Any) -> Sequence[Given]:
        return CatBoostModel(model).ask_raw(rows)

    def write(self, model: Any, folder: Path) -> Path:
        CatBoostModel(model)  # refuses what is not fitted
        path = folder.joinpath("model").with_suffix(".cbm")
        with tempfile.TemporaryDirectory() as aside:
            first = str(Path(aside) / "model")
            model.save_model(first)
            kept = CatBoost().load_model(first)
        told = kept.get_metadata()
        for name in {*_OF_TRAINING} & {*told.keys()}:
            del told[name]
        kept.save_model(str(path))
        return path


class CatBoostModel:
    """A model, asked with one block of numbers; with objects where it has columns of categories or texts."""

    def __init__(self, model: CatBoost) -> None:
        self._model = model
        self._said = said = said_of(model)
        self._labels = np.array(said.labels, object if _type(said.labels) == "text" else None)

    def describe(self) -> Described:
        said = self._said
        return Described(
            kind="classifier" if said.labels else "regressor",
            model=f"{type(self._model).__name__} of {said.loss}",
            names=said.names,
            count=said.width,
            outputs=self._outputs(),
            texts=self._named(said.texts),
            coded=self._named(said.categories),
            names_must_match=bool(said.names and said.in_words),
        )

    def predict(self, table: Table) -> Sequence[Given]:
        return self.ask_raw(self._rows(table))

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, a frame or an array."""
        said = self._said
        if said.loss in EACH_LABEL:
            there = (
                self._asked(rows, "RawFormulaVal") > 0
                if said.threshold is None
                else self._asked(rows, "Class")
            )
            pairs = zip(there.T.astype(np.int64), self._asked(rows, "Probability").T, strict=True)
            return [Given(is_there, np.stack([1 - share, share], 1)) for is_there, share in pairs]
        if said.labels:
            return [Given(self._labels.take(self._chosen(rows)), self._asked(rows, "Probability"))]
        kind = "Exponent" if said.loss in _EXPONENTS else "RawFormulaVal"
        found = self._asked(rows, _UNCERTAIN if said.loss == _UNCERTAIN else kind)
        return [Given(column, None) for column in found.T]

    def lower(self, contract: Contract) -> Program:
        return lower(self._model, self._said, contract)

    def _named(self, places: Sequence[int]) -> tuple[str | int, ...]:
        names = self._said.names
        return tuple(names[place] for place in places) if names else tuple(places)

    def _asked(self, rows: Any, kind: str) -> Array:
        found = np.asarray(CatBoost.predict(self._model, rows, prediction_type=kind))
        return found if found.ndim == 2 else found[:, None]

    def _chosen(self, rows: Any) -> Array:
        """The places of the labels: by the sums, which costs a tenth of having CatBoost name each."""
        sums = self._asked(rows, "RawFormulaVal")
        if self._said.threshold is None:
            return (sums[:, 0] > 0).astype(np.intp) if sums.shape[1] == 1 else sums.argmax(axis=1)
        named = self._asked(rows, "Class")[:, 0].tolist()
        return np.array([self._said.labels.index(label) for label in named], np.intp)

    def _rows(self, table: Table) -> Array:
        said = self._said
        if not said.in_words:
            return table.block(table.names, "float64")
        rows = np.empty((table.length, len(table.names)), object)
        for place, name in enumerate(table.names):
            if place in said.categories or place in said.texts:
                rows[:, place] = table.column(name).to_list()
            else:
                rows[:, place] = table.block([name], "float64")[:, 0]
        return rows

    def _outputs(self) -> tuple[DescribedOutput, ...]:
        said = self._said
        names = ["prediction"] if said.wide == 1 else [f"output_{place}" for place in range(said.wide)]
        if said.loss in EACH_LABEL:
            return tuple(DescribedOutput(name, "int64", (0, 1), probabilities=True) for name in names)
        if said.labels:
            return (DescribedOutput("prediction", _type(said.labels), said.labels, probabilities=True),)
        if said.loss == _UNCERTAIN:
            names = ["mean", "variance"]
        return tuple(DescribedOutput(name, "float64") for name in names)


def _read(path: Path) -> CatBoost:
    """The model of a file; of a JSON that is not whole CatBoost would make a model without trees."""
    model = CatBoost().load_model(str(path), format=path.suffix[1:])
    if path.suffix == ".json":
        written = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if model.tree_count_ != len(written.get("oblivious_trees", written.get("trees", ()))):
            raise ValueError("it is no model of trees")
    return model


def _type(labels: Sequence[Level]) -> str:
    return {bool: "bool", int: "int64", float: "float64"}.get(type(labels[0]) if labels else int, "text")
