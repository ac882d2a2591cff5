"""What the harness computes, and that the page shows nothing else than the raw results."""

from pathlib import Path

import pytest

from benchmarks import page, result
from benchmarks.__main__ import SUBJECTS
from benchmarks.result import Result, Row, Target
from benchmarks.sample import interleaved
from benchmarks.table import as_markdown

OURS = Row("ours", {"ms": [2.0, 1.0, 3.0]})
THEIRS = Row("theirs", {"ms": [8.0]})


def test_a_cell_is_the_median_and_half_the_distance_of_the_extremes() -> None:
    assert (OURS.median("ms"), OURS.spread("ms")) == (2.0, 0.5)


def test_a_ratio_is_of_medians_to_the_first_row() -> None:
    assert Result("t", [OURS, THEIRS], "ms").ratio_of(THEIRS) == 4.0


@pytest.mark.parametrize(("at_most", "word"), [(2, "met"), (1.9, "missed")])
def test_a_target_is_judged_by_the_median(at_most: float, word: str) -> None:
    assert Target("ours", "ms", at_most).words(Result("t", [OURS])).endswith(word)


def test_what_fails_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> float:
        raise RuntimeError("no such library")

    assert interleaved({"ours": lambda: 1.0, "theirs": fail}, 2) == {"ours": [1.0, 1.0]}
    assert "theirs failed" in capsys.readouterr().err


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_page_shows_the_raw_results(subject: str) -> None:
    found = result.read(subject)
    text = page.PAGE.read_text("utf-8")
    assert as_markdown(found) in text
    assert page.renewed(text, subject, found) == text


def test_results_name_no_folder_of_the_machine() -> None:
    for file in result.RESULTS.iterdir():
        assert str(Path.home()) not in file.read_text("utf-8")
