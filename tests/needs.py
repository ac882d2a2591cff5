"""What a test needs and a machine may lack."""

import ast
import importlib
import importlib.util
import os
import shutil
import subprocess
from types import ModuleType
from typing import NoReturn

import pytest

FRAMEWORKS = (
    "catboost",
    "jax",
    "keras",
    "onnx",
    "onnxruntime",
    "safetensors",
    "skl2onnx",
    "skops",
    "statsmodels",
    "torch",
)


def missing(reason: str, *, whole_module: bool = False) -> NoReturn:
    """Skip, saying why; where everything has to be there, fail."""
    if os.environ.get("BOXSHIP_REQUIRE_ALL"):
        pytest.fail(f"has to run here: {reason}", pytrace=False)
    pytest.skip(reason, allow_module_level=whole_module)


def framework_lacking(code: str | bytes) -> str | None:
    """The first of the frameworks that this code imports and this environment does not have."""
    for node in ast.parse(code).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        for top in (name.partition(".")[0] for name in names):
            if top in FRAMEWORKS and importlib.util.find_spec(top) is None:
                return top
    return None


def library(name: str) -> ModuleType:
    """An optional library, imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing(f"{name} is not installed")


def namespace(*more: str) -> tuple[str, ...]:
    """The start of a command that runs in a mount namespace of its own, in which it may mount."""
    words = ("unshare", "--mount", *more, *(() if os.geteuid() == 0 or more else ("--map-root-user",)))
    if shutil.which("unshare") is None:
        missing("util-linux is not installed: there is no unshare")
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    if tried.returncode:
        missing(f"this system makes no namespace: {tried.stderr.decode().strip()}")
    return words
