"""What lies beside a box, read whole, and what of it cannot be read."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from boxship._pack.prove import Proof
from boxship.box import Box, read_attachment
from boxship.core.attestation import Attestation
from boxship.errors import BoxshipError
from boxship.onnx.proven import OnnxTwin
from boxship.twin.record import Twin

T = TypeVar("T")


class Sized(NamedTuple):
    """A twin, and what it takes on the disk."""

    twin: Twin
    size_bytes: int


class OnnxFile(NamedTuple):
    """A file for others, where it lies, and what it says of itself."""

    path: Path
    size_bytes: int
    twin: OnnxTwin


class Attached(NamedTuple):
    """Each kind oldest first; `faults` has an error for each attachment that is left out here."""

    proofs: list[Proof]
    twins: list[Sized]
    onnx: list[OnnxFile]
    attestations: list[Attestation]
    faults: list[BoxshipError]


def read_attached(box: Box) -> Attached:
    """Read every attachment; one that is damaged hides no other."""
    faults: list[BoxshipError] = []

    def read(kind: str, parse: Callable[[Path, bytes], T]) -> list[T]:
        found = []
        for path in box.attached(kind):
            try:
                found.append(parse(path, read_attachment(path)))
            except BoxshipError as error:
                faults.append(error)
        return found

    proofs = read("proof", lambda _, data: Proof.from_bytes(data))
    twins = read("twin", lambda _, data: Sized(Twin.from_bytes(data), len(data)))
    onnx = read("onnx", lambda path, data: OnnxFile(path, len(data), OnnxTwin.of_file(data)))
    attestations = read("attestation", lambda _, data: Attestation.from_bytes(data))
    read("hashes", lambda _, data: data.decode())
    return Attached(proofs, twins, onnx, attestations, faults)
