"""Recurrence of a level: how often it is used, and how late its first use is bound to come by chance alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv

from escalation.scale.uses.daysandflags import checked_days, checked_flags

__all__ = ["Recurrence", "recurrence"]

_Days = NDArray[np.int64]


@dataclass(frozen=True)
class Recurrence:
    """How often incidents reach a level within a window of days.

    Attributes
    ----------
    n, uses, days : int
        Typed incidents, those at the level or above, days of the window.
    prob : float
        The mass of every interval here.
    share, share_lower, share_upper : float
        Uses per typed incident, and the Clopper-Pearson interval. NaN and 0 to 1 without typed incidents.
    hazard, hazard_lower, hazard_upper : float
        Uses per day, and the Garwood interval.
    waits : tuple of (int, int)
        Fewest and most days between successive uses; they differ where dates are ranges. Empty below two uses.
    since_last : (int, int) or None
        Fewest and most days from the last use to the last day of the window; None without a use.
    wait, wait_lower, wait_upper : float
        Days from the end of the window to the next use if the hazard stays constant: median and equal-tailed interval.
    horizon : int
        Days ahead to which `within` refers.
    within : float
        Probability of at least one use within `horizon` days if the hazard stays constant.
    before_first : (int, int) or None
        Typed incidents certainly, and possibly, before the first use; None without a use.
    expected_before : float
        Their number expected under the constant mixture, ``(n - uses) / (uses + 1)``; NaN without a use.
    p_first, p_last : float
        Under the constant mixture, the probability of a first use as late as observed or later, and of a last use as
        early as observed or earlier. 1 without a use.
    """

    n: int
    uses: int
    days: int
    prob: float
    share: float
    share_lower: float
    share_upper: float
    hazard: float
    hazard_lower: float
    hazard_upper: float
    waits: tuple[tuple[int, int], ...]
    since_last: tuple[int, int] | None
    wait: float
    wait_lower: float
    wait_upper: float
    horizon: int
    within: float
    before_first: tuple[int, int] | None
    expected_before: float
    p_first: float
    p_last: float


def recurrence(
    first: ArrayLike, last: ArrayLike, hit: ArrayLike, days: int, *, prob: float = 0.9, horizon: int = 30
) -> Recurrence:
    """Describe a level by its recurrence rather than by the date of its first use.

    A first use is a record, and records come late by construction: with one use among n incidents, half of the others
    are expected before it although nothing changed. Share, hazard and waiting times do not have this defect.

    Parameters
    ----------
    first, last : array_like of int, shape (n,)
        First and last possible day of each typed incident, counted from 0, the first day of the window.
    hit : array_like of bool, shape (n,)
        True where the incident is at the level or above it.
    days : int
        Length of the window in days; every possible day is in 0..days - 1.
    prob : float, default 0.9
        Mass of the intervals.
    horizon : int, default 30
        Days ahead for the probability of at least one use.

    Returns
    -------
    Recurrence

    Raises
    ------
    ValueError
        If the arrays do not match or hold no days or flags, a day lies outside the window, `days` or `horizon` is not a
        positive whole number, or `prob` is not strictly between 0 and 1.

    Notes
    -----
    *Share and hazard.* Clopper and Pearson (1934) and Garwood (1936): exact, so they cover at least `prob` if uses are
    independent given their number, or a Poisson process. Uses whose weapon was not reported are not counted: the
    hazard is that of *reported* uses.

    *Prediction.* The Fisher information of m ~ Poisson(λT) about λ is T/λ, so the prior of Jeffreys (1946) is
    proportional to λ^(-1/2) and the posterior is gamma with shape m + 1/2 and rate T. The wait w to the next use is
    exponential given λ; averaged, P(wait > w) = (T / (T + w))^(m + 1/2), the distribution of Lomax (1954).

    *Constant mixture.* If the chance of a use is the same for every typed incident, then given m uses every choice of
    m of the n incidents is equally likely. The first use is on its day or later iff all m are among the incidents of
    that day or later: C(n_from, m) / C(n, m). The m uses cut the other n - m into m + 1 exchangeable stretches, so
    (n - m) / (m + 1) are expected before the first. With date ranges n_from counts all incidents not *certainly* before
    every use: the largest value any choice of days allows, so p is never too small. The same holds for the last use.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26, 404-413. Garwood 1936, Biometrika 28, 437-442. Jeffreys 1946, Proc. R. Soc.
    A 186, 453-461. Lomax 1954, J. Am. Stat. Assoc. 49, 847-852.

    Examples
    --------
    Two uses among ten incidents, on days 60 and 80 of 100:

    >>> day = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    >>> found = recurrence(day, day, [d in (60, 80) for d in day], 100)
    >>> found.waits, found.since_last
    (((20, 20),), (19, 19))
    >>> found.before_first, round(found.expected_before, 2), round(found.p_first, 3)
    ((6, 6), 2.67, 0.133)
    >>> round(found.hazard, 3), round(found.wait), round(found.within, 2)
    (0.02, 32, 0.48)
    """
    _check_choices(days, prob, horizon)
    begin, end = checked_days(first, last)
    (used,) = checked_flags(begin.size, hit=hit)
    _check_window(begin, end, days)
    n, m = begin.size, int(used.sum())
    share, hazard = _share(m, n, prob), _hazard(m, days, prob)
    median, lower, upper = (_lomax(mass, m + 0.5, days) for mass in (0.5, (1 - prob) / 2, (1 + prob) / 2))
    before, p_first, p_last = _placement(begin, end, used)
    return Recurrence(
        n, m, int(days), prob, *share, *hazard, _waits(begin[used], end[used]),
        (int(days - 1 - end[used].max()), int(days - 1 - begin[used].max())) if m else None,
        median, lower, upper, int(horizon), float(-np.expm1((m + 0.5) * np.log(days / (days + horizon)))),
        before, (n - m) / (m + 1) if m else float("nan"), p_first, p_last,
    )  # fmt: skip


def _share(m: int, n: int, prob: float) -> tuple[float, float, float]:
    """Return m of n with the Clopper-Pearson interval."""
    tail = (1 - prob) / 2
    lower = float(betaincinv(m, n - m + 1, tail)) if m else 0.0
    upper = float(betaincinv(m + 1, n - m, 1 - tail)) if m < n else 1.0
    return (m / n if n else float("nan")), lower, upper


def _hazard(m: int, days: int, prob: float) -> tuple[float, float, float]:
    """Return m per day with the Garwood interval."""
    tail = (1 - prob) / 2
    lower = float(gammaincinv(m, tail)) if m else 0.0
    return m / days, lower / days, float(gammaincinv(m + 1, 1 - tail)) / days


def _lomax(mass: float, shape: float, scale: float) -> float:
    """Return the quantile of the Lomax distribution."""
    return float(scale * np.expm1(-np.log1p(-mass) / shape))


def _placement(begin: _Days, end: _Days, used: NDArray[np.bool_]) -> tuple[tuple[int, int] | None, float, float]:
    """Return the incidents before the first use, and p for a late first and for an early last use."""
    n, m = used.size, int(used.sum())
    if m == 0:
        return None, 1.0, 1.0
    certainly = int((end < begin[used].min()).sum())
    # As many as possible: every use on its last possible day, others on their first, earlier on a shared one.
    possibly = int((begin[~used] <= end[used].min()).sum())
    after = int((begin > end[used].max()).sum())
    return (certainly, possibly), _all_within(n, m, certainly), _all_within(n, m, after)


def _all_within(n: int, m: int, left_out: int) -> float:
    """Return C(n - left_out, m) / C(n, m) as a product of `left_out` ratios, which neither overflows nor cancels."""
    return float(np.exp(np.log1p(-m / (n - np.arange(left_out))).sum()))


def _waits(begin: _Days, end: _Days) -> tuple[tuple[int, int], ...]:
    """Return the fewest and the most days between the j-th and the next use, for every choice of days.

    Fewest: the j-th in time is at most the j-th smallest end and the next at least the next smallest beginning; both
    are reached together, or both fall on one day.

    Most: a stretch from day a to day b is free of uses, with j before it, iff no use must lie inside (begins after a
    and ends before b), at least j can be at or before a and at most j must be before b. So b is the smaller of the
    earliest end among the uses that begin after a and the (j + 1)-th smallest end; a runs over the beginnings.
    """
    starts, ends = np.sort(begin), np.sort(end)
    low = np.maximum(0, starts[1:] - ends[:-1])
    if np.array_equal(begin, end):
        return tuple((wait, wait) for wait in low.tolist())
    days, at = np.unique(starts, return_inverse=True)
    earliest = _earliest_end_after(days, begin, end)
    high = []
    for j in range(starts.size - 1):
        best, place = 0, int(at[j])
        while place < days.size:
            best = max(best, min(int(earliest[place]), int(ends[j + 1])) - int(days[place]))
            if earliest[place] >= ends[j + 1]:
                break  # A later a only shortens the stretch.
            place += 1
        high.append(best)
    return tuple(zip(low.tolist(), high, strict=True))


def _earliest_end_after(days: _Days, begin: _Days, end: _Days) -> _Days:
    """Return, for each day, the earliest end among the uses that begin after it."""
    never = np.iinfo(np.int64).max
    smallest = np.full(days.size + 1, never)
    np.minimum.at(smallest, np.searchsorted(days, begin), end)
    return np.minimum.accumulate(smallest[::-1])[::-1][1:]


def _check_choices(days: int, prob: float, horizon: int) -> None:
    """Say everything that is wrong with the numbers that are not data."""
    given: tuple[tuple[str, object], ...] = (("days", days), ("horizon", horizon))
    wrong = [
        f"{name} must be a whole number of days, at least 1; given: {value!r}."
        for name, value in given
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1
    ]
    if not 0 < prob < 1:
        wrong.append(f"prob must lie strictly between 0 and 1; given: {prob!r}.")
    if wrong:
        raise ValueError(" ".join(wrong))


def _check_window(begin: _Days, end: _Days, days: int) -> None:
    """Refuse incidents that may lie outside the window: they would count without their exposure."""
    out = np.flatnonzero((begin < 0) | (end >= days))
    if out.size:
        raise ValueError(
            f"{out.size} of {begin.size} incidents may lie outside days 0 to {days - 1}, the first at row {out[0]} "
            f"(days {begin[out[0]]} to {end[out[0]]}): leave them out, or widen the window."
        )
