"""From a described model and its training data to a contract."""

import re
from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from boxship._pack.slip import refuse_null_words, refuse_number_texts
from boxship._pack.wishes import FieldWish, OutputWish, Wishes
from boxship.adapters import Described, DescribedOutput, Level
from boxship.codecs.table import cast_column
from boxship.core.column import Column
from boxship.core.contract import Contract, Field, Output, Policies, Policy, Scalar, validate
from boxship.core.name import names_hint
from boxship.core.profile import Profile
from boxship.core.table import Table, missing_column
from boxship.core.type import MOMENTS, Type
from boxship.errors import DataError, UsageError

_FEW = 10  # rows that have to stand behind anything that is kept
_MOST_LEVELS = 1000
_MORE = "name what is not an input with --drop COLUMN, the target with --target COLUMN"
_FEWER = (
    "give the data that it was trained on, with all of its columns; --drop and --target leave columns out"
)
_BLANK = re.compile(r"\s")


def with_spaces(described: Described, names: Sequence[str]) -> Described:
    """By the data's own names, where the model wrote `_` for their spaces, as LightGBM does."""
    plain = {_BLANK.sub("_", name): name for name in names}
    other = {one: plain[one] for one in described.names or () if one not in names and one in plain}
    if not other:
        return described
    return msgspec.structs.replace(
        described,
        names=tuple(other.get(one, one) for one in described.names or ()),
        levels={other.get(one, one): levels for one, levels in described.levels.items()},
    )


def check_names(table: Table, targets: Sequence[str], wishes: Wishes) -> None:
    """Refuse what names no column, before anything is asked of the model."""
    for name in (*targets, *wishes.drop):
        if name not in table.schema.places:
            raise missing_column(name, table.names)
    for name in wishes.fields:
        if name not in table.schema.places:
            raise _unknown_field(name, [one for one in table.names if one not in (*targets, *wishes.drop)])


def _unknown_field(name: str, inputs: Sequence[str]) -> UsageError:
    return UsageError(
        "contract.unknown_field",
        f"the contract file or a flag names the field {name!r}, which is not an input",
        names_hint("the inputs are", name, inputs),
    )


def model_inputs(described: Described, table: Table, targets: Sequence[str], drop: Sequence[str]) -> Table:
    """The columns the model was trained on, in its order."""
    left_out = [*targets, *drop]
    offered = [name for name in table.names if name not in left_out]
    if described.names is not None:
        here = set(table.names) - {*left_out}
        names = [name for name in described.names if name in here or name not in described.unused]
        for name in names:
            if name in left_out:
                raise UsageError(
                    "data.needed",
                    f"the model takes the column {name!r}, which --drop or --target leaves out",
                    "name another column, or train without this one",
                )
            if name not in table.schema.places:
                raise DataError(
                    "data.missing_column",
                    f"the model was trained with a column {name!r}, which the data does not have",
                    names_hint("the data has", name, table.names),
                )
        return table.select(names)
    chosen = table.select(offered)
    width = sum(type_.size for type_ in chosen.schema.types)
    if described.count is not None and described.count != width:
        raise DataError(
            "data.wrong_count",
            f"the model takes {described.count} columns, the data has {width} besides the target"
            + "".join(_counted(name, chosen.schema.type_of(name)) for name in offered),
            _MORE if width > described.count else _FEWER,
            {"model": described.count, "data": width},
        )
    return chosen


def _counted(name: str, type_: Type) -> str:
    """What a column of lists counts for."""
    if type_.shape:
        return f"; {name!r} ({type_}) counts for {type_.size}"
    ragged = (
        "; {!r} counts for one: its lists differ in length, or it holds nulls or other values than numbers"
    )
    return ragged.format(name) if type_.kind == "record" else ""


def named_outputs(described: Described, targets: Sequence[str]) -> Described:
    """Several outputs are called as the columns they were trained on, in their order."""
    if not 1 < len(targets) == len(described.outputs):
        return described
    outputs = zip(described.outputs, targets, strict=True)
    named = tuple(msgspec.structs.replace(output, name=name) for output, name in outputs)
    return msgspec.structs.replace(described, outputs=named)


def text_columns(described: Described, wishes: Wishes) -> set[str]:
    """The inputs that the contract file or the model itself says are text, whatever they look like."""
    asked = {name for name, wish in wishes.fields.items() if wish.type in ("text", "category")}
    known = described.levels.items()
    coded = {name for name, levels in known if levels and all(isinstance(one, str) for one in levels)}
    return asked | coded | {one for one in described.texts if isinstance(one, str)}


def typed_inputs(described: Described, table: Table, wishes: Wishes, targets: Sequence[str] = ()) -> Table:
    """The inputs as the types the contract will name: asked for, or told by the model or the data."""
    for name, wish in wishes.fields.items():
        if name in targets and wish == FieldWish(sensitive=True):
            continue  # its distribution is not kept
        if name not in table.schema.places:
            raise _unknown_field(name, table.names)
    columns: dict[str, Column] = {}
    texts, coded = (_by_name(places, table) for places in (described.texts, described.coded))
    known = {*described.levels, *described.unused, *texts, *coded}
    for name in table.names:
        column = table.column(name)
        wish = wishes.fields.get(name, FieldWish())
        if not wish.type and name not in known:
            refuse_number_texts(name, column, secret=wish.sensitive)
        if name in described.levels and wish.categories is None:
            refuse_null_words(name, column, described.levels[name])
        wanted = Type.parse(wish.type) if wish.type else _natural(name, column, described, texts, coded)
        cast = cast_column(column, wanted)
        if cast is None:
            raise DataError(
                "data.wrong_type",
                f"column {name!r} holds {column.type}, which cannot become {wanted} without a change",
                f"correct the data, or [fields.{name}] type in the contract file",
            )
        columns[name] = cast
    return Table.from_columns(columns)


def _by_name(places: Collection[str | int], table: Table) -> set[str]:
    """Fields that the model knows by name or by place."""
    wide = [n for n, t in zip(table.names, table.schema.types, strict=True) for _ in range(t.size)]
    return {one if isinstance(one, str) else wide[one] for one in places}


def _natural(
    name: str, column: Column, described: Described, texts: Collection[str], coded: Collection[str]
) -> Type:
    if column.type.kind != "text":
        return column.type
    if name in described.levels:
        return Type("category")
    if name in texts:
        return column.type  # it is read word by word, however few texts there are
    known = [value for value in column.values if value is not None]
    distinct = set(known[:100_000])
    short = all(len(value) <= 80 for value in distinct)
    is_category = described.names_must_match or name in coded
    return Type("category") if _are_few(distinct, known) and short and is_category else column.type


def _are_few(distinct: Collection[object], known: Collection[object]) -> bool:
    return len(known) >= _FEW and len(distinct) <= min(_MOST_LEVELS, max(1, len(known) // _FEW))


def learn_contract(described: Described, table: Table, profile: Profile, wishes: Wishes) -> Contract:
    """Names, types, ranges, categories and outputs; wishes win over what was learnt."""
    if "unseen_category" in wishes.policies:
        described = msgspec.structs.replace(described, refused=())
    described = msgspec.structs.replace(described, coded=tuple(_by_name(described.coded, table)))
    fields = tuple(
        _field(name, table.column(name), profile, described, wishes.fields.get(name, FieldWish()))
        for name in table.names
    )
    known = {output.name for output in described.outputs}
    if unknown := sorted(set(wishes.outputs) - known):
        raise UsageError(
            "contract.unknown_output",
            f"the model has no output {unknown[0]!r}",
            names_hint("it has", unknown[0], sorted(known)),
        )
    outputs = tuple(
        _output(output, wishes.outputs.get(output.name, OutputWish())) for output in described.outputs
    )
    policies = msgspec.convert(wishes.policies, Policies)
    needs_default = {n for n, w in wishes.fields.items() if "impute" in w.policies.values()}
    if "impute" in wishes.policies.values():
        needs_default |= set(table.names)
    fields = tuple(
        msgspec.structs.replace(field, default=_default(table.column(field.name), field))
        if field.name in needs_default and field.default is None
        else field
        for field in fields
    )
    contract = Contract(fields, outputs, policies)
    validate(contract)
    return contract


def _field(name: str, column: Column, profile: Profile, described: Described, wish: FieldWish) -> Field:
    type_ = column.type
    infinite = type_.is_float and bool(np.isinf(column.values).any())
    categories = (
        wish.categories if wish.categories is not None else _categories(name, column, described, wish)
    )
    ordered = (type_.is_number or type_.kind in MOMENTS) and not wish.sensitive
    found = profile.column(name).bounds if ordered and categories is None else None
    given = wish.range if wish.range is not None else found
    return Field(
        name,
        str(type_),
        nullable=_is_nullable(column, wish),
        infinite=infinite,
        range=given,
        categories=categories,
        unit=wish.unit,
        sensitive=wish.sensitive,
        default=wish.default,
        policies=_policies(name, categories, described, wish),
    )


def nullable(table: Table, wishes: Wishes) -> tuple[str, ...]:
    """The inputs that may be null: those with a null in the data, unless the contract file says otherwise."""
    wish_of = wishes.fields.get
    return tuple(n for n in table.names if _is_nullable(table.column(n), wish_of(n) or FieldWish()))


def _is_nullable(column: Column, wish: FieldWish) -> bool:
    return bool(column.nulls().any()) if wish.nullable is None else wish.nullable


def _policies(
    name: str, categories: tuple[Scalar, ...] | None, described: Described, wish: FieldWish
) -> dict[str, Policy]:
    """A category on which the model raises costs its own row alone, if it never gets there."""
    if categories is None or name not in described.refused:
        return wish.policies
    return {"unseen_category": "reject", **wish.policies}


def _categories(
    name: str, column: Column, described: Described, wish: FieldWish
) -> tuple[Scalar, ...] | None:
    if wish.sensitive:
        return None
    if name in described.levels:
        return _levels_as(column.type, described.levels[name]) or None
    if column.type.is_integer and not column.type.shape and name in described.coded:
        return _integers(column)
    if column.type.kind != "category":
        return None
    counts = np.bincount(column.values[column.values >= 0], minlength=len(column.levels))
    return tuple(level for level, count in zip(column.levels, counts, strict=True) if count >= _FEW) or None


def _integers(column: Column) -> tuple[Scalar, ...] | None:
    """Those that enough rows stand behind; None where they are too many for categories."""
    known = column.values[~column.nulls()]
    values, counts = np.unique(known, return_counts=True)
    return tuple(values[counts >= _FEW].tolist()) or None if _are_few(values, known) else None


def _levels_as(type_: Type, levels: tuple[Level, ...]) -> tuple[Scalar, ...] | None:
    """As values of the field: an imputer in between may have made fractions of integers."""
    if type_.kind in ("category", "text"):
        return tuple(map(str, levels))
    if any(isinstance(one, str) for one in levels):
        return None  # what the data holds is something else than what the encoder was fitted on
    if type_.kind == "bool":
        return tuple(sorted({bool(one) for one in levels}))
    if not type_.is_number:
        return None
    if type_.is_integer:
        return tuple(int(one) for one in levels if float(one).is_integer())
    return tuple(float(one) for one in levels)


def _default(column: Column, field: Field) -> Scalar | None:
    """The median or the most frequent value, where at least ten rows stand behind it."""
    if field.sensitive:
        return None
    kept = np.flatnonzero(~column.nulls())
    if len(kept) < _FEW or column.type.shape:
        return None
    values = column.values[kept]
    if column.type.is_float:
        return float(f"{np.sort(values)[len(values) // 2]:.3g}")
    if column.type.is_integer:
        return int(np.sort(values)[len(values) // 2])
    plain = [value for value, null in zip(column.to_list(), column.nulls(), strict=True) if not null]
    counts: dict[object, int] = {}
    for value in plain:
        counts[value] = counts.get(value, 0) + 1
    best = min(counts, key=lambda value: (-counts[value], str(value)))
    return best if counts[best] >= _FEW and isinstance(best, (bool, str)) else None


def _output(output: DescribedOutput, wish: OutputWish) -> Output:
    if wish.threshold is not None and not output.probabilities:
        raise UsageError(
            "contract.no_probabilities",
            f"the output {output.name!r} has no probabilities to hold against a threshold",
            "leave the threshold out, or train with probabilities",
        )
    asked = output.tolerance if wish.tolerance is None else wish.tolerance
    tolerance = {} if asked is None else {"tolerance": asked}
    return Output(
        wish.rename or output.name,
        output.type,
        classes=output.classes,
        probabilities=output.probabilities,
        scores=output.scores,
        threshold=wish.threshold,
        calibration=wish.calibration,
        unit=wish.unit,
        **tolerance,
    )
