"""The document against what is answered: jsonschema is not needed to see that the two agree."""

from typing import Any

import msgspec
import pytest

from boxship._serve.about import About
from boxship._serve.json_schema import answer_schema, row_schema
from boxship._serve.openapi import describe
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.digest import Digest

FIELDS = (
    Field("age", "int64", range=(0, 120), unit="years", policies={"out_of_range": "reject"}),
    Field("name", "category", categories=("a", "b"), nullable=True, policies={"unseen_category": "reject"}),
    Field("pixels", "uint8[2,3]"),
    Field("born", "date", policies={"missing": "impute"}, default="2000-01-01"),
    Field("seen", "datetime", nullable=True, policies={"missing": "flag", "null": "flag"}),
    Field("more", "record"),
    Field("odd", "float32", range=(0, 1)),
)
CONTRACT = Contract(FIELDS, (Output("prediction", "text", classes=("no", "yes"), probabilities=True),))


def test_a_field_says_what_the_contract_takes() -> None:
    found = row_schema(CONTRACT)["properties"]
    assert found["age"] == {"type": "integer", "minimum": 0, "maximum": 120, "description": "in years"}
    assert found["name"] == {"type": ["string", "null"], "enum": ["a", "b", None]}
    assert found["pixels"]["items"]["items"] == {"type": "integer", "minimum": 0, "maximum": 255}
    assert (found["pixels"]["minItems"], found["pixels"]["items"]["maxItems"]) == (2, 3)
    assert found["seen"] == {"type": ["string", "null"], "format": "date-time"}
    assert found["more"] == {}
    assert found["odd"] == {"type": "number"}  # outside of its range it is flagged


def test_what_may_be_missing_is_not_required() -> None:
    assert row_schema(CONTRACT)["required"] == ["age", "name", "pixels", "more", "odd"]


@pytest.mark.parametrize(("policy", "said"), [("flag", None), ("allow", None), ("reject", False)])
def test_extra_fields_are_as_the_policy_says(policy: Any, said: bool | None) -> None:  # a table of cases
    contract = Contract((Field("a", "float64"),), CONTRACT.outputs, Policies(extra=policy))
    assert row_schema(contract).get("additionalProperties") is said


def test_an_answer_has_what_the_outputs_have() -> None:
    one = answer_schema(CONTRACT)["properties"]
    assert one["prediction"] == {"enum": ["no", "yes"]}
    assert one["probabilities"]["required"] == ["no", "yes"]
    several = Contract((Field("a", "float64"),), (Output("x", "float64"), Output("y", "int32")))
    outputs = answer_schema(several)["properties"]["outputs"]["properties"]
    assert outputs["x"]["properties"] == {"prediction": {"type": "number"}}


def test_the_document_names_the_box_and_refers_to_what_it_has() -> None:
    about = About(Digest("0" * 64), "churn", "3", "sklearn", CONTRACT)
    found = describe(about)
    assert found["info"]["version"] == "3"
    assert found["info"]["x-boxship-box"].endswith("0" * 64)
    text = msgspec.json.encode(found).decode()
    names = found["components"]["schemas"]
    for part in text.split("#/components/schemas/")[1:]:
        assert part.partition('"')[0] in names
