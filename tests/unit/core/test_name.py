import pytest

from boxship.core.name import did_you_mean, names_hint


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("age", "age"),
        ("age ", "'age '"),
        ("\ufeffage", r"'\ufeffage'"),
        ("a\xa0", r"'a\xa0'"),
        ("a,b", "'a,b'"),
    ],
)
def test_a_name_that_looks_like_another_is_quoted(name: str, shown: str) -> None:
    assert names_hint("the columns are", "zzz", [name, "fee"]) == f"the columns are {shown}, fee"


@pytest.mark.parametrize("name", ["age ", "Age", "\ufeffage", "agee", "a g e"])
def test_a_name_that_is_nearly_right_is_guessed(name: str) -> None:
    assert names_hint("there are", name, ["fee", "age"]).startswith("did you mean 'age'? there are fee")


@pytest.mark.parametrize(
    ("name", "meant"), [("def", "default"), ("acc", "accuracy"), ("default_2024", "default"), ("de", "")]
)
def test_the_beginning_of_a_name_is_guessed(name: str, meant: str) -> None:
    found = did_you_mean(name, ["fee", "default", "accuracy_of_all", "accuracy"])
    assert found == (f"did you mean {meant!r}? " if meant else "")


def test_nothing_is_guessed_of_what_is_like_none() -> None:
    assert "did you mean" not in names_hint("there are", "churned", ["fee", "age", ""])


def test_many_names_are_cut() -> None:
    assert names_hint("there are", "x", [f"column {place}" for place in range(20)]).endswith("column 11, ...")
