from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from boxship import argument
from boxship.errors import UsageError


class InBytes:
    """A path, but not of text."""

    def __fspath__(self) -> bytes:
        return b"a"


def test_one_or_several() -> None:
    assert argument.names("drop", "a") == argument.names("drop", ["a"]) == ("a",)
    assert argument.paths("code", Path("a")) == argument.paths("code", iter(["a"])) == (Path("a"),)


@pytest.mark.parametrize("given", [0.5, np.float32(0.5), np.float64(0.5)])
def test_numbers_of_numpy_are_numbers(given: object) -> None:
    assert argument.number("threshold", given) == 0.5


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (argument.names, 5),
        (argument.names, [5]),
        (argument.names, {"a": 1}),
        (argument.paths, [5]),
        (argument.path, object()),
        (argument.path, "a\0b"),
        (argument.path, b"a"),
        (argument.path, ""),
        (argument.path, InBytes()),
        (argument.mapping, ["a"]),
        (argument.mapping, {1: "a"}),
        (argument.texts, {"a": 1}),
        (argument.number, "0.3"),
        (argument.number, True),
        (argument.number, 1j),
        pytest.param(argument.number, 10**400, id="large"),
        (argument.number, Fraction(10**400)),
        pytest.param(argument.mapping, 10**5000, id="huge"),
        (argument.listener, "text"),
    ],
)
def test_what_the_signature_does_not_say_is_refused(
    read: Callable[[str, object], object], given: object
) -> None:
    with pytest.raises(UsageError) as caught:
        read("units", given)
    assert caught.value.code == "argument.wrong_type"
    assert caught.value.message.startswith("units is ")
