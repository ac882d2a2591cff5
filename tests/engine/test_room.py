"""Rooms made by a real uv. Each test prints what it measured (pytest -s)."""

import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from boxship.core.digest import Digest
from boxship.room import Room, clean_rooms, ensure, verify
from boxship.room.hashes import Wanted, resolve
from boxship.room.uv import find_uv
from boxship.settings import Settings
from engine.rooms import MINOR, RUNTIME, Made, make, refusal, run, timed
from needs import missing


@pytest.fixture
def small(made: Made, tmp_path: Path) -> tuple[Settings, str]:
    """A home of one's own and a lock that builds in half a second."""
    lines = [line for line in made[1].lock.splitlines(keepends=True) if line.startswith("threadpoolctl")]
    return Settings(home=tmp_path / "home"), lines[0]


def make_small(small: tuple[Settings, str], **more: object) -> Room:
    return make(small[1], small[0], runtime=(), **more)


class TestRoom:
    def test_a_known_room_is_found_at_once_and_without_a_process(self, made: Made) -> None:
        settings, taken, room = made
        no_uv = Settings(home=settings.home, uv="no-such-program")
        taken_s = []
        for _ in range(5):  # what else the machine does only adds to it
            began = time.perf_counter()
            assert timed("known room", lambda: make(taken.lock, no_uv)) == room
            taken_s.append(time.perf_counter() - began)
        assert min(taken_s) < 0.2  # seconds; the machine may be busy

    def test_it_holds_what_the_lock_says(self, made: Made) -> None:
        settings, taken, room = made
        code = (
            "from boxship.room.lock import differences\n"
            f"assert differences({taken.lock!r}, {MINOR!r}) == ()\nimport sklearn.ensemble"
        )
        _, ended = timed("start, import scikit-learn, end", lambda: run(room, settings, code))
        assert ended.code == 0, ended.output

    def test_hashes_given_with_a_box_make_the_same_room_elsewhere_without_the_index(
        self, made: Made, tmp_path: Path
    ) -> None:
        _, taken, room = made
        env = {**os.environ, "ALL_PROXY": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
        again = timed(
            "room from hashes and cache",
            lambda: make(taken.lock, Settings(home=tmp_path), hashes=room.hashes, env=env),
        )
        assert again.digest == room.digest

    def test_resolving_is_quick_from_the_cache(self, made: Made, tmp_path: Path) -> None:
        settings, taken, _ = made
        uv = find_uv(settings, os.environ)
        wanted = Wanted(taken.lock, RUNTIME, MINOR, "x")
        timed("hashes, warm", lambda: resolve(wanted, uv, None, lambda _: None))
        cold = find_uv(settings, {**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache")})
        timed("hashes, cold", lambda: resolve(wanted, cold, None, lambda _: None))
        empty = find_uv(settings, {**os.environ, "UV_CACHE_DIR": str(tmp_path / "none")})
        (tmp_path / "lock.txt").write_text(taken.lock)
        command = ["pip", "compile", "lock.txt", "--offline", "-q", "--python-version", MINOR]
        error = timed("asking an empty cache", lambda: refusal(lambda: empty.run(command, cwd=tmp_path)))
        assert error.code in ("room.offline", "lock.unresolvable")

    def test_one_flipped_bit_is_found_and_the_room_made_again(self, small: tuple[Settings, str]) -> None:
        room = make_small(small)
        timed("verify", lambda: verify(room))
        victim = next(room.path.glob("lib/*/site-packages/threadpoolctl.py"))
        content = bytearray(victim.read_bytes())
        content[100] ^= 1
        victim.unlink()  # it is linked to uv's cache, which is not ours to damage
        victim.write_bytes(content)
        error = refusal(lambda: verify(room))
        assert error.code == "room.corrupt"
        assert "threadpoolctl.py" in error.message
        verify(make_small(small, whole=True))

    @pytest.mark.parametrize("name", ["boxship/errors.py", "extra.py", "__pycache__/*.pyc"])
    def test_nothing_can_be_changed_or_added(self, small: tuple[Settings, str], name: str) -> None:
        room = make_small(small)
        site = next(room.path.glob("lib/*/site-packages"))
        victim = next(site.glob(name), site / name)
        victim.write_bytes(b"x")
        assert refusal(lambda: verify(room)).code == "room.corrupt"

    def test_damage_in_uvs_cache_does_not_reach_a_room(self, small: tuple[Settings, str]) -> None:
        cache = small[0].home.parent / "cache"
        env = {**os.environ, "UV_CACHE_DIR": str(cache)}
        room = make_small(small, env=env)
        victim = next(room.path.glob("lib/*/site-packages/threadpoolctl.py"))
        assert victim.stat().st_nlink > 1
        victim.write_bytes(b"# damaged\n")  # a hard link: the cache has it now
        said: list[str] = []
        verify(make_small(small, env=env, whole=True, say=said.append))
        assert any("damaged" in line for line in said)

    def test_two_builders_at_once(self, small: tuple[Settings, str]) -> None:
        builders = [spawn_builder(small) for _ in range(4)]
        assert [builder.wait() for builder in builders] == [0] * 4
        assert len([path for path in (small[0].home / "rooms").iterdir() if path.is_dir()]) == 1
        verify(make_small(small))

    def test_kill_9_at_any_instant_leaves_no_half_room(self, small: tuple[Settings, str]) -> None:
        draw = random.Random(7)  # noqa: S311 - a fixed seed
        began = time.perf_counter()
        assert spawn_builder(small).wait() == 0
        whole = time.perf_counter() - began
        clean_rooms(small[0], ())
        for _ in range(20):
            builder = spawn_builder(small)
            time.sleep(draw.uniform(0, whole))
            builder.kill()
            builder.wait()
            rooms = small[0].home / "rooms"
            for path in rooms.glob("[0-9a-f]*") if rooms.exists() else ():
                verify(Room(path, path / "bin/python", f"sha256:{path.name}", "", ""))
            if draw.random() < 0.5:
                clean_rooms(small[0], ())
        verify(make_small(small))

    def test_what_dead_builders_left_is_removed(self, small: tuple[Settings, str]) -> None:
        room = make_small(small)
        (room.path.parent / "tmp-dead-1-2").mkdir()
        assert clean_rooms(small[0], {room.digest}) == ()
        assert [path for path in room.path.parent.iterdir() if path.is_dir()] == [room.path]


class TestFailure:
    @pytest.mark.parametrize("lock", ["threadpoolctl==0.0.99\n", "no-such-package-boxship-zz==1.0\n"])
    def test_a_lock_that_cannot_be_resolved_names_the_package(self, lock: str, tmp_path: Path) -> None:
        error = refusal(lambda: make(lock, Settings(home=tmp_path)))
        if error.code == "room.offline":
            missing(error.message)
        assert error.code == "lock.unresolvable"
        assert lock.partition("=")[0] in error.message
        assert not list((tmp_path / "locks").glob("*")) if (tmp_path / "locks").exists() else True

    def test_no_network_and_an_empty_cache(self, tmp_path: Path) -> None:
        env = {"PATH": os.environ["PATH"], "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
        env |= {"UV_DEFAULT_INDEX": "https://me:hunter22@127.0.0.1:9/simple", "UV_INDEX": ""}
        error = refusal(lambda: make("threadpoolctl==3.0.0\n", Settings(home=tmp_path), env=env))
        assert error.code == "room.offline"
        assert "hunter22" not in f"{error}{error.detail}"

    def test_a_full_disk(self, made: Made, tmp_path: Path) -> None:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], capture_output=True, check=False
        )
        if mounted.returncode:
            missing(f"cannot mount a small disk: {mounted.stderr.decode().strip()}")
        try:
            error = refusal(
                lambda: make(made[1].lock, Settings(home=tmp_path / "home"), hashes=made[2].hashes)
            )
            assert error.code == "room.disk_full"
            assert [path for path in (tmp_path / "home/rooms").iterdir() if path.is_dir()] == []
        finally:
            subprocess.run(["umount", str(tmp_path)], check=True)

    def test_a_python_that_is_not_here(self, tmp_path: Path) -> None:
        env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        error = refusal(
            lambda: ensure(
                "threadpoolctl==3.6.0\n",
                python_minor="3.97",
                runtime=(),
                hashes=f"threadpoolctl==3.6.0 --hash=sha256:{'0' * 64}\n",
                settings=Settings(home=tmp_path),
                say=lambda _: None,
                env=env,
            )
        )
        assert error.code == "room.no_python"

    def test_a_local_version_comes_from_the_companys_index(self, tmp_path: Path) -> None:
        """find-links, as pip is told of it, said to uv."""
        wheel = "company_steps-1.0+cpu-py3-none-any.whl"
        lay_wheel(tmp_path / wheel)
        env = {**os.environ, "PIP_FIND_LINKS": str(tmp_path)}
        wanted = Wanted("company-steps==1.0+cpu\n", (), MINOR, "x")
        uv = find_uv(Settings(home=tmp_path), env)
        hashes = timed("hashes of a wheel", lambda: resolve(wanted, uv, None, lambda _: None))
        assert "company-steps==1.0+cpu" in hashes
        assert Digest.of_file(tmp_path / wheel).hex in hashes


def lay_wheel(path: Path) -> None:
    name, version, *_ = path.name.split("-")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


BUILDER = """
import sys
from pathlib import Path
from typing import TypeVar
from boxship.room import ensure
from boxship.settings import Settings
ensure(sys.argv[2], python_minor=sys.argv[3], runtime=(), hashes=None,
       settings=Settings(home=Path(sys.argv[1])), say=lambda _: None)
"""


def spawn_builder(small: tuple[Settings, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", BUILDER, str(small[0].home), small[1], MINOR])
