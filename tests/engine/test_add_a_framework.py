"""What the page on adding a framework shows is enough: its file and its row, in a Boxship of one's own."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import boxship

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-framework.md"


def block(name: str) -> str:
    found = re.search(rf"<!-- file: {name} -->\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, name
    return found[1]


def test_one_file_and_one_row_make_a_framework(tmp_path: Path) -> None:
    source = tmp_path / "src" / "boxship"
    shutil.copytree(Path(boxship.__file__).parent, source)
    (source / "adapters" / "scorecard.py").write_text(block("scorecard.py"))
    table = source / "adapters" / "__init__.py"
    row = "".join(line.removeprefix("+") for line in block("row.diff").splitlines(keepends=True))
    table.write_text(table.read_text().replace('    "python": Plug(', f'{row}    "python": Plug('))

    (tmp_path / "model.points").write_text('{"age": 0.5, "visits": 2}')
    lines = [f"{age},{age % 7},{age / 2 + 2 * (age % 7)}" for age in range(100)]
    (tmp_path / "people.csv").write_text("age,visits,score\n" + "\n".join(lines))
    env = {**os.environ, "PYTHONPATH": str(source.parent), "BOXSHIP_HOME": str(tmp_path / "home")}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "boxship", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=env, check=True, capture_output=True, text=True
        ).stdout

    run("pack", "model.points", "--data", "people.csv", "--target", "score", "--name", "points")
    answer = json.loads(run("call", "points", "--row", '{"age": 40, "visits": 1}', "--json"))
    assert (answer["prediction"], answer["verdict"]) == (22.0, "ok")
