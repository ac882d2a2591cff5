"""The report as one HTML file that needs nothing else."""

from collections.abc import Iterator
from html import escape
from itertools import chain

from boxship.validate.about import About
from boxship.validate.claim import Claim
from boxship.validate.figure import figures
from boxship.validate.flip import Flips
from boxship.validate.markup import confusion_table, items, segment_table, table
from boxship.validate.report import Output, Rows, Validation
from boxship.validate.style import STYLE
from boxship.validate.words import (
    as_everywhere,
    by_these_rows,
    chance,
    change,
    disagreement,
    finding,
    interval,
    label,
    measured,
    number,
    share,
)

_MOST_SEGMENTS = 60
_AGREES = {True: "agrees", False: "disagrees", None: "not compared"}


def to_html(report: Validation, about: About) -> str:
    """What was asked; then worst first: conditions, findings, then the numbers and the plots."""
    outputs = chain.from_iterable(_output(one, report) for one in report.outputs)
    body = "\n".join(
        chain(_head(report, about), _rows(report), outputs, _segments(report), _foot(report.card))
    )
    return _page(f"Check of {about.box}", body)


def failure_html(message: str, hint: str) -> str:
    """Why there is nothing to show."""
    told = "".join(f"<p>{escape(line)}</p>" for line in (message, hint) if line)
    return _page("Check on data", f'<h1>Check on data <strong class="bad">not done</strong></h1>{told}')


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _about(report: Validation, about: About) -> Iterator[str]:
    rows = [("box", about.box, str(report.box))]
    if report.against:
        rows.append(("against", about.against, str(report.against)))
    yield table(("", "name", "digest"), [*rows, ("data", about.data, str(about.digest))])
    yield f"<p>{escape(about.when)}: <code>{escape(about.command)}</code></p>"


def _head(report: Validation, about: About) -> Iterator[str]:
    word, kind = ("failed", "bad") if report.failed else ("passed", "good")
    verdict = f' <strong class="{kind}">{word}</strong>' if report.conditions else ""
    yield f"<h1>Check on data{verdict}</h1>"
    yield from _about(report, about)
    several = len(report.outputs) > 1
    for word, kind in (("worse", "bad"), ("better", "good")):
        if words := [change(one, several=several) for one in report.changes if one.finding == word]:
            yield items(words, kind)
    found = [
        finding(one, paired=report.against is not None, several=several)
        + (f"; {by_these_rows(others)}" if others else "")
        for one, others in report.causes
    ]
    found += [as_everywhere(report.everywhere)] if report.everywhere else []
    if found:
        yield "<h2>Worse</h2>" + items(found, "bad")
    if disagree := [disagreement(one) for one in report.card if one.agrees is False]:
        yield items(disagree, "bad")
    if report.conditions:
        held = [
            (one.condition, "holds" if one.holds else "does not hold", one.words) for one in report.conditions
        ]
        yield "<h2>Conditions to fail on</h2>" + table(("condition", "holds", "found"), held)
    if report.notes:
        yield items(report.notes, "note")


def _rows(report: Validation) -> Iterator[str]:
    rows: Rows = report.rows
    counted = str(rows.total), str(rows.ok), share(rows.flagged, rows.total), share(rows.rejected, rows.total)
    yield "<h2>Rows</h2>" + table(("total", "ok", "flagged", "rejected"), [counted])
    if rows.compared is not None:
        lone = f"{rows.only_this} answered by this box alone, {rows.only_other} by the other alone"
        yield f"<p>{rows.compared} compared, {lone}.</p>"
    if report.rejected:
        reasons = [(one.field or "-", one.code, str(one.rows)) for one in report.rejected]
        yield "<h3>Why rows were rejected</h3>" + table(("field", "code", "rows"), reasons)


def _output(output: Output, report: Validation) -> Iterator[str]:
    yield f"<h2>{escape(output.name)} against {escape(output.target)}</h2>"
    yield (
        f"<p>{output.measured} rows measured; {output.unknown} without a truth, "
        f"{output.unanswered} with a truth and no answer.</p>"
    )
    found = [
        (label(one.name), number(one.value), interval(one.low, one.high), one.method, one.note)
        for one in output.metrics
    ]
    yield table(("metric", "value", "95 % interval", "by", "note"), found)
    if output.differences:
        yield "<h3>Difference to the other box</h3>" + _differences(output)
    yield from (_flips(one) for one in report.flips if one.output == output.name)
    if plots := list(figures(output)):
        yield f'<div class="plots">{"".join(plots)}</div>'
    if output.confusion is not None:
        yield "<h3>Confusion: true labels down, answers across</h3>" + confusion_table(output.confusion)


def _differences(output: Output) -> str:
    before = {one.name: one.value for one in output.other_metrics}
    rows = [
        (label(one.name), number(before.get(one.name.removeprefix("delta."))), measured(one), one.method)
        for one in output.differences
    ]
    return table(("metric", "before", "difference", "by"), rows)


def _flips(flips: Flips) -> str:
    shares = [(label(one.name), measured(one), str(one.rows)) for one in flips.metrics]
    head = f"<h3>Flips, McNemar {chance(flips.chance)}</h3>" + table(("flips", "share", "of rows"), shares)
    pairs = [(one.before, one.after, str(one.rows)) for one in flips.pairs]
    return head + (table(("before", "now", "rows"), pairs) if pairs else "")


def _segments(report: Validation) -> Iterator[str]:
    if not report.segments:
        return
    paired = report.against is not None
    yield "<h2>Segments</h2>"
    yield (
        f"<p>Each against {'the other box' if paired else 'the other rows'}. Chances are corrected by Holm's "
        "method, over all segments together.</p>"
    )
    yield segment_table(report.segments[:_MOST_SEGMENTS], paired=paired)
    if len(report.segments) > _MOST_SEGMENTS:
        yield f"<p>{len(report.segments) - _MOST_SEGMENTS} more are in the JSON.</p>"


def _foot(card: tuple[Claim, ...]) -> Iterator[str]:
    if card:
        rows = [
            (
                one.name,
                number(one.given),
                one.metric or "-",
                number(one.value),
                interval(one.low, one.high),
                _AGREES[one.agrees],
            )
            for one in card
        ]
        yield "<h2>The card</h2>" + table(
            ("metric", "given", "here", "value", "95 % interval", "agrees"), rows
        )
    yield "<p>Classes, categories and segments of fewer than 10 rows are not shown, nor is a sensitive field.</p>"
