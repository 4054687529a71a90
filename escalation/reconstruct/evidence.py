"""What one statement says of the true count: ``P(stated n | true count c)``.

A stated number came about in one of four ways, and the likelihood is their mixture:

fresh
    The current total, known with a lag of hours (days where the date is approximate), now and then a little too high.
rounded
    The current total, rounded as the wording suggests: "more than 140" for 143, "at least 100" for 118.
stale
    An older true total, repeated: the true count is at or above it, with a long tail.
wrong
    Another counter, a slip, a swapped figure: heavy tails on both sides, so that no single report rules.

Each component is a distribution over n for every c, so that the mixture sums to one over n. All of it is written
with cumulative distribution functions of an intermediate number x (what the speaker had in mind), because rounding
then is a difference of two values. Weights depend on the bound, never on n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]

COMPONENTS = ("fresh", "rounded", "stale", "wrong")

#: Weights of fresh, rounded, stale, wrong by bound.
WEIGHTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "exact": (0.72, 0.05, 0.15, 0.08),
        "at_least": (0.47, 0.25, 0.20, 0.08),
        "more_than": (0.32, 0.40, 0.20, 0.08),
        "about": (0.42, 0.35, 0.15, 0.08),
        "up_to": (0.52, 0.35, 0.05, 0.08),
    }
)


@dataclass(frozen=True)
class Reading:
    """How reported numbers are read: every weight and scale of the likelihood of a report.

    Parameters
    ----------
    weights
        Per bound, the prior weights of fresh, rounded, stale and wrong; each sums to one.
    grains
        Roundings that occur and their weights.
    lag_day, lag_approx
        Lags of a fresh total in days and their weights, for dates known to the day and for approximate dates.
    ahead, ahead_decay
        Mass of a fresh number above the true count (revised down later), and its geometric decay per count.
    ceiling, ceiling_days
        Mass of an "up to" number above the true count, and its slack in days' worth of incidents.
    stale_days, wrong_days
        Median age of a stale number, and scale of a wrong one, in days' worth of incidents.
    repeat, repeat_hedged, repeat_superseded
        Probability that a number already stated for an earlier date is merely copied; the second value is for
        approximate dates and hedged bounds, the third where a larger total was already stated.
    copy_days, least_news
        Each further repeat within so many days halves the probability of news, but a firm exact total that nothing has
        superseded keeps at least the second value.
    copied_from
        A copy takes one of about this many numbers in circulation.
    most_roots
        Number of independent origins beyond which a wrong number becomes no less likely.

    Raises
    ------
    ValueError
        If weights do not sum to one or a scale is out of range; all problems are listed.

    Examples
    --------
    >>> Reading().weights["more_than"]
    (0.32, 0.4, 0.2, 0.08)
    """

    weights: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: WEIGHTS)
    grains: tuple[tuple[int, float], ...] = ((5, 0.3), (10, 0.4), (50, 0.15), (100, 0.15))
    lag_day: tuple[tuple[float, float], ...] = ((0.0, 0.6), (0.5, 0.25), (1.0, 0.15))
    lag_approx: tuple[tuple[float, float], ...] = ((0.0, 0.4), (1.0, 0.3), (2.0, 0.2), (3.0, 0.1))
    ahead: float = 0.05
    ahead_decay: float = 0.5
    ceiling: float = 0.8
    ceiling_days: float = 3.0
    stale_days: float = 10.0
    wrong_days: float = 30.0
    repeat: float = 0.5
    repeat_hedged: float = 0.7
    repeat_superseded: float = 0.95
    copy_days: float = 2.0
    least_news: float = 0.15
    copied_from: float = 2.0
    most_roots: int = 5

    def __post_init__(self) -> None:
        bad = []
        for bound, w in self.weights.items():
            if len(w) != 4 or min(w) < 0 or abs(sum(w) - 1) > 1e-9:
                bad.append(f"weights[{bound!r}] must be four non-negative numbers that sum to 1, got {w!r}")
            elif not 0 < w[3] < 1:
                bad.append(f"weights[{bound!r}]: the last weight (wrong) must lie between 0 and 1, or one report rules")
        if any(grain < 1 or grain != int(grain) for grain, _ in self.grains):
            bad.append(f"grains must be whole numbers of at least 1, got {self.grains!r}")
        missing = set(WEIGHTS) - set(self.weights)
        if missing:
            bad.append(f"weights lacks the bounds {sorted(missing)}")
        for name in ("grains", "lag_day", "lag_approx"):
            pairs = getattr(self, name)
            if abs(sum(w for _, w in pairs) - 1) > 1e-9 or min(min(pair) for pair in pairs) < 0:
                bad.append(f"{name} needs values of at least 0 with weights that sum to 1, got {pairs!r}")
        for name in ("ahead", "ahead_decay", "ceiling", "repeat", "repeat_hedged", "repeat_superseded", "least_news"):
            if not 0 <= getattr(self, name) < 1:
                bad.append(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        for name in ("ceiling_days", "stale_days", "copy_days", "wrong_days", "copied_from", "most_roots"):
            if not getattr(self, name) > 0:
                bad.append(f"{name} must be above 0, got {getattr(self, name)!r}")
        if bad:
            raise ValueError("Reading: " + "; ".join(bad))


@dataclass(frozen=True)
class Spoken:
    """The part of a statement that its likelihood depends on.

    `repeat` says that the number was stated for an earlier date, `recent` how many other repeats of it lie
    within the `copy_days` before. `lag_means` is the expected number of incidents within each lag of the reading (same
    length as the lags used); `per_day` the provisional rate.
    """

    count: int
    count_high: int | None
    bounds: tuple[str, ...]
    approx: bool
    roots: int
    repeat: bool
    recent: int
    superseded: bool
    per_day: float
    lag_means: tuple[float, ...]


def _fresh_below(x: int, c: Floats, said: Spoken, reading: Reading, ceiling: bool = False) -> Floats:
    """P(X <= x | c) of a fresh total: c minus what the lag missed, or a little above c.

    A ceiling ("up to x") lies above c as a rule, by a slack of `ceiling_days` worth of incidents.
    """
    if x < 0:
        return np.zeros_like(c)
    lags = reading.lag_approx if said.approx else reading.lag_day
    gap = c - x
    missed = np.zeros_like(c)
    for (_, weight), mean in zip(lags, said.lag_means, strict=True):
        # NB1 with variance twice the mean: attacks clump, and the provisional rate is only that.
        # Its survival function is a regularised incomplete beta function.
        late = betainc(np.maximum(gap, 1.0), mean, 0.5) if mean > 0 else 0.0
        missed += weight * np.where(gap <= 0, 1.0, late)
    ahead, decay = reading.ahead, reading.ahead_decay
    if ceiling:
        slack = 1.0 + reading.ceiling_days * said.per_day
        ahead, decay = reading.ceiling, slack / (1.0 + slack)
    above = 1.0 - ahead * decay ** np.maximum(-gap, 0.0)
    return np.where(gap > 0, (1.0 - ahead) * missed, above)


def _stale_below(x: int, c: Floats, scale: float) -> Floats:
    """P(X <= x | c) of an older total: survival ``1 / (1 + k / scale)`` of the age in incidents."""
    if x < 0:
        return np.zeros_like(c)
    return np.asarray(1.0 / (1.0 + np.maximum(c - x - 1.0, 0.0) / scale))


def _wrong_below(x: int, c: Floats, scale: float) -> Floats:
    """P(X <= x | c) of a wrong number: the same heavy tail on both sides of c."""
    if x < 0:
        return np.zeros_like(c)
    gap = c - x
    return np.where(
        gap > 0,
        0.5 / (1.0 + np.maximum(gap - 1.0, 0.0) / scale),
        1.0 - 0.5 / (1.0 + np.maximum(-gap, 0.0) / scale),
    )


def _span(bound: str, n: int, grain: int) -> tuple[int, int] | None:
    """Numbers x that are spoken of as `n` under a rounding to `grain`; None if n is not such a number."""
    if n % grain:
        return None
    if bound == "more_than":
        return (0 if n == 0 else n + 1), n + grain
    if bound == "about":
        return n - (grain // 2) + (0 if n else -grain), n + (grain - 1) // 2
    if bound == "up_to":
        return (n - grain + 1, n) if n else (0, 0)
    return n, n + grain - 1


def _of_bound(said: Spoken, bound: str, c: Floats, reading: Reading) -> Floats:
    """Weighted components of one bound, shape (4, C)."""
    n, high = said.count, said.count_high
    fresh_w, rounded_w, stale_w, wrong_w = reading.weights[bound]
    wrong_w = wrong_w / min(max(said.roots, 1), reading.most_roots)
    rest = (1.0 - wrong_w) / (fresh_w + rounded_w + stale_w)
    stale, wrong = said.per_day * reading.stale_days, said.per_day * reading.wrong_days

    def fresh(a: int, b: int, ceiling: bool = False) -> Floats:
        return _fresh_below(b, c, said, reading, ceiling) - _fresh_below(a - 1, c, said, reading, ceiling)

    last = n if high is None else high
    out = np.zeros((4, c.size))
    out[2] = stale_w * (_stale_below(last, c, stale) - _stale_below(n - 1, c, stale))
    out[3] = _wrong_below(last, c, wrong) - _wrong_below(n - 1, c, wrong)
    if high is not None:
        # A range ("dozens") is a wide word already: nothing is left to round.
        out[0] = (fresh_w + rounded_w) * fresh(n, high)
    else:
        shifted = fresh(0 if n == 0 else n + 1, n + 1)
        plain = fresh(n, n, ceiling=bound == "up_to")
        out[0] = fresh_w * (0.5 * plain + 0.5 * shifted if bound == "more_than" else plain)
        for grain, weight in reading.grains:
            span = _span(bound, n, grain)
            if span is not None:
                out[1] += rounded_w * weight * fresh(*span)
    out[:3] *= rest
    out[3] *= wrong_w
    return out


def components(said: Spoken, size: int, reading: Reading) -> Floats:
    """Likelihood of a statement for c = 0..size-1, split by component; shape (4, size).

    The sum over the first axis is E(c). A repeat is a mixture with a copy, whose likelihood is constant in c; the
    copy's share is booked as fresh as far as the number still is a current one, and as stale otherwise.

    Parameters
    ----------
    said
        The statement.
    size
        Number of counts.
    reading
        Weights and scales.

    Examples
    --------
    >>> said = Spoken(143, None, ("more_than",), False, 1, False, 0, False, 1.4, (0.0, 0.7, 1.4))
    >>> e = components(said, 200, Reading())
    >>> int(e.sum(axis=0).argmax())
    144
    """
    c = np.arange(size, dtype=np.float64)
    parts = np.mean([_of_bound(said, b, c, reading) for b in said.bounds], axis=0)
    if said.repeat:
        firm = not said.approx and said.bounds == ("exact",)
        copy = reading.repeat if firm else reading.repeat_hedged
        news = (1.0 - (reading.repeat_superseded if said.superseded else copy)) * 0.5**said.recent
        if firm and not said.superseded:
            # A firm total that keeps being stated, day after day, must be able to say that nothing happens.
            news = max(news, reading.least_news)
        copied = (1.0 - news) / reading.copied_from
        current = parts[0] / parts[0].max()
        parts = parts * news
        parts[0] += copied * current
        parts[2] += copied * (1.0 - current)
    return np.asarray(parts)
