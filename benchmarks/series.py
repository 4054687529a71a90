"""Simulated counts whose changes are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SEED = 20240
#: Range of the rates, events per day; they are log-uniform in it.
RATES = (0.5, 10.0)
#: Least ratio of neighbouring rates, up or down.
LEAST_RATIO = 1.3
#: Days per change, fewest changes, and fewest days of a regime where the series has room for them.
DAYS_PER_CHANGE, FEWEST, SHORTEST = 3000, 3, 30
KINDS = ("changes", "constant")


@dataclass(frozen=True)
class Sample:
    """One simulated series.

    Parameters
    ----------
    counts : ndarray of int, shape (n,)
        Events per day.
    changes : ndarray of int
        First days of new regimes, increasing; empty for a constant rate.
    """

    counts: Ints
    changes: Ints


def number_of_changes(n: int) -> int:
    """Return the number of changes in a series of n days: n / 3000, at least 3.

    Examples
    --------
    >>> [number_of_changes(n) for n in (1_000, 10_000, 100_000, 1_000_000)]
    [3, 3, 33, 333]
    """
    return max(FEWEST, round(n / DAYS_PER_CHANGE))


@lru_cache(maxsize=4)
def sample(n: int, kind: str, number: int) -> Sample:
    """Simulate a series of Poisson counts; the same arguments give the same series.

    Parameters
    ----------
    n : int
        Days, at least 16.
    kind : str
        ``"changes"`` or ``"constant"``.
    number : int
        Which of the series of this length and kind, from 0.

    Raises
    ------
    ValueError
        If the series is too short for its changes, or the kind is unknown.

    Examples
    --------
    >>> one = sample(300, "changes", 0)
    >>> one.counts.size, one.changes.size
    (300, 3)
    """
    if kind not in KINDS or n < 4 * (FEWEST + 1):
        raise ValueError(f"n is {n} and kind {kind!r}; n of at least {4 * (FEWEST + 1)} and one of {KINDS} are needed")
    rng = np.random.default_rng([SEED, n, KINDS.index(kind), number])
    k = number_of_changes(n) if kind == "changes" else 0
    changes = _places(n, k, rng)
    days = np.diff(np.concatenate([[0], changes, [n]]))
    counts = rng.poisson(np.repeat(_rates(k + 1, rng), days)).astype(np.int64)
    counts.setflags(write=False)
    changes.setflags(write=False)
    return Sample(counts, changes)


def _places(n: int, k: int, rng: np.random.Generator) -> Ints:
    """Draw first days of new regimes, uniform over all choices whose regimes are long enough."""
    shortest = min(SHORTEST, n // (2 * (k + 1)))
    spare = n - shortest * (k + 1)
    loose = np.sort(rng.choice(spare + k, size=k, replace=False)) - np.arange(k)
    return np.asarray(loose + shortest * np.arange(1, k + 1), dtype=np.int64)


def _rates(k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw log-uniform rates, each again until it differs enough from the one before."""
    low, high = np.log(RATES)
    logs = [rng.uniform(low, high)]
    while len(logs) < k:
        new = rng.uniform(low, high)
        if abs(new - logs[-1]) >= np.log(LEAST_RATIO):
            logs.append(new)
    return np.exp(logs)
