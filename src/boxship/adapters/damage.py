"""Files of models that are not whole."""

from pathlib import Path

from boxship.errors import BoxError


def damaged(path: Path, why: str) -> BoxError:
    """The error for a file that is not what it says, or not all of it."""
    return BoxError("model.damaged", f"{path.name} is damaged: {why}", "copy or save the model again")
