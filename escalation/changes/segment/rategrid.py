"""Optimal segmentation where each regime's rate is one of K given rates, for any cost of a day.

``g_k(t) = min(g_k(t - 1), F(t - 1) + penalty) + cost of day t at rate k`` and ``F(t) = min over k of g_k(t)``: the most
probable path of a chain that may jump anywhere at a fixed price. O(nK) time. Used for the negative binomial with
variance (1 + phi) times the mean (NB1), whose cost is no function of two sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import gammaln

from escalation.changes.segment.families import OPTIONS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# No value is NaN: the smallest of K values may be taken in any order.
_jit: Any = njit(**OPTIONS, fastmath={"nnan", "nsz"})
#: Days whose costs are laid out at one time.
BLOCK = 4096


@_jit
def _walk(table: Floats, row: Ints, first: int, penalty: float, g: Floats, since: Ints, out: Ints, rate: Ints) -> None:
    """Go on over some days.

    Parameters
    ----------
    table, row
        Cost of each distinct day at each rate, shape (U, K); which of them each day is, shape (days,).
    first
        Days before these.
    penalty
        Cost of a change.
    g, since
        Cost at each rate and the last day before its regime, shape (K,); both are updated.
    out, rate
        For each number of days, the last day before the last regime and its rate, shape (n + 1,); filled in.
    """
    K = g.size
    best = g[rate[first]]
    for d in range(row.size):
        t = first + d + 1
        enter = best + penalty if t > 1 else 0.0
        c = table[row[d]]
        best = np.inf
        for k in range(K):
            new = enter < g[k]
            v = (enter if new else g[k]) + c[k]
            since[k] = t - 1 if new else since[k]
            g[k] = v
            best = min(best, v)
        k = rate[t - 1]
        if g[k] != best:
            k = 0
            while g[k] != best:
                k += 1
        out[t], rate[t] = since[k], k


def day_costs(y: Ints, e: Floats, rates: Floats, phi: float) -> Floats:
    """-2 log-likelihood of each day at each rate under NB1, without the terms that hold no rate; shape (days, K).

    The mean is rate times exposure and the variance (1 + phi) times the mean, so that sums over days are NB1 again.

    Examples
    --------
    >>> day_costs(np.array([0]), np.array([2.0]), np.array([1.5]), 1.0).round(4)  # 2 * 3 * log 2
    array([[4.1589]])
    """
    shape = e[:, None] * rates / phi
    some = np.where(y[:, None] > 0, gammaln(y[:, None] + shape) - gammaln(shape), 0.0)
    return np.asarray(2.0 * (shape * np.log1p(phi) - some))


def best_path(y: Ints, e: Floats, rates: Floats, phi: float, penalty: float) -> tuple[Ints, Ints, float]:
    """Optimal segmentation of NB1 counts on a grid of rates.

    Parameters
    ----------
    y, e
        Counts and exposures (above 0) of the observed days, shape (n,).
    rates
        Rates that a regime may have, shape (K,).
    phi
        Variance over mean, less one; above 0.
    penalty
        Cost of a change, 0 or more.

    Returns
    -------
    out, rate, cost
        For each number of days t, the last day before the last regime of an optimum of days 1..t, and the place of its
        rate in `rates`, each shape (n + 1,); penalised cost of all days.

    Examples
    --------
    >>> out, rate, _ = best_path(np.array([0, 0, 9, 9]), np.ones(4), np.array([0.1, 9.0]), 0.5, 4.0)
    >>> int(out[4]), int(rate[4])
    (2, 1)
    """
    n, K = y.size, rates.size
    g, since = np.full(K, np.inf), np.zeros(K, np.int64)
    out, rate = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for first in range(0, n, BLOCK):
        days = np.stack([y[first : first + BLOCK].astype(np.float64), e[first : first + BLOCK]])
        distinct, row = np.unique(days, axis=1, return_inverse=True)
        table = day_costs(distinct[0].astype(np.int64), distinct[1], rates, phi)
        _walk(table, np.asarray(row, np.int64).ravel(), first, penalty, g, since, out, rate)
    return out, rate, float(g[rate[n]])
