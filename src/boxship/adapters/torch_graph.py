"""What in a program's graph makes an answer depend on more than its row: chance, neighbours, earlier calls."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx import GraphModule, Node

from boxship.errors import BoxError

_TRAINS = ("train", "training")  # arguments of operators that drop values or count statistics
_SHARE = "dropout_p"


def refuse_training(program: ExportedProgram) -> None:
    """Raise for a program that was exported for training, or that draws numbers."""
    if program.graph_signature.buffers_to_mutate or program.graph_signature.user_inputs_to_mutate:
        raise _trains("it changes with each call")
    for node in _nodes(program):
        arguments = _arguments(node)
        if any(arguments.get(name) is True for name in _TRAINS):
            raise _trains(f"{node.target} is in it as for training")
        if _draws(node, arguments):
            raise BoxError(
                "model.random",
                f"the program calls {node.target}, which draws other numbers at each call",
                "export a module that draws none, or that takes what is drawn as an input",
                {"operator": str(node.target)},
            )


def _nodes(program: ExportedProgram) -> Iterator[Node]:
    """Of the graph, and of those that it chooses between or repeats."""
    for module in program.graph_module.modules():
        if isinstance(module, GraphModule):
            yield from module.graph.nodes


def _arguments(node: Node) -> dict[str, Any]:
    """What an operator is called with, and the defaults of what it is not."""
    schema = getattr(node.target, "_schema", None)
    given: dict[str, Any] = {one.name: one.default_value for one in schema.arguments} if schema else {}
    return {**given, **dict(zip(given, node.args, strict=False)), **node.kwargs}


def _draws(node: Node, arguments: dict[str, Any]) -> bool:
    """Unless it does so in training alone, or by a share that is none."""
    if torch.Tag.nondeterministic_seeded not in getattr(node.target, "tags", ()):
        return False
    switches = [arguments[name] for name in (*_TRAINS, _SHARE) if name in arguments]
    return not switches or any(switches)


def _trains(what: str) -> BoxError:
    return BoxError(
        "model.train_mode",
        f"the program was exported for training: {what}",
        "call model.eval() and export it again",
    )
