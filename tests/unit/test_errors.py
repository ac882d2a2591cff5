import ast
from collections.abc import Iterator
from pathlib import Path

import boxship

SOURCE = Path(boxship.__file__).parent


def without_hint(tree: ast.AST) -> Iterator[int]:
    """Lines that make an error of a code and a message, and no third argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error") and node.args:
            first = node.args[0]
            is_code = isinstance(first, ast.Constant) and "." in str(first.value)
            if is_code and len(node.args) < 3 and not any(word.arg == "hint" for word in node.keywords):
                yield node.lineno


def test_every_error_has_a_hint() -> None:
    found = {
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        for line in without_hint(ast.parse(path.read_bytes()))
    }
    assert found == set()
