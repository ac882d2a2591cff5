"""Steps of one's own, as users write them."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class Chosen(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Takes columns by name, and keeps no names of its own."""

    def __init__(self, columns: Any = ()) -> None:
        self.columns = columns

    def fit(self, _rows: Any, _target: Any = None) -> "Chosen":
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        return rows[list(self.columns)].to_numpy()


class Products(Chosen):
    """Takes an array."""

    def transform(self, rows: Any) -> Any:
        return np.column_stack([rows, rows[:, 0] * rows[:, 1]])


class Spread(Chosen):
    """Takes either, and pandas divides by one less than numpy."""

    def transform(self, rows: Any) -> Any:
        return np.asarray(rows.std(axis=1)).reshape(-1, 1)


class Codes(Chosen):
    """Asks for the codes of a pandas category."""

    def transform(self, rows: Any) -> Any:
        return np.c_[rows["city"].cat.codes]


class Cleaner(Chosen):
    """Takes one text a row, however they are held."""

    def transform(self, rows: Any) -> Any:
        return [text.strip().lower() for text in rows]


class SeriesCleaner(Chosen):
    """Takes a pandas Series of texts."""

    def transform(self, rows: Any) -> Any:
        return rows.str.lower()


def lower(rows: Any) -> Any:
    return rows.apply(lambda column: column.str.lower())


def as_text(rows: Any) -> Any:
    return rows.astype(str)


def by_name(rows: Any) -> Any:
    return rows[["age", "fee"]] / 2
