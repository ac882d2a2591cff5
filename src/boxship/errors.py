"""The errors people meet, sorted by who has to act."""

from collections.abc import Mapping


class BoxshipError(Exception):
    """What went wrong, in one sentence, with a stable code and the next thing to type.

    `detail` holds the values behind the sentence, so that a caller can decide without reading words.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", detail: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint
        self.detail = dict(detail or {})

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" + (f"\nhint: {self.hint}" if self.hint else "")


class UsageError(BoxshipError):
    """The question itself was wrong: an unknown name, an option that does not fit."""


class DataError(BoxshipError):
    """The caller's data has to change."""


class BoxError(BoxshipError):
    """The model, or the box made from it, has to change."""


class HostError(BoxshipError):
    """The surroundings have to change: disk, interpreter, packages, permissions."""


class RemoteError(BoxshipError):
    """Somebody else's service has to change, or to come back."""


class InternalError(BoxshipError):
    """We have to change: this is a fault of Boxship."""
