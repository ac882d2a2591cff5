"""Whether a model's answers to its training rows go with their target."""

import time
from collections.abc import Callable

import msgspec
import numpy as np

from boxship._pack.order import FLOAT, Ask, better_order, spread
from boxship._pack.yardstick import Yardstick, read_yardstick
from boxship.adapters import Described, Model
from boxship.codecs.table import cast_column
from boxship.core.column import Array, Column
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.runner.local import Runner

_ROWS = 2000  # of the data that are looked at
_VALUES = 2_000_000  # of these rows
_FEWEST = 40  # from which anything is told
_TIMED = 8  # that are asked first
_FAR = 2.0  # times as far as a constant
_ERRORS = 4.0  # standard errors below chance
_PATIENCE_S = 5.0
_APART = 0.1  # rank correlation below which numbers do not go together
_NOBODY = Digest("0" * 64)


def told_of_fit(
    model: Model, described: Described, contract: Contract, inputs: Table, target: Column
) -> tuple[str, ...]:
    """What is odd: answers no better than a constant, or much better ones in another order of the columns."""
    if len(contract.outputs) != 1 or described.kind not in ("classifier", "regressor"):
        return ()
    yardstick = read_yardstick(contract.outputs[0], target)
    if yardstick is None:
        return ()
    rows = np.flatnonzero(~target.nulls())
    if len(rows) < _FEWEST:
        return ()
    width = sum(type_.size for type_ in inputs.schema.types)
    rows = rows[spread(len(rows), max(_FEWEST, min(_ROWS, _VALUES // max(width, 1))))]
    try:
        table = _numbers(inputs.take(rows))
        by_place = described.names is None
        with np.errstate(over="ignore", invalid="ignore"):  # of what is not finite nothing is told
            return judge(_asker(model, contract, table), table, yardstick.take(rows), by_place=by_place)
    except (BoxshipError, _UnansweredError):
        return ()  # proving the box says what is wrong


class _UnansweredError(Exception):
    """Some row has no answer."""


def _asker(model: Model, contract: Contract, table: Table) -> Ask:
    """Answers as plain numbers or places of classes, whatever the contract says of ranges."""
    output = contract.outputs[0]
    place_of = {label: place for place, label in enumerate(output.classes or ())}
    fields = tuple(
        msgspec.structs.replace(
            field,
            type=str(table.schema.type_of(field.name)),
            range=None,
            categories=None,
            default=None,
            policies={},
            nullable=True,
        )
        for field in contract.inputs
    )
    runner = Runner(_NOBODY, msgspec.structs.replace(contract, inputs=fields), model)

    def ask(rows: Table) -> Array:
        answers = runner.predict(rows)
        if answers.table.length < rows.length:
            raise _UnansweredError
        column = answers.table.column(output.name)
        if output.classes is None:
            return column.values
        return np.array([place_of[value] for value in column.to_list()])  # type: ignore[index]  # labels

    return ask


def _numbers(table: Table) -> Table:
    """All columns of numbers as one type, so that they can change places."""
    columns = {name: table.column(name) for name in table.names}
    return Table.from_columns({name: cast_column(one, FLOAT) or one for name, one in columns.items()})


def judge(
    ask: Ask,
    table: Table,
    yardstick: Yardstick,
    *,
    by_place: bool,
    timer: Callable[[], float] = time.perf_counter,
) -> tuple[str, ...]:
    """`by_place`: the model knows its columns by their order alone. A slow model is asked for few orders."""
    started = timer()
    ask(table.between(0, _TIMED))
    most = int(_PATIENCE_S / max((timer() - started) / _TIMED, 1e-9))
    if most < _FEWEST:
        return ()
    places = spread(table.length, most)
    table, yardstick = table.take(places), yardstick.take(places)
    given = ask(table)
    wrong = yardstick.wrong(given)
    found = better_order(ask, table, yardstick, wrong, most=most) if by_place else ""
    return (found,) if found else _beside_constant(yardstick, given, wrong)


def _beside_constant(yardstick: Yardstick, given: Array, wrong: Array) -> tuple[str, ...]:
    """Only what is far from it: models for other weights of the classes, for a quantile, of hardly any skill are
    honest too."""
    best = yardstick.wrong(np.full(len(given), yardstick.constant))
    if yardstick.labels:
        if not _is_below_chance(yardstick.values, given):
            return ()
        words = f"right in {1 - wrong.mean():.0%} of the training rows, one label for all in {1 - best.mean():.0%}"
    else:
        gap = given - yardstick.values
        spread = float(np.median(np.abs(gap - np.median(gap))))
        if not spread > _FAR * float(np.median(best)) or _rank_correlation(yardstick.values, given) > _APART:
            return ()
        words = f"{wrong.mean():.3g} from its target, one number for all rows {best.mean():.3g}"
    return (f"the model is {words}: are these its columns, in its order, and its target?",)


def _is_below_chance(truth: Array, given: Array) -> bool:
    """Right in fewer rows of the classes than by lot, by more than their number explains."""
    classes = np.unique(truth)
    hits = [given[truth == one] == one for one in classes]
    error = float(np.sqrt(sum(max(one.var(), 1 / len(one) ** 2) / len(one) for one in hits))) / len(classes)
    chance = float(np.mean([(given == one).mean() for one in classes]))
    return float(np.mean([one.mean() for one in hits])) < chance - _ERRORS * error


def _rank_correlation(one: Array, other: Array) -> float:
    ranks = [_ranks(values) for values in (one, other)]
    if any(float(rank.std()) == 0 for rank in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Array) -> Array:
    """The mean rank of equal values."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Array = (np.cumsum(counts) - counts / 2)[places]
    return found
