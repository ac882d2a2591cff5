"""Conditions say what they mean, and what is none is told with what there is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.errors import UsageError
from boxship.validate.condition import Condition, Held, judge, parse, refuse_unknown
from boxship.validate.metric import Metric

FOUND = {
    "auc": Metric("auc", 0.87, 0.85, 0.89),
    "flips": Metric("flips", 0.03, 0.02, 0.04),
    "delta.auc": Metric("delta.auc", -0.01, -0.02, 0.0),
    "recall[a, b]": Metric("recall[a, b]", 0.5, 0.4, 0.6),
    "recall[rare]": Metric("recall[rare]", None, note="fewer than 10 rows are of this class"),
    "accuracy@region=south": Metric("accuracy@region=south", 0.74, 0.7, 0.78),
    "accuracy@region=north": Metric("accuracy@region=north", 0.91, 0.9, 0.92),
    "accuracy@25 <= age < 40": Metric("accuracy@25 <= age < 40", 0.8, 0.7, 0.9),
    "accuracy@age >= 40": Metric("accuracy@age >= 40", 0.6, 0.5, 0.7),
}


def one(text: str) -> Held:
    (held,) = judge(parse(text), FOUND)
    return held


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("auc<0.9", True),
        ("auc < 0.87", False),
        ("auc<=0.87", True),
        ("auc:lower<0.86", True),
        ("auc:upper<0.86", False),
        ("flips>2%", True),
        ("flips > 3%", False),
        ("flips>=3e-2", True),
        ("delta.auc<-.5%", True),
        ("recall[a, b]<0.6", True),
        ("accuracy@region=south<80%", True),
        ("accuracy@region=north<80%", False),
        ("accuracy @ region = south : lower<0.72", True),
        ("accuracy@*<0.7", True),
        ("accuracy@*<0.5", False),
        ("accuracy@*:upper<0.71", True),
        ("accuracy@25 <= age < 40 < 0.7", False),
        ("accuracy@25<=age<40<0.81", True),
        ("accuracy@age >= 40 < 0.7", True),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert one(text).holds is holds


def test_several_are_joined_by_commas() -> None:
    held = judge(parse("auc<0.9, recall[a, b]<0.1 ,flips>2%,"), FOUND)
    assert [found.holds for found in held] == [True, False, True]


def test_both_sides_are_told() -> None:
    assert one("auc:lower<0.9").words == "auc, lower end, is 0.85, and the condition is < 0.9"


@pytest.mark.parametrize(
    ("text", "why"), [("recall[rare]<0.1", "fewer than 10"), ("accuracy@region=west<0.1", "no such")]
)
def test_what_cannot_be_decided_fails(text: str, why: str) -> None:
    held = one(text)
    assert (held.holds, held.value) == (True, None)
    assert why in held.words


@pytest.mark.parametrize(
    "text", ["", " ", ",", "auc", "auc<", "<0.9", "auc<x", "auc==0.9", "auc!=1", "0.9>auc", "auc<1e999"]
)
def test_what_is_no_condition_is_told(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.code == "check.bad_condition"
    assert "auc<0.9" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("acuracy<0.9", "check.unknown_metric", "did you mean 'accuracy'?"),
        ("ROC_AUC<0.9", "check.unknown_metric", "did you mean 'auc'?"),
        ("auc:lowr<0.9", "check.unknown_metric", "did you mean 'lower'?"),
        ("flips>2%", "check.unknown_metric", "--against"),
        ("delta.auc<0", "check.unknown_metric", "--against"),
        ("auc@region=south<0.9", "check.unknown_metric", "measured by segment are accuracy"),
        ("accuracy@regoin=south<0.9", "check.unknown_segment", "did you mean 'region=south'?"),
    ],
)
def test_what_cannot_be_known_is_refused_first(text: str, code: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_unknown(parse(text), ["accuracy", "auc"], ["region=south", "age >= 40"])
    assert caught.value.code == code
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text", ["accuracy<1", "accuracy@*<1", "accuracy@age>=40<1", "accuracy@region=west<1"]
)
def test_what_may_be_known_is_not_refused(text: str) -> None:
    refuse_unknown(parse(text), ["accuracy", "auc"], ["region=south", "age >= 40"])


@given(
    st.sampled_from(sorted(FOUND)),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from(["value", "lower", "upper"]),
)
def test_whatever_is_written_is_read_back(name: str, sign: str, number: float, end: str) -> None:
    text = f"{name}{'' if end == 'value' else ':' + end} {sign} {number!r}"
    (found,) = parse(text)
    assert found == Condition(text, name, end, sign, number)  # type: ignore[arg-type]  # one of three words


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse(text)
