"""Log evidence of every model where every day's count is observed, and of "no new regime" under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from escalation.lattice import drifting, passes, stencil
from escalation.lattice.engine import Map
from escalation.lattice.likelihood import Rows
from escalation.lattice.mesh import Mesh
from escalation.lattice.prior import Model, Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING = np.empty((0, 0))


@dataclass(frozen=True)
class Tables:
    """Tables of one series on one mesh: likelihoods by clumping, and by clumping and drift on even grids.

    `mapper` runs models side by side; `quick` takes the recursions of `stencil` for drift; tables are kept once made.
    """

    rows: Rows
    mesh: Mesh
    prior: Prior
    mapper: Map
    quick: bool = False
    _kept: dict[tuple[float, float], tuple[Floats, Floats, float]] = field(default_factory=dict)
    _mass: dict[tuple[float, float | None, float | None], Floats] = field(default_factory=dict)
    _marked: dict[Model, tuple[float, Floats]] = field(default_factory=dict)
    _constant: dict[float, tuple[float, Floats]] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.rows.row.size)

    def grid(self, sigma: float) -> Floats:
        """Rates of the mesh, or those of the even grid that a drift of `sigma` needs; shape (K,)."""
        return self.mesh.drifting(self.prior, sigma)[0]

    def table(self, phi: float, sigma: float) -> tuple[Floats, Floats, float]:
        """Likelihoods (U, K), logs of what was divided out of each row (U,), and its sum over all days."""
        if (phi, sigma) not in self._kept:
            table, scale = self.rows.table(self.grid(sigma), phi)
            self._kept[phi, sigma] = np.ascontiguousarray(table), scale, float(self.rows.times @ scale)
        return self._kept[phi, sigma]

    def mass(self, model: Model) -> Floats:
        """Prior mass of each rate of the model's grid, for a new regime; shape (K,)."""
        key = (model.sigma, model.centre, model.spread)
        if key not in self._mass:
            self._mass[key] = self.prior.mass(self.grid(model.sigma), model.centre, model.spread)
        return self._mass[key]

    def drift(self, sigma: float) -> Floats:
        """Diffusion of the log rate in a day on the grid of this drift."""
        return self.mesh.drifting(self.prior, sigma)[1]

    def constant(self, phi: float) -> tuple[float, Floats]:
        """Log scale and likelihood of all counts by the one rate of all days, shape (K,)."""
        if phi not in self._constant:
            log_p = self.rows.times @ self.rows.logs(self.mesh.rates, phi)[0]
            self._constant[phi] = float(log_p.max()), np.exp(log_p - log_p.max())
        return self._constant[phi]

    def by_start(self, phi: float, sigma: float) -> tuple[float, Floats]:
        """Log scale and likelihood of all counts by the rate of the first day, when no regime ever starts."""
        if sigma == 0.0:
            return self.constant(phi)
        table, drift = self.table(phi, sigma)[0], self.drift(sigma)
        if self.quick:
            top, likelihood = stencil.by_start(self.rows.row, table, *stencil.stencil(drift))
        else:
            top, likelihood = drifting.by_start(self.rows.row, table, drift)
        return float(top), likelihood

    def marked(self, model: Model) -> tuple[float, Floats]:
        """Log evidence of a model that jumps and does not drift, and the messages that smoothing needs, (B, K).

        What `keep_marks` has kept is handed out once: it is large.
        """
        if model in self._marked:
            return self._marked.pop(model)
        table, _, scale = self.table(model.phi, 0.0)
        marks = np.zeros(((self.days - 1) // passes.BLOCK + 1, table.shape[1]))
        found, _ = passes.evidence(self.rows.row, table, self.mass(model), model.hazard, self.days, marks)
        return scale + float(found), marks

    def keep_marks(self, models: Sequence[Model]) -> None:
        """Run some models for both purposes at once."""
        self._marked.update(zip(models, self.mapper(self.marked, models), strict=True))

    def evidence(self, model: Model, stop: int | None = None) -> float:
        """Log evidence of one model, jointly with "no new regime from day `stop` on" if that is given."""
        if stop is None and model in self._marked:
            return self._marked[model][0]
        table, _, scale = self.table(model.phi, model.sigma)
        pi, end = self.mass(model), self.days if stop is None else stop
        if model.sigma == 0.0 and model.hazard == 0.0:
            top, likelihood = self.constant(model.phi)
            total = float(pi @ likelihood)
            return scale + top + float(np.log(total)) if total > 0 else -np.inf
        if model.sigma == 0.0:
            return scale + float(passes.evidence(self.rows.row, table, pi, model.hazard, end, _NOTHING)[0])
        if self.quick and end == self.days:
            diffusion = stencil.stencil(self.drift(model.sigma))
            return scale + float(stencil.evidence(self.rows.row, table, pi, *diffusion, model.hazard, _NOTHING))
        args = (self.rows.row, table, pi, self.drift(model.sigma), model.hazard, end, _NOTHING)
        return scale + float(drifting.evidence(*args)[0])


def score(tables: Tables, models: Sequence[Model]) -> Floats:
    """Log evidence of every model, each by a pass of its own; shape (M,)."""
    _prepare(tables, models)
    return np.fromiter(tables.mapper(tables.evidence, models), float, len(models))


def score_near_best(tables: Tables, models: Sequence[Model], *, all_jumps: bool, reach: float) -> Floats:
    """Log evidence of every model: exact for all that come near the best, from margins for the others; shape (M,).

    Evidence is nearly additive in (hazard, clumping), (prior of rates) and (drift). From passes along these margins the
    evidence of every model is guessed; all models within `reach` of the best, or within twice the largest error seen
    near the best, then get passes of their own, until there are no more.

    Parameters
    ----------
    tables, models
        The tables and the models.
    all_jumps
        Whether models that jump and do not drift all get passes of their own.
    reach
        Log evidence below the best; 0 keeps the guesses.
    """
    done = dict[int, float]()

    def run(which: Sequence[int]) -> None:
        asked = [i for i in which if i not in done]
        done.update(zip(asked, score(tables, [models[i] for i in asked]).tolist(), strict=True))

    both = [i for i, m in enumerate(models) if m.family == "both"]
    jumping = [i for i, m in enumerate(models) if m.family == "jumps"]
    run([i for i, m in enumerate(models) if m.hazard == 0.0])
    guess = dict(done)
    if jumping:
        if all_jumps:
            run(jumping)
            guess |= {i: done[i] for i in jumping}
        else:
            guess |= _guess_jumps(models, jumping, done, run)
        guess |= _guess_both(tables, models, both, jumping, guess)
    else:
        run(both)
    error = 0.0
    while reach > 0.0:
        top = max(done.values())
        near = [i for i in guess if guess[i] > top - max(reach, 2.0 * error) and i not in done]
        if not near:
            break
        run(near)
        top = max(done.values())
        error = max((abs(done[i] - guess[i]) for i in guess if i in done and done[i] > top - reach), default=0.0)
    return np.array([done[i] if i in done else guess[i] for i in range(len(models))])


def _guess_jumps(
    models: Sequence[Model], jumping: Sequence[int], done: dict[int, float], run: Callable[[Sequence[int]], None]
) -> dict[int, float]:
    """Guess models that jump: each (hazard, clumping) at the middle prior of rates, each of those at the best."""
    place = {(m.hazard, m.phi, m.centre, m.spread): i for i in jumping for m in [models[i]]}
    kinds = sorted({key[:2] for key in place})
    settings = sorted({key[2:] for key in place}, key=str)
    middle = settings[len(settings) // 2]
    run([place[*kind, *middle] for kind in kinds])
    best = max(kinds, key=lambda kind: done[place[*kind, *middle]])
    run([place[*best, *setting] for setting in settings])
    return {
        place[*kind, *setting]: done[place[*kind, *middle]] + done[place[*best, *setting]] - done[place[*best, *middle]]
        for kind in kinds
        for setting in settings
    }


def _guess_both(
    tables: Tables, models: Sequence[Model], both: Sequence[int], jumping: Sequence[int], plain: dict[int, float]
) -> dict[int, float]:
    """Guess models that jump and drift: what a drift adds at the middle hazard and the best prior of rates.

    It is worked out at the least, the middle and the largest clumping and interpolated between them.
    """
    if not both:
        return {}
    by = {(m.hazard, m.phi, m.centre, m.spread): plain[i] for i in jumping for m in [models[i]]}
    best = models[max(jumping, key=lambda i: plain[i])]
    phis, hazards = sorted({models[i].phi for i in both}), sorted({models[i].hazard for i in both})
    some, hazard = sorted({phis[0], phis[len(phis) // 2], phis[-1]}), hazards[len(hazards) // 2]
    sigmas = sorted({models[i].sigma for i in both})
    asked = [replace(best, family="both", hazard=hazard, phi=phi, sigma=s) for s in sigmas for phi in some]
    found = score(tables, asked).reshape(len(sigmas), len(some))
    gain = found - np.array([by[hazard, phi, best.centre, best.spread] for phi in some])
    return {
        i: by[m.hazard, m.phi, m.centre, m.spread] + float(np.interp(m.phi, some, gain[sigmas.index(m.sigma)]))
        for i in both
        for m in [models[i]]
    }


def no_jump_evidence(tables: Tables, models: Sequence[Model]) -> Floats:
    """Log of the joint evidence of all counts and "no new regime", for each model; shape (M,)."""
    _prepare(tables, models)
    keys = sorted({(m.phi, m.sigma) for m in models})
    by_start = dict(zip(keys, tables.mapper(lambda key: tables.by_start(*key), keys), strict=True))
    out = np.empty(len(models))
    for i, m in enumerate(models):
        top, likelihood = by_start[m.phi, m.sigma]
        total = float(tables.mass(m) @ likelihood)
        none = (tables.days - 1) * np.log1p(-m.hazard)
        out[i] = (top + np.log(total) if total > 0 else -np.inf) + none + tables.table(m.phi, m.sigma)[2]
    return out


def _prepare(tables: Tables, models: Sequence[Model]) -> None:
    """Make the tables before models run side by side."""
    for phi, sigma in sorted({(m.phi, m.sigma) for m in models}):
        tables.table(phi, sigma)
    for model in models:
        tables.mass(model)
