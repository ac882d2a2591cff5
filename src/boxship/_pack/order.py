"""Whether a model answers its training rows much better with the columns in another order."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import comb

import numpy as np

from boxship._pack.yardstick import Yardstick
from boxship.core.column import Array
from boxship.core.table import Table, concat
from boxship.core.type import Type

FLOAT = Type("float64")
_FEW, _MANY = 100, 300  # rows, for each order that is tried
_ASKED = 30_000  # rows in all, where that is enough for the few
_MOST = 32  # columns of which all pairs are tried
_FEWEST = 40  # rows that say something
_GOOD = 0.02  # wrong labels, or distance in terms of the target's own: no order can do much better
_LESS = 2 / 3  # of what was wrong, in another order
_WELL = 0.5  # of what a constant is wrong by: what was hardly trained at all may like any order
_CHANCE = 10_000  # one in so many
Ask = Callable[[Table], Array]


def better_order(ask: Ask, table: Table, yardstick: Yardstick, wrong: Array, *, most: int) -> str:
    """The one that is, in words: tried on some rows, and seen again on the others. `most`: rows to ask for."""
    told = dict(_orders(table))
    orders = [*told][: most // _FEW]
    if not orders or float(wrong.mean()) <= _GOOD * yardstick.scale:
        return ""
    places = spread(table.length, max(_FEW, min(_MANY, min(_ASKED, most) // len(orders))))
    few, part = table.take(places), yardstick.take(places)
    answers = ask(concat([_reordered(few, order) for order in orders]))
    errors = [part.wrong(one) for one in np.split(answers, len(orders))]
    best = min(range(len(orders)), key=lambda place: float(errors[place].mean()))
    constant = part.wrong(np.full(len(places), yardstick.constant))
    is_good = float(errors[best].mean()) < _WELL * float(constant.mean())
    if not is_good or not _is_better(errors[best], wrong[places], len(orders)):
        return ""
    others = np.setdiff1d(np.arange(table.length), places)
    if len(others) >= _FEWEST:
        again = yardstick.take(others).wrong(ask(_reordered(table.take(others), orders[best])))
        if not _is_better(again, wrong[others], 1):
            return ""
    return _words(told[orders[best]], yardstick, float(wrong[places].mean()), float(errors[best].mean()))


def spread(rows: int, most: int) -> Array:
    """So many of them, from the first to the last: data may be sorted."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.intp))


def _orders(table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """All columns as files come to have them, and every two columns of numbers in each other's places."""
    names = [name for name in table.names if table.schema.type_of(name) == FLOAT]
    if len(names) == len(table.names) > 2:
        yield tuple(sorted(names)), "its columns sorted by name"
        yield tuple(names[::-1]), "its columns from last to first"
        yield (*names[1:], names[0]), "its first column as the last"
        yield (names[-1], *names[:-1]), "its last column as the first"
    for one, other in combinations(names, 2) if len(names) <= _MOST else ():
        swap = {one: other, other: one}
        yield tuple(swap.get(name, name) for name in table.names), f"{one!r} and {other!r} exchanged"


def _reordered(table: Table, order: Sequence[str]) -> Table:
    return Table.from_columns(
        {name: table.column(other) for name, other in zip(table.names, order, strict=True)}
    )


def _is_better(now: Array, before: Array, tried: int) -> bool:
    """Much less wrong, and in so many more rows that chance cannot be it, however many orders were tried."""
    fell, rose = int((now < before).sum()), int((now > before).sum())
    tail = sum(comb(fell + rose, more) for more in range(fell, fell + rose + 1))
    return float(now.sum()) < _LESS * float(before.sum()) and tail * tried * _CHANCE < 1 << (fell + rose)


def _words(how: str, yardstick: Yardstick, before: float, now: float) -> str:
    if yardstick.labels:
        gain = f"right in {1 - before:.0%} of its training rows, and in {1 - now:.0%} with {how}"
    else:
        gain = f"{before:.3g} from its target, and {now:.3g} with {how}"
    return (
        f"the model is {gain}: it knows columns by their place alone; give them in the order of its training"
    )
