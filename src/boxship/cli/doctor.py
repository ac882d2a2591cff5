"""`boxship doctor`."""

import click

import boxship
from boxship.cli.output import emit_json, json_option, result

_MARKS = {"ok": "ok  ", "missing": "-   ", "broken": "FAIL"}


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what works on this machine, what is missing, and what to type."""
    findings = boxship.doctor()
    if as_json:
        emit_json([vars(one) for one in findings])
    else:
        for one in findings:
            result(f"{_MARKS[one.state]} {one.what}: {one.words}")
            if one.hint:
                result(f"     {one.hint}")
    return 1 if any(one.state == "broken" for one in findings) else 0
