"""The plots of one output: calibration, ROC curve, residuals."""

from collections.abc import Iterator, Sequence
from html import escape

from boxship.validate.plot import Plot, Whisker
from boxship.validate.report import Output
from boxship.validate.score import Bin
from boxship.validate.words import measured, number

_DIAGONAL = [(0.0, 0.0), (1.0, 1.0)]


def figures(output: Output) -> Iterator[str]:
    """Those that it has; the other box, where there is one, in another colour."""
    if output.calibration:
        yield _figure(
            _calibration(output), "Calibration, with 95 % intervals", other=bool(output.other_calibration)
        )
    if output.roc:
        area = next((measured(one) for one in output.metrics if one.name == "auc"), "")
        yield _figure(_roc(output, area), f"ROC curve, area {area}", other=bool(output.other_roc))
    if output.spreads:
        yield _figure(
            _residuals(output), "Residuals by what was predicted: median and quartiles", other=False
        )


def _figure(plot: Plot, caption: str, *, other: bool) -> str:
    key = '; the other box in <span class="key">ochre</span>' if other else ""
    return f"<figure>{plot.svg()}<figcaption>{escape(caption)}{key}</figcaption></figure>"


def _calibration(output: Output) -> Plot:
    told = [f"told {number(one.predicted)}, came true {number(one.observed)}" for one in output.calibration]
    plot = Plot("Calibration", "; ".join(told), ("told probability", 0, 1), ("came true", 0, 1))
    plot.line(_DIAGONAL, "ideal").whiskers(_whiskers(output.other_calibration), "other")
    return plot.whiskers(_whiskers(output.calibration), "one")


def _whiskers(bins: Sequence[Bin]) -> list[Whisker]:
    return [Whisker(one.predicted, one.low, one.observed, one.high) for one in bins]


def _roc(output: Output, area: str) -> Plot:
    plot = Plot("ROC curve", f"area {area}", ("false positives", 0, 1), ("true positives", 0, 1))
    return plot.line(_DIAGONAL, "ideal").line(output.other_roc, "other").line(output.roc, "one")


def _residuals(output: Output) -> Plot:
    low, high = min(one.low for one in output.spreads), max(one.high for one in output.spreads)
    first, last = output.spreads[0].predicted, output.spreads[-1].predicted
    told = [f"predicted {number(one.predicted)}, off by {number(one.middle)}" for one in output.spreads]
    axes = ("predicted", first, last), ("predicted minus true", min(low, 0.0), max(high, 0.0))
    marks = [Whisker(one.predicted, one.low, one.middle, one.high) for one in output.spreads]
    return (
        Plot("Residuals", "; ".join(told), *axes)
        .line([(first, 0), (last, 0)], "ideal")
        .whiskers(marks, "one")
    )
