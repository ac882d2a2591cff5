"""Random forests, and rows that stand on their edges."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from boxship.twin.forest import LEAF, MISSING_LEFT, NODE, SET, Forest

LARGEST = 3.4028235677973362e38


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    """Trees of any shape, with sets, missing directions, infinite and equal thresholds."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    trees, depth, width = draw(st.integers(1, 19)), draw(st.integers(0, 7)), draw(st.integers(1, 4))
    wide, outputs = draw(st.sampled_from([(1, 1), (1, 3), (3, 3)]))
    with_sets = draw(st.booleans())
    nodes: list[Any] = []
    leaves = 0
    roots = []
    for _ in range(trees):
        roots.append(len(nodes))
        nodes.append(None)
        waiting = [(len(nodes) - 1, 0)]
        while waiting:
            place, level = waiting.pop()
            if level == depth or rng.random() < 0.2:
                nodes[place] = (np.inf, 0, LEAF | MISSING_LEFT, place)
                leaves += 1
                continue
            by_set = with_sets and rng.random() < 0.4
            threshold = _halves(*rng.integers(0, 2, 2)) if by_set else _threshold(rng)
            flags = (SET if by_set else 0) | (MISSING_LEFT if rng.random() < 0.5 else 0)
            nodes[place] = (threshold, int(rng.integers(width)), flags, len(nodes))
            waiting += [(len(nodes), level + 1), (len(nodes) + 1, level + 1)]
            nodes += [None, None]
    return Forest(
        np.array(nodes, NODE),
        np.array(roots, np.int32),
        np.array(rng.integers(0, outputs - wide + 1, trees), np.int32),
        rng.normal(size=(leaves, wide)) * 10.0 ** rng.integers(-3, 4),
        rng.integers(0, 2**32, 2, dtype=np.uint32) if with_sets else np.empty(0, np.uint32),
        rng.normal(size=outputs).astype(np.float32).astype(np.float64),
        width,
        draw(st.sampled_from([LARGEST, np.inf])),
        missing=draw(st.booleans()),
        single=draw(st.booleans()),
    )


def _halves(first: int, second: int) -> float:
    return float(np.array([first, second], "<i4").view("<f8")[0])


def _threshold(rng: np.random.Generator) -> float:
    return float(rng.choice([rng.normal(), 0.0, -0.0, 1.0, np.inf, -np.inf, 1e300, 5e-324]))


def edge_rows(forest: Forest, rng: np.random.Generator, count: int) -> np.ndarray[Any, np.dtype[Any]]:
    """Values at thresholds and one step to each side of them, codes, extremes; and a few refused."""
    at = forest.nodes["threshold"][forest.nodes["flags"] & (LEAF | SET) == 0]
    near = np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)])
    values = np.concatenate([near, np.arange(-2, 70), rng.normal(size=20), [0.5, 1e300, -1e300, 1e-320]])
    rows = rng.choice(values, (count, forest.width))
    if forest.missing:
        rows[rng.random(rows.shape) < 0.2] = np.nan
    if np.isfinite(forest.largest):
        rows = np.clip(rows, -forest.largest, forest.largest)
    return rows
