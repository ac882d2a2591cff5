"""Models of every framework, each with the real data it was trained on: what `adapters` packs."""

import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn import (
    calibration,
    cluster,
    datasets,
    decomposition,
    ensemble,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
)
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FRAMEWORKS = {  # the packages that a model's name, or its first word, asks for
    "catboost": ("catboost", "statsmodels"),
    "jax": ("jax",),
    "keras": ("keras", "torch"),
    "lightgbm": ("lightgbm",),
    "onnx": ("skl2onnx", "onnxruntime"),
    "skops": ("skops",),
    "statsmodels": ("statsmodels",),
    "torch": ("torch",),
    "xgboost": ("xgboost",),
}
DIGITS = "[outputs.prediction]\nclasses = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n"


class Trained(NamedTuple):
    """A model as its user has it, the data, the target's name, and what else `pack` is told."""

    model: Any
    data: Any
    target: str | None = None
    more: Mapping[str, Any] = MappingProxyType({})


Train = Callable[[Path], Trained]
MODELS: dict[str, Train] = {}


def named(name: str) -> Callable[[Train], Train]:
    def add(train: Train) -> Train:
        MODELS[name] = train
        return train

    return add


def frameworks(name: str) -> tuple[str, ...]:
    return FRAMEWORKS.get(name.partition(" ")[0].rstrip(","), ())


def _fitted(model: Any, load: Callable[..., Any], target: str = "target") -> Trained:
    data = load(as_frame=True)
    return Trained(model.fit(data.data, data.target), data.data.assign(**{target: data.target}), target)


def _affairs() -> pd.DataFrame:
    """Who had an affair, with occupations as words."""
    import statsmodels.api as sm

    rows = sm.datasets.fair.load_pandas().data
    words = {
        1.0: "student",
        2.0: "farming",
        3.0: "office",
        4.0: "teacher",
        5.0: "manager",
        6.0: "professional",
    }
    rows["occupation"] = rows["occupation"].map(words)
    rows["affair"] = (rows.pop("affairs") > 0).astype(int)
    return rows.drop(columns=["occupation_husb"])


def _texts() -> pd.DataFrame:
    """Lines of the descriptions that scikit-learn ships, and of which data set each is."""
    names = ("breast_cancer", "wine", "diabetes", "digits", "iris")
    pairs = [
        (line.strip(), name)
        for name in names
        for line in getattr(datasets, f"load_{name}")().DESCR.splitlines()
        if len(line.strip()) > 20
    ]
    return pd.DataFrame(pairs, columns=["line", "about"])


def _images() -> tuple[Any, Any]:
    pixels, digits = datasets.load_digits(return_X_y=True)
    return pixels.reshape(-1, 8, 8).astype("f4"), digits


@named("scikit-learn forest, breast cancer")
def _forest(_: Path) -> Trained:
    return _fitted(
        ensemble.RandomForestClassifier(100, max_depth=12, random_state=0), datasets.load_breast_cancer
    )


@named("scikit-learn scaled logistic regression, wine")
def _logistic(_: Path) -> Trained:
    return _fitted(make_pipeline(StandardScaler(), linear_model.LogisticRegression()), datasets.load_wine)


@named("scikit-learn histogram boosting, diabetes")
def _histogram(_: Path) -> Trained:
    return _fitted(ensemble.HistGradientBoostingRegressor(random_state=0), datasets.load_diabetes)


@named("scikit-learn network, digits")
def _network(_: Path) -> Trained:
    return _fitted(neural_network.MLPClassifier((40,), max_iter=60, random_state=0), datasets.load_digits)


@named("scikit-learn stack, breast cancer")
def _stack(_: Path) -> Trained:
    parts = [
        ("bayes", naive_bayes.GaussianNB()),
        ("trees", ensemble.ExtraTreesClassifier(20, random_state=0)),
    ]
    model = ensemble.StackingClassifier(parts, linear_model.LogisticRegression(), cv=3)
    return _fitted(calibration.CalibratedClassifierCV(model, cv=2), datasets.load_breast_cancer)


@named("scikit-learn kernels, iris")
def _kernels(_: Path) -> Trained:
    return _fitted(svm.SVC(probability=False), datasets.load_iris)


@named("scikit-learn neighbours, wine")
def _neighbours(_: Path) -> Trained:
    return _fitted(make_pipeline(StandardScaler(), neighbors.KNeighborsClassifier()), datasets.load_wine)


@named("scikit-learn three targets, linnerud")
def _targets(_: Path) -> Trained:
    data = datasets.load_linnerud(as_frame=True)
    return Trained(linear_model.Ridge().fit(data.data, data.target), data.data)


@named("scikit-learn clusters, iris")
def _clusters(_: Path) -> Trained:
    data = datasets.load_iris(as_frame=True).data
    model = make_pipeline(decomposition.PCA(2), cluster.KMeans(3, random_state=0))
    return Trained(model.fit(data), data)


@named("scikit-learn outliers, wine")
def _outliers(_: Path) -> Trained:
    data = datasets.load_wine(as_frame=True).data
    return Trained(ensemble.IsolationForest(random_state=0).fit(data), data)


@named("scikit-learn words of texts, descriptions")
def _words(_: Path) -> Trained:
    rows = _texts()
    model = make_pipeline(TfidfVectorizer(), linear_model.LogisticRegression(max_iter=500))
    return Trained(model.fit(rows["line"], rows["about"]), rows, "about")


@named("scikit-learn columns of several kinds, affairs")
def _columns(_: Path) -> Trained:
    rows = _affairs()
    kinds = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["occupation"]), remainder=StandardScaler()
    )
    model = make_pipeline(kinds, linear_model.LogisticRegression())
    inputs = rows.drop(columns="affair")
    return Trained(model.fit(inputs, rows["affair"]), rows, "affair")


@named("skops file, wine")
def _skops(folder: Path) -> Trained:
    import skops.io

    made = _fitted(ensemble.GradientBoostingClassifier(random_state=0), datasets.load_wine)
    skops.io.dump(made.model, folder / "model.skops")
    return made._replace(model=folder / "model.skops")


@named("xgboost classifier, breast cancer")
def _xgboost(_: Path) -> Trained:
    import xgboost

    return _fitted(xgboost.XGBClassifier(n_estimators=50), datasets.load_breast_cancer)


@named("xgboost with categories, affairs")
def _xgboost_words(_: Path) -> Trained:
    import xgboost

    rows = _affairs().astype({"occupation": "category"})
    model = xgboost.XGBClassifier(n_estimators=50, enable_categorical=True)
    return Trained(model.fit(rows.drop(columns="affair"), rows["affair"]), rows, "affair")


@named("lightgbm with categories, affairs")
def _lightgbm(_: Path) -> Trained:
    import lightgbm

    rows = _affairs().astype({"occupation": "category"})
    model = lightgbm.LGBMClassifier(n_estimators=50, verbose=-1, deterministic=True, num_threads=1)
    return Trained(model.fit(rows.drop(columns="affair"), rows["affair"]), rows, "affair")


@named("catboost numbers, diabetes")
def _catboost(folder: Path) -> Trained:
    import catboost

    made = catboost.CatBoostRegressor(iterations=100, verbose=0, allow_writing_files=False)
    fitted = _fitted(made, datasets.load_diabetes)
    fitted.model.save_model(str(folder / "model.cbm"))
    return fitted._replace(model=folder / "model.cbm")


@named("catboost with categories, affairs")
def _catboost_words(_: Path) -> Trained:
    import catboost

    rows = _affairs()
    model = catboost.CatBoostClassifier(
        iterations=50, verbose=0, allow_writing_files=False, cat_features=["occupation"]
    )
    return Trained(model.fit(rows.drop(columns="affair"), rows["affair"]), rows, "affair")


@named("statsmodels formula, affairs")
def _statsmodels(_: Path) -> Trained:
    import statsmodels.formula.api as smf

    rows = _affairs()
    results = smf.logit("affair ~ age + np.log(yrs_married) + religious + C(occupation)", rows).fit(disp=0)
    return Trained(results, rows, "affair")


@named("onnx file of a network, digits")
def _onnx(folder: Path) -> Trained:
    import skl2onnx

    images, digits = _images()
    fitted = neural_network.MLPClassifier((40,), max_iter=60, random_state=0).fit(
        images.reshape(-1, 64), digits
    )
    made = skl2onnx.to_onnx(fitted, images[:1].reshape(-1, 64), options={"zipmap": False})
    (folder / "model.onnx").write_bytes(made.SerializeToString())
    return Trained(folder / "model.onnx", {"X": images.reshape(-1, 64), "digit": digits}, "digit")


def _torch_net() -> Any:
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 8)),
        torch.nn.Conv2d(1, 8, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(288, 10),
    )


def _torch_trained() -> Any:
    import torch

    images, digits = map(torch.tensor, _images())
    net = _torch_net()
    steps = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(60):
        steps.zero_grad()
        torch.nn.functional.cross_entropy(net(images / 16), digits).backward()
        steps.step()
    return net.eval()


@named("torch exported program, images of digits")
def _torch(folder: Path) -> Trained:
    import torch

    rows = torch.export.Dim("rows")
    program = torch.export.export(_torch_trained(), (torch.zeros(2, 8, 8),), dynamic_shapes=({0: rows},))
    torch.export.save(program, folder / "model.pt2")
    return _of_images(folder / "model.pt2", folder)


@named("torch dense network, wine")
def _torch_dense(folder: Path) -> Trained:
    import torch

    torch.manual_seed(0)
    rows = datasets.load_wine(as_frame=True).data
    scaled = torch.tensor(StandardScaler().fit_transform(rows), dtype=torch.float32)
    net = torch.nn.Sequential(
        torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3), torch.nn.Softmax(1)
    )
    dim = torch.export.Dim("rows")
    program = torch.export.export(net.eval(), (torch.zeros(2, 13),), dynamic_shapes=({0: dim},))
    torch.export.save(program, folder / "model.pt2")
    return Trained(folder / "model.pt2", pd.DataFrame(scaled.numpy(), columns=rows.columns))


@named("torch script, images of digits")
def _torch_script(folder: Path) -> Trained:
    import torch

    torch.jit.save(torch.jit.trace(_torch_trained(), torch.zeros(2, 8, 8)), folder / "model.pt")
    return _of_images(folder / "model.pt", folder)


@named("torch weights with code, images of digits")
def _torch_weights(folder: Path) -> Trained:
    import torch

    torch.save(_torch_trained().state_dict(), folder / "weights.pt")
    (folder / "nets.py").write_text(f"from typing import Any\n\n\n{inspect.getsource(_torch_net)}")
    made = _of_images(folder / "weights.pt", folder)
    return made._replace(more={**made.more, "entry": "nets:_torch_net", "code": [folder / "nets.py"]})


@named("keras network, images of digits")
def _keras(folder: Path) -> Trained:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    keras.utils.set_random_seed(0)
    images, digits = _images()
    net = keras.Sequential(
        [keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )
    net.compile("adam", "sparse_categorical_crossentropy")
    net.fit(images, digits, epochs=3, verbose=0)
    net.save(folder / "model.keras")
    return _of_images(folder / "model.keras", folder)


@named("jax exported function, images of digits")
def _jax(folder: Path) -> Trained:
    import jax

    images, digits = _images()
    weights = linear_model.Ridge().fit(images.reshape(-1, 64), np.eye(10)[digits]).coef_.T.astype("f4")
    (rows,) = jax.export.symbolic_shape("rows")
    asked = jax.ShapeDtypeStruct((rows, 8, 8), "float32")
    made = jax.export.export(jax.jit(lambda image: image.reshape(-1, 64) @ weights))(asked)
    (folder / "model.jax").write_bytes(made.serialize())
    return _of_images(folder / "model.jax", folder)


def _of_images(model: Path, folder: Path) -> Trained:
    images, digits = _images()
    contract = folder / "digits.toml"
    contract.write_text(DIGITS)
    return Trained(model, {"image": images, "digit": digits}, "digit", {"contract": contract})


@named("python function, wine")
def _function(folder: Path) -> Trained:
    rows = datasets.load_wine(as_frame=True).data
    source = "def strong(alcohol: float, malic_acid: float) -> float:\n    return alcohol - malic_acid / 2\n"
    (folder / "rules.py").write_text(source)
    return Trained("rules:strong", rows[["alcohol", "malic_acid"]], None, {"code": [folder / "rules.py"]})
