"""A grid of rates as fine as the counts need and no finer.

A regime of n incidents knows its log rate to ``1 / sqrt(n)``. Cells much wider than that misstate the evidence of a
constant rate, by up to ``n * step**2 / 8``, and so invent changes. A grid as fine as the longest regime needs, over all
rates, would have tens of thousands of cells; but it has to be fine only near rates that lasted long.

Which cells the prior is integrated over depends on the counts; the prior does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from escalation.lattice.passes import CHUNK
from escalation.lattice.prior import Prior, drift_matrix, drift_step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Incidents up to which one step serves all rates.
EVEN = 1600
#: Width of a cell near a block's rate, in posterior sd of that rate. A regime holds a block of a quarter of its length
#: or more, so the width is 0.7 to 1.4 sd of the regime's rate. Against cells a seventh as wide, the log evidence of
#: six series of 1e5 days with 3 to 330 regimes differs by at most 0.03, the width of the rate's intervals by 1 to 6 %.
SHARE = 0.7
#: Growth of the step with the distance from a block's rate. A regime m sd away is known to its own sd, not to this one.
GRADE = 0.25
#: Step at rates that make no more than a few incidents in the whole series.
SCARCE = 0.2
#: How much wider cells may be when models are only ranked.
RANKING = 1.4
#: Deviance of the sixteen parts of a block (15 if they have one rate, four times that if clumped with phi = 3) beyond
#: which the block is no part of one regime.
UNEVEN = 150.0
#: Most blocks at the lowest level.
LEAVES = 2**16
#: Fewest incidents of a block that asks for finer cells.
FEWEST = 25


@dataclass(frozen=True)
class Mesh:
    """Cells of the log rate.

    Parameters
    ----------
    rates
        Rate that stands for each cell, shape (K,); K is a multiple of `CHUNK`.
    edges
        Logs of the ends of the cells, shape (K + 1,).
    """

    rates: Floats
    edges: Floats

    @classmethod
    def of(cls, log_rates: Floats) -> Mesh:
        """Cells around the given log rates, bounded halfway."""
        middle = (log_rates[1:] + log_rates[:-1]) / 2
        ends = [2 * log_rates[0] - middle[0]], [2 * log_rates[-1] - middle[-1]]
        return cls(np.exp(log_rates), np.concatenate([ends[0], middle, ends[1]]))

    def drifting(self, prior: Prior, sigma: float) -> tuple[Floats, Floats]:
        """Rates (K',) of the even grid that a drift needs, up to the top of this one, and its diffusion in a day."""
        if sigma == 0.0:
            return self.rates, drift_matrix(self.rates.size, 0.0, 1.0)
        return _even(*prior.grid, sigma, float(np.exp(self.edges[-1])))

    def overlap(self, log_rates: Floats) -> Floats:
        """Share of each cell of another grid (even in the log) that lies in each cell of this one; (K', K)."""
        step = log_rates[1] - log_rates[0]
        marks = self.edges.copy()
        marks[0], marks[-1] = -np.inf, np.inf
        below = np.clip((marks[None, :] - (log_rates[:, None] - step / 2)) / step, 0.0, 1.0)
        return np.asarray(np.diff(below, axis=1))


@lru_cache(maxsize=64)
def _even(lowest: float, highest: float, step: float, sigma: float, top: float) -> tuple[Floats, Floats]:
    """Rates (K',) of the even grid for a drift, up to `top`, and its diffusion; kept, since many series share it."""
    rates = Prior(grid=(lowest, highest, step)).rates(drift_step(sigma, step))
    rates = rates[: int(np.searchsorted(rates, top)) + 1]
    return rates, drift_matrix(rates.size, sigma, float(np.log(rates[1] / rates[0])))


def incidents_class(total: int) -> int:
    """Return 100, 400 or `EVEN`: cells are the same for all numbers of incidents up to each.

    Examples
    --------
    >>> incidents_class(100), incidents_class(101)
    (100, 400)
    """
    return next(n for n in (100, 400, EVEN) if total <= n)


def quick_mesh(values: Ints, exposure: Floats, prior: Prior) -> Mesh:
    """Choose the cells for ``models="fast"``: those of `make_mesh`, but wider at rates of which little can be seen.

    A rate r makes at most ``min(r T, total)`` incidents, so that no regime knows its log to better than one over the
    root of that. Cells depend on days, the class of incidents and the highest rate only, and are thus kept.
    """
    total = int(values.sum())
    if total > EVEN:
        return make_mesh(values, exposure, prior)
    top, time = highest_rate(values, exposure, prior), float(exposure.sum())
    return _seen(prior.grid[0], prior.grid[2], top, incidents_class(total), time)


@lru_cache(maxsize=64)
def _seen(lowest: float, widest: float, top: float, most: int, time: float) -> Mesh:
    """Cells of at most half the sd of a rate that is seen `time` days, or `most` times."""
    fine = np.linspace(np.log(lowest), np.log(top), 4 * int(np.ceil(np.log(top / lowest) / widest)) + 1)
    step = np.clip(0.5 / np.sqrt(np.clip(np.exp(fine) * time, 1.0, most)), 0.0, SCARCE / 2)
    run = np.concatenate([[0.0], np.cumsum((1 / step[1:] + 1 / step[:-1]) / 2 * np.diff(fine))])
    n = -(-(int(np.ceil(run[-1])) + 1) // CHUNK) * CHUNK
    return Mesh.of(np.interp(np.linspace(0.0, run[-1], n), run, fine))


def make_mesh(values: Ints, exposure: Floats, prior: Prior, coarseness: float = 1.0) -> Mesh:
    """Choose the cells for a series of counts.

    Up to `EVEN` incidents the steps are even: half the sd of a rate known from 100, 400 or 1,600 of them, at most
    the step of the prior's grid. Beyond, they are graded by the rates of dyadic blocks of days.

    Parameters
    ----------
    values
        Incidents per day, shape (T,), 0 where not observed.
    exposure
        Exposure of each day, shape (T,), 0 where not observed.
    prior
        Its grid bounds the rates.
    coarseness
        How much wider the cells are, where they are graded.
    """
    widest, total = prior.grid[2], int(values.sum())
    low, high = np.log(prior.grid[0]), np.log(highest_rate(values, exposure, prior))
    if total <= EVEN:
        n = int(np.ceil((high - low) / min(widest, 0.5 / np.sqrt(incidents_class(total))))) + 1
        return Mesh.of(np.linspace(low, high, -(-n // CHUNK) * CHUNK))
    rates, sds = _blocks(values, exposure)
    fine = np.linspace(low, high, 1 + int(np.ceil((high - low) / (widest / 20))))
    marks = np.unique(np.concatenate([fine, *_ladders(rates, sds * coarseness, low, high)]))
    widest_here = np.clip(0.5 / np.sqrt(np.maximum(1.0, np.exp(marks) * exposure.sum())), widest, SCARCE)
    step = _steps(marks, rates, sds * coarseness, widest_here)
    run = np.concatenate([[0.0], np.cumsum((1 / step[1:] + 1 / step[:-1]) / 2 * np.diff(marks))])
    n = -(-(int(np.ceil(run[-1])) + 1) // CHUNK) * CHUNK
    return Mesh.of(np.interp(np.linspace(0.0, run[-1], n), run, marks))


def _blocks(values: Ints, exposure: Floats) -> tuple[Floats, Floats]:
    """Log rates of dyadic blocks that may be part of one regime, and the sd that their counts give them."""
    size = 1 << int(np.ceil(np.log2(max(values.size, 2))))
    counts, time = np.zeros(size), np.zeros(size)
    counts[: values.size], time[: values.size] = values, exposure
    leaf = max(1, size // LEAVES)
    counts, time = counts.reshape(-1, leaf).sum(axis=1), time.reshape(-1, leaf).sum(axis=1)
    fits = [_fit(counts, time)]
    found: list[tuple[Floats, Floats]] = [_known(counts.sum(keepdims=True), time.sum(keepdims=True))]
    while counts.size > 1:
        counts, time = counts.reshape(-1, 2).sum(axis=1), time.reshape(-1, 2).sum(axis=1)
        fits = [*fits[-4:], _fit(counts, time)]
        apart = 2 * (fits[0].reshape(counts.size, -1).sum(axis=1) - fits[-1])
        some = (counts >= FEWEST) & (apart < UNEVEN)
        found.append(_known(counts[some], time[some]))
    rates, sds = (np.concatenate(part) for part in zip(*found, strict=True))
    sds = 2.0 ** (np.floor(2 * np.log2(sds)) / 2)  # blocks that ask for nearly the same become one
    _, one = np.unique(np.stack([sds, np.round(rates / (0.5 * sds))]), axis=1, return_index=True)
    return rates[one], sds[one]


def _fit(counts: Floats, time: Floats) -> Floats:
    """Poisson log likelihood at the block's own rate, without what does not depend on the rate."""
    return np.asarray(xlogy(counts, np.divide(counts, time, out=np.ones_like(time), where=time > 0)))


def _known(counts: Floats, time: Floats) -> tuple[Floats, Floats]:
    """Log rates of blocks and their sd."""
    return np.log(counts / time), 1 / np.sqrt(counts)


def highest_rate(values: Ints, exposure: Floats, prior: Prior) -> float:
    """Find the highest rate that a day could speak for, rounded up to a power of 4, at most that of the prior's grid.

    Examples
    --------
    >>> highest_rate(np.array([0, 3]), np.ones(2), Prior(grid=(0.005, 1e4, 0.05)))
    64.0
    """
    seen = exposure > 0
    if not seen.any():
        return prior.grid[1]
    top = float(((values[seen] + 6.0 * np.sqrt(values[seen] + 1.0) + 10.0) / exposure[seen]).max())
    return float(np.clip(4.0 ** np.ceil(np.log2(top) / 2), 10 * prior.grid[0], prior.grid[1]))


def _ladders(rates: Floats, sds: Floats, low: float, high: float) -> list[Floats]:
    """Place marks on both sides of each block's rate, at which the wanted step is looked up."""
    reach = np.geomspace(0.5, 4000.0, 24)
    out = []
    for sign in (-1.0, 1.0):
        at = rates[:, None] + sign * sds[:, None] * reach
        out.append(at[(at > low) & (at < high)])
    return [*out, rates[(rates > low) & (rates < high)]]


def _steps(marks: Floats, rates: Floats, sds: Floats, widest: Floats) -> Floats:
    """Wanted step at each mark, at most `widest` (marks,): the least that any block asks for there."""
    step = widest.copy()
    for sd in np.unique(sds):
        at = np.sort(rates[sds == sd])
        right = np.searchsorted(at, marks).clip(max=at.size - 1)
        distance = np.minimum(np.abs(marks - at[right]), np.abs(marks - at[(right - 1).clip(min=0)]))
        step = np.minimum(step, np.maximum(SHARE * sd, GRADE * distance))
    return step
