"""Builds the twin's kernel where there is a compiler; where there is none, numpy does the same."""

import importlib.util
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FLAGS = (
    "-O3",
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffp-contract=off",
    "-fPIC",
    "-shared",
    "-nostdlib",
)
MACHINES = ("x86_64", "aarch64")


class KernelHook(BuildHookInterface[Any]):
    """Compiles kernel.c into plain shared objects beside it: they need no Python and no C library."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by the builder, for wheels and for editable installs alike."""
        del version
        folder = Path(self.root, "src/boxship/twin")
        for name, compiler in compilers().items():
            target = folder / name
            command = [*compiler, *FLAGS, "-o", str(target), str(folder / "kernel.c")]
            if subprocess.run(command, check=False).returncode == 0:
                build_data["artifacts"].append(f"src/boxship/twin/{name}")
            else:
                self.app.display_warning(f"{name} cannot be built; numpy will do its work, more slowly")


def compilers() -> dict[str, list[str]]:
    """A compiler for every shared object that can be built here."""
    if importlib.util.find_spec("ziglang"):
        zig = [sys.executable, "-m", "ziglang", "cc", "-target"]
        return {f"kernel-linux-{machine}.so": [*zig, f"{machine}-linux-gnu"] for machine in MACHINES}
    name = f"kernel-{platform.system().lower()}-{platform.machine().lower()}.so"
    found = shutil.which("cc") or shutil.which("gcc")
    return {name: [found]} if found else {}
