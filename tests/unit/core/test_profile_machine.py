"""A profile has the same bytes whatever CPU type, thread count, hash seed or locale it was made under."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import hashlib
import numpy as np
from boxship.core.profile import Profile
from boxship.core.table import Table
n = 140_000
rng = np.random.default_rng(5)
columns = {f"x{i}": rng.normal(size=n) for i in range(12)}
columns["words"] = rng.choice(["a", "b", "c"], n).tolist()
print(hashlib.sha256(Profile.of(Table.of(columns)).to_bytes()).hexdigest())
"""


def digest_under(**surroundings: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def usual() -> str:
    return digest_under()


@pytest.mark.parametrize(
    "surroundings",
    [
        {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_CORETYPE": "SkylakeX", "OPENBLAS_NUM_THREADS": "2"},
        {
            "PYTHONHASHSEED": "77",
            "LC_ALL": "C",
            "TZ": "Asia/Tokyo",
            "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX2",
        },
    ],
    ids=["haswell", "prescott", "skylake", "surroundings"],
)
def test_bytes_do_not_depend_on_the_machine(surroundings: dict[str, str], usual: str) -> None:
    assert digest_under(**surroundings) == usual
