"""Cost of a stretch of days under one rate, for the two families whose cost is a function of two sums.

With s incidents in w units of exposure, -2 log-likelihood at rate x is ``2 [w a(x) - s b(x)]`` plus terms that no
segmentation can change. Both a and b are zero at a reference rate x0, the mean of the whole series, so that the cost
is a difference from a constant rate and loses no digits on long series.

Poisson: a = x - x0, b = log(x / x0). Negative binomial of size r per unit of exposure (NB2; variance x + x²/r at
exposure one): with p = x / (x + r), a = r log((x + r) / (x0 + r)), b = log p - log p0. In both the cost falls up to
x = s / w and rises from there on, and it is convex in log x.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
jit: Any = njit(**OPTIONS)
step_jit: Any = njit(**{**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})

#: Families as the compiled code knows them.
POISSON, NB2 = 0, 1
#: Stands for log 0: a rate of zero costs nothing where nothing happened, and more than anything else elsewhere.
LOG_ZERO = -1e30

#: Range and steps per unit of the table of roots.
_LOW, _HIGH, _PER_UNIT = -3.0, 9.0, 128
_MAX_STEPS = 100


def _roots(sigma: Floats) -> Floats:
    """Solve ``z - 1 - log z = sigma**2 / 2`` for z, below 1 for sigma < 0 and above 1 for sigma > 0 (Newton)."""
    log_z = sigma - sigma**2 / 6 * (sigma < 0)
    for _ in range(_MAX_STEPS):
        z = np.exp(log_z)
        slope = np.where(sigma == 0.0, 1.0, z - 1.0)
        log_z = log_z - np.where(sigma == 0.0, 0.0, (z - 1.0 - log_z - sigma**2 / 2) / slope)
    return np.asarray(np.exp(log_z), dtype=np.float64)


_SIGMA = np.arange(round(_LOW * _PER_UNIT), round(_HIGH * _PER_UNIT) + 1) / _PER_UNIT
_ROOT = _roots(_SIGMA)
_SLOPE = np.where(_SIGMA == 0.0, 1.0, _SIGMA * _ROOT / np.where(_SIGMA == 0.0, 1.0, _ROOT - 1.0))


@step_jit
def coordinates(x: float, x0: float, family: int, size: float) -> tuple[float, float]:
    """a(x) and b(x)."""
    if family == POISSON:
        return x - x0, (math.log(x / x0) if x > 0.0 else LOG_ZERO)
    spread = math.log1p((x - x0) / (size + x0))
    return size * spread, (math.log(x / x0) - spread if x > 0.0 else LOG_ZERO)


@step_jit
def least_cost(s: float, w: float, x0: float, family: int, size: float) -> float:
    """Cost at the best rate, ``s / w``."""
    if family == POISSON:
        expected = w * x0
        return 2.0 * (s - expected - s * math.log(s / expected)) if s > 0.0 else -2.0 * expected
    if s == 0.0:
        return -2.0 * w * size * math.log1p(x0 / size)
    x = s / w
    spread = math.log1p((x - x0) / (size + x0))
    return 2.0 * (w * size * spread - s * (math.log(x / x0) - spread))


@step_jit
def _poisson_root(w: float, s: float, room: float, up: bool, x0: float) -> tuple[float, float, float]:
    """Rate, a and b at which the Poisson cost is ``2 room``, above or below the best rate.

    With z the rate over the best one, ``cost - least cost = 2 s (z - 1 - log z)``. The root is read from a table by
    cubic interpolation (error below 1e-11), and log z follows from the equation itself.
    """
    if s == 0.0:
        x = x0 + room / w
        return x, x - x0, math.log(x / x0)
    expected = w * x0
    log_best = math.log(s / expected)
    above = max((room - (s - expected - s * log_best)) / s, 0.0)
    sigma = math.sqrt(2.0 * above) * (1.0 if up else -1.0)
    if _LOW <= sigma < _HIGH:
        place = (sigma - _LOW) * _PER_UNIT
        i = int(place)
        u = place - i
        v = 1.0 - u
        z = v * v * ((1.0 + 2.0 * u) * _ROOT[i] + u * _SLOPE[i] / _PER_UNIT)
        z += u * u * ((3.0 - 2.0 * u) * _ROOT[i + 1] - v * _SLOPE[i + 1] / _PER_UNIT)
        x = z * s / w
        return x, x - x0, log_best + (z - 1.0 - above)
    log_z = math.log(1.0 + above + math.log(1.0 + above)) if up else -1.0 - above
    for _ in range(_MAX_STEPS):  # convex in log z: from the second step on it stays outside
        z = math.exp(log_z)
        step = (z - 1.0 - log_z - above) / (z - 1.0)
        log_z -= step
        if abs(step) < 1e-12:
            break
    x = math.exp(log_z) * s / w
    return x, x - x0, log_best + log_z


@step_jit
def _nb2_start(w: float, s: float, room: float, up: bool, end: float, x0: float, size: float) -> float:
    """Log of a rate over x0 on the wanted side of the best rate, from where Newton's method goes to the root."""
    if s > 0.0:
        best = s / w
        log_best = math.log(best / x0)
        spread = math.log1p((best - x0) / (size + x0))
        above = max(room - w * size * spread + s * (log_best - spread), 0.0)
        sigma = math.sqrt(2.0 * above * (size + best) / (size * s))
        if 1e-6 < sigma < 1.5:  # close to a cubic in log x
            skew = sigma * sigma * (size - best) / (size + best) / 6.0
            return log_best + (sigma if up else -sigma) - skew
    if end > 0.0:
        return math.log(end / x0)
    # At small rates the cost lies above its asymptote, whose root is therefore beyond the wanted one.
    smallest = -math.log1p(x0 / size)
    return (w * size * smallest - room) / s + smallest


@step_jit
def root(
    w: float, s: float, room: float, up: bool, end: float, x0: float, family: int, size: float
) -> tuple[float, float, float]:
    """Rate, a and b at which the cost is ``2 room``, on one side of the best rate; `end` is beyond the root."""
    if family == POISSON:
        x, a, b = _poisson_root(w, s, room, up, x0)
        return x, a, b
    log_x = _nb2_start(w, s, room, up, end, x0, size)
    x = x0 * math.exp(log_x)
    spread = math.log1p((x - x0) / (size + x0))
    for _ in range(_MAX_STEPS):  # Newton in log x, where the cost is convex: from the first step on beyond the root
        step = (w * size * spread - s * (log_x - spread) - room) * (size + x) / (size * (w * x - s))
        log_x -= step
        if abs(step) < 1e-5:  # the last step by series
            change = -x * step * (1.0 - 0.5 * step)
            share = change / (size + x)
            x += change
            spread += share * (1.0 - 0.5 * share)
            break
        x = x0 * math.exp(log_x)
        spread = math.log1p((x - x0) / (size + x0))
    return x, size * spread, log_x - spread
