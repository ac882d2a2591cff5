"""Asking a box in this process, or in its room."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from boxship import argument
from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship.box import Box
from boxship.codecs import Request
from boxship.codecs.json import JsonCodec
from boxship.codecs.rows import read_rows
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract
from boxship.core.verdict import Decoded, Fault
from boxship.runner.open import open_runner
from boxship.settings import Settings, current

Say = Callable[[str], None]


def call(
    box: BoxLike,
    rows: object,
    *,
    trust: Sequence[str] = (),
    settings: Settings | None = None,
    say: Say | None = None,
) -> Any:  # one answer or a list of them, as JSON has them
    """The answer to one row (a dict), or a list of answers, in order, to dicts in any iterable or a DataFrame.

    Anything else that holds rows with names will do too: an Arrow table, a file. NaN is null.
    Runs here if the installed versions equal the box's lock, else in its room, which is made when
    it is not there; a box in a folder runs in its room, and may load what `trust` names beside its
    framework's. A bad row is answered with the verdict `rejected` and its reasons. Each call loads
    the model anew, which in a room takes seconds: give many rows at once.

    >>> boxship.call("churn", {"age": 41})  # doctest: +SKIP
    {'prediction': 'yes', 'probabilities': {'no': 0.08, 'yes': 0.92}, 'verdict': 'ok'}
    """
    return _ask(box, lambda contract: read_rows(contract, rows), trust, settings, say)


def call_json(
    box: BoxLike,
    body: bytes,
    *,
    trust: Sequence[str] = (),
    settings: Settings | None = None,
    say: Say | None = None,
) -> Any:  # see call
    """The same for a row or rows that are JSON already."""
    return _ask(box, lambda contract: JsonCodec(contract).decode(body), trust, settings, say)


def _ask(
    box: BoxLike,
    read: Callable[[Contract], Request],
    trust: Sequence[str],
    settings: Settings | None,
    say: Say | None,
) -> Any:  # see call
    settings, say = current(settings), argument.listener("say", say)
    opened = box if isinstance(box, Box) else open_reference(box, settings=settings)
    request = read(opened.contract)
    decoded = _without_target(request.decoded, opened.profile.targets, say)
    with open_runner(opened, settings=settings, say=say, trust=trust) as runner:
        answers = answer_rows(opened.contract.outputs, runner.answer(decoded))
    return answers[0] if request.single else answers


def _without_target(decoded: Decoded, targets: Collection[str], say: Say) -> Decoded:
    """Rows of the training file bring the target too, which is no slip: only a policy that rejects it counts."""
    kept = [one for one in decoded.verdicts.faults if one.rejects or not _is_extra(one, targets)]
    if len(kept) == len(decoded.verdicts.faults):
        return decoded
    say(f"left out, since it is what the box answers: {', '.join(targets)}")
    verdicts = msgspec.structs.replace(decoded.verdicts, faults=tuple(kept))
    return msgspec.structs.replace(decoded, verdicts=verdicts)


def _is_extra(fault: Fault, names: Collection[str]) -> bool:
    return fault.code == "contract.extra" and fault.field in names
