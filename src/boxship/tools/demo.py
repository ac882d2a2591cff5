"""A small real model, from training to answers."""

import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from boxship import argument
from boxship._call import call
from boxship._check import check
from boxship._pack import pack
from boxship.errors import HostError
from boxship.settings import Settings, current

Say = Callable[[str], None]


def demo(*, settings: Settings | None = None, say: Say = print) -> dict[str, Any]:
    """Train a classifier on the breast cancer data that scikit-learn ships, pack it, prove it, ask it.

    Says each command as one would type it. The box stays in the store as `demo`.
    """
    settings, say = current(settings), argument.listener("say", say)
    with tempfile.TemporaryDirectory(prefix="boxship-demo-") as scratch:
        folder = Path(scratch)
        say("1. train a random forest on scikit-learn's breast cancer data: 569 rows, 30 columns")
        accuracy, row = _train(folder)
        say(f"   accuracy on held-out rows: {accuracy:.3f}")
        say("2. boxship pack model.joblib --data train.csv --target benign --name demo")
        packed = pack(
            folder / "model.joblib",
            folder / "train.csv",
            "benign",
            name="demo",
            metrics={"accuracy": accuracy},
            seeds={"random_state": 0},
            settings=settings,
            say=lambda text: say(f"   {text}"),
        )
    say(f"   {packed.name}:{packed.version} {packed.digest}")
    say("3. boxship check demo")
    checked = check("demo", settings=settings)
    worst = max(checked.differences.values(), default=0.0)
    say(f"   {checked.files} files verified, proven again, largest difference {worst:.2g}")
    say("4. boxship call demo --row '{...}'")
    answer = call("demo", row, settings=settings)
    say(f"   {msgspec.json.encode(answer).decode()}")
    bad = call("demo", {**row, "mean radius": "wide"}, settings=settings)
    say("   and with text in a number:")
    say(f"   {msgspec.json.encode(bad).decode()}")
    say("next: boxship inspect demo; then pack a model of your own (docs/tutorials/first-box.md)")
    return {"digest": str(packed.digest), "accuracy": accuracy, "answer": answer, "bad": bad}


def _train(folder: Path) -> tuple[float, dict[str, Any]]:
    try:
        datasets, ensemble, split = map(
            import_module, ("sklearn.datasets", "sklearn.ensemble", "sklearn.model_selection")
        )
        joblib = import_module("joblib")
    except ImportError as error:
        message = f"the demo trains with scikit-learn, and {error.name} is not installed"
        raise HostError("demo.missing_library", message, "pip install 'boxship[sklearn]'") from error
    bunch = datasets.load_breast_cancer()
    names = [str(name) for name in bunch.feature_names]
    train_x, test_x, train_y, test_y = split.train_test_split(bunch.data, bunch.target, random_state=0)
    model = ensemble.RandomForestClassifier(50, random_state=0).fit(train_x, train_y)
    joblib.dump(model, folder / "model.joblib")
    lines = [",".join([*names, "benign"])]
    lines += [
        ",".join(map(repr, [*map(float, row), int(label)]))
        for row, label in zip(train_x, train_y, strict=True)
    ]
    (folder / "train.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return float(model.score(test_x, test_y)), dict(zip(names, map(float, test_x[0]), strict=True))
