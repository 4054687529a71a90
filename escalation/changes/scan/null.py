"""What a scan finds if the rate is constant: series with the same total, and their statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.changes.scan.kernel import scan_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shares = tuple[Floats, Floats, Floats]

#: Counts simulated at once; bounds the memory, not the number of replicates.
CELLS = 2_000_000


def shares_of(weight: Floats) -> Shares:
    """Shares of exposure: of each day, up to each day but the last, and after it (summed from the end: never 0)."""
    share = weight / weight.sum()
    return share, np.cumsum(share)[:-1], np.cumsum(share[::-1])[::-1][1:].copy()


def scan_each(rows: Ints, shares: Shares) -> tuple[Floats, Floats]:
    """Poisson statistic and phi of each row, shape (rows,)."""
    statistic, pearson = np.empty(len(rows)), np.empty(len(rows))
    scan_rows(rows, *shares, statistic, pearson)
    return statistic, np.maximum(pearson - 1.0, 0.0)


def null_statistics(
    total: int, shares: Shares, phi: float, family: str, replicates: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Statistics of series with one rate and this total, shape (replicates,)."""
    at_once = max(1, CELLS // shares[0].size)
    parts = []
    for first in range(0, replicates, at_once):
        rows = constant_rate(total, shares[0], phi, min(at_once, replicates - first), rng)
        statistic, spread = scan_each(rows, shares)
        parts.append(statistic / (1.0 + spread) if family == "nb1" else statistic)
    return np.concatenate(parts)


def constant_rate(total: int, share: Floats, phi: float, rows: int, rng: np.random.Generator) -> Ints:
    """Draw counts with one rate given their total, shape (rows, n): multinomial, or Dirichlet-multinomial (NB1)."""
    if phi <= 0.0:
        return rng.multinomial(total, share, size=rows)
    chance = rng.standard_gamma(share * total / phi, size=(rows, share.size))
    mass = chance.sum(axis=1, keepdims=True)
    lost = np.flatnonzero(mass[:, 0] < np.finfo(np.float64).tiny)
    # All gammas underflow only if all shape parameters are tiny: then one day has everything.
    chance[lost] = rng.multinomial(1, share, size=lost.size)
    mass[lost] = 1.0
    return rng.multinomial(total, chance / mass)
