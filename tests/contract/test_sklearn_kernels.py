"""Twins of scikit-learn's kernel machines answer as these do; what is not known has none, and says so."""

import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn import calibration, datasets, gaussian_process, kernel_ridge, linear_model, svm
from sklearn.gaussian_process import kernels
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxship import frames
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.testing.twins import check_twin
from boxship.twin.alike import Alike, Coupled, Rivals, Votes
from boxship.twin.refused import NoTwinError

WINE = datasets.load_wine(return_X_y=True)
CANCER = tuple(part[::2] for part in datasets.load_breast_cancer(return_X_y=True))
SUGAR = tuple(part[:200] for part in datasets.load_diabetes(return_X_y=True))
DIGITS = tuple(part[:400] for part in datasets.load_digits(return_X_y=True))
SEVERAL = (SUGAR[0], np.stack([SUGAR[1], SUGAR[1] ** 2], axis=1))
KINDS = ("rbf", "linear", "poly", "sigmoid")
SURE: Any = {"probability": True, "random_state": 0}


def scaled(*steps: Any) -> Any:
    return make_pipeline(StandardScaler(), *steps)


def held(model: Any, rows: Any, target: Any, *, most: float = 1e-12) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that probabilities go, that a kernel's bounds are near
        fitted = model.fit(rows, target)
        loaded = SklearnModel(fitted, label_follows=label_follows(fitted))
        record = check_twin(loaded, frames.read(rows), rows=600)
    assert max(part.difference for part in record.parts.values()) <= most


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two", "three"])
def test_machines_choose_the_same_class(kind: str, data: Any) -> None:
    held(scaled(svm.SVC(kernel=kind)), *data, most=0)
    held(scaled(svm.NuSVC(kernel=kind, nu=0.1, gamma=0.001, coef0=0.5, degree=2)), *data, most=0)


@pytest.mark.parametrize("data", [CANCER, WINE, DIGITS], ids=["two", "three", "ten"])
def test_machines_with_probabilities(data: Any) -> None:
    held(scaled(svm.SVC(**SURE)), *data, most=1e-13)


@pytest.mark.parametrize(
    "model",
    [
        svm.SVC(break_ties=True),
        svm.SVC(class_weight="balanced", decision_function_shape="ovo"),
        svm.NuSVC(nu=0.1, kernel="poly", **SURE),
        calibration.CalibratedClassifierCV(svm.SVC(), cv=2),
    ],
)
def test_machines_in_other_ways(model: Any) -> None:
    held(scaled(model), WINE[0], np.array(["red", "pink", "white"])[WINE[1]])


def test_scores_of_two_classes_are_calibrated() -> None:
    held(calibration.CalibratedClassifierCV(scaled(svm.SVC()), cv=2), *CANCER)


@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_likeness(kind: str) -> None:
    held(scaled(svm.SVR(kernel=kind)), *SUGAR)
    held(scaled(svm.OneClassSVM(kernel=kind, nu=0.1)), *CANCER, most=0)
    held(kernel_ridge.KernelRidge(kernel=kind, gamma=0.3, coef0=0.5, degree=2), *SEVERAL)


def test_sums_of_likeness_in_other_ways() -> None:
    held(scaled(svm.NuSVR(C=10.0)), *SUGAR)
    held(scaled(kernel_ridge.KernelRidge(kernel="rbf")), *SUGAR)


@pytest.mark.parametrize("kind", ["rbf", "poly", "sigmoid"])
def test_likeness_to_some_rows(kind: str) -> None:
    step = Nystroem(kernel=kind, n_components=20, random_state=0)
    held(scaled(step, linear_model.LogisticRegression()), *WINE)


def test_waves() -> None:
    held(scaled(RBFSampler(n_components=20, random_state=0), linear_model.Ridge()), *SUGAR)


SQUARED = kernels.RBF(np.linspace(1, 4, 10))
PROCESSES = [
    (None, SUGAR),
    (kernels.ConstantKernel(2.0) * SQUARED + kernels.WhiteKernel(), SUGAR),
    (SQUARED * kernels.RBF(3.0) + kernels.DotProduct() * kernels.ConstantKernel(0.1) + 0.5, SUGAR),
    (kernels.RBF(3.0) + kernels.WhiteKernel(), SEVERAL),
]


@pytest.mark.parametrize(("kernel", "data"), PROCESSES)
@pytest.mark.parametrize("normal", [False, True])
def test_means_of_processes(kernel: Any, data: Any, normal: bool) -> None:
    model = gaussian_process.GaussianProcessRegressor(
        kernel, alpha=0.1, optimizer=None, normalize_y=normal, random_state=0
    )
    held(scaled(model), *data)


def product(one: Any, other: Any) -> Any:
    return one @ other.T


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (svm.SVC(kernel=product), "a function of its own"),
        (kernel_ridge.KernelRidge(kernel="laplacian"), "laplacian"),
        (kernel_ridge.KernelRidge(kernel=np.dot), "a function of its own"),
        (gaussian_process.GaussianProcessRegressor(kernels.Matern(), optimizer=None), "Matern"),
        (
            gaussian_process.GaussianProcessRegressor(
                kernels.RBF() * kernels.DotProduct(), alpha=1.0, optimizer=None
            ),
            "multiplies",
        ),
        (scaled(Nystroem(kernel="cosine", n_components=5), linear_model.Ridge()), "cosine"),
    ],
)
def test_others_have_none(model: Any, why: str) -> None:
    rows, target = WINE
    if model.__class__.__name__ == "KernelRidge" and callable(model.kernel):
        rows, target = rows[:9], target[:9]
    with pytest.raises(NoTwinError, match=why):
        held(model, rows, target)


def test_a_machine_of_a_sparse_matrix_has_none() -> None:
    fitted = svm.SVC().fit(sparse.csr_matrix(WINE[0]), WINE[1])
    with pytest.raises(NoTwinError, match="sparse"):
        check_twin(SklearnModel(fitted, label_follows=label_follows(fitted)), frames.read(WINE[0]))


def test_steps_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="likeness"):
        Alike("cosine", np.zeros((2, 2)), 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="likeness"):
        Alike("rbf", np.zeros(2), 1.0, 0.0, 1.0)
    for step in (Votes, Rivals):
        with pytest.raises(ValueError, match="pairs"):
            step(1)
    with pytest.raises(ValueError, match="curve"):
        Coupled(np.zeros(2), np.zeros(2), 3)
