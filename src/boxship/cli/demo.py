"""`boxship demo`."""

import click

import boxship
from boxship.cli.output import emit_json, json_option


@click.command()
@json_option
def demo(as_json: bool) -> None:
    """Train a small real model, pack it, prove it and use it, saying what to type at each step."""
    shown = boxship.demo(say=lambda text: click.echo(text, err=as_json))
    if as_json:
        emit_json(shown)
