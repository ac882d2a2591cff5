"""A store of a thousand named boxes."""

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Result, Row
from boxship.box import open_box
from boxship.core.digest import Digest
from boxship.stores import LocalStore

_BOXES = 1000
_LARGE_MB = 256


def run(times: int, *, rivals: bool) -> Result:  # noqa: ARG001  # every subject is called so
    with tempfile.TemporaryDirectory() as scratch:
        store = LocalStore(Path(scratch) / "store")
        made = [_timed(lambda place=place: _make(store, place)) for place in range(_BOXES)]
        large = Path(scratch) / "large.bin"
        large.write_bytes(bytes(range(256)) * (_LARGE_MB * 4096))
        named = store.names()
        assert len(named) == _BOXES
        rows = [
            _row("make and name a box", "ms each", [1000 * sum(made) / _BOXES]),
            _row("list the names", "ms", _times(times, store.names)),
            _row(
                "open them all, every byte verified", "ms", _times(times, lambda: _open(store, verify=True))
            ),
            _row("open them all, not verified", "ms", _times(times, lambda: _open(store, verify=False))),
            _row("check every blob and pointer", "ms", _times(times, store.faults)),
        ]
        rates = [_LARGE_MB * 1.048576 / _timed(lambda: Digest.of_file(large)) for _ in range(times)]
        rows.append(_row("verify a large file", "MB a second", rates))
        data = large.read_bytes()
        rates = [_LARGE_MB * 1.048576 / _timed(lambda: hashlib.sha256(data)) for _ in range(times)]
        rows.append(_row("SHA-256 of the same, in memory", "MB a second", rates))
    return Result(f"A store of {_BOXES:,} boxes: CPU time", rows)


def _make(store: LocalStore, place: int) -> None:
    files: dict[str, bytes | Path] = {
        "model/model.bin": b"%d" % place,
        "contract.json": b"{}",
        "lock.txt": b"",
    }
    with store.making() as folder:
        staged = store.stage(folder, files, adapter="sklearn", python="3.11")
        store.add(staged, {"proof": b"{}"})
        store.name(f"box-{place}", staged.digest)


def _open(store: LocalStore, *, verify: bool) -> None:
    for named in store.names():
        open_box(store.folder(named.digest), verify=verify)


def _times(times: int, work: Callable[[], object]) -> list[float]:
    return [1000 * _timed(work) for _ in range(times)]


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _row(name: str, unit: str, values: list[float]) -> Row:
    return Row(name, {"median": values}, {"unit": unit})
