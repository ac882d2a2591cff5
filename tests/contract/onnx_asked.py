"""A twin's program written as an ONNX file, and ONNX Runtime's answers held against the program's own."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.wishes import Wishes
from boxship.adapters import Model
from boxship.core.check import Checker
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.profile import Profile
from boxship.core.table import Table, concat
from boxship.onnx import to_onnx
from boxship.onnx.feed import admitted, answered, fed
from boxship.runner.equal import usual_sizes, widest_gap
from boxship.runner.local import Runner
from boxship.runner.twin import TwinModel
from boxship.testing.adapters import described_of
from boxship.twin.domain import domain
from boxship.twin.program import Program
from boxship.twin.refused import RefusedError
from needs import library

ALONE, REFUSED = 4, 3


def held(model: Model, table: Table, *, rows: int = 300, seed: int = 0) -> float:
    """On rows as packing asks them, by one thread and by two, together and alone; the widest difference."""
    described = described_of(model, table)
    typed = typed_inputs(described, table, Wishes())
    contract = learn_contract(described, typed, Profile.of(typed), Wishes())
    program = model.lower(contract)  # type: ignore[attr-defined]  # the models of these tests can be lowered
    return held_program(program, contract, typed, rows=rows, seed=seed)


def held_program(program: Program, contract: Contract, sample: Table, *, rows: int, seed: int = 0) -> float:
    outputs = tuple(msgspec.structs.replace(one, tolerance=program.near) for one in contract.outputs)
    strict = msgspec.structs.replace(contract, outputs=outputs)
    data = to_onnx(program, contract, producer="boxship 9.9")
    box = Runner(Digest("0" * 64), strict, TwinModel(program))
    sizes = usual_sizes(outputs, box.predict(sample).table)
    widest = 0.0
    for threads in (1, 2):
        session = session_of(data, threads)
        for rows_of in domain(contract, sample, program, rows=rows, seed=seed).values():
            part = rows_of.take(admitted(contract, rows_of))
            answers = box.predict(part)
            taken = part if answers.positions is None else part.take(answers.positions)
            gap = widest_gap(outputs, answers.table, asked(session, contract, taken), sizes)
            assert gap.is_equal, (gap, taken.take([gap.row]).to_rows())
            widest = max(widest, gap.difference)
            _check_alone(session, contract, taken.between(0, ALONE), program.near)
            _check_unanswered(session, contract, program, list(_others(contract, part, answers.positions)))
    return widest


def session_of(data: bytes, threads: int = 1) -> Any:  # a session of ONNX Runtime
    runtime = library("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    return runtime.InferenceSession(data, options)


def asked(session: Any, contract: Contract, table: Table) -> Table:
    return answered(contract, session.run(None, fed(contract, table)))


def _check_alone(session: Any, contract: Contract, table: Table, near: float) -> None:
    """Rows alone are answered as in a batch: to the bit, where no step is otherwise."""
    rows = [asked(session, contract, table.between(row, row + 1)) for row in range(table.length)]
    if rows and near == 0:
        assert concat(rows) == asked(session, contract, table)


def _others(contract: Contract, part: Table, positions: Array | None) -> Iterator[Table]:
    """Rows that the contract lets pass and the program does not answer."""
    if positions is None:
        return
    rest = np.setdiff1d(np.arange(len(part)), positions)
    checker = Checker(contract)
    for row in rest[:200].tolist():
        one = part.take([row])
        if checker.check(one).table.length:
            yield one


def _check_unanswered(session: Any, contract: Contract, program: Program, rows: list[Table]) -> None:
    """Where the model raises the run fails; else something that it gives is no finite number."""
    for one in rows[:REFUSED]:
        try:
            program.held(one)  # which is silent where numbers leave what floats can hold
        except RefusedError:
            try:
                session.run(None, fed(contract, one))
            except Exception as error:  # noqa: BLE001  # the runtime has its own, in a private module
                assert "out of data bounds" in str(error)  # noqa: PT017
                continue
            raise AssertionError("it answers what the model refuses") from None
        given = session.run(None, fed(contract, one))
        assert not all(np.isfinite(part).all() for part in given if part.dtype.kind == "f")
