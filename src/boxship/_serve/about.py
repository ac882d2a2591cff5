"""What is served, as every protocol may say it."""

from collections.abc import Callable
from typing import NamedTuple

from boxship.box import Box
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.settings import Settings
from boxship.stores import LocalStore, Named


class About(NamedTuple):
    """A box under its name. `ready` may change with every call; more rows than `most_rows` are not read."""

    box: Digest
    name: str
    version: str
    adapter: str
    contract: Contract
    ready: Callable[[], bool] = lambda: True
    most_rows: int = 100_000
    predict_route: str = ""  # paths that a platform names, beside ours
    health_route: str = ""


def about(box: Box, wanted: str, settings: Settings) -> About:
    """The name that was asked for, if it is one of the box's; else one of these; else the digest's beginning."""
    pointers = LocalStore(settings.home / "store").pointers()
    names = [one for one in pointers if isinstance(one, Named) and one.digest == box.digest]
    named = next((one for one in names if wanted in (one.name, f"{one.name}:{one.version}")), None)
    named = named or next(iter(names), None)
    name, version = (named.name, named.version) if named else (box.digest.short.removeprefix("sha256:"), "1")
    adapter, contract = box.manifest.adapter, box.contract
    return About(
        box.digest,
        name,
        version,
        adapter,
        contract,
        most_rows=settings.rows,
        predict_route=settings.predict_route,
        health_route=settings.health_route,
    )
