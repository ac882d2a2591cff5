"""Plots as SVG text: lines, points with whiskers, bars. Pure, and the same bytes for the same values."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

Point = tuple[float, float]
_SIZE, _LEFT, _BOTTOM, _EDGE = 320, 52, 44, 12


class Whisker(NamedTuple):
    """A point with an interval."""

    x: float
    low: float
    y: float
    high: float


class Plot:
    """Marks over two axes; what it shows is also told in words."""

    def __init__(
        self, title: str, words: str, x: tuple[str, float, float], y: tuple[str, float, float]
    ) -> None:
        self._title, self._words = title, words
        self._x, self._y = x, y
        self._marks: list[str] = []

    def line(self, points: Sequence[Point], kind: str) -> "Plot":
        path = " ".join(f"{self._at_x(x)},{self._at_y(y)}" for x, y in points)
        self._marks.append(f'<polyline class="{kind}" points="{path}"/>')
        return self

    def whiskers(self, marks: Sequence[Whisker], kind: str) -> "Plot":
        for x, low, y, high in marks:
            at = self._at_x(x)
            self._marks.append(
                f'<line class="{kind}" x1="{at}" x2="{at}" y1="{self._at_y(low)}" y2="{self._at_y(high)}"/>'
                f'<circle class="{kind}" cx="{at}" cy="{self._at_y(y)}" r="3.5"/>'
            )
        return self

    def svg(self) -> str:
        right, base = _SIZE - _EDGE, _SIZE - _BOTTOM
        frame = f'<path class="axis" d="M{_LEFT},{_EDGE} V{base} H{right}"/>'
        return (
            f'<svg viewBox="0 0 {_SIZE} {_SIZE}" role="img"><title>{escape(self._title)}</title>'
            f"<desc>{escape(self._words)}</desc>{frame}{self._ticks()}{self._names()}{''.join(self._marks)}</svg>"
        )

    def _ticks(self) -> str:
        under, beside = _SIZE - _BOTTOM + 16, _LEFT - 6
        return "".join(
            [
                *(_text(f'x="{self._at_x(one)}" y="{under}"', one, "middle") for one in _ticks(*self._x[1:])),
                *(
                    _text(f'x="{beside}" y="{self._at_y(one)}" dy=".35em"', one, "end")
                    for one in _ticks(*self._y[1:])
                ),
            ]
        )

    def _names(self) -> str:
        across, down = (_LEFT + _SIZE - _EDGE) / 2, (_EDGE + _SIZE - _BOTTOM) / 2
        turned = f'transform="translate(12 {down:g}) rotate(-90)"'
        under = f'x="{across:g}" y="{_SIZE - 6}"'
        return _text(under, self._x[0], "middle") + _text(turned, self._y[0], "middle")

    def _at_x(self, value: float) -> str:
        return f"{_LEFT + _share(value, *self._x[1:]) * (_SIZE - _EDGE - _LEFT):.1f}"

    def _at_y(self, value: float) -> str:
        return f"{_SIZE - _BOTTOM - _share(value, *self._y[1:]) * (_SIZE - _BOTTOM - _EDGE):.1f}"


def bar(low: float, value: float, high: float, end: float, words: str) -> str:
    """An interval on a line from 0 to `end`, with a mark at its value."""
    left, middle, right = (f"{100 * _share(one, 0.0, end):.2f}" for one in (low, value, high))
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">'
        f"<title>{escape(words)}</title>"
        f'<line class="track" x1="0" x2="100" y1="5" y2="5"/><line class="one" x1="{left}" x2="{right}" y1="5" y2="5"/>'
        f'<line class="mark" x1="{middle}" x2="{middle}" y1="0" y2="10"/></svg>'
    )


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def _ticks(low: float, high: float) -> list[float]:
    return [low + (high - low) * step / 4 for step in range(5)] if high > low else [low]


def _text(where: str, what: str | float, anchor: str) -> str:
    words = what if isinstance(what, str) else f"{what:.3g}"
    return f'<text {where} text-anchor="{anchor}">{escape(words)}</text>'
