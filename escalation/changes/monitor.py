"""Online use: days come one at a time, and each time the question is whether the rate changed of late."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from escalation.changes.counts import as_counts
from escalation.changes.find import default_prior
from escalation.lattice.online import Filter
from escalation.lattice.prior import Prior


class Monitor:
    """Follow a rate day by day.

    After each day this holds what `find_changes` would say of the days so far, with the same prior and the same models:
    the messages are those of its forward pass. Up to 1,600 incidents the cells of the rate are the same too, and
    `probability` equals `Changes.recent` to rounding; beyond, cells are renewed as incidents accumulate, and the two
    agree to about 0.001. `rate` is over all models where `Changes.rate` is over those that stand for all.

    Parameters
    ----------
    prior
        The prior; None is that of `find_changes` for a short series.
    models
        ``"full"``, or ``"jumps"`` without drift. Above 10,000 days no rate drifts.
    memory
        Days for which `probability` can look back.

    Raises
    ------
    ValueError
        If `models` or `memory` are out of range.

    Examples
    --------
    >>> monitor = Monitor(models="jumps", memory=7)
    >>> monitor.extend([1, 0, 1, 2, 0, 1, 0, 1, 1, 0, 1, 0, 6, 7])
    >>> monitor.update(5)
    >>> monitor.probability(7) > 0.9
    True
    """

    def __init__(self, prior: Prior | None = None, *, models: str = "full", memory: int = 30) -> None:
        bad = []
        if models not in ("full", "jumps"):
            bad.append(f"models must be 'full' or 'jumps', got {models!r}")
        days: Any = memory
        if isinstance(days, bool) or not isinstance(days, (int, np.integer)) or days < 1:
            bad.append(f"memory must be a whole number of days, at least 1, got {memory!r}")
        if bad:
            raise ValueError("; ".join(bad))
        if prior is not None and not isinstance(prior, Prior):
            raise TypeError(f"prior must be a Prior, got {type(prior).__name__}")
        self.prior = prior or default_prior(1)
        self._filter = Filter(self.prior, models, int(memory))

    @property
    def days(self) -> int:
        """Number of days so far, observed or not."""
        return len(self._filter.values)

    @property
    def total(self) -> int:
        """Incidents so far."""
        return self._filter.total

    def update(self, count: float | None, exposure: float = 1.0) -> None:
        """Take one more day.

        Parameters
        ----------
        count
            Incidents; None or NaN if the day was not observed.
        exposure
            Time or population observed, above 0.

        Raises
        ------
        ValueError
            If the count is negative, fractional or infinite, the exposure is not above 0, or the count speaks for a
            rate outside the prior's grid. The day is then not taken.
        """
        self.extend([np.nan if count is None else count], [exposure])

    def extend(self, counts: ArrayLike | pd.Series[Any], exposure: ArrayLike | pd.Series[Any] | None = None) -> None:
        """Take several more days.

        Parameters
        ----------
        counts, exposure
            As for `find_changes`, shape (n,) each.

        Raises
        ------
        ValueError
            As for `find_changes`, before any day is taken.
        """
        days = as_counts(counts, exposure, may_be_missing=True)
        top = self.prior.grid[1]
        if (days.values > 10 * top * days.exposure).any():
            raise ValueError(
                f"counts: the largest is {days.values.max()}, which speaks for a rate above the prior's grid, which "
                f"ends at {top:g}; give exposure in another unit, or prior=Prior(grid=(lowest, highest, step))"
            )
        for value, weight in zip(days.values.tolist(), days.exposure.tolist(), strict=True):
            self._filter.append(value, weight)

    def probability(self, days: int) -> float:
        """Probability that the rate jumped on one of the last days.

        Parameters
        ----------
        days
            1 to `memory`.

        Raises
        ------
        ValueError
            If no day was taken yet, or `days` is out of range.
        """
        if not self.days:
            raise ValueError("no day was taken yet; call update first")
        if not 1 <= days <= self._filter.memory:
            raise ValueError(f"days must lie between 1 and memory={self._filter.memory}, got {days!r}")
        return self._filter.recent(int(days))

    def rate(self, prob: float = 0.9) -> pd.Series:
        """Rate of the last day: mean, median, lower and upper end of the equal-tailed interval.

        Parameters
        ----------
        prob
            Mass of the interval.

        Raises
        ------
        ValueError
            If no day was taken yet, or `prob` is out of range.
        """
        if not self.days:
            raise ValueError("no day was taken yet; call update first")
        if not 0.0 < prob < 1.0:
            raise ValueError(f"prob must lie between 0 and 1, got {prob!r}")
        rates, mass = self._filter.rate()
        run = np.concatenate([[0.0], np.cumsum(mass)])
        tail = (1.0 - prob) / 2
        median, lower, upper = np.exp(np.interp([0.5, tail, 1 - tail], run / run[-1], self._filter.mesh.edges))
        mean = float(mass @ rates / run[-1])
        return pd.Series({"mean": mean, "median": median, "lower": lower, "upper": upper}, name=self.days - 1)

    def __repr__(self) -> str:
        if not self.days:
            return "Monitor(no day yet)"
        span = min(14, self._filter.memory)
        chance = f"P(jump in the last {span} days) {self.probability(span):.2f}"
        return f"Monitor({self.days} days, {self.total} incidents; {chance})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"
