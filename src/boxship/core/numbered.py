"""Reading JSON that carries the number of its format."""

from typing import TypeVar

import msgspec

from boxship.errors import BoxError

T = TypeVar("T", bound=msgspec.Struct)


class _Numbered(msgspec.Struct):
    format: int = 1  # left out where it is the first


def read_numbered(data: bytes, kind: type[T], number: int, what: str, codes: tuple[str, str]) -> T:
    """The value, or a BoxError: the first code for a newer format, the second for damage.

    `what` is what the bytes are called in the message.
    """
    try:
        found = msgspec.json.decode(data, type=_Numbered).format
        if found != number:
            raise BoxError(
                codes[0],
                f"{what} has the format {found}, this Boxship reads {number}",
                "pip install --upgrade boxship",
                {"format": found},
            )
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BoxError(
            codes[1],
            f"{what} cannot be read: {error}",
            "copy the box again from where it was made, or pack it again",
        ) from error
