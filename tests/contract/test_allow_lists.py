"""The lists of what pickles may call, held against what stands under those names in the frameworks."""

import sys
import types
from collections.abc import Iterator

import catboost
import lightgbm
import pytest
import statsmodels.api
import xgboost
from sklearn.utils.discovery import all_estimators

from boxship.adapters import ADAPTERS
from boxship.adapters.pickle_lists import Use

FRAMEWORKS = (catboost, lightgbm, statsmodels.api, xgboost)
HOMES = ("_catboost", "catboost", "lightgbm", "numpy", "pandas", "scipy", "sklearn", "statsmodels", "xgboost")
HARMLESS = ("typing", "View.MemoryView")


def _named() -> Iterator[tuple[str, str, object]]:
    all_estimators()  # imports whatever scikit-learn has
    for module, loaded in sorted(sys.modules.items()):
        if module.partition(".")[0] in HOMES and ".tests" not in module:
            yield from ((module, name, found) for name, found in vars(loaded).items() if callable(found))


@pytest.mark.filterwarnings("ignore")  # of modules that are going to be removed
@pytest.mark.parametrize("adapter", ["sklearn", "statsmodels"])
def test_nothing_can_be_called_that_is_only_imported_there(adapter: str) -> None:
    allow = ADAPTERS[adapter].allow
    strange = set()
    for module, name, found in list(_named()):
        home = getattr(found, "__module__", None) or type(found).__module__
        if isinstance(found, types.ModuleType) or home in HARMLESS or home.partition(".")[0] in HOMES:
            continue
        if allow.covers(Use(module, name, 0, called=True)):
            strange.add(f"{module}.{name} is {home}.{getattr(found, '__qualname__', '')}")
    assert strange == set()
