"""What a reader of totals would believe of the days between them, and how far that is from what was hidden."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from escalation.calibration.scores import crps

__all__ = ["DRAWS", "PROB", "WINDOW", "clumping", "score", "spread"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator

#: Steps of a window, draws behind a score, mass of the intervals.
WINDOW, DRAWS, PROB = 7, 800, 0.9


def clumping(counts: Iterable[int]) -> float:
    """Variance of counts over their mean, from differences of neighbours: 1 for Poisson counts of a slow rate.

    Half the mean squared difference (von Neumann 1941) does not take a change of the rate for clumping.

    Examples
    --------
    >>> clumping([0, 2, 0, 2])
    2.0
    """
    y = np.asarray(list(counts), dtype=np.float64)
    return float((np.diff(y) ** 2).mean() / 2 / y.mean())


def spread(daily: Floats, days: Ints, totals: ArrayLike, n: int, rng: Rng) -> Ints:
    """Draw daily counts that agree with totals, the events of each interval spread in proportion to a curve.

    Parameters
    ----------
    daily : ndarray of float, shape (T,)
        Events per day by the curve; an interval where it is zero is spread evenly.
    days : ndarray of int, shape (m,)
        Days at whose end the totals stood, increasing from 0 or later to T - 1.
    totals : array_like, shape (m,)
        Non-decreasing whole numbers.
    n : int
        Number of draws.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n, T)

    Examples
    --------
    >>> drawn = spread(np.array([1.0, 1, 0, 2]), np.array([1, 3]), np.array([5, 9]), 3, np.random.default_rng(1))
    >>> drawn[:, :2].sum(axis=1).tolist(), drawn[:, 2:].tolist()
    ([5, 5, 5], [[0, 4], [0, 4], [0, 4]])
    """
    out, before, at = np.zeros((n, daily.size), dtype=np.int64), 0, 0
    for day, total in zip(days.tolist(), np.rint(totals).astype(np.int64).tolist(), strict=True):
        part = daily[at : day + 1]
        weight = part if part.sum() > 0 else np.ones(part.size)
        out[:, at : day + 1] = rng.multinomial(total - before, weight / weight.sum(), size=n)
        before, at = total, day + 1
    return out


def score(draws: Ints, counts: Ints, day: Ints) -> dict[str, float]:
    """Score draws of daily counts against those that were hidden.

    Parameters
    ----------
    draws : ndarray of int, shape (n, T)
    counts : ndarray of int, shape (T,)
        The truth, T above `WINDOW`.
    day : ndarray of int, shape (m,)
        Days with a report.

    Returns
    -------
    dict
        `crps_rate` and `cover_rate` of 7-step means, the former in units of the mean daily count; `crps_total` and
        `cover_total` of totals at the end of days without a report, the former in units of the final total.

    Examples
    --------
    >>> truth = np.arange(10)
    >>> score(np.tile(truth, (5, 1)), truth, np.array([4, 9]))
    {'crps_rate': 0.0, 'cover_rate': 1.0, 'crps_total': 0.0, 'cover_total': 1.0}
    """
    run, true = (np.cumsum(np.insert(a, 0, 0, axis=-1), axis=-1) for a in (draws, counts))
    reported = np.zeros(true.size, dtype=bool)
    reported[[0, *(day + 1)]] = True
    opened = ~(reported[WINDOW:] & reported[:-WINDOW])
    window, held = ((c[..., WINDOW:] - c[..., :-WINDOW])[..., opened] for c in (run, true))
    whole = float(true[-1])
    unit = {"rate": whole / counts.size * WINDOW, "total": whole}
    out = {}
    for name, found, truth in (("rate", window, held), ("total", run[:, ~reported], true[~reported])):
        low, high = np.quantile(found, [(1 - PROB) / 2, (1 + PROB) / 2], axis=0, method="inverted_cdf")
        out[f"crps_{name}"] = float(crps(found, truth).mean()) / unit[name]
        out[f"cover_{name}"] = float(((low <= truth) & (truth <= high)).mean())
    return out
