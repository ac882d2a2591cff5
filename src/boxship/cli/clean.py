"""`boxship clean`."""

import click

import boxship
from boxship.cli.output import emit_json, json_option, result
from boxship.core.shown import size


@click.command()
@click.option("--rooms", is_flag=True, help="Remove all rooms too; they are made again when needed.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def clean(rooms: bool, dry_run: bool, as_json: bool) -> None:
    """Remove boxes that no name points to, rooms that no box needs, and what killed packs left."""
    done = boxship.clean(rooms=rooms, dry_run=dry_run)
    if as_json:
        boxes = [str(digest) for digest in done.boxes]
        emit_json({"boxes": boxes, "rooms": done.rooms, "freed_bytes": done.freed_bytes, "dry_run": dry_run})
        return
    would = "would remove" if dry_run else "removed"
    result(f"{would} {len(done.boxes)} boxes and {len(done.rooms)} rooms, {size(done.freed_bytes)} of blobs")
