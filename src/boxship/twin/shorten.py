"""The same program without the checks that a later step of it makes anyway."""

import math

from boxship.twin.forest import Forest
from boxship.twin.program import Answer, Line, Program
from boxship.twin.steps import Finite


def shortened(program: Program) -> Program:
    """Gives the same answers and refuses the same rows, in fewer lines."""
    lines: list[Line] = []
    now: list[int] = []  # where each line of the program stands in the shorter one
    for place, (step, takes) in enumerate(program.lines):
        if isinstance(step, Finite) and _is_checked_again(program, place, step):
            now.append(now[takes[0]])
            continue
        lines.append(Line(step, tuple(now[line] for line in takes)))
        now.append(len(lines) - 1)
    answers = (
        Answer(now[one.values], None if one.shares is None else now[one.shares]) for one in program.answers
    )
    return Program(tuple(lines), tuple(answers))


def _is_checked_again(program: Program, place: int, check: Finite) -> bool:
    """Whether what takes these rows are forests, and each refuses what is refused here."""
    takers = [step for step, takes in program.lines if place in takes]
    answered = any(place in (one.values, one.shares) for one in program.answers)
    return bool(takers) and not answered and all(_refuses(step, check) for step in takers)


def _refuses(step: object, check: Finite) -> bool:
    if not isinstance(step, Forest) or not math.isfinite(step.largest):
        return False
    return check.missing or not step.missing
