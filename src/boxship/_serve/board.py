"""Memory that the workers of a generation share: each counts in a row of its own, anyone may add them up."""

import mmap
import resource
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from boxship._serve.life import Life
from boxship.core.verdict import WORDS, Verdicts
from boxship.monitor.metric import Metric, places, size

# OpenTelemetry's first bucket ends at 5 ms; a twin answers in a fiftieth of that
_SECONDS = (
    *(1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2),
    *(5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)
_STATUSES = (200, 400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 431, 499, 500, 502, 503, 504)
_DEATHS = ("killed", "ended", "hung")
_PLACE = {status: place for place, status in enumerate(_STATUSES)}


def metrics_of(dialects: Sequence[str]) -> tuple[Metric, ...]:
    """What every worker counts, and so what each row holds."""
    codes = tuple((dialect, str(status)) for dialect in dialects for status in _STATUSES)
    each = tuple((dialect,) for dialect in dialects)
    verdicts = tuple((word,) for word in WORDS)
    statuses = tuple((str(status),) for status in _STATUSES)
    deaths = tuple((why,) for why in _DEATHS)
    return (
        Metric("boxship_requests_total", "Requests answered.", "counter", ("protocol", "code"), codes),
        Metric("boxship_turned_away_total", "What was no whole request.", "counter", ("code",), statuses),
        Metric(
            "boxship_request_duration_seconds",
            "From the last byte of a request to the first of its answer.",
            *("histogram", ("protocol",), each, _SECONDS),
        ),
        Metric(
            "boxship_rows_total", "Rows by what the contract said of them.", "counter", ("verdict",), verdicts
        ),
        Metric("boxship_batch_rows", "Rows in one call of the model.", "histogram", bounds=_ROWS),
        Metric(
            "boxship_model_duration_seconds",
            "One call of the model, with its checks.",
            "histogram",
            bounds=_SECONDS,
        ),
        Metric("boxship_requests_in_flight", "Requests that are being answered.", "gauge"),
        Metric("boxship_cpu_seconds_total", "CPU time of the workers.", "counter"),
        Metric("boxship_worker_deaths_total", "Workers that were replaced.", "counter", ("why",), deaths),
    )


class Board:
    """Rows of numbers in shared memory. Made before the first fork; lives as long as any of them."""

    def __init__(self, rows: int, dialects: Sequence[str]) -> None:
        self.metrics = metrics_of(dialects)
        self._dialects = dialects
        self._width = size(self.metrics)
        self._memory = mmap.mmap(-1, 8 * rows * self._width)
        self._numbers = memoryview(self._memory).cast("d")

    def row(self, place: int) -> "Row":
        start = place * self._width
        return Row(self._numbers[start : start + self._width], self._dialects, self.metrics)

    def rows(self) -> Iterator["Row"]:
        return map(self.row, range(len(self._numbers) // self._width))

    def total(self) -> list[float]:
        """What all workers have counted together, those that are gone too."""
        table = np.frombuffer(self._memory).reshape(-1, self._width)
        found: list[float] = table.sum(0).tolist()
        return found


class Place(NamedTuple):
    """A worker's: where it counts, and what its keeper sees of it."""

    board: Board
    row: "Row"
    life: Life


class Row:
    """What one worker counts. Only this worker writes into it."""

    def __init__(
        self, numbers: "memoryview[float]", dialects: Sequence[str], metrics: Sequence[Metric]
    ) -> None:
        self._numbers = numbers
        at = places(metrics)
        self._codes = {
            dialect: at["boxship_requests_total"] + place * len(_STATUSES)
            for place, dialect in enumerate(dialects)
        }
        self._took = {
            dialect: at["boxship_request_duration_seconds"] + place * (len(_SECONDS) + 2)
            for place, dialect in enumerate(dialects)
        }
        self._rows = at["boxship_rows_total"]
        self._batch = at["boxship_batch_rows"]
        self._model = at["boxship_model_duration_seconds"]
        self._flying = at["boxship_requests_in_flight"]
        self._cpu = at["boxship_cpu_seconds_total"]
        self._away = at["boxship_turned_away_total"]
        self._deaths = at["boxship_worker_deaths_total"]

    def begin(self) -> None:
        """A worker takes the row over: counts go on where the last one stopped, nothing is in flight."""
        self._numbers[self._flying] = 0
        self._cpu_before = self._numbers[self._cpu]

    def used(self) -> None:
        """Bring the CPU time up to date."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        self._numbers[self._cpu] = self._cpu_before + used.ru_utime + used.ru_stime

    def died(self, why: str) -> None:
        """Of the row of who keeps the workers."""
        self._numbers[self._deaths + _DEATHS.index(why)] += 1

    def came(self) -> None:
        self._numbers[self._flying] += 1

    def went(self, dialect: str, status: int, seconds: float) -> None:
        """One request, answered or given up."""
        numbers = self._numbers
        numbers[self._flying] -= 1
        numbers[self._codes[dialect] + _PLACE[status]] += 1
        took = self._took[dialect]
        numbers[took + bisect_left(_SECONDS, seconds)] += 1
        numbers[took + len(_SECONDS) + 1] += seconds

    def turned_away(self, status: int) -> None:
        """A connection that brought no whole request."""
        self._numbers[self._away + _PLACE[status]] += 1

    def asked(self, verdicts: Verdicts, rows: int, seconds: float) -> None:
        """One call of the model."""
        numbers = self._numbers
        if verdicts.faults:
            for place, count in enumerate(verdicts.counts().values()):
                numbers[self._rows + place] += count
        else:
            numbers[self._rows] += verdicts.length
        numbers[self._batch + bisect_left(_ROWS, rows)] += 1
        numbers[self._batch + len(_ROWS) + 1] += rows
        numbers[self._model + bisect_left(_SECONDS, seconds)] += 1
        numbers[self._model + len(_SECONDS) + 1] += seconds
