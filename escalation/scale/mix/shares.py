"""Shares of levels: exact intervals, and draws from their posterior."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

__all__ = ["count_interval", "draw_at_least", "share_interval"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def share_interval(hits: ArrayLike, trials: ArrayLike, prob: float = 0.9) -> tuple[Floats, Floats]:
    """Exact interval of a binomial share.

    Whatever the share is, the interval holds it with a probability of at least `prob`.

    Parameters
    ----------
    hits, trials
        Incidents with the property and incidents in all; whole numbers, broadcast against each other.
    prob
        Mass of the interval.

    Returns
    -------
    lower, upper : ndarray
        0 and 1 where there are no trials.

    Raises
    ------
    ValueError
        If a number is negative or not whole, hits exceed trials, the shapes do not fit, or `prob` is not between 0
        and 1.

    References
    ----------
    Clopper C. J., Pearson E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. *Biometrika* 26, 404-413.

    Examples
    --------
    >>> lower, upper = share_interval([2, 0], [19, 0])
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([0.019, 0.0], [0.296, 1.0])
    """
    bad = [*not_whole("hits", hits), *not_whole("trials", trials), *not_a_mass(prob)]
    if not bad:
        bad += _unfit("hits", hits, "trials", trials)
    if not bad and (np.asarray(hits) > np.asarray(trials)).any():
        bad.append("hits must not exceed trials")
    if bad:
        raise ValueError("; ".join(bad))
    m, n = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(trials, dtype=float))
    tail, miss = (1.0 - prob) / 2, n - m
    lower = np.where(m > 0, special.betaincinv(np.maximum(m, 1), miss + 1, tail), 0.0)
    upper = np.where(miss > 0, special.betainccinv(m + 1, np.maximum(miss, 1), tail), 1.0)
    return lower, upper


def count_interval(events: ArrayLike, exposure: ArrayLike, prob: float = 0.9) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson rate.

    Whatever the rate is, the interval holds it with a probability of at least `prob`.

    Parameters
    ----------
    events
        Incidents, whole numbers.
    exposure
        Time in which they were seen, at least 0; broadcast against `events`.
    prob
        Mass of the interval.

    Returns
    -------
    lower, upper : ndarray
        Per unit of exposure; 0 and infinity where there is no exposure.

    Raises
    ------
    ValueError
        If a number of events is negative or not whole, an exposure is negative or not finite, there are events
        without exposure, the shapes do not fit, or `prob` is not between 0 and 1.

    References
    ----------
    Garwood F. (1936). Fiducial limits for the Poisson distribution. *Biometrika* 28, 437-442.

    Examples
    --------
    >>> lower, upper = count_interval(3, 10.0)
    >>> round(float(lower), 4), round(float(upper), 4)
    (0.0818, 0.7754)
    """
    bad = [*not_whole("events", events), *not_a_mass(prob)]
    time = np.asarray(exposure)
    if time.dtype.kind not in "iuf" or not (np.isfinite(time) & (time >= 0)).all():
        bad.append(f"exposure must be finite and at least 0, got {exposure!r}")
    if not bad:
        bad += _unfit("events", events, "exposure", exposure)
    if not bad and ((np.asarray(events) > 0) & (time == 0)).any():
        bad.append("events need an exposure above 0")
    if bad:
        raise ValueError("; ".join(bad))
    m, span = np.broadcast_arrays(np.asarray(events, dtype=float), time.astype(float))
    tail, some = (1.0 - prob) / 2, np.where(span > 0, span, 1.0)
    lower = np.where(m > 0, special.gammaincinv(np.maximum(m, 1), tail), 0.0) / some
    upper = np.where(span > 0, special.gammainccinv(m + 1, tail) / some, np.inf)
    return lower, upper


def draw_at_least(weights: Floats, rng: np.random.Generator) -> Floats:
    """Draw P(level >= k) from Dirichlet distributions.

    Level by level from below: of the mass at or above a level, the part above it is beta distributed. That needs no
    division by a sum of gamma variates, which is 0 in floating point where all weights are small.

    Parameters
    ----------
    weights
        Parameters of the Dirichlet distributions, shape (R, K).
    rng
        Generator.

    Returns
    -------
    ndarray
        Shape (R, K); the first column is 1.

    Examples
    --------
    >>> draw_at_least(np.array([[1.0, 1e9, 1e9]]), np.random.default_rng(0)).round(3).tolist()
    [[1.0, 1.0, 0.5]]
    """
    above = upper_sums(weights)
    out = np.ones_like(above)
    for k in range(1, weights.shape[1]):
        out[:, k] = out[:, k - 1] * rng.beta(above[:, k], weights[:, k - 1])
    return out


def upper_sums(weights: Floats) -> Floats:
    """Sum over the levels from each level up, along the last axis."""
    return np.asarray(np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1])


def unusable(draws: Any, concentration: Any) -> list[str]:
    """Say what is wrong with a number of draws and the concentration of Dirichlet distributions."""
    bad = []
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 1:
        bad.append(f"draws must be a whole number of at least 1, got {draws!r}")
    if not isinstance(concentration, (int, float, np.number)) or not 0.1 <= concentration < math.inf:
        bad.append(f"concentration must be a finite number of at least 0.1, got {concentration!r}")
    return bad


def not_whole(name: str, given: ArrayLike) -> list[str]:
    """Say what is wrong with counts."""
    values = np.asarray(given)
    if values.dtype.kind not in "iuf" or not (np.isfinite(values) & (values >= 0) & (values % 1 == 0)).all():
        return [f"{name} must be whole numbers of at least 0, got {given!r}"]
    return []


def not_a_mass(prob: Any) -> list[str]:
    """Say what is wrong with the mass of an interval."""
    if isinstance(prob, bool) or not isinstance(prob, (int, float, np.number)) or not 0.0 < prob < 1.0:
        return [f"prob must be a number between 0 and 1, got {prob!r}"]
    return []


def _unfit(name: str, given: ArrayLike, other: str, against: ArrayLike) -> list[str]:
    """Say that two shapes cannot be broadcast."""
    try:
        np.broadcast_shapes(np.shape(given), np.shape(against))
    except ValueError:
        return [f"{name} has shape {np.shape(given)} and {other} has shape {np.shape(against)}; they must fit"]
    return []
