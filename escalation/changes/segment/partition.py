"""Optimal penalised segmentation by functional pruning, for costs that are functions of two sums (see `families`).

For each day tau that may be the last one of a regime, the cost of ending there and going on at rate x is one function
of x, convex in log x. Only the rates at which a candidate beats all others are kept: its interval. All candidates grow
by the same amount each day, so intervals change only when a new candidate comes in, at the level F(t) + penalty; where
an old one costs more, it is never best again (Rigaill 2015; Maidstone, Hocking, Rigaill & Fearnhead 2017).

Few days need a candidate. Let an optimal segmentation change after day t from rate l to rate r > l, and let y_t be the
count of day t over its exposure. Moving day t to the new regime, or day t + 1 to the old one, does not lower the cost;
with the rates held fixed this says ``y_t <= m <= y_{t+1}``, where m = [a(r) - a(l)] / [b(r) - b(l)] lies strictly
between l and r. (If the day was a regime of its own, the move also saves a penalty, and the inequality holds a
fortiori.) If y_t = y_{t+1}, moving day t costs nothing and gives an optimum whose last change is earlier. Of all optima
of the days up to t take the one whose last change is earliest: it changes upwards only where ``y_{t+1} > y_t`` and
``y_{t+1} > l``, to rates above l; downwards in mirror image. For l stands the last rate of the stored optimum up to t,
because any optimum up to t followed by the new regime is optimal. All other days and rates are left out, and nothing is
lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.changes.segment.families import coordinates, jit, least_cost, step_jit
from escalation.changes.segment.pieces import (
    A_END,
    B_END,
    COUNT,
    DAY,
    EXPOSURE,
    KEYS,
    LEVEL,
    RATE,
    ROOM,
    ROWS,
    copy_piece,
    end_cost,
    place,
    recentred,
    too_dear,
    trim,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Pieces looked at in one go; also how far a look may reach past the last piece.
_BLOCK = 8
#: Slack of comparisons that may only err on the side of looking.
_UP, _DOWN = 1.0 + 1e-9, 1.0 - 1e-9


@step_jit
def _best(
    P: Floats, key: Ints, head: int, tail: int, first: int, S: int, A: int, x0: float, family: int, size: float
) -> tuple[float, int]:
    """Smallest cost over all pieces and the piece that has it; `first` is a guess.

    A piece can win only if its best rate lies in its interval. There its cost is at least that at the upper end u
    minus (u w - s)² / s, since ``z - 1 - log z <= (z - 1)² / 2`` for z >= 1 (for NB2 the drop is smaller still).
    """
    best = P[LEVEL, first] + least_cost(float(S - key[COUNT, first]), float(A - key[EXPOSURE, first]), x0, family, size)
    able = 0
    for block in range(head, tail, _BLOCK):
        for j in range(_BLOCK):  # places past the last piece hold old candidates, whose costs are costs too
            i = block + j
            s, w = float(S - key[COUNT, i]), float(A - key[EXPOSURE, i])
            gap = P[RATE + 1, i] * w - s
            end = P[LEVEL, i] + 2.0 * (w * P[A_END + 1, i] - s * P[B_END + 1, i])
            able += (
                (s * _UP >= P[RATE, i] * w)
                & (s * _DOWN <= P[RATE + 1, i] * w)
                & ((end - best) * s <= gap * gap * _UP)
                & (i != first)
            )
    if able == 0:
        return best, first
    where = first
    for i in range(head, tail):
        s, w = float(S - key[COUNT, i]), float(A - key[EXPOSURE, i])
        if i != first and s * _UP >= P[RATE, i] * w and s * _DOWN <= P[RATE + 1, i] * w:
            gap = P[RATE + 1, i] * w - s
            end = P[LEVEL, i] + 2.0 * (w * P[A_END + 1, i] - s * P[B_END + 1, i])
            if (end - best) * s <= gap * gap * _UP:
                cost = P[LEVEL, i] + least_cost(s, w, x0, family, size)
                if cost < best:
                    best, where = cost, i
    return best, where


@step_jit
def _mend(
    P: Floats,
    key: Ints,
    first: int,
    last: int,
    keep: int,
    t: int,
    S: int,
    A: int,
    limit: float,
    x0: float,
    family: int,
    size: float,
    Q: Floats,
    Q_key: Ints,
) -> int:
    """Trim pieces first..last at both ends, fill the gaps with the new candidate; into Q; number of pieces there.

    The end of piece `keep` that looks away from the others stays.
    """
    q = 0
    for i in range(first, last + 1):
        low = (i != keep or i != first) and end_cost(P, key, i, 0, S, A) > limit
        high = (i != keep or i != last) and end_cost(P, key, i, 1, S, A) > limit
        if low and high and too_dear(P, key, i, S, A, limit, x0, family, size):
            continue
        copy_piece(P, key, i, Q, Q_key, q)
        if low:
            trim(Q, Q_key, q, 0, S, A, limit, x0, family, size)
        if high:
            trim(Q, Q_key, q, 1, S, A, limit, x0, family, size)
        if q > 0 and Q[RATE, q] > Q[RATE + 1, q - 1]:
            copy_piece(Q, Q_key, q, Q, Q_key, q + 1)
            place(Q, Q_key, q, t, S, A, limit)
            for row in (RATE, A_END, B_END):
                Q[row, q], Q[row + 1, q] = Q[row + 1, q - 1], Q[row, q + 1]
            q += 1
        q += 1
    return q


@step_jit
def _admit(
    P: Floats,
    key: Ints,
    head: int,
    tail: int,
    inc: int,
    up: bool,
    t: int,
    S: int,
    A: int,
    limit: float,
    x0: float,
    family: int,
    size: float,
) -> tuple[int, int]:
    """Let the candidate of day t in at rates above (or below) those of piece `inc`; the new head and tail."""
    side, step = (1, 1) if up else (0, -1)
    i = tail - 1 if up else head
    x, a, b = P[RATE + side, i], P[A_END + side, i], P[B_END + side, i]
    if end_cost(P, key, i, side, S, A) > limit:
        while i != inc and end_cost(P, key, i, 1 - side, S, A) > limit:
            if not too_dear(P, key, i, S, A, limit, x0, family, size):
                break
            i -= step
            if end_cost(P, key, i, side, S, A) <= limit:
                break
        if end_cost(P, key, i, side, S, A) > limit:
            trim(P, key, i, side, S, A, limit, x0, family, size)
        new = i + step
        place(P, key, new, t, S, A, limit)
        for row in (RATE, A_END, B_END):
            P[row + 1 - side, new] = P[row + side, i]
        P[RATE + side, new], P[A_END + side, new], P[B_END + side, new] = x, a, b
        head, tail = (head, new + 1) if up else (new, tail)
    torn = i != inc and end_cost(P, key, i, 1 - side, S, A) > limit
    k = inc
    while k != i and not torn:
        torn = end_cost(P, key, k, side, S, A) > limit
        k += step
    if torn:
        first, last = (inc, tail - 1) if up else (head, inc)
        m = last + 1 - first
        Q, Q_key = np.empty((ROWS, 2 * m + 1)), np.empty((KEYS, 2 * m + 1), np.int64)
        q = _mend(P, key, first, last, inc, t, S, A, limit, x0, family, size, Q, Q_key)
        head, tail = (head, inc + q) if up else (inc + 1 - q, tail)
        for k in range(q):
            copy_piece(Q, Q_key, k, P, key, (inc if up else head) + k)
    return head, tail


@step_jit
def _start(y: Ints, e: Ints, head: int, family: int, size: float) -> tuple[float, Floats, Ints]:
    """Take the mean as reference rate, and lay out a table with one piece that spans all rates."""
    S, A, top = 0, 0, 0.0
    for t in range(y.size):
        S += y[t]
        A += e[t]
        top = max(top, y[t] / e[t])
    x0 = S / A
    P, key = np.zeros((ROWS, 2 * head)), np.zeros((KEYS, 2 * head), np.int64)
    for side, x in ((0, 0.0), (1, top)):
        P[RATE + side, head] = x
        P[A_END + side, head], P[B_END + side, head] = coordinates(x, x0, family, size)
    return x0, P, key


@jit
def last_changes(y: Ints, e: Ints, penalty: float, family: int, size: float) -> Ints:
    """For each number of days t, the last day of the last regime but one in an optimum of days 1..t.

    Parameters
    ----------
    y, e
        Counts and exposures of the observed days, shape (n,); some count is above 0. Exposures are whole numbers
        above 0 (see `exposures`); the size is per one of them.
    penalty
        Cost of a change, above 0.
    family, size
        `families.POISSON` or `families.NB2`, and the size of the latter.

    Returns
    -------
    ndarray
        Shape (n + 1,); set for t = n and wherever a change may be, which is all that following it back from n needs.
    """
    n, head = y.size, 2 * ROOM
    out = np.zeros(n + 1, np.int64)
    x0, P, key = _start(y, e, head, family, size)
    tail, inc = head + 1, head
    S, A = 0, 0
    after = y[0] / e[0]
    for t in range(1, n + 1):
        S += y[t - 1]
        A += e[t - 1]
        before = after
        if t < n:
            after = y[t] / e[t]
            if before == after:
                continue
        best, inc = _best(P, key, head, tail, inc, S, A, x0, family, size)
        out[t] = key[DAY, inc]
        count, expected = float(S - key[COUNT, inc]), after * float(A - key[EXPOSURE, inc])
        up = after > before
        if t == n or (up and expected <= count) or (not up and expected >= count):
            continue
        reach = 2 * (tail - head) + _BLOCK
        if head < reach or tail + reach > P.shape[1]:
            P, key, middle = recentred(P, key, head, tail)
            inc, tail, head = inc + middle - head, tail + middle - head, middle
        head, tail = _admit(P, key, head, tail, inc, up, t, S, A, best + penalty, x0, family, size)
    return out
