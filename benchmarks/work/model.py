"""Train the model of the benchmarks once: 30 columns, 100,000 rows, 100 trees of depth 12."""

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(100_000, 30))
    y = (x[:, :5].sum(1) + draw.normal(size=len(x)) > 0).astype(int)
    frame = pd.DataFrame(x, columns=[f"f{place}" for place in range(30)])
    forest = RandomForestClassifier(100, max_depth=12, random_state=0)
    models = {"forest": forest, "logistic": LogisticRegression()}
    for name, model in models.items():
        joblib.dump(make_pipeline(StandardScaler(), model).fit(frame, y), folder / f"{name}.joblib")
        plain = make_pipeline(StandardScaler(), model).fit(x, y)  # takes an array, no DataFrame
        joblib.dump(plain, folder / f"{name}-array.joblib")
    frame["y"] = y
    frame.to_parquet(folder / "train.parquet")
    frame.to_csv(folder / "train.csv", index=False)


main(Path(sys.argv[1]))
