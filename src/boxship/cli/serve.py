"""`boxship serve`."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import click

from boxship._serve.supervisor import Serving
from boxship._serve.supervisor import serve as serve_box
from boxship.cli.output import emit_json, json_option, result, trust_option
from boxship.settings import Settings, current

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _setting(name: str, words: str) -> Callable[[Decorated], Decorated]:
    option = f"--{name.removesuffix('_s').replace('_', '-')}"
    return click.option(option, name, help=f"{words} [BOXSHIP_{name.upper()}]", metavar="VALUE")


@click.command()
@click.argument("box")
@_setting("host", "Address to listen on; 0.0.0.0 for all.")
@_setting("port", "Port; 0 takes a free one.")
@_setting("workers", "Processes that answer.")
@_setting("body_mb", "Largest body that is taken, in megabytes.")
@_setting("rows", "Most rows in a request.")
@_setting(
    "wait_s", "Seconds that a request may have to wait for the model; longer, and it is refused at once."
)
@_setting("read_s", "Seconds in which a request has to come, and its answer to be taken.")
@_setting("idle_s", "Seconds that a connection may be silent.")
@_setting("hang_s", "Seconds after which a worker that does not move is replaced.")
@_setting("drain_s", "Seconds for the last answers, once told to end.")
@click.option("--isolate", is_flag=True, help="Run the model in a process of its own, in its room.")
@trust_option
@json_option
def serve(box: str, isolate: bool, trust: tuple[str, ...], as_json: bool, **given: str | None) -> None:
    """Answer requests for BOX over HTTP until told to end.

    SIGTERM and Ctrl-C answer what is being asked, and end. SIGHUP takes what the name points to by
    then, and no request is lost.
    """
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings: Settings = dataclasses.replace(current(), **chosen)
    serve_box(box, isolate=isolate, trust=trust, settings=settings, say=_say_json if as_json else _say)


def _say_json(serving: Serving) -> None:
    emit_json(serving._asdict())


def _say(serving: Serving) -> None:
    result(f"serving {serving.name}:{serving.version} {serving.digest} on {serving.url}")
