"""`boxship check`."""

import click

import boxship
from boxship.cli.output import emit_json, fail, json_option, quiet_option, result, talk, trust_option


@click.command()
@click.argument("box", required=False)
@click.option("--no-proof", is_flag=True, help="Verify the bytes only.")
@trust_option
@json_option
@quiet_option
def check(box: str | None, no_proof: bool, trust: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Verify every byte of BOX and prove it again; without BOX, verify the whole store."""
    say = talk(quiet=quiet or as_json)
    if box is None:
        return _store(as_json=as_json, quiet=quiet)
    found = boxship.check(box, proof=not no_proof, trust=trust, say=say)
    if as_json:
        emit_json(
            {
                "digest": str(found.digest),
                "files": found.files,
                "bytes": found.bytes,
                "proven": found.proof is not None,
                "differences": found.differences,
                "added": found.added,
            }
        )
        return 0
    result(f"{found.digest}: {found.files} files, every byte is right")
    if found.proof is not None:
        for machine, worst in found.differences.items():
            result(f"proven again; answers as proven on {machine}, largest difference {worst:.2g}")
        if found.added:
            result(f"a proof for {found.proof.machine_class} was added")
    return 0


def _store(*, as_json: bool, quiet: bool) -> int:
    faults = boxship.check_store(say=talk(quiet=quiet or as_json))
    if as_json:
        emit_json({"faults": [{"code": one.code, "message": one.message} for one in faults]})
    elif not faults:
        result("the store is whole")
    else:
        for one in faults:
            fail(one, as_json=False)
    return 1 if faults else 0
