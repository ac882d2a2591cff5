"""The reference is what the code says, and every link leads somewhere."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import boxship
from boxship import adapters, codecs, errors, frames
from boxship._pack.wishes import FieldWish, OutputWish, Wishes
from boxship.cli import VERBS
from boxship.settings import Settings
from boxship.validate.condition import BY_SEGMENT
from boxship.validate.flip import flips
from boxship.validate.measure import measure
from boxship.validate.outcome import Outcome

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "changes" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()


@pytest.mark.parametrize(
    ("page", "text"), GENERATE.pages().items(), ids=lambda value: getattr(value, "stem", "")
)
def test_page_is_what_make_docs_writes(page: Path, text: str) -> None:
    assert page.read_text("utf-8") == text, "run make docs"
    assert GENERATE.TO_WRITE not in text, "a row waits for its words"


def test_every_code_of_the_sources_has_one_line() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (REFERENCE / "errors.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == GENERATE.codes()


@pytest.mark.parametrize(
    "code",
    # one of each way a code is written down: raised, in a table, chosen by `if`, put together, in a constant
    [
        "box.damaged",
        "room.offline",
        "store.disk_full",
        "room.died",
        "contract.out_of_range",
        "model.not_finite",
        "data.not_utf8",
    ],
)
def test_codes_are_found_however_they_are_written(code: str) -> None:
    assert code in GENERATE.codes()


def test_a_new_code_is_missed(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("raise BoxError('box.brand_new', 'a sentence')\n")
    assert GENERATE.codes(tmp_path) == ["box.brand_new"]


def test_every_setting_is_documented() -> None:
    text = (REFERENCE / "settings.md").read_text("utf-8")
    for one in fields(Settings):
        assert f"| `{one.name}` | `BOXSHIP_{one.name.upper()}` |" in text


def test_every_class_of_errors_is_documented() -> None:
    text = (REFERENCE / "errors.md").read_text("utf-8")
    classes = ["BoxshipError", *(one.__name__ for one in errors.BoxshipError.__subclasses__())]
    assert [name for name in classes if f"`{name}`" not in text] == []


def test_every_key_of_the_contract_file_is_documented() -> None:
    text = (REFERENCE / "contract-file.md").read_text("utf-8")
    keys = [key for one in (FieldWish, OutputWish) for key in one.__struct_fields__]
    assert [key for key in keys if f"| `{key}` |" not in text] == []
    assert [key for key in Wishes.__struct_fields__ if key not in text] == []


def test_every_command_and_no_other_is_documented() -> None:
    text = (REFERENCE / "commands.md").read_text("utf-8")
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == list(VERBS)
    json_text = (REFERENCE / "json.md").read_text("utf-8")
    assert [verb for verb in VERBS if f"`{verb}`" not in json_text] == []


def test_the_layers_of_the_picture_are_those_that_are_enforced() -> None:
    enforced = (ROOT / ".importlinter").read_text("utf-8").partition("layers =\n")[2].partition("\n\n")[0]
    picture = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8").split("```")[1]
    rows = [line.split("   ")[0] for line in picture.splitlines()[1:]]
    shown = [set(line.split()) for line in rows]
    assert shown == [set(line.replace("|", " ").split()) for line in enforced.splitlines()]


def test_every_public_name_is_documented() -> None:
    text = (REFERENCE / "python.md").read_text("utf-8")
    assert [name for name in boxship.__all__ if f"\n## {name}\n" not in text] == []


def test_every_plug_is_documented() -> None:
    text = (REFERENCE / "plugs.md").read_text("utf-8")
    names = [*adapters.ADAPTERS, *frames.PLUGS, *codecs.CODECS]
    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_without_blocks(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{target} is not there"
        if anchor:
            assert anchor in _anchors(place), f"{path} has no heading #{anchor}"


def test_every_page_is_reached_from_the_index() -> None:
    linked = {
        (ROOT / "docs" / target.split("#")[0]).resolve()
        for target in _LINK.findall((ROOT / "docs" / "index.md").read_text("utf-8"))
    }
    assert [page.name for page in PAGES if "docs" in page.parts and page not in linked] == ["index.md"]


def _without_blocks(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_metric_is_documented() -> None:
    text = (REFERENCE / "metrics.md").read_text("utf-8")
    nothing, shares = np.empty(0, np.intp), np.empty((0, 2))
    outcomes = [
        Outcome("y", "classes", nothing, nothing, ("class", "other"), shares),
        Outcome("y", "numbers", nothing, nothing),
        Outcome("y", "clusters", nothing, nothing),
    ]
    names = {one.name for outcome in outcomes for one in measure(outcome) if "[other]" not in one.name}
    names |= {one.name for one in flips(outcomes[0], outcomes[0]).metrics}
    assert sorted(name for name in names if f"`{name}`" not in text) == []
    assert [name for name in BY_SEGMENT if f"`{name}`" not in text.partition("## Conditions")[2]] == []
