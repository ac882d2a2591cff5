"""The command line: one verb a file, loaded when it runs."""

import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from boxship import log
from boxship.cli.output import fail
from boxship.core.name import did_you_mean
from boxship.errors import BoxshipError, InternalError, UsageError
from boxship.settings import current

_log = logging.getLogger(__name__)


class Verb(NamedTuple):
    """One row of the table below: where the command is, and the line that help shows."""

    target: str
    line: str


VERBS = {
    "pack": Verb("boxship.cli.pack:pack", "Make a proven box of a model and its training data."),
    "inspect": Verb("boxship.cli.inspect:inspect", "Show what is inside a box."),
    "check": Verb("boxship.cli.check:check", "Verify every byte of a box, and prove it again."),
    "list": Verb("boxship.cli.list:list_", "List the boxes of this store."),
    "clean": Verb("boxship.cli.clean:clean", "Remove boxes without a name, and what killed packs left."),
    "call": Verb("boxship.cli.call:call", "Ask a box, here or in its room."),
    "serve": Verb("boxship.cli.serve:serve", "Answer requests for a box over HTTP."),
    "doctor": Verb("boxship.cli.doctor:doctor", "Say what works on this machine and what is missing."),
    "demo": Verb("boxship.cli.demo:demo", "Train a small real model, pack it, prove it, use it."),
}


class _Verbs(click.Group):
    """Help reads only the table; a command's module is imported when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and (meant := did_you_mean(args[0], [*VERBS])):
            ctx.fail(f"no such command {args[0]!r}: {meant}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.line) for name, verb in VERBS.items()])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="boxship")
def commands() -> None:
    """Turn a trained model into one immutable, proven unit that answers the same wherever it runs."""


def main(args: Sequence[str] | None = None) -> None:
    """Run one command. Exit status: 0 done, 1 the answer is no or it failed, 2 asked wrongly."""
    words = list(sys.argv[1:] if args is None else args)
    as_json = "--json" in words
    _open_standard_streams()
    _end_in_order()
    try:
        if words[:1] != ["doctor"]:  # which says itself what is wrong with the settings
            log.install(current().log_level)
        status = commands.main(words, prog_name="boxship", standalone_mode=False)
    except click.ClickException as error:
        if as_json:
            context = getattr(error, "ctx", None)
            hint = f"{context.command_path if context else 'boxship'} --help"
            fail(UsageError("cli.usage", error.format_message(), hint), as_json=True)
        else:
            error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("stopped", err=True)
        sys.exit(130)
    except BoxshipError as error:
        sys.exit(fail(error, as_json=as_json))
    except Exception as error:  # noqa: BLE001  # the last border: nobody is shown a traceback
        sys.exit(fail(_unexpected(error), as_json=as_json))
    sys.exit(status if isinstance(status, int) else 0)


def _open_standard_streams() -> None:
    """A closed stdin, stdout or stderr would be the number of the next file that is opened."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _end_in_order() -> None:
    """Let what is half-made be removed when we are told to end, not only on Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, lambda number, _: sys.exit(128 + number))


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False


def _unexpected(error: Exception) -> BoxshipError:
    if isinstance(error, FileNotFoundError) and not _has_folder():
        message = "the working folder has been removed"
        return UsageError("cli.no_folder", message, "cd into a folder that is there")
    _log.debug("unexpected error", exc_info=error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
    return InternalError(
        "internal.unexpected",
        f"{type(error).__name__} at {where}",
        "this is a fault of Boxship: please report it with this line and the output of boxship doctor --json; "
        "BOXSHIP_LOG_LEVEL=debug shows the whole error, which may hold data",
    )
