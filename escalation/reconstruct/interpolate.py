"""Three simple curves through cumulative totals: straight lines, monotone cubics and a smooth rate.

They are baselines: each total is read as the number of events by the end of its day, there is no band, and
nothing is said beyond the last total. Arrays only; days are indices of the window, 0 to T - 1.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from escalation.reconstruct.pclm import fit_pclm

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]
Bools: TypeAlias = NDArray[np.bool_]


class Reason(IntEnum):
    """Why a stated total does or does not enter the points."""

    USED = 0
    """It enters the median of its day."""
    BOUND_BESIDE_EXACT = 1
    """A bound, on a day for which exact totals are stated as well."""
    BELOW_MAXIMUM = 2
    """The median of its day is below a total already stated for an earlier day."""


def points(day: ArrayLike, count: ArrayLike, exact: ArrayLike) -> tuple[Ints, Floats, Bools, Ints]:
    """Reduce stated totals to one non-decreasing total per day.

    A day's number is the median of its exact totals, or of its bounds where no total is exact; the totals
    are then the running maximum over days. A day below the maximum stays a point, at that maximum.

    Parameters
    ----------
    day : array_like of int, shape (n,)
        Index of the as-of day. Every negative day lies before the window: give -1, or the true offset
        where it is known, so that the running maximum can follow the order of those days.
    count : array_like of float, shape (n,)
        Stated totals; the number itself for a bound.
    exact : array_like of bool, shape (n,)
        Whether the total is stated as exact.

    Returns
    -------
    days : ndarray of int, shape (m,)
        Distinct days, increasing; days before the window are one point, at -1.
    totals : ndarray of float, shape (m,)
        Non-decreasing.
    used : ndarray of bool, shape (n,)
        Whether the stated total entered a point.
    reason : ndarray of int, shape (n,)
        A `Reason` for each stated total. `stated_before` gives the numbers behind `BELOW_MAXIMUM`.

    Raises
    ------
    ValueError
        If the arrays are not one-dimensional of one length, a day is not a whole number, or a count is
        negative or not finite.

    Examples
    --------
    >>> days, totals, used, reason = points([3, 3, 5, 8], [13, 15, 12, 20], [True, True, True, False])
    >>> days.tolist(), totals.tolist()
    ([3, 5, 8], [14.0, 14.0, 20.0])
    >>> used.tolist(), reason.tolist()
    ([True, True, False, True], [0, 0, 2, 0])
    """
    d, c, e = _stated(day, count, exact)
    distinct, place = np.unique(d, return_inverse=True)
    has_exact = np.zeros(distinct.size, dtype=bool)
    has_exact[place[e]] = True
    enters = e | ~has_exact[place]
    median = np.array([np.median(c[enters & (place == j)]) for j in range(distinct.size)], dtype=float)
    totals = np.maximum.accumulate(median)
    reason = np.where(median[place] < totals[place], Reason.BELOW_MAXIMUM, Reason.USED).astype(np.intp)
    reason[~enters] = Reason.BOUND_BESIDE_EXACT
    # Of the days before the window only the last counts: it carries their running maximum.
    first = max(int((distinct < 0).sum()) - 1, 0)
    return np.maximum(distinct[first:], -1), totals[first:], reason == Reason.USED, reason


def stated_before(days: ArrayLike, totals: ArrayLike, day: int) -> tuple[int, float]:
    """Say which total stands at a day, and for which day it was first stated.

    Parameters
    ----------
    days, totals : array_like, shape (m,)
        As `points` returns them.
    day : int
        A day of a stated total, else ValueError; every negative day counts as -1.

    Returns
    -------
    tuple of int and float
        The first day with that total, -1 for "before the window", and the total.

    Examples
    --------
    >>> stated_before([3, 5, 8], [14.0, 14.0, 20.0], 5)
    (3, 14.0)
    """
    d, c = np.asarray(days), np.asarray(totals, dtype=float)
    at = int(np.searchsorted(d, max(day, -1), side="right")) - 1
    if at < 0:
        raise ValueError(f"day {day} lies before the first point; give the day of a stated total")
    return int(d[np.searchsorted(c, c[at])]), float(c[at])


def linear(days: ArrayLike, totals: ArrayLike, T: int, start_total: float = 0.0) -> tuple[Floats, Floats]:
    """Join the totals by straight lines: a constant rate between two totals.

    Parameters
    ----------
    days : array_like of int, shape (m,)
        Increasing days from -1 to T - 1, at least one of them 0 or later.
    totals : array_like of float, shape (m,)
        Non-decreasing totals at the end of those days.
    T : int
        Days in the window.
    start_total : float
        Total at the end of day -1. A point at day -1 takes its place.

    Returns
    -------
    cumulative : ndarray of float, shape (T,)
        Total at the end of each day; NaN after the last point.
    daily : ndarray of float, shape (T,)
        Events per day, at least 0; NaN after the last point.

    Raises
    ------
    ValueError
        If no total lies in the window, or days or totals are out of range or out of order.

    Examples
    --------
    >>> linear([1, 3], [4, 10], 5)[0].tolist()
    [2.0, 4.0, 7.0, 10.0, nan]
    """
    x, y = _knots(days, totals, T, start_total)
    return _fill(np.interp(np.arange(x[-1] + 1), x, y), y[0], T)


def pchip(days: ArrayLike, totals: ArrayLike, T: int, start_total: float = 0.0) -> tuple[Floats, Floats]:
    """Join the totals by monotone cubics: a continuous rate, and a curve through every total.

    Parameters, return values and errors are those of `linear`.

    References
    ----------
    Fritsch F.N., Butland J. (1984). A method for constructing local monotone piecewise cubic interpolants.
    *SIAM Journal on Scientific and Statistical Computing* 5(2), 300-304.

    Examples
    --------
    >>> pchip([1, 3], [4, 10], 5)[0][[1, 3]].tolist()
    [4.0, 10.0]
    """
    x, y = _knots(days, totals, T, start_total)
    return _fill(np.asarray(PchipInterpolator(x, y)(np.arange(x[-1] + 1)), dtype=float), y[0], T)


def pclm(
    days: ArrayLike, totals: ArrayLike, T: int, start_total: float = 0.0, *, smoothing: float | None = None
) -> tuple[Floats, Floats]:
    """Fit a smooth daily rate to the increments between totals (penalised composite link model).

    `daily` is the fitted mean of each day, and `cumulative` its running sum from `start_total`. The sum over
    an interval is near the reported increment, not equal to it, so the curve need not pass through a total;
    it does meet the last one. See `fit_pclm` for the model, the smoothing and the sources.

    Parameters, return values and errors are those of `linear`; `smoothing` fixes the smoothing parameter,
    which is otherwise chosen by AIC.

    Examples
    --------
    >>> cumulative, daily = pclm([3, 9, 11, 20], [6, 30, 40, 55], 22)
    >>> round(float(cumulative[20]), 3), bool((daily[:21] > 0).all()), float(daily[21])
    (55.0, True, nan)
    """
    x, y = _knots(days, totals, T, start_total)
    fit = fit_pclm(np.diff(y), np.diff(x), smoothing)
    return _fill(y[0] + np.cumsum(fit.daily), y[0], T)


INTERPOLATORS: dict[str, Callable[[ArrayLike, ArrayLike, int, float], tuple[Floats, Floats]]] = {
    "linear": linear,
    "pchip": pchip,
    "pclm": pclm,
}
"""The interpolators by name."""

ASSUMES: dict[str, str] = {
    "linear": "every total is right and the rate is constant between two totals",
    "pchip": "every total is right and the rate varies continuously between totals",
    "pclm": "every total is right, increments are Poisson counts and the log rate is smooth",
}
"""What each interpolator takes for granted, for its result to say."""


def _stated(day: ArrayLike, count: ArrayLike, exact: ArrayLike) -> tuple[Ints, Floats, Bools]:
    d, c, e = np.asarray(day), np.asarray(count, dtype=float), np.asarray(exact, dtype=bool)
    if d.ndim != 1 or not d.shape == c.shape == e.shape:
        raise ValueError(
            f"day, count and exact have shapes {d.shape}, {c.shape} and {e.shape}; "
            "three one-dimensional arrays of one length are needed"
        )
    if d.size and not np.issubdtype(d.dtype, np.integer):
        raise ValueError(f"day has dtype {d.dtype}; whole-number indices of days are needed")
    wrong = np.flatnonzero(~(np.isfinite(c) & (c >= 0)))
    if wrong.size:
        raise ValueError(f"count {wrong[0]} is {c[wrong[0]]}; totals must be finite and at least 0")
    return d.astype(np.intp), c, e


def _knots(days: ArrayLike, totals: ArrayLike, T: int, start_total: float) -> tuple[Ints, Floats]:
    """Check the points and put (-1, start_total) before them, unless one lies there."""
    d, c, _ = _stated(days, totals, np.ones(np.shape(days)))
    if not d.size or d.max() < 0:
        raise ValueError(
            f"none of the {d.size} points lies in the window; at least one total as of day 0 or later is "
            "needed: widen the window, or look why no total is used"
        )
    if d[0] < -1 or d[-1] >= T or (np.diff(d) <= 0).any():
        raise ValueError(f"days are {d.tolist()}; they must increase within -1 and {T - 1}: see points()")
    if not (np.isfinite(start_total) and start_total >= 0):
        raise ValueError(f"start_total is {start_total}; a finite number, at least 0, is needed")
    x, y = (d, c) if d[0] == -1 else (np.append(-1, d), np.append(float(start_total), c))
    falls = np.flatnonzero(np.diff(y) < 0)
    if falls.size:
        at = int(falls[0])
        raise ValueError(
            f"totals fall from {y[at]:g} on day {x[at]} to {y[at + 1]:g} on day {x[at + 1]}; "
            "they must not decrease, start_total (day -1) included: see points()"
        )
    return x.astype(np.intp), y


def _fill(curve: Floats, start: float, T: int) -> tuple[Floats, Floats]:
    """Pad a curve over the first days with NaN to T, and difference it."""
    # Rounding alone could make a flat stretch fall by one unit in the last place.
    rising = np.maximum.accumulate(np.append(start, curve))
    beyond = np.full(T - curve.size, np.nan)
    return np.append(rising[1:], beyond), np.append(np.diff(rising), beyond)
