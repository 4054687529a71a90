"""Log evidence of hundreds of models from a few dozen passes.

Models without new regimes are scored exactly, all priors of the rate at once. Of the others, those that turn out to
matter get a pass each. For the rest, the evidence of the reports *and at least one jump* is predicted from these: its
log is a smooth function of hazard, clumping, drift and prior of the rate, close to a sum of functions of one or two of
them (kriging with a product of kernels ``1 + k``; Durrande, Ginsbourger & Roustant 2012).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp

from escalation.lattice.engine import Engine
from escalation.lattice.prior import Model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Hazard, clumping, drift, and prior of the rate of a model.
Properties = tuple[float, float, float, tuple[float | None, float | None]]

#: Posterior weight of a model, as predicted, from which it gets a pass of its own.
WORTHY = 1.5e-3
#: Rounds of passes and passes in a round; the same for evidence that is like evidence already worked out.
ROUNDS, MOST = 3, 24
AGAIN, FEW = 2, 8
#: Share of what one property of a model explains alone that its interplay with another one explains.
INTERPLAY = 0.3
#: Log evidence bends gently over so many units of `Surface.places`.
REACH = 2.0
#: Relative variance of the passes, which keeps the equations well-posed.
NOISE = 1e-6
#: Log evidence relative to the best below which nothing is told apart.
FLOOR = -200.0


@dataclass(frozen=True)
class Scored:
    """Log evidence of all models on one variant, and the same jointly with "no jump"; shape (M,) each."""

    still: Floats
    scores: Floats

    @property
    def excess(self) -> Floats:
        """Log evidence jointly with "at least one jump"; minus infinity where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = self.scores + np.log(-np.expm1(np.minimum(self.still - self.scores, -1e-12)))
        return np.where(np.isfinite(self.scores), rest, -np.inf)


def no_jump_evidence(engine: Engine, models: Sequence[Model], v: int = 0) -> Floats:
    """Log of the joint evidence of all reports and "no jump", for each model on one variant; shape (M,).

    That is the evidence of the same model without new regimes times the chance of none on each day after the first.
    """
    bases = {(m.phi, m.sigma): replace(m, family="constant", hazard=0.0, centre=None, spread=None) for m in models}
    tables = dict(zip(bases, engine.map(lambda m: engine.by_start(v, m), bases.values()), strict=True))
    out = np.empty(len(models))
    masses: dict[tuple[float, float | None, float | None], Floats] = {}
    for i, m in enumerate(models):
        log_scale, table = tables[m.phi, m.sigma]
        key = (m.sigma, m.centre, m.spread)
        if key not in masses:
            masses[key] = engine.setting(m, v, "sum").pi
        total = float(masses[key] @ table)
        out[i] = (log_scale + np.log(total) if total > 0 else -np.inf) + (engine.days - 1) * np.log1p(-m.hazard)
    return out


def score_all(engine: Engine, models: Sequence[Model], variants: int) -> Floats:
    """Score every model on every variant on the fine grid; shape (V, M). For small problems and tests."""
    cells = list(itertools.product(range(variants), models))
    found = np.fromiter(engine.map(lambda c: engine.score(c[0], c[1], "band"), cells), float)
    return np.asarray(found.reshape(variants, len(models)))


def score_nearly(
    engine: Engine, models: Sequence[Model], v: int, worthy: float = WORTHY, like: Scored | None = None
) -> Scored:
    """Score all models on one variant.

    Parameters
    ----------
    engine, models, v
        The engine, all models of its prior, the number of the variant.
    worthy
        Weight from which a model gets a pass of its own.
    like
        Scores on a variant that is read much like this one; fewer passes will do.

    Returns
    -------
    Scored
        Exact for models without new regimes and for those that got a pass, predicted for the others.
    """
    still = no_jump_evidence(engine, models, v)
    log_prior = np.log([m.weight for m in models])
    calm = np.array([m.hazard == 0.0 for m in models])
    out = np.where(calm, still, -np.inf)
    at = np.array([i for i, m in enumerate(models) if m.hazard > 0.0 and (m.centre, m.spread) in engine.settings])
    if not at.size:
        return Scored(still, out)
    rest = float(logsumexp((log_prior + still)[calm])) if calm.any() else -np.inf
    part = Surface(engine, v, tuple(models[i] for i in at), still[at])
    trend = part.survey() if like is None else like.excess[at]
    for _ in range(ROUNDS if like is None else AGAIN):
        scores = part.predicted(trend)
        weight = np.exp(log_prior[at] + scores - np.logaddexp(rest, logsumexp(log_prior[at] + scores)))
        wanted = [int(i) for i in np.argsort(-weight, kind="stable") if weight[i] > worthy and i not in part.found]
        if not wanted:
            break
        part.run(wanted[: MOST if like is None else FEW])
    out[at] = part.predicted(trend)
    return Scored(still, out)


@dataclass(frozen=True)
class Surface:
    """Log evidence of models that jump as a function of their properties: `found` for some, predicted for others.

    `models` are all combinations of some hazards, clumpings, drifts and priors of the rate; `still` is their joint
    evidence with "no jump".
    """

    engine: Engine
    v: int
    models: tuple[Model, ...]
    still: Floats
    found: dict[int, float] = field(default_factory=dict)

    @cached_property
    def places(self) -> Floats:
        """Coordinates of the models, all of much the same importance; shape (models, 5)."""
        rows = [(m.hazard, 0.5 + m.phi, m.sigma, m.centre or 1.0, m.spread or 1.0) for m in self.models]
        hazard, phi, sigma, centre, spread = np.array(rows).T
        axes = (np.log(hazard), np.log(phi), np.sqrt(sigma) / 0.4, np.log(centre) / 2.0, spread / 0.6)
        return np.stack(axes, axis=1) / REACH

    def run(self, asked: Sequence[int]) -> None:
        """Work out the models `asked` for, by their number."""
        new = [i for i in asked if i not in self.found]
        done = self.engine.map(lambda i: self.engine.score(self.v, self.models[i], "sum"), new)
        self.found.update(zip(new, done, strict=True))

    def excess(self) -> tuple[Ints, Floats]:
        """Numbers of the models found, and their log evidence jointly with "at least one jump"."""
        known = np.array(list(self.found), dtype=np.int64)
        excess = Scored(self.still[known], np.array(list(self.found.values()))).excess
        return known, np.maximum(excess, excess.max() + FLOOR)

    def survey(self) -> Floats:
        """Run models along each property from the middle, and add up what they gain; shape (models,)."""
        places = [_properties(m) for m in self.models]
        number = {place: i for i, place in enumerate(places)}
        hazards, phis, sigmas, rates = (list(dict.fromkeys(side)) for side in zip(*places, strict=True))
        hazard, phi, sigma = sorted(hazards)[len(hazards) // 2], sorted(phis)[len(phis) // 2], min(sigmas)
        self.run([number[hazard, phi, sigma, q] for q in rates])
        best = places[max(self.found, key=self.found.__getitem__)]
        self.run([number[h, phi, sigma, best[3]] for h in hazards])
        self.run([number[hazard, p, sigma, best[3]] for p in phis])
        self.run([number[hazard, phi, s, best[3]] for s in sigmas])
        seen = {places[i]: x for i, x in zip(*self.excess(), strict=True)}
        gains = [{p[side]: x - seen[best] for p, x in seen.items() if _differ(p, best) <= {side}} for side in range(4)]
        return np.array([seen[best] + sum(g[x] for g, x in zip(gains, p, strict=True)) for p in places])

    def predicted(self, trend: Floats) -> Floats:
        """Log evidence of all models: as found, else from the `trend` of the excess and how others deviate from it."""
        trend = np.maximum(trend, trend.max() + FLOOR)
        excess = trend
        if self.found:
            known, seen = self.excess()
            at = self.places
            cover = _alike(at[known], at[known])
            cover[np.diag_indices(known.size)] *= 1.0 + NOISE
            excess = trend + _alike(at, at[known]) @ cho_solve(cho_factor(cover), seen - trend[known])
        out = np.logaddexp(self.still, excess)
        out[list(self.found)] = list(self.found.values())
        return np.asarray(out)


def _properties(model: Model) -> Properties:
    return (model.hazard, model.phi, model.sigma, (model.centre, model.spread))


def _differ(one: Properties, other: Properties) -> set[int]:
    """In which properties two models differ."""
    return {side for side, (x, y) in enumerate(zip(one, other, strict=True)) if x != y}


def _alike(here: Floats, there: Floats) -> Floats:
    """Prior covariance of the surface between places; shape (here, there)."""
    gap = here[:, None, :] - there[None, :, :]
    return np.asarray(np.prod(1.0 + INTERPLAY * np.exp(-0.5 * gap**2), axis=2))


def borrow(known: Scored, models: Sequence[Model], guides: Sequence[Model], gain: Floats) -> Scored:
    """Carry scores over to another variant by how much the guides gain there.

    `gain` (guides,) holds the difference of their log evidence. What goes without a jump follows the constant guides,
    what takes one the jumping ones, interpolated in the clumping.
    """
    gains = []
    for none in (True, False):
        mine = [g for g, m in enumerate(guides) if (m.hazard == 0.0) == none]
        gains.append(np.interp([m.phi for m in models], [guides[g].phi for g in mine], gain[mine]))
    still = known.still + gains[0]
    jumping = np.logaddexp(still, known.excess + gains[1])
    calm = np.array([m.hazard == 0.0 for m in models])
    return Scored(still, np.where(calm, still, np.where(np.isfinite(known.scores), jumping, -np.inf)))
