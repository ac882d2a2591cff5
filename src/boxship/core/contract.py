"""What a model takes and gives, and what to do with each violation."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import msgspec

from boxship.core.constant import bound, holds, names_category, reaches
from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered
from boxship.core.table import Schema
from boxship.core.type import Type
from boxship.errors import UsageError

FORMAT = 1
Policy = Literal["reject", "flag", "clip", "impute", "allow"]
Scalar = bool | int | float | str

_ALLOWED: dict[str, tuple[Policy, ...]] = {
    "missing": ("reject", "flag", "impute"),
    "null": ("reject", "flag", "impute"),
    "wrong_type": ("reject", "flag", "impute"),
    "extra": ("reject", "flag", "allow"),
    "out_of_range": ("reject", "flag", "clip", "impute", "allow"),
    "unseen_category": ("reject", "flag", "impute", "allow"),
}
VIOLATIONS = tuple(_ALLOWED)
_TOLD = 12  # names in one message
_FORMS = {"date": " such as 2024-05-31", "datetime": " such as 2024-05-31T14:00:00Z"}


class Policies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done on each violation: reject what the model cannot take, flag what it has never seen.

    `flag` on a missing, null or mistyped value makes it null, where the field is nullable.
    """

    missing: Policy = "reject"
    null: Policy = "reject"
    wrong_type: Policy = "reject"
    extra: Policy = "flag"
    out_of_range: Policy = "flag"
    unseen_category: Policy = "flag"

    def of(self, violation: str) -> Policy:
        policy: Policy = getattr(self, violation)
        return policy


class Field(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One input: what it is called, what it holds, what is usual."""

    name: str
    type: str
    nullable: bool = False
    infinite: bool = False
    range: tuple[float | int | str, float | int | str] | None = None
    categories: tuple[Scalar, ...] | None = None
    unit: str | None = None
    sensitive: bool = False
    default: Scalar | None = None
    policies: dict[str, Policy] = {}

    @property
    def typed(self) -> Type:
        return Type.parse(self.type)

    def wanted(self, violation: str) -> str:
        """What the field wants in the place of what violates it so, in a few words."""
        unit = f" in {self.unit}" if self.unit else ""
        null = " or null" if self.nullable and violation != "null" else ""
        return self.type + unit + _FORMS.get(self.type, "") + null


class Output(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One output. `classes` are in the order of the probabilities.

    `threshold` decides between two classes: the second where its probability reaches it.
    `calibration` maps that probability along straight lines between (given, true) points; without
    a threshold the larger of the mapped probabilities then decides.
    `scores`: the model gives a number for each class, of which the largest decides; for two classes
    it may be one number, the second's probability, or above 0 for the second. They are the
    probabilities, if the output has any.
    """

    name: str
    type: str
    classes: tuple[Scalar, ...] | None = None
    probabilities: bool = False
    scores: bool = False
    threshold: float | None = None
    calibration: tuple[tuple[float, float], ...] | None = None
    unit: str | None = None
    tolerance: float = 1e-6


class Contract(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """The ordered inputs and outputs of a model, and its policies. Its bytes are part of the box."""

    inputs: tuple[Field, ...]
    outputs: tuple[Output, ...]
    policies: Policies = Policies()
    format: int = FORMAT

    @cached_property
    def schema(self) -> Schema:
        return Schema((field.name, field.typed) for field in self.inputs)

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.name: field for field in self.inputs}

    def policy(self, field: str, violation: str) -> Policy:
        """What is done when this field is violated so; a field's own policy comes first."""
        found = self.fields.get(field)
        own = found.policies.get(violation) if found else None
        return own or self.policies.of(violation)

    def to_bytes(self) -> bytes:
        plain = {name: getattr(self, name) for name in self.__struct_fields__}
        return canonical_json({**plain, "format": FORMAT})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Contract":
        codes = ("contract.newer_format", "contract.damaged")
        contract = read_numbered(data, cls, FORMAT, "the contract", codes)
        validate(contract)
        return contract


def validate(contract: Contract) -> None:
    """Refuse a contract that contradicts itself."""
    Schema((field.name, field.typed) for field in contract.inputs)
    if not contract.inputs or not contract.outputs:
        raise _wrong("it has no inputs" if not contract.inputs else "it has no outputs")
    for violation in VIOLATIONS:
        check_policy("the contract", violation, contract.policies.of(violation))
    for field in contract.inputs:
        _check_field(contract, field)
    _check_defaults(contract)
    _check_outputs(contract.outputs)


def _check_field(contract: Contract, field: Field) -> None:
    for violation, policy in field.policies.items():
        check_policy(f"field {field.name!r}", violation, policy)
        _check_meets(field, violation)
    if field.nullable and field.typed.shape:
        raise _wrong(f"field {field.name!r} holds tensors, which cannot be null")
    _check_constants(field)
    asked = {v: contract.policy(field.name, v) for v in VIOLATIONS if v != "extra"}
    for violation in ("missing", "null", "wrong_type"):
        if asked[violation] == "flag" and not field.nullable and violation in field.policies:
            raise _wrong(f"field {field.name!r} cannot be null, so {violation} cannot be flagged")


def _check_defaults(contract: Contract) -> None:
    lacking = [field.name for field in contract.inputs if field.default is None and _imputes(contract, field)]
    if lacking:
        named = ", ".join(map(repr, lacking[:_TOLD])) + (" and others" if lacking[_TOLD:] else "")
        raise UsageError(
            "contract.no_default",
            f"these fields are imputed by their policies and have no default: {named}",
            f"give each one in the contract file: [fields.{lacking[0]}] default = ...",
            {"fields": lacking},
        )


def _imputes(contract: Contract, field: Field) -> bool:
    found = (violation for violation in VIOLATIONS if contract.policy(field.name, violation) == "impute")
    return any(_may_meet(field, violation) for violation in found)


def _check_constants(field: Field) -> None:
    """What the field names has to be of its own type."""
    if field.categories == ():
        raise _wrong(f"field {field.name!r} has an empty list of categories, so every value would be unseen")
    for value in field.categories or ():
        if not names_category(field.typed, value):
            raise _wrong(f"{_shown(value)} is a category of field {field.name!r}, which holds {field.type}")
    if field.default is not None and not holds(field.typed, field.default):
        raise _wrong(
            f"the default of field {field.name!r} is {_shown(field.default)}, not "
            f"{field.type}{_FORMS.get(field.type, '')}"
        )
    _check_range(field)
    if field.default is not None and field.categories and field.default not in field.categories:
        raise _wrong(
            f"the default of field {field.name!r} is {_shown(field.default)}, none of its categories"
        )


def _check_range(field: Field) -> None:
    if field.range is None:
        return
    where = f"the range of field {field.name!r} is {'..'.join(map(_shown, field.range))}"
    for end in field.range:
        if bound(field.typed, end) is None:
            raise _wrong(f"{where}, and {_shown(end)} is no end of a range of {field.type}", _ENDS)
    low, high = (bound(field.typed, end) for end in field.range)
    if low > high:
        raise _wrong(f"{where}, from the higher end to the lower")
    if not reaches(field.typed, low, high):
        raise _wrong(f"{where}, and {field.type} has no value in it")
    default = None if field.default is None else bound(field.typed, field.default)
    if default is not None and not low <= default <= high:
        raise _wrong(f"the default of field {field.name!r} is {_shown(field.default)}, out of its range")


_ENDS = (
    "integers have whole numbers as ends, floats finite ones, dates text such as 2024-05-31; others no range"
)


def _shown(value: object) -> str:
    return repr(value)[:40] if isinstance(value, (str, bool, float)) else str(value)[:40]


def _may_meet(field: Field, violation: str) -> bool:
    if violation == "out_of_range":
        return field.range is not None
    return violation != "unseen_category" or field.categories is not None


def _check_meets(field: Field, violation: str) -> None:
    """Refuse a policy that would never have an effect: whoever wrote it counts on one."""
    where = f"field {field.name!r} has a policy for {violation}"
    if violation == "extra":
        hint = "[policies] extra = ..., or --policy extra=reject"
        raise _wrong(f"{where}, which concerns the row and no field", hint)
    if not _may_meet(field, violation):
        lacks = {"out_of_range": "range", "unseen_category": "categories"}[violation]
        raise _wrong(f"{where}, and no {lacks}", f"[fields.{field.name}] {lacks} = ... in the contract file")


def check_policy(where: str, violation: str, policy: object) -> None:
    """Refuse what is no policy for this violation; `where` says whose it is."""
    if violation not in _ALLOWED:
        raise _wrong(f"{where} has a policy for {violation!r}", f"the violations are {', '.join(VIOLATIONS)}")
    if policy not in _ALLOWED[violation]:
        raise _wrong(
            f"{where} has the policy {policy!r} for {violation}",
            f"it can be {', '.join(_ALLOWED[violation])}",
        )


def _check_outputs(outputs: Sequence[Output]) -> None:
    names = [output.name for output in outputs]
    if len(set(names)) != len(names):
        raise _wrong("two outputs have one name")
    for output in outputs:
        Type.parse(output.type)
        if not 0 <= output.tolerance < float("inf"):
            raise _wrong(f"the tolerance of output {output.name!r} is {output.tolerance}")
        if output.scores and len(output.classes or ()) < 2:
            raise _wrong(f"output {output.name!r} has scores, and no two classes to decide between")
        decides = output.threshold is not None or output.calibration is not None
        if decides and not (output.probabilities and output.classes and len(output.classes) == 2):
            raise _wrong(f"output {output.name!r} has no two classes with probabilities to decide between")
        check_threshold(output.name, output.threshold)
        given = [point[0] for point in output.calibration or ()]
        true = [point[1] for point in output.calibration or ()]
        if given != sorted(set(given)) or true != sorted(true) or len(given) == 1:
            raise _wrong(f"the calibration of output {output.name!r} does not rise from point to point")
        if any(not 0 <= end <= 1 for end in (*given, *true)):
            raise _wrong(f"the calibration of output {output.name!r} leaves 0..1")


def check_threshold(output: str, threshold: float | None) -> None:
    """Refuse what is no probability."""
    if threshold is not None and not 0 <= threshold <= 1:
        raise _wrong(f"the threshold of output {output!r} is {threshold}, not between 0 and 1")


def _wrong(message: str, hint: str = "correct the contract file or the flags") -> UsageError:
    return UsageError("contract.contradiction", f"the contract is wrong: {message}", hint)
