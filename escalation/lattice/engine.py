"""Runs one model on one variant of the evidence: makes its tables, calls the kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice import kernels, sampling
from escalation.lattice.average import Part
from escalation.lattice.band import TINY, Problem, Scouted, find_band, narrow, pack
from escalation.lattice.prior import Model, Prior, drift_matrix, drift_step, increments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Map = Callable[..., Iterable[Any]]
#: Grids of rates: to rank models, to integrate over a rate, and for bands and draws.
Grid = Literal["scoring", "sum", "band"]

#: Step in log rate of the scoring pass.
SCORING_STEP = 0.2
#: Messages of this many bytes in all are kept from smoothing for the draws; beyond it a draw runs its pass again.
KEPT_BYTES = 2**27


@dataclass(frozen=True)
class Setting:
    """One model made ready for the kernels on one grid."""

    rates: Floats
    pi: Floats
    step: Floats
    drift: Floats
    hazard: float


def _mixed(problems: Sequence[Problem]) -> Problem:
    """One problem whose evidence is the average over the variants: its band holds every variant's."""
    if len(problems) == 1:
        return problems[0]
    evidence = logsumexp([p.log_evidence for p in problems], axis=0)
    thin = None
    if problems[0].thin is not None:
        thin = np.mean([p.thin for p in problems if p.thin is not None], axis=0)
    return Problem(np.asarray(evidence), thin)


class Engine:
    """Runs models on the variants of one problem; holds the band and caches the tables of increments."""

    def __init__(
        self,
        problems: Sequence[Problem],
        prior: Prior,
        mapper: Map,
        events: float,
        coarseness: float = 1.0,
        within: Scouted | None = None,
        tiny: float = TINY,
    ) -> None:
        self.prior, self.map, self.events, self.coarseness = prior, mapper, events, coarseness
        self.days = problems[0].days
        self.width = problems[0].log_evidence.shape[1]
        mixed = _mixed(problems)
        self.found = found = find_band(mixed, prior, tiny) if within is None else narrow(mixed, prior, within, tiny)
        self.highest, self.settings = found.highest, found.settings
        self.bands = [pack(problem, found.low, found.high, found.most) for problem in problems]
        self._tables: dict[tuple[Grid, float, float, int], tuple[Floats, Floats, Floats]] = {}
        self._kept: dict[tuple[int, Model], tuple[float, Floats]] = {}
        self._free = KEPT_BYTES

    def setting(self, model: Model, v: int, grid: Grid) -> Setting:
        """Tables of one model on one of the grids."""
        sigma = model.sigma
        key = (grid, sigma, model.phi, v)
        if key not in self._tables:
            rates = self._grid(grid, sigma)
            K = min(int(np.searchsorted(rates, self.highest)) + 1, rates.size)
            table = increments(rates[:K], model.phi, self.bands[v].increments - 1)
            drift = drift_matrix(K, sigma, float(np.log(rates[1] / rates[0])))
            self._tables[key] = (rates, table, drift)
        rates, table, drift = self._tables[key]
        pi = self.prior.mass(rates, model.centre, model.spread)[: table.shape[1]]
        return Setting(rates[: table.shape[1]], np.ascontiguousarray(pi), table, drift, model.hazard)

    def _grid(self, grid: Grid, sigma: float) -> Floats:
        """Grid of rates: adapted to what can be learnt without drift, even steps with drift.

        An integral over the rate needs a step of one posterior sd only (for a normal density the trapezoidal rule is
        then off by 5e-9), a band needs half of that.
        """
        if grid == "scoring":
            return self.prior.rates(SCORING_STEP)
        if sigma == 0.0:
            return self.prior.adapted_rates(self.days, self.events, 0.5 * self.coarseness if grid == "band" else 1.0)
        step = drift_step(sigma, self.prior.grid[2])
        return self.prior.rates(self.coarseness * step if grid == "band" else min(1.5 * step, SCORING_STEP))

    def score(self, v: int, model: Model, grid: Grid) -> float:
        """Log evidence of one model; minus infinity where its prior of rates was ruled out in scouting."""
        if model.centre is not None and (model.centre, model.spread) not in self.settings:
            return -np.inf
        s, band = self.setting(model, v, grid), self.bands[v]
        log_z, _ = kernels.forward(band.low, band.start, band.ev, s.step, band.thin, s.pi, s.drift, s.hazard, False)
        return float(log_z) + band.log_scale

    def filtered(self, v: int, model: Model) -> tuple[float, Floats, Setting]:
        """Log evidence and stored forward messages on the fine grid."""
        s, band = self.setting(model, v, "band"), self.bands[v]
        if (v, model) not in self._kept:
            log_z, msgs = kernels.forward(
                band.low, band.start, band.ev, s.step, band.thin, s.pi, s.drift, s.hazard, True
            )
            if msgs.nbytes > self._free:
                return float(log_z) + band.log_scale, msgs, s
            self._free -= msgs.nbytes
            self._kept[v, model] = (float(log_z) + band.log_scale, msgs)
        return *self._kept[v, model], s

    def marginals(self, v: int, model: Model) -> Part:
        """Log evidence and exact smoothed marginals of one model."""
        log_z, msgs, s = self.filtered(v, model)
        band = self.bands[v]
        counts, rates, daily, change = kernels.smooth(
            band.low, band.start, band.ev, s.step, band.thin, s.pi, s.drift, s.hazard, msgs
        )
        return Part(log_z, band.spread(counts, self.width), daily, s.rates, rates, change)

    def by_start(self, v: int, model: Model) -> tuple[float, Floats]:
        """Log scale and likelihood by rate of the first day, of a model without new regimes."""
        s, band = self.setting(model, v, "sum"), self.bands[v]
        log_scale, table = kernels.start_likelihood(band.low, band.start, band.ev, s.step, band.thin, s.drift)
        return float(log_scale) + band.log_scale, table

    def draw(self, v: int, model: Model, uniforms: Floats, within: Floats) -> tuple[Ints, Floats, NDArray[np.bool_]]:
        """Draw counts, rates and new regimes under one model.

        `uniforms` (n, T + 1, 3) and `within` (n, T) are the randomness. The recursions know a rate to a cell of the
        grid; each regime's is then drawn from its cell, even in the log.
        """
        _, msgs, s = self.filtered(v, model)
        band = self.bands[v]
        y, k, new, _ = sampling.sample(band.low, band.start, s.step, band.thin, s.pi, s.drift, s.hazard, msgs, uniforms)
        log_rates = np.log(s.rates)
        edges = (log_rates[1:] + log_rates[:-1]) / 2
        edges = np.concatenate([[2 * log_rates[0] - edges[0]], edges, [2 * log_rates[-1] - edges[-1]]])
        u = np.take_along_axis(within, np.cumsum(new, axis=1), axis=1)
        return y, np.exp(edges[k] + u * (edges[k + 1] - edges[k])), new
