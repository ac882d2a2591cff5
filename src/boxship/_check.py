"""Every byte of a box verified, and the box proven again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from boxship import argument
from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship._pack.attached import Attached, OnnxFile, read_attached
from boxship._pack.onnx import prove_onnx
from boxship._pack.prove import Loaded, Proof, ToProve, compare, loaded, prove
from boxship._pack.twin import DiffersError, prove_twin
from boxship.box import Box
from boxship.core.digest import Digest
from boxship.errors import BoxError, BoxshipError
from boxship.runner.open import box_room
from boxship.runner.open_twin import onnx_in_room, onnx_room
from boxship.runner.trust import trusted
from boxship.settings import Settings, current
from boxship.stores import LocalStore, Named
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

    def __repr__(self) -> str:
        again = ""
        if self.proof is not None:
            again = f", {self.proof}, differences={self.differences}, added={self.added}, twin={self.twin}"
        return f"Checked({self.digest.short}, {self.files} files, {self.bytes} bytes{again})"


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
    attached = _read_all(opened)
    if attached.faults:
        raise attached.faults[0]
    count, size = len(opened.manifest.files) + 1, opened.manifest.size_bytes
    if not proof:
        return Checked(opened.digest, count, size, None, {}, added=False)
    room = box_room(opened, settings=settings, say=say, whole=True)
    say("proving it in its room")
    files = ToProve(opened.files, opened.manifest, trusted(opened, settings, trust))
    with loaded(files, room, settings) as there:
        again = prove(files, there, version=version("boxship"))
        twin = _prove_twin(opened, there, attached, settings, say)
    answers = again.answer_table()
    differences = {
        old.machine_class: compare(old, again.codes, answers, opened.contract) for old in attached.proofs
    }
    added = again.machine_class not in differences
    if added:
        LocalStore(settings.home / "store").attach(opened.folder, "proof", again.to_bytes())
    return Checked(opened.digest, count, size, again, differences, added, twin)


def _prove_twin(box: Box, there: Loaded, attached: Attached, settings: Settings, say: Say) -> Record | None:
    """Of the twin that answers, the last one laid beside the box; an ONNX file is held against it too."""
    if not attached.twins and not attached.onnx:
        return None
    say("holding its twin against it")
    twin = attached.twins[-1].twin if attached.twins else None
    try:
        of_file = _onnx(box, there, attached.onnx[-1], twin, settings, say) if attached.onnx else None
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


def _onnx(box: Box, there: Loaded, file: OnnxFile, twin: Twin | None, settings: Settings, say: Say) -> Record:
    program = None if file.twin.answers or twin is None else twin.program
    room = onnx_room(box.manifest.python, file.twin.hashes, settings=settings, say=say)
    with onnx_in_room(room, file.path, settings, settings.proof_timeout_s) as model:
        return prove_onnx(there.model, model, box.digest, box.contract, box.golden, program)


def _read_all(box: Box) -> Attached:
    """Read everything a box says of itself, so that what cannot be read is found."""
    _ = box.contract, box.card, box.profile, box.golden
    return read_attached(box)


def check_store(*, settings: Settings | None = None, say: Say | None = None) -> tuple[BoxshipError, ...]:
    """Verify every blob, pointer and box of the store; what is wrong, nothing if all is well.

    A fault of a box says which box it is, and has its digest and names in `detail`.
    """
    settings, say = current(settings), argument.listener("say", say)
    store = LocalStore(settings.home / "store")
    say("verifying the store")
    found = store.faults()
    names = _names(store)
    for digest in store.boxes():
        try:
            faults = _read_all(open_reference(f"sha256:{digest.hex}", settings=settings)).faults
        except BoxshipError as error:
            faults = [error]
        found += [_fault_of(digest, names.get(digest, []), fault) for fault in faults]
    return tuple(found)


def _names(store: LocalStore) -> dict[Digest, list[str]]:
    found: dict[Digest, list[str]] = {}
    for one in store.pointers():
        if isinstance(one, Named):
            found.setdefault(one.digest, []).append(f"{one.name}:{one.version}")
    return found


def _fault_of(digest: Digest, names: Sequence[str], fault: BoxshipError) -> BoxshipError:
    message = f"{' '.join(names) or 'without a name'} ({digest.short}): {fault.message}"
    detail = {**fault.detail, "box": str(digest), "names": list(names)}
    return type(fault)(fault.code, message, fault.hint, detail)
