"""Integer rank sums, from which a correlation matrix is made."""

import msgspec
import numpy as np
from numpy.typing import NDArray

COLUMNS = 100
ROWS = 131_072
MISSING = -128  # no score
# Scores are at most 63, so 4096 products stay below 2**24 and every partial sum is an integer that
# float32 holds exactly: whatever order a BLAS adds them in, on whatever CPU, the sum is the same.
_PIECE = 4096


class Ranks(msgspec.Struct, frozen=True, array_like=True):
    """Sums over drawn rows of the columns' scores and of their products, for each pair of columns.

    `products` and `together` (the rows in which both have a value) hold the upper triangle, row by
    row; `together` holds one number where all pairs have the same. A table of more than 131,072 rows
    is drawn from by a stride: the standard error of a correlation is then at most 0.003.
    """

    columns: tuple[str, ...] = ()
    totals: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    together: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, columns: tuple[str, ...], scores: NDArray[np.int8]) -> "Ranks":
        """From the scores, a row a column."""
        size = len(columns)
        products, together = np.zeros((size, size), np.int64), np.zeros((size, size), np.int64)
        totals = np.zeros(size, np.int64)
        for start in range(0, scores.shape[1], _PIECE):
            piece = scores[:, start : start + _PIECE]
            present = piece != MISSING
            part = np.where(present, piece, 0).astype(np.float32)
            products += (part @ part.T).astype(np.int64)
            totals += part.sum(axis=1).astype(np.int64)
            here = present.astype(np.float32)
            together += present.shape[1] if present.all() else (here @ here.T).astype(np.int64)
        upper = np.triu_indices(size)
        return cls(
            columns,
            tuple(totals.tolist()),
            tuple(products[upper].tolist()),
            _shortened(tuple(together[upper].tolist())),
        )

    def merge(self, other: "Ranks") -> "Ranks":
        size = len(self.products)
        pairs = (part.together * (size if len(part.together) == 1 else 1) for part in (self, other))
        return Ranks(
            self.columns,
            tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)),
            tuple(a + b for a, b in zip(self.products, other.products, strict=True)),
            _shortened(tuple(a + b for a, b in zip(*pairs, strict=True))),
        )

    def correlation(self) -> NDArray[np.float64]:
        """Rank correlation of the columns; NaN where a column does not vary or a pair never meets.

        The ranks are those of 64 bins, so a value is at most 1/128 of the rows from its own.
        """
        size = len(self.columns)
        products, together = self._square(self.products), self._square(self.together)
        rows = np.diag(together)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.array(self.totals, np.float64) / rows
            variance = np.diag(products) / rows - mean * mean
            variance[variance <= 0] = np.nan
            covariance = products / together - mean[:, None] * mean[None, :]
            out = covariance / np.sqrt(variance[:, None] * variance[None, :])
        out = np.clip(out, -1.0, 1.0)
        out[np.arange(size), np.arange(size)] = np.where(np.isnan(variance), np.nan, 1.0)
        return out

    def _square(self, triangle: tuple[int, ...]) -> NDArray[np.float64]:
        size = len(self.columns)
        out = np.zeros((size, size))
        out[np.triu_indices(size)] = triangle[0] if len(triangle) == 1 else triangle
        return out + np.triu(out, 1).T


def _shortened(pairs: tuple[int, ...]) -> tuple[int, ...]:
    if not pairs:
        return (0,)
    return pairs[:1] if pairs.count(pairs[0]) == len(pairs) else pairs
