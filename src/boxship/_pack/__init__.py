"""Making a box: contract, profile, lock, proof."""

from boxship._pack.attest import attestation
from boxship._pack.pack import Packed, pack
from boxship._pack.prove import prove
from boxship._pack.wishes import Wishes

__all__ = ["Packed", "Wishes", "attestation", "pack", "prove"]
