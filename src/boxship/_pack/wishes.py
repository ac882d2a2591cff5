"""What the user wants of the contract, beyond what the data tells."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from boxship.core.contract import VIOLATIONS, Policy, Scalar, check_policy, check_threshold
from boxship.core.name import names_hint
from boxship.errors import UsageError
from boxship.path import named


class FieldWish(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`[fields.<name>]`: what is not given is learnt."""

    type: str | None = None
    unit: str | None = None
    nullable: bool | None = None
    range: tuple[Scalar, Scalar] | None = None  # numbers, or dates as text
    categories: tuple[Scalar, ...] | None = None
    sensitive: bool = False
    default: Scalar | None = None
    policies: dict[str, Policy] = {}


class OutputWish(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`[outputs.<name>]`: `rename` is the name that answers carry; `classes` are what a model's scores are of."""

    rename: str | None = None
    classes: tuple[Scalar, ...] | None = None
    probabilities: bool | None = None
    unit: str | None = None
    threshold: float | None = None
    calibration: tuple[tuple[float, float], ...] | None = None
    tolerance: float | None = None


class Wishes(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The contract file: `[policies]`, `[fields.<name>]`, `[outputs.<name>]`, and `drop`."""

    policies: dict[str, Policy] = {}
    fields: dict[str, FieldWish] = {}
    outputs: dict[str, OutputWish] = {}
    drop: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            plain = tomllib.loads(path.read_text("utf-8"))
            return cls._of(msgspec.to_builtins(plain), path.name)  # TOML's own dates become text, as in JSON
        except OSError as error:
            message = f"cannot read {named(path)}: {error.strerror}"
            raise UsageError("contract.unreadable", message, "name a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            message = f"{path.name} is not a contract file: {error}"
            raise UsageError("contract.unreadable", message, _KINDS) from error

    @classmethod
    def _of(cls, plain: dict[str, Any], file: str) -> Self:  # as TOML has it
        _check_policies("the contract", plain.get("policies"))
        for group, kind in (("fields", FieldWish), ("outputs", OutputWish)):
            table = plain.get(group)
            for name, wish in table.items() if isinstance(table, dict) else ():
                if isinstance(wish, dict):
                    _check_policies(f"field {name!r}", wish.get("policies"))
                try:
                    msgspec.convert(wish, kind)
                except msgspec.ValidationError as error:
                    message = f"{file} is not a contract file: [{group}.{name}]: {error}"
                    keys = ", ".join(kind.__struct_fields__)
                    raise UsageError("contract.unreadable", message, f"its keys are {keys}") from error
        return msgspec.convert(plain, cls)

    def with_flags(
        self,
        *,
        units: Mapping[str, str],
        sensitive: tuple[str, ...],
        policies: Mapping[str, str],
        threshold: float | None,
        drop: tuple[str, ...],
    ) -> Self:
        """The same wishes, with those of the flags over them."""
        fields = dict(self.fields)
        general = dict(self.policies)
        for name, unit in units.items():
            fields[name] = msgspec.structs.replace(fields.get(name, FieldWish()), unit=unit)
        for name in sensitive:
            fields[name] = msgspec.structs.replace(fields.get(name, FieldWish()), sensitive=True)
        for target, policy in policies.items():
            name, _, violation = target.rpartition(".")
            if violation not in VIOLATIONS:
                raise UsageError(
                    "contract.unknown_violation",
                    f"there is no violation {violation!r}",
                    names_hint(_POLICIES, violation, VIOLATIONS),
                )
            if name:
                wish = fields.get(name, FieldWish())
                fields[name] = msgspec.structs.replace(wish, policies={**wish.policies, violation: policy})
            else:
                general[violation] = policy  # type: ignore[assignment]  # checked below
        _check_policies("the contract", general)
        for name, wish in fields.items():
            _check_policies(f"field {name!r}", wish.policies)
        outputs = dict(self.outputs)
        check_threshold("prediction", threshold)
        if threshold is not None:
            known = outputs.get("prediction", OutputWish())
            outputs["prediction"] = msgspec.structs.replace(known, threshold=threshold)
        return type(self)(general, fields, outputs, (*self.drop, *drop))


def _check_policies(where: str, policies: object) -> None:
    """Also of a file that is not taken apart yet: so it is said what there are."""
    for violation, policy in policies.items() if isinstance(policies, Mapping) else ():
        check_policy(where, violation, policy)


_POLICIES = f"--policy {VIOLATIONS[0]}=reject or --policy FIELD.null=impute; there are"
_KINDS = "it has [policies], [fields.NAME], [outputs.NAME] and drop: docs/reference/contract-file.md"
