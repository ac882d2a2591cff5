"""Tables and lists as HTML; every text is escaped here and nowhere else."""

from collections.abc import Iterable, Sequence
from html import escape

from boxship.validate.cause import ALL
from boxship.validate.plot import bar
from boxship.validate.report import Confusion
from boxship.validate.weak import Segment
from boxship.validate.words import interval, label, number

_COLOURS = {"worse": "bad", "better": "good"}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return _wide(_head(header), body)


def items(lines: Iterable[str], kind: str) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def confusion_table(confusion: Confusion) -> str:
    """The darker a cell, the larger its share of the row."""
    lines = []
    for name, counts in zip(confusion.labels, confusion.counts, strict=True):
        total = sum(counts) or 1
        cells = "".join(f'<td style="--share:{100 * count / total:.0f}%">{count}</td>' for count in counts)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    head = "<td></td>" + _head(confusion.labels)
    return _wide(head, "".join(lines), kind="confusion")


def segment_table(segments: Sequence[Segment], *, paired: bool) -> str:
    end = max(max(one.metrics[one.metric].high, one.other or 0.0) for one in segments) or 1.0
    other, own = ("before", "now") if paired else ("elsewhere", "here")
    head = _head(("segment", "rows", "metric", other, own, "interval", "chance", "finding"))
    return _wide(head, "".join(_segment(one, end) for one in segments))


def _segment(one: Segment, end: float) -> str:
    value = one.metrics[one.metric]
    found = f"{number(value.value)} ({interval(value.low, value.high)})"
    cells = _cells((one.segment, str(one.rows), label(one.metric), number(one.other), found))
    sure = "-" if one.chance is None else f"{one.chance:.2g}"
    drawn = bar(value.low, value.value, value.high, end, f"{one.segment}: {found}")
    kind = _COLOURS.get(one.finding, "")
    of = "as all rows" if one.by_rows_of == ALL else f"by rows of {one.by_rows_of}"
    by = f" {escape(of)}" if one.by_rows_of else ""
    return f'<tr>{cells}<td>{drawn}</td><td>{sure}</td><td class="{kind}">{one.finding}{by}</td></tr>'


def _head(names: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _cells(row: Iterable[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in row)


def _wide(head: str, body: str, kind: str = "") -> str:
    """A table that scrolls by itself where the page is narrow; one that scrolls can be reached by keyboard."""
    named = f' class="{kind}"' if kind else ""
    return (
        f'<div class="wide" tabindex="0"><table{named}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
