"""Interrupted-series regression on increments of a cumulative count, over posterior draws of that count."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from escalation.changes.effects.fitting import estimable_draws, fit_draws
from escalation.changes.effects.pooling import (
    Contrast,
    conditional_contrast,
    conditional_tails,
    mixed_contrast,
    pool,
    vacuous,
)

__all__ = ["SLOPE_DAYS", "TERMS", "Regression", "Span", "design", "fit_glm", "increments", "regress"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TERMS = ("step", "pulse", "window", "slope")
#: A change of slope is given as the factor by which the rate departs from its earlier trend in so many days.
SLOPE_DAYS = 7
#: With fewer increments than parameters plus this, a HAC error has nothing to rest on.
LEAST_DF = 4


@dataclass(frozen=True)
class Span:
    """The days of an intervention and those it is held against, as indices of the series.

    Parameters
    ----------
    first, last
        First and last day of the intervention, counted from 0.
    before
        Number of days straight before `first`.
    term
        One of `TERMS`; all but ``"slope"`` compare the mean rates of the two stretches.
    """

    first: int
    last: int
    before: int
    term: str

    @property
    def days(self) -> int:
        """Length of the intervention in days."""
        return self.last - self.first + 1

    @property
    def start(self) -> int:
        """First of the days before."""
        return self.first - self.before

    @property
    def cuts(self) -> tuple[int, int, int]:
        """Days at whose beginning something starts or ends: the days before, the intervention, what follows."""
        return self.start, self.first, self.last + 1


class Regression(NamedTuple):
    """The pooled regression of one span, and what it rests on.

    `separated` counts the draws in which the estimate diverges; `hac` is the share of the others whose HAC error is
    the larger one (NaN without a fit); `exact` says that nothing is fitted, and the interval is the conditional one.
    """

    contrast: Contrast
    increments: int
    separated: int
    hac: float
    exact: bool


def increments(span: Span, stated: ArrayLike) -> Ints:
    """Cut the days of a span at the statement dates and at its own edges.

    Parameters
    ----------
    span
        The intervention.
    stated
        Days (indices) as of whose end a total was stated, in any order.

    Returns
    -------
    ndarray of int, shape (k + 1,)
        Days at whose beginning an increment starts, and the end of the last one.

    Examples
    --------
    >>> increments(Span(first=10, last=12, before=5, term="window"), [3, 6, 9, 11, 20]).tolist()
    [5, 7, 10, 12, 13]
    """
    start, _, end = span.cuts
    ends = np.asarray(stated, dtype=np.int64).ravel() + 1
    return np.unique(np.concatenate([ends[(ends > start) & (ends < end)], span.cuts])).astype(np.int64)


def design(breaks: Ints, span: Span) -> Floats:
    """Return the covariates of the increments: intercept, for a slope the trend, and the term asked about, last.

    A trend is taken at the middle of each increment, in days from the beginning of the intervention.

    Examples
    --------
    >>> design(np.array([5, 7, 10, 12, 13]), Span(10, 12, 5, "window"))[:, 1].tolist()
    [0.0, 0.0, 1.0, 1.0]
    >>> design(np.array([5, 7, 10, 12, 13]), Span(10, 12, 5, "slope"))[:, 1:].tolist()
    [[-4.0, 0.0], [-1.5, 0.0], [1.0, 1.0], [2.5, 2.5]]
    """
    one = np.ones(breaks.size - 1)
    if span.term != "slope":
        return np.column_stack([one, breaks[:-1] >= span.first])
    middle = (breaks[:-1] + breaks[1:]) / 2 - span.first
    return np.column_stack([one, middle, np.maximum(middle, 0.0)])


def estimable(counts: Floats, covariates: Floats) -> bool:
    """Whether the increments with events determine every coefficient, so that the likelihood has a maximum.

    For two stretches this is exact: both need an event. For a slope it is sufficient.
    """
    return bool(np.linalg.matrix_rank(covariates[counts > 0]) == covariates.shape[1])


def fit_glm(counts: ArrayLike, days: ArrayLike, covariates: Floats) -> tuple[float, float, bool]:
    """Fit a Poisson regression with log link and log-exposure to the increments of one draw.

    Parameters
    ----------
    counts, days
        Events in each increment, in order of time, and its length, shape (k,).
    covariates
        Shape (k, p), the term asked about last; k > p.

    Returns
    -------
    estimate, variance : float
        Log ratio of the last term. The variance is the larger of the HAC one (Bartlett kernel, Newey and West's rule
        for the lags, factor k / (k - p)) and the quasi-Poisson one (Pearson dispersion, at least 1).
    hac_larger : bool

    Notes
    -----
    A term that is on in one increment is fitted without residual there, so that the HAC variance, made of residuals,
    lacks the noise of that increment; with few increments inside it lacks most of it. The quasi-Poisson variance is
    therefore its floor. On constant Poisson series of 1.5 events a day with 7 or 14 days against 14 before, 90 %
    intervals from the HAC variance alone covered the ratio in 73–86 % of 400 series, with the floor in 93–97 %.
    Newey and West (1987), Econometrica 55:703–708.

    Examples
    --------
    >>> days = np.array([2, 3, 2, 2, 3, 2])
    >>> step = np.column_stack([np.ones(6), [0, 0, 0, 0, 1, 1]])
    >>> estimate, variance, _ = fit_glm([4, 6, 5, 3, 1, 2], days, step)
    >>> round(float(np.exp(estimate)), 3)  # 3 events in 5 days against 18 in 9
    0.3
    """
    y, X = np.asarray(counts, dtype=float), covariates
    lags = int(4 * (y.size / 100) ** (2 / 9))
    with warnings.catch_warnings():
        # Increments that follow their two rates exactly; separation proper is ruled out by `estimable`.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        found = GLM(y, X, family=Poisson(), exposure=np.asarray(days, dtype=float)).fit(
            cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
        )
    dispersion = max(1.0, float(found.pearson_chi2) / (y.size - X.shape[1]))
    hac, quasi = float(found.cov_params()[-1, -1]), dispersion * float(found.normalized_cov_params[-1, -1])
    return float(found.params[-1]), max(hac, quasi), hac > quasi


def regress(cumulative: ArrayLike, stated: ArrayLike, span: Span, prob: float = 0.9) -> Regression:
    """Regress the increments of each draw on the term of a span, and pool over the draws.

    Parameters
    ----------
    cumulative
        Draws of the count by the beginning of each day and by the end of the last, shape (n, T + 1).
    stated
        Days (indices) as of whose end a total was stated.
    span
        The intervention; the days before it and its own must lie in the series.
    prob
        Mass of the interval.

    Returns
    -------
    Regression
        Draws with no event in the window or before it enter with their share, by their exact tails (Poisson). If the
        increments are too few for a HAC error, or fewer than two draws can be fitted, the contrast is the exact
        conditional one. For a slope, draws that do not determine it are taken to allow any ratio, and the contrast is
        NaN if they are more than half or the increments too few.

    Notes
    -----
    Increments are cut at the edges of the span too, since a term that is on in part of an increment is misspecified
    under a log link. The count at an edge without a statement is drawn, and Rubin's between-draw variance carries its
    uncertainty.

    Whether a draw has an event on both sides is chance, so the interval must not hang on whether any has none: see
    `mixed_contrast`. On 600 series each (1.5 events a day, 7 days at 1, 0.3 and 0.1 times that against 14 before, exact
    totals on 14 of 35 days, 200 posterior draws under six seeds) 90 % intervals held the ratio in 98, 97 and 97 % and
    excluded 1 in 2, 27 and 62 %. In the 24 series where some seeds met a draw without an event and others none, the
    log upper bound had a standard deviation over seeds of 0.09, on average; 0.26 if one such draw switches the
    interval to the exact one. What remains is the noise of 200 draws.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.poisson(np.where(np.arange(28) < 14, 3.0, 1.0), (200, 28))
    >>> total = np.concatenate([np.zeros((200, 1)), y.cumsum(axis=1)], axis=1)
    >>> found = regress(total, range(28), Span(14, 27, 14, "step"))
    >>> bool(found.contrast.upper < 1), found.increments
    (True, 28)
    """
    total = np.asarray(cumulative, dtype=float)
    breaks = increments(span, stated)
    counts, days, X = np.diff(total[:, breaks], axis=1), np.diff(breaks), design(breaks, span)
    k, p = X.shape
    fitted = estimable_draws(counts, X)
    separated, slope = int((~fitted).sum()), span.term == "slope"
    enough = 2 * separated <= fitted.size if slope else fitted.sum() >= 2
    if k - p < LEAST_DF or not enough:
        contrast = Contrast() if slope else conditional_contrast(*_sides(total, span), span.days, span.before, prob)
        return Regression(contrast, k, separated, float("nan"), exact=True)
    estimate, variance, hac = fit_draws(counts[fitted] if separated else counts, days, X)
    pooled, scale = pool(estimate, variance, k - p), SLOPE_DAYS if slope else 1.0
    if separated:
        tails = vacuous if slope else conditional_tails(*_sides(total[~fitted], span), span.days, span.before)
        contrast = mixed_contrast(pooled, tails, separated / fitted.size, prob, scale)
    else:
        contrast = pooled.contrast(prob, scale)
    return Regression(contrast, k, separated, float(hac.mean()), exact=False)


def _sides(total: Floats, span: Span) -> tuple[Floats, Floats]:
    """Events in the window and in the days before it, per draw."""
    start, first, end = span.cuts
    return total[:, end] - total[:, first], total[:, first] - total[:, start]
