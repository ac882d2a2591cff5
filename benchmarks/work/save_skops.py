"""skops: the model in its own format, and a model card."""

import sys
from pathlib import Path

import joblib
import skops.io
from skops import card

folder, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir()
model = joblib.load(folder / "forest.joblib")
skops.io.dump(model, target / "model.skops")
card.Card(model).save(target / "README.md")
