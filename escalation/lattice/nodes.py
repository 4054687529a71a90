"""Which models stand for all, and what their exact scores say of the others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice.prior import Model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Families with less posterior mass than this have no node.
NEGLIGIBLE = 1e-3
#: Rounds of fitting the weights of nodes.
FITTING = 10


def normalise(log_w: Floats) -> Floats:
    """Turn log weights into weights that sum to one."""
    top = log_w.max()
    w = np.exp(log_w - top)
    return np.asarray(w / w.sum())


def choose_nodes(
    weights: Floats, models: Sequence[Model], families: NDArray[np.str_], group: Ints, most: int
) -> Floats:
    """Choose the cells that stand for all, with their weights, by systematic sampling, family by family.

    Cells are ordered by group, hazard, drift, clumping and weight, so that neighbours differ little. One that weighs
    more than one part in `most` is always a node; of many light ones, every so many-th stands for its neighbours.
    Families below `NEGLIGIBLE` are left out. Shape (V, M), sums to one.
    """
    out = np.zeros(weights.shape)
    keys = {key: np.array([getattr(m, key) for m in models]) for key in ("phi", "sigma", "hazard")}
    for family in np.unique(families):
        member = np.argwhere(np.broadcast_to(families == family, weights.shape))
        w = weights[tuple(member.T)]
        mass = float(w.sum())
        if mass < NEGLIGIBLE:
            continue
        size = max(min(6, most // 4, len(w)), round(most * mass))
        order = np.lexsort((-w, *(keys[key][member[:, 1]] for key in ("phi", "sigma", "hazard")), group[member[:, 0]]))
        run = np.cumsum(w[order])
        at = np.searchsorted(run, (np.arange(size) + 0.5) / size * run[-1]).clip(max=len(w) - 1)
        hits = np.bincount(at, minlength=len(w))
        out[tuple(member[order].T)] = np.where(hits > 0, hits * mass / size, 0.0)
    return np.asarray(out / out.sum())


def corrected(scores: Floats, nodes: Floats, families: NDArray[np.str_], fine: Floats) -> tuple[Floats, Floats]:
    """Put the fine scores of the nodes to use: exact where known, and for the family as a whole.

    A family's nodes are a systematic sample of it in proportion to coarse weight, so that the mean of
    ``exp(fine - coarse)`` over them estimates by how much the family's evidence is off (importance sampling); the
    other members are shifted so that the family's total agrees. Returns scores and node weights, (V, M).
    """
    known = nodes > 0.0
    exact = scores.copy()
    exact[known] = fine
    out, weight = exact.copy(), np.zeros(scores.shape)
    ratio = np.zeros(scores.shape)
    ratio[known] = np.exp(fine - scores[known])
    for family in np.unique(families):
        member = np.broadcast_to(families == family, scores.shape)
        here = member & known
        if not here.any():
            continue
        gain = float((nodes[here] * ratio[here]).sum() / nodes[here].sum())
        out[member & ~known] += np.log(gain)
        weight[here] = nodes[here] * ratio[here]
    return out, np.asarray(weight / weight.sum())


def refined(
    base: Floats, scores: Floats, nodes: Floats, models: Sequence[Model], fine: Floats
) -> tuple[Floats, Floats]:
    """Put the fine scores of the nodes in place, and weigh the nodes as what they stand for.

    `base` are the log prior weights. Unlike `corrected` it trusts the scores of the others: a few nodes say less of
    their family than these do. Clumpings, variants and families weigh among the nodes as they do among all models, as
    far as they have nodes (iterative proportional fitting; Deming & Stephan 1940). Returns scores and node weights,
    (V, M).
    """
    known = nodes > 0.0
    exact, weight = scores.copy(), nodes.copy()
    exact[known] = fine
    weight[known] *= np.exp(fine - scores[known])
    whole = normalise(base + exact)
    own = known & (whole > weight[known].min())  # heavy ones were chosen for their own weight
    weight[own] = whole[own]
    clumped, family = (_members([key(m) for m in models]) for key in (lambda m: (m.family, m.phi), lambda m: m.family))
    for _ in range(FITTING):
        weight *= _ratio((whole @ clumped).sum(axis=0), (weight @ clumped).sum(axis=0)) @ clumped.T
        weight *= _ratio(whole.sum(axis=1), weight.sum(axis=1))[:, None]
        weight *= _ratio((whole @ family).sum(axis=0), (weight @ family).sum(axis=0)) @ family.T
    return exact, np.asarray(weight / weight.sum())


def _members(labels: Sequence[Hashable]) -> Floats:
    """Which model has which label, ones and zeros; shape (M, labels)."""
    number = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    return np.asarray(np.eye(len(number))[[number[label] for label in labels]])


def _ratio(wanted: Floats, there: Floats) -> Floats:
    return np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0.0)


def no_jump(models: Sequence[Model], log_w: Floats, log_still: Floats) -> tuple[float, float]:
    """P(no jump), and P(no jump and no drift), from log weights (V, M) and the same jointly with "no jump"."""
    share = np.exp(log_still - logsumexp(log_w)).sum(axis=0)
    constant = float(share[[m.sigma == 0.0 for m in models]].sum())
    return min(float(share.sum()), 1.0), min(constant, 1.0)
