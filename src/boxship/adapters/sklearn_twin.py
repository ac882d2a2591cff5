"""scikit-learn models lowered to twins: estimators, and what wraps them."""

from collections.abc import Callable
from typing import Any

from boxship import plug
from boxship.adapters.sklearn_change import Desk, Rows, Unread, change, own_name
from boxship.adapters.sklearn_ensemble import Inner, lower_bag, lower_stack, lower_votes
from boxship.adapters.sklearn_linear import (
    lower_bayes,
    lower_logarithmic,
    lower_logistic,
    lower_network,
    lower_regression,
    lower_sides,
)
from boxship.adapters.sklearn_trees import (
    lower_boosting,
    lower_forest,
    lower_histogram,
    lower_isolation,
    lower_tree,
)
from boxship.core.contract import Contract
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.refused import NoTwinError

Estimator = Any  # scikit-learn ships no types
Lower = Callable[[Draft, int, Estimator], list[Answer]]

_OTHERS = {  # estimators of other packages, behind steps of scikit-learn's
    "lightgbm": "boxship.adapters.lightgbm_twin:lower_estimator",
    "xgboost": "boxship.adapters.xgboost_twin:lower_estimator",
}
_WHOLE: dict[str, Callable[[Desk, Rows, Estimator, Inner], list[Answer]]] = {
    "BaggingClassifier": lower_bag,
    "BaggingRegressor": lower_bag,
    "HistGradientBoostingClassifier": lower_histogram,
    "HistGradientBoostingRegressor": lower_histogram,
    "StackingClassifier": lower_stack,
    "StackingRegressor": lower_stack,
    "VotingClassifier": lower_votes,
    "VotingRegressor": lower_votes,
}
_ESTIMATORS: dict[str, Lower] = {
    "DecisionTreeClassifier": lower_tree,
    "DecisionTreeRegressor": lower_tree,
    "ElasticNet": lower_regression,
    "ElasticNetCV": lower_regression,
    "ExtraTreeClassifier": lower_tree,
    "ExtraTreeRegressor": lower_tree,
    "ExtraTreesClassifier": lower_forest,
    "ExtraTreesRegressor": lower_forest,
    "GammaRegressor": lower_logarithmic,
    "GaussianNB": lower_bayes,
    "GradientBoostingClassifier": lower_boosting,
    "GradientBoostingRegressor": lower_boosting,
    "HuberRegressor": lower_regression,
    "IsolationForest": lower_isolation,
    "Lasso": lower_regression,
    "LassoCV": lower_regression,
    "LinearRegression": lower_regression,
    "LinearSVC": lower_sides,
    "LinearSVR": lower_regression,
    "LogisticRegression": lower_logistic,
    "LogisticRegressionCV": lower_logistic,
    "MLPClassifier": lower_network,
    "MLPRegressor": lower_network,
    "Perceptron": lower_sides,
    "PoissonRegressor": lower_logarithmic,
    "RandomForestClassifier": lower_forest,
    "RandomForestRegressor": lower_forest,
    "Ridge": lower_regression,
    "RidgeCV": lower_regression,
    "TweedieRegressor": lower_logarithmic,
}


def lower(model: Estimator, contract: Contract) -> Program:
    """The program of a fitted model; raises `NoTwinError` with the reason where there is none."""
    if all(field.typed.kind == "float32" for field in contract.inputs):
        raise NoTwinError("it takes numbers in single precision")
    desk = Desk(Draft(), contract)
    return desk.draft.finish(_model(desk, Unread.of(contract), model))


def _model(desk: Desk, rows: Rows, model: Estimator) -> list[Answer]:
    package = type(model).__module__.partition(".")[0]
    if package in _OTHERS:
        lower_it: Lower = plug.load(package, _OTHERS, "adapter.unknown")
        return lower_it(desk.draft, desk.numbers(rows), model)
    name = own_name(model)
    if hasattr(model, "best_estimator_") and name.endswith("SearchCV"):
        return _model(desk, rows, model.best_estimator_)
    if name == "Pipeline":
        for _, step in model.steps[:-1]:
            rows = change(desk, rows, step)
        return _model(desk, rows, model.steps[-1][1])
    if name in _WHOLE:
        return _WHOLE[name](desk, rows, model, _model)
    if name not in _ESTIMATORS:
        raise NoTwinError(f"there is no way yet to lower a {name}")
    return _ESTIMATORS[name](desk.draft, desk.numbers(rows), model)
