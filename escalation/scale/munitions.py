"""Munitions per incident, reported as ranges: how many were fired, and how many of them intercepted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from escalation.scale.bounds import WHOLE

__all__ = ["intercepted", "median_rank", "salvo"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def salvo(
    low: ArrayLike, high: ArrayLike, period: ArrayLike, periods: Sequence[Hashable], *, prob: float = 0.9
) -> pd.DataFrame:
    """Bound the size of a salvo, in munitions per incident, in each period.

    Parameters
    ----------
    low, high
        Least and largest number of munitions reported of each incident, shape (n,). A missing (NaN) or infinite `high`
        beside a `low` is open upwards. A missing `low` beside a `high`, or a `low` of 0, counts as 1: an attack has at
        least one munition. Both missing: not reported.
    period
        Index into `periods` of each incident, shape (n,); -1 for an incident in none of them.
    periods
        Labels, shape (P,).
    prob
        Least coverage of the interval of the median.

    Returns
    -------
    DataFrame
        One row per period, then the whole (the incidents of all periods): ``period``; ``incidents``; ``reported``,
        those with munitions reported, of which all else is said; ``median_low``, ``median_high``, bounds of their
        median; ``lower``, ``upper``, interval of the median of the population they come from; ``largest_low``,
        ``largest_high``, bounds of the largest salvo; ``total_low``, ``total_high``, bounds of their sum. Infinite
        where open; where nothing is reported sums are 0 and the rest is NaN.

    Raises
    ------
    ValueError
        If shapes differ, a number is no count, a range runs backwards or holds no munition, a period or a label is
        wrong, or `prob` is out of range. All problems at once.

    Notes
    -----
    *Bounds.* Let low_i <= x_i <= high_i. Of any number, no fewer lows than x and no fewer x than highs are at most that
    number; hence for every j the j-th smallest low <= the j-th smallest x <= the j-th smallest high, and so for the
    median (the mean of the two middle ones where n is even), the largest and the sum. All bounds are attained, the
    lower ones where every low is the true number, the upper ones where every high is.

    *Interval.* From the r-th smallest low to the r-th largest high, with the largest r that leaves at most
    (1 - prob)/2 on each side: see `median_rank` (Conover 1999, Practical Nonparametric Statistics, 3rd ed., §3.2).
    From 1 to infinity if too few are reported (under 5 for 90 %). It takes the reported incidents as independent draws;
    incidents whose munitions nobody reported may differ, and no interval here covers that.

    Examples
    --------
    Three attacks: one or two drones, fifteen to twenty missiles, and "at least four".

    >>> found = salvo([1, 15, 4], [2, 20, np.nan], [0, 0, 0], ["Jan"])
    >>> columns = ["reported", "median_low", "median_high", "largest_low", "total_low", "total_high"]
    >>> print(found.iloc[[0]][columns].to_string(index=False))
     reported  median_low  median_high  largest_low  total_low  total_high
            3         4.0         20.0         15.0       20.0         inf
    """
    bad: list[str] = []
    least, most = _ranges(low, high, bad)
    place = _places(period, periods, least.shape, bad)
    if not 0.0 < prob < 1.0:
        bad.append(f"prob: a number between 0 and 1 is needed, got {prob!r}")
    if bad:
        raise ValueError("; ".join(bad))
    rows = [_size(least[own], most[own], prob) for own in _groups(place, len(periods))]
    return pd.DataFrame({"period": [*periods, WHOLE]}).join(pd.DataFrame(rows))


def _size(least: Floats, most: Floats, prob: float) -> dict[str, float]:
    """Return the row of one period."""
    known = ~np.isnan(least)
    a, b = np.sort(least[known]), np.sort(most[known])
    n = a.size
    rank = median_rank(n, prob) if n else 0
    middle = [(n - 1) // 2, n // 2]
    return {
        "incidents": least.size,
        "reported": n,
        "median_low": a[middle].mean() if n else np.nan,
        "median_high": b[middle].mean() if n else np.nan,
        "lower": a[rank - 1] if rank else 1.0 if n else np.nan,
        "upper": b[n - rank] if rank else np.inf if n else np.nan,
        "largest_low": a[-1] if n else np.nan,
        "largest_high": b[-1] if n else np.nan,
        "total_low": a.sum(),
        "total_high": b.sum(),
    }


def median_rank(n: int, prob: float) -> int:
    """Return the largest r for which the r-th smallest and r-th largest of n enclose the median, or 0 if none does.

    Parameters
    ----------
    n
        Number of independent observations.
    prob
        Least coverage.

    Notes
    -----
    The r-th smallest exceeds a median M only if fewer than r observations are at most M. Each is with probability of at
    least 1/2, so this has at most the probability P(B <= r - 1), B binomial (n, 1/2); mirrored for the r-th largest.
    With at most (1 - prob)/2 for each the coverage is at least `prob`, with or without ties.

    Examples
    --------
    For n = 5 the extremes miss the median with probability 2/32, so that 90 % is covered; for n = 4 it is 2/16.

    >>> median_rank(5, 0.9), median_rank(4, 0.9)
    (1, 0)
    """
    tail = (1.0 - prob) / 2
    rank = int(binom.ppf(tail, n, 0.5))
    # The quantile is the least r with P(B <= r) >= tail; where both are equal, rank r + 1 still leaves no more.
    return rank + 1 if binom.cdf(rank, n, 0.5) <= tail * (1 + 1e-12) else rank


def intercepted(
    intercepted: ArrayLike, low: ArrayLike, high: ArrayLike, period: ArrayLike, periods: Sequence[Hashable]
) -> pd.DataFrame:
    """Bound the share of munitions intercepted, among the incidents of which both figures are reported.

    Parameters
    ----------
    intercepted
        Munitions intercepted of each incident, shape (n,); NaN if not reported.
    low, high, period, periods
        As in `salvo`.

    Returns
    -------
    DataFrame
        One row per period, then the whole: ``period``; ``incidents`` with both figures, to which the next five columns
        refer; ``intercepted``; ``munitions_low``, ``munitions_high``; ``share_low``, ``share_high``, NaN without such
        incidents; ``munitions_only`` and ``interception_only``, incidents with one of the two figures.

    Raises
    ------
    ValueError
        As in `salvo`, and if more munitions are intercepted than fired at most: all such rows are listed.

    Notes
    -----
    The share is that of the incidents with both figures, and not of all: interceptions are reported selectively, and
    ``munitions_only`` says of how many incidents nothing is known about it. A missing figure is not a 0.

    At least as many munitions were fired as intercepted, so that each `low` is raised to the number intercepted. The
    share is largest if all of these are the true numbers, and smallest if all highs are: both bounds are attained, and
    the upper one is at most 1.

    Examples
    --------
    Fifteen of 15 to 20 intercepted, none of one, and two munitions without a word on interception:

    >>> found = intercepted([15, 0, np.nan], [15, 1, 2], [20, 1, 2], [0, 0, 0], ["Jan"])
    >>> columns = ["incidents", "share_low", "share_high", "munitions_only"]
    >>> print(found.iloc[[0]][columns].round(3).to_string(index=False))
     incidents  share_low  share_high  munitions_only
             2      0.714       0.938               1
    """
    bad: list[str] = []
    least, most = _ranges(low, high, bad)
    down = _counts("intercepted", intercepted, bad)
    place = _places(period, periods, least.shape, bad)
    if down.shape != least.shape:
        bad.append(f"intercepted: one number per incident is needed, shape {least.shape}, got {down.shape}")
    else:
        bad += [
            f"row {i + 1}: {down[i]:g} intercepted of at most {most[i]:g} munitions"
            for i in np.flatnonzero(down > most)
        ]
    if bad:
        raise ValueError("; ".join(bad))
    rows = [_share(down[own], least[own], most[own]) for own in _groups(place, len(periods))]
    return pd.DataFrame({"period": [*periods, WHOLE]}).join(pd.DataFrame(rows))


def _share(down: Floats, least: Floats, most: Floats) -> dict[str, float]:
    """Return the row of one period."""
    known, heard = ~np.isnan(least), ~np.isnan(down)
    both = known & heard
    hit, high = down[both].sum(), most[both].sum()
    low = np.maximum(least[both], down[both]).sum()
    return {
        "incidents": int(both.sum()),
        "intercepted": hit,
        "munitions_low": low,
        "munitions_high": high,
        "share_low": hit / high if both.any() else np.nan,
        "share_high": hit / low if both.any() else np.nan,
        "munitions_only": int((known & ~heard).sum()),
        "interception_only": int((heard & ~known).sum()),
    }


def _groups(place: Ints, periods: int) -> list[NDArray[np.bool_]]:
    """Return the incidents of each period, and of all of them."""
    return [*(place == p for p in range(periods)), place >= 0]


def _ranges(low: ArrayLike, high: ArrayLike, bad: list[str]) -> tuple[Floats, Floats]:
    """Return the least and largest number of each incident, both NaN where not reported; note what is wrong."""
    least, most = _counts("low", low, bad), _counts("high", high, bad, open_ended=True)
    if least.shape != most.shape:
        bad.append(f"low and high: one number each per incident is needed, got shapes {least.shape} and {most.shape}")
        return least, least
    bad += [f"row {i + 1}: low {least[i]:g} exceeds high {most[i]:g}" for i in np.flatnonzero(least > most)]
    bad += [f"row {i + 1}: high 0, but an attack has at least one munition" for i in np.flatnonzero(most == 0)]
    unreported = np.isnan(least) & np.isnan(most)
    least, most = np.fmax(least, 1.0), np.where(np.isnan(most), np.inf, most)
    return np.where(unreported, np.nan, least), np.where(unreported, np.nan, most)


def _counts(name: str, values: ArrayLike, bad: list[str], open_ended: bool = False) -> Floats:
    """Return the values as numbers with NaN for missing ones; note those that are no count."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1:
        bad.append(f"{name}: one number per incident is needed, got shape {given.shape}")
        return np.empty(0)
    fine = np.isnan(given) | ((given >= 0) & (given == np.floor(given)) & (np.isfinite(given) | open_ended))
    bad += [
        f"row {i + 1}: {name} must be a whole number of at least 0, got {given[i]:g}" for i in np.flatnonzero(~fine)
    ]
    return given


def _places(period: ArrayLike, periods: Sequence[Hashable], shape: tuple[int, ...], bad: list[str]) -> Ints:
    """Return the index of the period of each incident; note what is wrong."""
    labels = list(periods)
    if len(set(labels)) != len(labels) or WHOLE in labels:
        bad.append(f"periods: different labels are needed, none of them {WHOLE!r}, got {labels}")
    place = np.asarray(period)
    if place.shape != shape:
        bad.append(f"period: one index per incident is needed, shape {shape}, got {place.shape}")
    elif place.size == 0 or (place.dtype.kind in "iu" and place.min() >= -1 and place.max() < len(labels)):
        return place.astype(np.int64)
    else:
        bad.append(
            f"period: integers from -1 (none) to {len(labels) - 1} are needed, got {np.unique(place)[:9].tolist()}"
        )
    return np.full(shape, -1)
