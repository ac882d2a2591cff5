"""Functions and classes as users write them."""

import asyncio
import json
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def rows_of_dicts(rows):  # type: ignore[no-untyped-def]
    return [row["a"] * 2 + row["b"] for row in rows]


def block(X):  # type: ignore[no-untyped-def]  # noqa: N803
    return X[:, 0] * 2 + X[:, 1]


def columns(given):  # type: ignore[no-untyped-def]
    return given["a"] * 2 + given["b"]


def frame(df: pd.DataFrame) -> pd.Series:
    return df.eval("a * 2 + b")


def array(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows[:, :1] * 2 + rows[:, 1:2]


def fields(a: float, b: float, c: Optional[str] = None) -> float:  # noqa: UP045  # as older code says it
    return a * 2 + b if c is None else 0.0


def one_row(row: dict[str, float]) -> float:
    return 1.0 if row["a"] > 3 else row["b"]


def several(row: dict[str, Any]) -> dict[str, Any]:
    return {"sum": row["a"] + row["b"], "label": "big" if row["a"] > 3 else "small"}


def nested(row: dict[str, Any]) -> dict[str, Any]:
    return {"items": [row["a"], row["b"]]}


def vectors(rows: np.ndarray) -> list[list[float]]:
    return [[float(row[0]), 1.0, 2.0] for row in rows]


def differs(rows):  # type: ignore[no-untyped-def]
    return rows["a"] if isinstance(rows, dict) else np.asarray(rows)[:, 1]


def one_for_all(rows):  # type: ignore[no-untyped-def]
    return float(np.asarray(rows).sum())


def sometimes_none(row: dict[str, float]) -> str | None:
    return None if row["a"] > 3 else "low"


def raises(row: dict[str, float]) -> float:
    raise LookupError("nothing of that kind")


class _YesOrNo:
    classes_ = np.array(["no", "yes"])


class ChangesItsRows(_YesOrNo):
    """Its rows are dicts, which it works on in place, and what lies in them."""

    def predict(self, rows: list[dict[str, Any]]) -> list[str]:
        for row in rows:
            row["a"] -= 3
            if isinstance(row["b"], dict):
                row["b"]["n"] = 9
        return ["yes" if row["a"] > 0 else "no" for row in rows]

    def predict_proba(self, rows: list[dict[str, Any]]) -> list[list[float]]:
        shares = [row["b"]["n"] if isinstance(row["b"], dict) else row["a"] / 6 for row in rows]
        return [[1 - share, share] for share in shares]


class OneRow(_YesOrNo):
    def predict(self, row: dict[str, float]) -> str:
        return "yes" if row["a"] > 3 else "no"

    def predict_proba(self, row: dict[str, float]) -> list[float]:
        return [1 - row["a"] / 6, row["a"] / 6]


class Fields(_YesOrNo):
    def predict(self, a: float, b: float) -> str:
        return "yes" if a + 0 * b > 3 else "no"

    def predict_proba(self, a: float, b: float) -> list[float]:
        return [1 - a / 6, a / 6 + 0 * b]


class SaysMaybe(_YesOrNo):
    def predict(self, row: dict[str, float]) -> str:
        return "maybe" if row["a"] > 3 else "no"

    def predict_proba(self, row: dict[str, float]) -> list[float]:
        return [0.5, 0.5]


class TakesAName(_YesOrNo):
    def __init__(self, name: str) -> None:
        self.name = name

    def predict(self, row: dict[str, float]) -> str:
        return self.name


class TwoForms(_YesOrNo):
    def predict(self, row: dict[str, float]) -> str:
        return "yes"

    def predict_proba(self, rows: pd.DataFrame) -> list[list[float]]:
        return [[0.0, 1.0]] * len(rows)


def takes_nothing() -> float:
    return 0.0


def takes_a_path(rows: Path) -> float:
    return 0.0


async def later(row: dict[str, float]) -> float:
    await asyncio.sleep(0)
    return 0.0


class Scorer:
    """Reads its weights from a file."""

    classes_ = np.array(["no", "yes"])

    def __init__(self, folder: Path) -> None:
        self.weights = np.array(json.loads((folder / "weights.json").read_text()))

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        shares = 1 / (1 + np.exp(-(rows @ self.weights)))
        return np.stack([1 - shares, shares], axis=1)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]


def make_scorer(folder: Path) -> Scorer:
    return Scorer(folder)


class Offset:
    """Its state is in the object itself."""

    def __init__(self, by: float) -> None:
        self.by = by

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] + self.by


class Nothing:
    """Cannot be asked."""
