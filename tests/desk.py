"""A desk to type commands at, and a model to pack."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import boxship
from boxship import _check
from boxship.settings import Settings

SOURCE = Path(boxship.__file__).parent.parent
COLUMNS = ("age", "income", "tenure", "calls")


class Ran(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The refusal it printed, which has to be one that helps."""
        found: dict[str, Any] = self.json["error"]
        assert found["message"]
        assert found["hint"], found
        assert not found["code"].startswith("internal."), found
        assert "Traceback" not in self.err, self.err
        return found


@dataclass(frozen=True)
class Desk:
    """A home of one's own, and the command line over it."""

    home: Path
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home)

    @property
    def store(self) -> Path:
        return self.home / "store"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BOXSHIP_")}
        path = {"PYTHONPATH": str(SOURCE)} if self.python == sys.executable else {}
        return {**kept, **path, "BOXSHIP_HOME": str(self.home), **self.env, **more}

    def command(self, *words: object) -> list[str]:
        return [self.python, "-m", "boxship", *map(str, words)]

    def run(
        self,
        *words: object,
        before: tuple[str, ...] = (),
        cwd: Path | None = None,
        timeout_s: float = 120,
        **env: str,
    ) -> Ran:
        done = subprocess.run(
            [*before, *self.command(*words)],
            cwd=cwd or self.folder,
            env=self.environment(**env),
            capture_output=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))

    def start(self, *words: object, **env: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["env", "--default-signal=INT,HUP", *self.command(*words)],  # whoever runs these may ignore them
            cwd=self.folder,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def pack(self, *more: object, **how: Any) -> Ran:
        """The trained model as `churn`; options given again win."""
        return self.run(*PACK, *more, "--json", **how)

    def packed(self, *more: object, **how: Any) -> dict[str, Any]:
        done = self.pack(*more, **how)
        assert done.status == 0, done
        found: dict[str, Any] = done.json
        return found

    def refused(self, *words: object, status: int = 1, boxes: int = 0, **how: Any) -> dict[str, Any]:
        """The refusal of a command, which has to leave the store as it was."""
        done = self.run(*words, "--json", **how)
        assert done.status == status, done
        error = done.error
        self.is_whole()
        assert len(boxship.list(settings=self.settings)) == boxes
        return error

    def is_whole(self) -> None:
        assert _check.check_store(settings=self.settings) == ()


PACK = ("pack", "model.joblib", "--data", "train.csv", "--target", "churned", "--name", "churn")


def train(folder: Path) -> None:
    """A pipeline over four numbers, its data, and what it answered in training."""
    subprocess.run([sys.executable, Path(__file__).with_name("train.py"), folder], check=True)


def write_csv(path: Path, columns: Mapping[str, Any]) -> None:
    lines = [",".join(columns)] + [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def copy_home(shared: Path, home: Path) -> None:
    """A home with rooms and locks of its own, as hard links, which `clean` may remove."""
    home.mkdir()
    for part in ("rooms", "locks"):
        shutil.copytree(shared / part, home / part, copy_function=os.link, symlinks=True)


def kill_group(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def lay(path: Path, what: str) -> None:
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "loop":
        path.symlink_to(path.name)
    elif what == "device":
        path.symlink_to("/dev/zero")
