"""From one estimate per posterior draw to one estimate: Rubin's rules, and an exact bound where they cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import binom, t

__all__ = ["Contrast", "Pooled", "conditional_contrast", "pool"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contrast:
    """A ratio of rates with its interval; NaN where it is not known."""

    ratio: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")


@dataclass(frozen=True)
class Pooled:
    """An estimate pooled over draws.

    Parameters
    ----------
    estimate
        Mean over the draws.
    error
        Standard error: within and between draws.
    df
        Degrees of freedom of its t distribution.
    missing
        Share of the variance that comes from between the draws.
    """

    estimate: float
    error: float
    df: float
    missing: float

    def contrast(self, prob: float, scale: float = 1.0) -> Contrast:
        """Return the ratio for a pooled log ratio times `scale`, with an equal-tailed t interval of mass `prob`."""
        reach = float(t.ppf((1.0 + prob) / 2, self.df)) * self.error
        with np.errstate(over="ignore"):
            mid, low, high = np.exp(scale * (self.estimate + reach * np.array([0.0, -1.0, 1.0])))
        return Contrast(float(mid), float(low), float(high))


def pool(estimates: ArrayLike, variances: ArrayLike, complete_df: float) -> Pooled:
    """Pool estimates from completed data sets by Rubin's rules.

    Parameters
    ----------
    estimates, variances
        One estimate and its squared standard error per draw, shape (m,).
    complete_df
        Degrees of freedom if the data were complete: observations minus parameters.

    Returns
    -------
    Pooled

    Raises
    ------
    ValueError
        If there are fewer than two draws, a number is not finite, a variance or the degrees of freedom not positive.

    Notes
    -----
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, with the degrees of freedom of Barnard and Rubin
    (1999), Biometrika 86:948–955, which never exceed those of the complete data.

    Examples
    --------
    >>> pooled = pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], complete_df=20)
    >>> pooled.estimate, round(pooled.error**2, 3), round(pooled.df, 2)
    (2.0, 2.333, 3.44)
    """
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if q.size < 2 or q.shape != u.shape or not (np.isfinite(q).all() and np.isfinite(u).all()):
        raise ValueError(f"at least two finite estimates and as many variances are needed, got {q.shape} and {u.shape}")
    if (u <= 0).any() or not complete_df > 0:
        raise ValueError(f"variances and complete_df must be positive, got {u.min():g} and {complete_df:g}")
    between = (1.0 + 1.0 / q.size) * q.var(ddof=1)
    total = float(u.mean() + between)
    missing = float(between / total)
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1.0 - missing)
    df = 1.0 / (missing**2 / (q.size - 1) + 1.0 / observed)
    return Pooled(float(q.mean()), total**0.5, df, missing)


def conditional_contrast(inside: ArrayLike, ahead: ArrayLike, days: int, before: int, prob: float) -> Contrast:
    """Compare two Poisson rates exactly, given the total of both counts, averaged over draws.

    Given the total, the count inside is binomial and its probability depends on the ratio of the rates alone. The two
    one-sided tail probabilities are averaged over the draws; bounds are where they reach (1 - prob) / 2, the middle
    where the mid-p tail is one half. Finite where a regression diverges: no event inside gives a lower bound of 0.

    Parameters
    ----------
    inside, ahead
        Events in the window and in the days before it, one number per draw, shape (m,).
    days, before
        Length of both in days.
    prob
        Mass of the interval.

    Returns
    -------
    Contrast
        NaN if no draw has any event.

    Notes
    -----
    Przyborowski and Wilenski (1940), Biometrika 31:313–323. Both counts are taken as Poisson: clumped events make the
    true interval wider.

    Examples
    --------
    >>> found = conditional_contrast([0, 0], [14, 14], days=7, before=14, prob=0.9)
    >>> found.ratio, found.lower, round(found.upper, 3)
    (0.0, 0.0, 0.477)
    """
    pairs, times = np.unique(np.column_stack([inside, ahead]).astype(np.int64), axis=0, return_counts=True)
    n, total, weight = pairs[:, 0], pairs.sum(axis=1), times / times.sum()
    if not total.any():
        return Contrast()

    def at_least(p: float) -> float:
        return float(weight @ binom.sf(n - 1, total, p))

    def at_most(p: float) -> float:
        return float(weight @ binom.cdf(n, total, p))

    def solve(rising: Callable[[float], float], target: float) -> float:
        """Find p with rising(p) = target, and turn it into a ratio of rates."""
        if rising(0.0) >= target:
            return 0.0
        if rising(1.0) <= target:
            return float("inf")
        p = float(brentq(lambda x: rising(x) - target, 0.0, 1.0))
        return p / (1.0 - p) * before / days

    tail = (1.0 - prob) / 2
    middle = solve(lambda p: (at_least(p) + 1.0 - at_most(p)) / 2, 0.5)
    return Contrast(middle, solve(at_least, tail), solve(lambda p: 1.0 - at_most(p), 1.0 - tail))
