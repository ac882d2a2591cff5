"""uv: found, run with a time limit, its failures told in our codes."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from boxship.errors import BoxError, BoxshipError, HostError, RemoteError
from boxship.room.index import Index, read_index
from boxship.settings import Settings

try:
    from uv import find_uv_bin
except ImportError:  # as in an image, which makes no rooms

    def find_uv_bin() -> str:
        raise FileNotFoundError


_TIMEOUT_S = 1800.0
_ANSWER_S = 10.0
_SAID_BYTES = 1500
# What would make a room something else than its lock, or put it elsewhere.
_NOT_PASSED = re.compile(
    r"PYTHON.*|VIRTUAL_ENV|CONDA_PREFIX|PIP_.*|UV_(PYTHON|SYSTEM_PYTHON|OVERRIDE|CONSTRAINT|EXCLUDE|EXCLUDE_NEWER|"
    r"RESOLUTION|PRERELEASE|FORK_STRATEGY|REQUIRE_HASHES|NO_VERIFY_HASHES|NO_BINARY|ONLY_BINARY|NO_BUILD|"
    r"COMPILE_BYTECODE|TORCH_BACKEND|PROJECT|NO_PROJECT|PROJECT_ENVIRONMENT|WORKING_DIR|WORKING_DIRECTORY|"
    r"VENV_.*|NO_CACHE)"
)


@dataclass(frozen=True)
class Uv:
    """A uv that was found, with the company's index settings."""

    path: str
    index: Index
    env: Mapping[str, str]

    def version(self) -> str:
        """What it says of itself, soon: one that hangs or is no uv is found out here."""
        return self.run(["--version"], cwd=Path("/"), timeout_s=_ANSWER_S).strip()

    def run(
        self, args: Sequence[str], *, cwd: Path, hold: Sequence[int] = (), timeout_s: float = _TIMEOUT_S
    ) -> str:
        """What uv wrote to stdout. `hold` are descriptors it keeps open, so that locks outlive us."""
        command = [self.path, *args, "--no-progress", "--color", "never"]
        try:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=hold,
                start_new_session=True,
            )
        except OSError as error:
            raise _failed(self.path, f"it cannot be started: {error.strerror}") from error
        try:
            out, err = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise _failed(self.path, f"it was still busy after {timeout_s:.0f} s") from error
        finally:  # also on Ctrl-C: what uv started goes with it
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if child.returncode == 0:
            return out.decode()
        said = self.index.redact((err or out).decode(errors="replace"))
        raise explain(self.path, child.returncode, said)


def find_uv(settings: Settings, env: Mapping[str, str]) -> Uv:
    """The setting, then the uv package that was installed with us, then PATH."""
    path = _find(settings, env)
    index = read_index(env)
    kept = {name: value for name, value in env.items() if not _NOT_PASSED.fullmatch(name)}
    return Uv(path, index, {**kept, **index.env})


def _find(settings: Settings, env: Mapping[str, str]) -> str:
    search = env.get("PATH", os.defpath)
    if settings.uv:
        if found := shutil.which(settings.uv, path=search):
            return found
        raise _missing(f"the setting uv is {settings.uv!r}, which is no program")
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        if found := shutil.which("uv", path=search):
            return found
    raise _missing("neither the uv package nor PATH has it")


def _missing(why: str) -> HostError:
    return HostError("room.uv_missing", f"uv was not found: {why}", "pip install uv, or set BOXSHIP_UV to it")


def _failed(path: str, why: str) -> HostError:
    return HostError(
        "room.uv_failed", f"{path} failed: {why}", f"see whether `{path} --version` answers", {"uv": path}
    )


def explain(path: str, returncode: int, said: str) -> BoxshipError:
    """The error behind what uv said (already redacted). uv's own words stay in the sentence."""
    if returncode < 0:
        return _failed(path, f"it was killed by {signal.Signals(-returncode).name}")
    words = _one_sentence(said)
    for pattern, make, code, what, hint in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return make(code, f"{what}: {words}", hint, {"uv": words})
    return _failed(path, words or f"exit status {returncode}")


# The first that matches counts; the words have been uv's since 0.4.30.
_MEANINGS: tuple[tuple[str, type[BoxshipError], str, str, str], ...] = (
    (
        r"os error 28\b|no space left|os error 122\b|quota exceeded",
        HostError,
        "room.disk_full",
        "the disk is full",
        "free some space: `boxship clean` removes unused rooms, `uv cache prune` old wheels",
    ),
    (
        r"no interpreter found|no download found for request|python downloads are",
        HostError,
        "room.no_python",
        "no Python of that version is here",
        "uv python install <version>, or set UV_PYTHON_DOWNLOADS=automatic",
    ),
    (
        r"\b(401|403|407)\b.*(unauthorized|forbidden|authentication)|(unauthorized|forbidden).*\b(401|403)\b",
        RemoteError,
        "room.index_refused",
        "the package index refused us",
        "give the index's user and password in pip.conf, netrc or UV_INDEX_*_PASSWORD",
    ),
    (
        r"hash mismatch",
        BoxError,
        "lock.hash_mismatch",
        "the index gave another file than the one that was locked",
        "somebody replaced the file on the index: find out who, or pack the model again",
    ),
    (
        r"network (connectivity is|was) disabled|dns error|error sending request|connection (refused|reset)|"
        r"failed to (connect|fetch)|request failed|timed out|tls|could not connect",
        RemoteError,
        "room.offline",
        "the package index cannot be reached",
        "check the network, pip's index-url and the proxy; what uv's cache has of the same index needs neither",
    ),
    (
        r"no solution found|not found in|failed to (build|resolve|prepare|download)|no version of|"
        r"no usable wheels|unsatisfiable|failed to parse",
        BoxError,
        "lock.unresolvable",
        "the lock cannot be resolved",
        "see whether `pip download <package>==<version>` finds it: "
        "an index that has it must be in pip.conf or UV_INDEX",
    ),
)


def _one_sentence(said: str) -> str:
    """uv's error in a line: the first `error:`, the causes and hints below it, no frame."""
    text = said.encode()[:_SAID_BYTES].decode(errors="ignore")
    lines = [re.sub(r"^[\s×╰├│─▶]*(error:|cause:|Caused by:)?\s*", "", line) for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("warning:")]
    return "; ".join(dict.fromkeys(line.rstrip(".:") for line in kept))
