"""Archives of torch.export that would run something when they are loaded."""

from typing import NoReturn

from boxship.errors import BoxError


def refuse(what: str) -> NoReturn:
    raise BoxError(
        "model.unsafe_archive",
        f"the archive {what}: to load it could run anything",
        "export the model again with torch.export.save, from tensors and operators of torch alone",
    )
