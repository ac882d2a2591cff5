"""A file says what it takes and gives, and readers of ONNX find in it what was written."""

import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.onnx import to_onnx
from boxship.onnx.feed import admitted, answered, fed
from boxship.twin.algebra import Linear
from boxship.twin.encode import Column, Label, Lookup
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Numbers, Places, Singles
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Join

TWO = Output("prediction", "bool", (False, True), probabilities=True)
NUMBER = Output("y", "float64")


def shares_of(*readers: Any) -> Program:
    """The first two columns of what is read, as probabilities of no and yes."""
    draft = Draft()
    blocks = [draft.read(reader) for reader in readers]
    shares = draft.then(Act("softmax"), draft.then(Join(), *blocks))
    return draft.finish([Answer(draft.then(Label((0, 1)), shares), shares)])


def first_of(reader: Any) -> Program:
    draft = Draft()
    return draft.finish([Answer(draft.then(Column(0), draft.read(reader)))])


def session(program: Program, *inputs: Field, outputs: tuple[Output, ...] = (NUMBER,)) -> Any:
    contract = Contract(inputs, outputs)
    data = to_onnx(program, contract, producer="boxship 9.9", properties={"boxship.box": "sha256:0"})
    assert to_onnx(program, contract, producer="boxship 9.9", properties={"boxship.box": "sha256:0"}) == data
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    assert onnx.load_from_string(data).SerializeToString() == data
    return onnxruntime.InferenceSession(data), contract


def ran(found: tuple[Any, Contract], **columns: Any) -> list[Any]:
    runs, contract = found
    table = Table.of(columns)
    given: list[Any] = runs.run(None, fed(contract, table))
    return answered(contract, given).column(contract.outputs[0].name).to_list()


def test_inputs_and_outputs_are_those_of_the_contract() -> None:
    fields = (Field("age", "int16"), Field("fee", "float32"), Field("when", "date"), Field("raw", "binary"))
    runs, _ = session(shares_of(Numbers(("age", "fee"))), *fields, outputs=(TWO,))
    assert [(one.name, one.type, one.shape) for one in runs.get_inputs()] == [
        ("age", "tensor(int64)", ["rows", 1]),
        ("fee", "tensor(float)", ["rows", 1]),
        ("when", "tensor(int64)", ["rows", 1]),
    ]
    assert [(one.name, one.type, one.shape) for one in runs.get_outputs()] == [
        ("prediction", "tensor(bool)", ["rows"]),
        ("prediction_probabilities", "tensor(double)", ["rows", 2]),
    ]


def test_the_file_says_who_made_it_and_what_it_takes() -> None:
    fee = Field("fee", "float64", nullable=True, unit="EUR", range=(0, 9), policies={"out_of_range": "clip"})
    runs, contract = session(shares_of(Numbers(("fee", "n"))), fee, Field("n", "bool"), outputs=(TWO,))
    said = runs.get_modelmeta()
    assert (said.producer_name, said.custom_metadata_map["boxship.box"]) == ("boxship", "sha256:0")
    assert json.loads(said.custom_metadata_map["boxship.classes.prediction"]) == [False, True]
    assert "fee: float64 in EUR; NaN is null" in said.description
    assert "clips or fills values that it does not admit; this file does not: fee" in said.description
    model = onnx.load_from_string(to_onnx(shares_of(Numbers(("fee", "n"))), contract, producer="a b"))
    assert (model.ir_version, [(one.domain, one.version) for one in model.opset_import]) == (8, [("", 13)])


def test_a_name_that_an_input_has_is_told() -> None:
    runs, _ = session(first_of(Numbers(("y",))), Field("y", "float64"))
    assert [one.name for one in runs.get_outputs()] == ["y_"]
    assert json.loads(runs.get_modelmeta().custom_metadata_map["boxship.renamed"]) == {"y": "y_"}


@pytest.mark.parametrize(
    ("field", "known", "values", "wanted"),
    [
        (Field("c", "text"), ("a", "", "b"), ["b", "a", "", "x"], [2, 0, 1, -1]),
        (Field("c", "category", nullable=True), ("a", "b"), ["b", None, "x"], [1, 9, -1]),
        (Field("c", "text", nullable=True, categories=("a", "")), ("a", ""), ["a", "", "x"], [0, 1, -1]),
        (Field("c", "int64"), (7, -3, True), [7, -3, 1, 0], [0, 1, 2, -1]),
        (Field("c", "int8", nullable=True), (7, 2.5, -3), [7, None, -3, 0], [0, 9, 2, -1]),
        (Field("c", "bool"), (True, False), [False, True], [1, 0]),
        (Field("c", "bool", nullable=True), (True, False), [False, None], [1, 9]),
        (Field("c", "float64"), (0.5, 3, "a", -0.0), [3.0, 0.5, np.nextafter(0.5, 1), 0.0], [1, 0, -1, 3]),
        (Field("c", "float32"), (0.5, 0.1), np.array([0.5, 0.1], "f4"), [0, -1]),
    ],
)
def test_categories(field: Field, known: Any, values: Any, wanted: list[int]) -> None:
    draft = Draft()
    codes = np.array([*range(len(known)), -1.0, 9.0])[:, None]
    found = draft.then(Lookup(codes, unknown=True, missing=True), draft.read(Places("c", known)))
    program = draft.finish([Answer(draft.then(Column(0), found))])
    assert ran(session(program, field), c=values) == wanted


def test_another_reader_answers_the_same() -> None:
    fields = (Field("a", "float64"), Field("b", "int64"), Field("c", "text"))
    draft = Draft()
    coded = draft.then(Lookup(np.eye(3), unknown=True, missing=True), draft.read(Places("c", ("x",))))
    joined = draft.then(Join(), draft.read(Numbers(("a", "b"))), coded)
    shares = draft.then(
        Act("softmax"), draft.then(Linear(np.arange(10.0).reshape(5, 2) % 7, np.ones(2)), joined)
    )
    program = draft.finish([Answer(draft.then(Label(("no", "yes")), shares), shares)])
    contract = Contract(fields, (Output("p", "text", ("no", "yes"), probabilities=True),))
    table = Table.of({"a": [0.5, -1.0, 2.0], "b": [1, 0, 4], "c": ["x", "y", "x"]})
    reader = ReferenceEvaluator(onnx.load_from_string(to_onnx(program, contract, producer="a test")))
    labels, found = reader.run(None, fed(contract, table))
    values, wanted = program.run(table)[0]
    assert [str(one) for one in labels] == values.tolist()
    assert np.abs(found - wanted).max() < 1e-15


def test_columns_of_several_types_stay_in_order() -> None:
    fields = (Field("a", "int8"), Field("b", "float64"), Field("c", "int32"), Field("d", "bool"))
    draft = Draft()
    rows = draft.read(Numbers(("d", "a", "b", "c")))
    program = draft.finish([Answer(draft.then(Column(place), rows)) for place in range(4)])
    outputs = tuple(Output(f"y{place}", "float64") for place in range(4))
    runs, contract = session(program, *fields, outputs=outputs)
    given = runs.run(None, fed(contract, Table.of({"a": [1], "b": [2.5], "c": [3], "d": [False]})))
    assert np.ravel(given).tolist() == [0, 1, 2.5, 3]


def test_nulls_of_numbers_are_nan() -> None:
    field = Field("c", "int64", nullable=True)
    assert ran(session(first_of(Numbers(("c",))), field), c=[4, None]) == [4.0, None]


def test_which_rows_can_be_said() -> None:
    fields = (Field("a", "text", nullable=True), Field("b", "text"), Field("n", "int64", nullable=True))
    table = Table.of({"a": ["x", "", None, "y"], "b": ["", "x", "x", "x"], "n": [None, 1, 2, 2**60]})
    contract = Contract(fields, (NUMBER,))
    assert admitted(contract, table).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("type_", "good", "bad"), [("int64", [2**24], [2**24 + 1]), ("float64", [3.4e38, 0.1], [3.5e38])]
)
def test_what_single_precision_does_not_hold_makes_the_run_fail(type_: str, good: Any, bad: Any) -> None:
    found = session(first_of(Singles(("x",))), Field("x", type_), outputs=(Output("y", "float32"),))
    assert ran(found, x=good) == np.array(good, "f4").tolist()
    with pytest.raises(Exception, match="out of data bounds"):
        ran(found, x=bad)


def test_arrays_keep_their_type_and_shape() -> None:
    found = session(first_of(Singles(("x",))), Field("x", "uint8[2,3]"), outputs=(Output("y", "float32"),))
    assert found[0].get_inputs()[0].shape == ["rows", 2, 3]
    assert ran(found, x=np.arange(12, dtype="u1").reshape(2, 2, 3)) == [0.0, 6.0]


@pytest.mark.parametrize(
    ("output", "values", "wanted"),
    [
        (Output("p", "text", ("a", "b"), probabilities=True, threshold=0.25), [0.2, 0.25, 0.3], ["a", "b", "b"]),
        (Output("p", "int64", (3, 4), probabilities=True, calibration=((0.0, 0.0), (0.2, 0.5), (1.0, 1.0))),
         [0.1, 0.2, 0.5], [3, 4, 4]),
    ],
)  # fmt: skip
def test_the_contract_decides(output: Output, values: list[float], wanted: list[Any]) -> None:
    draft = Draft()
    share = draft.then(Act("two"), draft.read(Numbers(("x",))))
    program = draft.finish([Answer(draft.then(Label(output.classes or ()), share), share)])
    found = session(program, Field("x", "float64"), outputs=(output,))
    assert ran(found, x=values) == wanted


@pytest.mark.parametrize(("probabilities", "scores"), [(True, [0.6, 0.4]), (False, [0.1, -0.1])])
def test_scores_are_labelled(probabilities: bool, scores: list[float]) -> None:
    output = Output("p", "text", ("a", "b"), probabilities=probabilities, scores=True)
    found = session(first_of(Numbers(("x",))), Field("x", "float64"), outputs=(output,))
    assert ran(found, x=scores) == ["b", "a"]


@pytest.mark.parametrize(
    ("program", "field", "output", "why"),
    [
        (first_of(Numbers(("x",))), Field("x", "float64"), Output("y", "int64"), "float64 for 'y'"),
        (first_of(Numbers(("x",))), Field("x", "text"), NUMBER, "no number"),
        (first_of(Numbers(("x",))), Field("x", "float64"), TWO, "no probabilities"),
        (
            first_of(Numbers(("x",))),
            Field("x", "float64"),
            Output("y", "text", ("a", "b", "c"), scores=True),
            "no score",
        ),
        (first_of(Places("x", ("a",))), Field("x", "int64"), NUMBER, "no category of that type"),
        (first_of(Places("x", (1,))), Field("x", "uint64"), NUMBER, "unsigned"),
        (first_of(Places("x", ("a", ""))), Field("x", "text", nullable=True), NUMBER, "empty text"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(
    program: Program, field: Field, output: Output, why: str
) -> None:
    with pytest.raises(NoTwinError, match=why):
        to_onnx(program, Contract((field,), (output,)), producer="a test")
