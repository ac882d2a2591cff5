"""Every block of the README and of docs/ runs, or says in the file why it cannot.

A page is run from top to bottom. The first tutorial starts from nothing, the others where it ended: in its
folder, with its boxes and rooms. A second pack of one content also says that it is known; a page need not.

- ```console```: lines after `$ ` are run by bash; what is shown below them has to be their output, where
  `...` stands for anything and blanks do not count. A command has to end with 0, or with N under `<!-- exit: N -->`.
- ```python``` is executed; a ```text``` block right below it has to be what it printed.
- `<!-- file: NAME -->` above any block: it is written to that file and not run.
- `<!-- not run: REASON -->` above a block: it is not run; its boxship commands are still looked up.
- ```toml``` and ```json``` have to be readable; ```text``` and others are not looked at.
"""

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest

from boxship.cli import commands
from needs import framework_lacking, missing

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorials" / "first-box.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "changes" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
EXAMPLES = ["pack_dataframe.py", "own_transformer/train.py"]
MODULES = ["own_transformer/ratios.py"]  # what a program imports
MARK = "=== ended with"
_BLOCK = re.compile(r"((?:<!-- [^\n]* -->\n)*)\n?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (file|not run|exit): (.*?) -->")
_KNOWN = re.compile(r"^\S+ is known content; .*\n", re.MULTILINE)
_CHECKER = doctest.OutputChecker()


@dataclass(frozen=True)
class Block:
    """One fenced block and the comments above it."""

    line: int
    kind: str
    text: str
    notes: Mapping[str, str]


@dataclass
class Run:
    """A page as it runs: its folder, its Python names, what the last Python block printed."""

    folder: Path
    env: Mapping[str, str]
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__page__"})
    printed: str = ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(3))
        found.append(Block(line, match[2], match[3], dict(_COMMENT.findall(match[1]))))
    return found


def run_page(page: Path, folder: Path, env: Mapping[str, str]) -> None:
    run, before = Run(folder, env), None
    for block in blocks(page):
        try:
            _run(block, run, before)
        except Exception as error:
            raise AssertionError(f"{page.relative_to(ROOT)} line {block.line}: {error}") from error
        before = block


def _run(block: Block, run: Run, before: Block | None) -> None:
    if "file" in block.notes:
        (run.folder / block.notes["file"]).write_text(block.text, "utf-8")
    elif "not run" in block.notes:
        assert len(block.notes["not run"]) > 10, "it has to say why it is not run"
    elif block.kind in ("console", "bash"):
        _run_console(block, run)
    elif block.kind == "python":
        run.printed = _run_python(block, run)
    elif block.kind == "text" and before and before.kind == "python" and not before.notes:
        _compare("the block above", block.text, run.printed)
    elif block.kind == "toml":
        tomllib.loads(block.text)
    elif block.kind == "json":
        json.loads(block.text)


def _run_console(block: Block, run: Run) -> None:
    steps = list(_steps(block))
    script = "".join(f'{command}\nprintf "\\n{MARK} %s\\n" "$?"\n' for command, _ in steps)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=run.folder,
        env=run.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        text=True,
    )
    said = re.split(rf"\n{MARK} (\d+)\n", done.stdout)
    assert len(said) == 2 * len(steps) + 1, done.stdout
    for number, (command, expected) in enumerate(steps):
        output, status = said[2 * number], int(said[2 * number + 1])
        last = number == len(steps) - 1
        wanted = int(block.notes.get("exit", 0)) if last else 0
        assert status == wanted, f"`{command}` ended with {status}:\n{output}"
        if expected:
            _compare(command, expected, output)


def _steps(block: Block) -> Iterator[tuple[str, str]]:
    """Commands, which may go on after a backslash, and the output shown below each."""
    if block.kind == "bash":
        yield block.text, ""
        return
    command, output, goes_on = "", "", False
    for line in block.text.splitlines():
        if goes_on or line.startswith("$ "):
            if not goes_on and command:
                yield command, output
                command, output = "", ""
            command += ("\n" if goes_on else "") + line.removeprefix("$ ")
            goes_on = line.endswith("\\")
        else:
            output += line + "\n"
    assert command, "a console block has lines that begin with '$ '"
    yield command, output


def _run_python(block: Block, run: Run) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile("\n" * block.line + block.text, "page", "exec"), run.names)  # noqa: S102  # our own pages
    return out.getvalue()


def _compare(what: str, expected: str, got: str) -> None:
    if _KNOWN.search(got) and not _KNOWN.search(expected):
        got = _KNOWN.sub("", got)
    same = _CHECKER.check_output("".join(expected.split()), "".join(got.split()), doctest.ELLIPSIS)
    assert same, f"`{what}` gives\n{got}\nand the page shows\n{expected}"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of all pages: one home, with rooms that are made once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOXSHIP_")}
    kept.pop("VIRTUAL_ENV", None)
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "BOXSHIP_HOME": str(tmp_path_factory.mktemp("docs-home"))}


@pytest.fixture(scope="session")
def programs(
    shared: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, subprocess.Popen[str]]]:
    """The examples, which run while the pages do: they make rooms that the pages then find."""
    folder = tmp_path_factory.mktemp("programs") / "examples"
    shutil.copytree(ROOT / "examples", folder)
    with contextlib.ExitStack() as stack:
        started = {}
        for example in EXAMPLES:
            program = folder / example
            started[example] = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, program.name],
                    cwd=program.parent,
                    env=shared,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            stack.callback(started[example].kill)
        yield started


@pytest.fixture(scope="session")
def tutorial(
    shared: Mapping[str, str],
    programs: Mapping[str, subprocess.Popen[str]],  # they have to run by now
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder that the first tutorial leaves behind."""
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        _enter(folder, shared, patch)
        run_page(TUTORIAL, folder, shared)
    return folder


def _enter(folder: Path, env: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    patch.chdir(folder)
    patch.syspath_prepend(folder)
    patch.setenv("BOXSHIP_HOME", env["BOXSHIP_HOME"])
    patch.delenv("VIRTUAL_ENV", raising=False)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_page_runs(
    page: Path,
    shared: Mapping[str, str],
    tutorial: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if page == TUTORIAL:
        return  # the fixture ran it
    for block in blocks(page):
        if (
            block.kind == "python"
            and "not run" not in block.notes
            and (lacking := framework_lacking(block.text))
        ):
            missing(f"{lacking} is not installed: make frameworks")
    _enter(tutorial, shared, monkeypatch)
    run_page(page, tutorial, shared)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_commands_of_a_page_exist(page: Path) -> None:
    """Also those of blocks that are not run, and those inside a line of text."""
    group = click.Context(commands)
    for block in blocks(page):
        if block.kind not in ("console", "bash"):
            continue
        for command, _ in _steps(block):
            for words in _boxship_calls(command):
                verb = commands.get_command(group, words[0])
                assert verb is not None, f"line {block.line}: there is no boxship {words[0]}"
                options = {name for one in verb.params for name in (*one.opts, *one.secondary_opts)}
                given = {word.split("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
                assert given <= options | {"--help", "-h"}, f"line {block.line}: {given - options}"


def _boxship_calls(command: str) -> Iterator[list[str]]:
    for part in re.split(r"[|;&]+|\n", command.replace("\\\n", " ")):
        with contextlib.suppress(ValueError):
            words = shlex.split(part, comments=True)
            if "boxship" in words and (rest := words[words.index("boxship") + 1 :]) and rest[0][0].isalpha():
                yield rest


def test_every_example_is_run() -> None:
    found = [str(path.relative_to(ROOT / "examples")) for path in (ROOT / "examples").rglob("*.py")]
    assert sorted(found) == sorted([*EXAMPLES, *MODULES])


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(example: str, programs: Mapping[str, subprocess.Popen[str]]) -> None:
    assert (ROOT / "examples" / example).read_text("utf-8").count("\n") < 60
    said, _ = programs[example].communicate(timeout=300)
    assert programs[example].returncode == 0, said
    assert "sha256:" in said
