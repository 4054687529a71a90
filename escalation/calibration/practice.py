"""What is done today: join the stated totals by straight lines, difference to days, run a change-point routine.

Three routines, each with the penalty that its source documents. They take the days between two totals for
observations, and a bound for a number; what follows from that is what the calibration study measures.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from escalation.reconstruct.interpolate import INTERPOLATORS, points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Fewest days of a regime, in every routine; the default of `ruptures`.
SHORTEST = 2
#: Penalty of the example on the front page of `ruptures` (cost "rbf").
EXAMPLE_PENALTY = 10.0
#: Range of the daily values, in events per day, below which a series is flat: what rounding leaves of a line.
FLAT = 1e-9


def join_lines(day: ArrayLike, total: ArrayLike, T: int) -> Floats:
    """Turn stated totals into daily counts: running maximum, straight lines, differences.

    A bound is read as the number in it. The count starts at 0 before day 0.

    Parameters
    ----------
    day : array_like of int, shape (n,)
        Index of the day at whose end each total stood, 0 to T - 1; in any order. Totals of one day are replaced
        by their median.
    total : array_like of float, shape (n,)
        Stated cumulative totals, at least 0.
    T : int
        Days in the window.

    Returns
    -------
    ndarray of float, shape (T,)
        Events per day; NaN after the last total.

    Raises
    ------
    ValueError
        If days and totals do not match, lie outside their range, or no total lies in the window.

    Examples
    --------
    >>> join_lines([1, 3, 5], [4, 10, 8], 6).tolist()
    [2.0, 2.0, 3.0, 3.0, 0.0, 0.0]
    """
    days, totals, _, _ = points(day, total, np.ones(np.shape(day), dtype=bool))
    return INTERPOLATORS["linear"](days, totals, T, 0.0)[1]


def pelt_l2(daily: ArrayLike) -> Ints:
    """Find changes of the mean with PELT, squared error and the penalty ``log(n) * sigma**2`` of `ruptures`.

    The penalty is the one in the user guide of `ruptures` (``np.log(n) * dim * sigma**2``) and in its maintainer's
    public answer on how to set it for Pelt, where sigma is the standard deviation of the noise.
    That is not known of reports; as in public code that uses the formula, the standard deviation of the whole series
    is put in its place. The one from differences of neighbouring days is smaller, since days between two totals are
    equal, and gives more changes. Every day is a candidate (``jump=1``); the default, every fifth day, saves time.

    Parameters
    ----------
    daily : array_like of float, shape (T,)
        Events per day, finite and at least 0.

    Returns
    -------
    ndarray of int
        First days of new regimes, increasing; never 0.

    Raises
    ------
    ValueError
        If `daily` is not such a series.
    ImportError
        If `ruptures` is not installed.

    References
    ----------
    Killick R., Fearnhead P., Eckley I.A. (2012). Optimal detection of changepoints with a linear computational cost.
    *Journal of the American Statistical Association* 107(500), 1590-1598.
    Truong C., Oudre L., Vayatis N. (2020). Selective review of offline change point detection methods.
    *Signal Processing* 167, 107299.
    """
    y = _series(daily)
    return _pelt(y, "l2", jump=1, penalty=float(np.log(y.size) * y.var()))


def pelt_rbf(daily: ArrayLike) -> Ints:
    """Find changes of the distribution with PELT, a Gaussian kernel and penalty 10, as `ruptures` shows it first.

    This is the example on the front page of `ruptures`, every default kept: the bandwidth is the median heuristic and
    only every fifth day is a candidate. The penalty is a number of that example, whatever the length of the series:
    no segmentation can save more than about n, so that below some tens of days nothing is ever found.

    Parameters, return value, errors and references are those of `pelt_l2`.
    """
    return _pelt(_series(daily), "rbf", jump=5, penalty=EXAMPLE_PENALTY)


def poisson_segments(daily: ArrayLike, penalty: float | None = None) -> Ints:
    """Find changes of a Poisson rate by optimal partitioning: the exact minimum of the penalised cost.

    The cost of a segment is twice its negative log-likelihood at its own rate. Interpolated days are no counts; the
    likelihood is extended to them, which for exact totals makes a segment that starts and ends at totals cost
    what its true days would, up to a term that does not depend on the segmentation.

    Parameters
    ----------
    daily : array_like of float, shape (T,)
        Events per day, finite and at least 0.
    penalty : float, optional
        Cost of a change; ``2 * log(T)`` if None: the BIC of one more rate and one more day of change.

    Returns
    -------
    ndarray of int
        First days of new regimes, increasing; never 0. Regimes last at least `SHORTEST` days.

    Raises
    ------
    ValueError
        If `daily` is not such a series.

    References
    ----------
    Jackson B. et al. (2005). An algorithm for optimal partitioning of data on an interval.
    *IEEE Signal Processing Letters* 12(2), 105-108.

    Examples
    --------
    >>> poisson_segments([1.0, 0.5, 1.5] * 10 + [6.0, 5.0, 7.0] * 10).tolist()
    [30]
    >>> poisson_segments([2.0] * 40).tolist()
    []
    """
    y = _series(daily)
    if _is_flat(y):
        return np.empty(0, dtype=np.int64)
    n, price = y.size, 2.0 * float(np.log(y.size)) if penalty is None else penalty
    run = np.concatenate([[0.0], np.cumsum(y)])
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.int64)
    best[0] = -price
    for end in range(SHORTEST, n + 1):
        start = np.arange(end - SHORTEST + 1)
        events = np.maximum(run[end] - run[start], 0.0)
        # x - x log(x / m), where the sum of x over segments is the same for all of them and left out; 0 log 0 is 0.
        cost = -2.0 * events * np.log(np.where(events > 0.0, events, 1.0) / (end - start))
        through = best[start] + cost + price
        last[end] = through.argmin()
        best[end] = through[last[end]]
    return _walk_back(last)


#: The routines by name: daily counts in, first days of new regimes out.
ROUTINES: dict[str, Callable[[Floats], Ints]] = {
    "pelt-l2": pelt_l2,
    "pelt-rbf": pelt_rbf,
    "poisson": poisson_segments,
}


def _series(daily: ArrayLike) -> Floats:
    y = np.asarray(daily, dtype=np.float64)
    if y.ndim != 1 or y.size < 2 * SHORTEST:
        raise ValueError(f"daily has shape {y.shape}; one dimension of at least {2 * SHORTEST} days is needed")
    wrong = np.flatnonzero(~(np.isfinite(y) & (y >= 0.0)))
    if wrong.size:
        raise ValueError(
            f"daily is {y[wrong[0]]:g} on day {wrong[0]} ({wrong.size} such days); finite numbers of at least 0 are "
            "needed: cut the series at its last total"
        )
    return y


def _is_flat(y: Floats) -> bool:
    """Whether the days differ by rounding only; a penalty in proportion to their variance would be rounding too."""
    return float(np.ptp(y)) <= FLAT * max(1.0, float(y.max()))


def _pelt(y: Floats, cost: str, *, jump: int, penalty: float) -> Ints:
    if _is_flat(y):
        return np.empty(0, dtype=np.int64)
    found = _ruptures().Pelt(model=cost, min_size=SHORTEST, jump=jump).fit(y).predict(pen=penalty)
    return np.array(found[:-1], dtype=np.int64)  # ruptures ends its list with the number of days


def _ruptures() -> Any:
    """`ruptures`, which only a calibration study needs."""
    try:
        return importlib.import_module("ruptures")
    except ImportError as error:
        raise ImportError(
            "the routines pelt-l2 and pelt-rbf need ruptures: pip install 'escalation[calibration]'"
        ) from error


def _walk_back(last: Ints) -> Ints:
    """First days of the segments but the first, from the best last start for every end."""
    starts, end = [], last.size - 1
    while end > 0:
        end = int(last[end])
        starts.append(end)
    return np.array(starts[-2::-1], dtype=np.int64)
