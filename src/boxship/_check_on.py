"""How well a box answers rows whose truth is known, alone or beside another box."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from boxship import argument
from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship._pack.data import Data
from boxship.box import Box
from boxship.core.contract import Contract, Output
from boxship.core.name import names_hint
from boxship.errors import DataError, UsageError
from boxship.runner.open import open_runner
from boxship.settings import Settings, current
from boxship.validate.about import about, name_of
from boxship.validate.answered import ask
from boxship.validate.condition import parse, refuse_unknown
from boxship.validate.file import refuse_report, told_in, write_report
from boxship.validate.make import Asked, Question, make, metric_names
from boxship.validate.meant import Meant, read_meant
from boxship.validate.report import Validation
from boxship.validate.segment import Split, splits
from boxship.validate.truth import Truth, read_truth, refuse_tensor

Say = Callable[[str], None]


def check_on(  # noqa: PLR0913  # each is a separate wish of the user, with a default that does
    box: BoxLike,
    data: object,
    target: object = None,
    *,
    classes: Mapping[Any, object] | None = None,
    against: BoxLike | None = None,
    segments: Sequence[str] = (),
    fail_on: str | None = None,
    report: str | os.PathLike[str] | None = None,
    trust: Sequence[str] = (),
    settings: Settings | None = None,
    say: Say | None = None,
) -> Validation:
    """Ask a box for rows whose true values are known, and measure its answers, with intervals.

    `data` is whatever `pack` takes; `target` the column of true values, one a output, or the values
    themselves; by default the columns that the box was packed with. `classes` say which class a value
    of it stands for where the two are spelled otherwise, as in `{"no": 0, "yes": 1}`. `against` is
    another box, which is asked for the same rows: differences, flips and segments are then between the
    two, and its answers are the ones before. `segments` are columns to look into, of the data and not
    only of the contract. `fail_on` are conditions, such as `"auc<0.9, flips>2%"`: the result's `failed`
    says whether one holds. `report` is a file to write, .html or .json; it says so where there is nothing to report.
    All rows are held in memory; the same rows give the same result.

    >>> boxship.check_on("churn", "test.csv", "churned", fail_on="auc<0.9").failed  # doctest: +SKIP
    False
    """
    settings, say = current(settings), argument.listener("say", say)
    place = None if report is None else refuse_report(argument.path("report", report), data)
    with told_in(place):
        conditions = () if fail_on is None else parse(argument.text("fail_on", fail_on))
        opened = _opened(box, settings)
        other = None if against is None else _other(opened, _opened(against, settings))
        outputs = opened.contract.outputs
        for output in outputs:
            refuse_tensor(output)
        say("reading the data")
        given = Data(data, opened.profile.targets if target is None else target)
        meant = read_meant(classes, outputs)
        truths = _truths(outputs, given, meant)
        parts, left_out = _splits(opened, other, given, argument.names("segments", segments))
        notes = [*_notes(opened, other, given), *left_out]
        question = Question(outputs, truths, parts, conditions, dict(opened.card.metrics), notes)
        labels = [label for part in parts for label in part.labels]
        refuse_unknown(conditions, metric_names(question, paired=other is not None), labels)
        both = [_asked(one, given, trust, settings, say) for one in (opened, other) if one is not None]
        say("measuring")
        found = make(question, *both)
        if place is not None:
            options = {
                "target": given.targets,
                "class": [f"{value}={label}" for value, label in meant.items()],
                "against": () if other is None else (name_of(other.digest, settings),),
                "segment": [part.column for part in parts] if segments else (),
                "fail-on": () if fail_on is None else (fail_on,),
            }
            write_report(found, place, about(opened.digest, given.name, given.digest, options, settings))
        return found


def _opened(box: BoxLike, settings: Settings) -> Box:
    return box if isinstance(box, Box) else open_reference(box, settings=settings)


def _other(box: Box, other: Box) -> Box:
    """Two boxes can be held against each other where they answer with the same."""
    if box.digest == other.digest:
        raise UsageError(
            "check.same_box",
            f"both boxes are {box.digest.short}, which answers as itself",
            "name another version with --against; boxship list shows them",
        )
    mine, theirs = (list(map(_answers_with, one.contract.outputs)) for one in (box, other))
    if mine != theirs:
        raise UsageError(
            "check.other_outputs",
            f"{box.digest.short} answers with {_shown(mine)}, and {other.digest.short} with {_shown(theirs)}",
            "only boxes whose outputs have the same names, types and classes can be held against each other",
        )
    return other


def _answers_with(output: Output) -> tuple[object, ...]:
    return output.name, output.type, output.classes, output.probabilities


def _shown(outputs: Sequence[tuple[object, ...]]) -> str:
    words = []
    for name, type_, classes, shares in outputs[:3]:
        of = "" if classes is None else f" of {', '.join(map(str, list(classes)[:5]))}"  # type: ignore[call-overload]  # a tuple
        words.append(f"{name}: {type_}{of}{' with probabilities' if shares else ''}")
    return "; ".join(words) + (" and others" if len(outputs) > 3 else "")


def _truths(outputs: Sequence[Output], data: Data, meant: Meant) -> list[Truth]:
    names = data.targets
    if len(names) != len(outputs):
        raise DataError(
            "data.wrong_target",
            f"outputs of the box: {len(outputs)}, targets: {', '.join(map(repr, names)) or 'none'}",
            "name the column of true values of each output, in their order; boxship inspect shows them",
            {"targets": list(names), "outputs": len(outputs)},
        )
    for name in names:
        if name not in data.table.schema.places:
            hint = names_hint("the columns are", name, data.table.names)
            raise DataError("data.missing_column", f"there is no column {name!r}, the target", hint)
    texts = [name for name, output in zip(names, outputs, strict=True) if output.type == "text"]
    table = data.with_texts(texts)
    pairs = zip(names, outputs, strict=True)
    return [read_truth(output, name, table.column(name), meant) for name, output in pairs]


def _splits(box: Box, other: Box | None, data: Data, asked: Sequence[str]) -> tuple[list[Split], list[str]]:
    """What one of the contracts calls sensitive is so for both."""
    fields = [field for one in (box, other) if one is not None for field in one.contract.inputs]
    inputs = dict.fromkeys(field.name for field in fields if field.name not in data.targets)
    return splits(data.table, [*inputs], asked, {field.name for field in fields if field.sensitive})


def _asked(box: Box, data: Data, trust: Sequence[str], settings: Settings, say: Say) -> Asked:
    """What the data has beyond the contract, its target first of all, is no fault of its rows."""
    policies = msgspec.structs.replace(box.contract.policies, extra="allow")
    lenient: Contract = msgspec.structs.replace(box.contract, policies=policies)
    say(f"asking {box.digest.short}")
    with open_runner(box, settings=settings, say=say, trust=trust) as runner:
        return Asked(box.digest, ask(runner, data.rows(lenient)))


def _notes(box: Box, other: Box | None, data: Data) -> list[str]:
    found = [
        f"the target {name!r} is also an input of the box: it is shown the truth"
        for name in data.targets
        if name in box.contract.fields
    ]
    found += [
        f"these are the rows that {one.digest.short} was trained on: others will fare worse"
        for one in (box, other)
        if one is not None and one.card.data.get("train") == str(data.digest)
    ]
    if box.card.metrics and len(box.contract.outputs) > 1:
        found.append("the metrics of the card are not compared: it does not say which output they are of")
    if other is not None and other.contract.schema != box.contract.schema:
        found.append("the two boxes take other inputs: each was given its own columns of the data")
    return found
