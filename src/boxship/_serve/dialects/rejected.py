"""Rows that are refused, in one sentence: for protocols that have no word for one row."""

from boxship.core.shown import shown
from boxship.core.verdict import REJECTED, Answers, Reason
from boxship.errors import DataError

_MOST_ROWS = 20
_MOST_REASONS = 5  # of one row


def rejected(answers: Answers) -> DataError | None:
    """Names each of them, as many as fit; None where every row was answered."""
    if not answers.verdicts.faults:
        return None
    rows = (answers.verdicts.codes() == REJECTED).nonzero()[0].tolist()
    if not rows:
        return None
    reasons = answers.verdicts.reasons()
    told = [f"row {row}: {_listed([_worded(one) for one in reasons[row]])}" for row in rows[:_MOST_ROWS]]
    more = [f"and {len(rows) - _MOST_ROWS} more"] if len(rows) > _MOST_ROWS else []
    message = f"{len(rows)} of {len(answers)} rows are rejected: {'; '.join([*told, *more])}"
    hint = "correct or leave them out, or send them to /predict, which answers the others"
    return DataError("contract.rejected", message, hint, {"rows": rows})


def _listed(words: list[str]) -> str:
    more = len(words) - _MOST_REASONS
    return ", ".join(words[:_MOST_REASONS]) + (f" and {more} more" if more > 0 else "")


def _worded(reason: Reason) -> str:
    where = "" if reason.field is None else f"field {reason.field!r} "
    got = "" if reason.got is None else f", got {shown(reason.got)!r}"
    wanted = "" if reason.expected is None else f", expected {reason.expected}"
    return f"{where}{reason.code.rpartition('.')[2].replace('_', ' ')}{got}{wanted}"
