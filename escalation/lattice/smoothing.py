"""Marginals and joint draws from one walk back over the days, where every day's count is observed.

Names, shapes and the stored messages are those of `passes`. Several models are averaged on the way, so that no table of
days by rates is ever held.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.passes import BLOCK, CHUNK
from escalation.lattice.steps import jit, step_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Chance below which a product is begun anew.
FAINT = 1e-150


@step_jit
def _again(
    rows: Ints, first: int, last: int, table: Floats, fresh: Floats, hazard: float, F: Floats, S: Floats
) -> None:
    """Run the days first..last - 1 again: ``F[i + 1]`` is the message of day first + i, of sum ``S[i + 1]``."""
    K = table.shape[1]
    for i in range(last - first):
        row, old, new = table[rows[first + i]], F[i], F[i + 1]
        keep, total = (1.0 - hazard) / S[i], 0.0
        if first + i == 0:
            for k in range(K):
                v = fresh[k] / hazard * row[k]
                new[k] = v
                total += v
        else:
            for k in range(K):
                v = (keep * old[k] + fresh[k]) * row[k]
                new[k] = v
                total += v
        S[i + 1] = total


@step_jit
def _survival(
    rows: Ints,
    first: int,
    last: int,
    table: Floats,
    hazard: float,
    F: Floats,
    S: Floats,
    lo: int,
    hi: int,
    kept: Floats,
) -> None:
    """P(no new regime on the days first..last - 1 | rate k at their end), for the rates lo..hi - 1; shape (K,).

    The factors ``(1 - h) F[t-1] / ((1 - h) F[t-1] + h pi)`` telescope into the product of the likelihoods and the
    ratio of two messages.
    """
    n, scale = last - first, 1.0
    part = kept[lo:hi]
    part[:] = 1.0
    for i in range(n):
        row = table[rows[first + i], lo:hi]
        for k in range(hi - lo):
            part[k] *= row[k]
        scale *= (1.0 - hazard) / S[i]
    for k in range(lo, hi):
        end = F[n, k]
        kept[k] = kept[k] * scale * F[0, k] / end if end > 0.0 else 0.0


@step_jit
def _pick(weights: Floats, total: float, u: float) -> int:
    """Index k with probability weights[k] / total."""
    K, k, run, mark = weights.shape[0], 0, 0.0, u * total
    while k < K - CHUNK:
        part = 0.0
        for i in range(CHUNK):
            part += weights[k + i]
        if run + part > mark:
            break
        run += part
        k += CHUNK
    last = k
    while k < K:
        if weights[k] > 0.0:
            run += weights[k]
            last = k
            if run > mark:
                break
        k += 1
    return int(min(last, K - 1))


@step_jit
def _column(first: int, last: int, pi: Floats, hazard: float, F: Floats, S: Floats, k: int, out: Floats) -> None:
    """P(no new regime on the days first + i..last - 1 | rate k at their end), for each i."""
    out[last - first] = 1.0
    for i in range(last - first - 1, -1, -1):
        stay = (1.0 - hazard) * F[i, k] / S[i]
        out[i] = out[i + 1] * (stay / (stay + hazard * pi[k]) if stay > 0.0 else 0.0)


@step_jit
def _walk(
    first: int, last: int, pi: Floats, hazard: float, F: Floats, S: Floats, columns: Floats, done: NDArray[np.bool_],
    k: int, run: float, mark: float, draw: int, rng: Any, found: Ints, n: int,
) -> tuple[int, float, float, int]:  # fmt: skip
    """Walk one draw back through a block in which a new regime may start; `found` gets (draw, first day, cell).

    A regime ends where the chance that it has lasted, `run`, falls below `mark`. `columns` are filled as needed.
    """
    lowest = 1 if first == 0 else 0
    at = last - first
    while True:
        if not done[k]:
            _column(first, last, pi, hazard, F, S, k, columns[k])
            done[k] = True
        column = columns[k]
        if column[at] < FAINT:  # nearly lost in rounding: begin at this day instead
            column = columns[columns.shape[0] - 1]
            _column(first, first + at, pi, hazard, F, S, k, column)
        whole = column[at]
        if at == lowest or not run * column[lowest] < mark * whole:
            return k, run * column[0] / whole, mark, n
        low, high = lowest, at - 1  # the largest i at which the chance is below the mark
        while low < high:
            middle = (low + high + 1) // 2
            if run * column[middle] < mark * whole:
                low = middle
            else:
                high = middle - 1
        at = low
        found[n, 0], found[n, 1], found[n, 2] = draw, first + at, k
        n += 1
        k = _pick(F[at], S[at], rng.random())
        run, mark = 1.0, rng.random()


@step_jit
def _add(F: Floats, after: Floats, keep: float, new: float, weight: float, mass: Floats, fresh: bool) -> None:
    """Add a day's marginal to `mass`, or put it there if `fresh`; `after` is still to be multiplied and raised."""
    wk, wn = weight * keep, weight * new
    if fresh:
        for k in range(F.shape[0]):
            mass[k] = F[k] * (wk * after[k] + wn)
    else:
        for k in range(F.shape[0]):
            mass[k] += F[k] * (wk * after[k] + wn)


@step_jit
def _step_back(row: Floats, pi: Floats, after: Floats, keep: float, new: float) -> float:
    """Multiply a day's likelihood into `after`; returns its mean over the prior."""
    fresh = 0.0
    for k in range(row.shape[0]):
        v = row[k] * (keep * after[k] + new)
        after[k] = v
        fresh += pi[k] * v
    return fresh


@step_jit
def _span(cell: Ints, begin: int, end: int, K: int) -> tuple[int, int]:
    """First and one past the last cell in which a draw is; all of them where a draw has none yet."""
    lo, hi = K, 0
    for i in range(begin, end):
        if cell[i] < 0:
            return 0, K
        lo, hi = min(lo, cell[i]), max(hi, cell[i] + 1)
    return lo, hi


@step_jit
def _longer(found: Ints, n: int, need: int) -> Ints:
    """Copy of the first n rows of `found`, with room for at least `need` more."""
    more = np.empty((2 * n + need, 3), np.int64)
    more[:n] = found[:n]
    return more


@step_jit
def _draw_back(
    first: int, last: int, pi: Floats, hazard: float, F: Floats, S: Floats, kept: Floats, columns: Floats,
    done: NDArray[np.bool_], begin: int, end: int, cell: Ints, run: Floats, mark: Floats, rng: Any, found: Ints, n: int,
) -> int:  # fmt: skip
    """Take the draws begin..end - 1 back through a block; most pass it whole, which one comparison tells."""
    done[:] = False
    for i in range(begin, end):
        if cell[i] < 0:
            cell[i], mark[i] = _pick(F[last - first], S[last - first], rng.random()), rng.random()
        if first > 0 and run[i] * kept[cell[i]] > mark[i]:
            run[i] *= kept[cell[i]]
            continue
        cell[i], run[i], mark[i], n = _walk(
            first, last, pi, hazard, F, S, columns, done, cell[i], run[i], mark[i], i, rng, found, n
        )
        if first == 0:
            found[n, 0], found[n, 1], found[n, 2] = i, 0, cell[i]
            n += 1
    return n


@jit
def smooth(
    rows: Ints, tables: Floats, which: Ints, pis: Floats, hazards: Floats, weights: Floats, marks: Floats,
    base: Floats, others: Floats, rates: Floats, edges: Floats, levels: Floats, owner: Ints, rng: Any,
) -> tuple[Floats, Floats, Floats, Ints]:  # fmt: skip
    """Marginals averaged over N models, and joint draws, in one pass from the last day to the first.

    `tables` (P, U, K), `which` (N,) the table of each model; `marks` (N, B, K); mass from elsewhere, to be added:
    `base` (K,) on every day, `others` (T or 0, K); `edges` (K + 1,) logs of the ends of the cells; `levels` (Q,) of the
    quantiles, ascending; `owner` (n,) the model of each draw, ascending. Returns the mean rate (T,), log quantiles
    (T, Q), the probability of a new regime (T,), and one row (draw, first day, cell) for each regime of each draw.
    """
    T, N, K = rows.shape[0], pis.shape[0], base.shape[0]
    mean, change, quantile = np.empty(T), np.zeros(T), np.empty((T, levels.shape[0]))
    after, keeps, news = np.zeros((N, K)), np.zeros(N), np.ones(N)
    F, S, mass = np.empty((BLOCK + 1, K)), np.ones(BLOCK + 1), np.empty((BLOCK, K))
    fresh, kept, parts = np.empty(K), np.empty(K), np.empty(K // CHUNK)
    columns, done = np.empty((K + 1, BLOCK + 1)), np.zeros(K, np.bool_)
    cell, run, mark = np.full(owner.shape[0], -1, np.int64), np.ones(owner.shape[0]), np.ones(owner.shape[0])
    found, n = np.empty((4 * owner.shape[0] + 1024, 3), np.int64), 0
    bounds = np.searchsorted(owner, np.arange(N + 1))
    elsewhere = N == 0 or others.shape[0] > 0 or base.sum() > 0.0
    for b in range((T - 1) // BLOCK, -1, -1):
        first, last = b * BLOCK, min(T, (b + 1) * BLOCK)
        for i in range(last - first if elsewhere else 0):
            mass[i, :] = base
            if others.shape[0] > 0:
                mass[i, :] += others[first + i]
        for m in range(N):
            table, pi, hazard = tables[which[m]], pis[m], hazards[m]
            for k in range(K):
                F[0, k], fresh[k] = marks[m, b, k], hazard * pi[k]
            _again(rows, first, last, table, fresh, hazard, F, S)
            begin, end = bounds[m], bounds[m + 1]
            if end > begin:
                lo, hi = _span(cell, begin, end, K)
                _survival(rows, first, last, table, hazard, F, S, lo, hi, kept)
                if n + (end - begin) * (BLOCK + 1) > found.shape[0]:
                    found = _longer(found, n, (end - begin) * (BLOCK + 1))
                n = _draw_back(
                    first, last, pi, hazard, F, S, kept, columns, done, begin, end, cell, run, mark, rng, found, n
                )
            for t in range(last - 1, first - 1, -1):
                i, total = t - first, S[t - first + 1]
                fill = m == 0 and not elsewhere
                _add(F[i + 1], after[m], keeps[m], news[m], weights[m] / total, mass[i], fill)
                ahead = _step_back(table[rows[t]], pi, after[m], keeps[m], news[m])
                keeps[m], news[m] = (1.0 - hazard) / total, hazard * ahead / total
                if t > 0:
                    change[t] += weights[m] * news[m]
                if m == N - 1:  # while the row is in cache
                    mean[t] = _describe(mass[i], rates, edges, levels, parts, quantile[t])
        if N == 0:
            for t in range(first, last):
                mean[t] = _describe(mass[t - first], rates, edges, levels, parts, quantile[t])
    return mean, quantile, change, found[:n]


@step_jit
def _describe(mass: Floats, rates: Floats, edges: Floats, levels: Floats, parts: Floats, out: Floats) -> float:
    """Mean of a distribution over cells; its log quantiles, even within a cell, go to `out`."""
    K = mass.shape[0]
    mean, total = 0.0, 0.0
    for k in range(K):
        mean += mass[k] * rates[k]
    for c in range(K // CHUNK):
        part = 0.0
        for i in range(CHUNK):
            part += mass[c * CHUNK + i]
        parts[c] = part
        total += part
    run, c = 0.0, 0
    for q in range(levels.shape[0]):
        mark = levels[q] * total
        while c < K // CHUNK - 1 and run + parts[c] < mark:
            run += parts[c]
            c += 1
        k, below = c * CHUNK, run
        while k < K - 1 and below + mass[k] < mark:
            below += mass[k]
            k += 1
        share = min(1.0, (mark - below) / mass[k]) if mass[k] > 0.0 else 0.5
        out[q] = edges[k] + share * (edges[k + 1] - edges[k])
    return mean / total
