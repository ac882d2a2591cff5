"""A column of a source, before it is read."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from boxship.core.column import Column


class Part(NamedTuple):
    """What the source calls it, and two ways to read it: `column` raises DataError for what no table can
    hold; `values` gives the same row by row, as Python values of whatever kind, and never raises."""

    name: Any  # a name that is no text is refused later, or concerns nobody
    column: Callable[[], Column]
    values: Callable[[], Sequence[object]]
