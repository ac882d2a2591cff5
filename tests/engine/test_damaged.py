"""One flipped bit, a missing file, a newer format: in a box that was moved, and in the store."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import boxship
from boxship.core.digest import Digest
from boxship.core.manifest import File, Manifest
from boxship.errors import BoxshipError
from boxship.runner.open_twin import open_twin
from boxship.settings import Settings
from boxship.stores import LocalStore
from desk import Desk

FILES = ("model/model.joblib", "contract.json", "lock.txt", "profile.bin", "golden.in", "card.json")


class TestDamage:
    @pytest.mark.parametrize("file", FILES)
    def test_a_flipped_bit_is_named(self, moved: Path, file: str) -> None:
        flip(moved / "box" / file)
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.damaged"
        assert file in error.message

    @pytest.mark.parametrize("file", FILES)
    def test_a_missing_file_is_named(self, moved: Path, file: str) -> None:
        (moved / "box" / file).unlink()
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.missing_file"
        assert file in error.message

    def test_every_bit_of_the_manifest_counts(self, moved: Path, box: Path) -> None:
        path = moved / "box" / "manifest.json"
        data = path.read_bytes()
        path.chmod(0o644)
        for bit in range(0, len(data) * 8, 7):
            path.write_bytes(flipped(data, bit))
            try:
                found = boxship.open(moved).digest
            except BoxshipError as error:
                code = error.code
            else:
                code = "box.another" if found.hex != box.name else "taken for whole"
            assert code.startswith("box."), bit

    def test_a_file_that_is_not_in_the_manifest(self, moved: Path) -> None:
        (moved / "box" / "model" / "__pycache__").mkdir()
        (moved / "box" / "model" / "__pycache__" / "x.pyc").touch()
        assert refusal(lambda: boxship.open(moved)).code == "box.extra_file"

    @pytest.mark.parametrize("kind", ["proof", "hashes", "attestation"])
    def test_a_flipped_bit_in_an_attachment(self, moved: Path, kind: str) -> None:
        (path,) = (moved / "attachments" / kind).iterdir()
        flip(path)
        error = refusal(lambda: boxship.check(moved, proof=False))
        assert error.code == "box.damaged"
        assert kind in error.message

    @pytest.mark.parametrize("kind", ["twin", "proof", "hashes", "attestation"])
    def test_inspect_shows_the_box_beside_a_damaged_attachment(self, moved: Path, kind: str) -> None:
        whole = boxship.inspect(moved)
        flip(next((moved / "attachments" / kind).iterdir()))
        found = boxship.inspect(moved)
        (fault,) = found["faults"]
        assert (fault["code"], whole["faults"]) == ("box.damaged", [])
        assert f"attachment {kind}/" in fault["message"]
        assert found["contract"] == whole["contract"]
        assert sum(map(len, (found["proofs"], found["twins"], found["attestations"]))) == 3 - (
            kind != "hashes"
        )

    @pytest.mark.parametrize("kind", ["twin", "proof", "hashes", "attestation"])
    def test_check_of_the_store_names_the_box(self, desk: Desk, box: Path, kind: str) -> None:
        shutil.copytree(box, desk.store / "boxes" / box.name)
        LocalStore(desk.store).name("bad", Digest(box.name))
        flip(next((desk.store / "boxes" / box.name / "attachments" / kind).iterdir()))
        done = desk.run("check", "--json")
        (fault,) = done.json["faults"]
        assert (done.status, fault["names"], fault["box"]) == (1, ["bad:1"], f"sha256:{box.name}")
        assert fault["message"].startswith(f"bad:1 ({box.name[:12]}): attachment {kind}/")

    @pytest.mark.parametrize("own", [True, False])
    def test_a_damaged_twin_is_told_wherever_the_box_lies(
        self, moved: Path, own: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        flip(next((moved / "attachments" / "twin").iterdir()))
        assert open_twin(boxship.open(moved), own=own, settings=Settings(), say=print) is None
        assert [one.error for one in caplog.records] == ["box.damaged"]  # type: ignore[attr-defined]  # a fact

    def test_a_newer_format(self, moved: Path) -> None:
        path = moved / "box" / "manifest.json"
        path.chmod(0o644)
        data = path.read_bytes()
        assert b'"format":1' in data
        path.write_bytes(data.replace(b'"format":1', b'"format":2,"new":{}'))
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.newer_format"
        assert "upgrade" in error.hint

    @pytest.mark.parametrize(
        "what", ["blobs/sha256/*/*", "names/churn/1", "names/churn/.latest", "boxes/*/attachments/*/*"]
    )
    def test_in_the_store_it_is_found_and_packing_again_mends_it(self, desk: Desk, what: str) -> None:
        made = desk.packed()
        for path in sorted(desk.store.glob(what)):
            flip(path)
        done = desk.run("check", "--json")
        assert done.status == 1
        assert done.json["faults"]
        assert desk.run("list", "--json").status == 0
        if what == "names/churn/1":
            error = desk.pack(BOXSHIP_UV="/bin/false").error
            assert error["code"] == "store.damaged_pointer"
            next(desk.store.glob(what)).unlink()  # as the hint says
        assert desk.packed()["digest"] == made["digest"]
        desk.is_whole()

    def test_a_missing_blob_and_a_missing_box_file_are_mended(self, desk: Desk) -> None:
        made = desk.packed()
        for path in [*desk.store.glob("blobs/sha256/*/*"), *desk.store.glob("boxes/*/box/*.bin")]:
            path.unlink()
        assert desk.run("check", "--json").status == 1
        assert desk.packed()["digest"] == made["digest"]
        desk.is_whole()
        assert all(path.stat().st_nlink == 2 for path in desk.store.glob("blobs/sha256/*/*"))


def test_a_lock_of_other_versions_than_its_hashes(desk: Desk, moved: Path) -> None:
    """The lock of a box is changed, and its manifest with it: the hashes still tell."""
    lock = moved / "box" / "lock.txt"
    lock.chmod(0o644)
    lock.write_text(lock.read_text().replace("joblib==", "joblib==0."))
    restate(moved)
    error = desk.refused("check", moved)
    assert error["code"] == "lock.hashes_differ"


def restate(folder: Path) -> None:
    """Write the manifest anew, of the files as they are."""
    path = folder / "box" / "manifest.json"
    old = Manifest.from_bytes(path.read_bytes())
    files = [folder / "box" / file.path for file in old.files]
    new = [
        File(file.path, Digest.of_file(here).hex, here.stat().st_size)
        for file, here in zip(old.files, files, strict=True)
    ]
    path.chmod(0o644)
    path.write_bytes(Manifest.of(old.adapter, old.python, new).to_bytes())


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(flipped(data, len(data) * 4 + 3))


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def refusal(act: Callable[[], object]) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        act()
    assert error.value.hint
    return error.value
