"""Blend the smoothed marginals of many models, which may live on different grids of rates, into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.prior import Prior

Floats = NDArray[np.float64]

#: Cells per unit of log rate of the common grid on which averaged rates are reported.
CELLS = 50


@dataclass(frozen=True)
class Part:
    """Smoothed marginals of one model.

    `counts` (T + 1, C): mass of the count at the end of each day. `daily` (T, J): of j incidents on a day. `rate`
    (T, K): of each of `rates` (K,). `change` (T,): probability that a new regime starts.
    """

    log_evidence: float
    counts: Floats
    daily: Floats
    rates: Floats
    rate: Floats
    change: Floats


@dataclass(frozen=True)
class Marginals:
    """Marginals given all reports, averaged over models: those of `Part` and a few more.

    mean_rate
        Posterior mean of the rate on each day, shape (T,).
    no_change, constant, drift_only
        Probability of no jump; of no jump and no drift; of drift without a jump.
    """

    counts: Floats
    daily: Floats
    rates: Floats
    rate: Floats
    change: Floats
    mean_rate: Floats
    no_change: float
    constant: float
    drift_only: float


def _redistribute(mass: Floats, rates: Floats, target: Floats) -> Floats:
    """Move mass (T, K) on cells of one log grid to cells of another by the share of overlap."""
    old = np.log(rates)
    middle = (old[1:] + old[:-1]) / 2
    edges = np.concatenate([[2 * old[0] - middle[0]], middle, [2 * old[-1] - middle[-1]]])
    new = np.log(target)
    wide = (new[1] - new[0]) / 2
    marks = np.concatenate([[-np.inf], (new[1:] + new[:-1]) / 2, [new[-1] + wide]])
    below = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
    at = np.array([np.interp(marks, edges, row) for row in below])
    return np.asarray(np.diff(at, axis=1))


def blend(
    cells: Sequence[tuple[int, int]],
    parts: Sequence[Part],
    weights: Floats,
    prior: Prior,
    no_change: float,
    constant: float,
) -> tuple[Marginals, Floats]:
    """Average marginals with `weights` (V, M); also the mass of the count per variant (V, T + 1, C)."""
    top = max(float(p.rates[-1]) for p in parts)
    lowest = prior.grid[0]
    n = int(np.ceil(np.log(top / lowest) * CELLS)) + 2
    target = lowest * np.exp(np.arange(n) / CELLS)
    J = max(p.daily.shape[1] for p in parts)
    T = parts[0].daily.shape[0]
    by_variant = np.zeros((weights.shape[0], *parts[0].counts.shape))
    daily, rate, change, mean = np.zeros((T, J)), np.zeros((T, n)), np.zeros(T), np.zeros(T)
    by_grid: dict[bytes, tuple[Floats, Floats]] = {}
    for (v, m), part in zip(cells, parts, strict=True):
        w = float(weights[v, m])
        by_variant[v] += w * part.counts
        daily[:, : part.daily.shape[1]] += w * part.daily
        mean += w * (part.rate @ part.rates)
        change += w * part.change
        grid, mass = by_grid.setdefault(part.rates.tobytes(), (part.rates, np.zeros(part.rate.shape)))
        mass += w * part.rate
    for grid, mass in by_grid.values():
        rate += _redistribute(mass, grid, target)
    counts = by_variant.sum(axis=0)
    totals = by_variant.sum(axis=(1, 2), keepdims=True) / by_variant.shape[1]
    by_variant = np.divide(by_variant, totals, out=np.zeros_like(by_variant), where=totals > 0)
    return (
        Marginals(counts, daily, target, rate, change, mean, no_change, constant, no_change - constant),
        by_variant,
    )
