"""True worlds: how the rate runs and how incidents fall, none of them drawn from the prior of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator


@dataclass(frozen=True)
class Truth:
    """What happened: the rate of each day and its incidents, both of shape (T,)."""

    rate: Floats
    counts: Ints

    @property
    def total(self) -> Ints:
        """Total by the end of each day."""
        return np.asarray(np.cumsum(self.counts), dtype=np.int64)


#: Makes one series of T days. Not a closure, so that other processes can run it.
Draw = Callable[[int, Rng], Truth]


@dataclass(frozen=True)
class World:
    """One kind of truth; `draw` makes one series of it."""

    name: str
    says: str
    draw: Draw


def clumped_counts(rate: Floats, phi: float, rng: Rng) -> Ints:
    """Draw counts of NB1 with variance ``(1 + phi) * rate``; Poisson for ``phi == 0``."""
    if phi == 0.0:
        return np.asarray(rng.poisson(rate), dtype=np.int64)
    return np.asarray(rng.poisson(rng.gamma(rate / phi, phi)), dtype=np.int64)


def _poisson(rate: Floats, rng: Rng) -> Truth:
    return Truth(rate, clumped_counts(rate, 0.0, rng))


def constant(rate: float, phi: float = 0.0) -> Draw:
    """One rate throughout."""
    return partial(_constant, rate, phi)


def _constant(rate: float, phi: float, T: int, rng: Rng) -> Truth:
    level = np.full(T, rate)
    return Truth(level, clumped_counts(level, phi, rng))


def halfway(before: float, after: float) -> Draw:
    """Two rates; the second begins in the middle."""
    return partial(_halfway, before, after)


def _halfway(before: float, after: float, T: int, rng: Rng) -> Truth:
    return _poisson(np.where(np.arange(T) < T // 2, before, after).astype(float), rng)


def window(rate: float, inside: float, days: int) -> Draw:
    """One rate, but another for some days whose place is random (a pulse or a pause)."""
    return partial(_window, rate, inside, days)


def _window(rate: float, inside: float, days: int, T: int, rng: Rng) -> Truth:
    first = int(rng.integers(T // 6, T - T // 6 - days + 1))
    level = np.full(T, rate)
    level[first : first + days] = inside
    return _poisson(level, rng)


def _step_rate(T: int, rng: Rng) -> Floats:
    """Draw a level of .7 to 2 a day that changes by a factor of 1.5 to 3, up or down, in the middle half."""
    factor = rng.uniform(1.5, 3.0) ** rng.choice([-1, 1])
    day = int(rng.integers(T // 4, 3 * T // 4))
    return rng.uniform(0.7, 2.0) * np.where(np.arange(T) < day, 1.0, factor)


def _step(T: int, rng: Rng) -> Truth:
    return _poisson(_step_rate(T, rng), rng)


def _smooth(T: int, rng: Rng) -> Truth:
    """Log rate a sine with an amplitude of log 2 and a period of half to the whole of the series."""
    period, phase = rng.uniform(T / 2, T), rng.uniform(0, 2 * np.pi)
    return _poisson(1.3 * 2.0 ** np.sin(2 * np.pi * np.arange(T) / period + phase), rng)


def weekly(rest: float) -> Draw:
    """Two days a week at `rest` times the rate of the others."""
    return partial(_weekly, rest)


def _weekly(rest: float, T: int, rng: Rng) -> Truth:
    return _poisson(rng.uniform(0.7, 2.0) * np.where((np.arange(T) + rng.integers(7)) % 7 < 2, rest, 1.0), rng)


def _clumped(T: int, rng: Rng) -> Truth:
    """Draw a constant rate or a step, evenly, and counts of NB2 (the model's are NB1) of 2 to 4 times the variance."""
    rate = _step_rate(T, rng) if rng.random() < 0.5 else np.full(T, rng.uniform(0.7, 2.0))
    shape = rate.mean() / rng.uniform(1.0, 3.0)
    return Truth(rate, np.asarray(rng.poisson(rate * rng.gamma(shape, 1 / shape, T)), dtype=np.int64))


def exciting(ratio: float) -> Draw:
    """Each incident raises the rate of the next days, half as much every two days, by `ratio` incidents in all."""
    return partial(_exciting, ratio)


def _exciting(ratio: float, T: int, rng: Rng) -> Truth:
    """Draw the process day by day; its rate is the conditional intensity, the mean of a day given the days before."""
    decay, base = 0.5**0.5, rng.uniform(0.6, 1.2)
    rate, counts, heat = np.empty(T), np.zeros(T, dtype=np.int64), ratio * base / (1 - ratio)
    for t in range(T):
        rate[t] = base + heat
        counts[t] = rng.poisson(rate[t])
        heat = decay * heat + ratio * (1 - decay) * counts[t]
    return Truth(rate, counts)


#: Worlds that the prior does not contain. Two of them come mild and strong, to show where coverage ends.
WORLDS = (
    World("step", "one change by a factor of 1.5 to 3, up or down", _step),
    World("smooth", "a sine of the log rate, amplitude log 2", _smooth),
    World("pulse", "ten days at four times the rate of 1 a day", window(1.0, 4.0, 10)),
    World("pause", "ten days at a tenth of the rate of 1.5 a day", window(1.5, 0.15, 10)),
    World("clumped", "a constant rate or a step; NB2 with variance 2 to 4 times the rate", _clumped),
    World("weekly, 10 %", "two days a week at 90 % of the rate of the others", weekly(0.9)),
    World("weekly, 40 %", "two days a week at 60 % of the rate of the others", weekly(0.6)),
    World("self-exciting, .2", "branching ratio .2, half-life two days", exciting(0.2)),
    World("self-exciting, .5", "branching ratio .5, half-life two days", exciting(0.5)),
)
