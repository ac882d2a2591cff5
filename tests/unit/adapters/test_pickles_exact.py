"""The machine agrees with both unpicklers of the standard library on whatever they are given."""

import io
import pickle
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxship.adapters.pickles import scan
from boxship.errors import BoxError


class Inert:
    """Takes everything, does nothing."""

    def __new__(cls, *_: object, **__: object) -> "Inert":
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None: ...
    def __setitem__(self, *_: object) -> None: ...
    def __setstate__(self, *_: object) -> None: ...
    def append(self, *_: object) -> None: ...
    def extend(self, *_: object) -> None: ...
    def add(self, *_: object) -> None: ...


class _Finding:
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))  # type: ignore[call-arg]
        self.found: set[tuple[str, str]] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.found.add((module, name))
        return type("Inert", (Inert,), {})


class InPython(_Finding, pickle._Unpickler):  # type: ignore[misc, name-defined]
    """The one joblib builds on."""


class InC(_Finding, pickle.Unpickler):
    """The one pickle.load uses."""


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


PIECES = [
    *(bytes([op]) for op in b"NNN)]}(((012teulsadRRboo.\x81\x85\x86\x87\x88\x8f\x90\x91\x92\x93\x93\x94"),
    *(text(word) for word in ("aa", "bb", "cc", "aa")),
    *(b"q" + bytes([index]) for index in range(4)),
    *(b"h" + bytes([index]) for index in range(4)),
    *(b"p%d\n" % index for index in range(3)),
    b"K\x01", b"I01\n", b"Vaa\n", b"S'bb'\n", b"U\x02cc", b"G" + bytes(8), b"C\x01x",
    b"caa\nbb\n", b"iaa\ncc\n", text("aa") + text("bb") + b"\x93", b")R", b")\x81", b"}b", b"N\x85R",
]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25))
def test_we_see_exactly_what_loading_would(tmp_path: Path, pieces: list[bytes]) -> None:
    data = b"\x80\x04" + b"".join(pieces) + b"."
    (tmp_path / "m").write_bytes(data)
    code = ""
    try:
        ours = {(use.module, use.name) for use in scan(tmp_path / "m").uses}
    except BoxError as error:
        code, ours = error.code, set()
    for unpickler in (InPython(data), InC(data)):
        try:
            unpickler.load()
        except (pickle.UnpicklingError, TypeError, AttributeError, IndexError, KeyError, ValueError):
            assert code or unpickler.found <= ours  # it stopped on its way
        else:
            assert code or unpickler.found == ours
            assert code != "model.damaged"
