"""How a truth is told: irregular days, rounding, lags, stale and wrong numbers. The model is told none of this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Rng = np.random.Generator

#: First day of every simulated series.
START = pd.Timestamp("2024-01-01")


@dataclass(frozen=True)
class Voice:
    """A rule by which totals are told.

    Parameters
    ----------
    name, says
        Short name, and the rule in words.
    floored
        Share of totals told as `wording` a round number below the truth.
    wording
        Bound of the floored totals: ``"more_than"`` or ``"at_least"``.
    grain
        Roundness of those numbers; 0 takes 5 below 50, 10 below 200, 50 below 1,000 and 100 above.
    lag
        Totals are those of 0 to `lag` days before, each with equal probability.
    wrong, stale
        Shares of totals that are off by a factor of .5 to 1.8, and that are those of 3 to 24 days before.
    """

    name: str
    says: str
    floored: float = 0.0
    wording: str = "more_than"
    grain: int = 0
    lag: int = 0
    wrong: float = 0.0
    stale: float = 0.0

    def tell(self, total: Ints, day: Ints, rng: Rng) -> pd.DataFrame:
        """Tell the totals of some days as a frame of reports.

        Parameters
        ----------
        total
            True total by the end of each day, shape (T,).
        day
            Days told, from 0, shape (n,).
        rng
            Source of randomness.

        Returns
        -------
        DataFrame
            `as_of`, `count`, `bound` and `since` of each report.

        Examples
        --------
        >>> told = Voice("round", "", floored=1.0).tell(np.array([20, 40]), np.array([0, 1]), np.random.default_rng(1))
        >>> told["count"].tolist(), told["bound"].tolist()
        ([15, 35], ['more_than', 'more_than'])
        """
        n = day.size
        meant = np.maximum(day - rng.integers(0, self.lag + 1, n), 0)
        kind = rng.random(n)
        stale = kind < self.stale
        meant[stale] = np.maximum(day[stale] - rng.integers(3, 25, int(stale.sum())), 0)
        said = total[meant].astype(np.int64)
        wrong = (kind >= self.stale) & (kind < self.stale + self.wrong)
        said[wrong] = np.rint(said[wrong] * rng.uniform(0.5, 1.8, int(wrong.sum()))).astype(np.int64)
        floored = (rng.random(n) < self.floored) & (said > 0)
        grain = (
            np.full(n, self.grain) if self.grain else np.array([5, 10, 50, 100])[np.searchsorted([50, 200, 1000], said)]
        )
        inside = said - 1 if self.wording == "more_than" else said
        said = np.where(floored, inside // grain * grain, said)
        return pd.DataFrame(
            {
                "as_of": START + pd.to_timedelta(day, unit="D"), "count": said,
                "bound": np.where(floored, self.wording, "exact"), "since": START,
            }
        )  # fmt: skip


EXACT = Voice("exact", "every total exact")
ROUNDED = Voice("rounded", 'every total rounded down to "more than N"', floored=1.0)
LAGGED = Voice("lagged", "totals of 0 to 2 days before", lag=2)
NOISY = Voice("noisy", "10 % wrong, 20 % stale by 3 to 24 days", wrong=0.1, stale=0.2)
FLOORED = Voice("floored", '30 % "at least", floored to tens', floored=0.3, wording="at_least", grain=10)
VOICES = (EXACT, ROUNDED, LAGGED, NOISY)


def report_days(T: int, n: int, rng: Rng) -> Ints:
    """Days of `n` reports, the last one on the last day, the others anywhere before; sorted, shape (n,)."""
    return np.sort(np.append(rng.choice(T - 1, n - 1, replace=False), T - 1)).astype(np.int64)
