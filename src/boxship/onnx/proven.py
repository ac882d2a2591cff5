"""A twin that is an ONNX file, which holds its own proof: others may run it too."""

from typing import Self

import msgspec

from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered
from boxship.errors import BoxError
from boxship.onnx.fields import NoMessageError, fields
from boxship.onnx.protobuf import content
from boxship.twin.record import Record

FORMAT = 1
_KEY = b"boxship.twin"
_METADATA, _NAME, _VALUE = 14, 1, 2  # fields of a ModelProto, and of an entry of its metadata


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
        """The file with this in its metadata; a message goes on where another ends."""
        entry = content(_NAME, _KEY) + content(_VALUE, canonical_json(self))
        return model + content(_METADATA, entry)

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


def _damaged(why: str) -> BoxError:
    return BoxError("twin.damaged", f"these bytes are not a whole ONNX twin: {why}", "pack the model again")
