from boxship.cli import _unexpected


def test_a_fault_of_ours_names_its_place_and_does_not_quote_data() -> None:
    try:
        int("Ada")
    except ValueError as error:
        found = _unexpected(error)
    assert found.message.startswith("ValueError at ")
    assert "Ada" not in str(found)
    assert "boxship doctor" in found.hint
