import base64
from pathlib import Path

import msgspec
import pytest

from boxship import check_store, clean
from boxship._pack.prove import Machine, Proof, by_given_name
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import BoxError
from boxship.runner.trial import Trial
from boxship.settings import Settings
from boxship.stores import LocalStore
from boxship.testing.models import number_contract

ANSWERS = Table.of({"prediction": [1.0]})
PROOF = Proof(
    box="sha256:0",
    room="sha256:1",
    machine=Machine("x", "linux", "6", "glibc"),
    isolation={},
    cold_start_s=1.0,
    load_s=0.5,
    memory_bytes=1,
    trial=Trial({"ok": 1}, 0.0, ()),
    codes=(0,),
    answers=base64.b64encode(to_bytes(ANSWERS)).decode(),
    predictions="",
    boxship="0.1.0",
)
NEWER = b'{"format":9,"new":true}'


def test_a_proof_comes_back() -> None:
    assert Proof.from_bytes(PROOF.to_bytes()) == PROOF
    assert msgspec.json.decode(PROOF.to_bytes())["machine"]["class"] == "x"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (NEWER, "proof.newer_format"),
        (PROOF.to_bytes().replace(b'"room"', b'"tomb"'), "proof.damaged"),
        (PROOF.to_bytes().replace(b'"class"', b'"klass"'), "proof.damaged"),
        (msgspec.structs.replace(PROOF, answers="!").to_bytes(), "proof.damaged"),
        (b"\xff", "proof.damaged"),
    ],
)
def test_a_proof_that_cannot_be_read_is_named(data: bytes, code: str) -> None:
    with pytest.raises(BoxError) as caught:
        Proof.from_bytes(data)
    assert caught.value.code == code
    assert caught.value.hint


def make(home: Path, attachments: dict[str, bytes], card: bytes = b"{}") -> None:
    store = LocalStore(home / "store")
    table = Table.of({"a": [1.0]})
    files: dict[str, bytes | Path] = {
        "model/m.bin": b"model",
        "lock.txt": b"",
        "contract.json": number_contract("a").to_bytes(),
        "profile.bin": Profile.of(table).to_bytes(),
        "golden.in": to_bytes(table),
        "card.json": card,
    }
    with store.making() as folder:
        staged = store.stage(folder, files, adapter="fake", python="3.11")
        store.add(staged, attachments)
        store.name("churn", staged.digest)


@pytest.mark.parametrize(
    ("attachments", "card", "codes"),
    [
        ({"proof": PROOF.to_bytes()}, b"{}", []),
        ({"proof": NEWER}, b"{}", ["proof.newer_format"]),
        ({"attestation": b"{}"}, b"{}", ["attestation.damaged"]),
        ({}, b'{"metrics":{"auc":null}}', ["card.damaged"]),
    ],
)
def test_what_cannot_be_read_is_found_and_does_not_stop_cleaning(
    attachments: dict[str, bytes], card: bytes, codes: list[str], tmp_path: Path
) -> None:
    make(tmp_path, attachments, card)
    settings = Settings(home=tmp_path)
    assert [fault.code for fault in check_store(settings=settings)] == codes
    assert clean(settings=settings).boxes == ()


def test_a_file_is_told_by_the_name_that_its_user_gave_it() -> None:
    error = BoxError("model.unreadable", "XGBoost 3.2 cannot read model.json: no", "save it again", {"a": 1})
    told = by_given_name(error, "model.json", "churn.json")
    assert told.message == "XGBoost 3.2 cannot read churn.json: no"
    assert (told.code, told.hint, told.detail) == (error.code, error.hint, error.detail)
