"""What was asked, in the words of who asked: for the page, and no part of what was found."""

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from boxship.core.digest import Digest
from boxship.settings import Settings
from boxship.stores import LocalStore
from boxship.stores.local import Named


class About(NamedTuple):
    """Names may move and clocks do; the digests of the report stay."""

    box: str  # its name, such as churn:2
    against: str
    data: str
    digest: Digest
    command: str
    when: str


def about(
    box: Digest, data: str, digest: Digest, options: Mapping[str, Sequence[str]], settings: Settings
) -> About:
    """By the names that the boxes have now, and as it would be typed."""
    name, against = name_of(box, settings), " ".join(options["against"])
    typed = [
        word for option, values in options.items() for value in values for word in (f"--{option}", value)
    ]
    command = shlex.join(["boxship", "check", name, "--on", data, *typed])
    when = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return About(name, against, data, digest, command, when)


def name_of(digest: Digest, settings: Settings) -> str:
    """The last of those that this box has here; one in a folder has none."""
    pointers = LocalStore(settings.home / "store").pointers()
    found = [
        f"{one.name}:{one.version}" for one in pointers if isinstance(one, Named) and one.digest == digest
    ]
    return found[-1] if found else str(digest)
