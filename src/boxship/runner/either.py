"""A box asked by its twin, and by its model as soon as that is worth loading."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from boxship.adapters import Described, Given, Model
from boxship.core.table import Table
from boxship.errors import BoxshipError, HostError
from boxship.twin.record import Speed

log = logging.getLogger(__name__)
_MANY = 1024  # rows, as many as were timed when packing
_MUCH_FASTER = 1.5  # in its room a model has to be handed the rows first
_LOADING_US = 5e6  # what a room and a framework may take to start


class Opened(NamedTuple):
    """A loaded model, and how to let go of it."""

    model: Model
    close: Callable[[], None] = lambda: None


class Either:
    """A `Model`: the twin, until what it takes longer than the model would have paid for loading that.

    Some frameworks are faster with thousands of rows at once. The two answer equally, so that
    nobody sees which was asked.
    """

    def __init__(
        self,
        twin: Opened,
        speeds: Sequence[Speed],
        load: Callable[[], Opened],
        *,
        loading_us: float = _LOADING_US,
    ) -> None:
        self._twin = twin.model
        self._close_twin = twin.close
        self._load = load
        self._opened: Opened | None = None
        self._may_replace = True
        self._lost_us = _lost_us(speeds)  # with each row
        self._left_us = loading_us

    @property
    def forks(self) -> bool:
        return bool(getattr(self._twin, "forks", False))

    @property
    def waits(self) -> bool:
        return bool(getattr(self._twin, "waits", False))

    def describe(self) -> Described:
        return self._twin.describe()

    def predict(self, table: Table) -> Sequence[Given]:
        if not self._lost_us or table.length < _MANY:
            return self._asked_of_twin(table)
        if self._opened is None:
            self._left_us -= table.length * self._lost_us
            if self._left_us < 0:
                self._open()
        if self._opened is None:
            return self._asked_of_twin(table)
        try:
            return self._opened.model.predict(table)
        except HostError as error:  # its room is gone
            self._give_up(error)
            return self._asked_of_twin(table)

    def _asked_of_twin(self, table: Table) -> Sequence[Given]:
        try:
            return self._twin.predict(table)
        except HostError as error:  # one that has a room, which is gone
            if not self._may_replace:
                raise
            log.warning("the model answers, as the twin's room is gone", extra={"error": error.code})
            self._replace_twin()
            return self._twin.predict(table)

    def _replace_twin(self) -> None:
        """By the model, once: a room of its own may end too."""
        self._may_replace = False
        self._close_twin()
        opened, self._opened = self._opened or self._load(), None
        self._twin, self._close_twin = opened.model, opened.close
        self._lost_us = 0.0

    def close(self) -> None:
        self._close_twin()
        self._close_model()

    def _close_model(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _open(self) -> None:
        try:
            self._opened = self._load()
        except (BoxshipError, OSError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        log.info("only the twin can be asked", extra={"error": getattr(error, "code", type(error).__name__)})
        self._lost_us = 0.0
        self._close_model()


def _lost_us(speeds: Sequence[Speed]) -> float:
    """By how much the twin is slower with many rows, a row."""
    timed = next((speed for speed in speeds if speed.rows == _MANY), None)
    if timed is None or timed.model_us * _MUCH_FASTER > timed.twin_us:
        return 0.0
    return (timed.twin_us - timed.model_us) / _MANY
