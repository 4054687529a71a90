"""A provisional curve of the total, only to turn lags of days into numbers of incidents.

The likelihood of a report speaks of lags and ages in days; a report carries counts. The exchange rate is the slope
of a robust non-decreasing curve through the statements: isotonic regression in the L1 sense (weighted medians pooled
by adjacent violators; Robertson, Wright & Dykstra 1988), which a stale or wrong number does not bend.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from escalation.reconstruct.grouping import Statement

Floats = NDArray[np.float64]

#: Share of the mean rate below which no local rate is taken to lie.
FLOOR = 0.25


def weighted_median(values: Floats, weights: Floats) -> float:
    """Lower weighted median.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 5.0, 9.0]), np.array([1.0, 1.0, 3.0]))
    9.0
    """
    order = np.argsort(values, kind="stable")
    run = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(run, run[-1] / 2)])


def isotonic_l1(values: Floats, weights: Floats) -> Floats:
    """Non-decreasing fit that minimises the weighted sum of absolute errors.

    Examples
    --------
    >>> isotonic_l1(np.array([1.0, 9.0, 3.0, 4.0]), np.ones(4)).tolist()
    [1.0, 3.0, 3.0, 4.0]
    """
    blocks: list[tuple[int, int, float]] = []
    for i, value in enumerate(values):
        blocks.append((i, i + 1, float(value)))
        while len(blocks) > 1 and blocks[-2][2] >= blocks[-1][2]:
            first, last = blocks[-2][0], blocks[-1][1]
            blocks[-2:] = [(first, last, weighted_median(values[first:last], weights[first:last]))]
    out = np.empty(len(values))
    for first, last, value in blocks:
        out[first:last] = value
    return out


def provisional_curve(statements: Sequence[Statement], T: int, open_start: bool) -> Floats:
    """Provisional total at the end of day 0..T, shape (T + 1,). Repeats have no say: a copy is not a measurement."""
    own = [s for s in statements if s.origin == 0] or list(statements)
    first = [s for s in own if not s.repeats]
    day = np.array([s.day for s in first], dtype=float)
    value = np.array([(s.count + s.count_high) / 2 if s.count_high is not None else s.count for s in first], float)
    weight = np.array([(0.5 if s.approx else 1.0) * (1.0 if "exact" in s.bounds else 0.5) for s in first])
    if not open_start:
        day, value = np.concatenate([[0.0], day]), np.concatenate([[0.0], value])
        weight = np.concatenate([[1e9], weight])
    order = np.argsort(day, kind="stable")
    fitted = isotonic_l1(value[order], weight[order])
    days, index = np.unique(day[order], return_index=True)
    level = np.array([fitted[i:j].mean() for i, j in zip(index, [*index[1:], len(fitted)], strict=True)])
    return np.asarray(np.interp(np.arange(T + 1), days, level))


def mean_rate(curve: Floats) -> float:
    """Incidents per day over the whole curve, kept away from zero."""
    return max(float(curve[-1] - curve[0]) / max(curve.size - 1, 1), 0.02)


def within_lags(curve: Floats, day: int, lags: Sequence[float]) -> tuple[float, ...]:
    """Incidents expected within each lag (days) before the end of `day`."""
    floor = FLOOR * mean_rate(curve)
    at = np.arange(curve.size)
    ends = [curve[day] - float(np.interp(day - lag, at, curve)) for lag in lags]
    return tuple(max(end, floor * lag) for end, lag in zip(ends, lags, strict=True))
