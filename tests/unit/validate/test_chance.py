"""Tails are those of scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import betainc

from boxship.validate.chance import (
    beta_share,
    fisher,
    half_tail,
    holm,
    mcnemar,
    student,
    student_quantile,
    student_tail,
    welch_freedom,
)
from boxship.validate.metric import middle, wilson


@pytest.mark.parametrize("a", [0.5, 1, 3, 40.5, 5000, 500_000])
@pytest.mark.parametrize("b", [0.5, 1, 7, 300, 500_000])
@pytest.mark.parametrize("at", [-3.0, -1.0, 0.0, 2.0])
def test_the_beta_function(a: float, b: float, at: float) -> None:
    mean = a / (a + b)
    x = float(np.clip(mean + at * np.sqrt(mean * (1 - mean) / (a + b + 1)), 1e-6, 1 - 1e-6))
    assert beta_share(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-8, abs=1e-15)


@pytest.mark.parametrize(("hits", "tries"), [(0, 10), (3, 10), (10, 10), (480, 1000), (499_000, 1_000_000)])
def test_a_fair_coin(hits: int, tries: int) -> None:
    assert half_tail(hits, tries) == pytest.approx(stats.binom.cdf(hits, tries, 0.5), rel=1e-6)


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (3, 9), (9, 3), (50, 50), (2, 400)])
def test_mcnemar_is_the_exact_binomial_test(one: int, other: int) -> None:
    wanted = stats.binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("rows", [5, 40, 5000])
def test_student(rows: int) -> None:
    values = np.random.default_rng(rows).normal(0.2, 1, rows)
    found = student(float(values.mean()), float(values.std(ddof=1)), rows)
    assert found == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    "cells", [(3, 30, 20, 70), (0, 12, 5, 90), (12, 12, 40, 90), (700, 1000, 8000, 10_000)]
)
def test_fisher(cells: tuple[int, int, int, int]) -> None:
    a, n, b, m = cells
    assert fisher(*cells) == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-6)


def test_holm_keeps_the_order_and_never_falls_below() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.mark.parametrize(("hits", "tries"), [(0, 10), (3, 10), (10, 10), (480, 1000)])
def test_wilson(hits: int, tries: int) -> None:
    wanted = stats.binomtest(hits, tries).proportion_ci(method="wilson")
    assert wilson(hits, tries) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


@pytest.mark.parametrize("rows", [6, 12, 101, 5000])
def test_the_median_lies_between_the_order_statistics_of_the_sign_test(rows: int) -> None:
    values = np.arange(rows, dtype=float)
    found = middle("median_ae", values)
    wanted = stats.quantile_test(values).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(wanted.low, abs=1), pytest.approx(wanted.high, abs=1))
    assert found.low is not None
    assert found.high is not None
    assert stats.binom.cdf(int(found.low) - 1, rows, 0.5) <= 0.025


def test_too_few_rows_have_no_interval_of_the_median() -> None:
    assert middle("median_ae", np.arange(5.0)).low is None


@settings(max_examples=50)
@given(st.integers(10, 400), st.integers(10, 400), st.floats(0.01, 100), st.floats(-3, 3), st.integers(0, 9))
def test_welch(rows: int, others: int, wider: float, apart: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.normal(apart, 1, rows), rng.normal(0, wider, others)
    errors = [values.std(ddof=1) / len(values) ** 0.5 for values in (one, other)]
    free = welch_freedom(*errors, (rows, others))
    wanted = stats.ttest_ind(one, other, equal_var=False)
    assert free == pytest.approx(wanted.df, rel=1e-9)
    found = student_tail((one.mean() - other.mean()) / np.hypot(*errors), free)
    assert found == pytest.approx(wanted.pvalue, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("free", [8, 9.5, 29, 1000, 1e7])
def test_the_quantile_of_student(free: float) -> None:
    assert student_quantile(free) == pytest.approx(stats.t.ppf(0.975, free), rel=1e-4)
