from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from boxship._pack import arguments
from boxship.errors import UsageError


def test_one_or_several() -> None:
    assert arguments.names("drop", "a") == arguments.names("drop", ["a"]) == ("a",)
    assert arguments.paths("code", Path("a")) == arguments.paths("code", iter(["a"])) == (Path("a"),)


@pytest.mark.parametrize("given", [0.5, np.float32(0.5), np.float64(0.5)])
def test_numbers_of_numpy_are_numbers(given: object) -> None:
    assert arguments.number("threshold", given) == 0.5


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (arguments.names, 5),
        (arguments.names, [5]),
        (arguments.names, {"a": 1}),
        (arguments.paths, [5]),
        (arguments.path, object()),
        (arguments.mapping, ["a"]),
        (arguments.mapping, {1: "a"}),
        (arguments.texts, {"a": 1}),
        (arguments.number, "0.3"),
        (arguments.number, True),
        (arguments.number, 1j),
    ],
)
def test_what_the_signature_does_not_say_is_refused(
    read: Callable[[str, object], object], given: object
) -> None:
    with pytest.raises(UsageError) as caught:
        read("units", given)
    assert caught.value.code == "pack.wrong_argument"
    assert caught.value.message.startswith("units is ")
