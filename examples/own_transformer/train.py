"""A model with code of its own, and a contract file: python train.py, in this folder."""

import joblib
import numpy as np
from ratios import Ratios
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import boxship

rng = np.random.default_rng(0)
income = rng.lognormal(8, 0.4, 2000).round(-1)
debt = rng.lognormal(7, 1.0, 2000).round(-1).clip(0, 90_000)
repays = np.where(income / (1 + debt) + rng.normal(0, 1, 2000) > 2, "yes", "no")

inputs = np.column_stack([income, debt])
model = make_pipeline(Ratios(), StandardScaler(), LogisticRegression()).fit(inputs, repays)
joblib.dump(model, "model.joblib")

# From a shell: boxship pack model.joblib --data ... --target repays --name credit \
#                   --code ratios.py --contract contract.toml
packed = boxship.pack(
    "model.joblib",
    {"income": income, "debt": debt, "repays": repays},
    "repays",
    name="credit",
    code=["ratios.py"],
    contract="contract.toml",
)
print(packed.name, packed.version, packed.digest)
print(boxship.call("credit", {"income": 2500, "debt": 250_000}))
