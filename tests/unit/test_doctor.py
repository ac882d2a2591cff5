import sys
from pathlib import Path

import pytest

import boxship


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_a_home_where_nothing_can_be_kept_is_no_full_disk() -> None:
    settings = boxship.Settings(home=Path("/proc/x"), isolation="off")
    (found,) = [one for one in boxship.doctor(settings=settings) if one.what == "home"]
    assert (found.state, found.words, found.hint) == (
        "broken",
        "/proc/x cannot be written",
        "set BOXSHIP_HOME",
    )
