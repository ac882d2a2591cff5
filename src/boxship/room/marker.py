"""PEP 508 markers: whether a requirement holds in an environment, or on which platforms it would."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from boxship.room.name import normalise
from boxship.room.version import compare, parse_version

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>===|~=|==|!=|<=|>=|<|>|\(|\))|'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<word>[\w.]+))"""
)
_OPERATORS = frozenset({"===", "~=", "==", "!=", "<=", ">=", "<", ">", "in", "not in"})
_VERSIONS = frozenset({"python_version", "python_full_version", "implementation_version", "platform_release"})
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_OLD_NAMES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}

PLATFORM = frozenset({"os_name", "sys_platform", "platform_system", "platform_machine"})
"""The variables that change when a lock travels; all others belong to the interpreter it was taken from."""


@dataclass(frozen=True)
class Test:
    """One comparison; `name` stands for its variable, on the left or (mirrored) on the right."""

    name: str
    operator: str
    value: str
    name_left: bool

    def holds(self, env: Mapping[str, str]) -> bool:
        ours = env.get(self.name, "")
        left, right = (ours, self.value) if self.name_left else (self.value, ours)
        if self.name == "extra":
            return _compare_text(normalise(left), self.operator, normalise(right))
        if self.operator in ("in", "not in"):
            return (left in right) == (self.operator == "in")
        if self.name in _VERSIONS and parse_version(self.value.removesuffix(".*")):
            operator = self.operator if self.name_left else _MIRRORED.get(self.operator, self.operator)
            return compare(ours, operator, self.value)
        return _compare_text(left, self.operator, right)

    def __str__(self) -> str:
        quote = "'" if '"' in self.value else '"'
        value = f"{quote}{self.value}{quote}"
        return (
            f"{self.name} {self.operator} {value}"
            if self.name_left
            else f"{value} {self.operator} {self.name}"
        )


@dataclass(frozen=True)
class Both:
    """`left and right`."""

    left: "Marker"
    right: "Marker"


@dataclass(frozen=True)
class Either:
    """`left or right`."""

    left: "Marker"
    right: "Marker"


Marker = Test | Both | Either
Conditions = frozenset[frozenset[str]]
"""Alternatives of tests that must all hold: {} is never, {{}} is always."""

ALWAYS: Conditions = frozenset({frozenset[str]()})


def parse_marker(text: str) -> Marker:
    """ValueError says what is no marker."""
    tokens = _Tokens(text)
    marker = _parse_or(tokens)
    if tokens.peek() is not None:
        raise ValueError(f"{text!r} is no marker: {tokens.peek()!r} is left over")
    return marker


def holds(marker: Marker, env: Mapping[str, str]) -> bool:
    match marker:
        case Both(left, right):
            return holds(left, env) and holds(right, env)
        case Either(left, right):
            return holds(left, env) or holds(right, env)
        case Test():
            return marker.holds(env)


def platforms(marker: Marker, env: Mapping[str, str]) -> Conditions:
    """The platform tests under which the marker would hold, all else being as in `env`."""
    match marker:
        case Both(left, right):
            return meet(platforms(left, env), platforms(right, env))
        case Either(left, right):
            return join(platforms(left, env), platforms(right, env))
        case Test(name=name) if name in PLATFORM:
            return frozenset({frozenset({str(marker)})})
        case Test():
            return ALWAYS if marker.holds(env) else frozenset()


def meet(a: Conditions, b: Conditions) -> Conditions:
    return _least({left | right for left in a for right in b})


def join(a: Conditions, b: Conditions) -> Conditions:
    return _least(a | b)


def render_conditions(conditions: Conditions) -> str:
    """A marker in one canonical spelling; "" is always."""
    return " or ".join(sorted(" and ".join(sorted(tests)) for tests in conditions))


def _least(alternatives: frozenset[frozenset[str]] | set[frozenset[str]]) -> Conditions:
    return frozenset(a for a in alternatives if not any(b < a for b in alternatives))


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self._all = list(self._split(text))
        self._at = 0

    def peek(self) -> tuple[str, str] | None:
        return self._all[self._at] if self._at < len(self._all) else None

    def take(self) -> tuple[str, str]:
        if (token := self.peek()) is None:
            raise ValueError(f"{self.text!r} is no marker: it ends too early")
        self._at += 1
        return token

    def accept(self, kind: str, text: str) -> bool:
        if found := self.peek() == (kind, text):
            self._at += 1
        return found

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        at, end = 0, len(text.rstrip())
        while at < end:
            if not (m := _TOKEN.match(text, at)):
                raise ValueError(f"{text!r} is no marker: {text[at:].strip()!r} is not understood")
            at = m.end()
            kind = m.lastgroup or ""
            yield ("value" if kind in ("single", "double") else kind, m[kind])


def _parse_or(tokens: _Tokens) -> Marker:
    left = _parse_and(tokens)
    while tokens.accept("word", "or"):
        left = Either(left, _parse_and(tokens))
    return left


def _parse_and(tokens: _Tokens) -> Marker:
    left = _parse_test(tokens)
    while tokens.accept("word", "and"):
        left = Both(left, _parse_test(tokens))
    return left


def _parse_test(tokens: _Tokens) -> Marker:
    if tokens.accept("op", "("):
        inner = _parse_or(tokens)
        if not tokens.accept("op", ")"):
            raise ValueError(f"{tokens.text!r} is no marker: a parenthesis is not closed")
        return inner
    (left_kind, left), operator, (right_kind, right) = tokens.take(), _parse_operator(tokens), tokens.take()
    if {left_kind, right_kind} != {"word", "value"}:
        raise ValueError(f"{tokens.text!r} is no marker: it compares {left!r} and {right!r}")
    if left_kind == "word":
        return Test(_OLD_NAMES.get(left, left), operator, right, name_left=True)
    return Test(_OLD_NAMES.get(right, right), operator, left, name_left=False)


def _parse_operator(tokens: _Tokens) -> str:
    operator = tokens.take()[1]
    if operator == "not" and tokens.accept("word", "in"):
        operator = "not in"
    if operator not in _OPERATORS:
        raise ValueError(f"{tokens.text!r} is no marker: {operator!r} is no comparison")
    return operator


def _compare_text(left: str, operator: str, right: str) -> bool:
    """Text has no order: what is neither equal nor a version is not at least anything."""
    return left != right if operator == "!=" else left == right and operator in ("==", "===", "<=", ">=")
