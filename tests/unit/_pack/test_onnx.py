"""An ONNX file that cannot be made is a reason and no failure; another day it may be made."""

import onnx as onnx_package
import pytest

from boxship._pack.onnx import Written, attempted, described, without_tools
from boxship._pack.twins import TwinWish
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.errors import BoxError, BoxshipError, HostError, RemoteError
from boxship.onnx.protobuf import content


@pytest.mark.parametrize(
    ("error", "is_lasting"),
    [
        (RemoteError("room.offline", "the index cannot be reached", "go on"), False),
        (HostError("room.disk_full", "the disk is full", "free some"), False),
        (BoxError("lock.unresolvable", "onnx wants another numpy", "wait"), True),
    ],
)
def test_what_prevents_it(error: BoxshipError, is_lasting: bool) -> None:
    def refuse() -> Written:
        raise error

    assert attempted(refuse) == Written(b"", None, error.message, is_lasting, error.hint)


@pytest.mark.parametrize(("code", "is_told"), [("room.offline", True), ("room.disk_full", False)])
def test_tools_that_cannot_be_had_are_named(code: str, is_told: bool) -> None:
    found = without_tools(HostError(code, "it cannot be made", "mend it"))
    assert isinstance(found, HostError)
    assert found.message.endswith("cannot be installed: it cannot be made")
    assert found.message.startswith("onnx")
    assert ("pip download onnx==" in found.hint) == is_told


@pytest.mark.parametrize(
    ("wish", "code", "hint"),
    [
        (TwinWish("only", onnx=True), "twin.none", "find it; or pack it without --twin-only"),
        (TwinWish("auto", onnx=True), "twin.no_onnx", "find it; or pack it without --onnx"),
    ],
)
def test_a_wish_that_is_not_met(wish: TwinWish, code: str, hint: str) -> None:
    with pytest.raises(BoxError) as caught:
        wish.refuse("it is not here", "find it")
    assert (caught.value.code, caught.value.hint) == (code, hint)
    TwinWish("auto", onnx=False).refuse("it is not here")
    TwinWish("only", onnx=False).refuse_file("it is not here")


def test_what_a_framework_wrote_says_of_which_box_it_is_and_of_which_classes() -> None:
    ports = [content(12, content(1, name)) for name in ("linear", "other")]
    file = content(7, b"".join(ports)) + content(14, content(1, "its") + content(2, "own"))
    outputs = (Output("kind", "text", ("b", "a"), scores=True), Output("size", "float32"))
    told = described(file, Digest("0" * 64), Contract((Field("x", "float32"),), outputs))
    assert told.startswith(file)
    said = {one.key: one.value for one in onnx_package.ModelProto.FromString(told).metadata_props}
    assert said == {"its": "own", "boxship.box": f"sha256:{'0' * 64}", "boxship.classes.linear": '["b","a"]'}
