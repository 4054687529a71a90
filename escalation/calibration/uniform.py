"""Whether values that should be uniform are so: probability integral transforms, ranks, bands for distributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlog1py, xlogy
from scipy.stats import binom, chi2

from escalation.calibration.scores import refuse

__all__ = ["ecdf", "ecdf_band", "pit_of_count", "randomised_pit", "uniformity"]

Floats = NDArray[np.float64]


def randomised_pit(below: ArrayLike, at: ArrayLike, u: ArrayLike) -> Floats:
    """Probability integral transform of a count, P(Y < y) + u P(Y = y); uniform if the forecast is calibrated.

    Parameters
    ----------
    below, at : array_like, shape (...)
        P(Y < y) and P(Y = y) of the count y that came.
    u : array_like, shape (...)
        Uniform numbers, one for each count.

    Returns
    -------
    ndarray, shape (...)
        Values in [0, 1]; Smith (1985), Czado, Gneiting & Held (2009).

    Raises
    ------
    ValueError
        If `below`, `at`, their sum or `u` lies outside [0, 1].

    Examples
    --------
    >>> randomised_pit(0.25, 0.5, 0.5)
    array(0.5)
    """
    p, q, v = (np.asarray(a, dtype=np.float64) for a in (below, at, u))
    named = {"below": p, "at": q, "below + at": p + q, "u": v}
    bad = [name for name, a in named.items() if not ((a >= -1e-9) & (a <= 1 + 1e-9)).all()]
    refuse("randomised_pit", [f"{name} must lie in [0, 1]" for name in bad])
    return np.asarray(np.clip(p + v * q, 0.0, 1.0))


def pit_of_count(cdf: ArrayLike, count: ArrayLike, u: ArrayLike) -> Floats:
    """Take `randomised_pit` from distribution functions on the counts 0, 1, 2 and so on.

    Parameters
    ----------
    cdf : array_like, shape (..., size)
        ``cdf[..., c]`` = P(Y <= c).
    count : array_like of int, shape (...)
        What came; a count of `size` or more has P(Y < y) = the last value and P(Y = y) = 0.
    u : array_like, shape (...)
        Uniform numbers.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If the shapes do not fit, a count is negative, or a distribution function falls or leaves [0, 1].

    Examples
    --------
    >>> pit_of_count([[0.25, 0.75, 1.0]], [1], [0.5])
    array([0.5])
    """
    F, y = np.asarray(cdf, dtype=np.float64), np.asarray(count)
    problems = []
    if F.shape[:-1] != y.shape or F.ndim < 1:
        problems.append(f"a cdf of shape (..., size) needs counts of shape (...), not {F.shape} and {y.shape}")
    if not np.issubdtype(y.dtype, np.integer) or (y < 0).any():
        problems.append("counts must be integers of 0 or more")
    if (np.diff(F) < -1e-9).any():
        problems.append("a distribution function must not fall")
    refuse("pit_of_count", problems)
    ends = np.concatenate([np.zeros((*y.shape, 1)), F, F[..., -1:]], axis=-1)
    place = np.minimum(y, F.shape[-1])[..., None]
    below = np.take_along_axis(ends, place, axis=-1)[..., 0]
    return randomised_pit(below, np.maximum(np.take_along_axis(ends, place + 1, axis=-1)[..., 0] - below, 0.0), u)


def uniformity(ranks: ArrayLike, n_ranks: int, bins: int = 20) -> float:
    """Chi-square test that ranks are uniform, as in simulation-based calibration (Talts et al. 2018).

    Parameters
    ----------
    ranks : array_like of int, shape (n,)
        Rank of the true value among the draws, 0 … n_ranks - 1 (`n_ranks` = draws + 1).
    n_ranks : int
        Number of possible ranks.
    bins : int
        Bins; where they do not divide the ranks, each is expected to hold its share of them.

    Returns
    -------
    float
        P-value. Ties between the true value and draws must have been broken at random.

    Raises
    ------
    ValueError
        If a rank is impossible, or a bin expects fewer than 5 ranks, for which chi-square is a poor approximation.

    Examples
    --------
    >>> uniformity(np.arange(200) % 100, n_ranks=100)
    1.0
    """
    r = np.asarray(ranks)
    problems = []
    if r.ndim != 1 or not np.issubdtype(r.dtype, np.integer) or (r < 0).any() or (r >= n_ranks).any():
        problems.append(f"ranks must be integers from 0 to {n_ranks - 1}, shape (n,)")
    if not 2 <= bins <= n_ranks:
        problems.append(f"{bins} bins for {n_ranks} ranks; needs 2 <= bins <= n_ranks")
    elif r.size * (n_ranks // bins) < 5 * n_ranks:
        problems.append(f"{r.size} ranks in {bins} bins; needs at least 5 per bin, so fewer bins")
    refuse("uniformity", problems)
    width = np.bincount(np.arange(n_ranks) * bins // n_ranks, minlength=bins)
    expected = r.size * width / n_ranks
    found = np.bincount(r * bins // n_ranks, minlength=bins)
    return float(chi2.sf(((found - expected) ** 2 / expected).sum(), bins - 1))


def ecdf(values: ArrayLike, at: ArrayLike) -> Floats:
    """Share of `values` at or below each point of `at`.

    Raises
    ------
    ValueError
        If there are no values, or one is NaN.

    Examples
    --------
    >>> ecdf([0.2, 0.4, 0.9], [0.4, 1.0])
    array([0.66666667, 1.        ])
    """
    x = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not x.size or np.isnan(x[-1]):
        raise ValueError("ecdf: needs at least one value, and no NaN.")
    return np.asarray(np.searchsorted(x, np.asarray(at, dtype=np.float64), side="right") / x.size)


def ecdf_band(n: int, at: ArrayLike, prob: float = 0.95) -> tuple[Floats, Floats]:
    """Band that holds the whole empirical distribution function of n uniform values with probability `prob`.

    Parameters
    ----------
    n : int
        Number of values: PIT values, or (rank + 1) / n_ranks looked at in multiples of 1 / n_ranks.
    at : array_like, shape (K,)
        Points at which the function is looked at, increasing, in (0, 1].
    prob : float
        Joint probability of lying in the band at all points; at least reached, for counts are discrete.

    Returns
    -------
    lower, upper : ndarray, shape (K,)
        Compare with `ecdf`. Ends are included: they are multiples of 1/n.

    Raises
    ------
    ValueError
        If `n`, `at` or `prob` is out of range.

    Notes
    -----
    Säilynoja, Bürkner & Vehtari (2022): at each point the count is binomial; one tail probability for all points is
    chosen so that the joint probability, exact from a recursion over the points, is `prob`. No simulation.

    Examples
    --------
    >>> ecdf_band(50, [0.25, 0.5, 0.75])
    (array([0.12, 0.34, 0.6 ]), array([0.4 , 0.66, 0.88]))
    """
    z = np.asarray(at, dtype=np.float64)
    problems = [] if n >= 1 else [f"n = {n}; at least 1 needed"]
    if z.ndim != 1 or not z.size or not (np.diff(z, prepend=0.0) > 0).all() or not z[-1] <= 1:
        problems.append("at must increase within (0, 1], shape (K,)")
    if not 0 < prob < 1:
        problems.append(f"prob = {prob}; needs 0 < prob < 1")
    refuse("ecdf_band", problems)
    safe, narrow = 0.0, 1.0  # tail probabilities: joint coverage is enough at `safe`, not at `narrow`
    for _ in range(24):
        middle = (safe + narrow) / 2
        if _joint(n, z, *_pointwise(n, z, middle)) >= prob:
            safe = middle
        else:
            narrow = middle
    lower, upper = _pointwise(n, z, safe)
    return lower / n, upper / n


def _pointwise(n: int, z: Floats, tail: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the counts at each point that leave at most tail / 2 on either side."""
    low = np.maximum(binom.ppf(tail / 2, n, z), 0).astype(np.int64)
    high = n - np.maximum(binom.ppf(tail / 2, n, 1 - z), 0).astype(np.int64)
    return low, high


def _joint(n: int, z: Floats, low: NDArray[np.int64], high: NDArray[np.int64]) -> float:
    """Probability that low <= count <= high at every point: the counts form a Markov chain of binomial steps."""
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    count, mass, before = np.zeros(1, dtype=np.int64), np.ones(1), 0.0
    for point, least, most in zip(z, low, high, strict=True):
        share = (point - before) / (1 - before)
        new = np.arange(least, most + 1)
        x, y = count[:, None], np.maximum(new, count[:, None])
        log_step = log_factorial[n - x] - log_factorial[y - x] - log_factorial[n - y]
        log_step += xlogy(y - x, share) + xlog1py(n - y, -share)
        mass = mass @ np.where(new >= x, np.exp(log_step), 0.0)
        count, before = new, point
    return float(mass.sum())
