"""Log evidence for ``models="fast"``: exact for the models that have weight, from margins for all others.

The models of `Prior` that start new regimes form a box: hazard, clumping, drift, prior of a regime's rate. Evidence is
nearly additive along its sides. It is guessed from passes along them; models that would have weight then get passes of
their own, and the others of their family are shifted by what these passes say of the guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from escalation.lattice import passes, stencil
from escalation.lattice.prior import Model
from escalation.lattice.scores import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Posterior weight of a model, as guessed, from which it gets a pass of its own.
WORTHY = 1e-5


@dataclass(frozen=True)
class Box:
    """Models that start new regimes, by hazard (H), clumping (P), drift (S, first none) and prior of the rate (Q).

    Parameters
    ----------
    tables
        The tables.
    hazards, phis, sigmas
        The sides.
    masses
        For each drift the priors of a regime's rate, shape (Q, K).
    """

    tables: Tables
    hazards: Floats
    phis: Floats
    sigmas: Floats
    masses: tuple[Floats, ...]

    @classmethod
    def of(cls, tables: Tables, models: Sequence[Model]) -> Box:
        """Sides of the box of the tables' prior."""
        prior, drifts = tables.prior, any(m.family == "both" for m in models)
        sigmas = np.array([0.0, *(prior.sigma if drifts else ())])
        settings = [(c, s) for c in prior.centre for s in prior.spread]
        masses = tuple(np.stack([prior.mass(tables.grid(s), *q) for q in settings]) for s in sigmas.tolist())
        return cls(tables, np.array(prior.hazard), np.array(prior.phi), sigmas, masses)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Lengths of the sides."""
        return self.hazards.size, self.phis.size, self.sigmas.size, len(self.masses[0])

    def run(self, asked: NDArray[np.bool_], found: Floats) -> None:
        """Put the log evidence of the models `asked` for into `found`, both of the shape of the box."""
        rows = self.tables.rows.row
        for p, s in np.argwhere(asked.any(axis=(0, 3))).tolist():
            h, q = np.nonzero(asked[:, p, s])
            table, _, scale = self.tables.table(float(self.phis[p]), float(self.sigmas[s]))
            if s == 0:
                log_z = passes.evidences(rows, table, self.masses[s], q, self.hazards[h])
            else:
                diffusion = stencil.stencil(self.tables.drift(float(self.sigmas[s])))
                log_z = stencil.evidences(rows, table, self.masses[s], *diffusion, q, self.hazards[h])
            found[h, p, s, q] = scale + log_z

    def start(self) -> tuple[Floats, Floats]:
        """Log evidence jointly with "no new regime": for each prior of the rate (P, S, Q), for their mean (P, S)."""
        each = np.empty(self.shape[1:])
        for p, phi in enumerate(self.phis.tolist()):
            for s, sigma in enumerate(self.sigmas.tolist()):
                top, likelihood = self.tables.by_start(phi, sigma)
                total = (self.masses[s] * likelihood).sum(axis=1)  # a matrix product may depend on the threads
                with np.errstate(divide="ignore"):
                    each[p, s] = np.log(total) + top + self.tables.table(phi, sigma)[2]
        return each, logsumexp(each, axis=2) - np.log(self.shape[3])


def has_box(models: Sequence[Model]) -> bool:
    """Whether the models are such that `score_quickly` knows them: all four families, or none that drifts."""
    return {m.family for m in models} in ({"constant", "jumps"}, {"constant", "jumps", "drift", "both"})


def score_quickly(tables: Tables, models: Sequence[Model]) -> tuple[Floats, Floats]:
    """Log evidence of every model, and the same jointly with "no new regime"; (M,) each.

    Parameters
    ----------
    tables
        The tables.
    models
        All models of their prior, family by family as `Prior.models` lists them, those that jump among them.
    """
    box = Box.of(tables, models)
    family = np.array([m.family for m in models])
    base = np.log([m.weight for m in models])
    each, mean = box.start()
    still = np.empty(len(models))
    none = (tables.days - 1) * np.log1p(-box.hazards)[:, None, None, None]
    still[family == "constant"], still[family == "drift"] = mean[:, 0], mean[:, 1:].ravel()
    still[family == "jumps"], still[family == "both"] = (each[:, :1] + none).ravel(), (each[:, 1:] + none).ravel()
    scores = still.copy()
    place = np.concatenate(
        [np.flatnonzero(family == n).reshape(*box.shape[:2], -1, box.shape[3]) for n in ("jumps", "both")], axis=2
    )
    rest = logsumexp((base + still)[(family == "constant") | (family == "drift")])
    scores[place] = _jumping(box, base[place], float(rest))
    return scores, still


def _jumping(box: Box, base: Floats, rest: float) -> Floats:
    """Log evidence of the models of the box; `base` are their log prior weights, `rest` that of all others."""
    found = np.full(box.shape, np.nan)
    guess = _margins(box, found)
    for _ in range(4):
        known = ~np.isnan(found)
        best = np.where(known, found, guess)
        weight = np.exp(base + best - np.logaddexp(rest, logsumexp(base + best)))
        asked = (weight > WORTHY) & ~known
        if not asked.any():
            break
        box.run(asked, found)
    known = ~np.isnan(found)
    for part in (slice(0, 1), slice(1, None)):
        here, was, now = known[:, :, part], guess[:, :, part], found[:, :, part]
        if here.any():
            w = base[:, :, part][here] + was[here]
            was += logsumexp(w + (now - was)[here]) - logsumexp(w)
    return np.where(known, found, guess)


def _margins(box: Box, found: Floats) -> Floats:
    """Take the models that do not drift; guess the others from what a drift adds at some of them."""
    H, P, S, Q = box.shape
    asked = np.zeros(box.shape, dtype=bool)
    asked[:, :, 0] = True
    box.run(asked, found)
    guess = np.repeat(found[:, :, :1], S, axis=2)
    if S > 1:
        h, (p, q) = H // 2, np.unravel_index(int(np.argmax(found[H // 2, :, 0])), (P, Q))
        some = sorted({0, int(p), P - 1}, key=box.phis.__getitem__)
        asked[:] = False
        asked[h, some, 1:, q] = asked[h, p, 1:] = True
        box.run(asked, found)
        gain = found[h, :, 1:] - found[h, :, :1]
        for s in range(1, S):
            clumped = np.interp(box.phis, box.phis[some], gain[some, s - 1, q]) - gain[p, s - 1, q]
            guess[:, :, s] += clumped[:, None] + gain[p, s - 1]
    return guess
