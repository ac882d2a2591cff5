"""Fill a store with a thousand named boxes, list, open and check them."""

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.work.clock import say
from boxship.box import open_box
from boxship.core.digest import Digest
from boxship.stores import LocalStore

_BOXES = 1000
_LARGE = 1 << 28


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        store = LocalStore(Path(scratch) / "store")
        made = _cpu_ms(lambda: [_make(store, place) for place in range(_BOXES)])
        assert len(store.names()) == _BOXES
        found = {
            "make and name a box, ms": made / _BOXES,
            "list the names, ms": _cpu_ms(store.names),
            "open them all and verify every byte, ms": _cpu_ms(lambda: _open(store, verify=True)),
            "open them all, ms": _cpu_ms(lambda: _open(store, verify=False)),
            "check every blob and pointer, ms": _cpu_ms(store.faults),
        }
        large = Path(scratch) / "large.bin"
        data = bytes(range(256)) * (_LARGE >> 8)
        large.write_bytes(data)
        megabytes = _LARGE / 1e6
        found["verify a large file, MB a second"] = 1000 * megabytes / _cpu_ms(lambda: Digest.of_file(large))
        bare = _cpu_ms(lambda: hashlib.sha256(data))
        found["SHA-256 of the same in memory, MB a second"] = 1000 * megabytes / bare
    say(found)


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


def _cpu_ms(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return 1000 * (time.process_time() - started)


if __name__ == "__main__":
    main()
