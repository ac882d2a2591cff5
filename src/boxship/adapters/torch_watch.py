"""Whether a module that is asked stays as it was: its tensors, and what it answers to the same rows."""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from boxship.adapters.kept_state import answers_otherwise, keeps_state
from boxship.core.column import Array

_ROWS = 64  # that are asked again; more would cost as much again
_AT_ONCE = 4  # times after the first call, when it is seen what the model is
_CALLS = 64  # after which a change is no longer looked for in the answers
_NEAR = 1e-4  # what threads may move is far less
_NEAR_ALONE = 0.05  # a network in bfloat16 is no nearer to itself in a call of another size
_Arrays = Mapping[str, Array]


class Watch:
    """Of one module. A change in its tensors shows after every call, any other in its answers to the first
    rows, which are asked again after the first call, the second, the fourth, the eighth and so on."""

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module
        self._name = type(module).__name__
        self._before = _versions(module)
        self._calls = 0
        self._first: tuple[_Arrays, _Arrays] | None = None

    def check_tensors(self) -> None:
        """Raise where one was changed or took the place of another."""
        after = _versions(self._module)
        if after == self._before:
            return
        changed = sorted(name for name in self._before if after.get(name) != self._before[name])
        if changed:
            raise keeps_state(self._name, repr(changed[0]))
        self._before = after  # it made one that it did not have

    def check_answers(self, ask: Callable[[_Arrays], _Arrays], feed: _Arrays, answer: _Arrays) -> None:
        """Raise where the first rows are answered otherwise by now."""
        self._calls += 1
        if self._calls == 1:
            self._first = self._kept(ask, feed, answer)
        elif self._calls > _CALLS:
            self._first = None
        if self._first is not None and self._calls.bit_count() == 1:
            rows, then = self._first
            for _ in range(_AT_ONCE if self._calls == 1 else 1):
                if not _are_near(then, ask(rows)):
                    raise answers_otherwise(self._name)

    def _kept(
        self, ask: Callable[[_Arrays], _Arrays], feed: _Arrays, answer: _Arrays
    ) -> tuple[_Arrays, _Arrays] | None:
        """The first rows and what was answered to them, or is to them alone: a long call rounds otherwise."""
        rows, then = _first_of(feed), _first_of(answer)  # copies: they are others' to change
        count = max(map(len, feed.values()), default=0)
        if count <= _ROWS:
            return rows, then
        if any(one.shape[:1] != (count,) for one in answer.values()):
            return None  # no answer to rows, which is told to whoever asked
        alone = ask(rows)
        if not _are_near(then, alone, _NEAR_ALONE):
            raise answers_otherwise(self._name)
        return rows, alone


def _versions(module: torch.nn.Module) -> dict[str, tuple[int, int]]:
    """Of each tensor that it holds, which one it is and how often it was changed."""
    held = (*module.named_parameters(), *module.named_buffers())
    return {name: (id(one), one._version) for name, one in held}  # noqa: SLF001  # it has no other name


def _first_of(arrays: _Arrays) -> _Arrays:
    return {name: (one[:_ROWS] if one.ndim else one).copy() for name, one in arrays.items()}


def _are_near(one: _Arrays, other: _Arrays, near: float = _NEAR) -> bool:
    return one.keys() == other.keys() and all(_is_near(one[name], other[name], near) for name in one)


def _is_near(one: Array, other: Array, near: float) -> bool:
    if one.shape != other.shape:
        return False
    size = np.abs(one[np.isfinite(one)]).max(initial=0)
    return bool(np.allclose(one, other, rtol=near, atol=near * float(size), equal_nan=True))
