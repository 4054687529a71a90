"""What lies surely below and surely above each of several ranges: the order that ranges allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["IntervalOrder"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class IntervalOrder:
    """An interval order: what lies wholly below and above each row, the ranks of its ends, and its classes.

    Of two rows of an interval order, one's set of rows below contains the other's; likewise above. So the sizes of
    the two sets identify a row's place, and their ranks are ends in the smallest representation (Greenough 1976):
    i lies below j iff ``high[i] < low[j]``. Rows with the same ends are one class; no permutation tells them apart.
    """

    below: Ints
    above: Ints
    low: Ints
    high: Ints

    @classmethod
    def of(cls, low: NDArray[Any], high: NDArray[Any]) -> IntervalOrder:
        """Read the order off ranges; `low` and `high` of shape (n,)."""
        below = _places(high, low, "left")
        above = low.size - _places(low, high, "right")
        from_top = _dense_ranks(above)
        return cls(below, above, _dense_ranks(below), from_top.max(initial=0) - from_top)

    @property
    def decided(self) -> int:
        """Pairs whose order is known."""
        return int(self.below.sum())

    @property
    def squares(self) -> int:
        """Sum of the squared row sums of the matrix of signs."""
        square = (self.below - self.above) ** 2  # summed in halves: the whole passes 2^63 from 2 million rows on
        return (int((square >> 32).sum()) << 32) + int((square & 0xFFFFFFFF).sum())

    def classes(self) -> tuple[Ints, Ints, Ints]:
        """Return the ends of each class and its number of rows, in canonical order."""
        ends = int(self.high.max(initial=0)) + 1
        found, rows = np.unique(self.low * ends + self.high, return_counts=True)
        return found // ends, found % ends, rows

    def sweep(self) -> tuple[Ints, Ints]:
        """Return ``below`` in canonical order of rows, and the rows of that order by upper end."""
        rows = np.lexsort((self.high, self.low))
        return self.below[rows], np.argsort(self.high[rows], kind="stable")


def _places(ends: NDArray[Any], points: NDArray[Any], side: Literal["left", "right"]) -> Ints:
    """Return ``searchsorted`` of `points` in the sorted `ends`. Taken in order, 1e5 days need 4 ms, else 11."""
    rows = np.argsort(points)
    places = np.empty(points.size, dtype=np.int64)
    places[rows] = np.searchsorted(np.sort(ends), points[rows], side=side)
    return places


def _dense_ranks(sizes: Ints) -> Ints:
    """Return the rank, from 0 and without gaps, of each of n whole numbers 0..n."""
    seen = np.zeros(sizes.size + 1, dtype=np.int64)
    seen[sizes] = 1
    return (np.cumsum(seen) - 1)[sizes]
