"""Boosters in pickles that no honest writer makes: none is read by its library that was not looked through."""

import pickle
import struct
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import xgboost

from boxship.adapters.look import look
from boxship.errors import BoxError

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def _name(path: str) -> bytes:
    module, _, name = path.rpartition(".")
    return f"c{module}\n{name}\n".encode()


def _long(op: bytes, data: bytes) -> bytes:
    return op + struct.pack("<I" if op == b"B" else "<Q", len(data)) + data


def _taken(state: bytes, path: str = "xgboost.core.Booster") -> bytes:
    """A pickle of a booster that is given this state."""
    return b"\x80\x05" + _name(path) + b")\x81" + state + b"b."


GIVEN = bytes(xgboost.XGBRegressor(n_estimators=1, n_jobs=1).fit(X, Y).get_booster().__getstate__()["handle"])
BAD = GIVEN[:-9]
WORDS = lightgbm.LGBMRegressor(n_estimators=1, verbose=-1).fit(X, Y).booster_.model_to_string()
KEY, LIGHT = b"}" + _text("handle"), "lightgbm.basic.Booster"
BUFFER, BYTES, MAKES = _long(b"\x96", GIVEN), _long(b"B", GIVEN), _name("builtins.bytearray")
LETTERS = _long(b"\x8d", ("€" * 900).encode())
DTYPE = _name("numpy.dtype") + _text("u1") + b"\x89\x88\x87R"
NUMBER = b"J" + struct.pack("<i", len(GIVEN)) + b"\x85"
# An array over what lies in the memo at 1 has its first byte changed, and is dropped.
THROUGH_A_BUFFER = _name("numpy._core.numeric._frombuffer") + b"(h\x01" + DTYPE + NUMBER + _text("C") + b"tR"
THROUGH_A_STATE = (
    *(_name("numpy._core.multiarray._reconstruct"), _name("numpy.ndarray"), b"K\x00\x85C\x01b\x87R"),
    *(b"(K\x01", NUMBER, DTYPE, b"\x89h\x01tb"),
)
CHANGED = b"K\x00K\x09s0"
UNSAFE, OTHERWISE, DAMAGED = "model.unsafe_pickle", "model.unsupported_pickle", "model.damaged"
HONEST = [
    _taken(KEY + BUFFER + b"s"),
    _taken(KEY + MAKES + BYTES + b"\x85Rs"),
    _taken(KEY + _text("handle") + b"s" + _text("handle") + BUFFER + b"s"),
    _taken(b"}" + _text("_handle") + _text(WORDS) + b"s", LIGHT),
]
HIDDEN = {
    "nothing": (_taken(b"}"), UNSAFE),
    "none": (_taken(KEY + b"Ns"), UNSAFE),
    "no dict": (_taken(b"]"), UNSAFE),
    "nothing for LightGBM": (_taken(b"}", LIGHT), UNSAFE),
    "none before it": (
        _taken(b"}(" + _text("_handle") + b"N" + _text("handle") + _text(WORDS) + b"u", LIGHT),
        UNSAFE,
    ),
    "bytes for LightGBM": (_taken(b"}" + _text("_handle") + BYTES + b"s", LIGHT), OTHERWISE),
    "letters for XGBoost": (_taken(KEY + _text(WORDS) + b"s"), OTHERWISE),
    "behind a value of that word": (
        _taken(b"}(" + _text("x") + _text("handle") + _text("handle") + _long(b"\x96", BAD) + b"u"),
        DAMAGED,
    ),
    "a second time": (_taken(KEY + BUFFER + b"s" + _text("handle") + _long(b"\x96", BAD) + b"s"), DAMAGED),
    "by another name": (_taken(KEY + _long(b"\x96", BAD) + b"s", "xgboost.sklearn.Booster"), DAMAGED),
    "by a key of no known text": (_taken(KEY + BUFFER + b"s" + _name("sklearn.base.x") + b"Ns"), UNSAFE),
    "added to": (_taken(KEY + BUFFER + b"K\x09as"), UNSAFE),
    "added to once spelled": (_taken(KEY + MAKES + BYTES + b"\x85RK\x09as"), UNSAFE),
    "changed through a buffer": (_taken(KEY + BUFFER + b"q\x01" + THROUGH_A_BUFFER + CHANGED + b"s"), OTHERWISE),
    "changed through a state": (
        _taken(KEY + MAKES + BYTES + b"q\x01" + b"".join(THROUGH_A_STATE) + CHANGED + b"\x85Rs"),
        OTHERWISE,
    ),
    "changed once spelled": (
        _taken(KEY + MAKES + BYTES + b"\x85Rq\x01" + THROUGH_A_BUFFER + CHANGED + b"s"),
        OTHERWISE,
    ),
    "changed by its arguments": (
        _taken(KEY + MAKES + BYTES + b"\x85q\x01" + _name("builtins.list") + b"h\x01R0Rs"),
        OTHERWISE,
    ),
    "doubled": (_taken(KEY + BUFFER + b"20s"), OTHERWISE),
    "its dict in other hands": (
        _taken(b"}q\x01" + KEY[1:] + BUFFER + b"s" + _name("builtins.list") + b"h\x01\x85R0"),
        UNSAFE,
    ),
    "letters that are no bytes": (
        _taken(KEY + MAKES + _name("_codecs.encode") + LETTERS + _text("latin1") + b"\x86R\x85Rs"),
        DAMAGED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("data", HONEST)
def test_a_booster_in_its_place_is_found(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(data)
    look(tmp_path / "model.pkl")


@pytest.mark.parametrize("how", HIDDEN)
def test_no_booster_hides_from_the_look(how: str, tmp_path: Path) -> None:
    """What its library would read is surely what was looked through, or nothing is loaded."""
    data, code = HIDDEN[how]
    (tmp_path / "model.pkl").write_bytes(data)
    with pytest.raises(BoxError) as caught:
        look(tmp_path / "model.pkl")
    assert caught.value.code == code


def test_bytes_would_have_been_changed() -> None:
    changed = b"\x80\x05" + KEY + BUFFER + b"q\x01" + THROUGH_A_BUFFER + CHANGED + b"s."
    assert pickle.loads(changed)["handle"] == b"\x09" + GIVEN[1:]
