# mypy: disallow-untyped-decorators=False
"""The recursions of `drifting` for `models="fast"`: one set of weights for all rates, which vector registers can hold.

The lattice heat kernel is symmetric and the same at every rate, but for mass that would leave the grid and stays in the
end cells; so a day of drift is the same forwards and backwards. Results differ from those of `drifting` by rounding.
Shapes are those of `passes`, except for

======== ============ =====================================================================
name     shape        meaning
======== ============ =====================================================================
weights  (m + 1,)     chance to move by 0..m cells, the same up and down; m is a multiple of 3
stays    (K,)         chance to stay because the move would leave the grid
======== ============ =====================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.steps import jit, step_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Product of normalisers below which its log is taken.
FAINT = 1e-100


def stencil(drift: Floats) -> tuple[Floats, Floats]:
    """Weights and what stays, from the diffusion (2m + 1, K) of `prior.drift_matrix`.

    Examples
    --------
    >>> from escalation.lattice.prior import drift_matrix
    >>> weights, stays = stencil(drift_matrix(40, 0.1, 0.1))
    >>> weights.size, round(float(weights[0] + 2 * weights[1:].sum()), 12), bool((stays[10:30] == 0).all())
    (7, 1.0, True)
    """
    half, K = drift.shape[0] // 2, drift.shape[1]
    weights = np.zeros(-(-half // 3) * 3 + 1)
    weights[: half + 1] = drift[half:, : K - half].max(axis=1) if half else 1.0
    weights[0] = drift[half].min()
    return weights, drift[half] - weights[0]


@step_jit
def _spread(old: Floats, weights: Floats, stays: Floats, out: Floats) -> None:
    """Take one day of drift; `old` has m zeros on each side."""
    K, m = out.shape[0], weights.shape[0] - 1
    w = weights[0]
    for k in range(K):
        out[k] = (w + stays[k]) * old[m + k]
    for j in range(1, m, 3):
        wa, wb, wc = weights[j], weights[j + 1], weights[j + 2]
        la, lb, lc = old[m - j : m - j + K], old[m - j - 1 : m - j - 1 + K], old[m - j - 2 : m - j - 2 + K]
        ra, rb, rc = old[m + j : m + j + K], old[m + j + 1 : m + j + 1 + K], old[m + j + 2 : m + j + 2 + K]
        for k in range(K):
            out[k] += wa * (la[k] + ra[k]) + wb * (lb[k] + rb[k]) + wc * (lc[k] + rc[k])


@jit
def evidence(
    rows: Ints, table: Floats, pi: Floats, weights: Floats, stays: Floats, hazard: float, messages: Floats
) -> float:
    """Log evidence, without the scale of the rows; `messages` (T, K) takes those of all days if it has rows."""
    T, K, m = rows.shape[0], table.shape[1], weights.shape[0] - 1
    pad, b, fresh = np.zeros(K + 2 * m), np.empty(K), np.empty(K)
    a = pad[m : m + K]
    row, total = table[rows[0]], 0.0
    for k in range(K):
        a[k] = pi[k] * row[k]
        fresh[k] = hazard * pi[k]
        total += a[k]
    log_z, product = 0.0, total
    for t in range(1, T):
        if messages.shape[0] > 0:
            for k in range(K):
                messages[t - 1, k] = a[k] / total
        _spread(pad, weights, stays, b)
        row, keep, total = table[rows[t]], (1.0 - hazard) / total, 0.0
        for k in range(K):
            v = (keep * b[k] + fresh[k]) * row[k]
            a[k] = v
            total += v
        product *= total
        if not product > FAINT:
            if not product > 0.0:
                return -np.inf
            log_z += np.log(product)
            product = 1.0
    if messages.shape[0] > 0:
        for k in range(K):
            messages[T - 1, k] = a[k] / total
    return log_z + float(np.log(product))


@jit
def evidences(
    rows: Ints, table: Floats, pis: Floats, weights: Floats, stays: Floats, which: Ints, hazards: Floats
) -> Floats:
    """Log evidence of N models with the same clumping and drift: `pis` (P, K), `which` of them each has (N,)."""
    out, nothing = np.empty(which.shape[0]), np.empty((0, 0))
    for i in range(which.shape[0]):
        out[i] = evidence(rows, table, pis[which[i]], weights, stays, hazards[i], nothing)
    return out


@jit
def by_start(rows: Ints, table: Floats, weights: Floats, stays: Floats) -> tuple[float, Floats]:
    """Log scale and likelihood of all counts by rate of the first day, when no regime ever starts; shape (K,)."""
    T, K, m = rows.shape[0], table.shape[1], weights.shape[0] - 1
    pad, after = np.zeros(K + 2 * m), np.ones(K)
    before = pad[m : m + K]
    log_scale = 0.0
    for t in range(T - 1, -1, -1):
        row, top = table[rows[t]], 0.0
        for k in range(K):
            v = row[k] * after[k]
            before[k] = v
            top += v
        if not top > 0.0:
            return -np.inf, np.zeros(K)
        log_scale += np.log(top)
        scale = 1.0 / top
        for k in range(K):
            before[k] *= scale
        if t > 0:
            _spread(pad, weights, stays, after)
    return log_scale, before.copy()


@jit
def smooth(
    rows: Ints, table: Floats, pi: Floats, weights: Floats, stays: Floats, hazard: float, messages: Floats,
    marks: Floats, share: float, out: Floats,
) -> Floats:  # fmt: skip
    """Probability that a new regime starts on each day (T,); the mass of each rate is added to `out` (T, K').

    It is added `share` times, even within a cell, on the cells that end at `marks` (K' + 1,), in units of this grid's
    cells from the lower end of its first.
    """
    T, K, m = rows.shape[0], table.shape[1], weights.shape[0] - 1
    change, run, after = np.zeros(T), np.zeros(K + 1), np.ones(K)
    pad = np.zeros(K + 2 * m)
    before = pad[m : m + K]
    for t in range(T - 1, -1, -1):
        row, fresh = table[rows[t]], 0.0
        for k in range(K):
            run[k + 1] = run[k] + messages[t, k] * after[k]
        scale, below = share / run[K], 0.0
        for i in range(out.shape[1]):
            upto = float(run[K])
            if i + 1 < out.shape[1]:
                at = min(max(marks[i + 1], 0.0), float(K))
                cell = min(int(at), K - 1)
                upto = float(run[cell] + (at - cell) * (run[cell + 1] - run[cell]))
            out[t, i] += scale * (upto - below)
            below = upto
        if t == 0:
            break
        for k in range(K):
            before[k] = row[k] * after[k]
            fresh += pi[k] * before[k]
        _spread(pad, weights, stays, after)
        kept = 0.0
        for k in range(K):
            kept += messages[t - 1, k] * after[k]
        whole = (1.0 - hazard) * kept + hazard * fresh
        change[t] = hazard * fresh / whole
        for k in range(K):
            after[k] = ((1.0 - hazard) * after[k] + hazard * fresh) / whole
    return change
