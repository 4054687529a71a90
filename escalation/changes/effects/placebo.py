"""Placebo dates: the same contrast at every other day of the series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from escalation.changes.effects.regression import SLOPE_DAYS, Span, design, estimable, fit_glm, increments

__all__ = ["Placebo", "admissible", "non_overlapping", "place", "rate_ratio"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Placebo:
    """Contrasts at placebo dates.

    Parameters
    ----------
    starts
        First days of the placebo windows, shape (k,).
    ratios
        Their contrasts in each draw, shape (n, k); NaN where a draw has no event in the window nor before it. A slope
        has one row: the mean over draws.
    actual
        The same contrasts at the date of the intervention, shape (n,).
    share
        Mean over draws of (r + 1) / (m + 1), where r of m placebo log ratios are at least as far from 0 as the actual
        one.
    apart
        Number of placebo windows, each with its days before, that do not overlap each other.
    """

    starts: Ints
    ratios: Floats
    actual: Floats
    share: float
    apart: int

    def quantiles(self, probs: ArrayLike, *, by_date: bool) -> Floats:
        """Quantiles of the contrasts over draws, shape (q, k), or over draws and dates, shape (q,); nearest values."""
        at = np.asarray(probs, dtype=float)
        columns = list(self.ratios.T) if by_date else [self.ratios.ravel()]
        kept = [column[~np.isnan(column)] for column in columns]
        lost = np.full(at.size, np.nan)
        found = [np.quantile(column, at, method="nearest") if column.size else lost for column in kept]
        return np.array(found, dtype=float).reshape(-1, at.size).T if by_date else np.asarray(found[0], dtype=float)


def rate_ratio(cumulative: ArrayLike, starts: ArrayLike, days: int, before: int) -> Floats:
    """Rate in windows over the rate in the days before them: the closed form of a Poisson regression on one dummy.

    Parameters
    ----------
    cumulative
        Count by the beginning of each day and by the end of the last, shape (..., T + 1).
    starts
        First days of the windows, shape (k,).
    days, before
        Length of the windows, and of the stretches straight before them.

    Returns
    -------
    ndarray, shape (..., k)
        Infinite if only the days before have no event, NaN if neither has.

    Examples
    --------
    >>> rate_ratio([0, 2, 4, 5, 6, 6], [2, 3], days=2, before=2).tolist()
    [0.5, 0.3333333333333333]
    """
    total, s = np.asarray(cumulative, dtype=float), np.asarray(starts, dtype=np.int64)
    inside, ahead = total[..., s + days] - total[..., s], total[..., s] - total[..., s - before]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((inside / days) / (ahead / before), dtype=np.float64)


def admissible(span: Span, T: int) -> Ints:
    """First days at which a placebo window can stand in a series of `T` days.

    The window and the days before it lie in the series and touch no day of the actual window. They may lie among the
    days before the actual window, and they may hold other interventions.

    Examples
    --------
    >>> admissible(Span(first=10, last=11, before=3, term="window"), T=20).tolist()
    [3, 4, 5, 6, 7, 8, 15, 16, 17, 18]
    """
    s = np.arange(span.before, T - span.days + 1)
    return np.asarray(s[(s + span.days <= span.first) | (s - span.before > span.last)], dtype=np.int64)


def non_overlapping(starts: Ints, width: int) -> int:
    """Count how many of the windows, each `width` days long with its days before, fit side by side.

    Examples
    --------
    >>> non_overlapping(np.array([3, 4, 5, 6, 7, 8, 15, 16, 17, 18]), width=5)
    3
    """
    number, free = 0, -np.inf
    for s in starts:
        if s >= free:
            number, free = number + 1, s + width
    return number


def place(cumulative: ArrayLike, stated: ArrayLike, span: Span) -> Placebo:
    """Contrast every admissible placebo window with the days before it, and rank the actual window among them.

    Parameters
    ----------
    cumulative
        Draws of the count by the beginning of each day and by the end of the last, shape (n, T + 1).
    stated
        Days (indices) as of whose end a total was stated; a slope is regressed on increments between them.
    span
        The intervention.

    Returns
    -------
    Placebo
        `share` is NaN if there is no placebo date.

    Notes
    -----
    Ranked within each draw, since the mean over draws is smooth where no total was stated and its contrasts there lie
    near 1. A slope is ranked on that mean all the same, as a regression per draw and date would take minutes. Placebo
    windows overlap, so that their contrasts repeat each other: the share is an approximate p-value, and no finer than
    1 / (`apart` + 1).

    Examples
    --------
    >>> total = np.concatenate([[0.0], np.cumsum([2.0] * 20 + [0.5] * 5 + [2.0] * 20)])
    >>> found = place([total], range(45), Span(20, 24, 5, "window"))
    >>> found.actual.tolist(), found.starts.size, round(found.share, 3), found.apart
    ([0.25], 22, 0.043, 4)
    """
    total = np.asarray(cumulative, dtype=float)
    starts = admissible(span, total.shape[1] - 1)
    every = np.append(starts, span.first)
    if span.term == "slope":
        moved = [Span(int(s), int(s) + span.days - 1, span.before, "slope") for s in every]
        ratios = np.array([[slope_ratio(total.mean(axis=0), stated, one) for one in moved]])
    else:
        ratios = rate_ratio(total, every, span.days, span.before)
    actual, ratios = ratios[:, -1], ratios[:, :-1]
    return Placebo(starts, ratios, actual, _share(actual, ratios), non_overlapping(starts, span.before + span.days))


def _share(actual: Floats, ratios: Floats) -> float:
    """Mean over draws of the two-sided share; a draw without an actual contrast counts 1."""
    there = ~np.isnan(ratios)
    if not there.any():
        return float("nan")
    with np.errstate(divide="ignore"):
        far = np.abs(np.log(ratios)) >= np.abs(np.log(actual))[:, None] - 1e-12
    share = (far.sum(axis=1) + 1) / (there.sum(axis=1) + 1)
    return float(np.where(np.isnan(actual), 1.0, share).mean())


def slope_ratio(total: Floats, stated: ArrayLike, span: Span) -> float:
    """Regress one count on a change of slope; NaN if the increments do not determine it."""
    breaks = increments(span, stated)
    counts, X = np.diff(total[breaks]), design(breaks, span)
    if np.isnan(counts).any() or X.shape[0] <= X.shape[1] or not estimable(counts, X):
        return float("nan")
    return float(np.exp(SLOPE_DAYS * fit_glm(counts, np.diff(breaks), X)[0]))
