"""Boxship's own files: copied into every room, and part of its digest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def own_files(package: Path = PACKAGE) -> Mapping[str, bytes]:
    """Every file of the installed package by its path in it, but no caches; about 5 ms."""
    found = (path for path in package.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(found)
        if not path.name.startswith(".")
    }


def digest_files(files: Mapping[str, bytes]) -> str:
    """One hash over names and contents; sorted, so that no file system's order enters."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def copy_files(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
