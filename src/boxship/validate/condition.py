"""What a check is to fail on: `auc<0.9, flips>2%, accuracy@region=south:lower<0.8`."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from boxship.core.name import did_you_mean, names_hint
from boxship.errors import UsageError
from boxship.validate.claim import usual
from boxship.validate.metric import Metric

End = Literal["value", "lower", "upper"]
_COMMA = re.compile(r"(?<=[\d.%])\s*,")  # one behind a number ends a condition; others are part of a name
_FORM = re.compile(r"(.+?)(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%?)")
_EXAMPLE = "metric<number, such as 'auc<0.9, flips>2%' or 'accuracy@region=south:lower<80%'"


# what is measured row by row, and the differences that segments are judged by
BY_SEGMENT = ("accuracy", "log_loss", "brier", "mae", "bias", "delta.accuracy", "delta.mae")


class Condition(msgspec.Struct, frozen=True):
    """One condition as asked for. `of` is the metric, with its segment, if any."""

    text: str
    of: str
    end: End
    sign: str
    number: float

    def holds(self, value: float) -> bool:
        return {
            "<": value < self.number,
            "<=": value <= self.number,
            ">": value > self.number,
            ">=": value >= self.number,
        }[self.sign]


class Held(msgspec.Struct, frozen=True):
    """A condition beside what was found. One that cannot be decided holds: nobody has shown that it does not."""

    condition: str
    holds: bool
    value: float | None
    words: str


def parse(text: str) -> tuple[Condition, ...]:
    """The conditions of a text; `check.bad_condition` names the one that is none."""
    parts = [part.strip() for part in _COMMA.split(text)]
    if parts and not parts[-1]:
        del parts[-1]  # a comma at the end
    if not parts:
        raise _bad(text, "there is no condition")
    return tuple(map(_parsed, parts))


def _parsed(text: str) -> Condition:
    if "==" in text or "!=" in text:
        raise _bad(text, "a measured number is never exactly another: use <, <=, > or >=")
    match = _FORM.fullmatch(text)
    if match is None:
        raise _bad(text, "a condition is a metric, one of < <= > >=, and a number")
    left, sign, digits, percent = match.groups()
    of, _, end = left.strip().rpartition(":")
    if end not in ("lower", "upper"):
        of, end = left.strip(), "value"
    number = float(digits) / (100 if percent else 1)
    if not math.isfinite(number):
        raise _bad(text, f"{digits} is too large")
    return Condition(text, of.strip(), end, sign, number)  # type: ignore[arg-type]  # one of three words


def _bad(text: str, why: str) -> UsageError:
    return UsageError("check.bad_condition", f"{text[:200]!r} is no condition: {why}", _EXAMPLE)


def refuse_unknown(conditions: Sequence[Condition], names: Sequence[str], segments: Sequence[str]) -> None:
    """Before anything is measured: metrics and segments that there cannot be, whatever the rows hold."""
    for one in conditions:
        metric, at, segment = (part.strip() for part in one.of.partition("@"))
        known = [name for name in names if not at or name.rpartition("/")[2] in BY_SEGMENT]
        if _bare(metric) not in map(_bare, known):
            raise _unknown(one, metric, known, "measured by segment" if at else "measured")
        if at and segment != "*" and not any(_may_be(segment, label) for label in segments):
            message = f"{one.text!r} asks for the segment {segment!r}, and there is none"
            hint = names_hint("--segment makes segments of a column; the segments are", segment, segments)
            raise UsageError("check.unknown_segment", message, hint)


def _unknown(one: Condition, metric: str, known: Sequence[str], how: str) -> UsageError:
    of_two = "delta." in metric or "flips" in metric
    hint = names_hint(f"{how} are", usual(metric), known)
    stem, _, end = metric.rpartition(":")
    if stem in known:
        hint = names_hint("the ends of an interval are", end, ("lower", "upper"))
    if of_two and not any("delta." in name for name in known):
        hint = "flips and differences are between two boxes: name the other with --against"
    message = f"{one.text!r} asks for {metric!r}, which is not {how} here"
    return UsageError("check.unknown_metric", message, hint, {"known": list(known)})


def _may_be(segment: str, label: str) -> bool:
    """Whether it is that one, or another value of its column: one that these rows may lack."""
    return _bare(segment) == _bare(label) or (
        "=" in segment and segment.partition("=")[0] == label.partition("=")[0]
    )


def judge(conditions: Sequence[Condition], found: Mapping[str, Metric]) -> tuple[Held, ...]:
    """Every condition beside what was found. `@*` is every segment: the one that is worst off decides."""
    by_bare = {_bare(name): one for name, one in found.items()}
    return tuple(_judged(one, by_bare) for one in conditions)


def _judged(one: Condition, found: Mapping[str, Metric]) -> Held:
    key = _bare(one.of)
    if key.endswith("@*"):
        metrics = [metric for name, metric in found.items() if name.startswith(key[:-1])]
    else:
        metrics = [found[key]] if key in found else []
    values = [(value, metric.name) for metric in metrics if (value := _end(metric, one.end)) is not None]
    if not values:
        why = metrics[0].note if metrics and metrics[0].note else "fewer than 10 rows, or no such segment"
        if not metrics:
            of_it = [
                metric.name for name, metric in found.items() if name.startswith(key.partition("@")[0] + "@")
            ]
            why += f"; {did_you_mean(one.of, of_it)}".rstrip("; ")
        return Held(one.text, holds=True, value=None, words=f"{one.of} is not known: {why}")
    value, name = min(values) if one.sign.startswith("<") else max(values)
    end = "" if one.end == "value" else f", {one.end} end,"
    words = f"{name}{end} is {value:.6g}, and the condition is {one.sign} {one.number:.6g}"
    return Held(one.text, holds=one.holds(value), value=value, words=words)


def _end(metric: Metric, end: End) -> float | None:
    return {"value": metric.value, "lower": metric.low, "upper": metric.high}[end]


def _bare(name: str) -> str:
    return "".join(name.split())
