"""`boxship inspect`."""

from typing import Any

import click

import boxship
from boxship.cli.output import emit_json, json_option, result, table
from boxship.core.shown import size


@click.command()
@click.argument("box")
@json_option
def inspect(box: str, as_json: bool) -> None:
    """Show what is inside BOX: contract, lock, sizes, proofs, and what loading it would execute."""
    found = boxship.inspect(box)
    if as_json:
        emit_json(found)
        return
    result(f"{found['digest']}  {found['adapter']}, Python {found['python']}, {size(found['size_bytes'])}")
    for fault in found["faults"]:
        result(f"{click.style('damaged:', fg='red', bold=True)} {fault['message']} [{fault['code']}]")
        result(f"hint: {fault['hint']}")
    _heading("contract")
    contract = found["contract"]
    rows = [_field(field) for field in contract["inputs"]]
    table(rows, ("INPUT", "TYPE", "USUAL", "NOTES"))
    for output in contract["outputs"]:
        classes = f" of {', '.join(map(str, output['classes']))}" if output.get("classes") else ""
        decided = f", {output['classes'][1]} from {output['threshold']}" if "threshold" in output else ""
        calibrated = ", calibrated" if "calibration" in output else ""
        result(f"-> {output['name']}: {output['type']}{classes}{decided}{calibrated}")
    _heading("policies")
    result(", ".join(f"{name} {policy}" for name, policy in contract["policies"].items()))
    _heading("lock")
    result("  ".join(found["lock"]))
    _heading("where the bytes are")
    result(", ".join(f"{part} {size(count)}" for part, count in found["sizes"].items()))
    if found["packages"]:
        result(
            f"in a room: {', '.join(f'{name} {size(count)}' for name, count in found['packages'].items())}"
        )
    _heading("loading it calls")
    shown = found["executes"][:12] or ["nothing: its file is read, and names no code"]
    more = len(found["executes"]) - len(shown)
    result("\n".join(shown) + (f"\nand {more} more" if more > 0 else ""))
    for proof in found["proofs"]:
        _proof(proof)
    for twin in found["twins"][-1:]:
        _twin("twin", twin)
    for twin in found["onnx"][-1:]:
        _twin(f"ONNX file {twin['path']}", twin)
        result(f"asked in {', '.join(twin['packages'])}")
    for attestation in found["attestations"][:1]:
        result(f"packed by {attestation['who']} on {attestation['when']}, {_commit(attestation['commit'])}")


def _twin(title: str, twin: dict[str, Any]) -> None:
    _heading(f"{title}, {size(twin['size_bytes'])}")
    rows = [
        (name, f"{part['rows']:,}", f"{part['answered']:,}", f"{part['difference']:.2g}", str(part["labels"]))
        for name, part in twin["parts"].items()
    ]
    table(rows, ("ROWS", "ASKED", "ANSWERED", "WIDEST DIFFERENCE", "OTHER LABELS"))
    for speed in twin["speeds"]:
        rows_ = "1 row" if speed["rows"] == 1 else f"{speed['rows']:,} rows"
        result(f"{rows_} in {speed['twin_us']:,.0f} us, by the model in {speed['model_us']:,.0f}")


def _commit(found: str | None) -> str:
    return f"commit {found}" if found else "outside of a repository"


def _heading(text: str) -> None:
    result(click.style(f"\n{text}", bold=True))


def _field(field: dict[str, Any]) -> tuple[str, str, str, str]:
    usual = ""
    if field.get("range"):
        usual = f"{field['range'][0]}..{field['range'][1]}"
    elif field.get("categories"):
        usual = ", ".join(map(str, field["categories"][:6])) + (
            " ..." if len(field["categories"]) > 6 else ""
        )
    words = [word for word in ("nullable", "sensitive") if field.get(word)]
    notes = [*words, *([f"in {field['unit']}"] if field.get("unit") else [])]
    notes += [f"{violation}: {policy}" for violation, policy in field.get("policies", {}).items()]
    notes += [f"default {field['default']}"] if "default" in field else []
    return field["name"], field["type"], usual, ", ".join(notes)


def _proof(proof: dict[str, Any]) -> None:
    _heading(f"proof on {proof['machine']['class']}")
    isolation = proof["isolation"]
    result(
        f"network {isolation['network']}, files {isolation['files']}, "
        f"processes {isolation['processes']}, cold start {proof['cold_start_s']} s, {size(proof['memory_bytes'])}"
    )
    cases = [(one["case"], one["answer"], ", ".join(one["codes"])) for one in proof["trial"]["bad_input"]]
    table(cases, ("BAD INPUT", "ANSWER", "CODES"))
