"""The categories that a booster was trained on, as its file has held them since XGBoost 3.1."""

from collections.abc import Sequence

import msgspec
from xgboost import Booster

from boxship.adapters import Level
from boxship.adapters.coded_rows import Levels
from boxship.errors import BoxError

_INTEGERS = range(9, 17)  # of the kinds of numbers that the file tells apart


class _List(msgspec.Struct):
    """Of one feature: texts as the bytes of all and where each begins, or numbers; nothing of a number."""

    values: list[int]
    offsets: list[int] = []
    type: int = 0


class _Lists(msgspec.Struct):
    enc: list[_List] = []


class _Trees(msgspec.Struct):
    cats: _Lists = msgspec.field(default_factory=_Lists)


class _Boosted(msgspec.Struct):
    model: _Trees = msgspec.field(default_factory=_Trees)


class _Booster(_Boosted):
    gbtree: _Boosted = msgspec.field(default_factory=_Boosted)  # where dart keeps its trees


class _Learner(msgspec.Struct):
    gradient_booster: _Booster


class _File(msgspec.Struct):
    learner: _Learner


def levels_of(booster: Booster) -> Levels:
    """For each feature that is a category, by its place, its categories: their places are their codes.

    Raises where the booster does not hold them: its codes are then those of one data frame.
    """
    types = booster.feature_types or ()
    places = [place for place, one in enumerate(types) if one == "c"]
    if not places:
        return {}
    found = msgspec.json.decode(bytes(booster.save_raw("json")), type=_File).learner.gradient_booster
    lists = found.model.cats.enc or found.gbtree.model.cats.enc
    if len(lists) != len(types):
        lists = [_List([])] * len(types)
    names = booster.feature_names or [str(place) for place in range(len(types))]
    return {place: _levels(lists[place], names[place]) for place in places}


def _levels(held: _List, name: str) -> tuple[Level, ...]:
    if held.offsets:
        ends = zip(held.offsets, held.offsets[1:], strict=False)
        return tuple(_text(held.values[start:stop], name) for start, stop in ends)
    if held.type not in _INTEGERS or not held.values:
        raise _refused(
            f"the feature {name!r} is a category, and the model does not hold which categories its codes stand for",
            "fit it with XGBoost 3.1 or later on a DataFrame whose column is of pandas' category",
        )
    return tuple(held.values)


def _text(values: Sequence[int], name: str) -> str:
    """XGBoost counts letters where it keeps bytes: of other letters than ASCII's it keeps a part."""
    if min(values, default=0) < 0 or max(values, default=0) > 127:
        raise _refused(
            f"the feature {name!r} has categories with other letters than those of ASCII, which XGBoost cuts off",
            "give its categories names of plain letters, and fit again",
        )
    return bytes(values).decode()


def _refused(message: str, hint: str) -> BoxError:
    other = "or encode it by a step of a scikit-learn pipeline, with the XGBoost estimator behind it"
    return BoxError("model.own_categories", message, f"{hint}; {other}")
