"""The same program in fewer acts: without checks that a later step makes anyway, with a forest's sums divided
where they are made."""

import math

import numpy as np

from boxship.core.column import Array
from boxship.twin.forest import Forest
from boxship.twin.program import Answer, Line, Program
from boxship.twin.steps import Divide, Finite


class Divided:
    """A forest and the numbers that its outputs are divided by, as one step."""

    def __init__(self, forest: Forest, divisors: Array) -> None:
        self.run = forest.divided(np.array(np.broadcast_to(divisors, forest.base.shape), np.float64))


def shortened(program: Program) -> Program:
    """Gives the same answers and refuses the same rows, in fewer lines."""
    lines: list[Line] = []
    now: list[int] = []  # where each line of the program stands in the shorter one
    for place, (step, takes) in enumerate(program.lines):
        if isinstance(step, Finite) and _is_checked_again(program, place, step):
            now.append(now[takes[0]])
        elif isinstance(step, Divide) and _is_only_taker(program, takes[0]):
            forest = lines[now[takes[0]]]
            lines[now[takes[0]]] = Line(Divided(forest.step, step.values), forest.takes)
            now.append(now[takes[0]])
        else:
            lines.append(Line(step, tuple(now[line] for line in takes)))
            now.append(len(lines) - 1)
    answers = (
        Answer(now[one.values], None if one.shares is None else now[one.shares]) for one in program.answers
    )
    return Program(tuple(lines), tuple(answers))


def _is_only_taker(program: Program, place: int) -> bool:
    """Whether the line there is a forest, and one line alone asks for what it gives."""
    takers = sum(takes.count(place) for _, takes in program.lines)
    return isinstance(program.lines[place].step, Forest) and takers == 1 and not _is_answer(program, place)


def _is_checked_again(program: Program, place: int, check: Finite) -> bool:
    """Whether what takes these rows are forests, and each refuses what is refused here."""
    takers = [step for step, takes in program.lines if place in takes]
    return bool(takers) and not _is_answer(program, place) and all(_refuses(step, check) for step in takers)


def _is_answer(program: Program, place: int) -> bool:
    return any(place in (one.values, one.shares) for one in program.answers)


def _refuses(step: object, check: Finite) -> bool:
    if not isinstance(step, Forest) or not math.isfinite(step.largest):
        return False
    return check.missing or not step.missing
