"""Posterior draws of a rate, kept as lists of regimes: what a million days allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Cells of a table of draws by days, beyond which it is not made.
LARGEST = 200_000_000


@dataclass(frozen=True)
class Draws:
    """Draws of a rate, regime by regime; all draws lie behind each other.

    Parameters
    ----------
    days
        Number of days T.
    offsets
        Draw i has the regimes ``offsets[i]`` to ``offsets[i + 1] - 1``, shape (n + 1,).
    first
        First day of each regime, shape (R,); 0 for the first of a draw, then increasing.
    rate
        Rate of each regime, per day (per unit of exposure), shape (R,); its mean where the rate drifts.
    daily
        Rates of each day of the draws that drift, shape (m, T).
    row
        Row of each draw in `daily`, shape (n,); -1 where the rate does not drift.

    Examples
    --------
    >>> draws = Draws.from_daily(np.array([[1.0, 1.0, 4.0]]), np.array([[False, False, True]]))
    >>> draws.number.tolist(), draws.changes.tolist(), draws.mean_rate(1, 3).tolist()
    ([1], [2], [2.5])
    """

    days: int
    offsets: Ints
    first: Ints
    rate: Floats
    daily: Floats
    row: Ints

    @classmethod
    def from_daily(cls, rates: Floats, new_regime: NDArray[np.bool_]) -> Draws:
        """Take rates of each day and "a new regime starts on this day", both of shape (n, T)."""
        n, T = rates.shape
        starts = new_regime.astype(bool).copy()
        starts[:, 0] = True
        draw, first = np.nonzero(starts)
        offsets = np.concatenate([[0], np.cumsum(starts.sum(axis=1))])
        flat = draw * T + first
        length = np.diff(np.append(flat, n * T))
        mean = np.add.reduceat(rates.ravel(), flat) / length
        return cls(T, offsets, first.astype(np.int64), mean, rates, np.arange(n))

    @property
    def n(self) -> int:
        """Number of draws."""
        return int(self.offsets.size - 1)

    @cached_property
    def number(self) -> Ints:
        """Changes in each draw, shape (n,)."""
        return np.diff(self.offsets) - 1

    @cached_property
    def _of(self) -> tuple[Ints, Ints]:
        """Draw and regime of every change, shape (changes,) each."""
        draw = np.repeat(np.arange(self.n), np.diff(self.offsets))
        later = np.ones(self.first.size, dtype=bool)
        later[self.offsets[:-1]] = False
        return draw[later], np.flatnonzero(later)

    @property
    def draw(self) -> Ints:
        """Draw of every change, in order, shape (changes,)."""
        return self._of[0]

    @cached_property
    def changes(self) -> Ints:
        """First day of the new regime, of every change of every draw, shape (changes,)."""
        return np.asarray(self.first[self._of[1]])

    @cached_property
    def _by_day(self) -> tuple[Ints, Ints]:
        """Days of all changes in order of time, and the draw of each."""
        order = np.argsort(self.changes, kind="stable")
        return self.changes[order], self.draw[order]

    def within(self, first: int, last: int) -> float:
        """Share of the draws with at least one change on the days first..last."""
        days, draw = self._by_day
        some = draw[np.searchsorted(days, first) : np.searchsorted(days, last, side="right")]
        return float(np.unique(some).size / self.n)

    def sides(self, which: Ints, span: int) -> tuple[Floats, Floats]:
        """Rates before and after some changes.

        They are those of the two regimes; where the rate drifts, means over up to `span` days, cut at the neighbouring
        changes.

        Parameters
        ----------
        which
            Places in `changes`, shape (m,).
        span
            Days on each side.
        """
        regime, draw = self._of[1][which], self._of[0][which]
        before, after = self.rate[regime - 1].copy(), self.rate[regime].copy()
        for i in np.flatnonzero(self.row[draw] >= 0):
            day, r = int(self.first[regime[i]]), int(regime[i])
            last = r + 1 == self.offsets[draw[i] + 1]
            end = min(day + span, self.days if last else int(self.first[r + 1]))
            path = self.daily[self.row[draw[i]]]
            before[i] = path[max(day - span, int(self.first[r - 1])) : day].mean()
            after[i] = path[day:end].mean()
        return before, after

    def mean_rate(self, first: int, last: int) -> Floats:
        """Mean rate over the days first..last - 1 in each draw, shape (n,).

        Raises
        ------
        ValueError
            If the days are not in the series.
        """
        if not 0 <= first < last <= self.days:
            raise ValueError(f"days {first} to {last - 1} were asked for; the series has days 0 to {self.days - 1}")
        ends = np.append(self.first[1:], self.days)
        ends[self.offsets[1:] - 1] = self.days
        inside = np.clip(np.minimum(ends, last) - np.maximum(self.first, first), 0, None)
        out = np.add.reduceat(inside * self.rate, self.offsets[:-1]) / (last - first)
        drifting = self.row >= 0
        out[drifting] = self.daily[self.row[drifting], first:last].mean(axis=1)
        return np.asarray(out)

    @cached_property
    def rates(self) -> Floats:
        """Rate of each day in each draw, shape (n, T).

        Raises
        ------
        ValueError
            If the table would have more than `LARGEST` cells; `mean_rate` needs none.
        """
        if self.n * self.days > LARGEST:
            raise ValueError(
                f"{self.n} draws of {self.days} days are more than {LARGEST:,} cells; use mean_rate, or fewer draws"
            )
        ends = np.append(self.first[1:], self.days)
        ends[self.offsets[1:] - 1] = self.days
        out = np.repeat(self.rate, ends - self.first).reshape(self.n, self.days)
        drifting = self.row >= 0
        out[drifting] = self.daily[self.row[drifting]]
        return out
