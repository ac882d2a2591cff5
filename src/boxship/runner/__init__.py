"""Using a box: verdicts, predict, observe; in this process or in its room."""

from boxship.runner.local import Runner
from boxship.runner.open import open_runner

__all__ = ["Runner", "open_runner"]
