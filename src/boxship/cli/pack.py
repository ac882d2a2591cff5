"""`boxship pack`."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import click

import boxship
from boxship.cli.output import emit_json, json_option, quiet_option, result, talk, trust_option
from boxship.cli.pair import pairs
from boxship.errors import UsageError

T = TypeVar("T", int, float)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--data",
    required=True,
    help="Training data: .csv .tsv .json .jsonl .ndjson .parquet .pq .arrow .feather .npy .npz",
)
@click.option(
    "--target", "targets", multiple=True, metavar="COLUMN", help="The column, or columns, that it predicts."
)
@click.option("--name", required=True, help="What the box is called: lower-case, digits, - _ .")
@click.option("--version", help="A version, written once. Default: the next integer.")
@click.option("--contract", type=click.Path(path_type=Path), help="A TOML file of wishes for the contract.")
@click.option("--unit", "units", multiple=True, metavar="FIELD=UNIT", help="The unit of a field.")
@click.option("--sensitive", multiple=True, metavar="FIELD", help="Keep nothing of this field's values.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="[FIELD.]VIOLATION=POLICY",
    help="reject flag clip impute allow",
)
@click.option("--threshold", type=float, help="Probability from which the second of two classes is chosen.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="A column of the data that is no input.")
@click.option("--code", multiple=True, type=click.Path(path_type=Path), help="Your own module or package.")
@click.option("--entry", metavar="MODULE:NAME", help="What makes the module that a file of weights is of.")
@click.option(
    "--state", multiple=True, type=click.Path(path_type=Path), help="A file that your own class reads."
)
@trust_option
@click.option(
    "--require", multiple=True, metavar="MODULE", help="A module the model needs and does not name."
)
@click.option("--golden", help="Rows to prove it on, instead of drawn ones.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=NUMBER", help="A metric, for the card.")
@click.option("--seed", "seeds", multiple=True, metavar="NAME=INTEGER", help="A seed, for the card.")
@click.option("--note", "notes", multiple=True, metavar="NAME=TEXT", help="Anything else, for the card.")
@click.option("--link", "links", multiple=True, metavar="NAME=URL", help="A link, for the attestation.")
@click.option(
    "--python", type=click.Path(path_type=Path), help="The interpreter that has the model's libraries."
)
@click.option("--no-twin", is_flag=True, help="Make no twin; the framework answers.")
@click.option("--twin-only", is_flag=True, help="Fail where the model can have no twin.")
@click.option("--onnx", is_flag=True, help="Write it as an ONNX file too, for others to run.")
@json_option
@quiet_option
def pack(  # noqa: PLR0913  # one parameter an option
    model: Path,
    data: str,
    targets: tuple[str, ...],
    name: str,
    version: str | None,
    contract: Path | None,
    units: tuple[str, ...],
    sensitive: tuple[str, ...],
    policies: tuple[str, ...],
    threshold: float | None,
    drop: tuple[str, ...],
    code: tuple[Path, ...],
    entry: str | None,
    state: tuple[Path, ...],
    trust: tuple[str, ...],
    require: tuple[str, ...],
    golden: str | None,
    metrics: tuple[str, ...],
    seeds: tuple[str, ...],
    notes: tuple[str, ...],
    links: tuple[str, ...],
    python: Path | None,
    no_twin: bool,
    twin_only: bool,
    onnx: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a box of MODEL and its training data, prove it in a clean room, and name it.

    MODEL is a file, or a function or class of your own as package.module:name.

    The digest is printed only when the box has loaded, answered its golden rows and refused bad
    input in an environment made from its own lock. The same inputs again: the same digest, at once.
    """
    packed = boxship.pack(
        model,
        data,
        targets or None,
        name=name,
        version=version,
        contract=contract,
        units=pairs("--unit", units),
        sensitive=sensitive,
        policies=pairs("--policy", policies),
        threshold=threshold,
        drop=drop,
        code=code,
        entry=entry,
        state=state,
        trust=trust,
        require=require,
        golden=golden,
        metrics={key: _number("--metric", text) for key, text in pairs("--metric", metrics).items()},
        seeds={key: _integer("--seed", text) for key, text in pairs("--seed", seeds).items()},
        notes=pairs("--note", notes),
        links=pairs("--link", links),
        python=python,
        twin=_twin(no=no_twin, only=twin_only),
        onnx=onnx,
        say=talk(quiet=quiet or as_json),
    )
    proof = packed.proof
    if as_json:
        emit_json(
            {
                "name": packed.name,
                "version": packed.version,
                "digest": str(packed.digest),
                "known": packed.known,
                "folder": str(packed.folder),
                "twin": packed.twin,
                "onnx": packed.onnx and str(packed.onnx),
                "proof": {
                    "machine": proof.machine,
                    "isolation": proof.isolation,
                    "cold_start_s": proof.cold_start_s,
                    "load_s": proof.load_s,
                    "memory_bytes": proof.memory_bytes,
                    "golden": proof.trial.verdicts,
                    "bad_input": proof.trial.bad_input,
                },
                "notes": packed.notes,
            }
        )
        return
    if packed.known and not quiet:
        click.echo(
            f"{packed.name}:{packed.version} is known content; it is now the latest {packed.name}", err=True
        )
    result(f"{packed.name}:{packed.version} {packed.digest}")
    result(f"proven: {proof.words()}")
    if packed.twin:
        result(f"twin: {packed.twin.words()}")
    if packed.onnx:
        result(f"ONNX: {packed.onnx}")
    for note in (*packed.notes, *(f"proof: {why}" for why in _why(proof.isolation))):
        click.echo(f"note: {note}", err=True)  # --quiet too: what is odd about the box is part of the result
    if not quiet:
        click.echo(f"next: boxship inspect {packed.name}", err=True)


def _why(isolation: dict[str, str | bool | tuple[str, ...]]) -> tuple[str, ...]:
    found = isolation.get("why", ())
    return found if isinstance(found, tuple) else ()


def _twin(*, no: bool, only: bool) -> Literal["auto", "none", "only"]:
    if no and only:
        raise UsageError("cli.one_of", "--no-twin and --twin-only contradict each other", "give one of them")
    return "none" if no else "only" if only else "auto"


def _number(option: str, text: str) -> float:
    return _read(float, "a number, as in NAME=0.93", option, text)


def _integer(option: str, text: str) -> int:
    return _read(int, "an integer, as in NAME=42", option, text)


def _read(kind: Callable[[str], T], what: str, option: str, text: str) -> T:
    try:
        return kind(text)
    except ValueError as error:
        raise UsageError(
            "cli.not_a_number", f"{option} takes no {text[:40]!r}", f"{option} takes {what}"
        ) from error
