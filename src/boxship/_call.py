"""Asking a box in this process, or in its room."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from boxship import frames
from boxship._open import open as open_reference
from boxship.box import Box
from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.errors import DataError
from boxship.runner.open import open_runner
from boxship.settings import Settings, current

Say = Callable[[str], None]


def call(
    box: str | os.PathLike[str] | Box,
    rows: object,
    *,
    settings: Settings | None = None,
    say: Say | None = None,
) -> Any:  # one answer or a list of them, as JSON has them
    """The answer to one row (a dict), or a list of answers, in order, to a list of dicts or a DataFrame.

    Anything else that holds rows with names will do too: a table, a file. NaN is null, as in JSON.
    Runs here if the installed versions equal the box's lock, else in its room, which is made when
    it is not there. A bad row is answered with the verdict `rejected` and its reasons.

    >>> boxship.call("churn", {"age": 41})  # doctest: +SKIP
    {'prediction': 'yes', 'probabilities': {'no': 0.08, 'yes': 0.92}, 'verdict': 'ok'}
    """
    return call_body(box, _body(rows), settings=settings, say=say)


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


def _body(rows: object) -> bytes:
    plain = rows if isinstance(rows, (Mapping, list, tuple)) else frames.read(rows).to_rows()
    try:
        return msgspec.json.encode(plain, enc_hook=_plain)
    except (TypeError, ValueError) as error:
        raise DataError("data.unknown_value", f"a row cannot be written as JSON: {error}", _ROWS) from error


def _plain(value: object) -> object:
    """What numpy and DataFrames put into a dict."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} is no value of a row")


_ROWS = "a row is a dict of numbers, text, booleans, dates, lists or None"
