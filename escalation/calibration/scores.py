"""Scores of forecasts whose truth is known: arrays in, numbers with their Monte-Carlo error out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Mean", "Share", "clustered_mean", "covered", "crps", "paired_se"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A proportion of independent replicates.

    Parameters
    ----------
    hits, n
        Replicates in which it happened, and all replicates.

    Raises
    ------
    ValueError
        Unless ``0 <= hits <= n`` and ``n >= 1``.

    Examples
    --------
    >>> alarms = Share(15, 148)
    >>> round(alarms.value, 4), round(alarms.se, 4)
    (0.1014, 0.0248)
    >>> [round(x, 4) for x in alarms.interval(0.95)]
    [0.0624, 0.1605]
    """

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n or self.n < 1:
            raise ValueError(f"share of {self.hits} in {self.n}: needs n >= 1 and 0 <= hits <= n.")

    @property
    def value(self) -> float:
        """The proportion."""
        return self.hits / self.n

    @property
    def se(self) -> float:
        """Its Monte-Carlo standard error; 0 when none or all are hits, where only `interval` tells the error."""
        return float(np.sqrt(self.value * (1 - self.value) / self.n))

    def interval(self, prob: float = 0.95) -> tuple[float, float]:
        """Interval of Wilson (1927); its coverage is near `prob` also for few replicates and shares near 0 and 1."""
        z2 = NormalDist().inv_cdf((1 + prob) / 2) ** 2
        middle = (self.hits + z2 / 2) / (self.n + z2)
        half = np.sqrt(z2) / (self.n + z2) * np.sqrt(self.n * self.value * (1 - self.value) + z2 / 4)
        return max(0.0, float(middle - half)), min(1.0, float(middle + half))

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.se:.3f} ({self.hits} of {self.n})"


@dataclass(frozen=True)
class Mean:
    """A mean with its standard error and the number of independent values behind it."""

    value: float
    se: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.se:.2g} (n = {self.n})"


def crps(draws: ArrayLike, truth: ArrayLike, *, fair: bool = True) -> Floats:
    r"""Continuous ranked probability score of an ensemble, :math:`E|X-y| - \tfrac12 E|X-X'|`; smaller is better.

    Parameters
    ----------
    draws : array_like, shape (n, ...)
        Draws from the forecast.
    truth : array_like, shape (...)
        What came.
    fair : bool
        Divide the second mean by n (n - 1): the expected score is then that of the distribution drawn from, for any n
        (Ferro 2014). Otherwise by n²: the score of the ensemble itself as a distribution.

    Returns
    -------
    ndarray, shape (...)
        Scores in the units of `truth`. A fair score can be below 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is not finite, or there are fewer than two draws for the fair score.

    Notes
    -----
    Gneiting & Raftery (2007), eq. 21. The second mean is a weighted sum of the sorted draws, so O(n log n).

    Examples
    --------
    >>> crps([[0.0, 5.0], [1.0, 5.0]], [0.0, 7.0], fair=False)
    array([0.25, 2.  ])
    """
    x, y = np.asarray(draws, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    problems = []
    if x.shape[1:] != y.shape or x.ndim < 1:
        problems.append(f"draws of shape (n, ...) need a truth of shape (...), not {x.shape} and {y.shape}")
    if x.ndim and len(x) < 1 + fair:
        problems.append(f"{len(x)} draws; at least {1 + fair} needed")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        problems.append("draws and truth must be finite")
    refuse("crps", problems)
    n = len(x)
    weight = (2 * np.arange(n) - n + 1).reshape(-1, *[1] * y.ndim)
    pairs = (weight * np.sort(x, axis=0)).sum(axis=0)  # sum of |x_i - x_j| over i < j
    score: Floats = np.abs(x - y).mean(axis=0) - pairs / (n * (n - 1) if fair else n * n)
    return score


def covered(lower: ArrayLike, upper: ArrayLike, truth: ArrayLike) -> NDArray[np.bool_]:
    """Whether the truth lies in a band, its ends included.

    Parameters
    ----------
    lower, upper, truth : array_like, shape (...)
        A band that is not there (NaN) covers nothing and misses nothing: leave it out before.

    Returns
    -------
    ndarray of bool, shape (...)

    Raises
    ------
    ValueError
        If shapes differ, a value is NaN, or a lower end is above its upper end.

    Examples
    --------
    >>> covered([0, 2], [1, 3], [1, 4])
    array([ True, False])
    """
    low, high, y = (np.asarray(a, dtype=np.float64) for a in (lower, upper, truth))
    problems = []
    if not low.shape == high.shape == y.shape:
        problems.append(f"shapes differ: {low.shape}, {high.shape}, {y.shape}")
    elif (low > high).any():
        problems.append(f"{int((low > high).sum())} lower ends are above their upper ends")
    if any(np.isnan(a).any() for a in (low, high, y)):
        problems.append("NaN given; leave out what has no band")
    refuse("covered", problems)
    inside: NDArray[np.bool_] = (low <= y) & (y <= high)
    return inside


def clustered_mean(series: Sequence[ArrayLike]) -> Mean:
    """Mean over series and its standard error; the days of one series depend on each other, the series do not.

    Parameters
    ----------
    series : sequence of array_like
        One array of values per series (hits, scores, …); every series weighs the same, however long.

    Returns
    -------
    Mean
        Mean of the series' means; its error is their standard deviation over the root of their number.

    Raises
    ------
    ValueError
        If there are fewer than two series, or one is empty or not finite.

    Examples
    --------
    >>> print(clustered_mean([[1, 1, 1, 1], [0, 0], [1, 0]]))
    0.5 ± 0.29 (n = 3)
    """
    values = [np.asarray(one, dtype=np.float64) for one in series]
    problems = [f"{len(values)} series; at least 2 needed"] if len(values) < 2 else []
    hollow = [str(i) for i, v in enumerate(values) if not (v.size and np.isfinite(v).all())]
    problems += [f"empty or not finite: series {', '.join(hollow)}"] if hollow else []
    refuse("clustered_mean", problems)
    means = np.array([v.mean() for v in values])
    return Mean(float(means.mean()), float(means.std(ddof=1) / np.sqrt(means.size)), means.size)


def paired_se(a: ArrayLike, b: ArrayLike) -> float:
    """Return the standard error of mean(a - b), where a[i] and b[i] are scores of two methods on the same series.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        One value per series and method.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two series.

    Examples
    --------
    >>> paired_se([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    0.5773502691896258
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"paired_se: needs two arrays of one shape (n,), not {x.shape} and {y.shape}.")
    return clustered_mean(list(x - y)).se


def refuse(where: str, problems: Sequence[str]) -> None:
    """Raise one ValueError for all problems of a call, if there are any."""
    if problems:
        raise ValueError(f"{where}: {'; '.join(problems)}.")
