"""Which variants of the evidence are worth carrying, before any of them is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice.band import Problem
from escalation.lattice.engine import Engine
from escalation.lattice.prior import Family, Model, Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Variants with less posterior mass than this, as a few models see it, are not carried.
WORTHLESS = 2e-3


@dataclass(frozen=True)
class Variants:
    """Ways to read the same reports, with their prior.

    Variants of one `group` differ by little more than a factor of the evidence that is common to all models; variants
    of different groups may favour different models. `log_prior` and `group` have shape (V,).
    """

    problems: tuple[Problem, ...]
    log_prior: Floats
    group: Ints

    def __len__(self) -> int:
        return len(self.problems)

    def take(self, alive: NDArray[np.bool_]) -> Variants:
        """Keep some of the variants."""
        kept = tuple(p for p, a in zip(self.problems, alive, strict=True) if a)
        return Variants(kept, self.log_prior[alive], self.group[alive])

    def references(self) -> Ints:
        """Of each variant, the first one of its group; shape (V,)."""
        return np.array([int(np.flatnonzero(self.group == g)[0]) for g in self.group], dtype=np.int64)


def guides(prior: Prior) -> tuple[Model, ...]:
    """Name a few models that between them do justice to most series: constant and jumping, little and more clumped."""
    hazards, phis = sorted(prior.hazard), sorted(prior.phi)
    some = sorted({phis[0], phis[len(phis) // 2]})
    kinds: tuple[tuple[Family, float], ...] = (("constant", 0.0), ("jumps", hazards[-1]))
    each = 1 / (2 * len(some))
    return tuple(Model(family, hazard, phi, 0.0, None, None, each) for family, hazard in kinds for phi in some)


def rough_evidence(engine: Engine, models: Sequence[Model], variants: int) -> Floats:
    """Log evidence of each variant under the guides, on the scoring grid; shape (V, guides)."""
    cells = [(v, m) for v in range(variants) for m in models]
    found = np.fromiter(engine.map(lambda c: engine.score(c[0], c[1], "scoring"), cells), float)
    return np.asarray(found.reshape(variants, len(models)))


def worth_carrying(rough: Floats, log_prior: Floats) -> NDArray[np.bool_]:
    """Whether each variant keeps posterior mass under the guides; shape (V,)."""
    score = log_prior + logsumexp(rough, axis=1)
    return np.asarray(score > logsumexp(score) + np.log(WORTHLESS))
