from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from boxship import argument
from boxship.errors import UsageError
from boxship.stores.reference import check_name


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
        (argument.number, "0.3"),
        (argument.number, True),
        (argument.number, 1j),
        pytest.param(argument.number, 10**400, id="large"),
        (argument.number, Fraction(10**400)),
        pytest.param(argument.mapping, 10**5000, id="huge"),
        (argument.listener, "text"),
        *((argument.flag, one) for one in ("no", None, 0, 1)),
    ],
)
def test_what_the_signature_does_not_say_is_refused(
    read: Callable[[str, object], object], given: object
) -> None:
    with pytest.raises(UsageError) as caught:
        read("units", given)
    assert caught.value.code == "argument.wrong_type"
    assert caught.value.message.startswith("units is ")


def test_the_key_of_what_is_no_text_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        argument.texts("units", {"a": "cm", "b": 3})
    assert caught.value.message == "units['b'] is 3, not a text"


def test_what_is_no_text_is_no_name() -> None:
    with pytest.raises(UsageError, match=r"^None cannot name a box"):
        check_name(None)  # type: ignore[arg-type]
