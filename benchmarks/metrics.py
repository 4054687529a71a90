"""How good a segmentation is: Covering and F1 against the truth, and its Poisson cost.

Changes are the first days of new regimes, counted from 0; day 0 itself is not one of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

Ints = NDArray[np.int64]

#: Days by which a change may be off and still counts as found in `f1`.
MARGIN = 5


def covering(true: ArrayLike, found: ArrayLike, n: int) -> float:
    """Return the mean over days of the overlap of their true regime with the found regime that fits it best.

    Overlap is the Jaccard index: days in both regimes over days in either.

    Parameters
    ----------
    true, found : array_like of int
        First days of new regimes, increasing, 1 to n - 1.
    n : int
        Days of the series.

    Returns
    -------
    float
        1 for the true segmentation, towards 0.

    Raises
    ------
    ValueError
        If changes are not increasing or outside the series.

    References
    ----------
    van den Burg G.J.J., Williams C.K.I. (2020). An evaluation of change point detection algorithms. arXiv:2003.06222,
    section 4.1; the segmentation of the truth is the one that is covered.

    Examples
    --------
    >>> covering([], [2], 4)
    0.5
    """
    starts = [np.concatenate([[0], _checked(name, c, n)]) for name, c in (("true", true), ("found", found))]
    lengths = [np.diff(start, append=n) for start in starts]
    cuts = np.union1d(*starts)  # pieces between cuts are the intersections: each lies in one regime of either
    common = np.diff(cuts, append=n)
    of_true, of_found = (np.searchsorted(start, cuts, side="right") - 1 for start in starts)
    overlap = common / (lengths[0][of_true] + lengths[1][of_found] - common)
    best = np.zeros(starts[0].size)
    np.maximum.at(best, of_true, overlap)
    return float(best @ lengths[0] / n)


def f1(true: ArrayLike, found: ArrayLike, n: int, margin: int = MARGIN) -> float:
    """Return the harmonic mean of precision and recall of changes found within `margin` days.

    Day 0 is added to both lists, so that a series without changes has a value. True changes take, in order, the
    nearest found change that is still free.

    Parameters
    ----------
    true, found, n
        As in `covering`.
    margin : int
        Days by which a change may be off.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        As in `covering`.

    References
    ----------
    As in `covering`, section 4.2.

    Examples
    --------
    >>> f1([10, 20], [], 45)  # of three, day 0 is found
    0.5
    """
    truth, free = [0, *_checked("true", true, n).tolist()], [0, *_checked("found", found, n).tolist()]
    said, hits = len(free), 0
    for change in truth:
        near = free[bisect_left(free, change - margin) : bisect_right(free, change + margin)]
        if near:
            hits += 1
            free.remove(min(near, key=lambda day: (abs(day - change), day)))
    return 2.0 * hits / (said + len(truth))  # 2PR / (P + R)


def poisson_cost(counts: ArrayLike, changes: ArrayLike) -> float:
    """Return twice the negative Poisson log-likelihood of a segmentation plus 2 log n for each change.

    Each regime has its own mean as rate.

    Parameters
    ----------
    counts : array_like of int, shape (n,)
        Events per day.
    changes : array_like of int
        First days of new regimes, increasing, 1 to n - 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As in `covering`.

    Examples
    --------
    >>> round(poisson_cost([1, 1], [1]) - poisson_cost([1, 1], []), 6)  # the fit is the same: 2 log 2 is left
    1.386294
    """
    y = np.asarray(counts, dtype=np.float64)
    starts = np.concatenate([[0], _checked("changes", changes, y.size)])
    events, days = np.add.reduceat(y, starts), np.diff(starts, append=y.size)
    fit = events * np.log(np.where(events > 0, events, 1.0) / days) - events  # 0 log 0 is 0
    return float(2.0 * (gammaln(y + 1.0).sum() - fit.sum()) + 2.0 * np.log(y.size) * (starts.size - 1))


def _checked(name: str, changes: ArrayLike, n: int) -> Ints:
    """Return changes as an array."""
    days = np.asarray(changes, dtype=np.int64)
    if days.size == 0:
        return np.empty(0, dtype=np.int64)
    if days.ndim != 1 or (np.diff(days) <= 0).any() or days[0] < 1 or days[-1] >= n:
        raise ValueError(f"{name} is {days.tolist()}; increasing days from 1 to n - 1 = {n - 1} are needed")
    return days
