"""Options that are written NAME=VALUE."""

from boxship.errors import UsageError


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """What was given with one such option; of a name given twice the last."""
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key or not value:
            raise UsageError("cli.not_a_pair", f"{option} {text!r} is not NAME=VALUE", f"{option} NAME=VALUE")
        found[key] = value
    return found
