"""Estimators of boosted trees whose objective is not of their kind."""

from boxship.errors import BoxError

_GIVE = {True: "the probabilities of classes", False: "numbers"}


def check_kind(kind: str, objective: str, *, labels: bool) -> None:
    """Raise where the trees of a `classifier` give numbers, or those of a `regressor` classes.

    The estimator answers otherwise than its trees do, and their file does not tell.
    """
    if kind == ("regressor" if labels else "classifier"):
        other = "classifier" if labels else "regressor"
        raise BoxError(
            "model.unsupported_kind",
            f"the model is a {kind} with the objective {objective}, which is for {_GIVE[labels]}",
            f"fit a {other} of the same library with this objective, or a {kind} with one of its own",
        )
