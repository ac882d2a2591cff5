"""Jails made by a real kernel. Each test prints what it measured (pytest -s)."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from boxship.errors import BoxshipError
from boxship.room import Room, start
from boxship.room.process import try_isolation
from boxship.settings import Settings
from engine.rooms import Made, refusal, run, timed
from needs import missing


def jailed(settings: Settings, isolated: bool) -> Settings:
    return settings if isolated else replace(settings, isolation="off")


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
            missing(error.message)
        return settings

    def check(self, room: Room, settings: Settings, code: str, **more: object) -> None:
        _, ended = run(room, settings, code, **more)
        assert ended.code == 0, ended.output

    def test_it_says_what_it_managed_and_starts_quickly(self, room: Room, settings: Settings) -> None:
        timed("start", lambda: start(room, "this", settings=settings)).close()
        process, ended = timed("start and end", lambda: run(room, settings, "pass"))
        isolation = process.isolation
        found = (isolation.network, isolation.files, isolation.processes, isolation.unprivileged)
        assert found == ("none", "hidden", "hidden", True)
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

    @pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="this system has no /dev/shm")
    def test_what_is_given_is_read_only_in_shared_memory_too(self, room: Room, settings: Settings) -> None:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            given = Path(folder, "given")
            given.write_text("given")
            code = f"""
try: open({str(given)!r}, "w")
except OSError as error: assert error.errno == 30, error
else: raise SystemExit("could write it")
open("/dev/shm/mine", "w").write("x")
open("/dev/null", "w").write("x")
"""
            self.check(room, settings, code, read=[Path(folder)])
            assert given.read_text() == "given"

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

    def test_no_namespace_is_made_inside(self, room: Room, settings: Settings) -> None:
        """As root of one of its own a model would have privileges again."""
        code = """
import ctypes
assert ctypes.CDLL(None).unshare(0x10000000) == -1, "made a user namespace"
"""
        self.check(room, settings, code)

    def test_many_threads_and_much_memory_are_not_limited(self, room: Room, settings: Settings) -> None:
        code = """
import mmap, threading
held = mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE | 0x4000)
go = threading.Event()
threads = [threading.Thread(target=go.wait) for _ in range(200)]
for one in threads: one.start()
go.set()
for one in threads: one.join()
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
        _, ended = run(room, jailed(settings, isolated), code)
        assert ended.words == words

    @pytest.mark.parametrize("isolated", [True, False])
    def test_past_its_time_the_whole_group_is_killed(
        self, room: Room, settings: Settings, isolated: bool
    ) -> None:
        code = "import subprocess; print('begun'); subprocess.run(['sleep', '4321'])"
        with start(room, "timeit", [code], settings=jailed(settings, isolated)) as process:
            ended = process.wait(1.0)
        assert ended.words == "stopped after 1 s"
        assert ended.output == "begun\n"
        assert not alive("sleep\x004321")

    @pytest.mark.parametrize("isolated", [True, False])
    @pytest.mark.parametrize("ends", [True, False])
    def test_no_daemon_outlives_it(self, room: Room, settings: Settings, isolated: bool, ends: bool) -> None:
        """One in a session of its own, whose parents have ended; whether or not the command has."""
        mark = f"{random.randint(10**6, 10**7)}"  # noqa: S311
        code = DAEMON.replace("MARK", mark) + ("os._exit(0)" if ends else "time.sleep(60)")
        with start(room, "timeit", ["-n1", "-r1", code], settings=jailed(settings, isolated)) as process:
            assert process.isolation.processes == ("hidden" if isolated else "shared")
            ended = process.wait(10 if ends else 1.5)
        assert "begun" in ended.output
        assert not alive(f"sleep\x00{mark}")

    def test_the_output_is_bounded(self, room: Room, settings: Settings) -> None:
        _, ended = run(room, settings, "import sys\nfor i in range(50000): print('x' * 20, i)")
        assert len(ended.output) <= 64 * 1024
        assert "49999" in ended.output

    @pytest.mark.parametrize("isolated", [True, False])
    def test_it_dies_with_its_parent(self, room: Room, settings: Settings, isolated: bool) -> None:
        mark = f"import time; time.sleep({random.randint(10**6, 10**7)})"  # noqa: S311
        values = json.dumps([str(room.path), str(settings.home), mark, "require" if isolated else "off"])
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

    @pytest.mark.parametrize("isolation", ["auto", "off"])
    def test_a_try_says_what_a_room_would(self, room: Room, settings: Settings, isolation: str) -> None:
        tried = Settings(home=settings.home, isolation=isolation)
        assert try_isolation(tried) == run(room, tried, "pass")[0].isolation

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
            missing(f"cannot make such a system here: {ran.stderr.strip()[-200:]}")
        assert "auto open open" in ran.stdout
        assert "require room.no_isolation" in ran.stdout
        assert "your files are open" in ran.stdout


OPEN = """
import sys, json, time
from pathlib import Path
from typing import TypeVar
from boxship.errors import BoxshipError
from boxship.room import Room, start
from boxship.room.process import try_isolation
from boxship.settings import Settings
from boxship.tools.doctor import doctor
def opened(path): return Room(Path(path), Path(path) / "bin/python", "", "", "")
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", "MARK"])
    os._exit(0)
os.wait()
time.sleep(0.3)
print("begun")
"""
PARENT = f"""{OPEN}
path, home, mark, isolation = json.loads(sys.argv[1])
settings = Settings(home=Path(home), isolation=isolation)
process = start(opened(path), "timeit", [mark], settings=settings)
print("started", flush=True)
time.sleep(60)
"""
REFUSED = f"""{OPEN}
for isolation in ("auto", "require"):
    settings = Settings(home=Path(sys.argv[2]), isolation=isolation)
    try:
        with start(opened(sys.argv[1]), "this", settings=settings) as process:
            tried = try_isolation(settings)
            assert tried == process.isolation
            print([one for one in doctor(settings=settings) if one.what == "isolation"])
            print(isolation, process.isolation.network, process.isolation.files, process.wait(20).words)
    except BoxshipError as error:
        print(isolation, error.code)
"""


def alive(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in path.read_text(errors="replace") and int(path.parent.name) != os.getpid():
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False
