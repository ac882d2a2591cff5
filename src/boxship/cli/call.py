"""`boxship call`."""

import shlex
import sys
from pathlib import Path

import click

from boxship import _call
from boxship.cli.output import emit_json, json_option, quiet_option, talk, trust_option
from boxship.errors import UsageError
from boxship.frames import FILES


@click.command()
@click.argument("box")
@click.option("--row", help="One row as a JSON object, or a JSON list of rows; - reads stdin.")
@click.option("--rows", "file", help=f"A file of rows: {' '.join(FILES)}")
@trust_option
@json_option
@quiet_option
def call(
    box: str, row: str | None, file: str | None, trust: tuple[str, ...], as_json: bool, quiet: bool
) -> int:
    """Ask BOX in this process, or in its room where the installed versions differ from its lock.

    Exit status 1 when a row was rejected.
    """
    del as_json  # an answer is JSON already
    if (row is None) == (file is None):
        raise UsageError(
            "cli.one_of", "give either --row or --rows", "boxship call churn --row '{\"age\": 41}'"
        )
    if row is not None and (row.startswith("@") or Path(row).suffix in FILES):
        name = shlex.quote(row.removeprefix("@"))
        raise UsageError("cli.file_as_row", f"--row {row!r} is a file, not a row", f"--rows {name}")
    if file is not None:
        answers = _call.call(box, Path(file), trust=trust, say=talk(quiet=quiet))
    else:
        body = sys.stdin.buffer.read() if row == "-" else as_typed(row or "")
        answers = _call.call_json(box, body, trust=trust, say=talk(quiet=quiet))
    emit_json(answers)
    rejected = [
        one for one in (answers if isinstance(answers, list) else [answers]) if one["verdict"] == "rejected"
    ]
    return 1 if rejected else 0


def as_typed(argument: str) -> bytes:
    """The bytes of an argument, those that are no UTF-8 too: the codec says what is wrong with them."""
    return argument.encode("utf-8", "surrogateescape")
