"""One day of the recursions: drift, new regimes, a day's incidents. See `kernels` for the names and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Sums keep their order: with "reassoc" or "contract" the last digit hangs on what the compiler inlines, and a process
# that compiles differs from one that loads the same code from the cache.
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"nsz"}}
jit: Any = njit(**_OPTIONS)
# Called from compiled code only: no wrappers for Python, which shortens the first call.
step_jit: Any = njit(**{**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})
# For a kernel that calls no other: nothing is inlined, and sums over rates may use vector registers. No value in it is
# infinite or NaN.
leaf_jit: Any = njit(**{**_OPTIONS, "fastmath": {"reassoc", "contract", "nsz"}})
#: Probability of j incidents below which a rate is not looked at.
FAINT = 1e-13
#: Share of a day's mass below which a count is skipped. It must be tiny: later reports may yet speak for that count.
DEAD = 1e-250


@step_jit
def widest_band(start: Ints) -> int:
    """Largest number of counts alive on a day."""
    widest = 1
    for t in range(start.shape[0] - 1):
        widest = max(widest, start[t + 1] - start[t])
    return widest


@step_jit
def reachable(step: Floats) -> Ints:
    """First and one past the last rate that can produce j incidents, shape (J, 2)."""
    J, K = step.shape
    out = np.zeros((J, 2), np.int64)
    for j in range(J):
        first, last = K, 0
        for k in range(K):
            if step[j, k] > FAINT:
                first, last = min(first, k), k + 1
        out[j, 0], out[j, 1] = first, last
    return out


@step_jit
def arrive(row: Floats, drift: Floats, out: Floats) -> None:
    """``out[k] = sum over k' of row[k'] P(k' -> k)``: one day of drift, forwards."""
    K = row.shape[0]
    m = drift.shape[0] // 2
    out[:] = 0.0
    for d in range(drift.shape[0]):
        shift = d - m
        first, last = max(0, -shift), min(K, K - shift)
        for k in range(first, last):
            out[k + shift] += row[k] * drift[d, k]


@step_jit
def depart(row: Floats, drift: Floats, out: Floats) -> None:
    """``out[k] = sum over k' of P(k -> k') row[k']``: one day of drift, backwards."""
    K = row.shape[0]
    m = drift.shape[0] // 2
    out[:] = 0.0
    for d in range(drift.shape[0]):
        shift = d - m
        first, last = max(0, -shift), min(K, K - shift)
        for k in range(first, last):
            out[k] += row[k + shift] * drift[d, k]


@step_jit
def enter_day(a: Floats, pi: Floats, drift: Floats, hazard: float, first: bool, b: Floats, mass: Floats) -> None:
    """Rates at the start of a day: keep (and drift), or start a new regime from the prior.

    The mass of each count is left in `mass`; rows too faint to matter are zero.
    """
    W, K = a.shape
    for c in range(W):
        if first:
            mass[c] = a[c, 0]
            for k in range(K):
                b[c, k] = a[c, 0] * pi[k]
            continue
        total = 0.0
        for k in range(K):
            total += a[c, k]
        mass[c] = total
        if total < DEAD:
            b[c, :] = 0.0
            continue
        if drift.shape[0] > 1:
            arrive(a[c], drift, b[c])
        else:
            b[c, :] = a[c, :]
        keep, fresh = 1.0 - hazard, hazard * total
        for k in range(K):
            b[c, k] = keep * b[c, k] + fresh * pi[k]


@step_jit
def add_counts(
    b: Floats,
    step: Floats,
    reach: Ints,
    thin: Floats,
    ev: Floats,
    low0: int,
    low1: int,
    out: Floats,
) -> float:
    """Convolve with a day's incidents, weigh by the evidence, normalise; the normaliser is returned."""
    J, K = step.shape
    W0, W1 = b.shape[0], out.shape[0]
    total = 0.0
    for i in range(W1):
        row = out[i]
        row[:] = 0.0
        weight = ev[i]
        if not weight > 0.0:
            continue
        # Incidents j lead here from count `top - j` of the day before; four j at once keep the row in registers.
        top = low1 + i - low0
        j, last = max(0, top - W0 + 1), min(J, top + 1)
        while j < last:
            if j + 4 <= last:
                first, end = reach[j, 0], reach[j, 1]
                for other in range(j + 1, j + 4):
                    first, end = min(first, reach[other, 0]), max(end, reach[other, 1])
                a0, a1, a2, a3 = b[top - j], b[top - j - 1], b[top - j - 2], b[top - j - 3]
                p0, p1, p2, p3 = step[j], step[j + 1], step[j + 2], step[j + 3]
                t0, t1, t2, t3 = thin[j], thin[j + 1], thin[j + 2], thin[j + 3]
                for k in range(first, end):
                    row[k] += t0 * a0[k] * p0[k] + t1 * a1[k] * p1[k] + t2 * a2[k] * p2[k] + t3 * a3[k] * p3[k]
                j += 4
            else:
                a0, p0, t0 = b[top - j], step[j], thin[j]
                for k in range(reach[j, 0], reach[j, 1]):
                    row[k] += t0 * a0[k] * p0[k]
                j += 1
        mass = 0.0
        for k in range(K):
            row[k] *= weight
            mass += row[k]
        total += mass
    if total > 0.0:
        scale = 1.0 / total
        for i in range(W1):
            for k in range(K):
                out[i, k] *= scale
    return total


@step_jit
def reset_mass(a: Floats, pi: Floats, hazard: float, before: Floats) -> float:
    """Joint mass of "a new regime starts on this day" and all reports."""
    W, K = a.shape
    mass = 0.0
    for c in range(W):
        left, right = 0.0, 0.0
        for k in range(K):
            left += a[c, k]
            right += pi[k] * before[c, k]
        mass += left * right
    return hazard * mass


@step_jit
def leave_day(
    pi: Floats,
    drift: Floats,
    hazard: float,
    first: bool,
    total: float,
    before: Floats,
    after: Floats,
) -> None:
    """Step the backward message over the transition into a day, scaled so that marginals sum to one."""
    W, K = before.shape
    for c in range(W):
        fresh = 0.0
        for k in range(K):
            fresh += pi[k] * before[c, k]
        if first:
            after[c, :] = fresh / total
            continue
        if drift.shape[0] > 1:
            depart(before[c], drift, after[c])
        else:
            after[c, :] = before[c, :]
        keep, new = (1.0 - hazard) / total, hazard * fresh / total
        for k in range(K):
            after[c, k] = keep * after[c, k] + new
