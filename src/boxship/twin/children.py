"""Whether nodes make trees: each the child of one, so that whoever follows them comes to a leaf."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.integer[Any]]


def within(places: Places, count: int) -> bool:
    """Whether all are places among so many."""
    return not len(places) or (int(places.min()) >= 0 and int(places.max()) < count)


def are_apart(count: int, *children: Places) -> bool:
    """Whether all are places among so many nodes, and none comes twice."""
    if not all(within(places, count) for places in children):
        return False
    marks = np.zeros(count, bool)
    for places in children:
        marks[places] = True
    return int(marks.sum()) == sum(map(len, children))


def are_children(count: int, *children: Places) -> bool:
    """The same of nodes below a root that stands first, and is nobody's child."""
    return all(not len(places) or int(places.min()) > 0 for places in children) and are_apart(
        count, *children
    )
