import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.encode import Label, Lookup
from boxship.twin.forest import Forest
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.program_bytes import from_bytes, to_bytes
from boxship.twin.read import Numbers, Places
from boxship.twin.steps import Add, Fill, Join
from tests.unit.twin.forests import forests


def program() -> Program:
    draft = Draft()
    numbers = draft.read(Numbers(("age", "fee")))
    filled = draft.then(Fill(np.array([1.0, 2.0])), numbers)
    plan = draft.read(Places("plan", ("basic", "plus")))
    coded = draft.then(Lookup(np.array([[1.0], [2.0], [0.0], [0.5]]), unknown=True, missing=True), plan)
    shares = draft.then(Act("softmax"), draft.then(Join(), filled, coded))
    label = draft.then(Label(("no", "yes", "maybe")), shares)
    return draft.finish([Answer(label, shares)])


def test_a_program_is_the_same_after_a_journey() -> None:
    table = Table.of({"age": [1, None], "fee": [0.5, 2.0], "plan": ["plus", None]})
    before, after = program(), from_bytes(to_bytes(program()))
    (values, shares), (others, same) = before.run(table)[0], after.run(table)[0]
    assert values.tolist() == others.tolist() == ["maybe", "yes"]
    assert shares is not None
    assert same is not None
    assert shares.tobytes() == same.tobytes()
    assert to_bytes(after) == to_bytes(before)


@settings(max_examples=20)
@given(forests())
def test_a_forest_is_the_same_after_a_journey(forest: Forest) -> None:
    draft = Draft()
    sums = draft.then(forest, draft.read(Numbers(tuple("abcd"[: forest.width]))))
    data = to_bytes(draft.finish([Answer(sums)]))
    assert to_bytes(from_bytes(data)) == data


@settings(max_examples=300)
@given(st.data())
def test_damage_has_a_code(data: st.DataObject) -> None:
    whole = bytearray(to_bytes(program()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for one in (bytes(whole), cut, bytes(whole) + b"\0"):
        assert code_of(one) in ("", "twin.damaged", "twin.newer_format")


def code_of(data: bytes) -> str:
    try:
        from_bytes(data)
    except BoxError as error:
        return error.code
    return ""


def test_a_newer_format_is_said() -> None:
    with pytest.raises(BoxError) as caught:
        from_bytes(to_bytes(program()).replace(b'"format":1', b'"format":2'))
    assert caught.value.code == "twin.newer_format"


def test_a_step_takes_only_what_is_there() -> None:
    draft = Draft()
    draft.then(Add(np.zeros(1)), 0)
    with pytest.raises(ValueError, match="line 0"):
        draft.finish([Answer(0)])
