"""`boxship list`."""

import click

import boxship
from boxship.cli.output import emit_json, json_option, table
from boxship.core.shown import size


@click.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List every name and version in the store."""
    found = boxship.list()
    if as_json:
        emit_json(
            [
                {
                    "name": one.name,
                    "version": one.version,
                    "digest": None if one.digest is None else str(one.digest),
                    "latest": one.latest,
                    "adapter": one.adapter,
                    "size_bytes": one.size_bytes,
                    "proofs": one.proofs,
                    "fault": one.fault or None,
                }
                for one in found
            ]
        )
    elif not found:
        click.echo("no boxes yet: boxship pack MODEL --data FILE --name NAME makes one", err=True)
    else:
        rows = [
            (
                one.name,
                one.version + (" (latest)" if one.latest else ""),
                "?" if one.digest is None else one.digest.short,
                one.adapter,
                size(one.size_bytes),
                one.fault or f"{one.proofs} proof{'s' * (one.proofs != 1)}",
            )
            for one in found
        ]
        table(rows, ("NAME", "VERSION", "DIGEST", "ADAPTER", "SIZE", "STATE"))
