"""The bytes of a pickle-based model file, read once from front to back in bounded memory."""

import bz2
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from boxship.errors import BoxError, HostError, UsageError

_WINDOW = 1 << 16
_LINE_LIMIT = 1 << 20
# A bomb is told by its ratio once it is too large to be harmless; honest models compress 2 to 20 times.
_ALWAYS_FINE = 64 << 20
_RATIO = 200
_NEVER_FINE = 64 << 30
_LZMA_MEMORY = 256 << 20

_FOREIGN = {
    b"PK\x03\x04": "a zip archive (torch, keras, skops or npz)",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a numpy array file",
    b"GGUF": "a GGUF file",
    b"{": "JSON text",
}


def damaged(position: int, what: str) -> BoxError:
    return BoxError(
        "model.damaged",
        f"the model file is damaged at byte {position}: {what}",
        "copy or save the model again",
        {"position": position},
    )


def too_large(position: int, what: str) -> BoxError:
    return BoxError(
        "model.too_large",
        f"the model file is too large to be looked through at byte {position}: {what}",
        "save the model again with less compression, or in its framework's own format",
        {"position": position},
    )


class _Source(Protocol):
    def read(self, size: int) -> bytes: ...
    def skip(self, size: int) -> bool:
        """Whether there were that many bytes to pass over."""

    def finished(self) -> bool: ...


class _Plain:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def skip(self, size: int) -> bool:
        if size > self._size - self._file.tell():
            return False
        self._file.seek(size, os.SEEK_CUR)
        return True

    def finished(self) -> bool:
        return not self._file.read(1)


class _Engine(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    """zlib's engine with the shape that bz2 and lzma have."""

    def __init__(self, wbits: int) -> None:
        self._engine = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def needs_input(self) -> bool:
        return not self._engine.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._engine.decompress(self._engine.unconsumed_tail + data, max_length)


class _Inflated:
    """What a compressed file holds, as far as its size stays believable."""

    def __init__(self, file: BinaryIO, size: int, engine: _Engine) -> None:
        self._file, self._engine = file, engine
        self._limit = min(max(_ALWAYS_FINE, size * _RATIO), _NEVER_FINE)
        self._made = 0

    def read(self, size: int) -> bytes:
        engine = self._engine
        while not engine.eof:
            data = self._file.read(_WINDOW) if engine.needs_input else b""
            try:
                out = engine.decompress(data, size)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                raise damaged(self._made, f"it cannot be decompressed ({error})") from error
            self._made += len(out)
            if self._made > self._limit:
                raise too_large(self._made, f"it decompresses to more than {self._limit} bytes")
            if out:
                return out
            if not data and engine.needs_input:
                return b""
        return b""

    def skip(self, size: int) -> bool:
        while size:
            piece = self.read(min(size, 1 << 20))
            if not piece:
                return False
            size -= len(piece)
        return True

    def finished(self) -> bool:
        if self.read(1):
            return False
        return self._engine.eof and not self._engine.unused_data and not self._file.read(1)


_ENGINES: dict[bytes, tuple[str, Callable[[], _Engine]]] = {
    b"\x78": ("zlib", lambda: _Zlib(15)),
    b"\x1f\x8b": ("gzip", lambda: _Zlib(31)),
    b"BZ": ("bz2", bz2.BZ2Decompressor),
    b"\x5d\x00": ("lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY)),
    b"\xfd7zXZ": ("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)),
}


class Stream:
    """A window over the file; `base + at` is the offset in the decompressed bytes.

    Big blocks are passed over, never copied: by a seek in a plain file. A file that ends early
    raises `model.damaged` from whatever was being read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.compression, self._source = _open(file)
        self._window = b""
        self.base = 0
        self.at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        return self.base + self.at

    def byte(self) -> int:
        try:
            value = self._window[self.at]
        except IndexError:
            self._fill(1)
            value = self._window[0]
        self.at += 1
        return value

    def take(self, size: int) -> bytes:
        """A small piece; the caller has bounded `size`."""
        end = self.at + size
        if end > len(self._window):
            self._fill(size)
            end = size
        piece = self._window[self.at : end]
        self.at = end
        return piece

    def whole(self, size: int) -> bytes:
        """A piece of any size."""
        return b"".join(self.take(min(_WINDOW, size - at)) for at in range(0, size, _WINDOW))

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """Up to the next newline, which is consumed and not returned."""
        size = 128
        while (end := self._window.find(b"\n", self.at)) < 0:
            if size > _LINE_LIMIT:
                raise damaged(self.position, "a line does not end")
            size *= 2
            self._fill(min(size, len(self._window) - self.at + 1))
        piece = self._window[self.at : end]
        self.at = end + 1
        return piece

    def skip(self, size: int) -> None:
        left = self.at + size - len(self._window)
        if left <= 0:
            self.at += size
            return
        if not self._source.skip(left):
            raise damaged(self.position, f"{size} bytes were announced and the file ends before")
        self.base, self.at, self._window = self.position + size, 0, b""

    def finished(self) -> bool:
        return self.at >= len(self._window) and self._source.finished()

    def _fill(self, size: int) -> None:
        window = self._window[self.at :]
        while len(window) < size:
            piece = self._source.read(_WINDOW)
            if not piece:
                raise damaged(self.position, "the file ends in the middle")
            window += piece
        self.base, self.at, self._window = self.position, 0, window


def open_stream(path: Path) -> Stream:
    """Opens a model file and tells its compression by its first bytes; the caller closes it."""
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UsageError(
            "model.not_found", f"there is no model file {path}", "give the path of a saved model"
        ) from error
    except OSError as error:
        raise HostError(
            "model.unreadable", f"{path} cannot be read: {error.strerror}", "look at its permissions"
        ) from error
    try:
        return Stream(file)
    except BaseException:
        file.close()
        raise


def _open(file: BinaryIO) -> tuple[str, _Source]:
    magic = file.read(8)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    for prefix, (name, engine) in _ENGINES.items():
        if magic.startswith(prefix):
            return name, _Inflated(file, size, engine())
    if magic.startswith((b"\x04\x22\x4d\x18", b"ZF")):
        kind = "lz4" if magic[0] == 4 else "the format of joblib before 0.10"
        raise BoxError(
            "model.unsupported_pickle",
            f"the model file is compressed with {kind}, which is not read",
            "load it and save it again with joblib.dump(model, path, compress=3)",
        )
    for prefix, what in _FOREIGN.items():
        if magic.startswith(prefix):
            raise BoxError(
                "model.not_a_pickle",
                f"the model file is {what}, not a pickle",
                "give the file to its own framework",
            )
    if not magic:
        raise BoxError("model.not_a_pickle", "the model file is empty", "save the model again")
    if _is_text(file, magic):
        raise BoxError(
            "model.not_a_pickle",
            "the model file is text, not a pickle",
            "save the model with joblib or pickle",
        )
    return "", _Plain(file, size)


def _is_text(file: BinaryIO, first: bytes) -> bool:
    """The oldest pickles are letters too, and end with a full stop, as every pickle does."""
    file.seek(-1, os.SEEK_END)
    last = file.read(1)
    file.seek(0)
    return last != b"." and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in first)
