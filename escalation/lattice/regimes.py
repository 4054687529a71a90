"""Marginals and joint draws of the models that stand for all, where every day's count is observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from escalation.lattice import drifting, smoothing, stencil
from escalation.lattice.mesh import Mesh
from escalation.lattice.prior import Model
from escalation.lattice.scores import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Paths:
    """Joint draws: regimes behind each other, and the daily rates of those draws that drift.

    `offsets` (n + 1,), `first` (R,), `rate` (R,), `daily` (m, T), `row` (n,); -1 where the rate does not drift.
    """

    offsets: Ints
    first: Ints
    rate: Floats
    daily: Floats
    row: Ints


def smooth_nodes(
    tables: Tables, nodes: Sequence[Model], weights: Floats, levels: Sequence[float], draws: int, rng: Any
) -> tuple[Floats, Floats, Floats, Paths]:
    """Average the marginals of the nodes and draw from them, in proportion to weight."""
    each = np.bincount(
        np.searchsorted(np.cumsum(weights), (np.arange(draws) + rng.random()) / draws * weights.sum()).clip(
            max=len(nodes) - 1
        ),
        minlength=len(nodes),
    )
    kinds = np.array([0 if m.sigma > 0 else 1 if m.hazard > 0 else 2 for m in nodes])  # drift, jumps, constant
    streams = rng.spawn(len(nodes) + 2)
    T, K = tables.days, tables.mesh.rates.size
    drifts: list[int] = np.flatnonzero(kinds == 0).tolist()
    others, change = np.zeros((T if drifts else 0, K)), np.zeros(T)
    lists: list[_Drawn] = []
    if tables.quick:
        for i in drifts:
            new, drawn = _drifting_quickly(tables, nodes[i], int(each[i]), streams[i], weights[i], others)
            change += weights[i] * new
            lists.append(drawn)
    else:
        run = list(tables.mapper(lambda i: _drifting(tables, nodes[i], int(each[i]), streams[i]), drifts))
        for i, (rates, new, drawn) in zip(drifts, run, strict=True):
            others += weights[i] * (rates @ tables.mesh.overlap(np.log(tables.grid(nodes[i].sigma))))
            change += weights[i] * new
            lists.append(drawn)
    base = np.zeros(K)
    for i in np.flatnonzero(kinds == 2).tolist():
        mass = tables.mass(nodes[i]) * tables.constant(nodes[i].phi)[1]
        base += weights[i] * mass / mass.sum()
        cells = streams[i].choice(K, size=int(each[i]), p=mass / mass.sum())
        lists.append(_Drawn.of_cells(np.arange(cells.size), np.zeros(cells.size, np.int64), cells, tables.mesh, rng))
    jumping: list[int] = np.flatnonzero(kinds == 1).tolist()
    mean, logs, new, found = _jumping(
        tables, [nodes[i] for i in jumping], weights[jumping], base, others, levels, each[jumping], streams[-1]
    )
    draw, first, cell = found[::-1].T  # found from the last day to the first
    lists.append(_Drawn.of_cells(draw, first, cell, tables.mesh, streams[-2]))
    return mean, np.exp(logs), change + new, _joined(lists, T, rng)


def _jumping(
    tables: Tables, nodes: Sequence[Model], weights: Floats, base: Floats, others: Floats, levels: Sequence[float],
    each: Ints, rng: Any,
) -> tuple[Floats, Floats, Floats, Ints]:  # fmt: skip
    """Run the nodes that jump and do not drift, and add what the others have."""
    K, phis = tables.mesh.rates.size, sorted({m.phi for m in nodes})
    rows = tables.rows.row
    stack = np.stack([tables.table(phi, 0.0)[0] for phi in phis]) if phis else np.empty((0, 1, K))
    which = np.array([phis.index(m.phi) for m in nodes], dtype=np.int64)
    pis = np.stack([tables.mass(m) for m in nodes]) if phis else np.empty((0, K))
    hazards = np.array([m.hazard for m in nodes])
    kept = [marks for _, marks in tables.mapper(tables.marked, nodes)]
    marks = kept[0][None] if len(kept) == 1 else np.stack(kept) if kept else np.empty((0, 1, K))
    owner = np.repeat(np.arange(len(nodes)), each)
    mesh = tables.mesh
    out = smoothing.smooth(
        rows, stack, which, pis, hazards, weights, marks, base, others, mesh.rates, mesh.edges,
        np.asarray(levels, dtype=float), owner, rng,
    )  # fmt: skip
    return out[0], out[1], out[2], out[3]


@dataclass(frozen=True)
class _Drawn:
    """Draws of one kind: regimes by (draw, first day), their rates, and daily rates where they drift."""

    draw: Ints
    first: Ints
    rate: Floats
    daily: Floats | None = None

    @classmethod
    def of_cells(cls, draw: Ints, first: Ints, cell: Ints, mesh: Mesh, rng: Any) -> _Drawn:
        """Draw each regime's rate from its cell, even in the log."""
        low, high = mesh.edges[cell], mesh.edges[cell + 1]
        return cls(draw, first, np.exp(low + rng.random(cell.size) * (high - low)))


def _drifting(tables: Tables, model: Model, draws: int, rng: Any) -> tuple[Floats, Floats, _Drawn]:
    """Marginals (T, K'), probability of a new regime (T,) and draws of a model with drift."""
    table, _, _ = tables.table(model.phi, model.sigma)
    pi, drift = tables.mass(model), tables.drift(model.sigma)
    messages = np.empty((tables.days, pi.size))
    drifting.evidence(tables.rows.row, table, pi, drift, model.hazard, tables.days, messages)
    rates, change = drifting.smooth(tables.rows.row, table, pi, drift, model.hazard, messages)
    return rates, change, _drawn(tables, model, messages, draws, rng)


def _drifting_quickly(
    tables: Tables, model: Model, draws: int, rng: Any, share: float, others: Floats
) -> tuple[Floats, _Drawn]:
    """Probability of a new regime (T,) and draws of a model with drift; adds its marginals to `others` (T, K)."""
    table, _, _ = tables.table(model.phi, model.sigma)
    pi, (weights, stays) = tables.mass(model), stencil.stencil(tables.drift(model.sigma))
    messages, rows = np.empty((tables.days, pi.size)), tables.rows.row
    stencil.evidence(rows, table, pi, weights, stays, model.hazard, messages)
    log_rates = np.log(tables.grid(model.sigma)[:2])
    marks = (tables.mesh.edges - log_rates[0]) / (log_rates[1] - log_rates[0]) + 0.5
    marks[0] = 0.0
    change = stencil.smooth(rows, table, pi, weights, stays, model.hazard, messages, marks, share, others)
    return change, _drawn(tables, model, messages, draws, rng)


def _drawn(tables: Tables, model: Model, messages: Floats, draws: int, rng: Any) -> _Drawn:
    """Draw from a model with drift."""
    pi, drift = tables.mass(model), tables.drift(model.sigma)
    cell, new = drifting.sample(messages, pi, drift, model.hazard, draws, rng)
    mesh = Mesh.of(np.log(tables.grid(model.sigma)))
    new[:, 0] = True
    within = np.take_along_axis(rng.random(new.shape), np.cumsum(new, axis=1) - 1, axis=1)
    low, high = mesh.edges[cell], mesh.edges[cell + 1]
    daily = np.exp(low + within * (high - low))
    draw, first = np.nonzero(new)
    flat = draw * tables.days + first
    length = np.diff(np.append(flat, new.size))
    mean = np.add.reduceat(daily.ravel(), flat) / length if flat.size else np.empty(0)
    return _Drawn(draw, first, mean, daily)


def _joined(lists: Sequence[_Drawn], days: int, rng: np.random.Generator) -> Paths:
    """Put draws of all kinds behind each other, in random order."""
    sizes = [int(part.draw.max()) + 1 if part.draw.size else 0 for part in lists]
    shift = np.concatenate([[0], np.cumsum(sizes)])
    place = rng.permutation(int(shift[-1]))  # new number of each draw
    draw = np.concatenate([place[part.draw + s] for part, s in zip(lists, shift[:-1], strict=True)])
    # Days of a draw are in order already; numpy sorts 16-bit keys by counting.
    order = np.argsort(draw.astype(np.uint16) if place.size < 2**16 else draw, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(draw, minlength=place.size))])
    row = np.full(place.size, -1, dtype=np.int64)
    daily: list[Floats] = []
    for part, s, size in zip(lists, shift[:-1], sizes, strict=True):
        if part.daily is not None and size:
            row[place[s : s + size]] = sum(d.shape[0] for d in daily) + np.arange(size)
            daily.append(part.daily)
    first, rate = (np.concatenate([getattr(p, name) for p in lists])[order] for name in ("first", "rate"))
    return Paths(offsets, first, rate, np.concatenate(daily) if daily else np.empty((0, days)), row)
