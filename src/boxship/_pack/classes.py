"""The classes that a model's scores are of, where only the contract file knows them."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from boxship._pack.wishes import OutputWish, Wishes
from boxship.adapters import Described, DescribedOutput, Given
from boxship.core.column import Array
from boxship.core.contract import Scalar
from boxship.core.type import Type
from boxship.errors import UsageError

_ROUNDED = 1e-3  # what shares in half precision may lack to 1


def with_classes(described: Described, wishes: Wishes, ask: Callable[[], Sequence[Given]]) -> Described:
    """The outputs with the classes that they are given; `ask` for answers to rows of the data."""
    asked = [wishes.outputs.get(output.name, OutputWish()) for output in described.outputs]
    for output, wish in zip(described.outputs, asked, strict=True):
        if wish.probabilities is not None and not wish.classes:
            raise _wrong(output, "has probabilities there, and no classes", "name them in their order")
    if not any(wish.classes for wish in asked):
        return described
    outputs = tuple(
        _classified(output, wish, given.values) if wish.classes else output
        for output, wish, given in zip(described.outputs, asked, ask(), strict=True)
    )
    return msgspec.structs.replace(described, outputs=outputs, kind="classifier")


def _classified(output: DescribedOutput, wish: OutputWish, scores: Array) -> DescribedOutput:
    classes = wish.classes or ()
    _check_count(output, classes)
    kind, are_shares = _kind(output, classes), _are_shares(output, wish, scores)
    return DescribedOutput(output.name, kind, classes, are_shares, scores=True, tolerance=output.tolerance)


def _check_count(output: DescribedOutput, classes: tuple[Scalar, ...]) -> None:
    given = Type.parse(output.type)
    if output.classes is not None:
        raise _wrong(output, "is given classes there, and has its own", "leave them out")
    if len(set(classes)) != len(classes):
        raise _wrong(output, "has a class twice there", "name each once, in the order of the scores")
    one_of_two = len(classes) == 2 and not given.shape
    if given.kind in ("text", "bool") or not (given.shape == (len(classes),) or one_of_two):
        raise _wrong(
            output, f"has {len(classes)} classes there, the model gives {given}", "one number for each class"
        )


def _kind(output: DescribedOutput, classes: tuple[Scalar, ...]) -> str:
    kinds = {type(one) for one in classes}
    known = {bool: "bool", int: "int64", float: "float64", str: "text"}
    if len(kinds) > 1:
        raise _wrong(output, "has classes of several kinds there", "all texts, or all numbers")
    return known[kinds.pop()]


def _are_shares(output: DescribedOutput, wish: OutputWish, scores: Array) -> bool:
    """Whether each row's scores are probabilities: told by what they add up to, or said."""
    within = bool(np.all((scores >= -_ROUNDED) & (scores <= 1 + _ROUNDED)))
    if scores.ndim == 1:
        if wish.probabilities is None:
            raise _wrong(
                output,
                "has two classes there and is one number, which may be a probability or a score",
                "probabilities = true if it is the probability of the second, false if above 0 means the second",
            )
        found = within
    else:
        found = within and bool(np.all(np.abs(scores.sum(axis=1, dtype=np.float64) - 1) <= _ROUNDED))
    if wish.probabilities and not found:
        row = scores.reshape(len(scores), -1)[0][:3].tolist()
        raise _wrong(
            output,
            f"has probabilities there, and the model gives {', '.join(f'{one:.3g}' for one in row)}",
            "leave probabilities out: the largest score decides",
        )
    return found if wish.probabilities is None else wish.probabilities


def _wrong(output: DescribedOutput, what: str, hint: str) -> UsageError:
    return UsageError(
        "contract.wrong_classes",
        f"the contract file contradicts the model: the output {output.name!r} {what}",
        f"[outputs.{output.name}] classes = [...], probabilities = ...: {hint}",
    )
