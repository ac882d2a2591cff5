from pathlib import Path

from boxship.room.hashes import keep, kept

HASHES = "numpy==2.0 \\\n    --hash=sha256:00\n"


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    keep(tmp_path / "locks" / "a.txt", HASHES)
    assert kept(tmp_path / "locks" / "a.txt") == HASHES


def test_a_damaged_memo_is_none(tmp_path: Path) -> None:
    memo = tmp_path / "a.txt"
    keep(memo, HASHES)
    whole = memo.read_bytes()
    for place in range(len(whole) - 1):
        memo.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert kept(memo) is None, place
    for end in range(len(whole) - 1):
        memo.write_bytes(whole[:end])
        assert kept(memo) is None, end
    assert kept(tmp_path / "none.txt") is None
