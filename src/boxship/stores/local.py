"""The store on this machine: content-addressed, safe under parallel packs and kill -9."""

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from boxship.core.digest import Digest
from boxship.core.manifest import NAME, File, Manifest
from boxship.core.name import names_hint
from boxship.errors import BoxError, BoxshipError, UsageError
from boxship.stores import disk
from boxship.stores.folder import Staged, all_files, attach, mend, settle, stage_file, write_attachment
from boxship.stores.pointer import next_version, order, pointer_bytes, read_pointer
from boxship.stores.reference import LATEST, Reference, check_name, check_new_version


class Named(NamedTuple):
    """One name for a digest."""

    name: str
    version: str
    digest: Digest
    latest: bool


class Unreadable(NamedTuple):
    """A name whose pointer is damaged."""

    name: str
    version: str
    error: BoxshipError


class LocalStore:
    """Layout under `root`:

    `blobs/sha256/ab/<hex>` every file of every box once; `boxes/<hex>/box/` a box as hard links
    to its blobs; `boxes/<hex>/attachments/<kind>/<hex>`; `names/<name>/<version>` a pointer,
    `names/<name>/.latest` the version last packed; `tmp/` what is being made, each folder held
    by a lock that dies with its maker.

    A box becomes visible by one rename, a name by another. Whoever makes holds `lock` shared;
    `sweep` holds it alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    # making

    @contextmanager
    def making(self) -> Iterator[Path]:
        """A folder to work in, gone afterwards; nothing is collected while it is open."""
        folder = self.root / "tmp" / uuid.uuid4().hex
        with ExitStack() as held:
            with disk.said(f"writing to {self.root}"):
                held.enter_context(disk.locked(self.root / "lock", shared=True))
                held.callback(shutil.rmtree, folder, ignore_errors=True)
                (folder / "box").mkdir(parents=True)
                held.enter_context(disk.locked(folder / "maker.lock"))
            yield folder

    def stage(
        self,
        folder: Path,
        files: Mapping[str, bytes | Path],
        *,
        adapter: str,
        python: str,
        laid: Sequence[File] = (),
    ) -> Staged:
        """Write the files and the manifest into the folder that `making` gave; `laid` lie there already."""
        with disk.said(f"writing to {self.root}"):
            made = [stage_file(folder / "box", path, content) for path, content in sorted(files.items())]
            manifest = Manifest.of(adapter, python, [*laid, *made])
            disk.write_file(folder / "box" / NAME, manifest.to_bytes())
        return Staged(folder, manifest)

    def add(self, staged: Staged, attachments: Mapping[str, bytes]) -> Path:
        """Make the staged box visible, with its attachments. Known content is kept as it is, but
        for what is damaged: that is mended."""
        with disk.said(f"writing to {self.root}"):
            self._share(staged)
            target = self.place(staged.digest)
            if target.exists() or not settle(staged, attachments, target):
                mend(staged, target)
                for kind, data in attachments.items():
                    write_attachment(target, kind, data)
        return target

    def mended(self, staged: Staged) -> Path | None:
        """The folder of the same content, whole again whatever was damaged; None where it is new."""
        target = self.place(staged.digest)
        if not target.exists():
            return None
        with disk.said(f"writing to {self.root}"):
            self._share(staged)
            mend(staged, target)
        return target

    def attach(self, folder: Path, kind: str, data: bytes) -> None:
        """Lay an attachment beside a box of this store, or of a folder elsewhere."""
        if self.place(Digest(folder.name)) != folder:
            attach(folder, kind, data)
            return
        with disk.said(f"writing to {self.root}"), disk.locked(self.root / "lock", shared=True):
            write_attachment(folder, kind, data)

    def has_beside(self, digest: Digest, kind: str) -> bool:
        """Whether an attachment of that kind lies there, damaged or not."""
        return any((self.place(digest) / "attachments" / kind).glob("[!.]*"))

    def detach(self, folder: Path, kind: str) -> None:
        """Take the attachments of a kind from beside a box of this store."""
        with disk.said(f"writing to {self.root}"), disk.locked(self.root / "lock", shared=True):
            for path in (folder / "attachments" / kind).glob("[!.]*"):
                path.unlink(missing_ok=True)

    def _share(self, staged: Staged) -> None:
        """Put every file under its digest, and let the box's own files be links to them."""
        for file in all_files(staged.manifest):
            path, blob = staged.folder / "box" / file.path, self._blob(file)
            blob.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o444)
            if blob.exists() and Digest.of_file(blob).hex == file.sha256:
                disk.link_over(blob, path)
            else:
                disk.link_over(path, blob)
                disk.sync_folder(blob.parent)

    def shares(self, manifest: Manifest) -> bool:
        """Whether every file of a box that is whole lies under its digest too."""
        for file in all_files(manifest):
            path, blob = self.place(manifest.digest) / "box" / file.path, self._blob(file)
            if not blob.exists() or not (blob.samefile(path) or Digest.of_file(blob).hex == file.sha256):
                return False
        return True

    def _blob(self, file: File) -> Path:
        return self.root / "blobs" / "sha256" / file.sha256[:2] / file.sha256

    # names

    def name(self, name: str, digest: Digest, version: str | None = None) -> Named:
        """Point a name at a box. A version is written once; without one a new content gets the
        next integer and known content keeps its own. Either way it is now the latest."""
        check_name(name)
        folder = self.root / "names" / name
        with disk.said(f"naming {name}"), disk.locked(folder / ".lock"):
            known = {one: self._pointer(folder / one) for one in self._versions(name)}
            if version is not None:
                self.refuse_taken(name, version, digest)
            else:
                same = [one for one in known if known[one] == digest]
                version = max(same, key=order) if same else next_version(known)
            if version not in known:
                disk.replace_file(folder / version, pointer_bytes(f"{name}:{version}", str(digest)))
            disk.replace_file(folder / ".latest", pointer_bytes(f"{name}:latest", version))
        return Named(name, version, digest, latest=True)

    def refuse_taken(self, name: str, version: str, digest: Digest) -> None:
        """A version is written once: raise where it is the name of another box."""
        if check_new_version(version) not in self._versions(check_name(name)):
            return
        known = self._pointer(self.root / "names" / name / version)
        if known != digest:
            raise UsageError(
                "store.version_taken",
                f"{name}:{version} is {known.short}, not {digest.short}",
                "a version is written once: choose another, or leave --version out",
            )

    def names(self) -> list[Named]:
        """Every name and version, sorted; raises where a pointer is damaged."""
        found: list[Named] = []
        for one in self.pointers():
            if isinstance(one, Unreadable):
                raise one.error
            found.append(one)
        return found

    def pointers(self) -> Iterator[Named | Unreadable]:
        """The same, with those in their places that cannot be read."""
        for folder in folders(self.root / "names"):
            versions = sorted(self._versions(folder.name), key=order)
            latest = ""
            try:
                latest = self._latest(folder.name) if versions else ""
            except BoxshipError as error:
                yield Unreadable(folder.name, "latest", error)
            for version in versions:
                try:
                    digest = self._pointer(folder / version)
                except BoxshipError as error:
                    yield Unreadable(folder.name, version, error)
                else:
                    yield Named(folder.name, version, digest, version == latest)

    def find(self, reference: Reference) -> Path:
        """The folder of the box that is meant."""
        if reference.folder is not None:
            return reference.folder
        digest = reference.digest if reference.start is None else self._begun(reference.start)
        if digest is not None and reference.name is not None:
            self._refuse_other_name(reference.name, digest)
        if digest is None:
            if reference.name is None:
                raise UsageError("name.malformed", "no box is named", "boxship list shows the boxes")
            digest = self._pointer(self._version_file(reference.name, reference.version))
        folder = self.place(digest)
        if not folder.exists():
            raise UsageError(
                "store.unknown_box", f"there is no box {digest.short} here", "boxship list shows the boxes"
            )
        return folder

    def _refuse_other_name(self, name: str, digest: Digest) -> None:
        """`churn@sha256:...` means that both are said of one box."""
        self._version_file(name, None)
        pointers = (self._pointer(self.root / "names" / name / version) for version in self._versions(name))
        if digest not in pointers:
            raise UsageError(
                "store.other_name",
                f"no version of {name} is the box {digest.short}",
                f"boxship list shows which names it has; sha256:{digest.short} alone names it too",
            )

    def _begun(self, start: str) -> Digest:
        """The one box whose digest begins so."""
        found = [digest for digest in self.boxes() if digest.hex.startswith(start)]
        if len(found) == 1:
            return found[0]
        raise UsageError(
            "store.ambiguous_digest" if found else "store.unknown_box",
            f"{len(found) or 'no'} boxes here have digests that begin with {start}",
            "write more of the digest: boxship list --json shows all of it",
        )

    def _version_file(self, name: str, version: str | None) -> Path:
        folder = self.root / "names" / name
        versions = self._versions(name)
        if not versions:
            raise UsageError("store.unknown_name", f"there is no box named {name}", self._instead_of(name))
        wanted = self._latest(name) if version in (None, LATEST) else version
        if wanted not in versions:
            raise UsageError(
                "store.unknown_version",
                f"{name} has no version {wanted}",
                names_hint("it has", wanted, sorted(versions, key=order)),
            )
        return folder / wanted

    def _instead_of(self, name: str) -> str:
        """What somebody may have meant who asked for a name that is not here."""
        if len(name) >= 8 and any(digest.hex.startswith(name) for digest in self.boxes()):
            return f"a digest is written sha256:{name}"
        if (Path(name) / "box").is_dir():
            return f"a folder is written ./{name}"
        known = sorted({named.name for named in self.names()})
        return names_hint("there are", name, known) if known else "boxship pack makes the first one"

    def _versions(self, name: str) -> list[str]:
        try:
            entries = [path.name for path in (self.root / "names" / name).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [entry for entry in entries if not entry.startswith(".")]

    def _latest(self, name: str) -> str:
        path = self.root / "names" / name / ".latest"
        if not path.exists():  # the maker was killed between the version and this pointer
            return max(self._versions(name), key=order)
        return read_pointer(path, f"{name}:latest")

    def _pointer(self, path: Path) -> Digest:
        return Digest.parse(read_pointer(path, f"{path.parent.name}:{path.name}"))

    # keeping

    def boxes(self) -> list[Digest]:
        """Every box, named or not."""
        try:
            return [
                Digest(path.name) for path in sorted((self.root / "boxes").iterdir()) if len(path.name) == 64
            ]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def folder(self, digest: Digest) -> Path:
        return self.find(Reference(digest=digest))

    def faults(self) -> list[BoxshipError]:
        """Verify every blob and every pointer; boxes themselves are verified by opening them."""
        found: list[BoxshipError] = []
        for blob in sorted((self.root / "blobs" / "sha256").glob("*/[!.]*")):
            if Digest.of_file(blob).hex != blob.name:
                message = f"the blob {blob.name[:12]} is not what its digest says"
                found.append(
                    BoxError("store.damaged_blob", message, "boxship check names the boxes that hold it")
                )
        for named in self.pointers():
            try:
                if isinstance(named, Unreadable):
                    raise named.error
                self.find(Reference(digest=named.digest))
            except BoxshipError as error:
                found.append(error)
        return found

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no pack is running, and let none begin."""
        with disk.said("collecting garbage"), disk.locked(self.root / "lock"):
            yield

    def place(self, digest: Digest) -> Path:
        """Where the box of this digest lies, if it is here."""
        return self.root / "boxes" / digest.hex


def folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
