"""What lies beside a box, read whole, and what of it cannot be read."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from boxship._pack.prove import Proof
from boxship.box import Box, read_attachment
from boxship.core.attestation import Attestation
from boxship.errors import BoxshipError
from boxship.twin.record import Twin

T = TypeVar("T")


class Sized(NamedTuple):
    """A twin, and what it takes on the disk."""

    twin: Twin
    size_bytes: int


class Attached(NamedTuple):
    """Each kind oldest first; `faults` has an error for each attachment that is left out here."""

    proofs: list[Proof]
    twins: list[Sized]
    attestations: list[Attestation]
    faults: list[BoxshipError]


def read_attached(box: Box) -> Attached:
    """Read every attachment; one that is damaged hides no other."""
    faults: list[BoxshipError] = []

    def read(kind: str, parse: Callable[[bytes], T]) -> list[T]:
        found = []
        for path in box.attached(kind):
            try:
                found.append(parse(read_attachment(path)))
            except BoxshipError as error:
                faults.append(error)
        return found

    proofs = read("proof", Proof.from_bytes)
    twins = read("twin", lambda data: Sized(Twin.from_bytes(data), len(data)))
    attestations = read("attestation", Attestation.from_bytes)
    read("hashes", bytes.decode)
    return Attached(proofs, twins, attestations, faults)
