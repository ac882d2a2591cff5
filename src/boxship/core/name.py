"""Names of columns, as people are told them."""

from collections.abc import Sequence
from difflib import get_close_matches

_MOST = 12


def names_hint(what: str, name: str, names: Sequence[str]) -> str:
    """All there are, and before them the one that was likely meant.

    >>> names_hint("the columns are", "Age", ["age ", "fee"])
    "did you mean 'age '? the columns are 'age ', fee"
    """
    all_ = ", ".join(map(_shown, names[:_MOST])) + (", ..." if len(names) > _MOST else "")
    alike = _alike(name, names)
    return (f"did you mean {alike!r}? " if alike is not None else "") + f"{what} {all_}"


def _shown(name: str) -> str:
    """In quotes where it would not be seen what it is: blanks at its ends, what is not printed, commas."""
    plain = name == name.strip() and name.isprintable() and "," not in name and "'" not in name
    return name if plain else repr(name)


def _alike(name: str, names: Sequence[str]) -> str | None:
    plain = {_bare(one): one for one in reversed(names)}
    close = [_bare(name)] if _bare(name) in plain else get_close_matches(_bare(name), plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name
