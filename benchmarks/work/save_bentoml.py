"""BentoML: the model into its store, and a bento with a service around it."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import bentoml
import joblib

SERVICE = """
import bentoml
import numpy as np


@bentoml.service
class Bench:
    model = bentoml.models.BentoModel("bench:latest")

    def __init__(self):
        self.pipeline = bentoml.sklearn.load_model(self.model)

    @bentoml.api
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.pipeline.predict(rows)
"""

folder, target = Path(sys.argv[1]), Path(sys.argv[2])
build = target / "build"
build.mkdir(parents=True)
bentoml.sklearn.save_model("bench", joblib.load(folder / "forest.joblib"))
(build / "service.py").write_text(SERVICE)
(build / "bentofile.yaml").write_text(
    "service: service:Bench\ninclude: [service.py]\n"
    f"python: {{packages: [scikit-learn=={version('scikit-learn')}, pandas]}}\n"
)
command = [sys.executable, "-m", "bentoml", "build", "--output", "tag"]
done = subprocess.run(command, cwd=build, capture_output=True, text=True, env=dict(os.environ), check=False)
if done.returncode:
    sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
