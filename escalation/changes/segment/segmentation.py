"""One segmentation of observed counts: where its regimes begin, their rates, what it costs."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.changes.counts import Counts
from escalation.charts import counts_panel, new_axes
from escalation.charts.seriesaxis import unit_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLUMNS = ("date", "rate_before", "rate_after", "ratio")


@dataclass(frozen=True, repr=False)
class Segmentation:
    """Regimes of constant rate that minimise -2 log-likelihood plus a penalty.

    Parameters
    ----------
    counts
        What was segmented.
    rates
        One row per regime: ``first`` and ``last`` observed day, ``days`` observed, ``incidents``, ``exposure``, and
        ``rate`` per unit of exposure (for NB1 the best rate of the grid).
    cost
        -2 log-likelihood at these rates, without the terms that are the same for every segmentation; no penalty.
    penalised_cost
        `cost` plus the penalty of all changes: what was minimised.
    penalty
        Penalty per change. For ``mbic`` 3 log n; the logarithms of the lengths come on top.
    criterion
        ``bic``, ``mbic`` or ``fixed`` (a number was given).
    family
        Distribution of a day's count, with its parameter.
    """

    counts: Counts
    rates: pd.DataFrame
    cost: float
    penalised_cost: float
    penalty: float
    criterion: str
    family: str

    @property
    def changepoints(self) -> pd.Index[Any]:
        """First days of the new regimes, labels of the index; after days without a count, the first observed day."""
        found: pd.Index[Any] = pd.Index(self.rates["first"].iloc[1:], name="changepoint")
        return found

    @property
    def n_changes(self) -> int:
        """Number of changes."""
        return len(self.rates) - 1

    @property
    def daily(self) -> pd.Series[float]:
        """Rate of each day; days between two regimes, or before the first observed one, have none."""
        index = self.counts.index
        rate = np.full(index.size, np.nan)
        first, last = (index.get_indexer(pd.Index(self.rates[name])) for name in ("first", "last"))
        for a, b, value in zip(first, last, self.rates["rate"].to_numpy(), strict=True):
            rate[a : b + 1] = value
        return pd.Series(rate, index=index, name="rate")

    def summary(self) -> pd.DataFrame:
        """List the changes: first day of the new regime, rates before and after, and their ratio.

        Without intervals: a segmentation says where the changes fit best, not how sure that is. See `find_changes`.
        """
        rate = self.rates["rate"].to_numpy()
        with np.errstate(divide="ignore"):
            ratio = rate[1:] / rate[:-1]
        values = (self.changepoints, rate[:-1], rate[1:], ratio)
        return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the counts per unit of exposure as dots, the rates as steps, and a hairline at each change.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        seen = self.counts
        counts = pd.Series(np.where(seen.seen, seen.values, np.nan), index=seen.index)
        return counts_panel(
            ax if ax is not None else new_axes(), counts, self.daily.to_frame("median"), self.summary(),
            exposure=seen.exposure, title="Observed counts and regimes of constant rate",
            subtitle=f"Incidents {unit_of(seen.index, seen.exposure)}", note=self.sentence(),
        )  # fmt: skip

    def _changes(self) -> str:
        return f"{self.n_changes} change{'' if self.n_changes == 1 else 's'}"

    def sentence(self) -> str:
        """Say what was found, under which criterion, at which cost."""
        return (
            f"{self._changes()} in {int(self.rates['days'].sum())} observed days; {self.family}, "
            f"{self.criterion} penalty {self.penalty:.4g} per change, cost {self.cost:.6g}"
        )

    def __repr__(self) -> str:
        return f"Segmentation({self.sentence()})"

    def _repr_html_(self) -> str:
        table = self.rates.to_html(float_format=lambda v: f"{v:.4g}")
        return f"<p>{html.escape(self.sentence())}</p>{table}"


def regimes(counts: Counts, seen: Ints, ends: Ints, rate: Floats | None = None) -> pd.DataFrame:
    """Describe the regimes that end after the given numbers of observed days.

    Parameters
    ----------
    counts
        The counts.
    seen
        Places of the observed days, shape (n,).
    ends
        Observed days up to the end of each regime, increasing, the last one n; shape (m,).
    rate
        Rate of each regime, shape (m,); None is incidents over exposure.

    Examples
    --------
    >>> from escalation.changes.counts import as_counts
    >>> regimes(as_counts([1, 1, None, 4]), np.array([0, 1, 3]), np.array([2, 3]))["first"].tolist()
    [0, 3]
    """
    starts = np.concatenate([[0], ends[:-1]])
    first, last = seen[starts], seen[ends - 1]
    incidents = np.add.reduceat(counts.values, first)
    exposure = np.add.reduceat(counts.exposure, first)
    return pd.DataFrame(
        {
            "first": counts.index.take(first), "last": counts.index.take(last), "days": ends - starts,
            "incidents": incidents, "exposure": exposure, "rate": incidents / exposure if rate is None else rate,
        }
    )  # fmt: skip
