"""The report: where every row went, the same bytes, nothing of a few rows, nothing from outside."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from boxship.core.contract import Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.validate.about import About
from boxship.validate.answered import Answered
from boxship.validate.condition import parse
from boxship.validate.make import Asked, Question, make, metric_names
from boxship.validate.outcome import Outcome
from boxship.validate.page import to_html
from boxship.validate.report import Validation
from boxship.validate.text import lines, tables
from boxship.validate.truth import read_truth
from tests.unit.validate.made import asked, binary, numbers, question, several

ABOUT = About(
    "churn:2", "churn:1", "<later>.csv", Digest.of(b"later"), "boxship check churn:2", "2026-01-02 03:04 UTC"
)


def compared() -> Validation:
    one, other = binary(600, 1), binary(600, 1, 0.5)
    regions = np.random.default_rng(0).choice(["<north>", "south & east", "few"], 600, p=[0.5, 0.49, 0.01])
    asking = question(
        one, {"region": regions}, conditions=parse("auc<0.99, flips>50%"), card={"roc-auc": 0.99}
    )
    return make(asking, asked(one), asked(other, name="b"))


def alone(outcome: Outcome) -> Validation:
    return make(question(outcome, {}), asked(outcome))


def test_rejected_and_unknown_rows_are_counted_apart_and_stay_in_a_denominator() -> None:
    outcome = binary(80, 1)
    report = make(question(outcome, {}, before=("yes",) * 15 + (None,) * 5), asked(outcome, rejected=20))
    output = report.outputs[0]
    assert (report.rows.total, report.rows.rejected) == (100, 20)
    assert (output.measured, output.unknown, output.unanswered) == (80, 5, 15)
    found = {one.name: one for one in output.metrics}
    assert found["coverage"].value == pytest.approx(80 / 95)
    assert found["accuracy_of_all"].value == pytest.approx((found["accuracy"].value or 0) * 80 / 95)
    assert [(one.field, one.code, one.rows) for one in report.rejected] == [("age", "contract.null", 20)]


@pytest.mark.parametrize(
    ("truth", "rejected", "code"),
    [
        ((None,) * 30, 0, "check.no_truth"),
        (("yes",) * 30, 30, "check.all_rejected"),
        (("yes",) * 9, 0, "check.too_few_rows"),
    ],
)
def test_what_nothing_can_be_told_of_is_refused(
    truth: tuple[str | None, ...], rejected: int, code: str
) -> None:
    answered = asked(binary(len(truth) - rejected, 1), rejected=rejected)
    asking = question(binary(0, 1), {}, before=truth)
    with pytest.raises(BoxshipError) as caught:
        make(asking, answered)
    assert caught.value.code == code
    assert caught.value.hint


def test_only_rows_that_both_answered_are_compared() -> None:
    outcome = binary(100, 1)
    short = outcome.take(np.arange(40, 100))
    report = make(question(outcome, {}), asked(outcome), asked(short, rejected=40, name="b"))
    assert (report.rows.compared, report.rows.only_this, report.rows.only_other) == (60, 40, 0)
    assert report.flips[0].metrics[0].value == 0.0
    assert report.outputs[0].measured == 100


def test_the_same_boxes_and_rows_give_the_same_bytes() -> None:
    assert compared().to_json() == compared().to_json()
    assert to_html(compared(), ABOUT) == to_html(compared(), ABOUT)


def test_json_says_what_the_command_line_decides_by() -> None:
    found = json.loads(compared().to_json())
    assert (found["failed"], found["format"], len(found["box"])) == (True, 1, 71)
    assert [one["holds"] for one in found["conditions"]] == [True, False]
    assert found["card"] == [
        {"name": "roc-auc", "given": 0.99, "metric": "auc"}
        | {key: found["card"][0][key] for key in ("value", "low", "high")}
        | {"agrees": False}
    ]


def test_nothing_of_fewer_than_ten_rows_is_shown() -> None:
    truth = np.repeat([0, 1, 2, 3], [60, 50, 6, 3])
    outcome = Outcome("prediction", "classes", truth, truth, ("often", "also", "rarest", "seldom"))
    report = make(question(outcome, {"town": np.where(np.arange(119) < 6, "hamlet", "city")}), asked(outcome))
    confusion = report.outputs[0].confusion
    assert confusion is not None
    assert confusion.labels == ("often", "also", "(others)")
    assert sum(map(sum, confusion.counts)) == 119
    assert "hamlet" not in to_html(report, ABOUT) + report.to_json().decode()
    assert all(one.value is None for one in report.outputs[0].metrics if "[rarest]" in one.name)


def test_a_label_that_only_the_data_names_is_hidden_where_few_rows_hold_it() -> None:
    """A contract that lists its classes has told them already; this one does not."""
    labels = ["often"] * 60 + ["hamlet"] * 6 + ["also"] * 20
    truth = read_truth(Output("prediction", "text"), "y", Table.of({"y": labels}).column("y"))
    answered = Answered(np.zeros(86, np.uint8), np.arange(86), Table.of({"prediction": labels}), {})
    asking = Question((Output("prediction", "text"),), (truth,), (), (), {}, ())
    report = make(asking, Asked(Digest.of(b"a"), answered), Asked(Digest.of(b"b"), answered))
    assert "hamlet" not in to_html(report, ABOUT) + report.to_json().decode()
    assert "recall[also]" in report.to_json().decode()


class _Tags(HTMLParser):
    """Every element is closed by its own end, and what each is."""

    VOID = frozenset({"meta", "line", "circle", "polyline", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "report", [compared(), alone(numbers(900, 1)), alone(several(400, 1))], ids=["two", "number", "one"]
)
def test_the_page_is_whole_and_needs_nothing_else(report: Validation) -> None:
    page = to_html(report, ABOUT)
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    names = [name for name, _ in tags.seen]
    assert names.count("svg") == names.count("desc") + page.count('class="bar"')
    assert {"script", "link", "img", "iframe"} & set(names) == set()
    assert not re.search(r"https?:|@import|url\(", page)
    assert "prefers-color-scheme:dark" in page
    assert 'lang="en"' in page


def test_the_page_names_boxes_data_command_and_moment() -> None:
    report = compared()
    page = to_html(report, ABOUT)
    told = (ABOUT.box, ABOUT.against, "&lt;later&gt;.csv", ABOUT.command, ABOUT.when)
    digests = (report.box, report.against, ABOUT.digest)
    assert [word for word in (*told, *map(str, digests)) if word not in page] == []


def test_a_search_for_segments_that_found_nothing_is_told() -> None:
    one = binary(600, 1)
    regions = np.random.default_rng(0).choice(["north", "south", "few"], 600, p=[0.5, 0.49, 0.01])
    said = [*lines(make(question(one, {"region": regions}), asked(one)))]
    assert "no segment is worse by more than chance: 2 were looked into, of region" in said
    assert "no segment was looked into" in "".join(lines(alone(one)))


@pytest.mark.parametrize(
    ("bad", "told"), [("<south>", "by these rows alone also in"), ("", "no more than all")]
)
def test_what_is_worse_by_the_rows_of_another_segment_stands_under_it(bad: str, told: str) -> None:
    rng = np.random.default_rng(0)
    regions = rng.choice(["<south>", "north"], 2000)
    before = binary(2000, 1, 0.9)
    wrong = (rng.random(2000) < 0.4) & ((regions == bad) | (not bad))
    now = before._replace(given=np.where(wrong, 1 - before.given, before.given), shares=None)
    data = {"region": regions, "plan": rng.choice(["a", "b"], 2000)}
    report = make(question(now, data), asked(now), asked(before._replace(shares=None), name="b"))
    said, page = [*lines(report)], to_html(report, ABOUT)
    assert [told in line for line in said].count(True) == 1
    assert told in page
    first = next(line for line in said if line.startswith("worse in" if bad else "worse, but"))
    assert first.startswith("worse in region=<south>" if bad else "worse, but no more than all rows are, in ")
    assert "<south>" not in page


def test_what_data_holds_is_escaped() -> None:
    page = to_html(compared(), ABOUT)
    assert "&lt;north&gt;" in page
    assert "<north>" not in page


def test_text_says_what_failed_first() -> None:
    said = list(lines(compared()))
    assert said[0].startswith("FAILED: auc is 0.")
    assert any(line.startswith("the card says roc-auc 0.99") for line in said)
    assert said[-1].startswith("600 rows: 600 ok, 0 flagged, 0 rejected")
    assert (
        sum(line.startswith(("worse over all: accuracy", "better over all: accuracy")) for line in said) == 1
    )
    headings = [heading for heading, _, _ in tables(compared())]
    assert headings[0] == "prediction against y"
    assert headings[1].startswith("flips of prediction")


def test_of_two_classes_the_text_says_which_a_precision_is_of() -> None:
    for report in (compared(), alone(binary(600, 1))):
        _, _, rows = next(tables(report))
        named = [row[0] for row in rows if row[0].startswith(("precision", "recall"))]
        assert named == ["precision[no]", "precision[yes]", "recall[no]", "recall[yes]"]


@pytest.mark.parametrize(
    "outcome", [binary(600, 1), numbers(600, 1), several(600, 1)], ids=["two", "number", "many"]
)
def test_conditions_may_name_every_metric_and_no_other(outcome: Outcome) -> None:
    asking = question(outcome, {})
    report = make(asking, asked(outcome), asked(outcome, name="b"))
    names = {one.name for one in (*report.outputs[0].metrics, *report.outputs[0].differences)}
    names |= {one.name for flips in report.flips for one in flips.metrics} | {
        "worse_segments",
        "worse_metrics",
    }
    assert set(metric_names(asking, paired=True)) == names


def test_a_metric_of_the_card_without_a_like_is_not_compared() -> None:
    outcome = binary(100, 1)
    report = make(question(outcome, {}, card={"profit": 3.0, "Test Accuracy": 0.7}), asked(outcome))
    assert [(one.name, one.metric, one.agrees is None) for one in report.card] == [
        ("Test Accuracy", "accuracy", False),
        ("profit", "", True),
    ]
