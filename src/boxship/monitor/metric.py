"""Metrics as values: what is counted, under which labels, and the numbers as Prometheus reads them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """One name, with a number for each of its keys; a histogram has one for each bound and two more."""

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ((),)
    bounds: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Numbers under one key: counts up to each bound and above the last, and the sum."""
        return len(self.bounds) + 2 if self.bounds else 1


def places(metrics: Sequence[Metric]) -> dict[str, int]:
    """Where the first number of each stands, when all are laid one after the other."""
    sizes = [metric.width * len(metric.keys) for metric in metrics]
    starts = accumulate(sizes, initial=0)
    return {metric.name: start for metric, start in zip(metrics, starts, strict=False)}


def size(metrics: Sequence[Metric]) -> int:
    return sum(metric.width * len(metric.keys) for metric in metrics)


def prometheus(metrics: Sequence[Metric], numbers: Sequence[float], common: Mapping[str, str]) -> str:
    """The text format, version 0.0.4: what was never counted under a label is left out."""
    lines: list[str] = []
    at = 0
    for metric in metrics:
        lines += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}")
        for key in metric.keys:
            labels = {**common, **dict(zip(metric.labels, key, strict=True))}
            found = numbers[at : at + metric.width]
            at += metric.width
            if metric.bounds:
                lines += _histogram(metric, found, labels)
            elif found[0] or not key or metric.kind == "gauge":
                lines.append(f"{metric.name}{_labelled(labels)} {_number(found[0])}")
    return "\n".join(lines) + "\n"


def _histogram(metric: Metric, found: Sequence[float], labels: Mapping[str, str]) -> Iterator[str]:
    counts = list(accumulate(found[:-1]))
    if not counts[-1]:
        return
    for bound, count in zip([*map(_number, metric.bounds), "+Inf"], counts, strict=True):
        yield f"{metric.name}_bucket{_labelled({**labels, 'le': bound})} {_number(count)}"
    yield f"{metric.name}_sum{_labelled(labels)} {_number(found[-1])}"
    yield f"{metric.name}_count{_labelled(labels)} {_number(counts[-1])}"


def _labelled(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
