"""What a pickle-based model file names and calls, told without loading it, and whether that is allowed."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from boxship import argument
from boxship.adapters.booster_whole import check_pickled
from boxship.adapters.pickle_lists import COMMON, SKLEARN, STATSMODELS, AllowList, Use, fits
from boxship.adapters.pickle_machine import Machine
from boxship.adapters.pickle_names import Names
from boxship.adapters.pickle_stream import open_stream
from boxship.adapters.pickle_values import Made, unsafe
from boxship.errors import BoxError, UsageError

__all__ = [
    "COMMON",
    "SKLEARN",
    "STATSMODELS",
    "AllowList",
    "Scan",
    "Use",
    "check_trust",
    "is_trusted",
    "refuse_unlisted",
    "roots",
    "scan",
]


@dataclass(frozen=True)
class Scan:
    """What loading the file would do.

    `container` is `pickle`, `joblib`, or `joblib+zlib` and the like. A `pickle` means the same to
    pickle and to joblib; a `joblib` only to joblib, which finds arrays where pickle would read on.
    `root` is the class of the top object, or "". `weights`: it is of no use without an entry, which names
    the code that makes the model.
    """

    container: str
    root: str
    uses: tuple[Use, ...]
    versions: Mapping[str, str]
    weights: bool = False

    @property
    def modules(self) -> tuple[str, ...]:
        return tuple(sorted({use.module for use in self.uses}))

    def and_(self, other: "Scan") -> "Scan":
        """This, and what another file would do beside it."""
        return replace(self, uses=(*self.uses, *other.uses))


def scan(path: Path) -> Scan:
    """Reads the whole file once, in memory bounded but by the boosters in it, without importing or making anything.

    Raises BoxError for a file that is damaged, that does what no honest pickle does, or that is too
    large to be believed.

        >>> scan(Path("model.joblib")).root  # doctest: +SKIP
        'sklearn.pipeline.Pipeline'
    """
    names = Names()
    with open_stream(path) as stream:
        machine = Machine(stream, names)
        try:
            top = machine.run()
        except BoxError as error:
            if any("cloudpickle" in used.module.split(".") for used in names.known.values()):
                raise _of_cloudpickle(error) from error
            raise
        if not stream.finished():
            raise unsafe(stream.position, "goes on after its end")
        plain = "joblib" if machine.arrays else "pickle"
        container = f"joblib+{stream.compression}" if stream.compression else plain
    for cls, data in names.boosters:
        check_pickled(cls, data, path)
    versions = {"scikit-learn": ",".join(sorted(names.versions))} if names.versions else {}
    return Scan(
        container,
        top.cls.path if isinstance(top, Made) else "",
        tuple(Use(found.module, found.name, found.position, found.called) for found in names.known.values()),
        MappingProxyType(versions),
    )


def roots(scan: Scan) -> tuple[str, ...]:
    """The top-level packages that the model needs, sorted.

    >>> roots(Scan("pickle", "", (Use("sklearn.svm", "SVC", 0, True),), {}))
    ('sklearn',)
    """
    return tuple(sorted({use.module.partition(".")[0] for use in scan.uses}))


def refuse_unlisted(scan: Scan, allow: AllowList, trust: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that were let through only because of `trust`, sorted; they are to be recorded.

    `trust` has the forms of an AllowList. What could run anything (the standard library, loaders,
    builtins) is trusted only where it is spelled out.
    """
    trusted = []
    for use in scan.uses:
        if use.module in ("__main__", "__mp_main__"):
            raise _homeless(use)
        if allow.covers(use):
            continue
        if not is_trusted(use, trust):
            raise _refusal(use)
        trusted.append(f"{use.module}.{use.name}")
    return tuple(sorted(trusted))


def is_trusted(use: Use, trust: Sequence[str]) -> bool:
    """Whether the user's own words cover the name."""
    if f"{use.module}.{use.name}" in trust:
        return True
    return not _is_dangerous(use) and any(fits(form, use) for form in trust)


def check_trust(trust: object) -> tuple[str, ...]:
    """Refuse a pattern that would have no effect: whoever gave it counts on one."""
    names = argument.names("trust", trust)
    for form in names:
        where, pattern = form.partition(":")[0], ":" in form or form.endswith("*")
        module = where.removesuffix("*").rstrip(".")
        if not module.strip("*?.[]!"):
            raise UsageError(
                "trust.too_wide",
                f"{form!r} would trust every name there is",
                "name a package, as in 'PACKAGE.*'",
            )
        if not _TRUSTED.fullmatch(form):
            package = module if _PACKAGE.fullmatch(module) else "PACKAGE"
            raise UsageError(
                "trust.no_name", f"{form!r} is the name of nothing in a package", f"--trust '{package}.*'"
            )
        if pattern and _is_dangerous(Use(module, "", 0, called=False)):
            raise UsageError(
                "trust.too_wide",
                f"{form!r} is trusted by nobody: {module} holds what can run or load anything",
                f"name the one thing you trust, as in {module}.NAME",
            )
    return names


_PACKAGE = re.compile(r"\w+(\.\w+)*")
_TRUSTED = re.compile(r"\w+(\.\w+)*(\.\w+|\.\*|(\.\*)?:.+)")

# Beside the whole standard library; what these hold can run, load or fetch anything.
_DANGEROUS = (
    "_pytest", "boxship", "cloudpickle", "dill", "distutils", "joblib", "numpy.ctypeslib",
    "numpy.distutils", "numpy.f2py", "numpy.lib", "numpy.testing", "pandas.io", "pip", "pkg_resources",
    "pytest", "setuptools", "torch.hub", "torch.serialization", "torch.utils", "yaml",
)  # fmt: skip
_LOADERS = ("load", "loads", "read_pickle", "runstring", "fromfile", "eval", "exec", "query")


def _is_dangerous(use: Use) -> bool:
    top = use.module.partition(".")[0]
    return (
        top in sys.stdlib_module_names
        or any(f"{use.module}.".startswith(f"{name}.") for name in _DANGEROUS)
        or use.name.rpartition(".")[2] in _LOADERS
    )


def _refusal(use: Use) -> BoxError:
    path = f"{use.module}.{use.name}"
    verb = "calls" if use.called else "uses"
    if _is_dangerous(use):
        hint = f"do not load this file unless you know why it needs that; then --trust '{path}'"
    else:
        top = use.module.partition(".")[0]
        hint = f"a module of your own: pack with --code PATH; installed, or in a box that you trust: --trust '{top}.*'"
    return BoxError(
        "model.unsafe_global",
        f"the model {verb} {path} (byte {use.position}), which is not on the list of what models may load",
        hint,
        {"module": use.module, "name": use.name, "position": use.position, "called": use.called},
    )


def _of_cloudpickle(error: BoxError) -> BoxError:
    return BoxError(
        error.code,
        "the model file was written by cloudpickle, and holds code of its own: a lambda, or what a notebook defined",
        "move it to a module, import it from there, save with joblib or pickle and pack with --code",
        error.detail,
    )


def _homeless(use: Use) -> BoxError:
    return BoxError(
        "model.unknown_global",
        f"the model needs {use.name} (byte {use.position}), which was defined in a notebook or script",
        "move it to a module of its own, import it from there, save the model again and pack with --code",
        {"module": use.module, "name": use.name, "position": use.position},
    )
