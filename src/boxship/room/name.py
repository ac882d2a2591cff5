"""The one spelling of a distribution's name."""

import re


def normalise(name: str) -> str:
    """Lower case, runs of `-_.` one dash (PEP 503); right for extras too (PEP 685)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
