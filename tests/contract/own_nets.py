"""Networks as users write them."""

import torch


class Digits(torch.nn.Module):
    """Flat rows in, scores out; with what is different in training."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(64)
        self.hidden = torch.nn.Linear(64, 16)
        self.drop = torch.nn.Dropout(0.5)
        self.out = torch.nn.Linear(16, 10)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.out(self.drop(torch.relu(self.hidden(self.norm(rows)))))


class Line(torch.nn.Module):
    """Three numbers in, two out."""

    def __init__(self) -> None:
        super().__init__()
        self.out = torch.nn.Linear(3, 2, dtype=torch.float64)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.out(rows)


class Words(torch.nn.Module):
    """Integers are looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.EmbeddingBag(20, 4)
        self.out = torch.nn.Linear(4, 1)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.table(words))


class Two(torch.nn.Module):
    """Two tensors a row, two answers by name."""

    def __init__(self) -> None:
        super().__init__()
        self.out = torch.nn.Linear(3, 1, dtype=torch.float64)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"sum": self.out(left + right), "most": torch.maximum(left, right)}


class Counts(torch.nn.Module):
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return rows.sum(1) + self.calls


class Later(torch.nn.Module):
    """Answers otherwise from some call on, or changes a tensor there."""

    def __init__(self, call: int, *, adds: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(1))
        self.call, self.adds, self.calls = call, adds, 0

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls < self.call:
            return rows.sum(1) + self.shift
        if not self.adds:
            self.shift += 1
        return rows.sum(1) + self.shift + self.adds


def later_2() -> torch.nn.Module:
    return Later(2)


def later_3() -> torch.nn.Module:
    return Later(3)


def later_20() -> torch.nn.Module:
    return Later(20)


def later_tensor() -> torch.nn.Module:
    return Later(90, adds=0.0)


class WorksInPlace(torch.nn.Module):
    """Scales the rows that it is given, where they lie."""

    def __init__(self) -> None:
        super().__init__()
        self.out = torch.nn.Linear(64, 2)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        rows /= 16
        return self.out(rows)


class Beside(torch.nn.Module):
    """Gives a tensor, and what the class is made for says."""

    def __init__(self, beside: object) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.beside = beside

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, object]:
        return (rows.sum(1) * self.weight).bfloat16(), self.beside


def none_beside() -> torch.nn.Module:
    return Beside(None)


def number_beside() -> torch.nn.Module:
    return Beside(3)


def wide() -> torch.nn.Module:
    return torch.nn.Linear(64, 11)


def number() -> float:
    return 1.0


class Seen(torch.nn.Module):
    """Looks at an image."""

    def __init__(self) -> None:
        super().__init__()
        self.look = torch.nn.Conv2d(1, 4, 3)
        self.norm = torch.nn.BatchNorm2d(4)
        self.out = torch.nn.Linear(4, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        seen = torch.nn.functional.gelu(self.norm(self.look(image)))
        return torch.softmax(self.out(seen.mean((2, 3))), 1)


class Looked(torch.nn.Module):
    """Numbers that are looked up, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(20, 4)
        self.out = torch.nn.Conv1d(5, 1, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.table(words))[:, 0]
