"""kill -9 of pack at any instant, and packs at once: the store stays whole."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

import boxship
from desk import PACK, Desk, copy_home, kill_group

LONG = bool(os.environ.get("BOXSHIP_LONG"))
KILLS = 200 if LONG else 20
COMMIT_S = 0.04  # the end of a pack, in which the box and its name appear


@pytest.fixture(scope="module")
def own(shared: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Rooms of its own, which `clean` may remove."""
    home = tmp_path_factory.mktemp("killed") / "home"
    copy_home(shared, home)
    return Desk(home, trained)


@pytest.fixture(scope="module")
def span(own: Desk) -> tuple[float, str]:
    """Seconds that an undisturbed pack takes, and its digest."""
    own.packed()
    forget(own)
    began = time.monotonic()
    digest = own.packed()["digest"]
    return time.monotonic() - began, digest


def forget(desk: Desk) -> None:
    """Let the next pack make the box anew; its room stays, so that a pack takes seconds."""
    for part in ("store/names", "store/boxes", "store/blobs", "memo"):
        shutil.rmtree(desk.home / part, ignore_errors=True)


def wait_for(child: "subprocess.Popen[bytes]", folder: Path, pattern: str) -> None:
    """Until such a file appears, or the child has ended."""
    while child.poll() is None and not any(folder.glob(pattern)):
        time.sleep(0.0005)


def kill_at(desk: Desk, draw: random.Random, number: int, span_s: float) -> int:
    """Pack and kill: over the whole span, or every other time where the box and its name appear;
    the whole group, or every fourth time only the main process. Gives its exit status."""
    child = desk.start(*PACK, "--json")
    if number % 2:
        wait_for(child, desk.store / "blobs" / "sha256", "*/*")  # the proof is done, the box is laid down
        time.sleep(draw.random() ** 2 * COMMIT_S)
    else:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(draw.uniform(0, span_s))
    if number % 4 == 3:
        child.kill()
    kill_group(child)
    child.communicate()
    return child.returncode


def test_killed_at_any_instant(own: Desk, span: tuple[float, str]) -> None:
    span_s, digest = span
    draw = random.Random(20)  # noqa: S311  # no secret
    seen: Counter[str] = Counter()
    forget(own)
    for number in range(KILLS):
        status = kill_at(own, draw, number, span_s)
        assert status in (0, -signal.SIGKILL)
        own.is_whole()
        named = boxship.list(settings=own.settings)
        assert [str(one.digest) for one in named] in ([], [digest])
        assert not any(one.fault for one in named)
        boxes, blobs = (list(own.store.glob(pattern)) for pattern in ("boxes/*", "blobs/*/*/*"))
        left = "named" if named else "unnamed box" if boxes else "blobs" if blobs else "nothing"
        seen[left if status else "done"] += 1
        if LONG or number % 8 == 1:
            assert own.packed()["digest"] == digest
            own.is_whole()
        forget(own)
    print(f"span {span_s:.2f} s: {dict(seen)}")  # noqa: T201  # what -s is for
    assert seen["done"] <= KILLS // 2
    assert seen["nothing"] >= KILLS // 5
    assert seen["blobs"] + seen["unnamed box"] > 0, "no kill fell into the commit"


def test_clean_removes_what_kills_left(own: Desk, span: tuple[float, str]) -> None:
    draw = random.Random(21)  # noqa: S311  # no secret
    for number in range(4):
        kill_at(own, draw, number, span[0])
    (own.home / "locks" / ".tmp-left").write_text("half")
    (own.home / "memo" / "ab").mkdir(parents=True, exist_ok=True)
    (own.home / "memo" / "ab" / f".{'ab' * 32}.77").write_text("half")
    own.packed()
    names = own.store / "names" / "churn"
    (names / ".latest.77").write_text("half")
    (own.store / "names" / "never").mkdir()
    (own.store / "names" / "never" / ".lock").touch()
    assert own.run("clean").status == 0
    assert list((own.store / "tmp").iterdir()) == []
    left = [path.name for path in own.home.rglob(".*") if path.is_file() and "rooms" not in path.parts]
    assert sorted(left) == [".latest", ".lock"]
    assert not (own.store / "names" / "never").exists()
    assert [path for path in (own.home / "rooms").iterdir() if path.name.startswith("tmp-")] == []
    own.is_whole()
    forget(own)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("begun", ["maker.lock", "box/lock.txt", "box/golden.in"])
def test_told_to_end_it_leaves_nothing(own: Desk, number: signal.Signals, begun: str, tmp_path: Path) -> None:
    """Before there is anything, while the model is loaded, while it is proven."""
    own.packed()
    forget(own)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    child = own.start(*PACK, "--json", TMPDIR=str(scratch))
    wait_for(child, own.store / "tmp", f"*/{begun}")
    child.send_signal(number)
    began = time.monotonic()
    _, err = child.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert child.returncode == 128 + number
    assert b"Traceback" not in err
    assert list((own.store / "tmp").iterdir()) == []
    assert list(scratch.iterdir()) == []
    assert not (own.store / "boxes").exists()


class TestAtOnce:
    def test_packs_of_one_name_get_versions_of_their_own(self, desk: Desk) -> None:
        """Each with another note on its card, so with other content."""
        children = [desk.start(*PACK, "--note", f"number={number}", "--json") for number in range(3)]
        done = [child.communicate(timeout=120) for child in children]
        assert [child.returncode for child in children] == [0] * 3, done
        found = boxship.list(settings=desk.settings)
        assert [one.version for one in found] == ["1", "2", "3"]
        assert len({one.digest for one in found}) == 3
        assert sum(one.latest for one in found) == 1
        desk.is_whole()

    def test_packs_of_the_same_give_one_version(self, desk: Desk) -> None:
        children = [desk.start(*PACK, "--json") for _ in range(3)]
        done = [child.communicate(timeout=120) for child in children]
        assert [child.returncode for child in children] == [0] * 3, done
        (one,) = boxship.list(settings=desk.settings)
        assert one.version == "1"
        desk.is_whole()

    def test_packs_and_cleans(self, own: Desk) -> None:
        own.packed()
        forget(own)
        children = [own.start(*PACK, "--note", f"n={number}", "--json") for number in range(2)]
        while any(child.poll() is None for child in children):
            boxship.clean(settings=own.settings)
        done = [child.communicate() for child in children]
        assert [child.returncode for child in children] == [0] * 2, done
        assert len(boxship.list(settings=own.settings)) == 2
        own.is_whole()
