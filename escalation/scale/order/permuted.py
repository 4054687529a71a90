"""How often chance gives as strong an order: p of a rank score over permutations."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln

from escalation.scale.order.intervalorder import IntervalOrder
from escalation.scale.order.permutation import enumerated_hits, random_hits

__all__ = ["fewer", "p_value"]

_RANDOM_UP_TO = 2_000  # rows; beyond it the normal law takes over
_USUAL_ROWS = 32  # an arrangement of more rows counts against `limit` in proportion
_BLOCK = 1_000_000  # codes drawn at once: 8 MB
_WORK = 5_000_000  # codes permuted in all: .3 s for 2,000 rows


def fewer(time: IntervalOrder, value: IntervalOrder) -> tuple[int | float, IntervalOrder, IntervalOrder]:
    """Return the number of arrangements, the order to permute and the order that stays.

    Permuting levels over times or times over levels gives the same law of S*; fewer arrangements are cheaper.
    """
    by_time, by_value = _arrangements(time), _arrangements(value)
    return (by_time, time, value) if by_time < by_value else (by_value, value, time)


def _arrangements(order: IntervalOrder) -> int | float:
    """Return n! / Π m_c! for classes of m_c rows, or inf where that is 1e300 or more."""
    rows = order.classes()[2]
    if gammaln(rows.sum() + 1) - gammaln(rows + 1).sum() >= 300 * math.log(10):
        return math.inf
    upto = np.cumsum(rows).tolist()
    return math.prod(math.comb(total, here) for total, here in zip(upto, rows.tolist(), strict=True))


def p_value(
    score: int,
    carried: IntervalOrder,
    swept: IntervalOrder,
    arrangements: int | float,
    rng: np.random.Generator,
    limit: int,
    replicates: int,
) -> tuple[float, str, float]:
    """Return p, the method and the Monte Carlo standard error."""
    n = carried.low.size
    if not (carried.decided and swept.decided):
        return 1.0, "exact", 0.0
    if n > _RANDOM_UP_TO and arrangements * n > _USUAL_ROWS * limit:
        return math.erfc(abs(score) / math.sqrt(2 * _variance(carried, swept))), "normal", math.nan
    low, high, rows = carried.classes()
    codes = np.repeat(np.arange(rows.size), rows)
    problem = (low, high, *swept.sweep(), abs(score))
    if arrangements * max(n, _USUAL_ROWS) <= _USUAL_ROWS * limit:
        hits, visited = enumerated_hits(codes, *problem)
        return hits / visited, "exact", 0.0
    hits = 0
    replicates = max(min(replicates, _WORK // n), 1)
    block = max(1, _BLOCK // n)
    for done in range(0, replicates, block):
        deck = np.tile(codes, (min(block, replicates - done), 1))
        hits += random_hits(rng.permuted(deck, axis=1), *problem)
    p = (1 + hits) / (1 + replicates)
    return p, "random permutations", math.sqrt(p * (1 - p) / replicates)


def _variance(one: IntervalOrder, other: IntervalOrder) -> float:
    """Return the exact variance of S* over permutations.

    For antisymmetric matrices a and b of signs, E(Σ a_ij b_ij)² runs over pairs of pairs (i,j), (k,l). The same pair,
    in either order, gives 2 Σa² Σb² / n(n-1). One index in common, in four places whose signs cancel, gives
    4 (Σr² - Σa²)(Σs² - Σb²) / n(n-1)(n-2), with r and s the row sums. Four different indices give 0: all entries of
    a sum to 0, and so do the terms of the square of that sum which share an index. S is half of Σ a_ij b_ij, and
    Σa² is twice the number of decided pairs.
    """
    n = one.low.size
    pairs = n * (n - 1)
    shared = (one.squares - 2 * one.decided) * (other.squares - 2 * other.decided)
    return 2 * one.decided * other.decided / pairs + (shared / (pairs * (n - 2)) if n > 2 else 0.0)
