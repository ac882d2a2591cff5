import pickle
from pathlib import Path

import pytest

from boxship.errors import BoxError
from boxship.runner.load import load_model
from trap import Trap

OURS_DOTTED = "boxship.adapters.sklearn:SklearnAdapter"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    return path


@pytest.mark.parametrize(
    ("adapter", "trust", "code"),
    [
        ("sklearn", (), "model.unsafe_global"),
        (OURS_DOTTED, (), "adapter.unknown"),
        (OURS_DOTTED, ("boxship.*",), "adapter.unknown"),
        (OURS_DOTTED, ("boxship.adapters.sklearn.SklearnAdapter",), "model.unsafe_global"),
        ("own.adapter:Own", ("own.*",), "model.unsafe_global"),
        ("own.adapter:Own", ("other.*",), "adapter.unknown"),
        ("os:system", ("os.*",), "adapter.unknown"),
        ("none", (), "adapter.unknown"),
    ],
)
def test_no_adapter_that_a_box_names_goes_around_the_check(
    trap: Path, adapter: str, trust: tuple[str, ...], code: str
) -> None:
    with pytest.raises(BoxError) as caught:
        load_model(adapter, trap, None, trust=trust)
    assert caught.value.code == code
    assert not (trap.parent / "ran").exists()


def test_the_hint_names_the_option(trap: Path) -> None:
    with pytest.raises(BoxError) as caught:
        load_model("own.adapter:Own", trap, None, trust=())
    assert "--trust 'own.adapter.*'" in caught.value.hint
