"""What every adapter keeps, to be run over your own adapter too."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from boxship.adapters import Adapter, Described, Model, Settler, Writer
from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.core.type import Type
from boxship.runner.local import Runner

_BOX = Digest("0" * 64)


def check_adapter(adapter: Adapter, path: Path, table: Table, *, tolerance: float = 0.0) -> Model:
    """Load a saved model and hold the adapter to its promises on the rows of `table`.

    The same file says and answers the same when loaded again; the answer has one value or tensor a row
    for every output that is described, of the type that is described; the rows stay as they are; one
    row alone is answered as in company, within `tolerance`.
    """
    model, again = adapter.load(path), adapter.load(path)
    assert model.describe() == again.describe(), "two loads of one file describe themselves differently"
    described = described_of(model, table)
    assert described == described_of(again, table), "two loads of one file settle on different forms"
    assert described == described_of(model, table), "describing changes the model"
    before = to_bytes(table)
    given = model.predict(table)
    assert to_bytes(table) == before, "predicting changes the rows"
    assert len(given) == len(described.outputs), "there is not one answer for each output"
    for one, other, output in zip(given, again.predict(table), described.outputs, strict=True):
        type_ = Type.parse(output.type)
        assert one.values.shape == (table.length, *type_.shape), f"{output.name} has not one {type_} a row"
        np.testing.assert_array_equal(one.values, other.values)
        np.asarray(one.values).astype(type_.dtype)
        assert (one.probabilities is not None) == output.probabilities
        if one.probabilities is not None:
            assert one.probabilities.shape == (table.length, len(output.classes or ()))
    _check_alone(model, table, tolerance)
    return model


def described_of(model: Model, table: Table) -> Described:
    """What a model says of itself, with what its answers to the rows of `table` tell."""
    described = model.describe()
    if not isinstance(model, Settler):
        return described
    nullable = [name for name in table.names if table.column(name).nulls().any()]
    settled = model.settle(table.between(0, 20), nullable=nullable, units={})
    return msgspec.structs.replace(described, outputs=settled.outputs)


def check_answers(model: Model, table: Table, expected: Array, *, tolerance: float = 0.0) -> None:
    """The runner answers what the original answers: values of the first output, or its probabilities."""
    described = described_of(model, table)
    answers = Runner(_BOX, contract_of(described, table), model).predict(table)
    assert answers.verdicts.all_ok, answers.verdicts.reasons()
    first = described.outputs[0]
    name = first.name + (PROBABILITIES if expected.ndim == 2 and first.probabilities else "")
    found = answers.table.column(name).values
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(found, expected)


def check_writer(writer: Writer, read: Callable[[Path], object], model: object, folder: Path) -> Path:
    """The same model gives the same bytes: as a copy, and after being written and read again.

    Run it in several processes with other values of PYTHONHASHSEED and compare the bytes.
    """
    copied = copy.deepcopy(model)
    paths = [_written(writer, one, folder / name) for name, one in (("one", model), ("two", copied))]
    paths.append(_written(writer, read(paths[0]), folder / "three"))
    if len({path.read_bytes() for path in paths}) != 1:
        raise AssertionError("the same model is written in two ways")
    return paths[0]


def _written(writer: Writer, model: object, folder: Path) -> Path:
    folder.mkdir()
    return writer.write(model, folder)


def contract_of(described: Described, table: Table) -> Contract:
    """One that takes the rows of `table` and whatever may stand in such columns."""
    schema = table.schema
    inputs = tuple(
        Field(name, str(type_), nullable=not type_.shape, infinite=True)
        for name, type_ in zip(schema.names, schema.types, strict=True)
    )
    outputs = tuple(
        Output(one.name, one.type, classes=one.classes, probabilities=one.probabilities)
        for one in described.outputs
    )
    return Contract(inputs, outputs)


def _check_alone(model: Model, table: Table, tolerance: float) -> None:
    together = model.predict(table)
    for row in range(min(5, table.length)):
        for one, all_ in zip(model.predict(table.between(row, row + 1)), together, strict=True):
            _check_near(one.values[0], all_.values[row], tolerance)
            if one.probabilities is not None and all_.probabilities is not None:
                np.testing.assert_allclose(
                    one.probabilities[0], all_.probabilities[row], rtol=0, atol=tolerance
                )


def _check_near(alone: Any, together: Any, tolerance: float) -> None:  # two values, or two tensors
    """Numbers within `tolerance`, anything else the same."""
    if np.asarray(alone).dtype.kind == "f":
        np.testing.assert_allclose(alone, together, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(alone, together)
