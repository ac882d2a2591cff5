"""What the file says of itself, for people and for programs."""

from collections.abc import Mapping, Sequence

from boxship.core.contract import VIOLATIONS, Contract, Field
from boxship.core.digest import canonical_json
from boxship.onnx.field import kind_of, said

_CHANGES = ("clip", "impute")


def told(contract: Contract) -> str:
    """What it takes and what it does not, in words."""
    lines = [
        "A model lowered to plain steps, in the precision in which it calculates.",
        "A row that the model itself refuses makes the run fail; NaN or infinity among the numbers of a row"
        " is no answer.",
        *(f"{field.name}: {said(field)}" for field in contract.inputs if kind_of(field)),
    ]
    left_out = [field.name for field in contract.inputs if not kind_of(field)]
    if left_out:
        lines.append(f"Not asked for, as the model does not look at them: {', '.join(left_out)}")
    changed = [field.name for field in contract.inputs if _is_changed(contract, field)]
    if changed:
        lines.append(
            f"The contract clips or fills values that it does not admit; this file does not: {', '.join(changed)}"
        )
    return "\n".join(lines)


def classes_of(contract: Contract, names: Sequence[str]) -> dict[str, str]:
    """Classes in the order of the probabilities or scores, by what a file calls its outputs."""
    return {
        f"boxship.classes.{name}": canonical_json(output.classes).decode()
        for name, output in zip(names, contract.outputs, strict=True)
        if output.classes is not None
    }


def properties_of(contract: Contract, renamed: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Classes in the order of the probabilities, outputs that have another name here, and what was given."""
    found = classes_of(contract, [output.name for output in contract.outputs])
    if renamed:
        found["boxship.renamed"] = canonical_json(renamed).decode()
    return {**found, **more}


def _is_changed(contract: Contract, field: Field) -> bool:
    return any(
        contract.policy(field.name, one) in _CHANGES and _may_meet(field, one)
        for one in VIOLATIONS
        if one != "extra"
    )


def _may_meet(field: Field, violation: str) -> bool:
    if violation == "out_of_range":
        return field.range is not None
    return violation != "unseen_category" or field.categories is not None
