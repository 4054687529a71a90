"""Log evidence of hundreds of models from a few dozen passes.

Models without new regimes are scored exactly, all priors of the rate at once. For models with new regimes the log
evidence is nearly additive in (prior of rates), (clumping) and (drift) at each hazard, so that one pass per margin
will do to decide which models matter; `posterior` then scores nodes exactly and corrects the families by them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.engine import Engine
from escalation.lattice.prior import Model

Floats = NDArray[np.float64]
Key = tuple[float, float, float, float | None, float | None]


def _key(model: Model) -> Key:
    return (model.hazard, model.phi, model.sigma, model.centre, model.spread)


def _run(engine: Engine, models: Sequence[Model], v: int) -> dict[Key, float]:
    """Coarse scores of some models, by their settings."""
    distinct = list({_key(m): m for m in models}.values())
    found = engine.map(lambda m: engine.score(v, m, "scoring"), distinct)
    return {_key(m): float(z) for m, z in zip(distinct, found, strict=True)}


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


def score_additively(engine: Engine, models: Sequence[Model], still: Floats, v: int) -> Floats:
    """Approximate scores of all models on one variant, shape (M,); those without new regimes keep `still`, exact."""
    out = still.copy()
    jumping = [i for i, m in enumerate(models) if m.hazard > 0.0]
    if jumping:
        out[jumping] = _margins(engine, [models[i] for i in jumping], v)
    return out


def _margins(engine: Engine, models: Sequence[Model], v: int) -> Floats:
    """Scores of models with new regimes from one-at-a-time passes around the best prior of rates.

    What drift adds is worked out at the least, the middle and the largest clumping and interpolated between them.
    """
    phis, hazards = sorted({m.phi for m in models}), sorted({m.hazard for m in models})
    sigmas = sorted({m.sigma for m in models} | {0.0})
    settings = [s for s in sorted({(m.centre, m.spread) for m in models}, key=str) if s in engine.settings]
    phi0, hazard0 = phis[len(phis) // 2], hazards[len(hazards) // 2]
    some = sorted({phis[0], phi0, phis[-1]})

    def model(h: float, phi: float, sigma: float, setting: tuple[float | None, float | None]) -> Model:
        return Model("jumps", h, phi, sigma, setting[0], setting[1], 0.0)

    scores = _run(engine, [model(hazard0, phi0, 0.0, s) for s in settings], v)
    best = max(settings, key=lambda s: scores[hazard0, phi0, 0.0, *s])
    scores |= _run(engine, [model(h, phi, 0.0, best) for h in hazards for phi in phis], v)
    scores |= _run(engine, [model(hazard0, phi, sigma, best) for phi in some for sigma in sigmas if sigma > 0], v)
    out = np.full(len(models), -np.inf)
    for i, m in enumerate(models):
        if (m.centre, m.spread) in engine.settings:
            drifts = [scores[hazard0, phi, m.sigma, *best] - scores[hazard0, phi, 0.0, *best] for phi in some]
            elsewhere = scores[hazard0, phi0, 0.0, m.centre, m.spread] - scores[hazard0, phi0, 0.0, *best]
            out[i] = scores[m.hazard, m.phi, 0.0, *best] + elsewhere + float(np.interp(m.phi, some, drifts))
    return out


def borrow(scores: Floats, models: Sequence[Model], guides: Sequence[Model], gain: Floats) -> Floats:
    """Carry scores over to another variant by how much the guides gain there; shape (M,).

    `gain` (guides,) holds the difference of their log evidence. Models that neither jump nor drift follow the constant
    guides, the others the jumping ones, interpolated in the clumping.
    """
    out = scores.copy()
    for still in (True, False):
        mine = [g for g, m in enumerate(guides) if (m.hazard == 0.0) == still]
        at = [guides[g].phi for g in mine]
        member = [i for i, m in enumerate(models) if (m.hazard == 0.0 and m.sigma == 0.0) == still]
        out[member] += np.interp([models[i].phi for i in member], at, gain[mine])
    return out
