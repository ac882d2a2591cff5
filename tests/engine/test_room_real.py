"""Rooms made by a real uv, jails by a real kernel. Each test prints what it measured (pytest -s)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from boxship.errors import BoxshipError
from boxship.room import Exit, Process, Room, Taken, clean_rooms, ensure, look, start, take, verify
from boxship.room.hashes import Wanted, resolve
from boxship.room.index import read_index
from boxship.room.uv import find_uv
from boxship.settings import Settings

MINOR = ".".join(map(str, sys.version_info[:2]))
RUNTIME = ("msgspec>=0.18.6", "numpy>=1.24")
Made = tuple[Settings, Taken, Room]


def make(lock: str, settings: Settings, **more: object) -> Room:
    values: dict[str, object] = {"hashes": None, "say": lambda _: None, "runtime": RUNTIME, **more}
    return ensure(lock, python_minor=MINOR, settings=settings, **values)  # type: ignore[arg-type]


T = TypeVar("T")


def timed(what: str, act: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = act()
    print(f"{what}: {time.perf_counter() - began:.4f} s")  # noqa: T201 - what -s is for
    return result


def refusal(act: Callable[[], object]) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        act()
    return error.value


def run(room: Room, settings: Settings, code: str, **more: object) -> tuple[Process, Exit]:
    with start(room, "timeit", ["-n1", "-r1", code], settings=settings, **more) as process:  # type: ignore[arg-type]
        return process, process.wait(60)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One scikit-learn room for all tests that do not harm it."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    taken = timed("lock of scikit-learn", lambda: take(look(), ["sklearn.ensemble"]))
    try:
        room = timed("first room", lambda: make(taken.lock, settings))
    except BoxshipError as error:
        if error.code != "room.offline":
            raise
        pytest.skip(f"no package index and nothing in uv's cache: {error.message}")
    return settings, taken, room


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
        began = time.perf_counter()
        assert timed("known room", lambda: make(taken.lock, no_uv)) == room
        assert time.perf_counter() - began < 0.02

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
        verify(make_small(small, rebuild=True))

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
        verify(make_small(small, env=env, rebuild=True, say=said.append))
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
            pytest.skip(error.message)
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
            pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode().strip()}")
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
                hashes="threadpoolctl==3.6.0 --hash=sha256:00\n",
                settings=Settings(home=tmp_path),
                say=lambda _: None,
                env=env,
            )
        )
        assert error.code == "room.no_python"

    def test_a_local_version_comes_from_the_companys_index(self, tmp_path: Path) -> None:
        """pip.conf's extra-index-url and find-links, said to uv."""
        index = read_index(os.environ)
        links = [Path(link) for link in index.env.get("UV_FIND_LINKS", "").split(",") if link.startswith("/")]
        wheels = [path for link in links for path in link.glob(f"*+*-cp{MINOR.replace('.', '')}-*.whl")]
        if not wheels:
            pytest.skip("pip is told of no find-links folder with a wheel of a local version")
        name, version, *_ = wheels[0].name.split("-")
        settings = Settings(home=tmp_path)
        wanted = Wanted(f"{name.lower().replace('_', '-')}=={version}\n", RUNTIME, MINOR, "x")
        hashes = timed(
            f"hashes of {name} {version}",
            lambda: resolve(wanted, find_uv(settings, os.environ), None, lambda _: None),
        )
        assert f"=={version}" in hashes


class TestJail:
    @pytest.fixture
    def room(self, made: Made) -> Room:
        return made[2]

    @pytest.fixture
    def settings(self, made: Made, tmp_path: Path) -> Settings:
        settings = Settings(home=made[0].home, isolation="require")
        try:
            run(made[2], settings, "pass")
        except BoxshipError as error:
            pytest.skip(error.message)
        return settings

    def check(self, room: Room, settings: Settings, code: str, **more: object) -> None:
        _, ended = run(room, settings, code, **more)
        assert ended.code == 0, ended.output

    def test_it_says_what_it_managed_and_starts_quickly(self, room: Room, settings: Settings) -> None:
        timed("start", lambda: start(room, "this", settings=settings)).close()
        process, ended = timed("start and end", lambda: run(room, settings, "pass"))
        isolation = process.isolation
        assert (isolation.network, isolation.files, isolation.unprivileged) == ("none", "hidden", True)
        assert ended.words == "exit status 0"

    def test_there_is_no_network_inside(self, room: Room, settings: Settings) -> None:
        code = """
import socket
for address in (("127.0.0.1", 1), ("1.1.1.1", 53)):
    try: socket.create_connection(address, 2)
    except OSError as error: assert error.errno == 101, error
    else: raise SystemExit("there is a network")
"""
        self.check(room, settings, code)

    def test_the_hosts_files_are_hidden_and_the_rest_read_only(
        self, room: Room, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "given").mkdir()
        (tmp_path / "given/x").write_text("given")
        (tmp_path / "secret").write_text("secret")
        code = f"""
import os, pathlib
assert not os.path.exists({str(tmp_path / "secret")!r})
assert not os.path.exists({str(Path(__file__))!r})
assert not os.path.exists("/etc/shadow") and not os.path.exists("/var")
assert pathlib.Path({str(tmp_path / "given/x")!r}).read_text() == "given"
given, new = {str(tmp_path / "given/x")!r}, {str(room.path / "new")!r}
for path in (given, new, "/usr/new", "/new", "/etc/new", "/proc/self/comm"):
    try: open(path, "w")
    except OSError as error: assert error.errno == 30, (path, error)
    else: raise SystemExit("could write " + path)
open("mine", "w").write("x")
assert os.getcwd() == os.environ["HOME"] == "/tmp"
assert sorted(name for name in os.listdir("/proc") if name.isdigit())[0] == "1"
"""
        self.check(room, settings, code, read=[tmp_path / "given"])

    def test_no_privilege_is_left(self, room: Room, settings: Settings) -> None:
        code = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
assert status["NoNewPrivs"].strip() == "1"
import os
try: os.mknod("dev", 0o20600, os.makedev(1, 1))
except PermissionError: pass
else: raise SystemExit("made a device")
"""
        self.check(room, settings, code)

    def test_the_environment_is_clean_and_descriptors_pass(self, room: Room, settings: Settings) -> None:
        out, into = os.pipe()
        code = f"import os; os.write({into}, ' '.join(sorted(os.environ)).encode())"
        env = {"SECRET": "x", "LD_PRELOAD": "/x", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
        with start(room, "timeit", ["-n1", "-r1", code], settings=settings, fds=[into], env=env) as process:
            os.close(into)
            with os.fdopen(out) as file:
                assert "OMP_NUM_THREADS" in (names := file.read().split())
            assert process.wait(60).code == 0
        assert "PYTHONHASHSEED" in names
        assert not {"SECRET", "LD_PRELOAD"} & set(names)

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("import os; os._exit(3)", "exit status 3"),
            ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "killed by SIGTERM"),
            ("import os; os.abort()", "killed by SIGABRT"),
            ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL, not by us"),
        ],
    )
    @pytest.mark.parametrize("isolated", [True, False])
    def test_the_end_is_told_in_words(
        self, room: Room, settings: Settings, code: str, words: str, isolated: bool
    ) -> None:
        _, ended = run(room, settings, code, isolated=isolated)
        assert ended.words == words

    @pytest.mark.parametrize("isolated", [True, False])
    def test_past_its_time_the_whole_group_is_killed(
        self, room: Room, settings: Settings, isolated: bool
    ) -> None:
        code = "import subprocess; print('begun'); subprocess.run(['sleep', '4321'])"
        with start(room, "timeit", [code], settings=settings, isolated=isolated) as process:
            ended = process.wait(1.0)
        assert ended.words == "stopped after 1 s"
        assert ended.output == "begun\n"
        assert not alive("sleep\x004321")

    def test_the_output_is_bounded(self, room: Room, settings: Settings) -> None:
        _, ended = run(room, settings, "import sys\nfor i in range(50000): print('x' * 20, i)")
        assert len(ended.output) <= 64 * 1024
        assert "49999" in ended.output

    @pytest.mark.parametrize("isolated", [True, False])
    def test_it_dies_with_its_parent(self, room: Room, settings: Settings, isolated: bool) -> None:
        mark = f"import time; time.sleep({random.randint(10**6, 10**7)})"  # noqa: S311
        values = json.dumps([str(room.path), str(settings.home), mark, isolated])
        parent = subprocess.Popen([sys.executable, "-c", PARENT, values], stdout=subprocess.PIPE)
        assert parent.stdout is not None
        with parent.stdout:
            assert parent.stdout.readline() == b"started\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 5
        while alive(mark) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(mark)

    def test_a_file_that_is_not_there_is_named(self, room: Room, settings: Settings, tmp_path: Path) -> None:
        error = refusal(lambda: start(room, "this", read=[tmp_path / "none"], settings=settings))
        assert error.code == "room.missing_path"

    def test_a_system_that_cannot_isolate_says_so(self, room: Room, settings: Settings) -> None:
        """A user namespace that may make no other, and no capabilities."""
        limit = "echo 0 > /proc/sys/user/max_user_namespaces"
        values = [sys.executable, "-c", REFUSED, str(room.path), str(settings.home)]
        command = [
            "unshare",
            "-Ur",
            "sh",
            "-c",
            f'{limit} && exec setpriv --bounding-set=-all "$@"',
            "-",
            *values,
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if "auto" not in ran.stdout:
            pytest.skip(f"cannot make such a system here: {ran.stderr.strip()[-200:]}")
        assert "auto open open" in ran.stdout
        assert "require room.no_isolation" in ran.stdout


OPEN = """
import sys, json, time
from pathlib import Path
from typing import TypeVar
from boxship.errors import BoxshipError
from boxship.room import Room, start
from boxship.settings import Settings
def opened(path): return Room(Path(path), Path(path) / "bin/python", "", "", "")
"""
PARENT = f"""{OPEN}
path, home, mark, isolated = json.loads(sys.argv[1])
process = start(opened(path), "timeit", [mark], settings=Settings(home=Path(home)), isolated=isolated)
print("started", flush=True)
time.sleep(60)
"""
REFUSED = f"""{OPEN}
for isolation in ("auto", "require"):
    settings = Settings(home=Path(sys.argv[2]), isolation=isolation)
    try:
        with start(opened(sys.argv[1]), "this", settings=settings) as process:
            print(isolation, process.isolation.network, process.isolation.files, process.wait(20).words)
    except BoxshipError as error:
        print(isolation, error.code)
"""
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


def alive(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in path.read_text(errors="replace") and int(path.parent.name) != os.getpid():
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False
