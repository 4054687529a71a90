"""Exact posterior of a rate and its changes where every day's count is observed, averaged over the models of the prior.

Approximate are the integral over a rate, on the cells of `mesh`; above `NEARLY` days the weight of models far from the
best, which is nil; and with ``"fast"`` that of models that both jump and drift and weigh little (see `quick`).
Marginals and draws come from nodes that stand for all models in proportion to weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice import passes
from escalation.lattice.engine import Map
from escalation.lattice.likelihood import Rows
from escalation.lattice.mesh import RANKING, make_mesh, quick_mesh
from escalation.lattice.nodes import choose_nodes, corrected, normalise
from escalation.lattice.prior import Model, Prior
from escalation.lattice.quick import has_box, score_quickly
from escalation.lattice.regimes import Paths, smooth_nodes
from escalation.lattice.scores import Tables, no_jump_evidence, score, score_near_best

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Number of models that stand for all in marginals and draws, and the same with ``"fast"``.
NODES, FAST_NODES = 64, 16
#: Days times nodes up to which more models stand for all: after a few days none stands out.
SHORT = 4_000
#: Days up to which one thread does.
SMALL = 500
#: Days above which models far from the best get no pass of their own.
NEARLY = 2_000
#: How far below the best, in log evidence, models still get one; and the same with ``"fast"``, above `NEARLY` days.
REACH, FAST_REACH = 30.0, 6.0
#: Days above which drift is left out.
DRIFT_DAYS = 10_000
#: Days above which models are ranked on wider cells and only those near the best are smoothed.
LONG = 20_000
#: Number of models up to which each gets a pass of its own in any case.
FEW = 8
#: Bytes of messages held in smoothing, which bounds the number of nodes of a long series.
MESSAGES = 2**29


@dataclass(frozen=True)
class Observed:
    """Everything known after the counts.

    `weights` and `log_evidence` (M,) of the models; P(no jump), P(no jump and no drift); per day the `mean` (T,) and
    the quantiles (T, Q) of the rate and the probability `change` (T,) that a new regime starts.
    """

    models: tuple[Model, ...]
    weights: Floats
    log_evidence: Floats
    no_change: float
    constant: float
    mean: Floats
    quantiles: Floats
    change: Floats
    paths: Paths
    _tables: Tables

    def recent(self, days: int) -> float:
        """Probability (exact) that a new regime started on one of the last `days` days."""
        stop = max(self._tables.days - days, 1)
        jumping = [i for i, m in enumerate(self.models) if m.hazard > 0.0 and self.weights[i] > 1e-16]
        found = self._tables.mapper(lambda i: self._tables.evidence(self.models[i], stop), jumping)
        whole = self._tables.mapper(lambda i: self._tables.evidence(self.models[i]), jumping)
        ratio = np.exp(np.fromiter(found, float) - np.fromiter(whole, float))
        return float(self.weights[jumping] @ (1.0 - ratio))


def usable(prior: Prior, which: str, days: int) -> tuple[Model, ...]:
    """Models of the average: without drift above `DRIFT_DAYS` days."""
    return prior.models("jumps" if which == "jumps" or days > DRIFT_DAYS else "full")


def infer_observed(
    values: Ints,
    exposure: Floats,
    prior: Prior,
    *,
    which: str = "full",
    levels: Sequence[float] = (0.05, 0.5, 0.95),
    draws: int = 2000,
    rng: np.random.Generator,
    mapper: Map | None = None,
) -> Observed:
    """Average over all models of the prior.

    Parameters
    ----------
    values, exposure
        Incidents and exposure of each day, shape (T,) each; exposure 0 where a day was not observed.
    prior
        The prior.
    which
        ``"full"``, ``"jumps"`` (no drift) or ``"fast"`` (as full, fewer nodes and passes, wider cells, see `quick`).
    levels
        Quantiles of the rate, ascending.
    draws
        Number of joint draws.
    rng
        Randomness of the draws.
    mapper
        Anything with the signature of the built-in `map`; None runs threads, the kernels release the lock.

    Returns
    -------
    Observed
    """
    if mapper is None and values.size <= SMALL:
        mapper = map  # threads would cost more than they save
    if mapper is None:
        with ThreadPoolExecutor() as pool:
            found = infer_observed(
                values, exposure, prior, which=which, levels=levels, draws=draws, rng=rng, mapper=pool.map
            )
        return replace(found, _tables=replace(found._tables, mapper=map))  # the pool is gone
    days, rows = values.size, Rows.of(values, exposure)
    models = usable(prior, which, days)
    base = np.log([m.weight for m in models])
    quick = which == "fast" and days <= NEARLY and len(models) > FEW and has_box(models)
    tables = Tables(rows, (quick_mesh if quick else make_mesh)(values, exposure, prior), prior, mapper, quick)
    ranking = tables
    if days > LONG and len(models) > FEW:
        ranking = Tables(rows, make_mesh(values, exposure, prior, RANKING), prior, mapper)
    nearly = (which == "fast" or days > NEARLY) and len(models) > FEW
    if len(models) <= FEW:
        tables.keep_marks([m for m in models if m.family == "jumps"])
    if quick:
        scores, none = score_quickly(tables, models)
    elif nearly:
        reach = FAST_REACH if which == "fast" and days <= LONG else REACH
        scores = score_near_best(ranking, models, all_jumps=days <= LONG, reach=reach)
    else:
        scores = score(ranking, models)
    joint = base + (none if quick else no_jump_evidence(ranking, models))
    families = np.array([m.family for m in models])
    nodes = _nodes(normalise(base + scores), models, families, which, tables)
    chosen: list[int] = np.flatnonzero(nodes).tolist()
    if ranking is not tables or (nearly and not quick):
        fine = score(tables, [models[i] for i in chosen])
        out, weight = corrected(scores[None], nodes[None], families, fine)
        scores, nodes = out[0], weight[0]
    still = np.exp(joint - logsumexp(base + scores))
    no_change = min(float(still.sum()), 1.0)
    constant = min(float(still[[m.sigma == 0.0 for m in models]].sum()), no_change)
    some = [models[i] for i in chosen]
    mean, quantiles, change, paths = smooth_nodes(tables, some, nodes[chosen], levels, draws, rng)
    if not np.isfinite(mean).all():
        raise ValueError(
            "the prior gives these counts no chance: a wider spread, more centres or larger phi are needed"
        )
    weights = normalise(base + scores)
    return Observed(models, weights, scores, no_change, constant, mean, quantiles, change, paths, tables)


def _nodes(weights: Floats, models: Sequence[Model], families: NDArray[np.str_], which: str, tables: Tables) -> Floats:
    """Weights of the models that stand for all, shape (M,)."""
    most = FAST_NODES if which == "fast" else max(NODES, SHORT // tables.days)
    if tables.days > LONG:
        each = 8 * tables.mesh.rates.size * (tables.days // passes.BLOCK + 1)
        most = int(np.clip(MESSAGES // each, 2, 8))
    return np.asarray(choose_nodes(weights[None], models, families, np.zeros(1, dtype=np.int64), most)[0])
