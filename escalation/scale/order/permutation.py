"""Kendall's score of two interval orders, and the same over permutations of one of them, compiled.

One order is *swept*: its rows are sorted by their lower end, and ``below[j]`` rows, the first of ``by_high``, lie
wholly below row j. The other is *carried*: ends are ranks 0..m-1, and i lies below j where ``high[i] < low[j]``. Two
Fenwick trees (Fenwick 1994) hold the ends met so far, so that a score costs O(n log m).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["count_pairs", "enumerated_hits", "random_hits"]

Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _add(tree: Ints, rank: int) -> None:
    """Count one more end at `rank` (0-based)."""
    node = rank + 1
    while node < tree.shape[0]:
        tree[node] += 1
        node += node & -node


@njit(cache=True, nogil=True)
def _count_below(tree: Ints, rank: int) -> int:
    """Return how many ends lie at ranks less than `rank`."""
    total, node = 0, rank
    while node > 0:
        total += tree[node]
        node -= node & -node
    return total


@njit(cache=True, nogil=True)
def count_pairs(below: Ints, by_high: Ints, low: Ints, high: Ints, lows: Ints, highs: Ints) -> tuple[int, int]:
    """Return the numbers of concordant and discordant pairs.

    Parameters
    ----------
    below, by_high
        The swept order: rows wholly below each row, ascending; row numbers in order of the upper end. Shape (n,).
    low, high
        Ranks of the ends of the carried order in the same rows, shape (n,).
    lows, highs
        Room for the two trees, shape (m + 1,); overwritten.
    """
    lows[:] = 0
    highs[:] = 0
    concordant, discordant, met = 0, 0, 0
    for j in range(below.shape[0]):
        while met < below[j]:
            row = by_high[met]
            _add(lows, low[row])
            _add(highs, high[row])
            met += 1
        concordant += _count_below(highs, low[j])
        discordant += met - _count_below(lows, high[j] + 1)
    return concordant, discordant


@njit(cache=True, nogil=True)
def _reaches(codes: Ints, low: Ints, high: Ints, below: Ints, by_high: Ints, score: int, room: Ints) -> bool:
    """Return whether the arrangement `codes` of the carried classes has a score at least as far from 0 as `score`."""
    n = codes.shape[0]
    for row in range(n):
        room[0, row] = low[codes[row]]
        room[1, row] = high[codes[row]]
    m = room.shape[1] - 1
    concordant, discordant = count_pairs(below, by_high, room[0, :n], room[1, :n], room[2, : m + 1], room[3, : m + 1])
    return abs(concordant - discordant) >= score


@njit(cache=True, nogil=True)
def _advance(codes: Ints) -> bool:
    """Turn `codes` into the next arrangement in lexical order; False after the last (Knuth, 7.2.1.2, algorithm L)."""
    n = codes.shape[0]
    pivot = n - 2
    while pivot >= 0 and codes[pivot] >= codes[pivot + 1]:
        pivot -= 1
    if pivot < 0:
        return False
    other = n - 1
    while codes[other] <= codes[pivot]:
        other -= 1
    codes[pivot], codes[other] = codes[other], codes[pivot]
    left, right = pivot + 1, n - 1
    while left < right:
        codes[left], codes[right] = codes[right], codes[left]
        left += 1
        right -= 1
    return True


@njit(cache=True, nogil=True)
def enumerated_hits(codes: Ints, low: Ints, high: Ints, below: Ints, by_high: Ints, score: int) -> tuple[int, int]:
    """Return how many distinct arrangements have ``|S*| >= score``, and how many there are.

    Parameters
    ----------
    codes
        Class of each row, ascending, shape (n,); left unchanged.
    low, high
        Ranks of the ends of each class.
    below, by_high
        The swept order, as in `count_pairs`.
    score
        Absolute observed score.
    """
    arrangement = codes.copy()
    room = np.empty((4, codes.shape[0] + 1), dtype=np.int64)
    hits, visited = 0, 0
    more = True
    while more:
        hits += _reaches(arrangement, low, high, below, by_high, score, room)
        visited += 1
        more = _advance(arrangement)
    return hits, visited


@njit(cache=True, nogil=True)
def random_hits(rows: Ints, low: Ints, high: Ints, below: Ints, by_high: Ints, score: int) -> int:
    """Return how many of the arrangements `rows`, shape (replicates, n), have ``|S*| >= score``."""
    room = np.empty((4, rows.shape[1] + 1), dtype=np.int64)
    hits = 0
    for r in range(rows.shape[0]):
        hits += _reaches(rows[r], low, high, below, by_high, score, room)
    return hits


@njit(cache=True, nogil=True)
def block_scores(blocks: Ints, orders: Ints) -> Ints:
    """Return Kendall's score of level with time for days in each of several orders.

    Parameters
    ----------
    blocks
        Incidents of each day by level, shape (D, K).
    orders
        Which day comes first, second, …, shape (m, D).
    """
    m, D = orders.shape
    K = blocks.shape[1]
    out = np.zeros(m, dtype=np.int64)
    before = np.zeros(K, dtype=np.int64)
    for r in range(m):
        before[:] = 0
        total, score = 0, 0
        for t in range(D):
            block = blocks[orders[r, t]]
            below = 0
            for k in range(K):
                above = total - below - before[k]
                score += block[k] * (below - above)
                below += before[k]
            for k in range(K):
                before[k] += block[k]
                total += block[k]
        out[r] = score
    return out
