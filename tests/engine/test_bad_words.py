"""Commands that ask wrongly, and streams that are closed, full or gone."""

import os
import shutil
from pathlib import Path

import pytest

from desk import PACK, Desk


class TestAsked:
    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["--name", "Churn!"], "name.malformed"),
            (["--name", "a" * 200], "name.malformed"),
            (["--version", "../1"], "version.malformed"),
            (["--policy", "age.null=destroy"], "contract.contradiction"),
            (["--policy", "age.nothing=reject"], "contract.unknown_violation"),
            (["--unit", "years"], "cli.not_a_pair"),
            (["--unit", "salary=EUR"], "contract.unknown_field"),
            (["--contract", "nothing.toml"], "contract.unreadable"),
            (["--metric", "auc=good"], "cli.not_a_number"),
            (["--code", "nothing.py"], "code.not_found"),
        ],
    )  # fmt: skip
    def test_wrongly(self, desk: Desk, words: list[str], code: str) -> None:
        assert desk.refused(*PACK, *words, status=2)["code"] == code

    @pytest.mark.parametrize(
        ("words", "status", "code"),
        [
            (["--target", "chruned"], 1, "data.missing_column"),
            (["--drop", "id"], 1, "data.missing_column"),
            (["--unit", "salary=EUR"], 2, "contract.unknown_field"),
        ],
    )
    def test_names_of_no_column_before_there_is_a_room(
        self, desk: Desk, words: list[str], status: int, code: str
    ) -> None:
        (desk.home / "rooms").unlink()
        (desk.home / "locks").unlink()
        assert desk.refused(*PACK, *words, status=status, BOXSHIP_UV="/bin/false")["code"] == code

    @pytest.mark.parametrize("words", [["pack"], ["bake"], ["pack", "--colour"], ["call", "x"]])
    def test_words_that_are_no_command(self, desk: Desk, words: list[str]) -> None:
        done = desk.run(*words)
        assert done.status == 2
        assert "Traceback" not in done.err

    def test_a_version_is_written_once(self, desk: Desk) -> None:
        desk.packed("--version", "1.0")
        error = desk.refused(*PACK, "--version", "1.0", "--unit", "age=years", status=2, boxes=1)
        assert error["code"] == "store.version_taken"


class TestStreams:
    def test_stdout_that_is_closed_or_full(self, desk: Desk) -> None:
        desk.packed()
        for verb in (["list"], ["list", "--json"], ["inspect", "churn"], ["check", "--json"]):
            closed = desk.run(*verb, before=("sh", "-c", 'exec "$@" >&- 2>&- <&-', "-"))
            assert closed.status == 0, (verb, closed)
            full = desk.run(*verb, before=("sh", "-c", 'exec "$@" >/dev/full', "-"))
            assert full.status == 1, (verb, full)
            assert "cli.cannot_print" in full.err
            assert "Traceback" not in full.err
        desk.is_whole()

    def test_a_reader_that_goes_away(self, desk: Desk) -> None:
        desk.packed()
        words = ("sh", "-c", '"$@" | true', "-")
        done = desk.run("inspect", "churn", "--json", before=words)
        assert "Traceback" not in done.err
        assert "Exception" not in done.err

    def test_paths_that_are_not_utf8(self, desk: Desk) -> None:
        folder = os.fsencode(desk.folder) + b"/\xff\xfe"
        shutil.copytree(desk.folder, os.fsdecode(folder))
        made = desk.packed(cwd=Path(os.fsdecode(folder)))
        assert made["version"] == "1"
        error = desk.refused("pack", os.fsdecode(b"\xff.joblib"), *PACK[2:], status=2, boxes=1)
        assert error["code"] == "model.not_found"
        done = desk.run("list", "--json", BOXSHIP_HOME=os.fsdecode(folder))
        assert done.status == 2
        assert done.error["code"] == "settings.wrong_value"
