"""The hashes of a lock: every file the index has for it, resolved once and kept."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from boxship.errors import BoxError, BoxshipError
from boxship.room.frozen import Frozen, parse_frozen, render_frozen
from boxship.room.lock import parse_lock
from boxship.room.marker import holds, parse_marker
from boxship.room.probe import markers
from boxship.room.requirement import parse_requirement
from boxship.room.uv import Uv
from boxship.room.version import same

ATTEMPTS: tuple[tuple[str, ...], ...] = (("--offline", "--no-build"), ("--no-build",), ())
"""The cheapest first: what the cache has, what the index has as wheels, what must be built."""

_FORMAT = 2  # of the memo
_SEAL = "# sha256:"


@dataclass(frozen=True)
class Wanted:
    """What a room is resolved from."""

    lock: str
    runtime: tuple[str, ...]
    python_minor: str
    platform: str  # of this machine and its libc

    def memo(self, home: Path) -> Path:
        key = json.dumps([_FORMAT, self.lock, self.runtime, self.python_minor, self.platform])
        return home / "locks" / f"{hashlib.sha256(key.encode()).hexdigest()}.txt"


def check_runtime(wanted: Wanted) -> None:
    """The user's pins always win; BoxError lock.runtime_conflict where ours cannot live with them."""
    pins = {pin.name: pin.version for pin in parse_lock(wanted.lock)}
    for text in wanted.runtime:
        ours = parse_requirement(text)
        version = pins.get(ours.name)
        if version is not None and not ours.allows(version):
            raise BoxError(
                "lock.runtime_conflict",
                f"the model was made with {ours.name} {version}, boxship's runtime needs {text}",
                f"train the model with {text}, or use an older boxship",
                {"name": ours.name, "version": version, "runtime": text},
            )


def check_hashes(wanted: Wanted, packages: Sequence[Frozen]) -> None:
    """Hashes are no part of a box's identity, so they may say neither other versions than its lock
    nor other packages."""
    hashed = {one.name: one.version for one in packages}
    pins = parse_lock(wanted.lock)
    for pin in pins:
        found = hashed.get(pin.name)
        if found is None and pin.marker:
            continue
        if found is None or not same(found, pin.version):
            raise _differ(
                f"the lock has {pin.name}=={pin.version}, its hashes are for {found or 'none of it'}"
            )
    if more := sorted(hashed.keys() - _known(wanted)):
        raise _differ(f"the hashes have {', '.join(more[:5])}, which the lock does not name")


def _known(wanted: Wanted) -> set[str]:
    """All that a room may hold."""
    pins, ours = parse_lock(wanted.lock), map(parse_requirement, wanted.runtime)
    return {pin.name for pin in pins} | {one.name for one in ours}


def _differ(message: str) -> BoxError:
    return BoxError("lock.hashes_differ", message, "leave the hashes attachment out: they are resolved anew")


def covers(packages: Sequence[Frozen], wanted: Wanted) -> bool:
    """False where they were frozen on another platform, which needs fewer packages than this one,
    or for another boxship, which needs others."""
    here, hashed = markers(), {one.name: one.version for one in packages}
    conditional = [pin for pin in parse_lock(wanted.lock) if pin.marker and pin.name not in hashed]
    if any(holds(parse_marker(pin.marker), here) for pin in conditional):
        return False
    ours = [parse_requirement(text) for text in wanted.runtime]
    return all(one.name in hashed and one.allows(hashed[one.name]) for one in ours)


def resolve(
    wanted: Wanted, uv: Uv, base: str | None, say: Callable[[str], None], *, build: bool = False
) -> str:
    """Requirements with hashes, as uv reads them. Takes 0.2 s from the cache, 0.3 from an index.

    The lock and the runtime name all that a room holds: what their packages also ask for was not
    where the model was made either. (--no-deps would leave wheels in find-links without a hash.)
    """
    check_runtime(wanted)
    pins = parse_lock(wanted.lock)
    say(f"resolving the hashes of {len(pins)} packages")
    with tempfile.TemporaryDirectory(prefix="boxship-lock-") as folder:
        asked, pinned = Path(folder) / "lock.txt", Path(folder) / "pins.txt"
        lines = [f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if pin.marker else "") for pin in pins]
        asked.write_text("".join(f"{line}\n" for line in (*lines, *wanted.runtime)), "utf-8")
        # no markers: a pin says which version, not whether
        pinned.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins), "utf-8")
        command = ["pip", "compile", asked.name, "--override", pinned.name]
        command += [
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--quiet",
            "--python-version",
            wanted.python_minor,
        ]
        command += ["--no-python-downloads", *(["--python", base] if base else []), *uv.index.args]
        said = attempt(uv, command, cwd=Path(folder), say=say, build=build)
    known = _known(wanted)
    return render_frozen([one for one in parse_frozen(said) if one.name in known])


def attempt(
    uv: Uv,
    command: Sequence[str],
    *,
    cwd: Path,
    say: Callable[[str], None],
    build: bool,
    hold: Sequence[int] = (),
) -> str:
    """Run `command` with each of ATTEMPTS until one succeeds; the last reason is told.

    Building runs what a package brings for it, so it is for the user's own packages alone.
    """
    for flags in ATTEMPTS:
        try:
            return uv.run([*command, *flags], cwd=cwd, hold=hold)
        except BoxshipError as error:
            if flags == ATTEMPTS[-1] or error.code not in ("room.offline", "lock.unresolvable"):
                raise
            if flags == ATTEMPTS[1]:
                if not _needs_build(error):
                    raise
                if not build:
                    raise _no_wheel(error) from error
                say("a package has no wheel for this Python and must be built")
    raise AssertionError("the last attempt returns or raises")


def _no_wheel(error: BoxshipError) -> BoxError:
    return BoxError(
        "lock.no_wheel",
        f"a package of the box has no wheel, and what comes with a box is not built here: {error.message}",
        "build the wheel yourself where you trust it, and name its folder in PIP_FIND_LINKS",
        error.detail,
    )


def kept(memo: Path) -> str | None:
    """What `keep` wrote, or None: a memo that is not whole is resolved anew."""
    try:
        hashes, _, seal = memo.read_text("utf-8").rpartition(_SEAL)
    except (OSError, UnicodeDecodeError):
        return None
    return hashes if hashes and seal.strip() == _digest(hashes) else None


def _digest(hashes: str) -> str:
    return hashlib.sha256(hashes.encode()).hexdigest()


def keep(memo: Path, hashes: str) -> None:
    """Write aside, then rename: a reader sees all of it or nothing. Sealed, so that damage is seen."""
    memo.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(prefix=".tmp-", dir=memo.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{hashes}{_SEAL}{_digest(hashes)}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(memo)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _needs_build(error: BoxshipError) -> bool:
    said = str(error.detail.get("uv", "")).lower()
    return "--no-build" in said or "no usable wheels" in said or "building" in said
