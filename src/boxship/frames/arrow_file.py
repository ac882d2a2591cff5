"""Arrow files: the IPC file format, and the stream format under the same suffix."""

from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from boxship.core.table import Table
from boxship.frames.arrow_table import ArrowTable
from boxship.frames.file import damaged
from boxship.frames.part import Part


class ArrowFile:
    """Feather is the same format."""

    def read(self, source: Path) -> Table:
        return ArrowTable().read(_whole(source))

    def split(self, source: Path) -> list[Part]:
        return ArrowTable().split(_whole(source))

    def zones(self, source: Path) -> dict[str, str]:
        return ArrowTable().zones(_opened(source))

    def write(self, table: Table, path: Path) -> None:
        made = ArrowTable().make(table)
        with pa.ipc.new_file(str(path), made.schema) as file:
            file.write_table(made)


def _whole(path: Path) -> pa.Table:
    try:
        return _opened(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error, "Arrow") from error


def _opened(path: Path) -> pa.Table:
    with path.open("rb") as file:
        begin = file.read(6)
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file if begin == b"ARROW1" else pa.ipc.open_stream
        return reader(source).read_all()
