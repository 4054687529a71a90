"""The compiled recursions where every day's count is observed: the state is the rate alone, a day costs O(K).

Because a new regime's rate does not depend on the old one (Chib 1998; Fearnhead & Liu 2007), one sum over the rates is
all that a change needs. K is a multiple of `CHUNK`.
Conventions:

======== ============ =====================================================================
name     shape        meaning
======== ============ =====================================================================
rows     (T,) int     which row of `table` holds the likelihood of that day's count
table    (U, K)       likelihood of each distinct count under each rate, largest of a row 1
pi       (K,)         prior mass of the rate of a new regime
hazard   float        probability that a new regime starts on a day
stop     int          no new regime starts from this day on (the chance of that is counted)
marks    (B, K)       filtered message at the end of day ``BLOCK * b - 1``; row 0 is not used
======== ============ =====================================================================

Only every `BLOCK`-th message is stored; the rest is run again, block by block, on the way back, and so stays in cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.lattice.steps import jit, leaf_jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Days between stored messages.
BLOCK = 128
#: The number of rates is a multiple of this: sums over so many are vectorised.
CHUNK = 32


@leaf_jit
def evidence(rows: Ints, table: Floats, pi: Floats, hazard: float, stop: int, marks: Floats) -> tuple[float, Floats]:
    """Log evidence (without the scale of the rows) and the last filtered message; `marks` are filled if it has rows."""
    T, K = rows.shape[0], table.shape[1]
    a, fresh = np.empty(K), np.empty(K)
    row = table[rows[0]]
    total = 0.0
    for k in range(K):
        a[k] = pi[k] * row[k]
        fresh[k] = hazard * pi[k]
        total += a[k]
    log_z, product = 0.0, total
    for t in range(1, T):
        if marks.shape[0] > 0 and t % BLOCK == 0:
            for k in range(K):
                marks[t // BLOCK, k] = a[k] / total
        row = table[rows[t]]
        keep = (1.0 - hazard) / total
        if t == stop:
            fresh[:] = 0.0
        total = 0.0
        for k in range(K):
            v = (keep * a[k] + fresh[k]) * row[k]
            a[k] = v
            total += v
        product *= total
        if not product > 1e-100:
            if not product > 0.0:
                return -np.inf, a
            log_z += np.log(product)
            product = 1.0
    for k in range(K):
        a[k] /= total
    return log_z + np.log(product), a


@jit
def evidences(rows: Ints, table: Floats, pis: Floats, which: Ints, hazards: Floats) -> Floats:
    """Log evidence of N models with the same clumping: `pis` (P, K), `which` (N,) of them each has, `hazards` (N,)."""
    out, nothing = np.empty(which.shape[0]), np.empty((0, 0))
    for i in range(which.shape[0]):
        out[i] = evidence(rows, table, pis[which[i]], hazards[i], rows.shape[0], nothing)[0]
    return out
