"""Numbers that leave what floats can hold are no answer, and no warning."""

from typing import Any

import numpy as np
import pytest

from boxship.core.table import Table
from boxship.twin.algebra import Linear
from boxship.twin.program import Answer, Draft
from boxship.twin.read import Numbers
from boxship.twin.steps import Add, Divide, Multiply, Subtract

HUGE, TINY = np.array([1e308]), np.array([1e-308])


@pytest.mark.parametrize(
    "step", [Add(HUGE), Subtract(-HUGE), Multiply(HUGE), Divide(TINY), Linear(HUGE[:, None], TINY)]
)
def test_a_row_that_overflows_does_so_silently(step: Any) -> None:
    draft = Draft()
    program = draft.finish([Answer(draft.then(step, draft.read(Numbers(("x",)))))])
    ((values, _),) = program.run(Table.of({"x": HUGE}))
    assert np.isinf(values).all()
