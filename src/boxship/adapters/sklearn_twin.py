"""scikit-learn models lowered to twins: estimators, and what wraps them."""

from collections.abc import Callable

from boxship import plug
from boxship.adapters.sklearn_bayes import lower_bells, lower_counts, lower_quadratic, lower_switches
from boxship.adapters.sklearn_calibrate import lower_calibrated, lower_curve, lower_threshold
from boxship.adapters.sklearn_change import change
from boxship.adapters.sklearn_desk import Desk, Estimator, Rows, Unread, own_name
from boxship.adapters.sklearn_ensemble import Inner, lower_bag, lower_median, lower_stack, lower_votes
from boxship.adapters.sklearn_linear import (
    lower_centred,
    lower_centres,
    lower_constant,
    lower_ellipse,
    lower_hinged,
    lower_inside,
    lower_logarithmic,
    lower_logistic,
    lower_network,
    lower_regression,
    lower_sides,
)
from boxship.adapters.sklearn_machine import lower_bounds, lower_machine, lower_ridge, lower_sum
from boxship.adapters.sklearn_process import lower_process
from boxship.adapters.sklearn_several import (
    lower_another,
    lower_chain,
    lower_each,
    lower_one_of_all,
    lower_selected,
    lower_transformed,
)
from boxship.adapters.sklearn_trees import (
    lower_boosting,
    lower_forest,
    lower_histogram,
    lower_isolation,
    lower_tree,
    lower_weighted,
)
from boxship.core.contract import Contract
from boxship.twin.encode import Column
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.refused import NoTwinError

Lower = Callable[[Draft, int, Estimator], list[Answer]]

_OTHERS = {  # estimators of other packages, behind steps of scikit-learn's
    "catboost": "boxship.adapters.catboost_twin:lower_estimator",
    "lightgbm": "boxship.adapters.lightgbm_twin:lower_estimator",
    "xgboost": "boxship.adapters.xgboost_twin:lower_estimator",
}
_WHOLE: dict[str, Callable[[Desk, Rows, Estimator, Inner], list[Answer]]] = {
    "AdaBoostRegressor": lower_median,
    "BaggingClassifier": lower_bag,
    "BaggingRegressor": lower_bag,
    "CalibratedClassifierCV": lower_calibrated,
    "ClassifierChain": lower_chain,
    "FixedThresholdClassifier": lower_threshold,
    "FrozenEstimator": lower_another,
    "HistGradientBoostingClassifier": lower_histogram,
    "HistGradientBoostingRegressor": lower_histogram,
    "MultiOutputClassifier": lower_each,
    "MultiOutputRegressor": lower_each,
    "OneVsRestClassifier": lower_one_of_all,
    "RANSACRegressor": lower_another,
    "RFE": lower_selected,
    "RFECV": lower_selected,
    "RegressorChain": lower_chain,
    "SelfTrainingClassifier": lower_another,
    "StackingClassifier": lower_stack,
    "StackingRegressor": lower_stack,
    "TransformedTargetRegressor": lower_transformed,
    "TunedThresholdClassifierCV": lower_threshold,
    "VotingClassifier": lower_votes,
    "VotingRegressor": lower_votes,
}
_LINEAR = (  # regressors that are a weighted sum, however they were trained
    "ARDRegression BayesianRidge ElasticNet ElasticNetCV HuberRegressor Lars LarsCV Lasso LassoCV LassoLars "
    "LassoLarsCV LassoLarsIC LinearRegression LinearSVR MultiTaskElasticNet MultiTaskElasticNetCV "
    "MultiTaskLasso MultiTaskLassoCV OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV "
    "PassiveAggressiveRegressor QuantileRegressor Ridge RidgeCV SGDRegressor TheilSenRegressor"
)
_ESTIMATORS: dict[str, Lower] = {
    **dict.fromkeys(_LINEAR.split(), lower_regression),
    "AdaBoostClassifier": lower_weighted,
    "BernoulliNB": lower_switches,
    "CCA": lower_centred,
    "ComplementNB": lower_counts,
    "DecisionTreeClassifier": lower_tree,
    "DecisionTreeRegressor": lower_tree,
    "DummyClassifier": lower_constant,
    "DummyRegressor": lower_constant,
    "EllipticEnvelope": lower_ellipse,
    "ExtraTreeClassifier": lower_tree,
    "ExtraTreeRegressor": lower_tree,
    "ExtraTreesClassifier": lower_forest,
    "ExtraTreesRegressor": lower_forest,
    "GammaRegressor": lower_logarithmic,
    "GaussianNB": lower_bells,
    "GaussianProcessRegressor": lower_process,
    "GradientBoostingClassifier": lower_boosting,
    "GradientBoostingRegressor": lower_boosting,
    "IsolationForest": lower_isolation,
    "IsotonicRegression": lower_curve,
    "KMeans": lower_centres,
    "KernelRidge": lower_ridge,
    "LinearDiscriminantAnalysis": lower_logistic,
    "LinearSVC": lower_sides,
    "LogisticRegression": lower_logistic,
    "LogisticRegressionCV": lower_logistic,
    "MLPClassifier": lower_network,
    "MLPRegressor": lower_network,
    "MiniBatchKMeans": lower_centres,
    "MultinomialNB": lower_counts,
    "NuSVC": lower_machine,
    "NuSVR": lower_sum,
    "OneClassSVM": lower_bounds,
    "PLSCanonical": lower_centred,
    "PLSRegression": lower_centred,
    "PassiveAggressiveClassifier": lower_sides,
    "Perceptron": lower_sides,
    "PoissonRegressor": lower_logarithmic,
    "QuadraticDiscriminantAnalysis": lower_quadratic,
    "RandomForestClassifier": lower_forest,
    "RandomForestRegressor": lower_forest,
    "RidgeClassifier": lower_sides,
    "RidgeClassifierCV": lower_sides,
    "SGDClassifier": lower_hinged,
    "SGDOneClassSVM": lower_inside,
    "SVC": lower_machine,
    "SVR": lower_sum,
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
    if name == "Pipeline" and hasattr(model, "predict"):
        for _, step in model.steps[:-1]:
            rows = change(desk, rows, step)
        return _model(desk, rows, model.steps[-1][1])
    if name in _WHOLE:
        return _WHOLE[name](desk, rows, model, _model)
    if not hasattr(model, "predict"):
        return _columns(desk, rows, model)
    if name not in _ESTIMATORS:
        raise NoTwinError(f"there is no way yet to lower a {name}")
    return _ESTIMATORS[name](desk.draft, desk.numbers(rows), model)


def _columns(desk: Desk, rows: Rows, model: Estimator) -> list[Answer]:
    """A model that gives its rows changed: a column an output."""
    if not hasattr(model, "get_feature_names_out"):
        raise NoTwinError(f"a {type(model).__name__} does not say how many columns it gives")
    line = desk.numbers(change(desk, rows, model))
    return [
        Answer(desk.draft.then(Column(place), line)) for place in range(len(model.get_feature_names_out()))
    ]
