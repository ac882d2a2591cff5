"""Names, as people are told them: those there are, and the one that was likely meant."""

from collections.abc import Sequence
from difflib import get_close_matches

_MOST = 12
_BEGINNING = 3  # letters


def names_hint(what: str, name: str, names: Sequence[str]) -> str:
    """All there are, and before them the one that was likely meant.

    >>> names_hint("the columns are", "Age", ["age ", "fee"])
    "did you mean 'age '? the columns are 'age ', fee"
    """
    all_ = ", ".join(map(_shown, names[:_MOST])) + (", ..." if len(names) > _MOST else "")
    return f"{did_you_mean(name, names)}{what} {all_}"


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """The question, or nothing where no name is like it.

    >>> did_you_mean("chrun", ["churn", "fraud"])
    "did you mean 'churn'? "
    """
    alike = _alike(name, names)
    return f"did you mean {alike!r}? " if alike is not None else ""


def _shown(name: str) -> str:
    """In quotes where it would not be seen what it is: blanks at its ends, what is not printed, commas."""
    plain = name == name.strip() and name.isprintable() and "," not in name and "'" not in name
    return name if plain else repr(name)


def _alike(name: str, names: Sequence[str]) -> str | None:
    plain = {_bare(one): one for one in reversed(names)}
    bare = _bare(name)
    close = [bare] if bare in plain else get_close_matches(bare, plain, n=1, cutoff=0.75)
    close = close or sorted((one for one in plain if _begins(bare, one)), key=len)
    return plain[close[0]] if close else None


def _begins(one: str, other: str) -> bool:
    """Whether one of the two is the beginning of the other, and long enough to be no accident."""
    return min(len(one), len(other)) >= _BEGINNING and (one.startswith(other) or other.startswith(one))


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name
