"""Rates around a dated intervention, from draws of the daily counts and of the rate: regression, posterior, placebo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from escalation.changes.effects.placebo import Placebo, place, rate_ratio, slope_ratio
from escalation.changes.effects.pooling import Contrast
from escalation.changes.effects.regression import SLOPE_DAYS, Regression, Span, regress

__all__ = ["Association", "Drawn", "associate"]

Floats = NDArray[np.float64]

#: Means of one and the same rate over different numbers of days differ in the last digits.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Drawn:
    """A series as its draws.

    Parameters
    ----------
    counts
        Draws of the daily counts, shape (n, T).
    rates
        Draws of the rate per day, shape (m, T).
    stated
        Days (indices) as of whose end a total was stated, shape (s,).
    naive
        One daily series without uncertainty to compare with, shape (T,); NaN where it says nothing.
    """

    counts: NDArray[np.int64]
    rates: Floats
    stated: NDArray[np.int64]
    naive: Floats

    @cached_property
    def cumulative(self) -> Floats:
        """Draws of the count by the beginning of each day and by the end of the last, shape (n, T + 1)."""
        return np.concatenate([np.zeros((len(self.counts), 1)), np.cumsum(self.counts, axis=1)], axis=1)


@dataclass(frozen=True, eq=False)
class Association:
    """What is known about the rate around one intervention.

    Parameters
    ----------
    before, during
        Posterior of the mean rate per day in the days before and in the window.
    glm
        The regression, pooled over draws.
    posterior
        Posterior of the ratio of the two rates (for a slope: of the change of the log-linear trend in `SLOPE_DAYS`).
    p_lower
        Posterior probability that the ratio is below 1; where the rate is constant over these days it is neither
        below nor above.
    placebo
        The same contrast at other dates; None if not asked for.
    naive
        The contrast of the naive series.
    statements
        Statement dates within the window.
    unstated
        How many of the edges of the window and of the days before it fall on no statement date.
    """

    before: Contrast
    during: Contrast
    glm: Regression
    posterior: Contrast
    p_lower: float
    placebo: Placebo | None
    naive: float
    statements: int
    unstated: int


def _quantiles(values: Floats, prob: float) -> Contrast:
    """Median and equal-tailed interval."""
    tail = (1.0 - prob) / 2
    return Contrast(*map(float, np.quantile(values, [0.5, tail, 1.0 - tail])))


def _slopes(rates: Floats, span: Span) -> Floats:
    """Per draw, the change of slope of the log rate by least squares on the days, as a factor in `SLOPE_DAYS`."""
    day = np.arange(span.start, span.last + 1) + 0.5 - span.first
    X = np.column_stack([np.ones(day.size), day, np.maximum(day, 0.0)])
    change = np.log(rates[:, span.start : span.last + 1]) @ np.linalg.pinv(X)[-1]
    return np.asarray(np.exp(SLOPE_DAYS * change), dtype=np.float64)


def associate(drawn: Drawn, span: Span, *, prob: float = 0.9, placebo: bool = True) -> Association:
    """Compare the rate during an intervention with the rate of the days before it.

    Parameters
    ----------
    drawn
        The series as its draws.
    span
        The intervention; it and the days before it must lie in the series.
    prob
        Mass of the intervals.
    placebo
        Whether placebo dates are worked out.

    Returns
    -------
    Association

    Raises
    ------
    ValueError
        If the span reaches beyond the series, or has no day before it.

    Notes
    -----
    Interrupted-series regression after Wagner et al. (2002), Journal of Clinical Pharmacy and Therapeutics 27:299–309,
    with the days before as the only comparison, so that regression and posterior estimate the same ratio.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> rate = np.where((np.arange(60) >= 30) & (np.arange(60) < 40), 0.6, 2.0)
    >>> drawn = Drawn(rng.poisson(rate, (200, 60)), np.tile(rate, (200, 1)), np.arange(60), rate)
    >>> found = associate(drawn, Span(30, 39, 14, "window"))
    >>> round(found.posterior.ratio, 3), round(found.naive, 3), found.unstated
    (0.3, 0.3, 0)
    """
    T = drawn.counts.shape[1]
    if not (0 <= span.start < span.first <= span.last < T):
        raise ValueError(f"days {span.start} to {span.last} are needed; the series has days 0 to {T - 1}")
    before = drawn.rates[:, span.start : span.first].mean(axis=1)
    during = drawn.rates[:, span.first : span.last + 1].mean(axis=1)
    ratio = _slopes(drawn.rates, span) if span.term == "slope" else during / before
    edges = np.array([cut for cut in span.cuts if cut > 0])  # the count before the first day is known to be none
    inside = (drawn.stated >= span.first) & (drawn.stated <= span.last)
    return Association(
        _quantiles(before, prob), _quantiles(during, prob), regress(drawn.cumulative, drawn.stated, span, prob),
        _quantiles(ratio, prob), float((ratio < 1.0 - ROUNDING).mean()),
        place(drawn.cumulative, drawn.stated, span) if placebo else None, _naive(drawn, span),
        np.unique(drawn.stated[inside]).size, int((~np.isin(edges - 1, drawn.stated)).sum()),
    )  # fmt: skip


def _naive(drawn: Drawn, span: Span) -> float:
    """Return the same contrast of the naive series."""
    total = np.append(0.0, np.cumsum(drawn.naive))
    if span.term == "slope":
        return slope_ratio(total, drawn.stated, span)
    return float(rate_ratio(total, [span.first], span.days, span.before)[0])
