"""The page that shows the tables: each stands between two marks and is made from its JSON."""

from pathlib import Path

from benchmarks.result import Result
from benchmarks.table import as_markdown

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "benchmarks.md"


def renewed(text: str, subject: str, result: Result) -> str:
    """The text with this subject's table in its place; without marks, as it is."""
    begin, end = f"<!-- {subject} -->\n", f"<!-- end of {subject} -->"
    before, found, rest = text.partition(begin)
    if not found:
        return text
    _, _, after = rest.partition(end)
    return f"{before}{begin}{as_markdown(result)}{end}{after}"


def renew(subject: str, result: Result) -> None:
    PAGE.write_text(renewed(PAGE.read_text("utf-8"), subject, result), "utf-8")
