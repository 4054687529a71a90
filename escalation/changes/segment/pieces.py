"""Pieces: which candidate is best at which rates, in one table that grows at both ends.

A piece is a candidate day with an interval of rates. Both ends of the interval are kept with their a and b (see
`families`), so that a cost there needs no logarithm. Pieces stand in order of rate and touch each other. The
day itself and the counts and exposure before it are whole numbers, in a table of their own: ``key``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.changes.segment.families import least_cost, root, step_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows of the table of pieces. Odd rows belong to the upper end of the interval, even rows to the lower end.
RATE, A_END, B_END = 0, 2, 4
#: Cost at which the candidate came in.
LEVEL = 6
ROWS = 7
# Rows of the table of whole numbers.
COUNT, DAY, EXPOSURE = 0, 1, 2
KEYS = 3
#: Free places on either side of a new table.
ROOM = 64


@step_jit
def copy_piece(P: Floats, key: Ints, i: int, Q: Floats, Q_key: Ints, q: int) -> None:
    """Copy piece i to place q."""
    for row in range(ROWS):
        Q[row, q] = P[row, i]
    for row in range(KEYS):
        Q_key[row, q] = key[row, i]


@step_jit
def recentred(P: Floats, key: Ints, head: int, tail: int) -> tuple[Floats, Ints, int]:
    """Copy pieces to the middle of a table with room on both sides; the new first place."""
    m = tail - head
    room = 4 * m + ROOM
    new, new_key = np.zeros((ROWS, m + 2 * room)), np.zeros((KEYS, m + 2 * room), np.int64)
    for i in range(m):
        copy_piece(P, key, head + i, new, new_key, room + i)
    return new, new_key, room


@step_jit
def end_cost(P: Floats, key: Ints, i: int, side: int, S: int, A: int) -> float:
    """Cost of a piece at one end of its interval."""
    s, w = float(S - key[COUNT, i]), float(A - key[EXPOSURE, i])
    cost: float = P[LEVEL, i] + 2.0 * (w * P[A_END + side, i] - s * P[B_END + side, i])
    return cost


@step_jit
def too_dear(P: Floats, key: Ints, i: int, S: int, A: int, limit: float, x0: float, family: int, size: float) -> bool:
    """Whether a piece that is too dear at both ends is too dear in between."""
    s, w = float(S - key[COUNT, i]), float(A - key[EXPOSURE, i])
    if s <= P[RATE, i] * w or s >= P[RATE + 1, i] * w:
        return True
    return bool(P[LEVEL, i] + least_cost(s, w, x0, family, size) > limit)


@step_jit
def trim(
    P: Floats, key: Ints, i: int, side: int, S: int, A: int, limit: float, x0: float, family: int, size: float
) -> None:
    """Pull one end of a piece in to where its cost is `limit`."""
    s, w = float(S - key[COUNT, i]), float(A - key[EXPOSURE, i])
    room = 0.5 * (limit - P[LEVEL, i])
    x, a, b = root(w, s, room, side == 1, P[RATE + side, i], x0, family, size)
    P[RATE + side, i], P[A_END + side, i], P[B_END + side, i] = x, a, b


@step_jit
def place(P: Floats, key: Ints, i: int, t: int, S: int, A: int, limit: float) -> None:
    """Make piece i one of the new candidate; its ends are set by the caller."""
    P[LEVEL, i] = limit
    key[COUNT, i], key[DAY, i], key[EXPOSURE, i] = S, t, A
