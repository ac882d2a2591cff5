"""What has no twin: a row that the model itself would not take, or a model."""


class RefusedError(ValueError):
    """Raised with the first such row, as the model would raise."""

    def __init__(self, row: int, why: str) -> None:
        super().__init__(f"row {row} holds a value that is {why}")
        self.row = row
        self.why = why


class NoTwinError(Exception):
    """Raised with the reason, in words, why a model is not lowered."""
