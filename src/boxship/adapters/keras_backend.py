"""Which backend Keras runs on: it is no requirement of Keras, so nothing but the surroundings tell."""

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec

from boxship.errors import HostError

BACKENDS = ("tensorflow", "jax", "torch")
_VARIABLE = "KERAS_BACKEND"


def needed(installed: Collection[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The backend that Keras would take there: what its user chose, else the only one that is installed.

    Keras writes its file by itself, with a backend that nobody chose: one that is not installed is none.
    """
    chosen = environ.get(_VARIABLE)
    there = [one for one in BACKENDS if one in installed]
    offered = [chosen] if chosen else [_configured(environ), *there[: len(there) == 1]]
    for one in offered:
        if one in there:
            return (str(one),)
    has = f"it has {' and '.join(there)}" if there else f"it has none of {', '.join(BACKENDS)}"
    wanted = f"{_VARIABLE} names {chosen}, which is not installed" if chosen else f"{_VARIABLE} names none"
    raise HostError(
        "adapter.no_backend",
        f"it cannot be told on which backend Keras runs in this environment: {wanted}, and {has}",
        f"{_VARIABLE}=jax boxship pack ..., with the one the model was trained on",
        {"chosen": chosen, "installed": there},
    )


@contextmanager
def chosen() -> Iterator[None]:
    """For the import of Keras, which asks the surroundings alone: in a room, which has one backend, that is it."""
    if "keras" in sys.modules:
        yield
        return
    before = os.environ.get(_VARIABLE)
    try:
        os.environ[_VARIABLE] = needed([one for one in BACKENDS if find_spec(one)], os.environ)[0]
    except HostError as error:
        raise ImportError(error.message) from error
    try:
        yield
    finally:
        del os.environ[_VARIABLE]
        if before is not None:
            os.environ[_VARIABLE] = before


def _configured(environ: Mapping[str, str]) -> str | None:
    """What the file that Keras keeps for its user says."""
    folder = environ.get("KERAS_HOME") or f"{environ.get('HOME', '')}/.keras"
    try:
        found = msgspec.json.decode(Path(folder, "keras.json").read_bytes(), type=dict[str, object])
    except (OSError, msgspec.MsgspecError):
        return None
    name = found.get("backend")
    return name if isinstance(name, str) else None
