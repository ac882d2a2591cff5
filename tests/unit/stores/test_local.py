import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from boxship.box import open_box
from boxship.core.digest import Digest
from boxship.errors import BoxError, BoxshipError, HostError, UsageError
from boxship.stores import LocalStore, Reference
from boxship.stores.disk import replace_file
from boxship.stores.local import Staged, attach
from boxship.stores.pointer import order
from boxship.stores.sweep import sweep


def make(
    store: LocalStore, content: bytes = b"model", name: str | None = None, version: str | None = None
) -> Digest:
    with store.making() as folder:
        files = {"model/m.bin": content, "lock.txt": b"numpy==2.0\n"}
        staged = store.stage(folder, files, adapter="fake", python="3.11")
        store.add(staged, {"proof": b"{}"})
        if name:
            store.name(name, staged.digest, version)
        return staged.digest


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_a_box_is_found_by_every_kind_of_name(store: LocalStore) -> None:
    digest = make(store, name="churn", version="1.4.0")
    begun = f"sha256:{digest.short}"
    for text in ("churn", "churn:1.4.0", f"churn@{digest}", str(digest), begun, f"churn@{begun}"):
        assert open_box(store.find(Reference.parse(text))).digest == digest
    folder = store.folder(digest)
    assert open_box(store.find(Reference.parse(str(folder)))).read("model/m.bin") == b"model"


def test_equal_files_are_kept_once(store: LocalStore) -> None:
    make(store, b"one")
    make(store, b"two")
    locks = list(store.root.glob("boxes/*/box/lock.txt"))
    assert len({path.stat().st_ino for path in locks}) == 1
    assert not any(path.stat().st_mode & stat.S_IWUSR for path in locks)


def test_versions_count_up_and_known_content_keeps_its_own(store: LocalStore) -> None:
    one, two = make(store, b"1"), make(store, b"2")
    given = [store.name("churn", digest).version for digest in (one, two, one)]
    assert given == ["1", "2", "1"]
    assert store.find(Reference.parse("churn")).name == one.hex
    assert [(named.version, named.latest) for named in store.names()] == [("1", True), ("2", False)]


def test_a_manifest_that_cannot_be_read_is_named(store: LocalStore) -> None:
    digest = make(store, name="churn")
    manifest = store.folder(digest) / "box" / "manifest.json"
    manifest.unlink()
    manifest.write_bytes(b"{")
    for act in (lambda: open_box(store.folder(digest)), lambda: sweep(store, lambda: [digest])):
        with pytest.raises(BoxError, match=digest.short) as caught:
            act()
        assert caught.value.code == "box.damaged"


def test_numbers_in_versions_are_sorted_as_numbers(store: LocalStore) -> None:
    versions = ["1.9.0", "1.10.0", "1.10.0-rc2", "1.10.0-rc10", "2", "10", "v2"]
    for version in reversed(versions):
        store.name("churn", make(store, version.encode()), version)
    expected = ["1.9.0", "1.10.0-rc2", "1.10.0-rc10", "1.10.0", "v2", "2", "10"]
    assert [named.version for named in store.names()] == expected


def test_the_next_integer_comes_after_named_versions(store: LocalStore) -> None:
    store.name("churn", make(store, b"1"), "1.4.0")
    assert store.name("churn", make(store, b"2")).version == "1"
    assert store.name("churn", make(store, b"3"), "7").version == "7"
    assert store.name("churn", make(store, b"4")).version == "8"


def test_a_version_is_written_once(store: LocalStore) -> None:
    one, two = make(store, b"1"), make(store, b"2")
    store.name("churn", one, "1.0")
    assert store.name("churn", one, "1.0").digest == one
    with pytest.raises(UsageError) as caught:
        store.name("churn", two, "1.0")
    assert caught.value.code == "store.version_taken"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("churn", "store.unknown_name"),
        ("known:9", "store.unknown_version"),
        (f"sha256:{'0' * 64}", "store.unknown_box"),
        (f"sha256:{'0' * 12}", "store.unknown_box"),
        ("sha256:12", "digest.malformed"),
        ("Churn", "name.malformed"),
        ("a/b", "name.malformed"),
        ("a" * 129, "name.malformed"),
        ("known:a b", "version.malformed"),
        ("known:../x", "version.malformed"),
    ],
)
def test_what_is_not_there_is_said(store: LocalStore, text: str, code: str) -> None:
    make(store, name="known")
    with pytest.raises(UsageError) as caught:
        store.find(Reference.parse(text))
    assert caught.value.code == code
    assert caught.value.hint


def test_a_folder_that_is_no_box(tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        open_box(tmp_path)
    assert caught.value.code == "box.not_found"


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)


def test_one_flipped_bit_anywhere_is_found(store: LocalStore) -> None:
    digest = make(store, name="churn")
    for path in files_of(store.root):
        before = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
        noticed = bool(store.faults())
        try:
            open_box(store.find(Reference.parse("churn")), expected=digest).attachments("proof")
        except BoxshipError:
            noticed = True
        path.write_bytes(before)
        assert noticed, path


def test_a_missing_or_added_file_is_found(store: LocalStore) -> None:
    folder = store.folder(make(store))
    (folder / "box" / "extra").write_text("x")
    with pytest.raises(BoxError) as caught:
        open_box(folder)
    assert caught.value.code == "box.extra_file"
    (folder / "box" / "extra").unlink()
    (folder / "box" / "lock.txt").unlink()
    with pytest.raises(BoxError) as caught:
        open_box(folder)
    assert caught.value.code == "box.missing_file"


def test_only_what_nobody_names_is_collected(store: LocalStore) -> None:
    kept, lost = make(store, b"kept", name="churn"), make(store, b"lost" * 100)
    assert sweep(store, lambda: [kept], dry_run=True)[0] == [lost]
    assert store.boxes() == sorted([kept, lost])
    dead, freed = sweep(store, lambda: [kept])
    assert dead == [lost]
    assert freed >= 400
    assert store.boxes() == [kept]
    assert open_box(store.folder(kept)).read("lock.txt") == b"numpy==2.0\n"
    assert store.faults() == []


def test_what_a_dead_maker_left_is_collected(store: LocalStore) -> None:
    with store.making() as folder:
        staged = store.stage(folder, {"model/m": b"x"}, adapter="fake", python="3.11")
        (store.root / "tmp" / "dead" / "box").mkdir(parents=True)
        (store.root / "tmp" / "dead" / "box" / "m").write_bytes(b"x" * 1000)
        done = threading.Event()
        thread = threading.Thread(target=lambda: (sweep(store, list), done.set()))
        thread.start()
        assert not done.wait(0.2)  # a maker is at work
        store.add(staged, {})
        store.name("churn", staged.digest)
    thread.join(10)
    assert done.is_set()
    assert not (store.root / "tmp" / "dead").exists()


def test_parallel_packs_of_one_name_get_versions_of_their_own(store: LocalStore) -> None:
    digests = [make(store, bytes([number])) for number in range(8)]
    threads = [threading.Thread(target=store.name, args=("churn", digest)) for digest in digests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = store.names()
    assert sorted(named.version for named in names) == [str(number) for number in range(1, 9)]
    assert {named.digest for named in names} == set(digests)
    assert sum(named.latest for named in names) == 1


def test_known_content_gains_attachments_and_changes_nothing(store: LocalStore) -> None:
    digest = make(store)
    with store.making() as folder:
        staged = store.stage(
            folder, {"model/m.bin": b"model", "lock.txt": b"numpy==2.0\n"}, adapter="fake", python="3.11"
        )
        store.add(Staged(folder, staged.manifest), {"proof": b"{1}"})
    attach(store.folder(digest), "attestation", b"who")
    assert sorted(open_box(store.folder(digest)).attachments("proof")) == [b"{1}", b"{}"]
    assert open_box(store.folder(digest)).attachments("attestation") == [b"who"]


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = LocalStore(tmp_path / "file" / "store")
    with pytest.raises(HostError) as caught, store.making():
        pass
    assert caught.value.code == "store.not_a_folder"


def test_a_pointer_whose_maker_died_early(store: LocalStore) -> None:
    digest = make(store, name="churn")
    (store.root / "names" / "churn" / ".latest").unlink()
    assert store.find(Reference.parse("churn")).name == digest.hex


def test_known_content_is_whole_before_anybody_reads_it(store: LocalStore) -> None:
    digest = make(store)
    for path in (*store.root.glob("blobs/*/*/*"), *store.root.glob("boxes/*/box/model/*")):
        path.unlink()
    with store.making() as folder:
        files = {"model/m.bin": b"model", "lock.txt": b"numpy==2.0\n"}
        staged = store.stage(folder, files, adapter="fake", python="3.11")
        there = store.mended(staged)
    assert there == store.folder(digest)
    assert open_box(there).digest == digest
    assert all(path.stat().st_nlink == 2 for path in store.root.glob("blobs/*/*/*"))


def test_two_threads_replace_one_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(replace_file, tmp_path / "one", bytes([n]) * 1000) for n in range(64)]
    assert [one.exception() for one in done] == [None] * 64
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_name_that_is_nearly_right_is_guessed(store: LocalStore) -> None:
    make(store, name="churn-by-month")
    with pytest.raises(UsageError) as caught:
        store.find(Reference.parse("churn-by-moth"))
    assert caught.value.hint.startswith("did you mean 'churn-by-month'? there are ")


def test_too_little_of_a_digest_is_not_guessed(store: LocalStore) -> None:
    for place in "ab":
        (store.root / "boxes" / ("0" * 63 + place)).mkdir(parents=True)
    with pytest.raises(UsageError) as caught:
        store.find(Reference.parse(f"sha256:{'0' * 63}"))
    assert caught.value.code == "store.ambiguous_digest"


def test_versions_stand_in_the_order_people_expect() -> None:
    right = ["1.0.dev1", "1.0a2", "1.0-beta.2", "1.0rc9", "1.0rc10", "1.0", "1.0.1", "1.9", "1.10", "3", "12"]
    assert sorted(set(right), key=order) == right


def test_a_name_and_a_digest_have_to_belong_together(store: LocalStore) -> None:
    one, _ = make(store, name="one"), make(store, b"2", name="two")
    assert store.find(Reference.parse(f"one@{one}")) == store.folder(one)
    with pytest.raises(UsageError) as caught:
        store.find(Reference.parse(f"two@{one}"))
    assert caught.value.code == "store.other_name"


def test_latest_is_what_was_packed_last(store: LocalStore) -> None:
    make(store, name="churn")
    last = make(store, b"2", name="churn")
    assert store.find(Reference.parse("churn:latest")) == store.folder(last)
    with pytest.raises(UsageError) as caught:
        store.name("churn", last, "latest")
    assert caught.value.code == "version.malformed"


def test_a_long_number_is_a_version_that_does_not_count(store: LocalStore) -> None:
    digest = make(store)
    store.name("churn", digest, "9" * 128)
    assert store.name("churn", make(store, b"2")).version == "1"


@pytest.mark.parametrize("what", ["digest", "folder"])
def test_what_was_meant_is_guessed(
    store: LocalStore, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = make(store, name="churn")
    (tmp_path / "moved" / "box").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    name, hint = {"digest": (digest.short, f"sha256:{digest.short}"), "folder": ("moved", "./moved")}[what]
    with pytest.raises(UsageError) as caught:
        store.find(Reference(name))
    assert hint in caught.value.hint


def test_garbage_that_nobody_can_read_is_named(store: LocalStore) -> None:
    digest = make(store, name="churn")
    (store.place(digest) / "box" / "manifest.json").unlink()
    with pytest.raises(BoxError) as caught:
        sweep(store, lambda: [digest])
    assert digest.short in caught.value.message


def test_a_rehearsal_frees_as_much_as_the_act(store: LocalStore) -> None:
    make(store)
    assert sweep(store, list, dry_run=True) == sweep(store, list)


def test_makers_and_the_sweep_do_not_meet(store: LocalStore) -> None:
    done = threading.Event()

    def sweep_on() -> None:
        while not done.is_set():
            sweep(store, list)

    with ThreadPoolExecutor(1) as aside:
        sweeping = aside.submit(sweep_on)
        for number in range(40):
            make(store, str(number).encode())
        done.set()
        sweeping.result()
