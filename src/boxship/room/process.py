"""A module run by a room's python, in a jail, that ends when its parent does."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from boxship.errors import HostError
from boxship.host import oom_kills
from boxship.room.build import Room
from boxship.room.hold import hold_room
from boxship.settings import Settings

TAIL_BYTES = 64 * 1024
TMP_BYTES = 1 << 30
_JAIL = Path(__file__).with_name("jail.py")
_START_S = 30.0
_END_S = 5.0
# What may decide an answer or the speed of it; nothing that holds secrets or moves imports.
_PASSED = re.compile(
    r"LANG|LC_\w+|TZ|PYTHONHASHSEED|\w+_NUM_THREADS|OPENBLAS_CORETYPE|MKL_CBWR|BOXSHIP_LOG_LEVEL"
)


@dataclass(frozen=True)
class Isolation:
    """What the jail managed, for the proof to record."""

    network: str  # none | open
    files: str  # hidden | open
    processes: str  # hidden | shared
    unprivileged: bool
    why: tuple[str, ...]  # for each thing it did not manage


@dataclass(frozen=True)
class Exit:
    """How a process ended."""

    code: int  # negative: the signal
    words: str  # "exit status 3", "killed for memory", "killed by SIGSEGV", "stopped after 300 s"
    output: str  # the tail of stdout and stderr, at most 64 kB


class Process:
    """A running process; a context manager that kills what is left of it."""

    def __init__(
        self, child: subprocess.Popen[bytes], isolation: Isolation, life: int, ends: contextlib.ExitStack
    ) -> None:
        self.isolation = isolation
        self.pid = child.pid
        self._child = child
        self._life = life
        self._ends = ends
        self._oom_kills = oom_kills()
        self._stopped = ""
        self._exit: Exit | None = None
        self._tail = _Tail(child.stdout)

    def wait(self, timeout_s: float | None = None) -> Exit:
        """The end of it; past `timeout_s` the whole process group is killed and `words` say so."""
        if self._exit is not None:
            return self._exit
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._stopped = f"stopped after {timeout_s:g} s"
        return self._end()

    def close(self) -> Exit:
        """Kill the whole process group, if it still runs."""
        if self._exit is None and self._child.poll() is None:
            self._stopped = "stopped"
        return self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _end(self) -> Exit:
        if self._exit is None:
            os.close(self._life)  # the jail kills what left its group too
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(_END_S)
            _kill_group(self._child)
            code = self._child.returncode
            self._exit = Exit(code, self._stopped or self._words(code), self._tail.text())
            self._ends.close()
        return self._exit

    def _words(self, code: int) -> str:
        if code >= 0:
            return f"exit status {code}"
        if -code == signal.SIGKILL:
            return "killed for memory" if oom_kills() > self._oom_kills else "killed by SIGKILL, not by us"
        return f"killed by {signal.Signals(-code).name}"


def start(
    room: Room,
    module: str,
    args: Sequence[str] = (),
    *,
    read: Sequence[Path] = (),
    settings: Settings,
    fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> Process:
    """Run `python -m module args...` in the room; `read` are the only further files it can see.

    `fds` stay open under the same numbers; the caller closes its own copies of the child's ends.
    The working folder, HOME and TMPDIR are a tmpfs of 1 GiB at /tmp. Of `env` only names on the
    allow-list pass. HostError: room.no_isolation (settings.isolation is require), room.not_started,
    room.missing_path.
    """
    with contextlib.ExitStack() as stack:
        held = hold_room(room.path)
        stack.callback(os.close, held)
        config = {
            "command": [str(room.python), "-s", "-P", "-m", module, *args],
            "isolation": settings.isolation,
            "read": _readable(room, read),
            "fds": list(fds),
        }
        return _jailed(
            str(room.python), config, _clean(os.environ if env is None else env), fds, stack.pop_all()
        )


def try_isolation(settings: Settings) -> Isolation:
    """What a jail manages on this system, by one that runs a command which does nothing."""
    nothing = os.path.realpath(shutil.which("true") or "/bin/true")
    config = {"command": [nothing], "isolation": settings.isolation, "read": [], "fds": []}
    with _jailed(sys.executable, config, _clean({}), (), contextlib.ExitStack()) as process:
        return process.isolation


def _jailed(
    python: str,
    config: Mapping[str, object],
    env: Mapping[str, str],
    fds: Sequence[int],
    ends: contextlib.ExitStack,
) -> Process:
    """The process in its jail; `ends` is closed with it."""
    with ends as stack:
        scratch = _scratch()
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        report_out, report_in = os.pipe()
        life_out, life_in = os.pipe()
        life = contextlib.ExitStack()
        life.callback(os.close, life_in)
        stack.push(life)
        given = {"scratch": scratch, "tmp_bytes": TMP_BYTES, "report_fd": report_in, "life_fd": life_out}
        try:
            child = _spawn(python, {**config, **given}, env, (report_in, life_out, *fds))
        finally:
            os.close(report_in)
            os.close(life_out)
        stack.callback(_kill_group, child)
        isolation = _read_report(child, report_out)
        life.pop_all()
        return Process(child, isolation, life_in, stack.pop_all())


def _scratch() -> str:
    try:
        return tempfile.mkdtemp(prefix="boxship-")
    except OSError as error:
        raise HostError(
            "room.no_scratch",
            f"no temporary folder can be made: {error.strerror}",
            "free some space, or set TMPDIR to a folder that can be written",
        ) from error


def _spawn(
    python: str, config: Mapping[str, object], env: Mapping[str, str], fds: Sequence[int]
) -> subprocess.Popen[bytes]:
    command = [python, "-I", "-S", str(_JAIL), json.dumps(config)]
    try:
        return subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(error.strerror or str(error)) from error


def _read_report(child: subprocess.Popen[bytes], report: int) -> Isolation:
    """The one line the jail says before the command runs."""
    saying = select.poll()
    saying.register(report, select.POLLIN)
    if not saying.poll(_START_S * 1000):
        _kill_group(child)
    with os.fdopen(report) as file:
        line = file.readline()
    if not line:
        _kill_group(child)
        raise _not_started(_Tail(child.stdout).text().strip() or f"it ended with {child.returncode}")
    said = json.loads(line)
    if said.get("refused"):
        raise HostError(
            "room.no_isolation",
            "this system cannot isolate a process: " + "; ".join(said["why"]),
            "BOXSHIP_ISOLATION=auto goes on without; `boxship doctor` says what this system allows",
            {"why": said["why"]},
        )
    return Isolation(
        said["network"], said["files"], said["processes"], said["unprivileged"], tuple(said["why"])
    )


def _not_started(why: str) -> HostError:
    return HostError(
        "room.not_started", f"the room's python cannot be started: {why}", "boxship doctor", {"why": why}
    )


def _readable(room: Room, read: Sequence[Path]) -> list[str]:
    """Absolute paths, and where the room's interpreter really lives."""
    for path in read:
        if not path.exists():
            raise HostError(
                "room.missing_path",
                f"{path} was to be read, but is not there",
                "boxship check BOX",
                {"path": str(path)},
            )
    base = room.python.resolve().parent.parent
    home = _configured_home(room)
    return list(dict.fromkeys(str(path.absolute()) for path in (room.path, base, *home, *read)))


def _configured_home(room: Room) -> list[Path]:
    """The interpreter's prefix as pyvenv.cfg writes it, which may go through a link."""
    text = (room.path / "pyvenv.cfg").read_text("utf-8")
    return [Path(found).parent for found in re.findall(r"^home\s*=\s*(.+?)\s*$", text, re.MULTILINE)]


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in env.items() if _PASSED.fullmatch(name)}
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}  # a room stays as it was made
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **kept, **fixed}


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


class _Tail:
    """The last of what a process wrote, read by a thread so that it never waits for us."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, name="boxship-output", daemon=True)
        self._thread.start()

    def text(self) -> str:
        """After the end of the process."""
        self._thread.join(_END_S)
        return bytes(self._kept).decode(errors="replace")

    def _read(self) -> None:
        if self._stream is None:
            return
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 65536):
                self._kept += chunk
                del self._kept[:-TAIL_BYTES]
