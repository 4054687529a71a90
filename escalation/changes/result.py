"""The answer to "did the rate change, when, and by how much?", from posterior draws and exact probabilities."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.charts import new_axes, rate_panel

Floats = NDArray[np.float64]

#: Days on each side of a change over which the rate before and after is averaged.
SIDE = 14
#: Days in a window of `Changes.candidates`.
WINDOW = 14

_RATES = ("rate_before", "rate_after", "ratio")
COLUMNS = (
    "date", "lower", "upper", "probability",
    *(f"{name}{end}" for name in _RATES for end in ("", "_lower", "_upper")),
)  # fmt: skip


def in_words(bayes_factor: float) -> str:
    """Say what a Bayes factor for "the rate changed" amounts to.

    Examples
    --------
    >>> in_words(0.8)
    'the reports cannot tell'
    """
    if bayes_factor != bayes_factor:
        return "the prior leaves no question open"
    if bayes_factor > 10:
        return "evidence of change"
    if bayes_factor > 3:
        return "weak evidence of change"
    if bayes_factor >= 1 / 3:
        return "the reports cannot tell"
    return "evidence of a constant rate"


@dataclass(frozen=True)
class Changes:
    """Changes of a rate.

    Parameters
    ----------
    dates
        The days, shape (T,).
    rates
        Draws of the rate of each day, incidents per day, shape (n, T).
    new_regime
        Draws of "a new regime starts on this day", shape (n, T); never on the first day.
    daily_probability
        Probability that a new regime starts on each day (exact), shape (T,).
    no_change, constant, drift_only
        Posterior probabilities (exact): no jump; no jump and no drift; drift without a jump.
    prior_constant
        Prior probability of a constant rate over these days.
    prob
        Mass of the intervals.
    """

    dates: pd.DatetimeIndex
    rates: Floats
    new_regime: NDArray[np.bool_]
    daily_probability: Floats
    no_change: float
    constant: float
    drift_only: float
    prior_constant: float
    prob: float = 0.9

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
        return (1.0 - self.prior_constant) / self.prior_constant if self.prior_constant > 0 else float("inf")

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
        return in_words(self.bayes_factor)

    @cached_property
    def _number(self) -> NDArray[np.int64]:
        return np.asarray(self.new_regime.sum(axis=1), dtype=np.int64)

    @property
    def n_changes(self) -> pd.Series:
        """Probability of 0, 1, 2, … jumps; that of 0 is exact, the others share the rest as the draws do."""
        freq = np.bincount(self._number, minlength=2).astype(float)
        some = freq[1:].sum()
        share = freq[1:] / some if some else np.eye(1, freq.size - 1)[0]
        freq[1:] = share * (1.0 - self.no_change)
        freq[0] = self.no_change
        return pd.Series(freq, index=pd.RangeIndex(freq.size, name="changes"), name="probability")

    def _sides(self, draw: int, day: int) -> tuple[float, float]:
        """Mean rate over up to `SIDE` days before and from `day` on, cut at the neighbouring changes."""
        others = np.flatnonzero(self.new_regime[draw])
        back = others[others < day]
        ahead = others[others > day]
        first = max(day - SIDE, int(back[-1]) if back.size else 0)
        last = min(day + SIDE, int(ahead[0]) if ahead.size else self.dates.size)
        row = self.rates[draw]
        return float(row[first:day].mean()), float(row[day:last].mean())

    def _describe(self, pairs: list[tuple[int, int]]) -> dict[str, float]:
        """Median and interval of the rates before and after, for (draw, day) pairs."""
        sides = np.array([self._sides(i, t) for i, t in pairs])
        values = {"rate_before": sides[:, 0], "rate_after": sides[:, 1], "ratio": sides[:, 1] / sides[:, 0]}
        tail = (1.0 - self.prob) / 2
        out: dict[str, float] = {}
        for name in _RATES:
            low, mid, high = np.quantile(values[name], [tail, 0.5, 1 - tail])
            out |= {name: mid, f"{name}_lower": low, f"{name}_upper": high}
        return out

    def summary(self) -> pd.DataFrame:
        """List the changes, if a change is more probable than none.

        One row per change, for the most probable number of changes given at least one. `date` is the first day of
        the new regime (posterior median), `lower` and `upper` its equal-tailed interval, `probability` that a change
        lies in it over all draws. Empty, with the same columns, if P(no jump) is one half or more; see `candidates`.
        """
        if self.no_change >= 0.5 or not self._number.any():
            return pd.DataFrame({name: [] for name in COLUMNS}).astype(dict.fromkeys(COLUMNS[3:], "float64"))
        k = int(self.n_changes.to_numpy()[1:].argmax()) + 1
        chosen = np.flatnonzero(self._number == k)
        days = np.array([np.flatnonzero(self.new_regime[i]) for i in chosen])
        tail = (1.0 - self.prob) / 2
        rows = []
        for j in range(k):
            low, mid, high = np.quantile(days[:, j], [tail, 0.5, 1 - tail], method="nearest").astype(int)
            rows.append(
                {
                    "date": self.dates[mid], "lower": self.dates[low], "upper": self.dates[high],
                    "probability": float(self.new_regime[:, low : high + 1].any(axis=1).mean()),
                    **self._describe([(int(i), int(t)) for i, t in zip(chosen, days[:, j], strict=True)]),
                }
            )  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def candidates(self, n: int = 5) -> pd.DataFrame:
        """List the windows most likely to hold a change, whether or not a change is probable.

        Windows of `WINDOW` days that do not overlap, by the probability that at least one change lies inside.
        """
        T = self.dates.size
        width = min(WINDOW, T)
        run = np.concatenate([np.zeros((len(self.new_regime), 1)), np.cumsum(self.new_regime, axis=1)], axis=1)
        inside = run[:, width:] - run[:, :-width] > 0
        chance = inside.mean(axis=0)
        rows: list[dict[str, object]] = []
        while len(rows) < n and chance.max() > 0:
            ties = np.flatnonzero(chance == chance.max())
            first = int(ties[ties.size // 2]) if ties[-1] - ties[0] < width else int(ties[0])
            pairs = [
                (int(i), first + int(np.argmax(self.new_regime[i, first : first + width])))
                for i in np.flatnonzero(inside[:, first])
            ]
            rows.append(
                {
                    "start": self.dates[first], "end": self.dates[first + width - 1],
                    "probability": float(chance[first]), **self._describe(pairs),
                }
            )  # fmt: skip
            chance[max(0, first - width + 1) : first + width] = 0.0
        return pd.DataFrame(rows, columns=["start", "end", *COLUMNS[3:]])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rate per day with its band, the change points if any is probable, and the answer in words.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        tail = (1.0 - self.prob) / 2
        median, lower, upper = np.quantile(self.rates, [0.5, tail, 1 - tail], axis=0)
        rate = pd.DataFrame({"median": median, "lower": lower, "upper": upper}, index=self.dates)
        no_events = pd.DataFrame({"date": pd.to_datetime([]), "label": []})
        return rate_panel(
            ax if ax is not None else new_axes(), rate, self.summary(), no_events,
            title="Rate", subtitle="Incidents per day", note=self.sentence(), prob=self.prob,
        )  # fmt: skip

    def sentence(self) -> str:
        """One sentence that says what is known, with the numbers it rests on."""
        return (
            f"{self.verdict[0].upper()}{self.verdict[1:]}: P(constant rate) {self.constant:.2f}, "
            f"P(drift, no jump) {self.drift_only:.2f}, P(at least one jump) {self.jump:.2f}; "
            f"Bayes factor for a change {self.bayes_factor:.2g} (prior odds {self.prior_odds:.2g})."
        )

    def __repr__(self) -> str:
        return f"Changes({self.dates.size} days; {self.sentence()})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence())}</p>" + str(self.summary().to_html(float_format=lambda x: f"{x:.3g}"))
