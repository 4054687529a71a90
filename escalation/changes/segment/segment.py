"""Optimal penalised segmentation of observed counts, the quick answer to "when did the rate change?"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlog1py

from escalation.changes.counts import Counts, as_counts
from escalation.changes.segment.crops import SegmentationPath, crops
from escalation.changes.segment.exposures import exposure_problems, whole_exposures
from escalation.changes.segment.families import NB2, POISSON
from escalation.changes.segment.options import family_problems, penalty_problems
from escalation.changes.segment.partition import last_changes
from escalation.changes.segment.pruning import last_changes_by_length
from escalation.changes.segment.rategrid import best_path
from escalation.changes.segment.segmentation import Segmentation, regimes
from escalation.lattice.prior import Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EPS = float(np.finfo(np.float64).eps)


@overload
def segment(
    counts: ArrayLike | pd.Series[Any], *, family: str = ..., penalty: float | str = ...,
    exposure: ArrayLike | pd.Series[Any] | None = ..., size: float | None = ..., phi: float | None = ...,
    rates: ArrayLike | None = ...,
) -> Segmentation: ...  # fmt: skip


@overload
def segment(
    counts: ArrayLike | pd.Series[Any], *, family: str = ..., penalty: tuple[float, float],
    exposure: ArrayLike | pd.Series[Any] | None = ..., size: float | None = ..., phi: float | None = ...,
    rates: ArrayLike | None = ...,
) -> SegmentationPath: ...  # fmt: skip


def segment(
    counts: ArrayLike | pd.Series[Any],
    *,
    family: str = "poisson",
    penalty: float | str | tuple[float, float] = "bic",
    exposure: ArrayLike | pd.Series[Any] | None = None,
    size: float | None = None,
    phi: float | None = None,
    rates: ArrayLike | None = None,
) -> Segmentation | SegmentationPath:
    """Cut observed counts into regimes of constant rate at the least penalised cost, exactly.

    The cost is -2 log-likelihood plus a penalty per change. Poisson and NB2 by functional pruning (Maidstone et al.
    2017), NB1 by dynamic programming over a grid of rates, ``mbic`` by inequality pruning, a range of penalties by
    CROPS (Haynes et al. 2017). Of segmentations that cost the same, any may be returned.

    Parameters
    ----------
    counts
        Incidents per day, shape (T,), NaN where the day was not observed. Such days are left out; a change after them
        is dated to the next observed day.
    family
        ``poisson``; ``nb2`` with `size` r, variance ``mu + mu**2 / r``; ``nb1`` with `phi`, variance ``(1 + phi) mu``.
        With exposure w a day's mean is ``mu = w * rate`` and the size of NB2 is ``w * r``: a day of exposure two is
        distributed like the sum of two days.
    penalty
        ``bic``: 2 log n per change, n being the observed days. ``mbic``: 3 log n per change plus the sum of
        log(n_i / n) over the regimes (Zhang & Siegmund 2007); not with ``nb1``; its time grows with the square of the
        length of the regimes. A number of at least 0. A pair (low, high): all penalties in between.
    exposure
        Time or population observed on each day, shape (T,), above 0; None is 1. Under ``poisson`` and ``nb2`` no day
        may have less than 1e-12 of the sum.
    size
        Size of NB2, above 0; needed there and only there.
    phi
        Overdispersion of NB1, above 0; needed there and only there.
    rates
        Rates that a regime may have under NB1, increasing and above 0, shape (K,). None: those of
        ``Prior().rates()`` per median exposure, carried on upwards in equal steps to the largest daily rate.

    Returns
    -------
    Segmentation or SegmentationPath
        The latter for a range of penalties.

    Raises
    ------
    ValueError
        If the counts or exposures are none (see `as_counts`) or an option cannot be used; all problems are listed.

    Examples
    --------
    >>> found = segment([1, 0, 2, 1, 0, 1, 7, 9, 8, 6, 9, 8])
    >>> found.changepoints.tolist(), found.rates["rate"].round(3).tolist()
    ([6], [0.833, 7.833])
    >>> segment([1, 2], family="nb2", penalty="aic")
    Traceback (most recent call last):
        ...
    ValueError: penalty: bic, mbic, a number or a pair (low, high) is needed, got 'aic'; size: family "nb2" needs a
    finite number above 0, got None
    """
    bad = [*penalty_problems(penalty, family), *family_problems(family, size, phi, rates)]
    try:
        found = as_counts(counts, exposure)
    except ValueError as error:
        raise ValueError("; ".join([str(error), *bad])) from None
    if family != "nb1":  # its costs are summed day by day
        bad += exposure_problems(found.exposure, found.index)
    if bad:
        raise ValueError("; ".join(bad))
    task = _Task.of(found, family, size, phi, rates)
    if isinstance(penalty, (tuple, list)):
        return crops(lambda value: task.solve(value, "fixed"), task.compared, float(penalty[0]), float(penalty[1]))
    if isinstance(penalty, str):
        return task.solve((2 if penalty == "bic" else 3) * math.log(task.y.size), penalty)
    return task.solve(float(penalty), "fixed")


@dataclass(frozen=True)
class _Task:
    """Observed days only, and what is assumed of them."""

    counts: Counts
    seen: Ints
    y: Ints
    e: Floats
    family: str
    value: float
    grid: Floats

    @classmethod
    def of(cls, counts: Counts, family: str, size: float | None, phi: float | None, rates: Any) -> _Task:
        seen = np.flatnonzero(counts.exposure)
        y, e = counts.values, counts.exposure
        if seen.size < y.size:
            y, e = y[seen], e[seen]
        grid = np.empty(0)
        if family == "nb1":
            grid = _grid(y, e) if rates is None else np.asarray(rates, dtype=np.float64)
        value = {"poisson": 0.0, "nb2": size, "nb1": phi}[family]
        return cls(counts, seen, y, e, family, float(value or 0.0), grid)

    def solve(self, penalty: float, criterion: str) -> Segmentation:
        """Find an optimal segmentation."""
        if self.family == "nb1":
            before, place, total = best_path(self.y, self.e, self.grid, self.value, penalty)
            ends = _ends(before)
            table = regimes(self.counts, self.seen, ends, self.grid[place[ends]])
            cost = total - penalty * (ends.size - 1)
        else:
            ends = self._two_sums(penalty, criterion)
            table = regimes(self.counts, self.seen, ends)
            cost = _cost(table["incidents"].to_numpy(np.float64), table["exposure"].to_numpy(), self.value)
            total = cost + penalty * (ends.size - 1)
            if criterion == "mbic":
                total += float(np.log(table["days"] / self.y.size).sum())
        parameter = {"nb2": f" (size {self.value:g})", "nb1": f" (phi {self.value:g})"}.get(self.family, "")
        return Segmentation(self.counts, table, cost, total, penalty, criterion, self.family + parameter)

    def compared(self, found: Segmentation) -> tuple[float, float]:
        """Cost less that of one regime (for NB1 the cost itself), and its rounding error."""
        if self.family == "nb1":
            return found.cost, (self.y.size + 8) * EPS * abs(found.cost)
        return _gain(found.rates["incidents"].to_numpy(np.float64), found.rates["exposure"].to_numpy(), self.value)

    def _two_sums(self, penalty: float, criterion: str) -> Ints:
        """Find the ends of the regimes for the families whose cost is a function of two sums."""
        y, e, n = self.y, self.e, self.y.size
        if not y.any():
            return np.array([n])
        if penalty == 0.0 and criterion != "mbic":  # every run of equal rates is a regime
            return np.append(np.flatnonzero(np.diff(y / e)) + 1, n)
        solver = last_changes_by_length if criterion == "mbic" else last_changes
        parts, unit = whole_exposures(e)
        return _ends(solver(y, parts, penalty, NB2 if self.family == "nb2" else POISSON, self.value * unit))


def _ends(before: Ints) -> Ints:
    """Follow the changes back from the last day; the ends of the regimes."""
    out = []
    t = before.size - 1
    while t > 0:
        out.append(t)
        t = int(before[t])
    return np.array(out[::-1])


def _cost(S: Floats, A: Floats, size: float) -> float:
    """-2 log-likelihood of regimes with S incidents in A units of exposure; size 0 stands for Poisson."""
    rate = S / A
    log_rate = np.log(np.where(S > 0, rate, 1.0))
    if size == 0.0:
        return 2.0 * float((S - S * log_rate).sum())
    spread = np.log1p(rate / size)
    return 2.0 * float((A * size * spread - S * (log_rate - np.log(size) - spread)).sum())


def _gain(S: Floats, A: Floats, size: float) -> tuple[float, float]:
    """`_cost` of regimes less that of one regime, and its rounding error.

    In both terms of a regime stands the same difference x - x0 from the mean rate. At its best rate the cost is flat,
    so that the rounding of the difference itself does not count.
    """
    if not S.any():
        return 0.0, 0.0
    x0 = S.sum() / A.sum()
    away = S / A - x0
    spent = A * away if size == 0.0 else (A * size + S) * np.log1p(away / (size + x0))
    earned = xlog1py(S, away / x0)
    return 2.0 * float((spent - earned).sum()), 8.0 * EPS * float((np.abs(spent) + np.abs(earned)).sum())


def _grid(y: Ints, e: Floats) -> Floats:
    """Rates for NB1: the prior's, per median exposure, carried on up to the largest daily rate."""
    unit = Prior().rates()
    scale = float(np.median(e))
    top = float((y / e).max()) * scale
    step = math.log(unit[1] / unit[0])
    more = max(0, math.ceil(math.log(top / unit[-1]) / step)) if top > 0.0 else 0
    beyond = unit[-1] * np.exp(step * np.arange(1, more + 1))
    return np.asarray(np.concatenate([unit, beyond]) / scale)
