"""The compiled recursions for a log rate that drifts between changes, where every day's count is observed.

Names and shapes are those of `passes`; `drift` (2m + 1, K) is that of `kernels`. A day costs O(K m).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.sampling import pick
from escalation.lattice.steps import arrive, depart, jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@jit
def evidence(
    rows: Ints, table: Floats, pi: Floats, drift: Floats, hazard: float, stop: int, messages: Floats
) -> tuple[float, Floats]:
    """Log evidence and the last filtered message; `messages` (T, K) takes those of all days if it has rows."""
    T, K = rows.shape[0], table.shape[1]
    a, b = np.empty(K), np.empty(K)
    log_z = 0.0
    for t in range(T):
        row, total = table[rows[t]], 0.0
        if t == 0:
            b[:] = pi
        else:
            arrive(a, drift, b)
            fresh = hazard if t < stop else 0.0
            for k in range(K):
                b[k] = (1.0 - hazard) * b[k] + fresh * pi[k]
        for k in range(K):
            v = b[k] * row[k]
            a[k] = v
            total += v
        if not total > 0.0:
            return -np.inf, a
        log_z += np.log(total)
        for k in range(K):
            a[k] /= total
        if messages.shape[0] > 0:
            messages[t] = a
    return log_z, a


@jit
def by_start(rows: Ints, table: Floats, drift: Floats) -> tuple[float, Floats]:
    """Log scale and likelihood of all counts by rate of the first day, when no regime ever starts; shape (K,)."""
    T, K = rows.shape[0], table.shape[1]
    after, before = np.ones(K), np.empty(K)
    log_scale = 0.0
    for t in range(T - 1, -1, -1):
        row, top = table[rows[t]], 0.0
        for k in range(K):
            v = row[k] * after[k]
            before[k] = v
            top = max(top, v)
        if not top > 0.0:
            return -np.inf, np.zeros(K)
        log_scale += np.log(top)
        if t > 0:
            depart(before, drift, after)
            for k in range(K):
                after[k] /= top
        else:
            for k in range(K):
                after[k] = before[k] / top
    return log_scale, after


@jit
def smooth(
    rows: Ints, table: Floats, pi: Floats, drift: Floats, hazard: float, messages: Floats
) -> tuple[Floats, Floats]:
    """Mass of each rate on each day (T, K), and the probability that a new regime starts on each day (T,)."""
    T, K = messages.shape
    rates, change = np.empty((T, K)), np.zeros(T)
    after, before = np.ones(K), np.empty(K)
    for t in range(T - 1, -1, -1):
        row, total, fresh = table[rows[t]], 0.0, 0.0
        for k in range(K):
            v = messages[t, k] * after[k]
            rates[t, k] = v
            total += v
        for k in range(K):
            rates[t, k] /= total
        if t == 0:
            break
        for k in range(K):
            before[k] = row[k] * after[k]
            fresh += pi[k] * before[k]
        depart(before, drift, after)
        kept = 0.0
        for k in range(K):
            kept += messages[t - 1, k] * after[k]
        whole = (1.0 - hazard) * kept + hazard * fresh
        change[t] = hazard * fresh / whole
        for k in range(K):
            after[k] = ((1.0 - hazard) * after[k] + hazard * fresh) / whole
    return rates, change


@jit
def sample(
    messages: Floats, pi: Floats, drift: Floats, hazard: float, n: int, rng: Any
) -> tuple[Ints, NDArray[np.bool_]]:
    """Joint draws, walking back over the stored messages: rate index and "a new regime starts", shape (n, T) each."""
    T, K = messages.shape
    m = drift.shape[0] // 2
    cell, new = np.empty((n, T), np.int64), np.zeros((n, T), np.bool_)
    weight = np.empty(2 * m + 1)
    for i in range(n):
        k = pick(messages[T - 1], K, rng.random())
        for t in range(T - 1, -1, -1):
            cell[i, t] = k
            if t == 0:
                break
            a, kept = messages[t - 1], 0.0
            for d in range(2 * m + 1):
                source = k - (d - m)
                weight[d] = a[source] * drift[d, source] if 0 <= source < K else 0.0
                kept += weight[d]
            fresh = hazard * pi[k]
            if rng.random() * ((1.0 - hazard) * kept + fresh) < fresh:
                new[i, t] = True
                k = pick(a, K, rng.random())
            else:
                k = k - (pick(weight, 2 * m + 1, rng.random()) - m)
    return cell, new
