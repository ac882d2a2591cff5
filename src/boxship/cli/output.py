"""Results on stdout, talk on stderr."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import msgspec

from boxship.errors import BoxshipError, HostError, UsageError

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
trust_option = click.option(
    "--trust", multiple=True, metavar="PATTERN", help="Names of your own that may be loaded: pkg.*"
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing on the way.")


def emit_json(value: Any) -> None:  # whatever msgspec can write
    """One JSON document, indented where a person reads it."""
    data = msgspec.json.encode(value, enc_hook=str)
    if sys.stdout.isatty():
        data = msgspec.json.format(data)
    result(data.decode())


def result(text: str) -> None:
    """A line on stdout."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the result cannot be written to stdout: {error.strerror}"
        raise HostError(
            "cli.cannot_print", message, "what was asked for is done; see where stdout goes"
        ) from error


def talk(*, quiet: bool) -> Callable[[str], None]:
    """Progress for people: on stderr, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda text: click.echo(click.style(f"  {text}", dim=True), err=True)


def fail(error: BoxshipError, *, as_json: bool) -> int:
    """Word an error and give the exit status it means."""
    message, hint = _printable(error.message), _printable(error.hint)
    if as_json and error.code != "cli.cannot_print":
        detail = {key: _printable(value) for key, value in error.detail.items()}
        emit_json({"error": {"code": error.code, "message": message, "hint": hint, "detail": detail}})
    else:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {message} [{error.code}]", err=True)
        if hint:
            click.echo(f"hint: {hint}", err=True)
    return 2 if isinstance(error, UsageError) else 1


def _printable(value: Any) -> Any:  # text is made fit for UTF-8, since a path may be any bytes
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def table(rows: Iterable[Sequence[str]], header: Sequence[str]) -> None:
    """Columns as wide as they have to be."""
    lines = [header, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]
    for line in lines:
        result("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
