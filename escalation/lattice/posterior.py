"""Exact posterior of regimes, rates and daily counts, averaged over models and over variants of the evidence.

Models without new regimes are scored exactly, the others where they matter (see `scoring`). Nodes, chosen so that they
stand for all models in proportion to weight, are then scored on the fine grid, smoothed and drawn from. Other models
keep their score.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice.average import Marginals, blend
from escalation.lattice.band import TINY, Problem
from escalation.lattice.engine import Engine, Map
from escalation.lattice.nodes import choose_nodes, no_jump, normalise, refined
from escalation.lattice.prior import Model, Prior
from escalation.lattice.scoring import WORTHY, borrow, no_jump_evidence, score_all, score_nearly
from escalation.lattice.screening import Variants, guides, rough_evidence, worth_carrying

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Number of models (times variants) that stand for all in marginals and draws.
NODES = 64
#: The same with ``"fast"``, where a family that matters has at least four; by how much its grids are coarser, and what
#: mass may be dropped at either end of a day's counts.
FAST_NODES = 16
COARSENESS = 1.5
FAST_TINY = 1e-4
#: Weight from which a model that jumps is scored on its own with ``"fast"``.
FAST_WORTHY = 4e-3
#: Groups of variants with less mass than this, as the guides see it, follow another one. With ``"fast"``, so do
#: those for which all guides gain much the same: log evidence, largest less smallest.
LIGHT, FAST_LIGHT = 0.02, 0.05
FAST_EVEN = 1.0


@dataclass(frozen=True)
class Draws:
    """Joint draws from the posterior: integer counts, rates per day, and where a new regime starts."""

    counts: Ints
    rates: Floats
    new_regime: NDArray[np.bool_]


@dataclass(frozen=True)
class Posterior:
    """Everything known after the reports: weights, marginals, and the means to draw.

    `weights`, `nodes` and `log_evidence` have shape (V, M): variants of the evidence by models; `nodes` are the weights
    with which models enter `marginals` and draws, zero for most. `marginals` are averages over both; `by_variant` holds
    the mass of the count, (V, T + 1, C), for what must be asked per variant. `carried` are the variants worked out.
    """

    models: tuple[Model, ...]
    weights: Floats
    nodes: Floats
    log_evidence: Floats
    marginals: Marginals
    by_variant: Floats
    variant_weight: Floats
    _engine: Engine
    carried: Ints

    def draw(self, n: int, rng: np.random.Generator) -> Draws:
        """Draw `n` joint samples; models are visited in proportion to their weight, by systematic sampling."""
        cells = np.argwhere(self.nodes > 0.0)
        share = self.nodes[self.nodes > 0.0]
        marks = (np.arange(n) + rng.random()) / n * share.sum()
        each = np.bincount(np.searchsorted(np.cumsum(share), marks).clip(max=share.size - 1), minlength=share.size)
        jobs = []
        for (v, m), size in zip(cells, each, strict=True):
            if size:
                own = int(np.searchsorted(self.carried, v))  # its number in the engine
                T = self._engine.days
                jobs.append((own, self.models[m], rng.random((size, T + 1, 3)), rng.random((size, T))))
        parts = list(self._engine.map(lambda job: self._engine.draw(*job), jobs))
        order = rng.permutation(n)
        return Draws(*(np.concatenate(column)[order] for column in zip(*parts, strict=True)))


def infer(
    problems: Sequence[Problem],
    prior: Prior,
    *,
    variant_log_prior: Floats | None = None,
    groups: Ints | None = None,
    which: str = "full",
    mapper: Map | None = None,
    refine_all: bool = False,
    events: float | None = None,
) -> Posterior:
    """Average over all models of the prior and all variants of the evidence.

    Parameters
    ----------
    problems
        One `Problem` per variant, all with the same days and counts.
    prior
        The prior.
    variant_log_prior
        Log prior of each variant, shape (V,); equal if None.
    groups
        Labels of variants, shape (V,): see `screening.Variants`; one group if None.
    which
        ``"full"``, ``"jumps"`` (no drift) or ``"fast"`` (as full, with about twenty nodes).
    mapper
        Anything with the signature of the built-in `map`; None runs threads, the kernels release the lock.
    refine_all
        Score every model on the fine grid and carry every variant (for tests on small problems).
    events
        Total that sets the grid: step at most half of ``1 / sqrt(events)``.

    Returns
    -------
    Posterior
    """
    if mapper is None:
        with ThreadPoolExecutor() as pool:
            return infer(
                problems, prior, variant_log_prior=variant_log_prior, groups=groups, which=which, mapper=pool.map,
                refine_all=refine_all, events=events,
            )  # fmt: skip
    V = len(problems)
    outer = np.zeros(V) if variant_log_prior is None else np.asarray(variant_log_prior, dtype=float)
    labels = np.zeros(V, dtype=np.int64) if groups is None else np.asarray(groups, dtype=np.int64)
    variants = Variants(tuple(problems), outer, labels)
    coarseness, tiny = (COARSENESS, FAST_TINY) if which == "fast" else (1.0, TINY)
    engine = Engine(variants.problems, prior, mapper, events or 1.0, coarseness, tiny=tiny)
    alive, rough = np.ones(V, dtype=bool), np.zeros((V, 1))
    if V > 1:
        rough = rough_evidence(engine, guides(prior), V)
        alive = alive if refine_all else worth_carrying(rough, outer)
    if not alive.all():
        variants = variants.take(alive)
        engine = Engine(variants.problems, prior, mapper, events or 1.0, coarseness, engine.found, tiny)
    found = _average(engine, variants, rough[alive], which, refine_all)
    engine.map = map  # the executor may be gone when draws are asked for
    return _expanded(found, alive)


def _average(engine: Engine, variants: Variants, rough: Floats, which: str, refine_all: bool) -> Posterior:
    """Score, choose nodes, smooth them, and weigh them as what they stand for."""
    models = engine.prior.models("full" if which == "fast" else which)
    base = variants.log_prior[:, None] + np.log([m.weight for m in models])[None, :]
    families = np.array([m.family for m in models])
    if refine_all:
        still = np.array([no_jump_evidence(engine, models, v) for v in range(len(variants))])
        scores = score_all(engine, models, len(variants))
        nodes = normalise(base + scores)
    else:
        still, scores = _scored(engine, variants, rough, models, which == "fast")
        most = FAST_NODES if which == "fast" else NODES
        nodes = choose_nodes(normalise(base + scores), models, families, variants.group, most)
    chosen = [(int(v), int(m)) for v, m in np.argwhere(nodes > 0.0)]
    parts = list(engine.map(lambda c: engine.marginals(c[0], models[c[1]]), chosen))
    scores, nodes = refined(base, scores, nodes, models, np.array([p.log_evidence for p in parts]))
    whole = normalise(base + scores)
    no_change, constant = no_jump(models, base + scores, base + still)
    marginals, by_variant = blend(chosen, parts, nodes, engine.prior, no_change, constant)
    carried = np.arange(len(variants))
    return Posterior(models, whole, nodes, scores, marginals, by_variant, nodes.sum(axis=1), engine, carried)


def _scored(
    engine: Engine, variants: Variants, rough: Floats, models: Sequence[Model], thrifty: bool
) -> tuple[Floats, Floats]:
    """Joint evidence with "no jump", and scores, shape (V, M) each.

    Worked out is the heaviest variant of each group that matters. The others follow the one of these from which to them
    all guides gain most nearly the same.
    """
    share = normalise(variants.log_prior + logsumexp(rough, axis=1))
    heads = {int(g): int(max(np.flatnonzero(variants.group == g), key=share.__getitem__)) for g in set(variants.group)}
    lead = max(heads.values(), key=share.__getitem__)
    worthy, light = (FAST_WORTHY, FAST_LIGHT) if thrifty else (WORTHY, LIGHT)
    known = {lead: score_nearly(engine, models, lead, worthy)}
    for g, v in sorted(heads.items()):
        even = thrifty and np.ptp(rough[v] - rough[lead]) < FAST_EVEN
        if v != lead and not even and share[variants.group == g].sum() > light:
            known[v] = score_nearly(engine, models, v, worthy, known[lead])
    by, out = guides(engine.prior), []
    for v in range(len(variants)):
        near = min(known, key=lambda k: float(np.ptp(rough[v] - rough[k])))
        out.append(known[v] if v in known else borrow(known[near], models, by, rough[v] - rough[near]))
    return np.array([x.still for x in out]), np.array([x.scores for x in out])


def _expanded(found: Posterior, alive: NDArray[np.bool_]) -> Posterior:
    """Give the variants that were not carried their place again, with no weight."""
    if alive.all():
        return found
    at = np.flatnonzero(alive)

    def widen(values: Floats, empty: float) -> Floats:
        out = np.full((alive.size, *values.shape[1:]), empty)
        out[at] = values
        return out

    return replace(
        found, weights=widen(found.weights, 0.0), nodes=widen(found.nodes, 0.0),
        log_evidence=widen(found.log_evidence, -np.inf), by_variant=widen(found.by_variant, 0.0),
        variant_weight=widen(found.variant_weight, 0.0), carried=at,
    )  # fmt: skip
