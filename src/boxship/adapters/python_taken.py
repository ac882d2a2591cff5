"""How a function of the user's own takes its rows, as its signature says."""

import inspect
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from boxship.adapters.row_form import Kind
from boxship.errors import BoxError

_ANY: tuple[Kind, ...] = ("block", "columns", "frame", "records", "row")  # the cheapest first
_SCALAR = re.compile(r"(datetime\.)?(int|float|str|bool|bytes|date|datetime|Decimal)")
_DICT = re.compile(r"(typing\.|collections\.abc\.)?(dict|Dict|Mapping)\b")
_LIST = re.compile(r"(typing\.|collections\.abc\.)?(list|List|Sequence|Iterable)\b\[?(.*?)\]?")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Taken(NamedTuple):
    """The forms that its rows may have, the likeliest first; its fields, where each is a parameter."""

    kinds: tuple[Kind, ...]
    names: tuple[str, ...] | None = None
    texts: tuple[str, ...] = ()  # fields that are annotated as text
    optional: tuple[str, ...] = ()  # fields with a default of its own


def taken_by(call: Any) -> Taken:  # anything that can be called
    try:
        parameters = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return Taken(_ANY)  # a compiled one does not say
    if inspect.iscoroutinefunction(call):
        raise _refused("is async", "give a plain function: a model is asked in one thread at a time")
    named = [one for one in parameters if one.kind in (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY)]
    needed = [one for one in named if one.default is inspect.Parameter.empty]
    first = [one for one in named if one.kind in _POSITIONAL][:1]
    if len(needed) > 1 or (named and _is_scalar(named[0])):
        return _spread(named)
    if not first:
        if parameters:
            return Taken(_ANY)  # *args
        raise _refused("takes no rows", "give it one parameter for the rows, or one for each field")
    return Taken(_kinds_of(_written(first[0])))


def taken_by_both(labels: Taken, shares: Taken) -> Taken:
    """How both methods of a class take their rows; raises where no one form suits them."""
    kinds = tuple(kind for kind in labels.kinds if kind in shares.kinds)
    if not kinds or labels.names != shares.names:
        raise BoxError(
            "model.form_unknown",
            f"predict takes its rows as {_told(labels)}, predict_proba as {_told(shares)}",
            "let both take their rows in one form",
        )
    return labels._replace(kinds=kinds)


def _told(taken: Taken) -> str:
    return " or ".join(taken.kinds) if taken.names is None else f"fields {', '.join(taken.names)}"[:200]


def _spread(parameters: Sequence[inspect.Parameter]) -> Taken:
    """A parameter a field, and a call a row."""
    if any(one.kind is inspect.Parameter.POSITIONAL_ONLY for one in parameters):
        raise _refused("has fields that cannot be given by name", "leave out the / in its parameters")
    return Taken(
        ("row",),
        tuple(one.name for one in parameters),
        tuple(one.name for one in parameters if _plain(_written(one)) == "str"),
        tuple(one.name for one in parameters if one.default is not inspect.Parameter.empty),
    )


def _is_scalar(parameter: inspect.Parameter) -> bool:
    return _SCALAR.fullmatch(_plain(_written(parameter))) is not None


def _written(parameter: inspect.Parameter) -> str:
    """Its annotation as text, whether or not annotations are texts in its module."""
    found = parameter.annotation
    if found is inspect.Parameter.empty:
        return ""
    return found if isinstance(found, str) else inspect.formatannotation(found)


def _plain(annotation: str) -> str:
    """Without the word that it may be None."""
    inner = re.fullmatch(r"(?:typing\.)?Optional\[(.*)\]", annotation)
    return (inner[1] if inner else annotation).removesuffix("| None").removeprefix("None |").strip()


def _kinds_of(annotation: str) -> tuple[Kind, ...]:
    plain = _plain(annotation)
    arrays = re.search(r"ndarray|NDArray|ArrayLike|Series", plain) is not None
    if plain in ("", "Any", "typing.Any", "object"):
        return _ANY
    if _DICT.match(plain):
        return ("columns",) if arrays else ("row",)
    if found := _LIST.fullmatch(plain):
        return ("records",) if _DICT.match(found[3]) or not found[3] else ("text",)
    if plain.endswith("DataFrame"):
        return ("frame",)
    if plain.endswith("Series"):
        return ("series",)
    if arrays:
        return ("block",)
    raise _refused(
        f"takes its rows as {plain[:100]}",
        "annotate its parameter as a DataFrame, an ndarray, list[dict] or dict, or leave the annotation out",
    )


def _refused(why: str, hint: str) -> BoxError:
    return BoxError("model.form_unknown", f"the function {why}", hint)
