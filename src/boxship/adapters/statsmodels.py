"""statsmodels: results of regressions, saved or given, asked for the mean of each row."""

import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from boxship.adapters import Described, DescribedOutput, Given, Level
from boxship.adapters.canonical_plain import PlainPickler
from boxship.adapters.statsmodels_formula import read_results, smallest_frame
from boxship.adapters.statsmodels_said import as_exog, said_of
from boxship.adapters.statsmodels_twin import factors_of, lower
from boxship.core.column import Array, Codes
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program

_DAMAGE = (AttributeError, TypeError, ValueError)
_TO_ANSWER = ("model", "params")


class StatsmodelsAdapter:
    """Reads what `results.save` writes; writes the same without the data where it can be without."""

    def load(self, path: Path) -> "StatsmodelsModel":
        try:
            with path.open("rb") as file:
                return StatsmodelsModel(read_results(file))
        except (pickle.UnpicklingError, EOFError, ImportError, LookupError, *_DAMAGE) as error:
            raise BoxError(
                "model.unreadable",
                f"statsmodels cannot read {path.name}: {str(error)[:200]}",
                "save it again with results.save, by the version that is in the environment",
            ) from error

    def ask(self, model: Any, rows: Any) -> Sequence[Given]:
        return StatsmodelsModel(model).ask_raw(rows)

    def write(self, model: Any, folder: Path) -> Path:
        said_of(model)  # refuses what answers no row
        path = folder.joinpath("model").with_suffix(".pickle")
        kept = _without_data(_read(pickle.dumps(model, 5)))
        path.write_bytes(_written(_read(_written(kept))))  # as it is after being read once
        return path


class StatsmodelsModel:
    """Results of a regression, asked with the user's own columns: the column of ones is added here."""

    def __init__(self, results: Any) -> None:
        self._said = said_of(results)
        self._results = results
        self._labels = np.array(self._said.labels, object if _is_text(self._said.labels) else None)

    def describe(self) -> Described:
        said = self._said
        levels = factors_of(self._results) if said.formula else {}
        kind = "text" if _is_text(said.labels) else "int64"
        output = (
            DescribedOutput("prediction", kind, said.labels, probabilities=True)
            if said.labels
            else DescribedOutput("prediction", "float64")
        )
        return Described(
            kind="classifier" if said.labels else "regressor",
            model=said.kind,
            names=said.names,
            count=said.width,
            outputs=(output,),
            levels=levels,
            refused=tuple(levels),
            names_must_match=said.formula,
        )

    def predict(self, table: Table) -> Sequence[Given]:
        return self.ask_raw(_frame(table) if self._said.formula else table.block(table.names, "float64"))

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, a frame or an array."""
        found = np.asarray(self._results.predict(as_exog(rows, self._said)), np.float64)
        if not self._said.labels:
            return [Given(found.reshape(-1), None)]
        shares = np.stack([1 - found.reshape(-1), found.reshape(-1)], axis=1) if found.ndim == 1 else found
        return [Given(self._labels.take(shares.argmax(axis=1)), shares)]

    def lower(self, contract: Contract) -> Program:
        return lower(self._results, self._said, contract)


def _written(results: Any) -> bytes:
    file = io.BytesIO()
    PlainPickler(file).dump(results)
    return file.getvalue()


def _read(written: bytes) -> Any:  # a results object
    return read_results(io.BytesIO(written))


def _without_data(results: Any) -> Any:
    """What is not needed to answer is left behind: the data, and what was computed when somebody asked for
    it. A formula is read again from a frame, of which as little stays as will do."""
    inner = getattr(results, "_results", results)
    model, data = inner.model, inner.model.data
    if hasattr(inner, "_data_attr"):
        inner.remove_data()
    if hasattr(model, "formula"):
        data.frame = smallest_frame(model.formula, data.frame, data.model_spec)
        data.orig_endog = data.orig_exog = data.missing_row_idx = None
    inner.__dict__ = {name: value for name, value in sorted(vars(inner).items()) if name in _TO_ANSWER}
    model.__dict__ = dict(sorted(vars(model).items()))
    data.__dict__ = dict(sorted(vars(data).items()))
    data._cache = {name: one for name, one in data._cache.items() if name == "xnames"}  # noqa: SLF001
    return results


def _frame(table: Table) -> pd.DataFrame:
    """Texts as objects, nulls as NaN or None, whatever else is in the batch."""
    return pd.DataFrame({name: _values(table, name) for name in table.names})


def _values(table: Table, name: str) -> Array:
    column = table.column(name)
    if column.type.kind == "category":
        return Codes(column.values, column.levels).texts()
    if column.nulls().any():
        is_number = column.type.is_number
        return np.array(column.to_list(), object) if not is_number else table.block([name], "float64")[:, 0]
    return column.values


def _is_text(labels: Sequence[Level]) -> bool:
    return any(isinstance(one, str) for one in labels)
