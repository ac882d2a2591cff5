"""Texts made up from lengths and kinds of characters."""

from boxship.core.golden_hash import Hashes, hashes, picks
from boxship.core.profile_value import LENGTHS, Text

_LONGEST = 4096
_TYPICAL = Text(lengths=(0, 0, 0, 0, 1, 1, 1), classes=(1, 0, 0, 0, 0, 0))
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789",
    " ",
    ".,;:!?-_'\"()/@#&+*=%$<>[]{}|~^`\\",
    "\x01\x1b\x7f",
    "äéîõüçñßøλжя中日本語한글😀",
)


def write_texts(known: Text | None, name: str, rows: int) -> list[str]:
    """A text a row; nothing in it was in the data but the frequency of letters, digits and so on."""
    typical = known if known and any(known.lengths) and any(known.classes) else _TYPICAL
    if known and any(known.lengths) and not any(known.classes):
        return [""] * rows
    return [
        _text(typical, hashes(f"{name}/{row}", size)) for row, size in enumerate(_sizes(typical, name, rows))
    ]


def write_bytes(known: Text | None, name: str, rows: int) -> list[bytes]:
    sizes = _sizes(known if known and any(known.lengths) else _TYPICAL, name, rows)
    return [(hashes(f"{name}/{row}", size) & 255).astype("u1").tobytes() for row, size in enumerate(sizes)]


def _sizes(known: Text, name: str, rows: int) -> list[int]:
    numbers = hashes(f"length of {name}", rows)
    sizes = []
    for place, number in zip(picks(numbers, known.lengths), numbers.tolist(), strict=True):
        room = LENGTHS[place + 1] - LENGTHS[place] if place + 1 < len(LENGTHS) else 1
        sizes.append(min(LENGTHS[place] + (number >> 32) % room, _LONGEST))
    return sizes


def _text(known: Text, numbers: Hashes) -> str:
    classes = picks(numbers, known.classes)
    return "".join(
        _ALPHABETS[kind][(number >> 32) % len(_ALPHABETS[kind])]
        for kind, number in zip(classes, numbers.tolist(), strict=True)
    )
