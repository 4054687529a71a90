"""Simulation-based calibration: truths from the prior, reports from the model, ranks that must be uniform.

If the computation is right, the rank of a true quantity among draws from its posterior is uniform (Talts, Betancourt,
Simpson, Vehtari & Gelman 2018, arXiv:1804.06788). Series are accepted by what is *reported* alone (a total of at least
one and at most `MOST`): a condition on the data leaves ranks uniform.

Reports are made by a sampler of their own that follows the story of `reading`, not by its formulas: a lag, a rounding,
an old number, a wrong one. Scales are fixed here (one incident a day); repeats are read like other numbers, since the
discount of repeats is no part of a generative model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from escalation.calibration.worlds import clumped_counts
from escalation.lattice.band import Problem
from escalation.lattice.posterior import infer
from escalation.lattice.prior import Prior
from escalation.reconstruct.evidence import Spoken, components
from escalation.reconstruct.reading import Reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator

#: Days, reports, largest number stated, draws per series, incidents per day by which lags become counts.
T, REPORTS, MOST, DRAWS, PER_DAY = 60, 20, 200, 999, 1.0
#: Wordings and how often they occur.
BOUNDS, OFTEN = ("exact", "at_least", "more_than"), (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class Path:
    """A truth drawn from the prior: rate and counts per day, and where new regimes start; all (T,)."""

    rate: Floats
    counts: Ints
    new: NDArray[np.bool_]


def draw_path(prior: Prior, rng: Rng) -> Path:
    """Draw a model, then rates and counts, from the prior."""
    models = prior.models("full")
    m = models[int(rng.choice(len(models), p=[m.weight for m in models]))]
    centre = float(rng.choice(prior.centre)) if m.centre is None else m.centre
    spread = float(rng.choice(prior.spread)) if m.spread is None else m.spread
    low, high = np.log(prior.grid[0]), np.log(prior.grid[1])

    def fresh() -> float:
        return float(np.clip(np.log(centre) + spread * rng.normal(), low, high))

    new = rng.random(T) < m.hazard
    new[0] = False
    level = np.empty(T)
    for t in range(T):
        if t == 0 or new[t]:
            level[t] = fresh()
        else:
            level[t] = np.clip(level[t - 1] + m.sigma * rng.normal(), low, high)
    rate = np.exp(level)
    return Path(rate, clumped_counts(rate, m.phi, rng), new)


def state(c: int, bound: str, reading: Reading, rng: Rng) -> int:
    """Say a number for a true total `c`, as the reading tells the story; no formula of the likelihood is used."""
    kind = rng.choice(4, p=reading.weights[bound])
    if kind >= 2:
        # Ages and errors have the survival function 1 / (1 + k / scale).
        scale = PER_DAY * (reading.stale_days if kind == 2 else reading.wrong_days)
        off = 1 + int(min(scale * (1.0 / (1.0 - rng.random()) - 1.0), 1e9))
        return max(c + off if kind == 3 and rng.random() < 0.5 else c - off, 0)
    if rng.random() < reading.ahead:
        x = c + int(rng.geometric(1.0 - reading.ahead_decay))
    else:
        lags, often = zip(*reading.lag_day, strict=True)
        mean = PER_DAY * float(rng.choice(lags, p=often))
        x = max(c - (int(rng.negative_binomial(mean, 0.5)) if mean > 0 else 0), 0)
    if kind == 0:
        return max(x - 1, 0) if bound == "more_than" and rng.random() < 0.5 else x
    grains, often = zip(*reading.grains, strict=True)
    grain = int(rng.choice(grains, p=often))
    return max(x - 1, 0) // grain * grain if bound == "more_than" else x // grain * grain


def _said(number: int, bound: str, reading: Reading) -> Spoken:
    lags = tuple(PER_DAY * lag for lag, _ in reading.lag_day)
    return Spoken(number, None, (bound,), False, 1, False, 0, False, PER_DAY, lags)


def _problems(day: Ints, numbers: list[int], bounds: list[str], readings: list[Reading]) -> list[Problem]:
    """Evidence of all reports under each habit."""
    size = int(1.5 * max(numbers)) + 51
    out = []
    for reading in readings:
        log_evidence = np.zeros((T + 1, size))
        log_evidence[0, 1:] = -np.inf
        for d, number, bound in zip(day, numbers, bounds, strict=True):
            log_evidence[d + 1] += np.log(components(_said(number, bound, reading), size, reading).sum(axis=0))
        out.append(Problem(log_evidence))
    return out


def _accepted(prior: Prior, habits: list[Reading], weights: list[float], rng: Rng) -> tuple[Path, Ints, Any, Any]:
    """Draw truths and their reports until the reports can be worked with."""
    day = np.sort(np.append(rng.choice(T - 1, REPORTS - 1, replace=False), T - 1))
    bounds = [str(b) for b in rng.choice(BOUNDS, REPORTS, p=OFTEN)]
    while True:
        path = draw_path(prior, rng)
        total = np.cumsum(path.counts)
        reading = habits[int(rng.choice(len(habits), p=weights))]
        numbers = [state(int(total[d]), b, reading, rng) for d, b in zip(day, bounds, strict=True)]
        if 1 <= max(numbers) <= MOST:
            return path, day, bounds, numbers


def replicate(job: tuple[tuple[int, ...], str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run one replicate: ranks of true quantities among draws, and what the exact intervals cover.

    Returns
    -------
    ranks, cover
        Rows (replicate, quantity, rank, of), ties broken at random; shares of days covered by 90 % intervals.
    """
    seed, models = job
    rng = np.random.default_rng(seed)
    prior, table = Prior(), Reading()
    habits = [table.under(habit) for habit in table.habits]
    weights = [habit.weight for habit in table.habits]
    path, day, bounds, numbers = _accepted(prior, habits, weights, rng)
    found = infer(
        _problems(day, numbers, bounds, habits), prior, variant_log_prior=np.log(weights),
        groups=np.arange(len(habits)), which=models, mapper=map, events=float(np.median(numbers[-5:])),
    )  # fmt: skip
    draws = found.draw(DRAWS, rng)
    t, silent = int(rng.integers(T)), int(rng.choice(np.setdiff1d(np.arange(T), day)))
    none = np.full(DRAWS, T)
    first = np.where(draws.new_regime.any(axis=1), draws.new_regime.argmax(axis=1), none)
    pairs = {
        "rate": (path.rate[t], draws.rates[:, t]),
        "total": (float(path.counts[: silent + 1].sum()), draws.counts[:, : silent + 1].sum(axis=1)),
        "number of changes": (float(path.new.sum()), draws.new_regime.sum(axis=1)),
        "first change": (float(path.new.argmax() if path.new.any() else T), first),
    }
    ranks = [
        {"replicate": seed[-1], "quantity": name, "rank": _rank(value, sample, rng), "of": DRAWS}
        for name, (value, sample) in pairs.items()
    ]
    return ranks, {"replicate": seed[-1]} | _cover(found.marginals, path, day, rng)


def _rank(value: float, sample: NDArray[Any], rng: Rng) -> int:
    ties = int((sample == value).sum())
    return int((sample < value).sum()) + int(rng.integers(ties + 1))


def _cover(marginals: Any, path: Path, day: Ints, rng: Rng) -> dict[str, float]:
    """Shares of days on which 90 % intervals hold the truth."""
    total = np.cumsum(path.counts)
    edges = np.log(marginals.rates) + np.log(marginals.rates[1] / marginals.rates[0]) / 2
    rate_pit = [np.interp(np.log(r), edges, np.cumsum(row)) for r, row in zip(path.rate, marginals.rate, strict=True)]
    silent = np.setdiff1d(np.arange(T), day)
    daily, totals = np.cumsum(marginals.daily, axis=1), np.cumsum(marginals.counts[1:], axis=1)
    pit = {"daily count": (daily, path.counts, np.arange(T)), "total": (totals, total, silent)}
    out = {"rate": _inside(np.array(rate_pit))}
    for name, (cdf, truth, days) in pit.items():
        held = [(cdf[t], min(int(truth[t]), cdf.shape[1] - 1)) for t in days]
        at = np.array([row[c] for row, c in held])
        below = np.array([row[c - 1] if c else 0.0 for row, c in held])
        plain = (below < 0.95 - 1e-12) & (at >= 0.05 - 1e-12)
        out |= {
            f"{name} (plain)": float(plain.mean()),
            f"{name} (randomised PIT)": _inside(below + rng.random(at.size) * (at - below)),
        }
    return out


def _inside(pit: Floats) -> float:
    return float(((pit >= 0.05) & (pit <= 0.95)).mean())
