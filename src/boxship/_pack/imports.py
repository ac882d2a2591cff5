"""What the source of a module imports, and what of it may be missing."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from boxship.errors import BoxError, UsageError

_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class Import(NamedTuple):
    """A top-level name; `optional` where the module goes on without it."""

    top: str
    optional: bool


def imports_of(path: Path) -> set[Import]:
    """Imports anywhere in the file; relative ones stay inside, and those for type checkers are none.

    Inside `try`, with a handler that catches `ImportError`, they are optional, as are those of the
    handler; and inside `contextlib.suppress(ImportError)`.
    """
    try:
        return set(_among(ast.parse(path.read_bytes(), str(path)).body, optional=False))
    except SyntaxError as error:
        message = f"{path.name} line {error.lineno} is not Python: {error.msg}"
        raise BoxError("code.not_python", message, "correct it") from error
    except ValueError as error:  # a null byte, in older Pythons
        raise BoxError("code.not_python", f"{path.name} is not Python: {error}", "correct it") from error
    except (RecursionError, MemoryError) as error:
        message = f"an expression in {path.name} is nested too deep to be read"
        raise BoxError("code.not_python", message, "keep data in a file of its own, not in code") from error
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise UsageError("code.unreadable", message, "check its permissions") from error


def _among(nodes: Sequence[ast.AST], *, optional: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name.split(".")[0], optional) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                yield Import(node.module.split(".")[0], optional)
        elif isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
            yield from _among(node.orelse, optional=optional)
        elif isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items):
            yield from _among(node.body, optional=True)
        elif isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
            yield from _among([*node.body, *node.handlers, *node.orelse], optional=True)
            yield from _among(node.finalbody, optional=optional)
        else:
            yield from _among(list(ast.iter_child_nodes(node)), optional=optional)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or _name(kind) in _GUARDS for kind in kinds)


def _suppresses(called: ast.expr) -> bool:
    if not isinstance(called, ast.Call) or _name(called.func) != "suppress":
        return False
    return any(_name(kind) in _GUARDS for kind in called.args)


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
