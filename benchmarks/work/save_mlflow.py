"""MLflow: save with a signature and an input example; requirements are inferred in a process."""

import sys
from pathlib import Path

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature

folder, target = Path(sys.argv[1]), Path(sys.argv[2])
model = joblib.load(folder / "forest.joblib")
frame = pd.read_parquet(folder / "train.parquet").drop(columns="y")
few = frame.head(100)
signature = infer_signature(frame, model.predict(few))
mlflow.sklearn.save_model(
    model, target, signature=signature, input_example=frame.head(5), serialization_format="cloudpickle"
)
