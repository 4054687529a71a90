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

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from escalation.reconstruct.reading import Reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Below = Callable[[str, Ints], Floats]


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


def _fresh_below(gap: Floats, said: Spoken, reading: Reading, ceiling: bool) -> Floats:
    """P(X <= x | c) of a fresh total: c minus what the lag missed, or a little above c.

    A ceiling ("up to x") lies above c as a rule, by a slack of `ceiling_days` worth of incidents.
    """
    lags = reading.lag_approx if said.approx else reading.lag_day
    missed = np.zeros_like(gap)
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


def _stale_below(gap: Floats, scale: float) -> Floats:
    """P(X <= x | c) of an older total: survival ``1 / (1 + k / scale)`` of the age in incidents."""
    return np.asarray(1.0 / (1.0 + np.maximum(gap - 1.0, 0.0) / scale))


def _wrong_below(gap: Floats, scale: float) -> Floats:
    """P(X <= x | c) of a wrong number: the same heavy tail on both sides of c."""
    return np.where(
        gap > 0,
        0.5 / (1.0 + np.maximum(gap - 1.0, 0.0) / scale),
        1.0 - 0.5 / (1.0 + np.maximum(-gap, 0.0) / scale),
    )


def _below(kind: str, gap: Floats, said: Spoken, reading: Reading) -> Floats:
    """P(X <= x | c) of the number in mind, for x of at least 0; it depends on ``gap = c - x`` alone.

    `kind` is ``"fresh"``, ``"ceiling"``, ``"stale"`` or ``"wrong"``.
    """
    if kind == "stale":
        return _stale_below(gap, said.per_day * reading.stale_days)
    if kind == "wrong":
        return _wrong_below(gap, said.per_day * reading.wrong_days)
    return _fresh_below(gap, said, reading, ceiling=kind == "ceiling")


def _span(bound: str, n: Ints, grain: int) -> tuple[Ints, Ints]:
    """Lowest and highest number x that is spoken of as `n`, a multiple of `grain`, under a rounding to `grain`."""
    if bound == "more_than":
        return np.where(n == 0, 0, n + 1), n + grain
    if bound == "about":
        return n - (grain // 2) + np.where(n == 0, -grain, 0), n + (grain - 1) // 2
    if bound == "up_to":
        return np.where(n == 0, 0, n - grain + 1), n
    return n, n + grain - 1


def _of_bound(said: Spoken, bound: str, n: Ints, high: Ints | None, below: Below, reading: Reading) -> Floats:
    """Weighted components of the numbers `n` (of the range to `high`, if any) under one bound, shape (4, ...).

    ``below(kind, x)`` is the distribution function of the number in mind, zero for x < 0.
    """
    fresh_w, rounded_w, stale_w, wrong_w = reading.weights[bound]
    wrong_w = wrong_w / min(max(said.roots, 1), reading.most_roots)
    rest = (1.0 - wrong_w) / (fresh_w + rounded_w + stale_w)

    def between(kind: str, a: Ints, b: Ints) -> Floats:
        return below(kind, b) - below(kind, a - 1)

    last = n if high is None else high
    stale = stale_w * between("stale", n, last)
    out = np.zeros((4, *stale.shape))
    out[2], out[3] = stale, between("wrong", n, last)
    if high is not None:
        # A range ("dozens") is a wide word already: nothing is left to round.
        out[0] = (fresh_w + rounded_w) * between("fresh", n, high)
    else:
        plain = between("ceiling" if bound == "up_to" else "fresh", n, n)
        if bound == "more_than":
            plain = 0.5 * plain + 0.5 * between("fresh", np.where(n == 0, 0, n + 1), n + 1)
        out[0] = fresh_w * plain
        for grain, weight in reading.grains:
            fits = n % grain == 0
            if fits.any():
                out[1] += np.where(fits, rounded_w * weight * between("fresh", *_span(bound, n, grain)), 0.0)
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
    n = np.array([[said.count]])
    high = None if said.count_high is None else np.array([[said.count_high]])

    def below(kind: str, x: Ints) -> Floats:
        return np.where(x < 0, 0.0, _below(kind, c - x, said, reading))

    parts = np.mean([_of_bound(said, b, n, high, below, reading)[:, 0] for b in said.bounds], axis=0)
    if said.repeat:
        firm = not said.approx and said.bounds == ("exact",)
        copy = (reading.repeat if firm else reading.repeat_hedged) * (1.0 if said.recent else reading.repeat_alone)
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


def predictive(said: Spoken, total: Floats, most: int, reading: Reading) -> Floats:
    """Distribution of the number that a statement so worded would give, shape (4, most + 1): n = 0..most by component.

    The statement's own number is not used, and a repeat is read as if the number were new: a copy is not drawn from
    the total. Where the statement gives a range, n is the number in mind, unrounded.

    Parameters
    ----------
    said
        The statement; its bounds, date precision, roots and provisional slopes count.
    total
        Mass of the total that it speaks of, over c = 0..C-1; sums to one.
    most
        Largest number looked at. What lies above is one minus the sum: a wrong number has a heavy tail.
    reading
        Weights and scales.

    Examples
    --------
    >>> said = Spoken(143, None, ("more_than",), False, 1, False, 0, False, 1.4, (0.0, 0.7, 1.4))
    >>> known = np.eye(200)[144]
    >>> p = predictive(said, known, 180, Reading())
    >>> bool(np.isclose(p[:, 143].sum(), components(said, 200, Reading())[:, 144].sum()))
    True
    """
    alive = np.flatnonzero(total)
    first, last = int(alive[0]), int(alive[-1])
    top = most + max(grain for grain, _ in reading.grains) + 1
    gap = np.arange(first - top, last + 1, dtype=np.float64)

    @cache
    def table(kind: str) -> Floats:
        """P(X <= x) for x = -1..top: the gap's function averaged over the total, a correlation."""
        seen = np.correlate(_below(kind, gap, said, reading), total[first : last + 1], "valid")[::-1]
        return np.concatenate([[0.0], seen])

    def below(kind: str, x: Ints) -> Floats:
        return np.asarray(table(kind)[np.maximum(x, -1) + 1])

    n = np.arange(most + 1)
    high = None if said.count_high is None else n
    return np.asarray(np.mean([_of_bound(said, b, n, high, below, reading) for b in said.bounds], axis=0))
