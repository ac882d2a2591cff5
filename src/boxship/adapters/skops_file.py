"""Files of skops: a zip of arrays and one tree of JSON that says what is made of them."""

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickle_values import unsafe
from boxship.adapters.pickles import Scan
from boxship.adapters.zips import open_zip
from boxship.adapters.zips import unsafe as unsafe_archive
from boxship.archive import read_json, read_part
from boxship.errors import BoxError

_SCHEMA = "schema.json"
_ARRAY = re.compile(r"[\w-]+\.(npy|npz|bin)")
_NAME = re.compile(r"\w+(\.\w+)*")
# What these make is their own type, or what they name; they make it of other nodes and of plain values.
_LISTED = """
    DefaultDictNode DictNode ListNode SetNode TupleNode SliceNode BytesNode BytearrayNode JsonNode NdArrayNode
    MaskedArrayNode DTypeNode RandomStateNode RandomGeneratorNode SparseMatrixNode TypeNode ObjectNode
    ConstructorFromReduceNode PartialNode TreeNode LossNode CachedNode
"""
_MAKERS = frozenset(_LISTED.split())
_FUNCTION = "FunctionNode"
_CONSTRUCTED = ("builtins", "datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo")
_CALLERS = ("ConstructorFromReduceNode", "DefaultDictNode", "LossNode", "PartialNode", "TreeNode")
_KEYS = (
    "str",
    "int",
    "float",
    "bool",
    "NoneType",
    "bytes",
    "tuple",
    "int64",
    "int32",
    "float64",
    "float32",
    "bool_",
)
_LOSSES = ("_loss.", "sklearn._loss.", "sklearn.linear_model._sgd_fast.")
_PROTOCOLS = (1, 2)
_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
_VERSION = "_sklearn_version"


def scan_skops(path: Path) -> Scan:
    """What loading the file makes, told without importing any of it."""
    top = _read(path)
    uses: dict[tuple[str, str], Use] = {}
    versions: set[str] = set()
    try:
        if top["protocol"] not in _PROTOCOLS:
            raise BoxError(
                "model.other_version",
                f"{path.name} has the protocol {top['protocol']!r:.20} of skops, which is not known here",
                "write it again with skops.io.dump of a version of today",
            )
        for node, handed in _nodes(top):
            use = _use_of(node, handed=handed)
            known = uses.get((use.module, use.name))
            if known is None or (use.called and not known.called):
                uses[use.module, use.name] = use
            versions |= _versions_of(node)
        root = f"{top['__module__']}.{top['__class__']}"
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise damaged(path, f"its {_SCHEMA} is not of the form that skops writes: {error!r:.80}") from error
    uses["skops", "__version__"] = Use("skops", "__version__", 0, called=False)  # it is read by skops
    return Scan(
        "skops", root, tuple(uses.values()), {"scikit-learn": ",".join(sorted(versions))} if versions else {}
    )


def _read(path: Path) -> Any:  # JSON
    with open_zip(path) as members:
        for name in members.namelist():
            if name != _SCHEMA and not _ARRAY.fullmatch(name):
                raise unsafe_archive(path, f"holds {name[:80]!r}")
            if name.endswith(".npz"):  # an archive in the archive, which numpy opens
                with open_zip(path, io.BytesIO(read_part(members, name))):
                    pass
        return read_json(members, _SCHEMA)


def _nodes(top: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every node, wherever it hangs, and whether it is handed to a call."""
    waiting = [(top, False)]
    while waiting:
        one, handed = waiting.pop()
        if isinstance(one, dict):
            loader = one.get("__loader__")
            if isinstance(loader, str):  # no other is loaded
                yield one, handed
            waiting.extend((value, handed or loader in _CALLERS) for value in one.values())
        elif isinstance(one, list):
            waiting.extend((value, handed) for value in one)


def _use_of(node: dict[str, Any], *, handed: bool) -> Use:
    module, name, loader = node["__module__"], node["__class__"], node["__loader__"]
    if not all(isinstance(one, str) and _NAME.fullmatch(one) for one in (module, name)):
        raise unsafe(0, "names something that is no name")
    if loader != _FUNCTION and loader not in _MAKERS:
        raise unsafe(0, f"has a node of the kind {loader!r:.60}, which could run more than it names")
    if loader == "RandomGeneratorNode":
        kind = node["content"]["bit_generator"]["content"]["bit_generator"]["content"]
        if json.loads(kind) not in _GENERATORS:
            raise unsafe(0, "names a generator of random numbers that numpy does not have")
    if "key_types" in node:
        _check_keys(node["key_types"])
    _check_maker(module, name, loader)
    if loader == "ObjectNode":
        _check_state(node)
    return Use(module, name, 0, called=loader != _FUNCTION or handed)


def _check_maker(module: str, name: str, loader: str) -> None:
    """Each kind of node makes what it is there for, and nothing else."""
    top = module.partition(".")[0]
    refused = (
        (loader == "ConstructorFromReduceNode" and module not in _CONSTRUCTED)
        or (loader == "ObjectNode" and top in sys.stdlib_module_names)
        or (loader == "LossNode" and not f"{module}.".startswith(_LOSSES))
        or (loader == "TreeNode" and f"{module}.{name}" != "sklearn.tree._tree.Tree")
        or (loader != _FUNCTION and f"{module}.".startswith("scipy.stats."))
    )
    if refused:
        raise unsafe(0, f"makes {module}.{name} by a {loader}")


def _check_keys(types: Any) -> None:  # a node
    """The types of a dict's keys are called with them."""
    plain = types["__loader__"] == "ListNode" and all(
        one["__loader__"] == "TypeNode"
        and one["__module__"] in ("builtins", "numpy")
        and one["__class__"] in _KEYS
        for one in types["content"]
    )
    if not plain:
        raise unsafe(0, "calls other than plain types with the keys of a dict")


def _check_state(node: dict[str, Any]) -> None:
    """What a pickle may not do by a state, this may not either."""
    content = node.get("content") or {}
    if content.get("__loader__") == "CachedNode":
        raise unsafe(0, "hides the state of an instance behind another")
    state = content.get("content")
    if isinstance(state, dict) and {"__class__", "__dict__"} & state.keys():
        raise unsafe(0, "sets what an instance is by its state")


def _versions_of(node: dict[str, Any]) -> set[str]:
    content = node.get("content")
    told = content.get(_VERSION) if isinstance(content, dict) else None
    if not isinstance(told, dict) or told.get("__loader__") != "JsonNode":
        return set()
    version = json.loads(told["content"])
    return {version} if isinstance(version, str) else set()
