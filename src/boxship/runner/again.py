"""A model in a process of its own, which is opened again when that process has ended."""

import logging
from collections.abc import Callable, Sequence

from boxship.adapters import Described, Given
from boxship.core.table import Table
from boxship.errors import HostError
from boxship.runner.either import Opened

log = logging.getLogger(__name__)


class Again:
    """A `Model`. What was asked when the process ended raises `HostError`; what is asked next waits for another."""

    waits = True

    def __init__(self, open_: Callable[[], Opened]) -> None:
        self._open = open_
        self._opened: Opened | None = open_()

    def describe(self) -> Described:
        return self._now().model.describe()

    def predict(self, table: Table) -> Sequence[Given]:
        try:
            return self._now().model.predict(table)
        except HostError as error:
            log.warning("the model's process is gone", extra={"error": error.code})
            self.close()
            raise

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _now(self) -> Opened:
        if self._opened is None:
            self._opened = self._open()
        return self._opened
