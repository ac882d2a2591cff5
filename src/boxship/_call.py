"""Asking a box in this process, or in its room."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from boxship._open import open as open_reference
from boxship.box import Box
from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.runner.open import open_runner
from boxship.settings import Settings, current

Row = Mapping[str, object]
Say = Callable[[str], None]


def call(
    box: str | os.PathLike[str] | Box,
    rows: Row | Sequence[Row],
    *,
    settings: Settings | None = None,
    say: Say | None = None,
) -> Any:  # one answer or a list of them, as JSON has them
    """The answer to one row, or a list of answers to a list, in order.

    Runs here if the installed versions equal the box's lock, else in its room, which is made when
    it is not there. A bad row is answered with the verdict `rejected` and its reasons.

    >>> boxship.call("churn", {"age": 41})  # doctest: +SKIP
    {'prediction': 'yes', 'probabilities': {'no': 0.08, 'yes': 0.92}, 'verdict': 'ok'}
    """
    return call_body(box, msgspec.json.encode(rows), settings=settings, say=say)


def call_body(
    box: str | os.PathLike[str] | Box,
    body: bytes,
    *,
    settings: Settings | None = None,
    say: Say | None = None,
) -> Any:  # see call
    """The same for a row or rows that are JSON already."""
    settings = settings or current()
    opened = box if isinstance(box, Box) else open_reference(box, settings=settings)
    request = JsonCodec(opened.contract).decode(body)
    with open_runner(opened, settings=settings, say=say or (lambda _: None)) as runner:
        answers = answer_rows(opened.contract.outputs, runner.answer(request.decoded))
    return answers[0] if request.single else answers
