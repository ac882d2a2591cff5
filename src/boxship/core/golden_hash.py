"""Chance without a generator: our own integer hash, the same everywhere and for ever."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def hashes(name: str, size: int) -> Hashes:
    """So many 64-bit numbers that depend on the name alone (splitmix64 from a seed made of it)."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    counter = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = counter + np.uint64(int.from_bytes(digest, "little"))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fractions(numbers: Hashes) -> NDArray[np.float64]:
    """From 0 up to 1, in steps of 2**-53: exact, whatever the machine."""
    return (numbers >> np.uint64(11)).astype(np.float64) * 2.0**-53


def picks(numbers: Hashes, weights: tuple[int, ...]) -> list[int]:
    """A place for each number, in proportion to the weights, of which one has to be above 0."""
    ends = np.cumsum(np.array(weights, np.uint64))
    places: list[int] = np.searchsorted(ends, numbers % ends[-1], "right").tolist()
    return places
