"""What was measured: raw values in rows, with medians, spreads, ratios and targets; as JSON."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"


class Row(msgspec.Struct, frozen=True):
    """One thing measured: the values of each column in the order they were taken, and words beside them."""

    name: str
    values: dict[str, list[float]]
    words: dict[str, str] = {}

    def median(self, column: str) -> float:
        return statistics.median(self.values[column])

    def spread(self, column: str) -> float:
        """Half the distance between the extremes, over the median."""
        values, median = self.values[column], self.median(column)
        return (max(values) - min(values)) / 2 / abs(median) if median else 0.0


class Target(msgspec.Struct, frozen=True):
    """A promise: the median of that cell is at most so much."""

    row: str
    column: str
    at_most: float

    def words(self, result: "Result") -> str:
        found = next((row.median(self.column) for row in result.rows if row.name == self.row), None)
        said = "not measured" if found is None else f"{found:.3g}, {self._judged(found)}"
        return f"{self.row}, {self.column}: at most {self.at_most:g}; {said}"

    def _judged(self, found: float) -> str:
        return "met" if found <= self.at_most else "missed"


class Result(msgspec.Struct, frozen=True):
    """One subject. Ratios are of the medians of the column `ratio`, to the first row's."""

    title: str
    rows: list[Row]
    ratio: str = ""
    targets: list[Target] = []
    command: str = ""
    date: str = ""
    machine: str = ""
    versions: str = ""

    def ratio_of(self, row: Row) -> float | None:
        first = self.rows[0]
        if self.ratio not in row.values or self.ratio not in first.values:
            return None
        return row.median(self.ratio) / first.median(self.ratio)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(column for row in self.rows for column in row.values))

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(word for row in self.rows for word in row.words))


def read(subject: str) -> Result:
    return msgspec.json.decode((RESULTS / f"{subject}.json").read_bytes(), type=Result)


def write(subject: str, result: Result) -> None:
    RESULTS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=1)
    (RESULTS / f"{subject}.json").write_bytes(text + b"\n")


def row_of(name: str, said: Sequence[Mapping[str, float]], **words: str) -> Row:
    """A row from what each run said of the same columns."""
    return Row(name, {column: [round(one[column], 6) for one in said] for column in said[0]}, words)
