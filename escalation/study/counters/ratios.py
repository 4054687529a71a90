"""The ratio between two counters over time, from independent posterior draws of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["RATIO_COLUMNS", "ratio_interval", "ratio_rows", "windows"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RATIO_COLUMNS = ("kind", "first", "last", "days", "ratio", "lower", "upper", "p_more", "p_less", "p_zero")


def ratio_interval(top: Ints, bottom: Ints, prob: float) -> dict[str, Floats]:
    """Median and equal-tailed interval of a ratio of counts, where the lower count may be zero.

    A draw with a positive count over zero is infinite. A draw of zero over zero says nothing: at the lower end it
    counts as 0, at the upper end as infinite, and the median leaves it out; it is NaN if half of the draws are such.

    Parameters
    ----------
    top, bottom
        Draws of both counts, shape (n,) or (n, T).
    prob
        Mass of the interval.

    Returns
    -------
    dict
        ``ratio`` (median), ``lower``, ``upper``, ``p_more`` and ``p_less`` (share of draws with a larger, a smaller
        count above), ``p_zero`` (share with zero below), each of shape (T,), or () for one.

    Examples
    --------
    >>> found = ratio_interval(np.array([8, 8, 9, 7]), np.array([10, 10, 0, 10]), prob=0.5)
    >>> {name: float(value) for name, value in found.items()}
    {'ratio': 0.8, 'lower': 0.8, 'upper': 0.8, 'p_more': 0.25, 'p_less': 0.75, 'p_zero': 0.25}
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.asarray(top / bottom, dtype=np.float64)
    empty, tail = np.isnan(ratio), (1.0 - prob) / 2
    known = np.sort(ratio, axis=0)  # NaN last
    number = (~empty).sum(axis=0)
    # The lower of the two middle draws: between a number and infinity there is no mean.
    at = np.expand_dims(np.maximum(number - 1, 0) // 2, 0)
    median = np.take_along_axis(known, at, axis=0)[0]
    return {
        "ratio": np.where(2 * number > len(ratio), median, np.nan),
        "lower": _quantile(np.where(empty, 0.0, ratio), tail),
        "upper": _quantile(np.where(empty, np.inf, ratio), 1.0 - tail),
        "p_more": (top > bottom).mean(axis=0),
        "p_less": (top < bottom).mean(axis=0),
        "p_zero": (np.asarray(bottom) == 0).mean(axis=0),
    }


def _quantile(values: Floats, q: float) -> Floats:
    """Return the nearest draw: nothing is interpolated, so that infinity is no trouble."""
    return np.asarray(np.sort(values, axis=0)[round(q * (len(values) - 1))])


def _single(top: Ints, bottom: Ints, prob: float) -> dict[str, float]:
    """Return one ratio as plain numbers."""
    return {name: float(value) for name, value in ratio_interval(top, bottom, prob).items()}


def windows(days: int, window: int) -> list[tuple[int, int]]:
    """Cut days into consecutive windows; a rest shorter than half a window belongs to the last one.

    Examples
    --------
    >>> windows(70, 28), windows(69, 28), windows(10, 28)
    ([(0, 28), (28, 56), (56, 70)], [(0, 28), (28, 69)], [(0, 10)])
    """
    starts = list(range(0, days, window))
    if len(starts) > 1 and days - starts[-1] < window / 2:
        starts.pop()
    return list(zip(starts, [*starts[1:], days], strict=True))


def ratio_rows(top: Ints, bottom: Ints, dates: pd.DatetimeIndex, window: int, prob: float) -> pd.DataFrame:
    """Ratio of the counts up to each day, in consecutive windows, in both halves, and of the halves.

    Parameters
    ----------
    top, bottom
        Draws of the daily counts of both on the common days, shape (n, T).
    dates
        The common days.
    window
        Length of a window in days.
    prob
        Mass of the intervals.

    Returns
    -------
    DataFrame
        One row per ratio: ``kind`` (``"cumulative"``, from the first common day to ``last``; ``"window"``; ``"half"``,
        two rows; ``"second over first half"``, the ratio of ratios), ``first, last`` (days, inclusive), ``days``, and
        what `ratio_interval` returns.
    """
    T = len(dates)
    every = pd.DataFrame({"kind": "cumulative", "first": dates[0], "last": dates, "days": np.arange(1, T + 1),
                          **ratio_interval(np.cumsum(top, axis=1), np.cumsum(bottom, axis=1), prob)})  # fmt: skip
    rows: list[dict[str, Any]] = []
    halves = [(0, T // 2), (T // 2, T)] if T > 1 else []
    for kind, spans in (("window", windows(T, window)), ("half", halves)):
        for a, b in spans:
            rows.append({"kind": kind, "first": dates[a], "last": dates[b - 1], "days": b - a,
                         **_single(top[:, a:b].sum(axis=1), bottom[:, a:b].sum(axis=1), prob)})  # fmt: skip
    if halves:
        (a1, b1), (a2, b2) = ((part[:, : T // 2].sum(axis=1), part[:, T // 2 :].sum(axis=1)) for part in (top, bottom))
        rows.append({"kind": "second over first half", "first": dates[0], "last": dates[-1], "days": T,
                     **_single(b1 * a2, a1 * b2, prob)})  # fmt: skip
    return pd.concat([every, pd.DataFrame(rows)], ignore_index=True)[list(RATIO_COLUMNS)]
