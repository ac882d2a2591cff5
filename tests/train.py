"""Train the model of these tests, in a process of its own: most tests load no scikit-learn."""

import json
import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

COLUMNS = ("age", "income", "tenure", "calls")


def main(folder: Path) -> None:
    inputs = np.random.default_rng(0).normal(size=(300, 4)).round(3)
    labels = np.where(inputs[:, 0] + inputs[:, 1] > 0, "yes", "no")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, labels)
    joblib.dump(model, folder / "model.joblib")
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in inputs.tolist()]
    lines = [",".join(map(str, (*row.values(), label))) for row, label in zip(rows, labels, strict=True)]
    (folder / "train.csv").write_text("\n".join([",".join((*COLUMNS, "churned")), *lines]) + "\n")
    shares = model.predict_proba(inputs[:20])[:, 1].tolist()
    answers = zip(rows[:20], model.predict(inputs[:20]).tolist(), shares, strict=True)
    told = [{"row": row, "prediction": label, "yes": share} for row, label, share in answers]
    (folder / "answers.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
