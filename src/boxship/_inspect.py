"""What is inside a box: files, contract, lock, profile, proofs, what it would execute."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship._pack.attached import read_attached
from boxship._pack.prove import Proof
from boxship.adapters.look import look_beside
from boxship.box import Box
from boxship.core.profile import Profile
from boxship.onnx.proven import OnnxTwin
from boxship.room.frozen import parse_frozen
from boxship.settings import Settings, current


def inspect(box: BoxLike, *, settings: Settings | None = None) -> dict[str, Any]:
    """Everything a box says of itself, as plain values. Nothing of the model is loaded or run.

    An attachment that is damaged is left out, and told in `faults`.
    """
    settings = current(settings)
    opened = open_reference(box, settings=settings)
    manifest = opened.manifest
    attached = read_attached(opened)
    return {
        "digest": str(opened.digest),
        "folder": str(opened.folder),
        "adapter": manifest.adapter,
        "python": manifest.python,
        "size_bytes": manifest.size_bytes,
        "sizes": _sizes(opened),
        "files": [msgspec.to_builtins(file) for file in manifest.files],
        "executes": _executes(opened),
        "contract": msgspec.json.decode(opened.contract.to_bytes()),
        "lock": opened.lock.splitlines(),
        "packages": _packages(
            [settings.home / "rooms" / proof.room.removeprefix("sha256:") for proof in attached.proofs]
        ),
        "profile": _profile(opened.profile),
        "golden_rows": len(opened.golden),
        "card": msgspec.to_builtins(opened.card),
        "proofs": [_proof(proof) for proof in attached.proofs],
        "twins": [{"size_bytes": size, **msgspec.to_builtins(twin.record)} for twin, size in attached.twins],
        "onnx": [
            {"path": str(path), "size_bytes": size, **_onnx(twin)} for path, size, twin in attached.onnx
        ],
        "attestations": [msgspec.to_builtins(one) for one in attached.attestations],
        "faults": [{"code": one.code, "message": one.message, "hint": one.hint} for one in attached.faults],
    }


def _sizes(box: Box) -> dict[str, int]:
    """Where each byte comes from, largest first."""
    found: dict[str, int] = {}
    for file in box.manifest.files:
        part = file.path.split("/")[0] if "/" in file.path else file.path
        found[part] = found.get(part, 0) + file.size
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _packages(rooms: Sequence[Path]) -> dict[str, int]:
    """Bytes that each package takes in a room of this box, largest first; empty where there is none here."""
    room = next((room for room in rooms if room.is_dir()), None)
    if room is None:
        return {}
    found: dict[str, int] = {}
    for record in room.glob("lib/python*/site-packages/*.dist-info/RECORD"):
        lines = csv.reader(record.read_text("utf-8").splitlines())
        name = record.parent.name.removesuffix(".dist-info").rpartition("-")[0]
        found[name.lower().replace("_", "-")] = sum(int(line[2]) for line in lines if line[2:] and line[2])
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _executes(box: Box) -> list[str]:
    """The names that loading the model calls, by a symbolic reading of its bytes."""
    return sorted({f"{use.module}.{use.name}" for use in look_beside(box.model_file).uses if use.called})


def _profile(profile: Profile) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "rows": column.rows,
            "missing": column.missing,
            "range": None if column.bounds is None else [*column.bounds],
            "values": None
            if column.values is None
            else dict(zip(column.values.values, column.values.counts, strict=False)),
        }
        for column in profile.columns
    ]


def _onnx(twin: OnnxTwin) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(twin)
    packages = [f"{one.name}=={one.version}" for one in parse_frozen(plain.pop("hashes"))]
    return {**plain.pop("record"), **plain, "packages": packages}


def _proof(proof: Proof) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(proof)
    for large in ("answers", "predictions", "codes"):
        del plain[large]
    return plain
