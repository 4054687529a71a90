"""Trend of levels when incidents of one day resemble each other: p with whole days permuted."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from escalation.scale.order.permutation import block_scores

__all__ = ["day_block_p"]

Ints = NDArray[np.int64]

_LISTED = 8  # days whose orders are all listed: 8! = 40,320
_WORK = 10_000_000  # days permuted in all
_RANDOM_UP_TO = 2_000  # days; beyond it the normal law takes over


def day_block_p(
    day: ArrayLike, rung: ArrayLike, levels: int, *, rng: np.random.Generator, replicates: int = 19_999
) -> tuple[float, float]:
    """Return the two-sided p of Kendall's score of level with day, permuting days with all their incidents.

    Permuting incidents takes them as exchangeable. Attacks of one day often use one weapon, and then a trend is found
    where there is none: in 600 series of 60 incidents without a trend, p was below .1 in .24 with pairs of one weapon
    on a day and in .36 with threes. With whole days it was in .09 and .10. Likeness from day to day inflates both:
    where each incident repeated the weapon of the one before with probability .3, p was below .1 in .23 and .18.

    Parameters
    ----------
    day
        Day of each incident, shape (n,). Where it is known only as a range: its middle.
    rung
        Level of each incident, 0 to `levels` - 1, shape (n,).
    levels
        Number of levels.
    rng
        Source of random permutations; unused up to 8 days, where all orders are listed.
    replicates
        Random permutations at most; fewer with many days.

    Returns
    -------
    p, error : float
        Share of orders whose score is at least as far from 0, and its Monte Carlo standard error: 0 if all orders were
        listed, NaN above 2,000 days, where p is that of the normal law with the exact variance.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> day_block_p([0, 0, 5, 5], [0, 0, 1, 1], 2, rng=rng)
    (1.0, 0.0)
    """
    when, level = np.asarray(day, dtype=np.int64), np.asarray(rung, dtype=np.int64)
    days, at = np.unique(when, return_inverse=True)
    blocks = np.zeros((days.size, levels), dtype=np.int64)
    np.add.at(blocks, (at, level), 1)
    D = days.size
    actual = abs(int(block_scores(blocks, np.arange(D)[None])[0]))
    if D <= _LISTED:
        orders = np.array(list(permutations(range(D))), dtype=np.int64).reshape(math.factorial(D), D)
        return float((np.abs(block_scores(blocks, orders)) >= actual).mean()), 0.0
    if D > _RANDOM_UP_TO:
        return math.erfc(actual / math.sqrt(2 * _variance(blocks))), math.nan
    # Days with the same incidents are the same, in whichever order they come.
    blocks = blocks[np.lexsort(blocks.T)]
    number = min(replicates, _WORK // D)
    hits, size = 0, max(1, 1_000_000 // D)
    for done in range(0, number, size):
        orders = rng.permuted(np.tile(np.arange(D), (min(size, number - done), 1)), axis=1)
        hits += int((np.abs(block_scores(blocks, orders)) >= actual).sum())
    p = (1 + hits) / (1 + number)
    return p, math.sqrt(p * (1 - p) / number)


def _variance(blocks: Ints) -> float:
    """Return the exact variance of the score over all orders of the days.

    The score of days i before j is m_ij = b_i' J b_j, with b the counts by level and J_kl = sign(l - k). This is
    Daniels' coefficient with antisymmetric matrices sign(j - i) and m, whose variance is as in `permuted._variance`;
    Σ m_ij² is the trace of G J G J' with G = Σ b_i b_i', and the row sums of m are those of b J applied to all days.
    """
    D, K = blocks.shape
    b = blocks.astype(np.float64)
    J = np.sign(np.arange(K)[None] - np.arange(K)[:, None]).astype(np.float64)
    G = b.T @ b
    squares, rows = float(np.trace(G @ J @ G @ J.T)), float(((b @ J @ b.sum(axis=0)) ** 2).sum())
    pairs = D * (D - 1.0)
    time_rows = D * (D * D - 1.0) / 3.0  # sum over days of (days before - days after)²
    return float(squares / 2.0 + (time_rows - pairs) * (rows - squares) / (pairs * (D - 2.0)))
