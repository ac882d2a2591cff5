"""Making a box: contract, profile, lock, proof."""

from boxship._pack.make import Packed, pack
from boxship._pack.wishes import Wishes

__all__ = ["Packed", "Wishes", "pack"]
