"""PEP 440: which of two versions is later, and whether one is among those asked for."""

import re
from typing import NamedTuple

_VERSION = re.compile(
    r"""\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?
    (?P<post>-(?P<post_bare>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,]+)\s*")
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_EARLIEST, _LATEST = -1, 1 << 62


class Version(NamedTuple):
    """A version in the order of PEP 440; made by `parse_version`."""

    epoch: int
    release: tuple[int, ...]
    pre: tuple[str, int]
    post: int
    dev: int
    local: tuple[tuple[int, str], ...]

    def public(self) -> "Version":
        return self._replace(local=())

    def early(self) -> bool:
        return self.pre != ("z", 0) or self.dev != _LATEST

    def final(self) -> "Version":
        post = self.post if self.pre == ("z", 0) else _EARLIEST
        return self._replace(pre=("z", 0), post=post, dev=_LATEST, local=())


def parse_version(text: str) -> Version | None:
    """The version in `text`, or None where PEP 440 knows no such version."""
    if not (m := _VERSION.fullmatch(text)):
        return None
    release = tuple(int(part) for part in m["release"].split("."))
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    post = _EARLIEST if m["post"] is None else int(m["post_bare"] or m["post_n"] or 0)
    dev = _LATEST if m["dev"] is None else int(m["dev_n"] or 0)
    if m["pre"]:
        letter = m["pre"].lower()
        pre = (_PRE.get(letter, letter), int(m["pre_n"] or 0))
    else:  # 1.0.dev1 comes before 1.0a1, and 1.0a1 before 1.0
        pre = ("", 0) if post == _EARLIEST and dev != _LATEST else ("z", 0)
    local = tuple(
        (int(part), "") if part.isdigit() else (_EARLIEST, part.lower())
        for part in re.split(r"[-_.]", m["local"] or "")
        if part
    )
    return Version(int(m["epoch"] or 0), release, pre, post, dev, local)


def same(left: str, right: str) -> bool:
    """Whether both are one version, however it is spelt: 2022.07.01 and 2022.7.1, but not 1.0 and 1.0+cpu."""
    return left == right or ((ours := parse_version(left)) is not None and ours == parse_version(right))


def allows(specifier: str, version: str) -> bool:
    """Whether `version` fulfils every clause of `specifier`, such as `>=1.2,!=1.3.*,<2`.

    Pre-releases count like any other version: what is installed was somebody's choice.
    """
    clauses = [part for part in specifier.strip().strip("()").split(",") if part.strip()]
    return all(_clause_allows(clause, version) for clause in clauses)


def _clause_allows(clause: str, version: str) -> bool:
    if not (m := _CLAUSE.fullmatch(clause)):
        return False
    operator, wanted = m.groups()
    return compare(version, operator, wanted)


def compare(version: str, operator: str, wanted: str) -> bool:
    """`version operator wanted`; what is no version compares as text, and only for equality."""
    if operator == "===":
        return version.strip().lower() == wanted.strip().lower()
    star = wanted.endswith(".*")
    ours, theirs = parse_version(version), parse_version(wanted.removesuffix(".*"))
    if ours is None or theirs is None:
        return (version == wanted) == (operator == "==") if operator in ("==", "!=") else False
    return _compare(ours, operator, theirs, star=star, given=wanted)


def _compare(ours: Version, operator: str, theirs: Version, *, star: bool, given: str) -> bool:
    if operator in ("==", "!="):
        if star:
            same = _starts_with(ours, theirs, _written_length(given))
        else:
            same = (ours if theirs.local else ours.public()) == theirs
        return same == (operator == "==")
    if operator == "~=":
        return ours.public() >= theirs and _starts_with(ours, theirs, _written_length(given) - 1)
    if operator == "<=":
        return ours.public() <= theirs
    if operator == ">=":
        return ours.public() >= theirs
    if operator == "<":  # <2 does not mean 2rc1
        return ours.public() < theirs and (theirs.early() or not ours.early() or ours.final() != theirs)
    later = ours.post != _EARLIEST and theirs.post == _EARLIEST  # >2 does not mean 2.post1
    after = ours._replace(post=_EARLIEST, dev=_LATEST, local=())
    return ours.public() > theirs and not (later and after == theirs)


def _written_length(given: str) -> int:
    m = _VERSION.fullmatch(given.removesuffix(".*"))
    return len(m["release"].split(".")) if m else 0


def _starts_with(ours: Version, theirs: Version, length: int) -> bool:
    def padded(version: Version) -> tuple[int, ...]:
        return (version.release + (0,) * length)[:length]

    return ours.epoch == theirs.epoch and padded(ours) == padded(theirs)
