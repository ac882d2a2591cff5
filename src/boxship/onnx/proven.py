"""A twin that is an ONNX file, which holds its own proof: others may run it too."""

from collections.abc import Mapping
from typing import Self

import msgspec

from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered
from boxship.errors import BoxError
from boxship.onnx.fields import NoMessageError, fields, text
from boxship.onnx.protobuf import content, contents
from boxship.twin.record import Record

FORMAT = 1
_KEY = b"boxship.twin"
_GRAPH, _METADATA, _OUTPUT = 7, 14, 12  # fields of a ModelProto, and of its graph
_NAME, _VALUE = 1, 2  # of an entry of its metadata, and of an output


class OnnxTwin(msgspec.Struct, frozen=True):
    """The proof of equality of an ONNX file, and what answers by it stands on."""

    record: Record
    room: str  # in which it was proven
    hashes: str  # requirements with --hash, of that room
    tools: tuple[str, ...] = ()  # what made it of the model; none where it was written from the twin as steps
    format: int = FORMAT

    @property
    def answers(self) -> bool:
        """Whether it is asked in place of the model."""
        return bool(self.tools)

    def within(self, model: bytes) -> bytes:
        """The file with this in its metadata."""
        return saying(model, {_KEY.decode(): canonical_json(self).decode()})

    @classmethod
    def of_file(cls, data: bytes) -> Self:
        """What the last such entry says: damage is `twin.damaged`."""
        try:
            entries = [one for one in fields(data, 0, len(data)) if one.number == _METADATA]
            pairs = [
                {one.number: data[one.start : one.stop] for one in fields(data, entry.start, entry.stop)}
                for entry in entries
            ]
        except NoMessageError as error:
            raise _damaged(str(error)) from error
        found = [pair.get(_VALUE, b"") for pair in pairs if pair.get(_NAME) == _KEY]
        if not found:
            raise _damaged("it holds no proof")
        return read_numbered(found[-1], cls, FORMAT, "the twin", ("twin.newer_format", "twin.damaged"))


def saying(model: bytes, properties: Mapping[str, str]) -> bytes:
    """The file with more in its metadata; a message goes on where another ends."""
    entries = (content(_NAME, name) + content(_VALUE, value) for name, value in properties.items())
    return model + contents(_METADATA, entries)


def outputs_of(model: bytes) -> list[str]:
    """What the outputs of a file are called."""
    graphs = [one for one in fields(model, 0, len(model)) if one.number == _GRAPH]
    ports = [
        one for graph in graphs for one in fields(model, graph.start, graph.stop) if one.number == _OUTPUT
    ]
    names = [one for port in ports for one in fields(model, port.start, port.stop) if one.number == _NAME]
    return [text(model, one) for one in names]


def _damaged(why: str) -> BoxError:
    return BoxError("twin.damaged", f"these bytes are not a whole ONNX twin: {why}", "pack the model again")
