"""The recursions of observed counts, one day at a time, for all models at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.likelihood import likelihoods, log_likelihood
from escalation.lattice.mesh import EVEN, highest_rate, incidents_class, make_mesh
from escalation.lattice.observed import usable
from escalation.lattice.prior import Model, Prior
from escalation.lattice.steps import arrive, jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Growth of the number of incidents at which the cells are chosen anew, above `mesh.EVEN`.
GROWTH = 1.25


@jit
def advance(
    messages: Floats, row: Floats, pis: Floats, drift: Floats, hazards: Floats, first: bool, fresh: bool
) -> tuple[Floats, Floats]:
    """Take the messages (M, K) of some models over one day; returns them and the log of each one's sum (M,).

    Without `fresh`, no new regime starts, and the chance of that is counted.
    """
    M, K = messages.shape
    out, logs, moved = np.empty((M, K)), np.empty(M), np.empty(K)
    for m in range(M):
        h, total = hazards[m], 0.0
        if first:
            moved[:] = pis[m]
        elif drift.shape[0] > 1:
            arrive(messages[m], drift, moved)
        else:
            moved[:] = messages[m]
        if not first:
            start = h if fresh else 0.0
            for k in range(K):
                moved[k] = (1.0 - h) * moved[k] + start * pis[m, k]
        for k in range(K):
            v = moved[k] * row[k]
            out[m, k] = v
            total += v
        logs[m] = np.log(total) if total > 0.0 else -np.inf
        for k in range(K):
            out[m, k] = out[m, k] / total if total > 0.0 else pis[m, k]  # of no weight from here on
    return out, logs


@dataclass
class _Group:
    """Models of one clumping and one drift: their places in the average, their tables, and their messages of late."""

    place: Ints
    phi: float
    rates: Floats
    pis: Floats
    drift: Floats
    hazards: Floats
    messages: deque[Floats]
    logs: deque[Floats]

    def row(self, value: int, exposure: float) -> tuple[Floats, float]:
        """Likelihood of a count under each rate, and the log of what was divided out."""
        if exposure == 0.0:
            return np.ones(self.rates.size), 0.0
        log_p = log_likelihood(np.array(value), exposure * self.rates, self.phi)
        top = float(log_p.max())
        return likelihoods(log_p - top), top


class Filter:
    """Filtered messages of all models, kept up to date day by day.

    The cells of the rate are those that `mesh.make_mesh` would choose for the days so far, up to `mesh.EVEN` incidents;
    beyond, they are chosen anew whenever the number of incidents has grown by `GROWTH`, from the history.

    Parameters
    ----------
    prior
        The prior.
    which
        ``"full"`` or ``"jumps"``.
    memory
        Days for which messages are kept.
    """

    def __init__(self, prior: Prior, which: str, memory: int) -> None:
        self.prior, self.which, self.memory = prior, which, memory
        self.values: list[int] = []
        self.exposure: list[float] = []
        self.total = 0
        self._chosen = 0  # incidents when the cells were chosen
        self._highest = 0.0  # highest rate that any day so far could speak for
        self.models: tuple[Model, ...] = ()
        self.log_evidence = np.empty(0)
        self._groups: list[_Group] = []
        self.mesh = make_mesh(np.zeros(1, dtype=np.int64), np.zeros(1), prior)

    def append(self, value: int, exposure: float) -> None:
        """Take one more day; exposure 0 is a day that was not observed."""
        self.values.append(value)
        self.exposure.append(exposure)
        self.total += value
        if self._outgrown(value, exposure):
            self._restart()
        else:
            self._step(len(self.values) - 1)

    def _outgrown(self, value: int, exposure: float) -> bool:
        """Whether other cells or other models are due."""
        if len(self.models) != len(usable(self.prior, self.which, len(self.values))):
            return True
        day = highest_rate(np.array([value]), np.array([exposure]), self.prior) if exposure > 0.0 else 0.0
        if day > self._highest:
            return True
        if self.total <= EVEN:
            return self.total > incidents_class(self._chosen)
        return self._chosen <= EVEN or self.total > GROWTH * self._chosen

    def _restart(self) -> None:
        """Choose cells and go through the history again."""
        self._chosen = self.total
        values, exposure = np.array(self.values), np.array(self.exposure)
        self.mesh = make_mesh(values, exposure, self.prior)
        self._highest = highest_rate(values, exposure, self.prior) if (exposure > 0.0).any() else 0.0
        self.models = usable(self.prior, self.which, len(self.values))
        self.log_evidence = np.zeros(len(self.models))
        self._groups = [self._group(phi, sigma) for phi, sigma in sorted({(m.phi, m.sigma) for m in self.models})]
        for t in range(len(self.values)):
            self._step(t)

    def _group(self, phi: float, sigma: float) -> _Group:
        """Tables of the models of one clumping and one drift."""
        rates, drift = self.mesh.drifting(self.prior, sigma)
        place = np.array([i for i, m in enumerate(self.models) if (m.phi, m.sigma) == (phi, sigma)])
        mine = [self.models[i] for i in place]
        pis = np.stack([self.prior.mass(rates, m.centre, m.spread) for m in mine])
        hazards = np.array([m.hazard for m in mine])
        length = self.memory + 1
        return _Group(place, phi, rates, pis, drift, hazards, deque(maxlen=length), deque(maxlen=length))

    def _step(self, t: int) -> None:
        """Go over day t."""
        for group in self._groups:
            row, top = group.row(self.values[t], self.exposure[t])
            before = group.messages[-1] if t else group.pis
            messages, logs = advance(before, row, group.pis, group.drift, group.hazards, t == 0, True)
            group.messages.append(messages)
            group.logs.append(logs + top)
            self.log_evidence[group.place] += logs + top

    @property
    def weights(self) -> Floats:
        """Posterior weight of each model, shape (M,)."""
        log_w = np.log([m.weight for m in self.models]) + self.log_evidence
        w = np.exp(log_w - log_w.max())
        return np.asarray(w / w.sum())

    def recent(self, days: int) -> float:
        """Probability that a new regime started on one of the last `days` days, at most `memory`."""
        T = len(self.values)
        first, weights, out = max(T - days, 1), self.weights, 0.0
        for group in self._groups:
            back = T - first  # days to go over again
            messages = group.messages[-1 - back]
            gain = np.zeros(group.place.size)
            for t in range(first, T):
                row, top = group.row(self.values[t], self.exposure[t])
                messages, logs = advance(messages, row, group.pis, group.drift, group.hazards, False, False)
                gain += logs + top - group.logs[t - T]
            mine = weights[group.place]
            out += float(mine[mine > 0.0] @ (1.0 - np.exp(gain[mine > 0.0])))
        return out

    def rate(self) -> tuple[Floats, Floats]:
        """Today's rate: rates of the cells and their mass, averaged over all models; shape (K,) each."""
        mass, weights = np.zeros(self.mesh.rates.size), self.weights
        for group in self._groups:
            mine = weights[group.place] @ group.messages[-1]
            mass += mine if group.rates is self.mesh.rates else mine @ self.mesh.overlap(np.log(group.rates))
        return self.mesh.rates, mass
