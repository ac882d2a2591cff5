"""Models that would remember a row when they answer the next one."""

from boxship.errors import BoxError


def keeps_state(model: str, what: str) -> BoxError:
    """The error for a model that changed when it was asked."""
    return BoxError(
        "model.keeps_state",
        f"the {model} changes {what} when it is asked, so that its answer depends on the rows before",
        "let it keep nothing between calls: a sequence is one row, given as a tensor, whole",
    )


def answers_otherwise(model: str) -> BoxError:
    """The error for a model that answers the same rows otherwise, sooner or later."""
    return BoxError(
        "model.keeps_state",
        f"the {model} answers the rows of its first call otherwise when it is asked for them again",
        "let it keep nothing between calls, and draw nothing by lot",
    )
