"""Values of a target that stand for classes of another spelling, by the user's word."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from boxship import argument
from boxship.core.answer import class_name
from boxship.core.contract import Output, Scalar
from boxship.core.name import names_hint
from boxship.core.type import Type
from boxship.errors import UsageError

OUTLIERS = (1, -1)  # of an outlier detector: the second is what it looks for
Meant = Mapping[str, str]  # a value of the target, and the class it stands for, both as spelled
_NOTHING: Meant = {}
_LIKE = {"true": "1", "false": "0"}


def spelled(value: object) -> str:
    """As people type it; a whole number is one, also where a null among them made floats of all."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else class_name(value)


def read_meant(given: object, outputs: Iterable[Output]) -> Meant:
    """What was given for `classes`; refuses a class that no output has."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        argument.refuse("classes", given, "a dict of values and classes")
    found = {spelled(value): spelled(label) for value, label in given.items()}
    known = [spelled(label) for output in outputs for label in _answered(output)]
    loose = any(output.classes is None and output.type == "text" for output in outputs)
    for value, label in found.items():
        if label not in known and not loose:
            raise UsageError(
                "check.unknown_class",
                f"{value!r} is to stand for {label!r}, which is no class of the box",
                names_hint("write VALUE=CLASS; the classes are", label, known) if known else "it has none",
            )
    return found


def _answered(output: Output) -> Sequence[Scalar]:
    """The classes it may answer with."""
    if output.classes is not None:
        return output.classes
    return OUTLIERS if Type.parse(output.type).is_integer else ()


def labels(values: Iterable[object], classes: Iterable[Scalar], meant: Meant) -> list[object]:
    """Each value, or the class that it stands for."""
    by_name: dict[str, object] = {spelled(label): label for label in classes}
    return [by_name.get(meant.get(spelled(value), ""), value) for value in values]


def advice(
    strange: Sequence[object], classes: Sequence[Scalar], free: Sequence[Scalar], meant: Meant = _NOTHING
) -> str:
    """What to type where values are no classes: `free` are those that no value is; `meant` was typed and
    is repeated."""
    alike = [next((one for one in classes if _bare(one) == _bare(value)), None) for value in strange]
    if None not in alike:
        return f"{_typed(strange, alike, meant)} says that these are the same"
    if len(strange) == len(free):
        other = ", or in another order" if len(free) > 1 else ""
        return f"say which is which: {_typed(sorted(strange, key=spelled), free, meant)}{other}"
    first = shlex.quote(spelled(strange[0])[:40])
    return f"--class {first}=CLASS says which class it stands for; or leave those rows out"


def _bare(value: object) -> str:
    text = spelled(value).strip().casefold()
    return _LIKE.get(text, text)


def _typed(values: Sequence[object], classes: Sequence[object], meant: Meant) -> str:
    more = zip(map(spelled, values), map(spelled, classes), strict=True)
    pairs = [f"{value}={label}" for value, label in (*meant.items(), *more)]
    return " ".join(f"--class {shlex.quote(pair)}" for pair in pairs)
