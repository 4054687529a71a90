"""The compiled recursions over segments: every place of every change of a distribution over levels is summed over.

Product partition (Barry & Hartigan 1992): given where the changes are, the segments are independent, and the evidence
of each is closed. Conventions, for D cells of days, K levels and H hazards:

======= ============== ========================================================================================
name    shape          meaning
======= ============== ========================================================================================
run     (D+1, K+1) int incidents of each level before a cell; the last column is their sum
top     (N+1,)         log Gamma(c + m) - log Gamma(c), c the concentration, N all incidents
bottom  (N+1,)         log Gamma(K c + m) - log Gamma(K c)
stay    (H,)           log probability that no change starts at a cell
go      (H,)           log probability that one does
F       (H, D+1)       log probability of all before a cell and that a change starts there; at 0 and D no change is
                       asked for, so that the last column is the log evidence
======= ============== ========================================================================================
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Terms smaller than the largest by this much on the log scale are left out of a sum: 2,000 of them add 1e-14.
FAINT = 40.0


@njit(cache=True, nogil=True)
def piece(run: Ints, top: Floats, bottom: Floats, a: int, b: int) -> float:
    """Log evidence of the cells a..b - 1 under one unknown distribution (Dirichlet-multinomial)."""
    K = run.shape[1] - 1
    x = -bottom[run[b, K] - run[a, K]]
    for k in range(K):
        x += top[run[b, k] - run[a, k]]
    return float(x)


@njit(cache=True, nogil=True)
def forward(run: Ints, top: Floats, bottom: Floats, stay: Floats, go: Floats) -> Floats:
    """Messages F. Run over the reversed cells, it gives the messages of the other direction."""
    D, H = run.shape[0] - 1, stay.shape[0]
    F, pieces, terms = np.zeros((H, D + 1)), np.empty(D), np.empty(D)
    for c in range(1, D + 1):
        for a in range(c):
            pieces[a] = piece(run, top, bottom, a, c)
        for j in range(H):
            largest = -np.inf
            for a in range(c):
                terms[a] = F[j, a] + pieces[a] + (c - a - 1) * stay[j]
                largest = max(largest, terms[a])
            total = 0.0
            for a in range(c):
                if terms[a] > largest - FAINT:
                    total += np.exp(terms[a] - largest)
            F[j, c] = largest + np.log(total)
            if c < D:
                F[j, c] += go[j]
    return F


@njit(cache=True, nogil=True)
def sample(
    run: Ints, top: Floats, bottom: Floats, stay: Floats, go: Floats, F: Floats, hazard: Ints, uniforms: Floats
) -> NDArray[np.bool_]:
    """Draw at which cells a change starts, shape (m, D): backwards, from the end of a segment to its start.

    `hazard` (m,) is the row of F behind each draw; `uniforms` has shape (m, D). The start is sought from the near
    side, so that a draw costs O(D) however many changes it has.
    """
    D = run.shape[0] - 1
    starts = np.zeros((hazard.shape[0], D), np.bool_)
    for i in range(hazard.shape[0]):
        j, b = hazard[i], D
        while b > 0:
            whole = F[j, b] if b == D else F[j, b] - go[j]
            mass, a = 0.0, b
            while a > 0 and mass <= uniforms[i, b - 1]:
                a -= 1
                mass += np.exp(F[j, a] + piece(run, top, bottom, a, b) + (b - a - 1) * stay[j] - whole)
            starts[i, a] = a > 0
            b = a
    return starts
