"""What a check on data found: one value, which JSON, text and HTML are made of."""

from collections.abc import Iterator

import msgspec

from boxship.core.digest import Digest
from boxship.validate.cause import ALL
from boxship.validate.change import Change
from boxship.validate.claim import Claim
from boxship.validate.condition import Held
from boxship.validate.flip import Flips
from boxship.validate.metric import Metric
from boxship.validate.number import Residual, Spread
from boxship.validate.score import Bin
from boxship.validate.weak import Segment

FORMAT = 1


class Rows(msgspec.Struct, frozen=True):
    """Where every row of the data went. `compared` rows were answered by both boxes and have a truth; the
    last two count those that one of the boxes answered and the other did not."""

    total: int
    ok: int
    flagged: int
    rejected: int
    compared: int | None = None
    only_this: int | None = None
    only_other: int | None = None


class Rejected(msgspec.Struct, frozen=True):
    """Why rows were rejected, and how many; a row may have several reasons."""

    field: str
    code: str
    rows: int


class Confusion(msgspec.Struct, frozen=True):
    """True labels down, given ones across; labels of fewer than ten rows are counted together as the last."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Output(msgspec.Struct, frozen=True):
    """One output beside its target. `measured` rows are answered and have a truth."""

    name: str
    target: str
    kind: str
    measured: int
    unknown: int  # rows without a truth
    unanswered: int  # rows with a truth that were rejected
    metrics: tuple[Metric, ...]
    differences: tuple[Metric, ...] = ()
    confusion: Confusion | None = None
    calibration: tuple[Bin, ...] = ()
    roc: tuple[tuple[float, float], ...] = ()
    residuals: tuple[Residual, ...] = ()
    spreads: tuple[Spread, ...] = ()
    other_calibration: tuple[Bin, ...] = ()
    other_roc: tuple[tuple[float, float], ...] = ()
    other_metrics: tuple[Metric, ...] = ()


class Validation(msgspec.Struct, frozen=True):
    """What a check on data found. `failed` says whether a condition holds that it was to fail on."""

    box: Digest
    against: Digest | None
    rows: Rows
    rejected: tuple[Rejected, ...]
    outputs: tuple[Output, ...]
    card: tuple[Claim, ...]
    changes: tuple[Change, ...]
    flips: tuple[Flips, ...]
    segments: tuple[Segment, ...]
    conditions: tuple[Held, ...]
    notes: tuple[str, ...]
    format: int = FORMAT

    def __repr__(self) -> str:
        beside = "" if self.against is None else f" against {self.against.short}"
        first = ", ".join(
            f"{one.name}: {one.metrics[0].name} {one.metrics[0].value}" for one in self.outputs if one.metrics
        )
        counts = f"{self.rows.total} rows, {len(self.findings)} segments worse, failed={self.failed}"
        return f"Validation({self.box.short}{beside}, {first}, {counts})"

    @property
    def failed(self) -> bool:
        return any(one.holds for one in self.conditions)

    @property
    def findings(self) -> tuple[Segment, ...]:
        """The segments that are worse, by more than chance: causes first, what is worse by their rows after them."""
        return tuple(one for one in self.segments if one.finding == "worse")

    @property
    def causes(self) -> tuple[tuple[Segment, tuple[Segment, ...]], ...]:
        """The same, each with those that are worse by its rows alone."""
        by: dict[tuple[str, str], list[Segment]] = {}
        for one in self.findings:
            by.setdefault((one.output, one.by_rows_of), []).append(one)
        first = [one for one in self.findings if not one.by_rows_of]
        return tuple((one, tuple(by.get((one.output, one.segment), ()))) for one in first)

    @property
    def everywhere(self) -> tuple[Segment, ...]:
        """Those of the findings that are no worse than all rows are."""
        return tuple(one for one in self.findings if one.by_rows_of == ALL)

    def plain(self) -> dict[str, object]:
        """What the JSON holds."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        fields |= {"box": str(self.box), "against": None if self.against is None else str(self.against)}
        return {"failed": self.failed, **fields}

    def to_json(self) -> bytes:
        """The same bytes for the same box, data and options."""
        return msgspec.json.encode(self.plain())


def named(report: Validation) -> Iterator[tuple[str, Metric]]:
    """Every number by the name that a condition has for it, an output's name before it where there are several."""
    for output in report.outputs:
        prefix = f"{output.name}/" if len(report.outputs) > 1 else ""
        for one in (*output.metrics, *output.differences):
            yield prefix + one.name, one
    for flips in report.flips:
        prefix = f"{flips.output}/" if len(report.outputs) > 1 else ""
        yield from ((prefix + one.name, one) for one in flips.metrics)
    for segment in report.segments:
        prefix = f"{segment.output}/" if len(report.outputs) > 1 else ""
        yield from _of_segment(prefix, segment, paired=report.against is not None)
    yield "worse_segments", Metric("worse_segments", float(len(report.findings)))
    if report.against is not None:
        worse = sum(one.finding == "worse" for one in report.changes)
        yield "worse_metrics", Metric("worse_metrics", float(worse))


def _of_segment(prefix: str, segment: Segment, *, paired: bool) -> Iterator[tuple[str, Metric]]:
    for name, one in segment.metrics.items():
        key = f"{prefix}{name}@{segment.segment}"
        yield key, Metric(key, one.value, one.low, one.high, rows=segment.rows)
    if paired and segment.delta is not None:
        key = f"{prefix}delta.{segment.metric}@{segment.segment}"
        delta = segment.delta
        yield key, Metric(key, delta.value, delta.low, delta.high, rows=segment.rows)
