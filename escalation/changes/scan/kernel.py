"""The likelihood-ratio statistic of every split of a series, compiled: one series, or the rows of a bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
jit: Any = njit(**_OPTIONS)
# Called from compiled code only: no wrappers for Python, which shortens the first call.
step_jit: Any = njit(**{**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})


@step_jit
def split_statistic(old: int, total: int, before: float, after: float) -> float:
    """Return ``2 [ll(before) + ll(after) - ll(all)]`` of `old` incidents among `total`, shares of exposure given.

    Written as a deviance: the terms are of the size of the result, so that large counts do not cancel.
    """
    value = 0.0
    if old > 0:
        value += old * np.log(old / (total * before))
    if old < total:
        value += (total - old) * np.log((total - old) / (total * after))
    return max(2.0 * value, 0.0)


@jit
def split_profile(counts: Ints, before: Floats, after: Floats) -> Floats:
    """Return the statistic of each split, shape (n - 1,).

    Parameters
    ----------
    counts
        Incidents per observed day, shape (n,), with at least one incident.
    before, after
        Share of the exposure up to and with each day but the last, and after it, shape (n - 1,).
    """
    total = 0
    for t in range(counts.shape[0]):
        total += counts[t]
    out = np.empty(before.shape[0])
    old = 0
    for t in range(before.shape[0]):
        old += counts[t]
        out[t] = split_statistic(old, total, before[t], after[t])
    return out


@jit
def scan_rows(counts: Ints, share: Floats, before: Floats, after: Floats, statistic: Floats, pearson: Floats) -> None:
    """Fill in the largest statistic of each row and its Pearson dispersion under one rate, each of shape (rows,).

    Parameters
    ----------
    counts
        Incidents, shape (rows, n), with at least one incident in each row.
    share
        Share of the exposure on each day, shape (n,).
    before, after
        As in `split_profile`.
    """
    rows, n = counts.shape
    for row in range(rows):
        total = 0
        for t in range(n):
            total += counts[row, t]
        old, best, chi2 = 0, 0.0, 0.0
        for t in range(n):
            mean = total * share[t]
            chi2 += (counts[row, t] - mean) ** 2 / mean
            if t < n - 1:
                old += counts[row, t]
                best = max(best, split_statistic(old, total, before[t], after[t]))
        statistic[row] = best
        pearson[row] = chi2 / (n - 1)
