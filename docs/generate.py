"""Writes the generated parts of the reference from the code: `make docs`.

`commands.md` and `python.md` are written whole. In `errors.md` and `settings.md` the rows come from the
code and the words from people: a row that is gone is dropped, a new one waits for its words. Elsewhere
only what stands between `<!-- generated: NAME -->` and `<!-- end -->` is written.
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

import boxship
from boxship import adapters, codecs, frames
from boxship._pack import prove
from boxship.cli import VERBS, commands
from boxship.core import attestation, card, contract, manifest, observation, profile, table_bytes
from boxship.core.type import FLOATS, INTEGERS, KINDS, LOOSE, MOMENTS
from boxship.settings import Settings
from boxship.validate import change, claim, condition, flip, metric, number, part, report, score, weak

DOCS = Path(__file__).parent
SOURCE = DOCS.parent / "src" / "boxship"
TO_WRITE = "(not written yet)"

_CODE = re.compile(r"[a-z_]+\.[a-z0-9_]+")
_ROW = re.compile(r"\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
_PART = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
# names of files that look like codes
_FILES = (
    ".bin",
    ".in",
    ".jax",
    ".joblib",
    ".json",
    ".keras",
    ".npy",
    ".npz",
    ".onnx",
    ".pt",
    ".pt2",
    ".py",
    ".txt",
)


def pages(docs: Path = DOCS) -> dict[Path, str]:
    """Every page that holds something generated, as it has to be."""
    reference = docs / "reference"
    whole = {
        reference / "commands.md": commands_page(),
        reference / "python.md": python_page(),
        reference / "errors.md": _errors_page((reference / "errors.md").read_text("utf-8")),
        reference / "settings.md": _settings_page((reference / "settings.md").read_text("utf-8")),
    }
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text("utf-8")
        if path not in whole and _PART.search(text):
            whole[path] = _PART.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], text)
    return whole


# commands


def commands_page() -> str:
    out = [
        "# Commands\n",
        "Written by `make docs` from the commands themselves. Results go to standard output, talk and errors "
        "to standard error.\nExit status: 0 done, 1 the answer is no or it failed, 2 asked wrongly, 130 "
        "stopped with Ctrl-C. `boxship --version` and\n`boxship COMMAND --help` work everywhere. A box is "
        "named as [names of boxes](box-format.md#names-of-boxes) says.\n",
    ]
    group = click.Context(commands, info_name="boxship", **commands.context_settings)
    for name in VERBS:
        command = commands.get_command(group, name)
        if command is not None:
            out.append(_command(command, click.Context(command, group, info_name=name)))
    return "\n".join(out)


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## {context.info_name}\n", f"`boxship {context.info_name} {usage}`\n"]
    lines += [inspect.cleandoc(command.help or "") + "\n", "| option | |", "|---|---|"]
    for option in command.get_params(context):
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record is not None:
            again = " May be given several times." if getattr(option, "multiple", False) else ""
            needed = " Required." if option.required else ""
            help_ = record[1].replace("|", "\\|").removesuffix("[required]").strip().removesuffix(";")
            lines.append(f"| `{record[0]}` | {help_.rstrip('.')}.{needed}{again} |")
    return "\n".join(lines) + "\n"


# Python


def python_page() -> str:
    out = [
        "# Python\n",
        "Written by `make docs` from the docstrings. These are the public names of `boxship`; each is imported "
        "when it is first\nused. Everything else may change without notice, but for the "
        "[plugs](plugs.md) and `boxship.testing`.\n",
    ]
    names = sorted(boxship.__all__, key=lambda name: (name[0].isupper(), name))
    out += [_name(name, getattr(boxship, name)) for name in names]
    return "\n".join(out)


def _name(name: str, thing: Any) -> str:  # a function or a class
    out = [f"## {name}\n", f"```text\n{_signature(name, thing)}\n```\n", _doc(thing)]
    if inspect.isclass(thing):
        methods = [
            (key, value)
            for key, value in vars(thing).items()
            if not key.startswith("_") and _has_words(value)
        ]
        out += [f"`{key}`: {_doc(_plain(value)).splitlines()[0]}\n" for key, value in methods]
    return "\n".join(out)


def _signature(name: str, thing: Any) -> str:
    if inspect.isclass(thing) and is_dataclass(thing):
        held = ", ".join(f"{field.name}: {_annotation(field.type)}" for field in fields(thing))
        return _broken(f"{name}({held})")
    found = inspect.signature(thing)
    words = [re.sub(r"<[^>]+>", "...", str(one)) for one in found.parameters.values()]
    keyword = next(
        (i for i, one in enumerate(found.parameters.values()) if one.kind is one.KEYWORD_ONLY), None
    )
    if keyword is not None:
        words.insert(keyword, "*")
    returned = "" if found.return_annotation is found.empty else f" -> {_annotation(found.return_annotation)}"
    return _broken(f"{name}({', '.join(map(_short, words))}){returned}")


def _annotation(found: Any) -> str:
    return _short(found if isinstance(found, str) else inspect.formatannotation(found))


def _short(text: str) -> str:
    text = re.sub(r"numpy\.ndarray\[.*?dtype\[[\w.]+\]\]", "ndarray", text)
    text = re.sub(r"\b(?:boxship|collections|typing|pathlib)\.(?:\w+\.)*", "", text)
    return re.sub(r": '([^']*)'", r": \1", text)


def _broken(text: str) -> str:
    """One parameter a line where the whole would be long."""
    if len(text) <= 100:
        return text
    head, _, rest = text.partition("(")
    inside, _, tail = rest.rpartition(")")
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(inside):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            parts.append(inside[start:place].strip())
            start = place + 1
    parts.append(inside[start:].strip())
    return f"{head}(\n    " + ",\n    ".join(parts) + f",\n){tail}"


def _doc(thing: Any) -> str:
    text = inspect.cleandoc(inspect.getdoc(thing) or "")
    text = re.sub(r"  # doctest: \+SKIP", "", text)
    before, prompt, example = text.partition(">>>")
    indented = "".join(f"    {line}\n" for line in (prompt + example).splitlines())
    return before.rstrip() + ("\n\n" + indented if prompt else "\n")


def _plain(value: Any) -> Any:
    return value.__func__ if isinstance(value, (classmethod, staticmethod)) else value


def _has_words(value: Any) -> bool:
    value = _plain(value)
    return bool(getattr(value, "__doc__", None)) and (callable(value) or isinstance(value, property))


# errors


@cache
def codes(source: Path = SOURCE) -> list[str]:
    """Every code that the sources use: of errors, and of the reasons in an answer."""
    trees = [ast.parse(path.read_bytes()) for path in sorted(source.rglob("*.py"))]
    families = {code.split(".")[0] for tree in trees for code in _raised(tree)}
    found = {code for tree in trees for code in _constants(tree) if code.split(".")[0] in families}
    found |= {f"contract.{word}" for tree in trees for word in _violations(tree)}
    return sorted(code for code in found if not code.endswith(_FILES))


def _raised(tree: ast.AST) -> Iterator[str]:
    """First arguments of what is called SomethingError, and what the reader of numbered formats raises."""
    yield from (code for code in _constants(tree) if code.endswith(".newer_format"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and _CODE.fullmatch(str(first.value)):
                yield str(first.value)


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def _violations(tree: ast.Module) -> Iterator[str]:
    """What is put behind `contract.` at run time: arguments of the functions that do so."""
    if not any(isinstance(node, ast.JoinedStr) and _begins(node, "contract.") for node in ast.walk(tree)):
        return
    yield from contract.VIOLATIONS
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in ("add", "_fault"):
            words = [one.value for one in node.args[1:3] if isinstance(one, ast.Constant)]
            yield from (word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z_]+", word))


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))


def _begins(node: ast.JoinedStr, text: str) -> bool:
    first = node.values[0] if node.values else None
    return isinstance(first, ast.Constant) and first.value == text


def _errors_page(text: str) -> str:
    head, words = _head_and_words(text)
    out, family = [head], ""
    for code in codes():
        if code.split(".")[0] != family:
            family = code.split(".")[0]
            out.append(f"\n## {family}\n\n| code | what it means | what to do |\n|---|---|---|\n")
        out.append(f"| `{code}` | {words.get(code, f'{TO_WRITE} | {TO_WRITE}')} |\n")
    return "".join(out)


def _head_and_words(text: str) -> tuple[str, Mapping[str, str]]:
    head, _, _ = text.partition("\n## ")
    return head.rstrip() + "\n", dict(_ROW.findall(text))


# settings


def _settings_page(text: str) -> str:
    head, words = _head_and_words(text)
    out = [
        head,
        "\n## The settings\n\n| setting | variable | default | why it is there |\n|---|---|---|---|\n",
    ]
    for field in fields(Settings):
        default = "the data folder" if field.default is MISSING else f"`{field.default}`"
        default = {"uv": "found by itself"}.get(field.name, "none") if default == "``" else default
        why = words.get(field.name, TO_WRITE).split(" | ")[-1]
        out.append(f"| `{field.name}` | `BOXSHIP_{field.name.upper()}` | {default} | {why} |\n")
    return "".join(out)


# parts


def _rows(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _adapters() -> str:
    rows = [
        (
            f"`{name}`",
            " ".join(
                f"`{one}`"
                for one in dict.fromkeys(
                    (
                        *(native.suffix for native in plug.natives if native.root),
                        *(adapters.PICKLES if plug.allow.calls or not plug.modules else ()),
                    )
                )
            ),
            ", ".join(plug.modules) or "any of your own, and `package.module:name`",
            f"`{plug.target}`",
        )
        for name, plug in adapters.ADAPTERS.items()
    ]
    return _rows(("adapter", "files", "packages", "plug"), rows)


def _table_of(plugs: Mapping[str, str]) -> Callable[[], str]:
    return lambda: _rows(("name", "plug"), [(f"`{name}`", f"`{target}`") for name, target in plugs.items()])


def _formats() -> str:
    numbers = {
        "manifest.json": manifest.FORMAT,
        "contract.json": contract.FORMAT,
        "profile.bin": profile.FORMAT,
        "golden.in": table_bytes.FORMAT,
        "card.json": card.FORMAT,
        "a proof": prove.FORMAT,
        "an attestation": attestation.FORMAT,
        "an observed row": observation.FORMAT,
    }
    return _rows(("what", "format"), [(f"`{what}`", str(number)) for what, number in numbers.items()])


def _kinds() -> str:
    groups = {"integers": INTEGERS, "floats": FLOATS, "moments": tuple(MOMENTS), "loose": LOOSE}
    rest = tuple(kind for kind in KINDS if not any(kind in group for group in groups.values()))
    rows = [
        (what, " ".join(f"`{kind}`" for kind in kinds)) for what, kinds in {**groups, "others": rest}.items()
    ]
    return _rows(("group", "kinds"), rows)


def _policies() -> str:
    by_default = contract.Policies()
    rows = [
        (f"`{violation}`", f"`{by_default.of(violation)}`", " ".join(f"`{one}`" for one in allowed))
        for violation, allowed in contract._ALLOWED.items()  # noqa: SLF001  # the one table of them
    ]
    return _rows(("violation", "default", "allowed"), rows)


def _testing() -> str:
    """Every public function and class of `boxship.testing`, by the first sentence of its docstring."""
    rows = []
    for path in sorted((SOURCE / "testing").glob("[a-z]*.py")):
        module = importlib.import_module(f"boxship.testing.{path.stem}")
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__
            if name.startswith("_") or not own or not (inspect.isfunction(thing) or inspect.isclass(thing)):
                continue
            rows.append((f"`boxship.testing.{path.stem}.{name}`", _sentence(thing)))
    return _rows(("name", "what it is for"), rows)


def _sentence(thing: Any) -> str:
    return " ".join(_doc(thing).split("\n\n")[0].split()) or TO_WRITE


def _validation() -> str:
    """The keys of every object in the JSON of a check on data."""
    structs: tuple[Any, ...] = (
        *(report.Validation, report.Rows, report.Rejected, report.Output, metric.Metric, report.Confusion),
        *(
            score.Bin,
            number.Residual,
            number.Spread,
            claim.Claim,
            change.Change,
            flip.Flips,
            flip.Pair,
            weak.Segment,
        ),
        *(part.Measured, condition.Held),
    )
    rows = []
    for one in structs:
        keys = " ".join(f"`{key}`" for key in one.__struct_fields__)
        rows.append((one.__name__, _sentence(one), keys))
    return _rows(("object", "what it is", "keys"), rows)


PARTS: Mapping[str, Callable[[], str]] = {
    "validation": _validation,
    "adapters": _adapters,
    "frames": _table_of(frames.PLUGS),
    "codecs": _table_of(codecs.CODECS),
    "formats": _formats,
    "kinds": _kinds,
    "testing": _testing,
    "policies": _policies,
}


def main() -> int:
    for path, text in pages().items():
        path.write_text(text, "utf-8")
        if TO_WRITE in text:
            print(f"{path.relative_to(DOCS.parent)} has rows without words", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
