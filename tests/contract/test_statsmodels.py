"""Results of statsmodels keep what every adapter promises, answer what the original answers, and so do their twins."""

import copyreg
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn import datasets
from statsmodels.base.data import PandasData

from boxship import frames
from boxship._pack.source import find_model, read_source
from boxship.adapters.statsmodels import StatsmodelsAdapter, StatsmodelsModel
from boxship.adapters.statsmodels_formula import check_formula, variables_of
from boxship.errors import BoxError
from boxship.testing.adapters import check_adapter, check_answers
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError
from contract.onnx_asked import held

SUGAR = datasets.load_diabetes(as_frame=True)
ROWS, Y = SUGAR.data.iloc[:, :5], SUGAR.target
WITH_ONE = sm.add_constant(ROWS)
HIGH = (Y > 150).astype(int)
COUNT = (Y // 30).astype(int)
LEVEL = pd.cut(Y, 3, labels=["high", "low", "middle"]).astype(str)
FRAME = ROWS.assign(
    y=Y, high=HIGH, city=np.where(ROWS.sex > 0, "Rome", "Oslo"), size=COUNT % 3, old=ROWS.age > 0
)
F = sm.families

MODELS = {
    "ols": lambda: sm.OLS(Y, WITH_ONE),
    "no constant": lambda: sm.OLS(Y, ROWS),
    "wls": lambda: sm.WLS(Y, WITH_ONE, weights=Y),
    "gls": lambda: sm.GLS(Y, WITH_ONE),
    "rlm": lambda: sm.RLM(Y, WITH_ONE),
    "quantile": lambda: sm.QuantReg(Y, WITH_ONE),
    "gauss": lambda: sm.GLM(Y, WITH_ONE),
    "gamma": lambda: sm.GLM(Y, WITH_ONE, family=F.Gamma(F.links.Log())),
    "sqrt": lambda: sm.GLM(COUNT, WITH_ONE, family=F.Poisson(F.links.Sqrt())),
    "inverse": lambda: sm.GLM(Y, WITH_ONE, family=F.Gamma()),
    "bell": lambda: sm.GLM(HIGH, WITH_ONE, family=F.Binomial(F.links.Probit())),
    "binomial": lambda: sm.GLM(HIGH, WITH_ONE, family=F.Binomial()),
    "cloglog": lambda: sm.GLM(HIGH, WITH_ONE, family=F.Binomial(F.links.CLogLog())),
    "loglog": lambda: sm.GLM(HIGH, WITH_ONE, family=F.Binomial(F.links.LogLog())),
    "tweedie": lambda: sm.GLM(Y, WITH_ONE, family=F.Tweedie(var_power=1.5)),
    "rates": lambda: sm.GLM(COUNT, WITH_ONE, family=F.Poisson()),
    "logit": lambda: sm.Logit(HIGH, WITH_ONE),
    "probit": lambda: sm.Probit(HIGH, WITH_ONE),
    "several": lambda: sm.MNLogit(LEVEL, WITH_ONE),
    "poisson": lambda: sm.Poisson(COUNT, WITH_ONE),
    "negative": lambda: sm.NegativeBinomial(COUNT, WITH_ONE),
    "negative p": lambda: sm.NegativeBinomialP(COUNT, WITH_ONE),
    "generalized": lambda: sm.GeneralizedPoisson(COUNT, WITH_ONE),
    "array": lambda: sm.OLS(Y.to_numpy(), WITH_ONE.to_numpy()),
}
FORMULAS = {
    "plain": lambda: smf.ols("y ~ age + bmi", FRAME),
    "words": lambda: smf.ols("y ~ age + city", FRAME),
    "crossed": lambda: smf.ols("y ~ city * age + C(size):bmi", FRAME),
    "no intercept": lambda: smf.ols("y ~ 0 + C(size) + city:old", FRAME),
    "computed": lambda: smf.ols("y ~ np.log(bmi + 1) + I(age ** 2) + np.exp(bp)", FRAME),
    "contrasts": lambda: smf.ols('y ~ C(city, Treatment("Rome")) + C(size, Sum)', FRAME),
    "logit": lambda: smf.logit("high ~ age + city", FRAME),
    "glm": lambda: smf.glm("y ~ age + bmi:bp", FRAME, family=F.Gamma(F.links.Log())),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits cut short, and of rows beyond all numbers
        yield


def fitted(model: Any) -> Any:
    quiet = {"disp": 0} if "discrete" in type(model).__module__ else {}
    return model.fit(**quiet)


def asked_with(model: Any) -> Any:
    return WITH_ONE if model.model.exog.shape[1] == 6 else ROWS


@pytest.mark.parametrize("form", ["saved", "without data", "written"])
@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_the_original(name: str, form: str, tmp_path: Path) -> None:
    results = fitted(MODELS[name]())
    expected = np.asarray(results.predict(asked_with(results)))
    path = tmp_path / "model.pickle"
    if form == "written":
        path = find_model(results, tmp_path).path
    else:
        results.save(str(path), remove_data=form == "without data")
    assert read_source(path, trust=()).adapter == "statsmodels"
    said = StatsmodelsAdapter().load(path).describe()
    assert said.count == 5 or (
        said.names is None and form != "saved"
    )  # then the constant's value is not known
    table = frames.read(ROWS if said.count == 5 else WITH_ONE)
    loaded = check_adapter(StatsmodelsAdapter(), path, table, tolerance=1e-9)
    if expected.ndim == 1 and name in ("logit", "probit"):
        expected = np.stack([1 - expected, expected], axis=1)
    check_answers(loaded, table, expected, tolerance=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_its_twin_answers_as_it_does(name: str) -> None:
    check_twin(StatsmodelsModel(fitted(MODELS[name]())), frames.read(ROWS))


@pytest.mark.parametrize("name", ["ols", "sqrt", "inverse", "bell", "cloglog", "loglog", "probit", "several"])
def test_an_onnx_file_of_it_answers_as_the_twin(name: str) -> None:
    held(StatsmodelsModel(fitted(MODELS[name]())), frames.read(ROWS))


@pytest.mark.parametrize("name", ["words", "crossed", "computed"])
def test_an_onnx_file_of_a_formula(name: str) -> None:
    model = StatsmodelsModel(fitted(FORMULAS[name]()))
    held(model, frames.read(FRAME).select(model.describe().names or ()))


@pytest.mark.parametrize("form", ["saved", "written"])
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name: str, form: str, tmp_path: Path) -> None:
    results = fitted(FORMULAS[name]())
    expected = np.asarray(results.predict(FRAME))
    path = tmp_path / "model.pickle"
    if form == "saved":
        results.save(str(path))
    else:
        path = find_model(results, tmp_path).path
    assert read_source(path, trust=()).adapter == "statsmodels"
    said = StatsmodelsAdapter().load(path).describe()
    assert said.names is not None
    table = frames.read(FRAME).select(said.names)
    loaded = check_adapter(StatsmodelsAdapter(), path, table, tolerance=1e-9)
    check_answers(
        loaded, table, np.stack([1 - expected, expected], 1) if said.outputs[0].classes else expected
    )
    check_twin(loaded, table)


def test_the_column_of_ones_is_added_where_it_was_made_by_add_constant() -> None:
    said = StatsmodelsModel(fitted(MODELS["ols"]())).describe()
    assert said.names == tuple(ROWS.columns)
    fives = ROWS.assign(const=5.0)
    assert "const" in (StatsmodelsModel(sm.OLS(Y, fives).fit()).describe().names or ())
    named = ROWS.assign(unit=1.0)
    assert "unit" in (StatsmodelsModel(sm.OLS(Y, named).fit()).describe().names or ())


def test_labels_and_categories_are_told() -> None:
    said = StatsmodelsModel(fitted(MODELS["several"]())).describe()
    assert said.outputs[0].classes == ("high", "low", "middle")
    assert StatsmodelsModel(fitted(MODELS["logit"]())).describe().outputs[0].classes == (0, 1)
    said = StatsmodelsModel(fitted(FORMULAS["crossed"]())).describe()
    assert said.levels == {"city": ("Oslo", "Rome"), "size": (0, 1, 2)}


def test_labels_that_are_numbers_and_columns_that_are_called_as_functions() -> None:
    said = StatsmodelsModel(sm.MNLogit(COUNT % 3 + 1, WITH_ONE).fit(disp=0)).describe()
    assert said.outputs[0].classes == (1, 2, 3)
    results = smf.ols(
        "y ~ scale + np.log(power + 1) + C(city, Sum)", FRAME.rename(columns={"age": "scale", "bmi": "power"})
    )
    assert StatsmodelsModel(results.fit()).describe().names == ("scale", "power", "city")


@pytest.mark.parametrize("without", [True, False])
def test_an_offset_is_known_also_where_the_data_was_removed(without: bool, tmp_path: Path) -> None:
    for model in (sm.Poisson(COUNT, WITH_ONE, offset=ROWS.age), sm.GLM(COUNT, WITH_ONE, offset=ROWS.age)):
        fitted(model).save(str(tmp_path / "model.pickle"), remove_data=without)
        with pytest.raises(BoxError) as caught:
            StatsmodelsAdapter().load(tmp_path / "model.pickle")
        assert caught.value.code == "model.unsupported_input"


def test_regularised_fits() -> None:
    results = sm.Logit(HIGH, WITH_ONE).fit_regularized(disp=0)
    check_twin(StatsmodelsModel(results), frames.read(ROWS))
    check_twin(StatsmodelsModel(sm.OLS(Y, WITH_ONE).fit_regularized(alpha=0.1)), frames.read(ROWS))


_WRITES = """
import pickle, sys
from pathlib import Path
from boxship.adapters.statsmodels import StatsmodelsAdapter
from boxship.adapters.statsmodels_formula import read_results
model = read_results(Path(sys.argv[1]).open("rb"))
sys.stdout.buffer.write(StatsmodelsAdapter().write(model, Path(sys.argv[2])).read_bytes())
"""


@pytest.mark.parametrize("make", [MODELS["gamma"], MODELS["several"], FORMULAS["crossed"]])
def test_other_processes_write_the_same_bytes(make: Any, tmp_path: Path) -> None:
    results = fitted(make())
    first = StatsmodelsAdapter().write(results, tmp_path).read_bytes()
    str(results.summary())  # which computes, and keeps, much more
    assert StatsmodelsAdapter().write(results, tmp_path).read_bytes() == first
    results.save(str(tmp_path / "saved"))
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _WRITES, tmp_path / "saved", tmp_path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert done.stdout == first


def test_a_written_model_holds_no_data(tmp_path: Path) -> None:
    path = StatsmodelsAdapter().write(fitted(MODELS["ols"]()), tmp_path)
    assert path.stat().st_size < 8000
    assert ROWS.age.to_numpy()[:3].tobytes() not in path.read_bytes()


@pytest.mark.parametrize("name", FORMULAS)
def test_nor_does_one_of_a_formula(name: str, tmp_path: Path) -> None:
    path = StatsmodelsAdapter().write(fitted(FORMULAS[name]()), tmp_path)
    assert path.stat().st_size < 8000
    assert FRAME.age.to_numpy()[:3].tobytes() not in path.read_bytes()


def test_a_formula_that_learns_of_the_numbers_keeps_them(tmp_path: Path) -> None:
    results = smf.ols("y ~ standardize(age)", FRAME).fit()
    path = StatsmodelsAdapter().write(results, tmp_path)
    table = frames.read(FRAME[["age"]])
    check_answers(StatsmodelsAdapter().load(path), table, results.predict(FRAME).to_numpy())


HARMLESS = [
    "y ~ a + b:c + C(d, Treatment('x'))",
    "np.log(y) ~ 0 + a * b ** 2 - 1",
    "y ~ (a + b) ** 2 + Q('c d')",
]
HARMFUL = [
    "y ~ __import__('os').system('true')",
    "y ~ open('/etc/passwd').read()",
    "y ~ a.__class__",
    "y ~ np.load('x')",
    "y ~ [x for x in a]",
    "y ~ (lambda x: x)(a)",
    "y ~ f'{a}'",
    "exec('1') ~ a",
    "y ~ I(np.lib)",
    "y ~ a if b else c",
]  # fmt: skip


@pytest.mark.parametrize("formula", HARMLESS)
def test_harmless_formulas(formula: str) -> None:
    check_formula(formula)


@pytest.mark.parametrize("formula", HARMFUL)
def test_a_formula_is_looked_at_before_it_is_run(formula: str, tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        check_formula(formula)
    assert caught.value.code == "model.unsafe_formula"
    data = pickle.dumps(fitted(FORMULAS["plain"]()))
    wanted = b"y ~ age + bmi"
    written = formula.encode()
    assert data.count(b"\x8c" + bytes([len(wanted)]) + wanted) >= 1
    path = tmp_path / "model.pickle"
    framed = data.replace(b"\x8c" + bytes([len(wanted)]) + wanted, b"\x8c" + bytes([len(written)]) + written)
    path.write_bytes(_without_frames(framed))
    with pytest.raises(BoxError) as caught:
        StatsmodelsAdapter().load(path)
    assert caught.value.code == "model.unsafe_formula"


def _without_frames(data: bytes) -> bytes:
    """The lengths of its frames no longer hold: without them they are not asked for."""
    out, place = data[:2], 2
    while place < len(data):
        if data[place] == 0x95:
            place += 9
        rest = data.find(b"\x95", place)
        out += data[place : len(data) if rest < 0 else rest]
        place = len(data) if rest < 0 else rest
        if place < len(data) and int.from_bytes(data[place + 1 : place + 9], "little") > len(data):
            out += data[place : place + 1]
            place += 1
    return out


class _Reduced:
    """Pickles as an instance of that class, made by nothing, with that state."""

    def __init__(self, kind: type, state: dict[str, Any]) -> None:
        self.reduced = (copyreg._reconstructor, (kind, object, None), state)  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        return self.reduced


def test_a_frame_that_brings_functions_is_no_frame(tmp_path: Path) -> None:
    """The formula is harmless to read, and calls what stands in the place of its columns."""
    frame = {"y": [1.0], "exp": sorted, "log": getattr}
    formula = "y ~ exp([1], key=log(np, 'lib'))"
    state = {"restore_model_spec": True, "formula": formula, "frame": frame}
    check_formula(formula)
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(_Reduced(PandasData, state), 2))
    with pytest.raises(BoxError) as caught:
        StatsmodelsAdapter().load(path)
    assert caught.value.code == "model.unsafe_formula"
    assert "names of a dict" in caught.value.message


def test_the_variables_of_a_formula() -> None:
    assert variables_of("y ~ a + np.log(b):C(c) + I(a ** 2) + Q('d e')") == ("a", "b", "c", "d e")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: sm.GLM(COUNT, WITH_ONE, family=F.Poisson(), exposure=Y).fit(), "model.unsupported_input"),
        (lambda: sm.Poisson(COUNT, WITH_ONE, offset=ROWS.age).fit(disp=0), "model.unsupported_input"),
        (lambda: sm.MixedLM(Y, WITH_ONE, groups=COUNT).fit(), "model.unsupported_kind"),
        (lambda: sm.tsa.AutoReg(Y.to_numpy(), 1).fit(), "model.unsupported_kind"),
        (lambda: sm.tsa.ARIMA(Y.to_numpy(), order=(1, 0, 0)).fit(), "model.unsupported_kind"),
    ],
)
def test_what_answers_no_row_by_itself_is_refused(make: Any, code: str, tmp_path: Path) -> None:
    results = make()
    with pytest.raises(BoxError) as caught:
        find_model(results, tmp_path)
    assert caught.value.code == code
    if "tsa.ar_model" in type(results).__module__:
        results.save(str(tmp_path / "model.pickle"))
        with pytest.raises(BoxError) as caught:
            read_source(tmp_path / "model.pickle", trust=())
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: sm.GLM(HIGH, WITH_ONE, family=F.Binomial(F.links.Cauchy())).fit(), "Cauchy"),
        (lambda: smf.ols("y ~ bs(age, df=4)", FRAME).fit(), "several columns"),
        (lambda: smf.ols("y ~ center(age)", FRAME).fit(), "computes center"),
    ],
)
def test_what_is_not_known_has_no_twin(make: Any, why: str) -> None:
    model = StatsmodelsModel(make())
    with pytest.raises(NoTwinError, match=why):
        check_twin(model, frames.read(FRAME).select(model.describe().names or ()))


def test_damaged_files(tmp_path: Path) -> None:
    path = StatsmodelsAdapter().write(fitted(MODELS["ols"]()), tmp_path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(BoxError) as caught:
        StatsmodelsAdapter().load(path)
    assert caught.value.code == "model.unreadable"
