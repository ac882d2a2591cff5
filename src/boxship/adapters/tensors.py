"""Models of tensors: how a table becomes the arrays that are fed, and how arrays become answers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from boxship.adapters import Described, DescribedOutput, Given, Settled
from boxship.adapters.ragged import has_lists, with_tensors
from boxship.core.column import Array, Column, column_of
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.core.type import NUMBERS, Type
from boxship.errors import BoxError, DataError
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

Run = Callable[[Mapping[str, Array]], Mapping[str, Any]]
"""An array a port, by its name, to an array an output, in order."""
Export = Callable[[Mapping[str, Array], Sequence[str]], bytes]
"""Some rows, an array a port by its name, and the names of its outputs, to an ONNX file."""


_FEW = 2  # rows: of one alone it does not show that there may be any number
NARROW = {"float16": 1e-2, "float32": 1e-5}
"""Sums in few digits, in an order that depends on how many rows there are."""


class Port(NamedTuple):
    """One input of a model: the kind of its values, and the shape of one row, None where any size goes;
    no shape where the model does not say.

    `alone`: it takes one row at a time, and no more.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] | None
    alone: bool = False

    @property
    def size(self) -> int | None:
        """How many values a row holds; None where any number of them goes."""
        if self.shape is None:
            return None
        sizes = [one for one in self.shape if one is not None]
        return prod(sizes) if len(sizes) == len(self.shape) else None

    @property
    def said(self) -> str:
        """The type, for people."""
        inside = ",".join("any" if one is None else str(one) for one in self.shape or ())
        return f"{self.kind}[{inside}]" if self.shape else self.kind


def port_of(name: str, kind: str | None, shape: Sequence[int | None]) -> Port:
    """`shape` with its rows first, None where any size goes. Raises for what no rows can be given to."""
    if kind is None:
        raise BoxError(
            "model.unsupported_input",
            f"the model's input {name!r} is of a kind that no column of a table has",
            "export it with inputs of numbers, booleans or text",
        )
    if not shape:
        raise BoxError(
            "model.no_rows",
            f"the model's input {name!r} has no dimensions, so no place for rows",
            "export it with a first dimension of any size, one place a row",
        )
    if shape[0] not in (None, 1):
        raise BoxError(
            "model.fixed_rows",
            f"the model's input {name!r} takes exactly {shape[0]} rows at once, a box any number",
            "export it with a first dimension of any size, one place a row",
            {"input": name, "rows": shape[0]},
        )
    return Port(name, kind, tuple(shape[1:]), alone=shape[0] == 1)


def unreadable(library: str, path: Path, error: Exception) -> BoxError:
    """The error for a file that was looked through, and that its own library raises on."""
    lines = str(error).strip().splitlines() or [""]
    return BoxError(
        "model.unreadable",
        f"{library} cannot read {path.name}: {type(error).__name__}: {lines[0][:300]}",
        "save or export it again by the version that is in the environment",
    )


class TensorModel:
    """A model that takes an array a port and gives an array an output: what its framework does is `run`.

    With one port every column goes there, side by side; with several, columns go by name. What it gives
    may have names, else its answers show them. `form` is kept beside the model's file, for the adapter to
    read when it loads that. `lower` makes its twin and `export` its ONNX file, where the adapter can.
    """

    def __init__(
        self,
        model: str,
        ports: Sequence[Port],
        outputs: Sequence[str] | None,
        run: Run,
        *,
        form: str = "",
        lower: Callable[[Sequence[Port], Contract], Program] | None = None,
        export: Export | None = None,
    ) -> None:
        self._form = form
        self._export = export
        self._lower = lower
        self._model = model
        self._ports = tuple(ports)
        self._outputs = tuple(outputs or ())
        self._run = run
        self._alone = any(port.alone for port in ports)

    def describe(self) -> Described:
        several = len(self._ports) > 1
        names = tuple(port.name for port in self._ports)
        texts = [place for place, port in enumerate(self._ports) if port.kind == "text"]
        return Described(
            kind="transformer",  # of numbers whose meaning it does not say
            model=self._model,
            names=names if several else None,
            count=None if several else self._ports[0].size,
            outputs=tuple(DescribedOutput(name, "float32") for name in _named(self._outputs)),
            texts=tuple(names[place] for place in texts) if several else self._all_texts(),
        )

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        """How large its answers are shows when it is asked."""
        del nullable, units
        asked = self.ask(rows)
        names = _named(self._outputs or tuple(asked))
        given = [answer_of(name, one, rows.length) for name, one in asked.items()]
        outputs = (_described(name, Given(one, None)) for name, one in zip(names, given, strict=True))
        return Settled(tuple(outputs), self._form)

    def predict(self, table: Table) -> Sequence[Given]:
        return [Given(answer_of(name, one, table.length), None) for name, one in self.ask(table).items()]

    def lower(self, contract: Contract) -> Program:
        if self._lower is None:
            raise NoTwinError(f"there is no way yet to lower a {self._model}")
        return self._lower(self._ports, contract)

    @property
    def exports(self) -> bool:
        return self._export is not None

    def to_onnx(self, contract: Contract) -> bytes:
        types = {field.name: field.typed for field in contract.inputs}
        if self._export is None or any(one.kind not in (*NUMBERS, "bool") for one in types.values()):
            raise NoTwinError("it takes columns that are no numbers")
        few = 1 if self._alone else _FEW
        columns = {name: np.zeros((few, *one.shape), one.dtype) for name, one in types.items()}
        rows = self._fed(Table.from_columns({name: column_of(one) for name, one in columns.items()}))
        return self._export(rows, self._outputs or tuple(self._run(rows)))

    def ask(self, table: Table) -> Mapping[str, Any]:
        """What the framework gives, by the outputs' names; row by row where the model takes no more, and
        where rows may differ in size."""
        if table.length == 1 or not (self._alone or has_lists(table)):
            return self._run(self._fed(table))
        rows = [self._run(self._fed(table.between(row, row + 1))) for row in range(table.length)]
        return {name: _joined(name, [one[name] for one in rows]) for name in rows[0]}

    def _fed(self, table: Table) -> dict[str, Array]:
        if has_lists(table):
            table = with_tensors(table)
        if len(self._ports) > 1:
            return {port.name: fed(port, table.select([port.name])) for port in self._ports}
        return {self._ports[0].name: fed(self._ports[0], table)}

    def _all_texts(self) -> tuple[int, ...]:
        port = self._ports[0]
        return tuple(range(port.size or 1)) if port.kind == "text" else ()


def _named(outputs: tuple[str, ...]) -> tuple[str, ...]:
    return outputs if len(outputs) != 1 else ("prediction",)


def _joined(name: str, pieces: Sequence[Any]) -> Any:  # arrays, or lists of whatever stands for a row
    """The answers to some rows after those to others."""
    if all(isinstance(one, list) for one in pieces):
        return [row for one in pieces for row in one]
    arrays = [np.asarray(one) for one in pieces]
    if len(shapes := {one.shape[1:] for one in arrays}) > 1:
        raise BoxError(
            "model.wrong_shape",
            f"the model's output {name!r} has rows of different shapes: {', '.join(map(str, sorted(shapes)[:3]))}",
            "let the model sum up what differs in size between rows, so that its answers have one shape",
        )
    return np.concatenate(arrays)


def fed(port: Port, table: Table) -> Array:
    """The columns as the array that the port takes; raises where values or shapes would become others."""
    shape = _row_shape(port, table)
    parts = [_cast(port, name, table.column(name)) for name in table.names]
    flat = [part.reshape(table.length, prod(part.shape[1:])) for part in parts]
    whole = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1)
    return np.ascontiguousarray(whole.reshape(table.length, *shape))


def _row_shape(port: Port, table: Table) -> tuple[int, ...]:
    """One row's shape in the port: the column's own, or that of flat columns side by side."""
    shapes = [type_.shape for type_ in table.schema.types]
    width = sum(prod(shape) for shape in shapes)
    if port.shape is None:  # as the data has it
        return shapes[0] if len(shapes) == 1 and shapes[0] else (width,)
    if len(shapes) == 1 and _matches(shapes[0], port.shape):
        return shapes[0]
    filled = _filled(port.shape, width)
    if filled is not None:
        squeezed = _squeezed(filled)
        if all(len(_squeezed(one)) < 2 for one in shapes) or len(squeezed) < 2:
            return filled
        if len(shapes) == 1 and _squeezed(shapes[0]) == squeezed:
            return filled  # nothing changes place
    held = ", ".join(f"{name!r} ({type_})" for name, type_ in _first(table))
    raise DataError(
        "data.wrong_shape",
        f"the model's input {port.name!r} takes {port.said}, the data has {width} values a row: {held}",
        "give one column of that shape, or columns of single numbers in its order; --drop COLUMN leaves one out",
        {"input": port.name, "shape": [*port.shape], "values": width},
    )


def _first(table: Table) -> list[tuple[str, Type]]:
    return list(zip(table.names, table.schema.types, strict=True))[:3]


def _matches(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want in (None, have) for have, want in zip(shape, wanted, strict=True)
    )


def _filled(wanted: tuple[int | None, ...], width: int) -> tuple[int, ...] | None:
    """The shape with its one open size found; None where there are more, or it does not hold as many values."""
    known = prod(size for size in wanted if size is not None)
    unknown = wanted.count(None)
    if unknown > 1 or known == 0 or width % known or (not unknown and known != width):
        return None
    return tuple(width // known if size is None else size for size in wanted)


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _cast(port: Port, name: str, column: Column) -> Array:
    """The values as the port's kind: rounded where they are floats, else the same."""
    if port.kind == "text":
        return _texts(port, name, column)
    here = column.type
    if here.kind not in (*NUMBERS, "bool"):
        raise _other_type(port, name, here)
    values, wanted = column.values, np.dtype(port.kind)
    if column.mask is not None and column.mask.any():
        if wanted.kind != "f":
            raise _no_null(port, name)
        values = np.where(column.mask, np.nan, values.astype(np.float64))
    if values.dtype == wanted:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        cast = values.astype(wanted)
    is_rounded = values.dtype.kind == wanted.kind == "f"
    same = np.isinf(cast) == np.isinf(values) if is_rounded else _is_same(cast, values)
    if not np.all(same):
        raise DataError(
            "data.not_exact",
            f"column {name!r} holds a number that {wanted}, which the model takes, cannot hold",
            "give it as the model was trained on it",
        )
    return cast


def _is_same(cast: Array, values: Array) -> Any:  # an array of truths
    """NaN stays NaN in floats, and is no integer."""
    both = (cast == values) & ((cast < 0) == (values < 0))
    return both | ((cast != cast) & (values != values)) if cast.dtype.kind == "f" else both  # noqa: PLR0124  # NaN


def _texts(port: Port, name: str, column: Column) -> Array:
    if column.type.kind not in ("text", "category"):
        raise _other_type(port, name, column.type)
    if column.nulls().any():
        raise _no_null(port, name)
    out = np.empty(len(column), object)
    out[:] = column.to_list()
    return out


def _other_type(port: Port, name: str, type_: Type) -> DataError:
    return DataError(
        "data.wrong_type",
        f"column {name!r} holds {type_}, the model's input {port.name!r} takes {port.said}",
        f"correct the data, or leave it out with --drop {name}",
    )


def _no_null(port: Port, name: str) -> DataError:
    return DataError(
        "data.has_null",
        f"column {name!r} holds a null, and the model's input {port.name!r} ({port.said}) has none",
        "fill it before training, or give the field a default and the policy null = impute",
    )


def answer_of(name: str, given: Any, rows: int) -> Array:  # what the framework gave for an output
    """A value or a tensor a row; raises where it is not an answer a row."""
    array = np.asarray(given)
    kind = kind_of(array.dtype)
    if kind is None:
        raise BoxError(
            "model.wrong_type",
            f"the model's output {name!r} is {array.dtype}, which no answer can hold",
            "export it with outputs of numbers, booleans or text",
        )
    if array.shape[:1] != (rows,) or 0 in array.shape[1:]:
        raise BoxError(
            "model.wrong_shape",
            f"the model answered {rows} rows with {name!r} of shape {array.shape}",
            "one answer a row for every output",
        )
    return array.reshape(rows) if array.shape[1:] == (1,) else array


def kind_of(dtype: "np.dtype[Any]") -> str | None:
    """Of values of this dtype, as types name it; None where there is none."""
    if dtype.kind in "OU":
        return "text"
    name = "bool" if dtype.kind == "b" else dtype.name
    return name if name in (*NUMBERS, "bool") else None


def _described(name: str, given: Given) -> DescribedOutput:
    values = given.values
    kind = kind_of(values.dtype) or ""
    if kind == "text" and (values.ndim > 1 or not all(isinstance(one, str) for one in values)):
        raise BoxError(
            "model.wrong_type",
            f"the model's output {name!r} gives other than one text a row",
            "export it with outputs of numbers, or with one text a row",
        )
    return DescribedOutput(name, str(Type(kind, values.shape[1:])), tolerance=NARROW.get(kind))
