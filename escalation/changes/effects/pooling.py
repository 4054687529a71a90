"""From one estimate per posterior draw to one estimate: Rubin's rules, and exact tails for draws that cannot enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binom, t

__all__ = [
    "Contrast", "Pooled", "Tails", "conditional_contrast", "conditional_tails", "mixed_contrast", "pool", "vacuous",
]  # fmt: skip

Floats = NDArray[np.float64]
#: At a log ratio, the evidence that the truth is at most that: as generous as can be for a lower bound, then as sparing
#: as can be for an upper one. With discrete counts the two differ.
Tails = Callable[[float], tuple[float, float]]
#: Log ratios beyond this are 0 or infinite as numbers.
FURTHEST = 700.0


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
    at = _binomial_tails(inside, ahead)
    if at is None:
        return Contrast()

    def solve(rising: Callable[[float], float], target: float) -> float:
        """Find p with rising(p) = target, and turn it into a ratio of rates."""
        if rising(0.0) >= target:
            return 0.0
        if rising(1.0) <= target:
            return float("inf")
        p = float(brentq(lambda x: rising(x) - target, 0.0, 1.0))
        return p / (1.0 - p) * before / days

    tail = (1.0 - prob) / 2
    middle = solve(lambda p: sum(at(p)) / 2, 0.5)
    return Contrast(middle, solve(lambda p: at(p)[0], tail), solve(lambda p: at(p)[1], 1.0 - tail))


def _binomial_tails(inside: ArrayLike, ahead: ArrayLike) -> Tails | None:
    """Return P(at least the count inside) and P(more than it) given both totals, averaged over draws; None if none."""
    pairs, times = np.unique(np.column_stack([inside, ahead]).astype(np.int64), axis=0, return_counts=True)
    n, total, weight = pairs[:, 0], pairs.sum(axis=1), times / times.sum()
    if not total.any():
        return None
    return lambda p: (float(weight @ binom.sf(n - 1, total, p)), 1.0 - float(weight @ binom.cdf(n, total, p)))


def vacuous(_: float) -> tuple[float, float]:
    """Tails of a draw that says nothing: it allows any ratio."""
    return 1.0, 0.0


def conditional_tails(inside: ArrayLike, ahead: ArrayLike, days: int, before: int) -> Tails:
    """Return the two tails that `conditional_contrast` inverts, as functions of the log ratio of the rates.

    Parameters
    ----------
    inside, ahead, days, before
        As for `conditional_contrast`.

    Returns
    -------
    callable
        From a log ratio to P(at least as many inside) and P(more inside), averaged over draws.

    Examples
    --------
    >>> at_least, more = conditional_tails([0], [14], days=7, before=14)(np.log(0.477))
    >>> at_least, round(1 - more, 3)
    (1.0, 0.05)
    """
    at = _binomial_tails(inside, ahead)
    return vacuous if at is None else lambda x: at(float(expit(x + np.log(days / before))))


def mixed_contrast(pooled: Pooled, tails: Tails, share: float, prob: float, scale: float = 1.0) -> Contrast:
    """Contrast of draws of which a share cannot enter the pool and is judged by tails of its own.

    The tail probabilities of both parts are averaged with their shares; the bounds are where the average reaches
    (1 - prob) / 2 on either side, the middle where it is one half. The interval moves smoothly from that of the pool
    (share 0) to that of the tails (share 1), so that one draw more or less of the other kind moves it little.

    Parameters
    ----------
    pooled
        The draws that enter the pool, by Rubin's rules.
    tails
        Those of the others, at a log ratio before `scale`.
    share
        Share of the others among all draws, 0 to 1.
    prob
        Mass of the interval.
    scale
        Factor of the log ratio.

    Returns
    -------
    Contrast
        A lower bound of 0 or an infinite upper one where the share allows any ratio on that side.

    Notes
    -----
    The law of total probability over the two kinds of draws: t distribution of the pool, tails of the rest.

    Examples
    --------
    >>> pooled, none_inside = Pooled(-1.0, 0.5, 20.0, 0.3), conditional_tails([0], [14], days=7, before=14)
    >>> [round(mixed_contrast(pooled, none_inside, share, 0.9).upper, 3) for share in (0.0, 0.01, 0.5, 1.0)]
    [0.871, 0.869, 0.742, 0.477]
    """

    def solve(part: Callable[[tuple[float, float]], float], target: float) -> float:
        def short(x: float) -> float:
            regular = float(t.cdf((x - pooled.estimate) / pooled.error, pooled.df))
            return (1.0 - share) * regular + share * part(tails(x)) - target

        if short(-FURTHEST) >= 0.0:
            return 0.0
        if short(FURTHEST) <= 0.0:
            return float("inf")
        with np.errstate(over="ignore"):
            return float(np.exp(scale * brentq(short, -FURTHEST, FURTHEST)))

    tail = (1.0 - prob) / 2
    middle = solve(lambda at: (at[0] + at[1]) / 2, 0.5)
    return Contrast(middle, solve(lambda at: at[0], tail), solve(lambda at: at[1], 1.0 - tail))
