"""Posterior of the changes of a distribution over levels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["MarkChanges"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MarkChanges:
    """Posterior of the changes of a distribution over levels.

    Parameters
    ----------
    days
        Days T, counted 0 to T - 1.
    step
        Days in a cell; changes start at the first day of a cell alone, so that a date is known no better than this.
    no_change, prior_no_change
        Posterior and prior probability that the distribution did not change in these days; exact.
    daily
        Probability that a change starts on each day, shape (T,); exact, 0 inside a cell.
    n
        Posterior draws. They are in random order.
    draw, change
        Draw and day of every change of every draw, in order, shape (changes,) each. The day is the first of the new
        distribution.
    shares, lower, upper
        P(level >= k) on each day, shape (T, K): posterior mean and equal-tailed interval of mass `prob`, from the
        draws.
    models
        `hazard` (0 is "no change at all"), `prior`, `log_evidence` and posterior `weight`.
    prob
        Mass of the interval.
    """

    days: int
    step: int
    no_change: float
    prior_no_change: float
    daily: Floats
    n: int
    draw: Ints
    change: Ints
    shares: Floats
    lower: Floats
    upper: Floats
    models: pd.DataFrame = field(repr=False)
    prob: float = 0.9

    @property
    def number(self) -> Ints:
        """Changes in each draw, shape (n,)."""
        return np.bincount(self.draw, minlength=self.n)

    @property
    def bayes_factor(self) -> float:
        """Posterior odds of "some change" over the prior odds; NaN where the prior leaves no question open."""
        if not 0.0 < self.prior_no_change < 1.0:
            return math.nan
        if self.no_change <= 0.0:
            return math.inf
        return (1.0 - self.no_change) / self.no_change * self.prior_no_change / (1.0 - self.prior_no_change)

    def candidates(self, width: int = 14, n: int = 3) -> pd.DataFrame:
        """List the windows most likely to hold a change, whether or not a change is probable.

        Windows of `width` days that do not overlap, by the probability over all draws that at least one change lies
        inside: `start` and `end`, inclusive, and `probability`. Of many equal windows beside each other the middle
        one is taken.

        Parameters
        ----------
        width
            Days in a window; at most all days.
        n
            Number of windows.

        Raises
        ------
        ValueError
            If `width` or `n` is below 1.
        """
        if width < 1 or n < 1:
            raise ValueError(f"width and n must be at least 1, got {width!r} and {n!r}")
        width = min(int(width), self.days)
        chance = self._window_probability(width)
        rows: list[tuple[int, int, float]] = []
        while len(rows) < n and chance.max() > 0:
            ties = np.flatnonzero(chance == chance.max())
            first = int(ties[ties.size // 2]) if ties[-1] - ties[0] < width else int(ties[0])
            rows.append((first, first + width - 1, float(chance[first])))
            chance[max(0, first - width + 1) : first + width] = 0.0
        return pd.DataFrame(rows, columns=["start", "end", "probability"])

    def _window_probability(self, width: int) -> Floats:
        """Probability of at least one change on the days s..s + width - 1, for each s."""
        same = np.diff(self.draw, prepend=-1) == 0
        before = np.where(same, np.roll(self.change, 1), -1)
        # A window holds this change and none before it in the draw if it starts after that one.
        first = np.maximum(np.maximum(self.change - width + 1, before + 1), 0)
        last = np.minimum(self.change, self.days - width)
        some = first <= last
        edge = np.bincount(first[some], minlength=self.days + 1) - np.bincount(last[some] + 1, minlength=self.days + 1)
        return np.asarray(np.cumsum(edge)[: self.days - width + 1] / self.n)
