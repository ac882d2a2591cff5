"""Making rooms: found in milliseconds where whole, else built aside and renamed into place."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from boxship.errors import HostError
from boxship.room.frozen import parse_frozen, render_frozen
from boxship.room.hashes import Wanted, attempt, check_hashes, check_runtime, covers, keep, kept, resolve
from boxship.room.hold import building, exclusive, unused
from boxship.room.interpreter import find_interpreter
from boxship.room.listing import against_records, compare, list_files, parse_listing, render_listing
from boxship.room.ours import copy_files, digest_files, own_files
from boxship.room.probe import glibc
from boxship.room.uv import Uv, find_uv
from boxship.settings import Settings

_FORMAT = 1
_MARK = "room.json"
_LISTING = "files.txt"
_UNLISTED = frozenset({_MARK, _LISTING})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True)
class Room:
    """An environment equal to its lock."""

    path: Path
    python: Path
    digest: str  # "sha256:<hex>" over lock, hashes, boxship's files, runtime, python, platform
    lock: str
    hashes: str  # requirements with --hash, as uv reads them: the `hashes` attachment


def ensure(  # noqa: PLR0913  # each says something else about the room
    lock: str,
    *,
    python_minor: str,
    runtime: tuple[str, ...],
    hashes: str | None,
    settings: Settings,
    say: Callable[[str], None],
    env: Mapping[str, str] | None = None,
    base: str | None = None,
    build: bool = False,
    whole: bool = False,
) -> Room:
    """The room of this lock. One that was finished is found in under 20 ms, without a process.

    `hashes` are those frozen with the box; None resolves them once and keeps them under home/locks.
    `build` allows to build packages that have no wheel, which runs what they bring.
    `whole` reads every file of a room that is found, and makes it anew where one differs.
    Safe beside other builders and kill -9 at any instant. `env` is what uv sees, this process's if None;
    `base` is an interpreter of that minor to make the room from, where the caller knows one.
    """
    wanted = Wanted(lock, runtime, python_minor, _platform())
    ours = own_files()
    frozen = _given(hashes, wanted) or kept(wanted.memo(settings.home))
    good = partial(_is_good, whole=whole, say=say)
    if frozen and good(room := _room(wanted, frozen, ours, settings.home)):
        return room
    seen = os.environ if env is None else env
    uv = find_uv(settings, seen)
    base = find_interpreter(python_minor, base, seen)
    rooms = settings.home / "rooms"
    with _no_space_is_said(settings.home):
        rooms.mkdir(parents=True, exist_ok=True)
        with building(rooms) as held:
            uv.version()  # one that hangs is found out at once
            if frozen is None:
                frozen = resolve(wanted, uv, base, say, build=build)
                keep(wanted.memo(settings.home), frozen)
            check_runtime(wanted)
            check_hashes(wanted, parse_frozen(frozen))
            room = _room(wanted, frozen, ours, settings.home)
            with exclusive(rooms, room.path.name):
                if good(room):
                    return room  # somebody else made it while we waited
                _make(room, _Maker(uv, base, wanted.python_minor, ours, held, say, build))
    return room


def _given(hashes: str | None, wanted: Wanted) -> str | None:
    """The frozen hashes, read and written anew, where they are for this platform."""
    packages = parse_frozen(hashes) if hashes else ()
    return render_frozen(packages) if packages and covers(packages, wanted) else None


def verify(room: Room) -> None:
    """Read every file of the room again; HostError room.corrupt names the first that differ."""
    try:
        mark = json.loads((room.path / _MARK).read_text("utf-8"))
        listing = (room.path / _LISTING).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise _corrupt(room, [(_MARK, "cannot be read")]) from error
    if hashlib.sha256(listing.encode()).hexdigest() != mark.get("files"):
        raise _corrupt(room, [(_LISTING, "was changed")])
    if wrong := list(compare(parse_listing(listing), list_files(room.path, _UNLISTED))):
        raise _corrupt(room, wrong)


@dataclass(frozen=True)
class _Maker:
    uv: Uv
    base: str | None
    minor: str
    ours: Mapping[str, bytes]
    held: int  # the descriptor of the builders' lock: uv keeps it open, should we die
    say: Callable[[str], None]
    build: bool


def _make(room: Room, maker: _Maker) -> None:
    """Build aside. Where uv's cache turns out to be damaged, once more without it."""
    for cache in ((), ("--no-cache",)):
        aside = room.path.parent / f"tmp-{room.path.name[:12]}-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            _fill(aside, room, maker, cache)
            files = list_files(aside, _UNLISTED)
            wrong = list(against_records(aside, files))
            if not wrong:
                _finish(aside, room, files)
                return
            maker.say("uv's cache is damaged: fetching the packages again")
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    raise _corrupt(room, wrong)


def _fill(aside: Path, room: Room, maker: _Maker, cache: tuple[str, ...]) -> None:
    aside.mkdir()
    _make_venv(aside, maker)
    (aside / "hashes.txt").write_text(room.hashes, "utf-8")
    count = sum("==" in line for line in room.hashes.splitlines())
    maker.say(f"making a room with {count} packages")
    command = ["pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", "hashes.txt"]
    command += ["--python", "bin/python", "--link-mode", "hardlink", *cache, *maker.uv.index.args]
    attempt(maker.uv, command, cwd=aside, say=maker.say, build=maker.build, hold=[maker.held])
    site = aside / "lib" / f"python{maker.minor}" / "site-packages"
    copy_files(maker.ours, site / "boxship")
    _compile(aside / "bin" / "python", site)


def _make_venv(aside: Path, maker: _Maker) -> None:
    """Into `aside`; a Python is downloaded only where none of that version is here."""
    command = ["venv", "--quiet", "--no-project", "--relocatable", "--allow-existing", "."]
    command += ["--python", maker.base or maker.minor]
    try:
        maker.uv.run([*command, "--no-python-downloads"], cwd=aside, hold=[maker.held])
    except HostError as error:
        if error.code != "room.no_python":
            raise
        maker.say(f"asking uv for Python {maker.minor}")
        maker.uv.run(command, cwd=aside, hold=[maker.held])


def _compile(python: Path, site: Path) -> None:
    """Bytecode now, since a room is read-only later; a file that does not compile is left as it is.

    -S: nothing of the room may run here, and a .pth would.
    """
    command = [str(python), "-I", "-S", "-m", "compileall", "-q", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-x", r"[/\\]tests[/\\]", str(site)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        child.wait()
    finally:  # also on Ctrl-C: its workers would wait for ever
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _finish(aside: Path, room: Room, files: Mapping[str, str]) -> None:
    listing = render_listing(files)
    (aside / _LISTING).write_text(listing, "utf-8")
    mark = {
        "format": _FORMAT,
        "digest": room.digest,
        "lock": room.lock,
        "files": hashlib.sha256(listing.encode()).hexdigest(),
    }
    (aside / _MARK).write_text(json.dumps(mark, indent=1), "utf-8")
    os.sync()  # a name must not reach the disk before what it names
    old = aside.with_name(aside.name + "-old")
    if room.path.exists():
        room.path.rename(old)
    aside.rename(room.path)
    with unused(old) as free:
        if free:  # else whoever is in it ends in peace, and `clean` removes it later
            shutil.rmtree(old, ignore_errors=True)


def _room(wanted: Wanted, hashes: str, ours: Mapping[str, bytes], home: Path) -> Room:
    parts = [_FORMAT, wanted.lock, hashes, digest_files(ours)]
    parts += [list(wanted.runtime), wanted.python_minor, wanted.platform]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    path = home / "rooms" / name
    return Room(path, path / "bin" / "python", f"sha256:{name}", wanted.lock, hashes)


def _is_good(room: Room, *, whole: bool, say: Callable[[str], None]) -> bool:
    """Whether it was finished and its interpreter is still there; `whole`: and every file as made."""
    try:
        mark = json.loads((room.path / _MARK).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if mark.get("digest") != room.digest or not os.access(room.python, os.X_OK):
        return False
    try:
        if whole:
            verify(room)
    except HostError as error:
        say(f"{error.message}: making it again")
        return False
    return True


def _platform() -> str:
    return sysconfig.get_platform() + ("-glibc" if glibc() else "")


def _corrupt(room: Room, wrong: list[tuple[str, str]]) -> HostError:
    first = ", ".join(f"{path} {what}" for path, what in wrong[:3])
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return HostError(
        "room.corrupt",
        f"the room {room.path.name[:12]} is not what was built: {first}{more}",
        "the next use makes it again; look after the disk if it happens twice",
        {"digest": room.digest, "files": [path for path, _ in wrong]},
    )


@contextlib.contextmanager
def _no_space_is_said(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = "room.disk_full" if error.errno in _FULL else "room.not_writable"
        raise HostError(
            code,
            f"cannot make a room under {home}: {error.strerror}",
            "free some space with `boxship clean`, or set BOXSHIP_HOME to a folder that can be written",
        ) from error
