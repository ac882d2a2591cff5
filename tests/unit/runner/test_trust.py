from pathlib import Path

from boxship.core.digest import Digest
from boxship.runner.trust import record_trust, recorded_trust, sweep_trust

ONE, OTHER = Digest("1" * 64), Digest("2" * 64)


def test_what_was_recorded_counts_for_that_content_in_that_home(tmp_path: Path) -> None:
    record_trust(tmp_path / "a", ONE, ["steps.Ratios", "a.B"])
    assert recorded_trust(tmp_path / "a", ONE) == ("a.B", "steps.Ratios")
    assert recorded_trust(tmp_path / "a", OTHER) is None
    assert recorded_trust(tmp_path / "b", ONE) is None


def test_a_damaged_record_trusts_nothing(tmp_path: Path) -> None:
    record_trust(tmp_path, ONE, [])
    assert recorded_trust(tmp_path, ONE) == ()
    (tmp_path / "trust" / ONE.hex).write_text('["a.B"')
    assert recorded_trust(tmp_path, ONE) is None


def test_it_goes_with_its_box(tmp_path: Path) -> None:
    record_trust(tmp_path, ONE, [])
    record_trust(tmp_path, OTHER, [])
    sweep_trust(tmp_path, [OTHER])
    assert [path.name for path in (tmp_path / "trust").iterdir()] == [OTHER.hex]
