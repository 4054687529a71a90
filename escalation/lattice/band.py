"""Which states are worth carrying: the band of counts alive on each day, and how far rates and increments reach.

Reports pin the count to a few dozen values a day. Two cheap passes find them: an upper bound that uses only "counts
never fall", then a coarse forward-backward pass under two permissive models. What is left out has posterior mass
below `TINY` under both; `tests/test_lattice.py` measures the error this makes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from escalation.lattice import kernels
from escalation.lattice.prior import Prior, increments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Posterior mass that may be dropped at either end of a day's counts, increments or rates.
TINY = 1e-5
#: Relative evidence below which a (centre, spread) of the prior is not scored further.
RULED_OUT = 1e-5
#: Loss of log evidence, against the best monotone path, at which a state is not even looked at.
LOSS = 60.0
#: Step in log rate of the passes that only scout.
COARSE = 0.25


@dataclass(frozen=True)
class Problem:
    """What the reports say of the cumulative count on each day.

    Parameters
    ----------
    log_evidence
        ``log E_t(c)``, shape (T + 1, C): row t is the end of day t, row 0 is "before the first day" and serves as
        the (unnormalised) prior of the count there. Column c is the count c.
    thin
        Factor for j incidents on a day, shape (T, J'), or None; values beyond J' are taken as the last column.
    """

    log_evidence: Floats
    thin: Floats | None = None

    @property
    def days(self) -> int:
        """Number of days T."""
        return int(self.log_evidence.shape[0]) - 1


@dataclass(frozen=True)
class Band:
    """Counts alive on each day, with the evidence packed for the kernels."""

    low: Ints
    start: Ints
    ev: Floats
    log_scale: float
    thin: Floats

    @property
    def increments(self) -> int:
        """Number of values 0..J-1 that a day's count can take."""
        return int(self.thin.shape[1])

    def spread(self, mass: Floats, C: int) -> Floats:
        """Unpack a packed table of masses into (T + 1, C)."""
        out = np.zeros((self.low.size, C))
        for t, lo in enumerate(self.low):
            part = mass[self.start[t] : self.start[t + 1]]
            out[t, lo : lo + part.size] = part
        return out


def pack(problem: Problem, low: Ints, high: Ints, most: int) -> Band:
    """Pack evidence between `low` and `high` (inclusive) for days with at most `most` incidents."""
    start = np.concatenate([[0], np.cumsum(high - low + 1)]).astype(np.int64)
    ev, scale = np.empty(start[-1]), 0.0
    for t, (lo, hi) in enumerate(zip(low, high, strict=True)):
        row = problem.log_evidence[t, lo : hi + 1]
        top = float(row.max())
        scale += top
        ev[start[t] : start[t + 1]] = np.exp(row - top)
    thin = np.ones((problem.days, most + 1))
    if problem.thin is not None:
        reach = np.minimum(np.arange(most + 1), problem.thin.shape[1] - 1)
        thin = np.ascontiguousarray(problem.thin[:, reach])
    return Band(low.astype(np.int64), start, ev, scale, thin)


def _monotone_bounds(log_ev: Floats) -> tuple[Ints, Ints]:
    """Range of counts per day on some non-decreasing path within `LOSS` of the best one (ignoring rates)."""
    ahead = log_ev.copy()
    for t in range(1, len(ahead)):
        ahead[t] += np.maximum.accumulate(ahead[t - 1])
    behind = np.zeros_like(log_ev)
    for t in range(len(log_ev) - 2, -1, -1):
        behind[t] = np.maximum.accumulate((behind[t + 1] + log_ev[t + 1])[::-1])[::-1]
    best = ahead + behind
    alive = best >= best.max() - LOSS
    last = log_ev.shape[1] - 1
    return alive.argmax(axis=1).astype(np.int64), last - alive[:, ::-1].argmax(axis=1).astype(np.int64)


def _reach(low: Ints, high: Ints, rates: Floats) -> int:
    """Largest daily count to look at: what the band allows and the highest rate can produce."""
    return int(min((high[1:] - low[:-1]).max(), rates[-1] + 40 * np.sqrt(rates[-1]) + 40))


@dataclass(frozen=True)
class Scouted:
    """What the scouting passes found: states worth carrying, and a rough posterior of the counts.

    `low` and `high` (inclusive) bound the counts of each day, `most` the incidents of a day, `highest` the rate.
    `counts` is the mean over the scouting models of the mass of the count, shape (T + 1, C). `settings` are the
    (centre, spread) of the prior that are not ruled out.
    """

    low: Ints
    high: Ints
    most: int
    highest: float
    counts: Floats
    settings: frozenset[tuple[float, float]]


def find_band(problem: Problem, prior: Prior, tiny: float = TINY) -> Scouted:
    """Find the states worth carrying: first under the widest prior, then under what that leaves of it.

    Parameters
    ----------
    problem
        What the reports say.
    prior
        The prior.
    tiny
        Posterior mass that may be dropped at either end.

    Raises
    ------
    ValueError
        If no sequence of counts is compatible with the evidence.
    """
    if not np.isfinite(problem.log_evidence).any(axis=1).all():
        raise ValueError("no count is possible on some day: the evidence is zero everywhere")
    low, high = _monotone_bounds(problem.log_evidence)
    rates = prior.rates(COARSE)
    settings = tuple((c, s) for c in prior.centre for s in prior.spread)
    rough = prior.rates(2 * COARSE)
    first = _scout(
        problem, low, high, rough, prior.mass(rough, None, None), max(prior.hazard), (max(prior.phi),), tiny / 100
    )
    band = pack(problem, first.low, first.high, first.most)
    step = increments(rates, float(np.median(prior.phi)), first.most)
    still = np.ones((1, rates.size))
    scores = np.array(
        [
            kernels.forward(
                band.low, band.start, band.ev, step, band.thin, prior.mass(rates, *setting), still,
                max(prior.hazard), False,
            )[0]
            for setting in settings
        ]
    )  # fmt: skip
    weight = np.exp(scores - scores.max())
    left = frozenset(s for s, w in zip(settings, weight, strict=True) if w > RULED_OUT)
    pi = np.sum([w * prior.mass(rates, *s) for s, w in zip(settings, weight, strict=True)], axis=0) / weight.sum()
    ends = (min(prior.phi), max(prior.phi))
    found = _scout(problem, first.low, first.high, rates, pi, max(prior.hazard), ends, tiny)
    return replace(found, settings=left)


def narrow(problem: Problem, prior: Prior, found: Scouted, tiny: float = TINY) -> Scouted:
    """Trim what was found for several variants of the evidence to what fewer of them leave alive."""
    rates = prior.rates(COARSE)
    pi = np.mean([prior.mass(rates, *s) for s in sorted(found.settings)], axis=0)
    ends = (min(prior.phi), max(prior.phi))
    trimmed = _scout(problem, found.low, found.high, rates, pi, max(prior.hazard), ends, tiny)
    return replace(trimmed, settings=found.settings)


def _scout(
    problem: Problem,
    low: Ints,
    high: Ints,
    rates: Floats,
    pi: Floats,
    hazard: float,
    phis: tuple[float, ...],
    tiny: float,
) -> Scouted:
    """Trim a band to what has posterior mass of at least `tiny` under one of some clumpings, changes frequent."""
    most = _reach(low, high, rates)
    band = pack(problem, low, high, most)
    C = problem.log_evidence.shape[1]
    ends, total = [], np.zeros((low.size, C))
    widest, highest = 0, 0
    still = np.ones((1, rates.size))
    for phi in phis:
        step = increments(rates, phi, most)
        log_z, msgs = kernels.forward(band.low, band.start, band.ev, step, band.thin, pi, still, hazard, True)
        if not np.isfinite(log_z):
            raise ValueError("no sequence of daily counts is compatible with the evidence")
        counts, rate, daily, _ = kernels.smooth(band.low, band.start, band.ev, step, band.thin, pi, still, hazard, msgs)
        mass = band.spread(counts, C)
        total += mass / len(phis)
        ends.append((_last(mass[:, ::-1], tiny), _last(mass, tiny)))
        widest = max(widest, int(_last(daily, tiny).max()))
        highest = max(highest, int(_last(rate, tiny).max()))
    return Scouted(
        C - 1 - np.max([e[0] for e in ends], axis=0), np.max([e[1] for e in ends], axis=0),
        widest, float(rates[min(highest + 1, rates.size - 1)]), total, frozenset(),
    )  # fmt: skip


def _last(mass: Floats, tiny: float) -> Ints:
    """Last column worth carrying in each row: beyond it lies at most `tiny` of the row's mass."""
    beyond = np.cumsum(mass[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((beyond > tiny).sum(axis=1), dtype=np.int64) - 1
