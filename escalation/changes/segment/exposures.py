"""Exposures as whole numbers, whose sums and differences are exact.

The exposure of a regime is the difference of two running sums. With floating-point sums a day of small exposure after
days of large exposure loses its digits: at 1e-7 of the sum a rate is off by 1e-9, and a change was missed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Powers of two that the sum may reach; 64-bit integers hold 63.
_BITS = 61
#: Least share of the sum: written in whole numbers it is off by less than 1e-6 of itself.
LEAST_SHARE = 1e-12


def whole_exposures(e: Floats) -> tuple[Ints, float]:
    """Write exposures as multiples of a power of two, the smallest with which their sum fits a 64-bit integer.

    Parameters
    ----------
    e
        Exposures, above 0, shape (n,).

    Returns
    -------
    parts, unit
        Whole numbers, shape (n,), and the exposure that 1 stands for.

    Examples
    --------
    >>> parts, unit = whole_exposures(np.array([0.75, 2.0]))
    >>> (parts * unit).tolist()
    [0.75, 2.0]
    """
    lift = math.frexp(float(e.max()))[1]  # first of all: the sum of very large exposures is infinite
    power = _BITS - lift - math.frexp(float(np.ldexp(e, -lift).sum()))[1]
    return np.rint(np.ldexp(e, power)).astype(np.int64), math.ldexp(1.0, -power)


def exposure_problems(e: Floats, index: pd.Index[Any]) -> list[str]:
    """Say which exposure is too small to count beside the others.

    Parameters
    ----------
    e
        Exposure of each day, 0 where it was not observed, shape (T,).
    index
        Labels of the days, shape (T,).

    Examples
    --------
    >>> exposure_problems(np.array([0.0, 2.0, 1.0]), pd.RangeIndex(3))
    []
    """
    seen = np.flatnonzero(e)
    least = seen[np.argmin(e[seen])]
    total = float(e.sum())
    if e[least] >= LEAST_SHARE * total:
        return []
    day = index[least]
    label = f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else f"day {day}"
    return [
        f"exposure: the smallest ({label}: {e[least]:g}) is below {LEAST_SHARE:g} of the sum, {total:g}; "
        "leave such days out (NaN as their count) or add them to a neighbour"
    ]
