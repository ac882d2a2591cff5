from pathlib import Path

import pytest

from boxship._pack.wishes import Wishes
from boxship.errors import UsageError

FILE = """
drop = ["id"]
[policies]
extra = "allow"
[fields.age]
unit = "years"
range = [0, 120]
[outputs.prediction]
threshold = 0.4
"""


def test_flags_are_laid_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(FILE)
    wishes = Wishes.read(tmp_path / "c.toml").with_flags(
        units={"age": "months"},
        sensitive=("income",),
        policies={"null": "impute", "age.out_of_range": "clip"},
        threshold=None,
        drop=("day",),
    )
    assert wishes.drop == ("id", "day")
    assert wishes.policies == {"extra": "allow", "null": "impute"}
    assert (wishes.fields["age"].unit, wishes.fields["age"].range) == ("months", (0, 120))
    assert wishes.fields["age"].policies == {"out_of_range": "clip"}
    assert wishes.fields["income"].sensitive
    assert wishes.outputs["prediction"].threshold == 0.4


@pytest.mark.parametrize("text", ["[fields.age]\nunti = 'x'", "policies = 3", "[", "\xff"])
def test_a_file_that_is_no_contract(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        Wishes.read(tmp_path / "c.toml")
    assert caught.value.code == "contract.unreadable"


def test_a_folder_is_named_as_it_was_given() -> None:
    with pytest.raises(UsageError, match=r"cannot read '\.': ") as caught:
        Wishes.read(Path())
    assert caught.value.code == "contract.unreadable"


def test_a_path_is_told_in_few_words() -> None:
    with pytest.raises(UsageError) as caught:
        Wishes.read(Path("x" * 100_000))
    assert len(caught.value.message) < 300


def test_an_unknown_violation() -> None:
    with pytest.raises(UsageError) as caught:
        Wishes().with_flags(units={}, sensitive=(), policies={"age.late": "flag"}, threshold=None, drop=())
    assert caught.value.code == "contract.unknown_violation"


def test_a_misspelt_key_is_named_with_its_field(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[fields.age]\nragne = [1, 3]\n")
    with pytest.raises(UsageError) as caught:
        Wishes.read(path)
    assert "[fields.age]" in caught.value.message
    assert "range" in caught.value.hint


def test_dates_of_toml_are_the_text_of_json(tmp_path: Path) -> None:
    day, moment = "2024-05-31", "2024-05-31T14:00:00+02:00"
    (tmp_path / "c.toml").write_text(
        f"[fields.a]\ndefault = {moment}\nrange = [{day}, 2024-06-01T00:00:00Z]\ncategories = [{day}]"
    )
    wish = Wishes.read(tmp_path / "c.toml").fields["a"]
    assert (wish.default, wish.range, wish.categories) == (moment, (day, "2024-06-01T00:00:00Z"), (day,))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[policies]\nextra = 'nope'", "'nope' for extra"),
        ("[policies]\nlate = 'flag'", "'late'"),
        ("[fields.age.policies]\nnull = 'nope'", "field 'age' has the policy 'nope' for null"),
    ],
)
def test_a_policy_of_the_file_that_is_none(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        Wishes.read(path)
    assert caught.value.code == "contract.contradiction"
    assert named in caught.value.message
    assert "reject, flag" in caught.value.hint or "missing, null" in caught.value.hint


@pytest.mark.parametrize(
    ("wishes", "policies", "threshold"),
    [
        (Wishes(), {"extra": "impute"}, None),
        (Wishes(), {"age.null": "nope"}, None),
        (Wishes(policies={"null": "perhaps"}), {}, None),  # type: ignore[dict-item]
        (Wishes(policies={"late": "flag"}), {}, None),
        (Wishes(), {}, 1.5),
        (Wishes(), {}, float("nan")),
    ],
)
def test_what_can_be_known_to_be_wrong_is_told_at_once(
    wishes: Wishes, policies: dict[str, str], threshold: float | None
) -> None:
    with pytest.raises(UsageError) as caught:
        wishes.with_flags(units={}, sensitive=(), policies=policies, threshold=threshold, drop=())
    assert caught.value.code == "contract.contradiction"
