"""A result as a table: text for the terminal, Markdown for the page."""

from benchmarks.result import Result, Row


def as_text(result: Result) -> str:
    lines = _cells(result)
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    targets = [f"target: {target.words(result)}" for target in result.targets]
    return "\n".join([result.title, *text, *targets, *_footer(result)])


def as_markdown(result: Result) -> str:
    header, *lines = _cells(result)
    aligned = ["---", *("---" if name in result.words else "---:" for name in header[1:])]
    table = ["| " + " | ".join(line) + " |" for line in (header, aligned, *lines)]
    targets = [f"- {target.words(result)}" for target in result.targets]
    parts = [f"**{result.title}**", "\n".join(table), "\n".join(targets), "<br>\n".join(_footer(result))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _footer(result: Result) -> list[str]:
    return [f"`{result.command}`, {result.date}, {result.machine}", result.versions]


def _cells(result: Result) -> list[list[str]]:
    ratio = ["ratio"] if result.ratio else []
    lines = [["", *result.columns, *ratio, *result.words]]
    for row in result.rows:
        numbers = [_measured(row, column) for column in result.columns]
        lines.append([row.name, *numbers, *ratio, *(row.words.get(word, "") for word in result.words)])
        if ratio:
            found = result.ratio_of(row)
            lines[-1][1 + len(numbers)] = "" if found is None else f"{found:.2g}"
    return lines


def _measured(row: Row, column: str) -> str:
    if column not in row.values:
        return ""
    median = row.median(column)
    text = f"{median:,.0f}" if abs(median) >= 100 else f"{median:.3g}"
    return text if len(row.values[column]) < 2 else f"{text} ±{100 * row.spread(column):.0f}%"
