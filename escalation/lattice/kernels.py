"""The compiled recursions over the states (rate index k, cumulative count c).

One *message* is a table over the counts alive on a day (its band) and the rates of the grid. Messages of all
days lie behind each other in one flat array: row ``start[t] + (c - low[t])`` of a ``(rows, K)`` table belongs to
count c at the end of day t, with t = 0 for "before the first day". Keeping k contiguous lets the compiler work
on several rates at once, which is where the time goes.

Conventions used by every function here:

======== ==================== =====================================================================
name     shape                meaning
======== ==================== =====================================================================
low      (T + 1,) int         smallest count alive at the end of day t
start    (T + 2,) int         first row of day t; ``start[t + 1] - start[t]`` is the width of its band
ev       (rows,)              E_t(c), what the reports of day t say of the count (any positive scale)
step     (J, K)               P(j incidents in a day | rate k)
thin     (T, J)               factor for j incidents on a day (known incidents); ones where none
pi       (K,)                 prior mass of the rate of a new regime
drift    (2m + 1, K)          drift[d, k] = P(k -> k + d - m); one row (m = 0) is no drift
hazard   float                probability that a new regime starts on a day
======== ==================== =====================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.steps import (
    DEAD,
    add_counts,
    depart,
    enter_day,
    jit,
    leave_day,
    reachable,
    reset_mass,
    widest_band,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@jit
def forward(
    low: Ints,
    start: Ints,
    ev: Floats,
    step: Floats,
    thin: Floats,
    pi: Floats,
    drift: Floats,
    hazard: float,
    store: bool,
) -> tuple[float, Floats]:
    """Forward pass: log evidence and, where asked, the filtered messages of all days ``(rows, K)``.

    Without `store` only two days are held, which is what scoring hundreds of models needs.
    """
    T, K = low.shape[0] - 1, step.shape[1]
    widest = widest_band(start)
    msgs = np.empty((start[T + 1] if store else 1, K))
    spare = np.empty((1 if store else 2 * widest, K))
    b, mass, reach = np.empty((widest, K)), np.empty(widest), reachable(step)
    W0 = start[1] - start[0]
    a = msgs[0:W0] if store else spare[0:W0]
    total = 0.0
    for c in range(W0):
        total += ev[c]
    if not total > 0.0:
        return -np.inf, msgs
    for c in range(W0):
        a[c, :] = 0.0
        a[c, 0] = ev[c] / total
    log_z = np.log(total)
    for t in range(1, T + 1):
        W1 = start[t + 1] - start[t]
        if store:
            nxt = msgs[start[t] : start[t + 1]]
        else:
            first_row = (t % 2) * widest
            nxt = spare[first_row : first_row + W1]
        W0 = a.shape[0]
        enter_day(a, pi, drift, hazard, t == 1, b[:W0], mass)
        total = add_counts(b[:W0], step, reach, thin[t - 1], ev[start[t] : start[t + 1]], low[t - 1], low[t], nxt)
        if not total > 0.0:
            return -np.inf, msgs
        log_z += np.log(total)
        a = nxt
    return log_z, msgs


@jit
def smooth(
    low: Ints,
    start: Ints,
    ev: Floats,
    step: Floats,
    thin: Floats,
    pi: Floats,
    drift: Floats,
    hazard: float,
    msgs: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Backward pass over stored forward messages: the exact marginals given all reports.

    Returns the mass of each count at the end of each day ``(rows,)``, of each rate on each day ``(T, K)``, of j
    incidents on each day ``(T, J)``, and the probability that a new regime starts on each day ``(T,)``.
    """
    T, K, J = low.shape[0] - 1, step.shape[1], step.shape[0]
    counts, rates = np.zeros(start[T + 1]), np.zeros((T, K))
    daily, change = np.zeros((T, J)), np.zeros(T)
    widest = widest_band(start)
    after, before = np.empty((widest, K)), np.empty((widest, K))
    b, mass, reach = np.zeros((widest, K)), np.empty(widest), reachable(step)
    W1 = start[T + 1] - start[T]
    after[:W1] = 1.0
    for t in range(T, 0, -1):
        W0, W1 = start[t] - start[t - 1], start[t + 1] - start[t]
        for i in range(W1):
            row, weight = msgs[start[t] + i], 0.0
            for k in range(K):
                p = row[k] * after[i, k]
                weight += p
                rates[t - 1, k] += p
            counts[start[t] + i] = weight
        enter_day(msgs[start[t - 1] : start[t]], pi, drift, hazard, t == 1, b[:W0], mass)
        total = 0.0
        for i0 in range(W0):
            before[i0, :] = 0.0
            if mass[i0] < DEAD:
                continue
            for j in range(J):
                i = low[t - 1] + i0 + j - low[t]
                if i < 0 or thin[t - 1, j] == 0.0:
                    continue
                if i >= W1:
                    break
                e = ev[start[t] + i] * thin[t - 1, j]
                if e == 0.0:
                    continue
                joint = 0.0
                for k in range(reach[j, 0], reach[j, 1]):
                    g = e * step[j, k] * after[i, k]
                    before[i0, k] += g
                    joint += g * b[i0, k]
                daily[t - 1, j] += joint
                total += joint
        for j in range(J):
            daily[t - 1, j] /= total
        leave_day(pi, drift, hazard, t == 1, total, before[:W0], after[:W0])
        if t > 1 and hazard > 0.0:
            change[t - 1] = reset_mass(msgs[start[t - 1] : start[t]], pi, hazard, before[:W0]) / total
    W0 = start[1] - start[0]
    for c in range(W0):
        counts[c] = msgs[c, 0] * after[c, 0]
    return counts, rates, daily, change


@jit
def start_likelihood(
    low: Ints, start: Ints, ev: Floats, step: Floats, thin: Floats, drift: Floats
) -> tuple[float, Floats]:
    """Likelihood of all reports as a function of the rate of the first day, when no regime ever starts.

    Returns a log scale and the scaled likelihood of each rate ``(K,)``: whatever the prior of the rate, the evidence
    is a sum over this table.
    """
    T, K, J = low.shape[0] - 1, step.shape[1], step.shape[0]
    widest = widest_band(start)
    after, before = np.ones((widest, K)), np.empty((widest, K))
    reach = reachable(step)
    log_scale = 0.0
    for t in range(T, 0, -1):
        W0, W1 = start[t] - start[t - 1], start[t + 1] - start[t]
        top = 0.0
        for i0 in range(W0):
            before[i0, :] = 0.0
            for j in range(J):
                i = low[t - 1] + i0 + j - low[t]
                if i < 0 or thin[t - 1, j] == 0.0:
                    continue
                if i >= W1:
                    break
                e = ev[start[t] + i] * thin[t - 1, j]
                if e == 0.0:
                    continue
                for k in range(reach[j, 0], reach[j, 1]):
                    before[i0, k] += e * step[j, k] * after[i, k]
            for k in range(K):
                top = max(top, before[i0, k])
        if not top > 0.0:
            return -np.inf, np.zeros(K)
        log_scale += np.log(top)
        for i0 in range(W0):
            if t > 1 and drift.shape[0] > 1:
                depart(before[i0], drift, after[i0])
                for k in range(K):
                    after[i0, k] /= top
            else:
                for k in range(K):
                    after[i0, k] = before[i0, k] / top
    out = np.zeros(K)
    for c in range(start[1] - start[0]):
        for k in range(K):
            out[k] += ev[c] * after[c, k]
    return log_scale, out
