"""Media types as headers write them."""

from typing import NamedTuple

CSV = b"text/csv"
_JSON = (b"application/json", b"*/*", b"application/*")


class Media(NamedTuple):
    """What a `content-type` says: the type in lower case, and the rest of the line."""

    kind: bytes
    rest: bytes

    @property
    def is_json(self) -> bool:
        """Also what is sent without a type, and curl's own default for `--data`."""
        kind = self.kind
        return kind in (b"", b"application/x-www-form-urlencoded") or kind.endswith((b"/json", b"+json"))

    @property
    def has_header(self) -> bool | None:
        """Of CSV (RFC 4180): whether its first line names the columns; None where it is not said."""
        said = [part.strip().lower() for part in self.rest.split(b";")]
        if b"header=present" in said:
            return True
        return False if b"header=absent" in said else None


def media_of(header: bytes) -> Media:
    kind, _, rest = header.partition(b";")
    return Media(kind.strip().lower(), rest)


def prefers_csv(accept: bytes) -> bool:
    """Whether CSV comes before JSON in an `accept`."""
    kinds = [part.partition(b";")[0].strip().lower() for part in accept.split(b",")]
    return next((kind == CSV for kind in kinds if kind == CSV or kind in _JSON), False)
