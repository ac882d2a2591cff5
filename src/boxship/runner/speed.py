"""How long a model and its twin take to answer, asked in the same way."""

import time

from boxship.adapters import Model
from boxship.core.table import Table
from boxship.twin.record import Speed

_ROWS = (1, 1024)
_MOST_S, _MOST = 0.1, 50


def compare_speed(model: Model, twin: Model, sample: Table) -> tuple[Speed, ...]:
    """For as many rows of the sample as are told apart; nothing where the model answers none of them."""
    sizes = sorted({min(rows, sample.length) for rows in _ROWS} - {0})
    try:
        return tuple(
            Speed(rows, _best_us(model, sample.between(0, rows)), _best_us(twin, sample.between(0, rows)))
            for rows in sizes
        )
    except Exception:  # noqa: BLE001  # a model may raise anything on a row, and that is told elsewhere
        return ()


def _best_us(model: Model, rows: Table) -> float:
    """The shortest of some calls: what disturbs the machine only adds to it."""
    model.predict(rows)
    taken: list[float] = []
    while len(taken) < _MOST and (len(taken) < 2 or sum(taken) < _MOST_S):
        started = time.perf_counter()
        model.predict(rows)
        taken.append(time.perf_counter() - started)
    return round(min(taken) * 1e6, 1)
