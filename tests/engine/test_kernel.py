"""The twin's kernel, compiled with sanitizers, on random forests and hostile arrays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from boxship.twin import kernel
from needs import missing

SANITIZE = ("-g", "-O1", "-std=c11", "-ffp-contract=off", "-fPIC", "-shared", "-fno-sanitize-recover=all")
TRY = """
import sys
from pathlib import Path
import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from boxship.twin import kernel
kernel.FOLDER = Path(sys.argv[1])
assert kernel.load() is not None
sys.path.insert(0, sys.argv[2])
from forests import edge_rows, forests

@settings(max_examples=int(sys.argv[3]), deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(forests(), st.integers(0, 2**32), st.sampled_from([0, 1, 7, 63, 64, 65, 200]))
def same(forest, seed, count):
    rows = edge_rows(forest, np.random.default_rng(seed), count)
    out, _ = forest.reference(rows)
    assert forest.run(rows).tobytes() == out.tobytes()

same()
print("same")
"""


@pytest.mark.parametrize("kind", ["address", "undefined"])
def test_nothing_is_read_or_written_outside(kind: str, tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        missing("there is no gcc")
    source = Path(kernel.__file__).with_name("kernel.c")
    target = tmp_path / kernel.path().name
    command = [compiler, *SANITIZE, f"-fsanitize={kind}", "-o", str(target), str(source)]
    subprocess.run(command, check=True)
    name = {"address": "libasan.so", "undefined": "libubsan.so"}[kind]
    found = subprocess.run([compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True)
    env = {**os.environ, "LD_PRELOAD": found.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
    examples = "2000" if os.environ.get("BOXSHIP_LONG") else "100"
    tests = Path(__file__).parents[1] / "unit" / "twin"
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(tmp_path), str(tests), examples],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "same\n"), done.stderr[-3000:]
