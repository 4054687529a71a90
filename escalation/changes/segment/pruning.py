"""Optimal segmentation under the modified BIC, by inequality pruning.

The modified BIC of Zhang & Siegmund (2007) adds ``3 log n`` per change and ``sum log(n_i / n)`` over the regimes to -2
log-likelihood, n_i being the observed days of regime i. The second term is part of the cost of a regime, C(a, b) =
least cost of days a+1..b plus log((b - a) / n), which is no longer a function of two sums. PELT (Killick, Fearnhead &
Eckley 2012) needs a K with ``C(a, b) + C(b, c) + K <= C(a, c)`` for all c. The least cost alone allows K = 0; with
n1 = b - a and n2 = c - b the logarithms allow ``K = log(n (n1 + n2) / (n1 n2))``. It falls as n2 grows, and n2 is at
most n - b:

    K(a, b) = log(n (n - a) / (n1 (n - b))),

which is at least log 4. A day a with ``G(a) + C(a, b) + K(a, b) > G(b)`` is never the last change again after day b.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from escalation.changes.segment.families import jit, least_cost, step_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@step_jit
def _logs(n: int) -> Floats:
    """Logarithms of 0..n; that of 0 is not used."""
    out = np.zeros(n + 1)
    for i in range(1, n + 1):
        out[i] = math.log(i)
    return out


@jit
def last_changes_by_length(y: Ints, e: Ints, penalty: float, family: int, size: float) -> Ints:
    """Like `partition.last_changes`, with log(n_i / n) added for each regime of n_i days.

    Parameters
    ----------
    y, e
        Counts and exposures of the observed days, shape (n,); some count is above 0. Exposures are whole numbers
        above 0 (see `exposures`); the size is per one of them.
    penalty
        Cost of a change, without the logarithms.
    family, size
        `families.POISSON` or `families.NB2`, and the size of the latter.

    Returns
    -------
    ndarray
        Last day of the last regime but one in an optimum of the first t days, t = 0..n; shape (n + 1,).
    """
    n = y.size
    log = _logs(n)
    x0 = y.sum() / e.sum()
    out = np.zeros(n + 1, np.int64)
    day, count, exposure = np.zeros((3, n + 1), np.int64)  # candidates: 0 is the start
    cost, value = np.zeros(n + 1), np.zeros(n + 1)
    cost[0] = -penalty
    m, S, A = 1, 0, 0
    for t in range(1, n + 1):
        S += y[t - 1]
        A += e[t - 1]
        best = np.inf
        for i in range(m):
            value[i] = cost[i] + least_cost(float(S - count[i]), float(A - exposure[i]), x0, family, size)
            value[i] += log[t - day[i]] - log[n]
            if value[i] < best:
                best, out[t] = value[i], day[i]
        best += penalty
        if t == n:
            break
        kept = 0
        for i in range(m):
            if value[i] + log[n] + log[n - day[i]] - log[t - day[i]] - log[n - t] <= best:
                day[kept], count[kept], exposure[kept], cost[kept] = day[i], count[i], exposure[i], cost[i]
                kept += 1
        day[kept], count[kept], exposure[kept], cost[kept] = t, S, A, best
        m = kept + 1
    return out
