"""Every step gives in ONNX what it gives in numpy: the same bits, or as near as it says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boxship.onnx import STEPS
from boxship.onnx.function import ACTS as WRITTEN
from boxship.onnx.graph import Graph, Value
from boxship.onnx.read import READERS
from boxship.onnx.stair import stair
from boxship.twin import program_bytes
from boxship.twin.algebra import Bells, Linear, Norm, Power, Products
from boxship.twin.alike import Alike, Coupled, Rivals, Votes
from boxship.twin.encode import Bin, Column, Find, Label, Lookup, Sides
from boxship.twin.forest import NODE, Forest
from boxship.twin.link import ACTS, Act, Curve, Mean, Median
from boxship.twin.network import COMBINED, Combine, Embed, Layer, Leaky, Level, Scale, Slopes
from boxship.twin.refused import NoTwinError, RefusedError
from boxship.twin.steps import (
    Above,
    Add,
    Clip,
    Divide,
    Fill,
    Finite,
    Join,
    Missing,
    Multiply,
    Pick,
    Standing,
    Subtract,
)
from boxship.twin.trees import Tree, lay_out
from tests.unit.onnx.run import grid, is_refused, ran, singles, written
from tests.unit.twin.forests import forests

A = np.array
TABLE = A([[1.5, -2.0], [np.nan, 1e9], [0.25, -0.0]], "f4")
SMALL = np.clip(grid(3, missing=False), -9, 9)
FAR = A([[3e38, 2e38, 3e38], [1e20, 1e19, -1e20], [1e19, 2e19, -1e19], [1, 2, 3]], "f4")
POINTS = np.random.default_rng(0).normal(size=(5, 3))
MANY = (
    np.random.default_rng(1).normal(size=(700, 30)) + 1e6
)  # far from zero, and more than one node takes apart
EXACT: list[tuple[Any, list[Any]]] = [
    (Pick((2, 0, 2)), [grid(3)]),
    (Standing(), [grid(1)[:, 0]]),
    (Join(), [grid(2), grid(1), grid(3)]),
    (Fill(A([1.5, -2.0])), [grid(2)]),
    (Missing((1,)), [grid(2)]),
    (Add(A([1e-9, 2.0])), [grid(2)]),
    (Subtract(A([0.1, 1e9])), [grid(2)]),
    (Multiply(A([0.1, -3.0])), [grid(2)]),
    (Divide(A([0.3, 1e-9])), [grid(2)]),
    (Clip(A([-1.0, 0.5]), A([1.0, 0.5])), [grid(2)]),
    (Above(A([1.0, 0.0])), [grid(2, 1.0)]),
    (Find(A([-2.0, 0.0, 0.5, np.nextafter(0.5, 1)])), [grid(1, 0.5, -2.0)]),
    (Find(A([7.0])), [grid(1, 7.0)]),
    (Bin(A([-1.0, 0.5, 0.5, 3.0])), [grid(1, 0.5, -1.0, 3.0)]),
    (Bin(A([])), [grid(1)]),
    (Column(1), [grid(2)]),
    (Sides((4, 7), 0.5), [grid(1, 0.5)]),
    (Sides(("b", "a"), -np.inf), [grid(1)]),
    (Label((1.5, 2.5, 0.5)), [grid(3)]),
    (Label(("b", "a")), [A([[np.inf, np.nan], [1.0, 1.0], [np.nan, np.nan], [-np.inf, -1e300]])]),
    (Median(A([1.0, 2.0, 0.5])), [grid(3, missing=False)]),
    (Median(A([1.0])), [grid(1, missing=False)]),
    (Products(((-1, 0), (0, 1), (-1, -1), (1, 1), (2, 0))), [grid(2)]),
    (Leaky(0.3), [singles(2)]),
    (Slopes(A([0.3, -1.5], "f4")), [singles(2)]),
    (Slopes(A([0.1], "f4")), [singles(2)]),
    *((Combine(name), [singles(2), singles(2)[::-1].copy()]) for name in COMBINED),
    (Embed(TABLE, wraps=True), [A([[0, 1], [-3, 2], [3, -1], [-4, 1e9], [np.nan, 0]], "f4")]),
    (Embed(TABLE, wraps=False), [A([[0, 1], [2, 2]], "f4")]),
    (Embed(TABLE, wraps=False), [np.zeros((0, 2), "f4")]),
    (Votes(2), [grid(1)]),
    (Votes(4), [grid(6)]),
]
NEAR: list[tuple[Any, list[Any], float]] = [
    (Linear(A([[1.0, 2.0], [0.5, -1.0]]), A([0.0, 3.0])), [grid(2)], 1e-15),
    (Power(A([0.0, 2.0, -0.7])), [grid(3, missing=False)], 1e-14),
    (Norm("l1"), [grid(3, missing=False)], 1e-15),
    (Norm("l2"), [np.clip(grid(3, missing=False), -1e9, 1e9)], 1e-15),
    (Norm("max"), [grid(3, missing=False)], 1e-15),
    (Bells(A([[0.0, 1.0], [2.0, 3.0]]), A([[1.0, 2.0], [0.5, 3.0]]), A([0.1, 0.2])), [grid(2)], 1e-14),
    (Curve(A([-1.0, 0.5, 3.0]), A([0.0, 0.25, 1.0])), [grid(1, 0.5, -1.0, 3.0)], 1e-15),
    (Curve(A([2.0, 2.0]), A([0.4, 0.4])), [grid(1, 2.0)], 0.0),
    (Mean(A([1.0, 3.0])), [grid(2), grid(2)], 1e-15),
    (Mean(A([1.0, 1.0])), [grid(1)[:, 0], grid(1)[::-1, 0]], 1e-15),
    (Layer(A([[1, 2], [0.5, -1]], "f4"), A([0, 3], "f4")), [singles(2)], 1e-6),
    (Level(1e-5, A([0.1, 3, 1], "f4"), A([1, -2, 0], "f4"), wide=True, every=0), [singles(3)], 1e-6),
    (Level(1e-5, A([0.1, 3, 1], "f4"), A([1, -2, 0], "f4"), wide=False, every=2), [singles(3)], 1e-6),
    (Level(1e-5, A([1, 1, 1], "f4"), A([1, -2, 0], "f4"), wide=True, every=2), [FAR], 1e-6),
    (Level(1e-5, A([1, 1, 1], "f4"), A([1, -2, 0], "f4"), wide=True, every=0), [FAR], 1e-6),
    (Rivals(2), [grid(1)], 1e-15),
    (Rivals(4), [grid(6)], 1e-15),
    *((Alike(kind, POINTS, 0.3, 0.5, 2.0), [SMALL], 1e-14) for kind in ("linear", "poly", "rbf", "sigmoid")),
    (Alike("poly", POINTS, 0.3, 0.5, 2.5), [SMALL], 1e-14),
    (Alike("rbf", MANY, 0.02, 0.0, 0.0), [MANY[:9] + np.linspace(0, 1, 30)], 1e-14),
    (Coupled(A([-1.5]), A([0.2]), 2), [grid(1)], 1e-13),
    (Coupled(np.linspace(-3, -1, 10), np.linspace(-1, 1, 10), 5), [grid(10)], 1e-13),
    (Coupled(np.linspace(-3, -1, 3), np.zeros(3), 3), [np.zeros((0, 3))], 0.0),
    (Scale(A([0.1, 3], "f4"), A([1, -2], "f4")), [singles(2)], 1e-6),
]
NOTHING = A([], "i4")
BARE = Forest(
    *(np.empty(0, NODE), NOTHING, NOTHING, np.empty((0, 1)), A([], "u4"), A([0.0]), 1, np.inf),
    missing=True,
    single=False,
)


def apart(found: Any, wanted: Any) -> float:
    """How far the numbers are apart, by the larger of them and one; all that is not finite has to be the same."""
    assert found.shape == wanted.shape
    if wanted.dtype.kind != "f":
        assert found.tolist() == wanted.tolist()
        return 0.0
    found, wanted = (np.asarray(one, np.float64) for one in (found, wanted))
    whole = np.isfinite(wanted)
    assert np.array_equal(found[~whole], wanted[~whole], equal_nan=True)
    found, wanted = found[whole], wanted[whole]
    return float((np.abs(found / 2 - wanted / 2) / np.maximum(np.abs(wanted), 1.0) * 2).max(initial=0.0))


def expected(step: Any, blocks: list[Any]) -> Any:
    with np.errstate(all="ignore"):
        return step.run(*blocks)


@pytest.mark.parametrize(("step", "blocks"), EXACT, ids=lambda one: type(one).__name__)
def test_the_same_bits(step: Any, blocks: list[Any]) -> None:
    assert apart(ran(written(step, blocks), blocks), expected(step, blocks)) == 0


@pytest.mark.parametrize(("step", "blocks", "near"), NEAR, ids=lambda one: type(one).__name__)
def test_sums_and_lengths(step: Any, blocks: list[Any], near: float) -> None:
    assert apart(ran(written(step, blocks), blocks), expected(step, blocks)) <= near


@st.composite
def chains(draw: Any) -> tuple[Any, list[Any]]:
    """A number, and factors of it in steps of several kinds, all of one type: tiny, huge and usual ones."""
    kind, size = draw(st.sampled_from([("f4", 42), ("f8", 320)]))
    number = st.builds(
        lambda first, ten: np.array([first * 10.0**ten], kind),
        st.floats(1, 9),
        st.sampled_from([0, -size]) | st.integers(-size, size // 2),
    )
    matrix = Linear if kind == "f8" else Layer
    steps = {
        "/": Divide,
        "*": Multiply,
        "@": lambda one: matrix(one[:, None], np.zeros(1, kind)),
        "s": lambda one: Scale(one, np.zeros(1, kind)),
    }
    names = draw(st.lists(st.sampled_from("@/*s" if kind == "f4" else "@/*"), min_size=2, max_size=4))
    return draw(number)[:, None], [steps[name](draw(number)) for name in names]


@settings(max_examples=100)
@given(chains())
def test_factors_behind_each_other_stay_as_exact_as_alone(chain: Any) -> None:
    """A runtime likes to put a number into the product beside it, in single precision, or what one is divided by."""
    rows, steps = chain
    wanted = rows
    for step in steps:
        wanted = expected(step, [wanted])
    assert apart(ran(written(steps[0], [rows], *steps[1:]), [rows]), wanted) == 0


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("kind", ["f8", "f4"])
def test_functions(name: str, kind: str) -> None:
    near = 3e-15 if kind == "f8" and not name.endswith("single") else 5e-7
    near = 1e-9 if kind == "f8" and name == "gelu" else near  # numpy's own is that near
    rows = np.concatenate(
        [grid(2) if kind == "f8" else singles(2), np.linspace(-30, 30, 200, dtype=kind).reshape(-1, 2)]
    )
    blocks = [rows[:, :1] if name == "two" else rows]
    assert apart(ran(written(Act(name), blocks), blocks), expected(Act(name), blocks)) <= near


@settings(max_examples=40, deadline=None)
@given(forests(), st.sampled_from([1, 2]))
def test_forests_add_up_to_the_same_bits(forest: Forest, threads: int) -> None:
    outputs = {int(one) + more for one in forest.columns for more in range(forest.leaves.shape[1])}
    assume(len(outputs) == len(forest.base))
    rows = grid(forest.width, 1.0, 0.0)
    bad = (np.abs(rows) > forest.largest) | (np.isnan(rows) & (not forest.missing))
    data = written(forest, [rows])
    taken = rows[~bad.any(axis=1)]
    for some in (taken, taken[:1], taken[:0]):
        assert ran(data, [some], threads).tobytes() == forest.run(some).tobytes()
    for row in rows[bad.any(axis=1)][:2]:
        assert is_refused(data, [row[None, :]])


def test_many_outputs_are_added_up_by_some_trees_at_a_time() -> None:
    rng = np.random.default_rng(0)
    split = [np.array([one, -1, -1]) for one in (1, 2)]
    trees = [
        Tree(*split, np.zeros(3, int), rng.normal(size=3), np.zeros(3, bool), rng.normal(size=(3, 900)), {})
        for _ in range(23)
    ]
    forest = lay_out(
        trees, columns=[0] * 23, base=rng.normal(size=900), width=1, largest=np.inf, missing=True
    )
    rows = grid(1)
    assert ran(written(forest, [rows]), [rows]).tobytes() == forest.run(rows).tobytes()


@pytest.mark.parametrize(
    ("step", "bad", "good"),
    [
        (Embed(TABLE, wraps=False), [[0.0, 3.0]], [[2.0, 0.0]]),
        (Embed(TABLE, wraps=False), [[np.nan, 0.0]], [[2.0, 0.0]]),
        (Embed(TABLE, wraps=False), [[-1.0, 0.0]], [[2.0, 0.0]]),
        (Finite(missing=False), [[1.0, np.nan]], [[1.0, -1e300]]),
        (Finite(missing=True), [[1.0, -np.inf]], [[np.nan, 0.0]]),
        (Lookup(A([[1.0], [2.0], [3.0]]), unknown=False, missing=False), [[-1.0]], [[2.0]]),
        (Lookup(A([[1.0], [2.0], [3.0]]), unknown=True, missing=False), [[np.nan]], [[-1.0]]),
        (Lookup(A([[1.0], [2.0], [3.0]]), unknown=False, missing=True), [[-1.0]], [[np.nan]]),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_the_model_refuses_makes_the_run_fail(step: Any, bad: Any, good: Any) -> None:
    data = written(step, [A(good)])
    with pytest.raises(RefusedError):
        step.run(A(bad))
    assert is_refused(data, [A(bad)])
    assert apart(ran(data, [A(good)]), step.run(A(good))) == 0


def test_every_step_and_every_function_has_a_form() -> None:
    assert {step.__name__ for step in (*STEPS, *READERS)} == set(program_bytes.STEPS)
    assert set(WRITTEN) | {one for one in ACTS if one.endswith(" single")} == set(ACTS)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Clip(A([np.nan]), A([1.0])), "no number"),
        (BARE, "no tree"),
    ],
)
def test_what_has_none_is_refused_in_words(step: Any, why: str) -> None:
    with pytest.raises(NoTwinError, match=why):
        written(step, [grid(1)])


def test_leaves_that_single_precision_does_not_hold_are_refused_in_words() -> None:
    graph, one = Graph(["x"]), Value("x", "float64", 1)
    stair(graph, one, [0.5], [0, 2**24])
    with pytest.raises(NoTwinError, match="single precision"):
        stair(graph, one, [0.5], [0, 2**24 + 1])
