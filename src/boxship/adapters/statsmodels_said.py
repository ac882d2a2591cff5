"""What results of statsmodels say of themselves: the kind of model, its columns, its labels."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from boxship.adapters import Level
from boxship.adapters.statsmodels_formula import check_formula, variables_of
from boxship.errors import BoxError

SUMS = ("GLS", "GLSAR", "OLS", "QuantReg", "RLM", "WLS")
RATES = ("GeneralizedPoisson", "NegativeBinomial", "NegativeBinomialP", "Poisson")
TWO = ("Logit", "Probit")
SEVERAL = "MNLogit"
GENERAL = "GLM"
_KINDS = (*SUMS, *RATES, *TWO, SEVERAL, GENERAL)
_CONST = "const"


class Said(NamedTuple):
    """Results in short."""

    kind: str
    names: tuple[str, ...] | None  # of the columns that a row has
    width: int
    const: int | None  # where among the parameters the column of ones stands, if no row has it
    labels: tuple[Level, ...]
    formula: bool


def said_of(results: Any) -> Said:
    """Raises `BoxError` for results of a kind that does not answer a row by itself."""
    model: Any = getattr(results, "model", None)
    kind = type(model).__name__
    if (
        kind not in _KINDS
        or not type(model).__module__.startswith("statsmodels.")
        or not hasattr(results, "params")
    ):
        raise _no_row(type(results if model is None else model))
    if _is_moved(model):
        raise BoxError(
            "model.unsupported_input",
            f"the {kind} was fitted with an offset or an exposure, which is no column of a row",
            "put its logarithm among the columns, or fit rates with weights",
        )
    labels = _labels(model) if kind == SEVERAL else (0, 1) if kind in TWO else ()
    if hasattr(model, "formula"):
        check_formula(model.formula)
        asked = tuple(name for name in variables_of(model.formula) if name in model.data.frame.columns)
        return Said(kind, asked, len(asked), None, labels, formula=True)
    width = np.shape(results.params)[0] - int(getattr(model, "k_extra", 0) or 0)
    written = list(model.exog_names or ())[:width]  # none where they were saved without their data
    named = type(model.data).__name__ == "PandasData" and bool(written)
    const = _const(model, written, named=named)
    names = tuple(name for place, name in enumerate(written) if place != const) if named else None
    return Said(kind, names, width - (const is not None), const, labels, formula=False)


def _is_moved(model: Any) -> bool:
    if type(model).__name__ == GENERAL:
        return bool(model._has_offset or model._has_exposure)  # noqa: SLF001
    return any(name in vars(model) for name in ("offset", "exposure"))  # also where the data was removed


def _const(model: Any, written: list[str], *, named: bool) -> int | None:
    """The column that `add_constant` made; another that does not vary is a column of the rows."""
    place = getattr(model.data, "const_idx", None)
    if place is None or not written or written[place] != _CONST:
        return None
    seen = getattr(model, "exog", None)
    if seen is not None:
        return int(place) if (np.asarray(seen)[:, place] == 1).all() else None
    return int(place) if named else None  # without the data, a name that nobody gave tells nothing


def _labels(model: Any) -> tuple[Level, ...]:
    """statsmodels keeps all labels as texts; where each is a number they are numbers again."""
    texts = [str(model._ynames_map[place]) for place in sorted(model._ynames_map)]  # noqa: SLF001
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return tuple(texts)
    return tuple(map(int, numbers)) if all(map(float.is_integer, numbers)) else tuple(numbers)


def _no_row(kind: type) -> BoxError:
    return BoxError(
        "model.unsupported_kind",
        f"the model is a {kind.__module__}.{kind.__name__}, of which it is not known that it answers a row by itself",
        f"these are: {', '.join(_KINDS)}",
    )


def as_exog(rows: Any, said: Said) -> Any:  # what `predict` takes
    """Rows as the user has them, with the column of ones where the model expects it."""
    if said.formula:
        return rows
    if isinstance(rows, pd.DataFrame):
        rows = rows[list(said.names)] if said.names else rows
    block = np.asarray(rows, np.float64)
    block = block[:, None] if block.ndim == 1 else block
    return block if said.const is None else np.insert(block, said.const, 1.0, axis=1)
