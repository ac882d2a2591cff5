"""Every byte of a box verified, and the box proven again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from boxship import argument
from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship._pack.onnx import prove_onnx
from boxship._pack.prove import Loaded, Proof, ToProve, compare, loaded, prove
from boxship._pack.twin import DiffersError, prove_twin
from boxship.adapters.onnx_twin import OnnxTwin
from boxship.box import Box
from boxship.core.attestation import Attestation
from boxship.core.digest import Digest
from boxship.errors import BoxError, BoxshipError
from boxship.runner.open import box_room
from boxship.runner.open_twin import opened_onnx
from boxship.runner.trust import trusted
from boxship.settings import Settings, current
from boxship.stores import LocalStore
from boxship.twin.record import Record, Twin

Say = Callable[[str], None]


@dataclass(frozen=True)
class Checked:
    """What a check of one box found. `differences` are to the earlier proofs, by machine class."""

    digest: Digest
    files: int
    bytes: int
    proof: Proof | None
    differences: dict[str, float]
    added: bool
    twin: Record | None = None  # what was found when the twin was held against the model again


def check(
    box: BoxLike,
    *,
    proof: bool = True,
    trust: Sequence[str] = (),
    settings: Settings | None = None,
    say: Say | None = None,
) -> Checked:
    """Verify every byte of a box and of its room, prove it again, and compare the golden answers
    with every earlier proof. A twin is held against the model again, on golden rows, near them and on
    every edge. A machine of another class adds its proof to the box.

    Raises where anything is not as it should be. `proof=False` stops after the bytes; `trust` are
    names that a box packed elsewhere may load beside its framework's.
    """
    settings, say = current(settings), argument.listener("say", say)
    proof = argument.flag("proof", proof)
    say("verifying every byte")
    opened = open_reference(box, settings=settings)
    earlier = _read_all(opened)
    count, size = len(opened.manifest.files) + 1, opened.manifest.size_bytes
    if not proof:
        return Checked(opened.digest, count, size, None, {}, added=False)
    room = box_room(opened, settings=settings, say=say, whole=True)
    say("proving it in its room")
    files = ToProve(opened.files, opened.manifest, trusted(opened, settings, trust))
    with loaded(files, room, settings) as there:
        again = prove(files, there, version=version("boxship"))
        twin = _prove_twin(opened, there, settings, say)
    differences = {old.machine_class: compare(old, again, opened.contract) for old in earlier}
    added = again.machine_class not in differences
    if added:
        LocalStore(settings.home / "store").attach(opened.folder, "proof", again.to_bytes())
    return Checked(opened.digest, count, size, again, differences, added, twin)


def _prove_twin(box: Box, there: Loaded, settings: Settings, say: Say) -> Record | None:
    """Of the twin that answers, the last one laid beside the box; an ONNX file is held against it too."""
    twins, files = box.attachments("twin"), box.attachments("onnx")
    if not twins and not files:
        return None
    say("holding its twin against it")
    twin = Twin.from_bytes(twins[-1]) if twins else None
    try:
        of_file = _onnx(box, there, files[-1], twin, settings, say) if files else None
        return _steps(box, there, twin) if twin else of_file
    except DiffersError as error:
        raise BoxError(
            "twin.differs",
            f"the twin answers differently from the model in its room: {error}",
            "pack the model again with --no-twin: the twin goes, and the model itself answers",
        ) from error


def _steps(box: Box, there: Loaded, twin: Twin) -> Record:
    ours = version("boxship")
    made = prove_twin(there.model, twin.program, box.digest, box.contract, box.golden, version=ours)
    if made.twin is None:
        raise DiffersError(made.reason)
    return made.twin.record


def _onnx(box: Box, there: Loaded, data: bytes, twin: Twin | None, settings: Settings, say: Say) -> Record:
    file, path, python = OnnxTwin.of_file(data), box.attached("onnx")[-1], box.manifest.python
    program = None if file.answers or twin is None else twin.program
    with opened_onnx(path, file.hashes, python, settings=settings, say=say) as model:
        return prove_onnx(there.model, model, box.digest, box.contract, box.golden, program)


def _read_all(box: Box) -> list[Proof]:
    """Read everything a box says of itself, so that what cannot be read is found; gives its proofs."""
    _ = box.contract, box.card, box.profile, box.golden, box.attachments("hashes")
    for data in box.attachments("attestation"):
        Attestation.from_bytes(data)
    for data in box.attachments("twin"):
        Twin.from_bytes(data)
    for data in box.attachments("onnx"):
        OnnxTwin.of_file(data)
    return [Proof.from_bytes(data) for data in box.attachments("proof")]


def check_store(*, settings: Settings | None = None, say: Say | None = None) -> tuple[BoxshipError, ...]:
    """Verify every blob, pointer and box of the store; what is wrong, nothing if all is well."""
    settings, say = current(settings), argument.listener("say", say)
    store = LocalStore(settings.home / "store")
    say("verifying the store")
    found = store.faults()
    for digest in store.boxes():
        try:
            opened = open_reference(f"sha256:{digest.hex}", settings=settings)
            _read_all(opened)
        except BoxshipError as error:
            found.append(error)
    return tuple(found)
