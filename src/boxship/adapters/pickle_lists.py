"""Which names a model file may use and which it may call: the forms, and the lists per framework."""

import fnmatch
from dataclasses import dataclass

from boxship.adapters.pickle_values import looks_like_class


@dataclass(frozen=True)
class Use:
    """A name that loading the file imports; `called` if something is made or run with it.

    `position` is where it is first named, in the decompressed bytes. A name handed to a call counts
    as called, since we do not know what the callee does with it.
    """

    module: str
    name: str
    position: int
    called: bool


@dataclass(frozen=True)
class AllowList:
    """Names that may be referenced, and those that may also be called.

    | form | covers |
    |---|---|
    | `package.module.name` | that name |
    | `package.*` | every name in package and below it |
    | `package.*:<Class>` | those of them that look like a class, and are none that it only imports: `Tree`, `_Scorer` |
    | `package.*:some*name` | those of them that fit; `package.module:some*name` in that module alone |

    Attributes of a name (`Outer.Inner`) are covered where each part looks like a class, or by a form
    that spells the dot. Packages called `tests` are not covered by a `*`.
    """

    references: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    def __or__(self, other: "AllowList") -> "AllowList":
        return AllowList(self.references + other.references, self.calls + other.calls)

    def covers(self, use: Use) -> bool:
        forms = self.calls if use.called else self.calls + self.references
        return any(fits(form, use) for form in forms)


def fits(form: str, use: Use) -> bool:
    where, colon, what = form.partition(":")
    if not colon:
        if f"{use.module}.{use.name}" == form:
            return True
        if not form.endswith("*"):
            return False
        what = "*"
    if where != "*" and not where.endswith(".*"):
        inside = use.module == where
    else:
        inside = f"{use.module}.".startswith(where[:-1]) and "tests" not in use.module.split(".")
    parts = use.name.split(".")
    if what == "<Class>":
        return inside and all(map(looks_like_class, parts)) and _BORROWED.isdisjoint(parts)
    if len(parts) - 1 != what.count(".") and not (what == "*" and all(map(looks_like_class, parts))):
        return False
    return inside and fnmatch.fnmatchcase(use.name, what)


# What modules of frameworks import from elsewhere; pickles name a class by the module that defines it. Some of these
# would make files, threads or classes.
_IMPORTED = (
    "ABC ABCMeta Any ArgumentParser ArrayLike AxisInt BytesIO Callable ClassVar Collection Counter Decimal Dict "
    "EllipsisType Enum FeatureInfo FeatureNames Generator Hashable IntEnum Integral Iterable Iterator L List Literal "
    "Lock Mapping ModuleType MutableMapping NamedTemporaryFile NamedTuple NoReturn Number Optional OrderedDict "
    "Parallel Parameter Path Pool PositionalIndexerTuple Process Protocol Real Self Sequence Set StringIO "
    "SupportsIndex TemporaryDirectory Thread ThreadPool ThreadPoolExecutor Tuple Type TypeAlias TypeGuard TypeVar "
    "Union V"
)
_BORROWED = frozenset(_IMPORTED.split())


def _below(package: str, names: str) -> tuple[str, ...]:
    return tuple(f"{package}.{name}" for name in names.split())


_NUMPY_CORE = tuple(
    f"{core}.{name}"
    for core in ("numpy.core", "numpy._core")
    for name in ("multiarray._reconstruct", "multiarray.scalar", "numeric._frombuffer")
)
_UFUNCS = (
    "abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil clip copysign cos "
    "cosh deg2rad degrees divide equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin "
    "fmod greater greater_equal hypot invert isfinite isinf isnan less less_equal log log10 log1p log2 "
    "logaddexp logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum mod multiply "
    "negative not_equal positive pow power rad2deg radians reciprocal remainder rint sign sin sinh sqrt "
    "square subtract tan tanh true_divide trunc"
)
_FUNCTIONS = (
    "any all argmax argmin argsort around array asarray ascontiguousarray asanyarray atleast_2d average "
    "column_stack concatenate corrcoef cumsum diff dot einsum hstack linspace mean median memmap nan_to_num "
    "nanmax nanmean nanmedian nanmin nanstd nansum object_ ones percentile prod ptp quantile ravel reshape "
    "round squeeze stack std sum transpose unique var vstack where zeros"
)
_SCALARS = (
    "bool bool_ bytes_ complex64 complex128 datetime64 double float16 float32 float64 float128 floating "
    "generic inexact int8 int16 int32 int64 int_ intc integer intp long longdouble longlong number short "
    "single str_ timedelta64 ubyte uint uint8 uint16 uint32 uint64 uintc ulong ulonglong ushort void"
)

COMMON = AllowList(
    references=(
        *_below("builtins", "abs all any float getattr len max min round sorted sum Ellipsis NotImplemented"),
        *_below("builtins.str", "casefold lower rsplit split splitlines strip title upper"),
        *_below("math", "ceil cos exp floor log log10 log1p log2 sin sqrt tanh"),
        *_below("numpy", _UFUNCS + " " + _FUNCTIONS),
        *_below("numpy._core._multiarray_umath", _UFUNCS),
        *_below("numpy.core._multiarray_umath", _UFUNCS),
    ),
    calls=(
        *_below(
            "builtins",
            "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple",
        ),
        *_below("collections", "Counter OrderedDict defaultdict deque"),
        *_below("copyreg", "_reconstructor __newobj__"),
        *_below("datetime", "date datetime time timedelta timezone"),
        *_below("pathlib", "PurePath PurePosixPath PureWindowsPath"),
        *_below("uuid", "SafeUUID UUID"),
        "_codecs.encode",
        "decimal.Decimal",
        "fractions.Fraction",
        "functools.partial",
        "operator.itemgetter",
        "re._compile",
        "types.SimpleNamespace",
        *_below("zoneinfo", "ZoneInfo ZoneInfo._unpickle"),
        "joblib.numpy_pickle.NumpyArrayWrapper",
        *_NUMPY_CORE,
        *_below("numpy", _SCALARS),
        *_below(
            "numpy",
            "dtype matrix rec.recarray recarray record ndarray poly1d vectorize ma.MaskedArray",
        ),
        *_below("numpy.ma.core", "_mareconstruct MaskedArray MaskedConstant"),
        *_below("numpy.random._pickle", "__bit_generator_ctor __generator_ctor __randomstate_ctor"),
        *_below(
            "numpy.random",
            "_generator.Generator _mt19937.MT19937 _pcg64.PCG64 _pcg64.PCG64DXSM _philox.Philox",
        ),
        *_below("numpy.random", "_sfc64.SFC64 bit_generator.SeedSequence mtrand.RandomState"),
        "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    ),
)

_PANDAS = AllowList(
    calls=(
        "pandas.NA",
        "pandas.NaT",
        *_below(
            "pandas", "BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DatetimeIndex"
        ),
        *_below(
            "pandas",
            "DatetimeTZDtype Float32Dtype Float64Dtype Index Int8Dtype Int16Dtype Int32Dtype Int64Dtype",
        ),
        *_below(
            "pandas",
            "Interval IntervalDtype IntervalIndex MultiIndex PeriodDtype PeriodIndex RangeIndex Series",
        ),
        *_below(
            "pandas", "StringDtype TimedeltaIndex Timestamp UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype"
        ),
        "pandas.arrays.*:<Class>",
        "pandas.core.arrays.*:<Class>",
        "pandas.core.dtypes.dtypes.*:<Class>",
        "pandas.core.indexes.*:<Class>",
        "pandas.core.indexes.*:_new_*Index",
        "pandas.core.frame.DataFrame",
        "pandas.core.series.Series",
        *_below("pandas.core.indexes.frozen", "FrozenList"),
        *_below("pandas.core.internals.managers", "BlockManager SingleBlockManager"),
        *_below(
            "pandas._libs", "arrays.__pyx_unpickle_NDArrayBacked internals._unpickle_block interval.Interval"
        ),
        *_below("pandas._libs.tslibs", "nattype._nat_unpickle timedeltas._timedelta_unpickle"),
        *_below("pandas._libs.tslibs", "timestamps._unpickle_timestamp"),
        "pandas._libs.tslibs.offsets:<Class>",
        *_below("pyarrow.lib", "_restore_array py_buffer type_for_alias"),
    ),
)

_PACKAGES = (
    "_loss base calibration cluster compose covariance cross_decomposition decomposition "
    "discriminant_analysis dummy ensemble feature_extraction feature_selection frozen gaussian_process "
    "impute isotonic kernel_approximation kernel_ridge linear_model manifold metrics mixture "
    "model_selection multiclass multioutput naive_bayes neighbors neural_network pipeline preprocessing "
    "random_projection semi_supervised svm tree"
)
_SKLEARN_PACKAGES = tuple(f"sklearn.{name}.*" for name in _PACKAGES.split())
_SPARSE = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")

_SPECIAL = "_basic _logsumexp _special_ufuncs _support_alternative_backends _ufuncs"
_DISTRIBUTIONS = (
    "scipy.stats._distn_infrastructure:rv_*frozen",
    "scipy.stats._continuous_distns:*_gen",
    "scipy.stats._discrete_distns:*_gen",
)
_BESIDE = AllowList(  # what goes as a step into a pipeline of scikit-learn's; made without arguments
    calls=(
        *_below("catboost.core", "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor"),
        "lightgbm.basic.Booster",
        *_below("lightgbm.sklearn", "LGBMClassifier LGBMModel LGBMRanker LGBMRegressor"),
        "xgboost.core.Booster",
        *_below(
            "xgboost.sklearn", "XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor"
        ),
    )
)

SKLEARN = (
    COMMON
    | _PANDAS
    | _BESIDE
    | AllowList(
        references=(
            *_SKLEARN_PACKAGES,
            "sklearn.utils.extmath.*",
            "skops.__version__",
            "scipy.special:*",
            *(f"scipy.special.{module}:*" for module in _SPECIAL.split()),
            "scipy._lib.array_api_compat.numpy._aliases.asarray",
            "scipy.stats.*:*_gen()._*",
        ),
        calls=(
            *(f"{package}:<Class>" for package in _SKLEARN_PACKAGES),
            "sklearn.*:newObj",
            "sklearn.*:__pyx_unpickle_*",
            *_below(
                "sklearn.feature_selection._univariate_selection",
                "chi2 f_classif f_oneway f_regression r_regression",
            ),
            *_below("sklearn.feature_selection._mutual_info", "mutual_info_classif mutual_info_regression"),
            *_below("sklearn.utils", "Bunch _bunch.Bunch"),
            "sklearn.utils._metadata_requests:<Class>",
            "sklearn.compose._column_transformer.make_column_selector",
            "sklearn.utils.validation.check_array",
            *(f"scipy.sparse._{kind}:{kind}_{form}" for kind in _SPARSE for form in ("array", "matrix")),
            *(f"scipy.sparse.{kind}:{kind}_matrix" for kind in _SPARSE),
            *_below("scipy.interpolate._bsplines", "BSpline"),
            "scipy.interpolate._fitpack2:<Class>",
            *_below("scipy.interpolate._interpolate", "PPoly interp1d"),
            *_DISTRIBUTIONS,
        ),
    )
)

STATSMODELS = (  # what a formula in them says is looked at when they are read
    COMMON
    | _PANDAS
    | AllowList(
        calls=(
            *(
                f"statsmodels.{name}.*:<Class>"
                for name in ["base", "discrete", "genmod", "regression", "robust"]
            ),
            *_DISTRIBUTIONS,
        )
    )
)
