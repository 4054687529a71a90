"""The likelihood of observed daily counts under each rate of a grid, one row for each distinct count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Largest count up to which distinct counts are found by counting rather than sorting.
SMALL = 1_000_000
#: Least likelihood of a count relative to that under the best rate.
LEAST = 1e-200
#: Largest table of likelihoods, in cells.
LARGEST = 250_000_000


@dataclass(frozen=True)
class Rows:
    """Which days have the same count and the same exposure.

    `row` (T,) is the row of each day; `values` and `exposure` (U,) are those of each row, both 0 in the row of days
    that were not observed; `times` (U,) is how often each occurs.
    """

    row: Ints
    values: Ints
    exposure: Floats
    times: Ints

    @classmethod
    def of(cls, values: Ints, exposure: Floats) -> Rows:
        """Sort days by count and exposure; both have shape (T,), exposure is 0 where a day was not observed."""
        seen = exposure > 0
        first = exposure[np.argmax(seen)]
        if bool((exposure[seen] == first).all()) and values.max() <= SMALL:
            key = np.where(seen, values + 1, 0)
            times = np.bincount(key)
            found = np.flatnonzero(times)
            place = np.zeros(times.size, dtype=np.int64)
            place[found] = np.arange(found.size)
            return cls(place[key], np.maximum(found - 1, 0), np.where(found > 0, first, 0.0), times[found])
        pairs, row, times = np.unique(values + 1j * exposure, return_inverse=True, return_counts=True)
        return cls(row.astype(np.int64), pairs.real.astype(np.int64), np.ascontiguousarray(pairs.imag), times)

    def table(self, rates: Floats, phi: float) -> tuple[Floats, Floats]:
        """Likelihood of each row under each rate, shape (U, K), and the log of what was divided out.

        The largest likelihood of each row is 1.

        Raises
        ------
        ValueError
            If there are too many distinct pairs of count and exposure.
        """
        if self.values.size * rates.size > LARGEST:
            raise ValueError(
                f"{self.values.size:,} distinct pairs of count and exposure are too many for {rates.size} rates; "
                "round the exposure"
            )
        log_p, scale = self.logs(rates, phi)
        return likelihoods(log_p), scale

    def logs(self, rates: Floats, phi: float) -> tuple[Floats, Floats]:
        """Take the logs of the likelihoods, largest of a row 0, shape (U, K); also what was taken off, shape (U,)."""
        log_p = log_likelihood(self.values[:, None], self.exposure[:, None] * rates[None, :], phi)
        scale = log_p.max(axis=1)
        return log_p - scale[:, None], scale


def likelihoods(log_p: Floats) -> Floats:
    """Likelihoods from their logs (largest 0), none below `LEAST`, so that a sum over rates never vanishes."""
    return np.asarray(np.maximum(np.exp(log_p), LEAST))


def log_likelihood(values: Ints, mean: Floats, phi: float) -> Floats:
    """Log probability of counts given their means: Poisson, or NB1 with variance ``(1 + phi) * mean``.

    Written so that counts of a billion keep their precision: relative to a mean equal to the count.

    Examples
    --------
    >>> log_likelihood(np.array([2]), np.array([3.0]), 0.0).round(6).tolist()
    [-1.495923]
    """
    y = np.asarray(values, dtype=float)
    if phi == 0.0:
        at_best = xlogy(y, y) - y - gammaln(y + 1.0)
        ratio = np.divide(mean, y, out=np.ones(np.broadcast_shapes(mean.shape, y.shape)), where=y > 0)
        gap = np.where(y > 0, y * (np.log(np.maximum(ratio, 1e-300)) - (ratio - 1.0)), -mean)
        return np.asarray(np.where(mean > 0, gap + at_best, np.where(y > 0, -np.inf, 0.0)))
    size = np.where(mean > 0, mean, 1.0) / phi
    log_p = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) - size * np.log1p(phi) + y * np.log(phi / (1.0 + phi))
    return np.asarray(np.where(mean > 0, log_p, np.where(y > 0, -np.inf, 0.0)))
