"""A loaded model: what it says of itself, what it gives, and what it can be asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec

from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.twin.program import Program

MOST_OUTPUTS = 10_000
Level = str | int | float | bool


class Described(msgspec.Struct, frozen=True):
    """What a loaded model says of itself."""

    kind: str  # classifier | regressor | clusterer | outlier | transformer
    model: str  # its class, for people
    names: tuple[str, ...] | None  # of its inputs, where it knows them
    count: int | None  # of its inputs, where it knows it
    outputs: tuple["DescribedOutput", ...]
    levels: dict[str, tuple[Level, ...]] = {}  # categories the model itself names
    refused: tuple[str, ...] = ()  # fields of which it takes no category but those
    texts: tuple[str | int, ...] = ()  # fields that it reads as text, by place where it knows no names
    coded: tuple[str | int, ...] = ()  # the same of fields that are categories to it, which it does not name
    unused: tuple[str, ...] = ()  # of the names: it answers without these too
    names_must_match: bool = False  # it takes named columns and no block of numbers


class DescribedOutput(msgspec.Struct, frozen=True):
    """One output as the model gives it."""

    name: str
    type: str
    classes: tuple[Level, ...] | None = None
    probabilities: bool = False
    scores: bool = False  # it gives a number for each class, and no label
    tolerance: float | None = None  # where a row alone and in company may differ by more than is usual


class Settled(msgspec.Struct, frozen=True):
    """What a model's answers to some rows of its data tell."""

    outputs: tuple[DescribedOutput, ...]
    form: str = ""  # for `Adapter.load`: how the model takes rows, where its file does not say


class Given(NamedTuple):
    """What a model gave for one output: a value a row, and a row of probabilities where it has them."""

    values: Array
    probabilities: Array | None


class Model(Protocol):
    """A loaded model."""

    def describe(self) -> Described:
        """Called once in the room, before there is a contract. Raising refuses the model."""

    def predict(self, table: Table) -> Sequence[Given]:
        """Called with the contract's columns in order, in one thread at a time. Raising means
        that some row in the table cannot be answered; the runner finds out which."""


@runtime_checkable
class Settler(Protocol):
    """What a model may also be: one whose answers tell more than it says of itself."""

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        """Called once in the room, after `describe`, with some rows as the contract types them, the
        columns that may be null, and the units of datetimes where the data has other than
        microseconds. What is settled holds from then on. Raising refuses the model."""


@runtime_checkable
class RawAsker(Protocol):
    """What a model may also be: one that can be asked as its user would ask it."""

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """Called in the room with rows as the user has them, a frame or an array. Raising means
        that it does not take such rows."""


@runtime_checkable
class Lowerer(Protocol):
    """What a model may also be: one that its adapter can lower to a twin."""

    def lower(self, contract: Contract) -> Program:
        """Called in the room, once there is a contract. `NoTwinError` says in words why there is none."""


@runtime_checkable
class Exporter(Protocol):
    """What a model may also be: one that its framework may turn into an ONNX file."""

    @property
    def exports(self) -> bool:
        """Whether there is a way for such a model."""

    def to_onnx(self, contract: Contract) -> bytes:
        """Called where the tools for it are installed too. Inputs and outputs of the file are called as the
        model's are. `NoTwinError` says in words why there is none."""
