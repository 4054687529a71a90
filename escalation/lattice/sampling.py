"""Exact joint draws, walking backwards over stored forward messages. See `kernels` for the names and shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.steps import jit, step_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@step_jit
def pick(weights: Floats, n: int, u: float) -> int:
    """Index i with probability weights[i] / sum(weights[:n]), from one uniform number."""
    total = 0.0
    for i in range(n):
        total += weights[i]
    mark, run, last = u * total, 0.0, 0
    for i in range(n):
        if weights[i] > 0.0:
            run += weights[i]
            last = i
            if run > mark:
                return i
    return last


@step_jit
def _into(a: Floats, total: float, pi: Floats, drift: Floats, hazard: float, first: bool, k: int) -> float:
    """Mass that arrives in rate k on a day, from message row `a` (sum `total`) of the day before."""
    if first:
        return float(a[0] * pi[k])
    kept = 0.0
    if drift.shape[0] > 1:
        m = drift.shape[0] // 2
        for d in range(drift.shape[0]):
            src = k - (d - m)
            if 0 <= src < a.shape[0]:
                kept += a[src] * drift[d, src]
    else:
        kept = a[k]
    return float((1.0 - hazard) * kept + hazard * pi[k] * total)


@jit
def sample(
    low: Ints,
    start: Ints,
    step: Floats,
    thin: Floats,
    pi: Floats,
    drift: Floats,
    hazard: float,
    msgs: Floats,
    uniforms: Floats,
) -> tuple[Ints, Ints, NDArray[np.bool_], Ints]:
    """Exact joint draws of (daily counts, rate index, new regime), and of the count before day 1.

    `uniforms` has shape ``(n, T + 1, 3)``: all randomness comes in from outside, so that draws do not depend on
    threads. Walks backwards: given tomorrow's state, how many incidents, and was the regime kept?
    """
    n, T = uniforms.shape[0], low.shape[0] - 1
    J, K = step.shape
    m = drift.shape[0] // 2
    y, rate = np.zeros((n, T), np.int64), np.zeros((n, T), np.int64)
    new, before = np.zeros((n, T), np.bool_), np.zeros(n, np.int64)
    weight, state = np.empty(max(J, K, 2 * m + 2)), np.empty(K)
    sums = np.zeros(msgs.shape[0])
    for r in range(msgs.shape[0]):
        for q in range(K):
            sums[r] += msgs[r, q]
    ends = sums[start[T] : start[T + 1]].copy()
    for i in range(n):
        c = pick(ends, ends.shape[0], uniforms[i, T, 0])
        state[:] = msgs[start[T] + c]
        c, k = low[T] + c, pick(state, K, uniforms[i, T, 1])
        for t in range(T, 0, -1):
            u = uniforms[i, t - 1]
            rate[i, t - 1] = k
            jmax = 0
            for j in range(J):
                weight[j] = 0.0
                i0 = c - j - low[t - 1]
                if i0 < 0:
                    break
                jmax = j + 1
                if i0 >= start[t] - start[t - 1]:
                    continue
                r = start[t - 1] + i0
                weight[j] = step[j, k] * thin[t - 1, j] * _into(msgs[r], sums[r], pi, drift, hazard, t == 1, k)
            j = pick(weight, jmax, u[0])
            y[i, t - 1] = j
            c -= j
            if t == 1:
                break
            r = start[t - 1] + c - low[t - 1]
            a = msgs[r]
            whole = _into(a, sums[r], pi, drift, hazard, t == 1, k)
            if u[1] * whole < hazard * pi[k] * sums[r]:
                new[i, t - 1] = True
                state[:] = a
                k = pick(state, K, u[2])
            elif drift.shape[0] > 1:
                for d in range(2 * m + 1):
                    src = k - (d - m)
                    weight[d] = a[src] * drift[d, src] if 0 <= src < K else 0.0
                k = k - (pick(weight, 2 * m + 1, u[2]) - m)
        before[i] = c
    return y, rate, new, before
