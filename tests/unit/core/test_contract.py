import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from boxship.core.contract import Contract, Field, Output, Policies, validate
from boxship.errors import BoxError, UsageError
from boxship.testing.models import number_contract
from boxship.testing.tables import contracts


@settings(max_examples=50)
@given(contracts())
def test_a_contract_has_one_form(contract: Contract) -> None:
    again = Contract.from_bytes(contract.to_bytes())
    assert again == contract
    assert again.to_bytes() == contract.to_bytes()


def test_the_format_is_written() -> None:
    assert msgspec.json.decode(number_contract("a").to_bytes())["format"] == 1


def test_equal_policies_are_written_alike() -> None:
    plain = number_contract("a")
    given = msgspec.structs.replace(plain, policies=Policies(extra="flag"))
    assert plain.to_bytes() == given.to_bytes()


def test_a_field_has_its_own_policy_first() -> None:
    contract = Contract(
        (Field("a", "float64", policies={"out_of_range": "clip"}), Field("b", "float64")),
        (Output("prediction", "float64"),),
    )
    assert contract.policy("a", "out_of_range") == "clip"
    assert contract.policy("b", "out_of_range") == "flag"


def _with(
    field: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **policies: Any
) -> Contract:
    return Contract(
        (Field(**{"name": "a", "type": "float64", **(field or {})}),),
        (Output(**{"name": "prediction", "type": "int64", **(output or {})}),),
        Policies(**policies),
    )


@pytest.mark.parametrize(
    ("contract", "code"),
    [
        (_with({"range": (3, 1)}), "contract.contradiction"),
        (_with({"range": ("a", 5)}), "contract.contradiction"),
        (_with({"range": ("a", "b")}), "contract.contradiction"),
        (_with({"range": (0, float("inf"))}), "contract.contradiction"),
        (_with({"range": (0, 10**400)}), "contract.contradiction"),
        (_with({"range": (False, True)}), "contract.contradiction"),
        (_with({"type": "text", "range": ("a", "b")}), "contract.contradiction"),
        (_with({"type": "date", "range": ("2024-02-30", "2025-01-01")}), "contract.contradiction"),
        (_with({"type": "date", "range": ("2025-01-01", "2024-01-01")}), "contract.contradiction"),
        (_with({"default": "abc"}), "contract.contradiction"),
        (_with({"default": float("nan")}), "contract.contradiction"),
        (_with({"type": "int8", "default": 300}), "contract.contradiction"),
        (_with({"type": "text", "default": 3}), "contract.contradiction"),
        (_with({"type": "bool", "default": 1}), "contract.contradiction"),
        (_with({"type": "bool", "default": 0.0}), "contract.contradiction"),
        (_with({"type": "bool", "categories": (0, 2)}), "contract.contradiction"),
        (_with({"categories": ()}), "contract.contradiction"),
        (_with({"type": "uint8", "range": (300, 1000)}), "contract.contradiction"),
        (_with({"type": "int64", "range": (-(10**30), -(10**29))}), "contract.contradiction"),
        (_with({"type": "int64", "range": (1.5, 3)}), "contract.contradiction"),
        (_with({"type": "date", "range": ("today", "2030-01-01")}), "contract.contradiction"),
        (_with({"type": "datetime", "range": ("2024", "2025")}), "contract.contradiction"),
        (_with({"type": "float32", "range": (1e300, 1e301)}), "contract.contradiction"),
        (_with({"type": "datetime", "default": "soon"}), "contract.contradiction"),
        (_with({"type": "record", "default": "x"}), "contract.contradiction"),
        (_with({"type": "float32[2]", "default": 1}), "contract.contradiction"),
        (_with({"categories": ("a", 1)}), "contract.contradiction"),
        (_with({"type": "category", "categories": ("a", 1)}), "contract.contradiction"),
        (_with(output={"tolerance": float("inf")}), "contract.contradiction"),
        (_with(output={"tolerance": -1.0}), "contract.contradiction"),
        (_with({"policies": {"null": "impute"}}), "contract.no_default"),
        (_with({"policies": {"missing": "flag"}}), "contract.contradiction"),
        (_with({"policies": {"late": "flag"}}), "contract.contradiction"),
        (_with({"policies": {"extra": "reject"}}), "contract.contradiction"),
        (_with({"policies": {"out_of_range": "reject"}}), "contract.contradiction"),
        (_with({"policies": {"unseen_category": "reject"}}), "contract.contradiction"),
        (_with(extra="impute"), "contract.contradiction"),
        (_with(output={"threshold": 0.5}), "contract.contradiction"),
        (
            _with(output={"classes": (0, 1), "probabilities": True, "threshold": 1.5}),
            "contract.contradiction",
        ),
        (
            _with(output={"classes": (0, 1), "probabilities": True, "calibration": ((1.0, 0.0), (0.0, 1.0))}),
            "contract.contradiction",
        ),
        (Contract((), (Output("prediction", "int64"),)), "contract.contradiction"),
    ],
)
def test_contradictions_are_refused(contract: Contract, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        validate(contract)
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"format":1', b'"format":9', "contract.newer_format"),
        (b'"inputs"', b'"imputs"', "contract.damaged"),
        (b'"inputs"', b'"\xff"', "contract.damaged"),
    ],
)
def test_other_bytes_are_refused(old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(BoxError) as caught:
        Contract.from_bytes(number_contract("a").to_bytes().replace(old, new))
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    "field",
    [
        {"type": "int64", "range": (1.0, 9), "default": 4.0},
        {"type": "int8", "range": (0, 1000)},
        {"type": "int64", "categories": (1.0, 2.0)},
        {"type": "bool", "categories": (0, 1), "default": True},
        {"type": "date", "range": ("2024-02-29", "2024-02-29"), "default": "2024-02-29"},
        {"type": "datetime", "range": (dt.date(2024, 2, 29), "2024-03-01T12:00:00")},
        {"type": "datetime", "range": ("2024-03-01T00:00:00Z", "2024-03-01T02:00:00+01:00")},
        {"type": "text", "default": ""},
        {"type": "binary", "default": "AAE="},
    ],
)
def test_what_a_field_names_of_its_own_type_is_taken(field: dict[str, Any]) -> None:
    validate(_with(field))


def test_all_fields_without_a_default_are_told() -> None:
    fields = tuple(Field(f"f{place}", "float64") for place in range(14))
    contract = Contract(
        (*fields, Field("g", "text", default="x")), (Output("p", "int64"),), Policies(null="impute")
    )
    with pytest.raises(UsageError) as caught:
        validate(contract)
    assert caught.value.code == "contract.no_default"
    assert caught.value.detail == {"fields": [field.name for field in fields]}
    assert "'f11' and others" in caught.value.message
