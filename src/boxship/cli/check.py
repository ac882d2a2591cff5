"""`boxship check`."""

from pathlib import Path

import click

import boxship
from boxship.cli.output import emit_json, fail, json_option, quiet_option, result, table, talk, trust_option
from boxship.cli.pair import pairs
from boxship.core.shown import at_most
from boxship.errors import BoxshipError, UsageError
from boxship.frames import FILES
from boxship.validate.report import Validation
from boxship.validate.text import lines, tables


@click.command()
@click.argument("box", required=False)
@click.option("--no-proof", is_flag=True, help="Verify the bytes only.")
@click.option(
    "--on", "data", metavar="DATA", help=f"Measure it on rows whose truth is known: {' '.join(FILES)}"
)
@click.option(
    "--target",
    multiple=True,
    metavar="COLUMN",
    help="With --on: the true values, one column a output. Default: as packed.",
)
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="VALUE=CLASS",
    help="With --on: the class that a value of the target stands for, as in yes=1.",
)
@click.option("--against", metavar="BOX", help="With --on: another box, asked for the same rows.")
@click.option(
    "--segment", multiple=True, metavar="COLUMN", help="With --on: look into it; by default into all inputs."
)
@click.option(
    "--fail-on",
    metavar="CONDITIONS",
    help="With --on: exit with 1 where one holds, as in 'auc<0.9, flips>2%'.",
)
@click.option("--report", metavar="FILE", help="With --on: write a report, .html or .json.")
@trust_option
@json_option
@quiet_option
def check(  # noqa: PLR0913  # one parameter an option
    box: str | None,
    no_proof: bool,
    data: str | None,
    target: tuple[str, ...],
    classes: tuple[str, ...],
    against: str | None,
    segment: tuple[str, ...],
    fail_on: str | None,
    report: str | None,
    trust: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Verify every byte of BOX and prove it again; without BOX, verify the whole store.

    With --on, measure its answers to rows whose truth is known, and prove nothing.
    """
    say = talk(quiet=quiet or as_json)
    if data is not None:
        if box is None or no_proof:
            raise UsageError("cli.one_of", "--on wants a box, and no --no-proof", _EXAMPLE)
        found = boxship.check_on(
            box,
            Path(data),
            list(dict.fromkeys(target)) or None,
            classes=pairs("--class", classes),
            against=against,
            segments=segment,
            fail_on=fail_on,
            report=report,
            trust=trust,
            say=say,
        )
        return _on_data(found, report, as_json=as_json)
    if target or classes or against or segment or fail_on is not None or report:
        raise UsageError("cli.needs_on", "what was asked for needs rows whose truth is known", _EXAMPLE)
    if box is None:
        return _store(as_json=as_json, quiet=quiet)
    return _one(box, proof=not no_proof, trust=trust, quiet=quiet, as_json=as_json)


_EXAMPLE = "boxship check churn --on test.csv --target churned"


def _one(box: str, *, proof: bool, trust: tuple[str, ...], quiet: bool, as_json: bool) -> int:
    found = boxship.check(box, proof=proof, trust=trust, say=talk(quiet=quiet or as_json))
    if as_json:
        emit_json(
            {
                "digest": str(found.digest),
                "files": found.files,
                "bytes": found.bytes,
                "proven": found.proof is not None,
                "differences": found.differences,
                "added": found.added,
                "twin": found.twin,
            }
        )
        return 0
    result(f"{found.digest}: {found.files} files, every byte is right")
    if found.proof is not None:
        for machine, worst in found.differences.items():
            result(f"proven again; answers as proven on {machine}, largest difference {at_most(worst)}")
        if found.added:
            result(f"a proof for {found.proof.machine_class} was added")
        if found.twin is not None:
            result(f"twin: {found.twin.words()}")
    return 0


def _on_data(found: Validation, report: str | None, *, as_json: bool) -> int:
    if as_json:
        emit_json(found.plain())
        return 1 if found.failed else 0
    for line in lines(found):
        result(line)
    for heading, header, rows in tables(found):
        result(click.style(f"\n{heading}", bold=True))
        table(rows, header)
    if report is not None:
        result(f"\nreport: {report}")
    return 1 if found.failed else 0


def _store(*, as_json: bool, quiet: bool) -> int:
    faults = boxship.check_store(say=talk(quiet=quiet or as_json))
    if as_json:
        emit_json({"faults": [_plain(one) for one in faults]})
    elif not faults:
        result("the store is whole")
    for one in () if as_json else faults:
        fail(one, as_json=False)
    return 1 if faults else 0


def _plain(fault: BoxshipError) -> dict[str, object]:
    """A fault of a pointer or a blob is of no box."""
    of = {key: value for key, value in fault.detail.items() if key in ("box", "names")}
    return {"code": fault.code, "message": fault.message, "hint": fault.hint, **of}
