"""The answer to "did the rate change, when, and by how much?", from posterior draws and exact probabilities."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.changes.counts import Counts
from escalation.changes.draws import Draws
from escalation.changes.places import interval, placed, window_probability
from escalation.charts import counts_panel, new_axes, rate_panel
from escalation.charts.seriesaxis import unit_of
from escalation.lattice.observed import Observed
from escalation.lattice.prior import Prior
from escalation.lattice.verdict import factor, in_words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Days on each side of a change over which the rate before and after is averaged.
SIDE = 14
#: Days in a window of `Changes.candidates`.
WINDOW = 14

_RATES = ("rate_before", "rate_after", "ratio")
COLUMNS = (
    "date", "lower", "upper", "probability",
    *(f"{name}{end}" for name in _RATES for end in ("", "_lower", "_upper")),
)  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """Changes of a rate.

    Parameters
    ----------
    dates
        Labels of the days, shape (T,).
    draws
        Draws of the rate, regime by regime.
    rate
        Rate of each day: `mean`, `median`, `lower`, `upper`, indexed by `dates`.
    daily_probability
        Probability that a new regime starts on each day, by exact recursion, averaged over the models that stand for
        all; shape (T,).
    no_change, constant, drift_only
        Posterior probabilities by exact recursion, over all models: no jump; no jump and no drift; drift without a
        jump.
    prior_constant
        Prior probability of a constant rate over these days.
    prob
        Mass of the intervals.
    models
        Every model with its prior and posterior weight; None where the reconstruction holds them.
    prior
        What was assumed of the rate; None where the reconstruction holds it.
    counts
        The counts that were observed; None where they were reconstructed.
    """

    dates: pd.Index[Any]
    draws: Draws
    rate: pd.DataFrame
    daily_probability: Floats
    no_change: float
    constant: float
    drift_only: float
    prior_constant: float
    prob: float = 0.9
    models: pd.DataFrame | None = field(default=None, repr=False)
    prior: Prior | None = field(default=None, repr=False)
    _observed: Observed | None = field(default=None, repr=False)
    counts: Counts | None = field(default=None, repr=False)

    @property
    def rates(self) -> Floats:
        """Rate of each day in each draw, shape (n, T); for long series use ``draws.mean_rate``."""
        return self.draws.rates

    @property
    def daily(self) -> pd.Series:
        """Probability that a new regime starts on each day."""
        return pd.Series(self.daily_probability, index=self.dates, name="probability")

    @property
    def jump(self) -> float:
        """Probability of at least one jump."""
        return 1.0 - self.no_change

    @property
    def prior_odds(self) -> float:
        """Prior odds of "the rate changed" (a jump or a drift) against a constant rate."""
        rest = 1.0 - self.prior_constant
        if self.prior_constant <= 0.0:
            return float("inf")
        return rest / self.prior_constant if rest > 1e-12 else 0.0  # a sum of weights may miss 1 by rounding

    @property
    def bayes_factor(self) -> float:
        """Posterior odds of "the rate changed" over the prior odds; NaN where the prior leaves no question open."""
        if not 0.0 < self.prior_odds < float("inf"):
            return float("nan")
        if self.constant <= 0.0:
            return float("inf")
        return (1.0 - self.constant) / self.constant / self.prior_odds

    @property
    def verdict(self) -> str:
        """The Bayes factor in words."""
        return in_words(self.bayes_factor, witness="reports" if self.counts is None else "counts")

    @property
    def n_changes(self) -> pd.Series:
        """Probability of 0, 1, 2, … jumps; that of 0 is exact, the others share the rest as the draws do."""
        freq = np.bincount(self.draws.number, minlength=2).astype(float)
        some = freq[1:].sum()
        share = freq[1:] / some if some else np.eye(1, freq.size - 1)[0]
        freq[1:] = share * (1.0 - self.no_change)
        freq[0] = self.no_change
        return pd.Series(freq, index=pd.RangeIndex(freq.size, name="changes"), name="probability")

    def _describe(self, which: Ints) -> dict[str, float]:
        """Median and interval of the rates before and after, for some of the changes in the draws."""
        before, after = self.draws.sides(which, SIDE)
        tail = (1.0 - self.prob) / 2
        out: dict[str, float] = {}
        for name, values in zip(_RATES, (before, after, after / before), strict=True):
            low, mid, high = np.quantile(values, [tail, 0.5, 1 - tail])
            out |= {name: mid, f"{name}_lower": low, f"{name}_upper": high}
        return out

    def summary(self) -> pd.DataFrame:
        """List the changes, if a change is more probable than none.

        One row per change, for the most probable number of changes given at least one. `date` is the first day of
        the new regime (posterior median), `lower` and `upper` its equal-tailed interval (see `places.interval`),
        `probability` that a change lies in it over all draws. Which change of one draw is which of another is decided
        by nearness (see `places.placed`). Empty, with the same columns, if P(no jump) is one half or more; see
        `candidates`.
        """
        if self.no_change >= 0.5 or not self.draws.number.any():
            return pd.DataFrame({name: [] for name in COLUMNS}).astype(dict.fromkeys(COLUMNS[3:], "float64"))
        k = int(self.n_changes.to_numpy()[1:].argmax()) + 1
        rows = []
        for which in placed(self.draws, k, self.daily_probability):
            low, mid, high = interval(self.draws.changes[which], self.prob)
            rows.append(
                {
                    "date": self.dates[mid], "lower": self.dates[low], "upper": self.dates[high],
                    "probability": self.within(low, high), **self._describe(which),
                }
            )  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def recent(self, days: int) -> float:
        """Probability that the rate jumped on one of the last days: exact for observed counts, else from the draws.

        Parameters
        ----------
        days
            Number of days, at least 1.

        Raises
        ------
        ValueError
            If `days` is below 1.
        """
        if days < 1:
            raise ValueError(f"days must be at least 1, got {days!r}")
        if self._observed is not None:
            return self._observed.recent(int(days))
        return self.within(max(len(self.dates) - int(days), 1), len(self.dates) - 1)

    def within(self, first: int, last: int) -> float:
        """Probability of at least one change on the days first..last, counted from 0, over all draws."""
        return self.draws.within(first, last)

    def candidates(self, n: int = 5) -> pd.DataFrame:
        """List the windows most likely to hold a change, whether or not a change is probable.

        Windows of `WINDOW` days that do not overlap, by the probability that at least one change lies inside.
        """
        width = min(WINDOW, len(self.dates))
        chance = window_probability(self.draws, width)
        rows: list[dict[str, object]] = []
        while len(rows) < n and chance.max() > 0:
            ties = np.flatnonzero(chance == chance.max())
            first = int(ties[ties.size // 2]) if ties[-1] - ties[0] < width else int(ties[0])
            days = self.draws.changes
            which = np.flatnonzero((days >= first) & (days < first + width))
            which = which[np.unique(self.draws.draw[which], return_index=True)[1]]  # the first one of each draw
            rows.append(
                {
                    "start": self.dates[first], "end": self.dates[first + width - 1],
                    "probability": float(chance[first]), **self._describe(which),
                }
            )  # fmt: skip
            chance[max(0, first - width + 1) : first + width] = 0.0
        return pd.DataFrame(rows, columns=["start", "end", *COLUMNS[3:]])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rate with its band, over the counts if they were observed, the change points and the answer.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        ax = ax if ax is not None else new_axes()
        rate, note = self.rate[["median", "lower", "upper"]], self.sentence()
        if self.counts is None:
            no_events = pd.DataFrame({"date": pd.to_datetime([]), "label": []})
            return rate_panel(
                ax, rate, self.summary(), no_events,
                title="Rate", subtitle="Incidents per day", note=note, prob=self.prob,
            )  # fmt: skip
        seen = self.counts
        counts = pd.Series(np.where(seen.seen, seen.values, np.nan), index=seen.index)
        return counts_panel(
            ax, counts, rate, self.summary(), exposure=seen.exposure, title="Observed counts and their rate",
            subtitle=f"Incidents {unit_of(seen.index, seen.exposure)}", note=note, prob=self.prob,
        )  # fmt: skip

    def sentence(self) -> str:
        """One sentence that says what is known, with the numbers it rests on."""
        return (
            f"{self.verdict[0].upper()}{self.verdict[1:]}: P(constant rate) {self.constant:.2f}, "
            f"P(drift, no jump) {self.drift_only:.2f}, P(at least one jump) {self.jump:.2f}; "
            f"Bayes factor for a change {factor(self.bayes_factor)} (prior odds {self.prior_odds:.2g})."
        )

    def __repr__(self) -> str:
        return f"Changes({len(self.dates)} days; {self.sentence()})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence())}</p>" + str(self.summary().to_html(float_format=lambda x: f"{x:.3g}"))
