"""TorchScript archives looked through: code of its own language, and nothing in it that reaches out of the process."""

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.adapters.torch_weights_file import DAMAGE, not_whole, scan_weights
from boxship.adapters.zips import open_zip
from boxship.errors import BoxError

ROOT = "torch.jit.ScriptModule"
_CODE = re.compile(r"[^/]+/code/.*\.py")
_KNOWN = re.compile(
    r"[^/]+/(data|constants|traced_inputs)(\.pkl|/\d+)"
    r"|[^/]+/(version|byteorder|\.format_version|\.storage_alignment|\.data/(serialization_id|version))"
    r"|[^/]+/(code/.*\.py(\.debug_pkl)?|extra/.*)"
)
_WORDS = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_OUTSIDE = {  # what writes or reads files, asks other machines, starts threads
    *("from_file", "save", "fork", "wait", "awaitable", "awaitable_wait", "awaitable_nowait"),
    *("rpc_async", "rpc_sync", "rpc_remote", "to_here"),
}
_OPERATORS = re.compile(r"\bops\b(?!\s*\.\s*(?:aten|prim|quantized)\s*\.)", re.ASCII)
_NAMED = re.compile(
    r"""\bgetattr\([A-Za-z_][\w.]*, "[^"\\]*"\)""", re.ASCII
)  # by one literal, as torch writes it
_DEVICE = re.compile(r"""\bdevice\s*\(\s*["'](?!cpu)(\w+)""", re.ASCII)
_OBJECTS = re.compile(rb"torch\.classes|torch\.distributed")


def scan_torch(path: Path) -> Scan:
    """A file of `torch.jit.save`, or else one of `torch.save`."""
    if not is_script(path):
        return scan_weights(path)
    try:
        with open_zip(path) as members:
            _check(members)
    except DAMAGE as error:
        raise not_whole(path, error) from error
    return Scan("torchscript", ROOT, (Use("torch.jit", "ScriptModule", 0, called=False),), {})


def is_script(path: Path) -> bool:
    """Whether it is an archive that holds code of TorchScript."""
    try:
        with zipfile.ZipFile(path) as members:
            names = members.namelist()
    except DAMAGE:
        return False
    return any(_CODE.fullmatch(name) or name.endswith("/constants.pkl") for name in names)


def read_script(path: Path) -> io.BytesIO:
    """The archive looked through and written anew, so that torch reads the very parts that were looked at."""
    out = io.BytesIO()
    try:
        with open_zip(path) as members, zipfile.ZipFile(out, "w") as written:
            _check(members)
            for name in members.namelist():
                written.writestr(zipfile.ZipInfo(name), members.read(name))
    except DAMAGE as error:
        raise not_whole(path, error) from error
    out.seek(0)
    return out


def _check(members: zipfile.ZipFile) -> None:
    for name in members.namelist():
        if not _KNOWN.fullmatch(name):
            _refuse(f"holds {name[:80]!r}, which TorchScript does not write")
        if name.endswith(".py"):
            _check_code(members.read(name).decode("utf-8"))
        elif name.endswith("pkl") and (found := _OBJECTS.search(members.read(name))):
            _refuse(f"holds an object of {found[0].decode()}, which is compiled")


def _check_code(text: str) -> None:
    """By its words, wherever they stand: what is no call of torch cannot become one in TorchScript."""
    words = _WORDS.findall(text)
    if outside := sorted(_OUTSIDE.intersection(words)):
        _refuse(f"has {outside[0]!r} in its code, which reaches out of the process or starts another thread")
    if "classes" in words and ("#" in text or ("torch", "classes") in pairwise(words)):
        _refuse("names a class that is compiled")
    if words.count("getattr") != len(_NAMED.findall(text)):
        _refuse("may hide the name of what it calls")
    if found := _OPERATORS.search(text):
        _refuse(f"calls operators that torch does not have by itself: {text[found.start() :][:60]!r}")
    if found := _DEVICE.search(text):
        raise BoxError(
            "model.other_device",
            f"the program makes tensors on the device {found[1]!r}, a box runs on the processor",
            "trace or script the model again after model.to('cpu'), with inputs on the processor",
            {"device": found[1]},
        )


def _refuse(what: str) -> NoReturn:
    raise BoxError(
        "model.unsafe_archive",
        f"the TorchScript {what}",
        "do not load it unless you know where it comes from; torch.export.save writes a program without such calls",
    )
