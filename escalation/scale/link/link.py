"""Cumulative-link regression of the level on time, only where it is identified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from escalation.scale.link.linkfit import Fit

__all__ = ["Link", "NotIdentified", "cumulative_link"]

_Floats = NDArray[np.float64]
_Rungs = NDArray[np.int64]
_FEWEST_INCIDENTS = 20
_INSTEAD = (
    "Use instead: the share of each level by period with its interval, and Kendall's tau of level and time with its "
    "permutation p."
)


class NotIdentified(ValueError):  # noqa: N818 - the name says what is the case
    """The regression has no finite estimate, or too few incidents for its interval to be believed."""


@dataclass(frozen=True, eq=False, repr=False)
class Link:
    """A proportional-odds fit of the level on time.

    Attributes
    ----------
    n : int
        Typed incidents.
    per : float
        Days to which the odds ratios refer.
    prob : float
        Mass of the intervals.
    odds_ratio, lower, upper : float
        The odds of a higher level after `per` days, over the odds before, the same at every cut of the scale; interval
        by profile likelihood.
    p : float
        Likelihood-ratio test of an odds ratio of 1.
    log_likelihood, log_likelihood_constant : float
        With the slope, and with none.
    thresholds : tuple of float
        Log odds of a level below each cut, on the mean day of the incidents; from low to high.
    cuts : DataFrame
        A logit of its own for each cut of the scale: index the lowest level above the cut; columns ``n_above``,
        ``odds_ratio``, ``lower``, ``upper``. If these differ beyond their intervals, one odds ratio does not describe
        the data. A cut that time separates has an odds ratio of NaN and an interval of 0 to infinity.
    """

    n: int
    per: float
    prob: float
    odds_ratio: float
    lower: float
    upper: float
    p: float
    log_likelihood: float
    log_likelihood_constant: float
    thresholds: tuple[float, ...]
    cuts: pd.DataFrame

    def sentence(self) -> str:
        """Say the odds ratio, its interval and p."""
        return (
            f"Odds of a higher level multiply by {self.odds_ratio:.2f} ({self.prob:.0%} interval {self.lower:.2f}–"
            f"{self.upper:.2f}) per {self.per:g} days; p {self.p:.2g}; {self.n} incidents of known level."
        )

    def __repr__(self) -> str:
        return f"Link: {self.sentence()}"


def cumulative_link(
    day: ArrayLike, rung: ArrayLike, levels: Sequence[str], *, per: float = 30, prob: float = 0.9
) -> Link:
    """Fit a proportional-odds regression of the level on time, or say why it is not identified.

    Parameters
    ----------
    day : array_like of float, shape (n,)
        Day of each incident, from any origin.
    rung : array_like of int, shape (n,)
        Level of each incident, 0 to ``len(levels) - 1`` from low to high; -1 where the weapon is unknown (left out).
    levels : sequence of str
        Names of the levels from low to high, for messages and for `Link.cuts`.
    per : float, default 30
        Days to which the odds ratio refers.
    prob : float, default 0.9
        Mass of the intervals.

    Returns
    -------
    Link

    Raises
    ------
    NotIdentified
        If fewer than two levels were used, a level was used by nobody, all incidents fall on one day, time separates
        the levels at every cut, or there are fewer than 20 typed incidents. The message gives every reason.
    ValueError
        If the arrays differ in length, a day is not finite, a rung is not on the scale, a name stands twice, `per` is
        not positive, or `prob` is not strictly between 0 and 1.

    Notes
    -----
    McCullagh (1980): logit P(level >= k) = slope × day - threshold_k. Only the order of the levels enters. Interval
    and p are by profile likelihood, not by Wald's formula.

    *Coverage of the 90 % interval*, 1,500 samples a cell, those refused left out (two and three levels, rarest share
    .04 to .20, odds ratio 1, 2 and 4 in 30 days, days even over 120 or crowded at the start): .83 to .93 with 12
    incidents, .85 to .90 with 20, .84 to .89 with 30; .88 to .90 with 100 (400 samples, even days). How rare the
    rarest level was made no difference, so one use of a level is enough. p falls below .1 in 11 to 14 % of constant
    samples of 20.

    *Independence.* Incidents are taken as independent given their day. If they come in pairs of one weapon on one day
    the interval covers 75 % (50 pairs); enter such attacks once.

    References
    ----------
    McCullagh 1980, J. R. Stat. Soc. B 42, 109-142. Albert and Anderson 1984, Biometrika 71, 1-10 (separation).

    Examples
    --------
    >>> import numpy as np
    >>> day = np.arange(120)
    >>> rung = np.where(day % 7 == 0, 1, 0) + np.where(day % 20 == 19, 2, 0)
    >>> found = cumulative_link(day, rung.clip(max=2), ["drone", "rocket", "ballistic missile"])
    >>> round(found.odds_ratio, 2), round(found.lower, 2), round(found.upper, 2), round(found.p, 2)
    (1.01, 0.73, 1.41, 0.95)
    """
    when, rungs = _checked(day, rung, levels, per, prob)
    _refuse(when, rungs, levels)
    fit = Fit(when, rungs, len(levels), prob)
    ratio, lower, upper = _odds(per, fit.slope, *fit.interval())
    return Link(
        when.size, float(per), prob, ratio, lower, upper, float(chdtrc(1, max(0.0, 2 * (fit.best - fit.constant)))),
        fit.best, fit.constant, tuple(fit.thresholds.tolist()), _cuts(when, rungs, levels, per, prob),
    )  # fmt: skip


def _cuts(day: _Floats, rung: _Rungs, levels: Sequence[str], per: float, prob: float) -> pd.DataFrame:
    """Return a logit for each cut of the scale, with its own slope."""
    found = []
    for cut in range(1, len(levels)):
        above = (rung >= cut).astype(np.int64)
        slopes = [np.nan, -np.inf, np.inf]
        if not _separated(day, above, 2):
            fit = Fit(day, above, 2, prob)
            slopes = [fit.slope, *fit.interval()]
        found.append([int(above.sum()), *_odds(per, *slopes)])
    index = pd.Index(list(levels[1:]), name="from_level")
    frame = pd.DataFrame(found, columns=["n_above", "odds_ratio", "lower", "upper"], index=index)
    return frame.astype({"n_above": "int64"})


def _odds(per: float, *slopes: float) -> list[float]:
    """Return the odds ratios of slopes per day; beyond the largest number they are infinite."""
    with np.errstate(over="ignore"):
        return [float(odds) for odds in np.exp(per * np.array(slopes))]


def _separated(day: _Floats, rung: _Rungs, K: int) -> bool:
    """Say whether the slope diverges (or, on one day, is not determined). Every level must be used.

    The log likelihood is concave; its maximum is attained unless it never falls along some direction: slope b, and t_k
    for the thresholds. For an incident at level y on day x it never falls iff b x >= t_y and b x <= t_(y + 1) (one
    tail of log(F(a) - F(c)) falls otherwise). With b = 0 that makes every t_k both <= 0 and >= 0: no direction. With
    b = 1: the days of level k are >= t_k and those of level k - 1 are <= t_k, so the t_k increase and every day of a
    level below k is <= t_k <= every day of a level from k on, for all cuts k at once. b = -1 is the mirror. One cut
    that time does not separate is therefore enough for a finite slope.
    """
    ends = [(day[rung == k].min(), day[rung == k].max()) for k in range(K)]
    rising = all(before[1] <= after[0] for before, after in pairwise(ends))
    falling = all(before[0] >= after[1] for before, after in pairwise(ends))
    return rising or falling


def _refuse(day: _Floats, rung: _Rungs, levels: Sequence[str]) -> None:
    """Raise with every reason why the fit is not identified or its interval not to be believed."""
    used = np.bincount(rung, minlength=len(levels))
    why = []
    if (used > 0).sum() < 2:
        why.append(f"{int((used > 0).sum())} of {len(levels)} levels used, two are needed")
    elif empty := [name for name, n in zip(levels, used, strict=True) if n == 0]:
        why.append(f"nobody used {', '.join(empty)}, so a threshold has no value: tie it to a neighbour or drop it")
    if day.size and day.min() == day.max():
        why.append("all incidents fall on one day")
    elif used.all() and _separated(day, rung, len(levels)):
        why.append("time separates the levels at every cut, so the slope has no finite value")
    if day.size < _FEWEST_INCIDENTS:
        why.append(f"{day.size} typed incidents, {_FEWEST_INCIDENTS} are needed")
    if why:
        raise NotIdentified(f"no regression of the level on time: {'; '.join(why)}. {_INSTEAD}")


def _checked(day: ArrayLike, rung: ArrayLike, levels: Sequence[str], per: float, prob: float) -> tuple[_Floats, _Rungs]:
    """Return days and rungs of the typed incidents, or say everything that is wrong."""
    when, rungs = np.asarray(day, dtype=np.float64), np.asarray(rung)
    wrong = []
    if when.ndim != 1 or when.shape != rungs.shape:
        wrong.append(f"day has shape {when.shape} and rung {rungs.shape}: give one of each per incident.")
    if not np.isfinite(when).all():
        wrong.append(f"{int((~np.isfinite(when)).sum())} days are not finite: leave these incidents out.")
    if isinstance(levels, str) or len(levels) < 2 or len(set(levels)) < len(levels):
        wrong.append(f"levels must be two or more different names from low to high; given: {levels!r}.")
    elif rungs.size and not (rungs.dtype.kind in "iu" and rungs.min() >= -1 and rungs.max() < len(levels)):
        wrong.append(f"rung must be whole numbers from -1 (unknown) to {len(levels) - 1}; given: {rungs[:5].tolist()}.")
    if not (np.isfinite(per) and per > 0):
        wrong.append(f"per must be a positive number of days; given: {per!r}.")
    if not 0 < prob < 1:
        wrong.append(f"prob must lie strictly between 0 and 1; given: {prob!r}.")
    if wrong:
        raise ValueError(" ".join(wrong))
    typed = rungs.astype(np.int64) >= 0
    return when[typed], rungs[typed].astype(np.int64)
