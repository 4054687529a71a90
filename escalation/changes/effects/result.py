"""The result of `effects`: one row per intervention, in frames and in sentences."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.changes.effects.associate import Association
from escalation.charts.effects import effects_axes, effects_panel

__all__ = ["CAVEAT", "COLUMNS", "Effects", "numbers"]

_ENDS = ("", "_lower", "_upper")
_PAIRED = ("rate_before", "rate_during", "glm_ratio", "posterior_ratio")
_SHORT = (("regression", "glm_ratio"), ("posterior", "posterior_ratio"))
COLUMNS = (
    "label", "term", "start", "end", "days", "statements", "increments", "unstated_edges",
    *(f"{name}{end}" for name in _PAIRED for end in _ENDS), "p_lower", "separated", "hac_share",
    "placebo_share", "placebo_n", "placebo_apart", "placebo_lower", "placebo_upper", "naive_ratio", "note",
)  # fmt: skip

CAVEAT = (
    "These are associations in time, not causes: whatever else happened on the same days is in the ratios too, and "
    "outside events are often dated by the attacks that they answer."
)


def numbers(found: Association, prob: float) -> dict[str, Any]:
    """Return what is known about one intervention under the names of the columns."""
    out: dict[str, Any] = {
        "statements": found.statements, "increments": found.glm.increments, "unstated_edges": found.unstated,
        "p_lower": found.p_lower, "separated": found.glm.separated, "hac_share": found.glm.hac,
        "naive_ratio": found.naive,
    }  # fmt: skip
    for name, part in zip(_PAIRED, (found.before, found.during, found.glm.contrast, found.posterior), strict=True):
        out |= dict(zip((f"{name}{end}" for end in _ENDS), (part.ratio, part.lower, part.upper), strict=True))
    if found.placebo is not None:
        low, high = found.placebo.quantiles([(1 - prob) / 2, (1 + prob) / 2], by_date=False)
        out |= {
            "placebo_share": found.placebo.share, "placebo_n": found.placebo.starts.size,
            "placebo_apart": found.placebo.apart, "placebo_lower": low, "placebo_upper": high,
        }  # fmt: skip
    return out


@dataclass(frozen=True, eq=False)
class Effects:
    """How the rate during dated interventions compares with the days before each.

    Parameters
    ----------
    table
        One row per intervention, spans of days first, then by date; see `summary` for the columns.
    placebos
        For each row, the contrast at every placebo date: `ratio` (median over draws), `lower`, `upper`, indexed by
        date; None where there is none.
    prob
        Mass of the intervals.
    before, draws
        Days before, and number of posterior draws behind the regression.
    prior_constant
        Prior probability of a constant rate, towards which the posterior contrast is drawn.
    """

    table: pd.DataFrame
    placebos: tuple[pd.DataFrame | None, ...]
    prob: float
    before: int
    draws: int
    prior_constant: float

    def summary(self) -> pd.DataFrame:
        """Return one row per intervention.

        `label, term, start, end, days`; `statements` dates in the window, `increments` in the regression,
        `unstated_edges` of window and days before that fall on no statement date; `rate_before`, `rate_during`
        (posterior, per day), `glm_ratio` (regression), `posterior_ratio`, each with `_lower` and `_upper`; `p_lower`,
        posterior probability of a ratio below 1; `separated`, draws without an event on one side; `hac_share`, of
        draws whose HAC error is larger than the quasi-Poisson one; `placebo_share` (r + 1) / (n + 1), averaged over
        draws, of `placebo_n` dates, `placebo_apart` of which do not overlap, and the range `placebo_lower` to
        `placebo_upper` of their contrasts over dates and draws; `naive_ratio`, from the running maximum of
        totals as stated (of a day the exact ones, else its bounds) joined by lines; `note`. For a slope, ratios are of
        the trend, per week.
        """
        return self.table.copy()

    def placebo(self, i: int) -> pd.DataFrame:
        """Return the contrast at every placebo date of row `i` of the summary, indexed by its first day.

        Columns `ratio`, the median over draws, and `lower`, `upper`, which enclose `prob` of the draws.

        Raises
        ------
        IndexError
            If there is no such row.
        ValueError
            If the row has no placebo dates.
        """
        if not 0 <= i < len(self.placebos):
            raise IndexError(f"row {i} was asked for; the summary has {len(self.placebos)} rows, the first is 0")
        frame = self.placebos[i]
        if frame is None:
            why = self.table["note"].iloc[i] or "placebo=False was given"
            raise ValueError(f"row {i} ({self.table['label'].iloc[i]}) has no placebo dates: {why}")
        return frame.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratios as dots with whiskers, over the range of the placebo dates in grey.

        Parameters
        ----------
        ax
            Axes with room above for a title and at the left for labels; None makes a figure of its own.
        """
        title = "Rate during dated events, as a multiple of the rate before"
        measure = f"Rate in the window over the rate in the {self.before} days before"
        if (self.table["term"] == "slope").any():  # then every row is one
            title = "Trend of the rate after dated events, as a multiple of the trend before"
            measure = f"Growth per week from the date on, over that of the {self.before} days before"
        return effects_panel(
            ax if ax is not None else effects_axes(len(self.table)), self.table,
            title=title, subtitle=f"{measure}; association, not cause", prob=self.prob,
        )  # fmt: skip

    def sentences(self) -> list[str]:
        """Say each row in plain words, then why its two estimates differ, and what the numbers are not."""
        return [*(self._sentence(row) for _, row in self.table.iterrows()), self._shrinkage(), CAVEAT]

    def _sentence(self, row: pd.Series) -> str:
        when = f"{row['start']:%Y-%m-%d}" + (f" to {row['end']:%Y-%m-%d}" if row["days"] > 1 else "")
        head = f"{row['label']} ({when})"
        if np.isnan(row["posterior_ratio"]):
            return f"{head}: no estimate. {row['note']}"
        if row["term"] == "slope":
            measure = f"in the {row['days']} days from the date on, the trend of the rate per week was {{}} times that"
        else:
            measure = "the rate during it was {} times that"
        said = measure.format(_number(row["glm_ratio"]))
        return (
            f"{head}: {said} of the {self.before} days before (regression, {100 * self.prob:g} % interval "
            f"{_interval(row, 'glm_ratio')}); posterior {_number(row['posterior_ratio'])} "
            f"({_interval(row, 'posterior_ratio')}), P(lower) {row['p_lower']:.2f}. {_agreement(row)}"
            f"{_placebo_words(row)} Straight lines between the totals as stated give {_number(row['naive_ratio'])}."
            + (f" {row['note']}" if row["note"] else "")
        )

    def _shrinkage(self) -> str:
        """Say in how many rows the two intervals overlap, and why the two estimates differ."""
        both = self.table[self.table["glm_ratio_lower"].notna() & self.table["posterior_ratio"].notna()]
        overlap = int((~both.apply(_apart, axis=1)).sum()) if len(both) else 0
        return (
            f"The intervals of regression and posterior overlap in {overlap} of {len(both)} rows. The posterior is "
            f"drawn towards 1: its prior gives a constant rate probability {self.prior_constant:.2f}, and the rest of "
            "the series bears on it; the regression has no prior and looks at these days alone."
        )

    def __repr__(self) -> str:
        done = int(self.table["posterior_ratio"].notna().sum())
        head = f"Effects({len(self.table)} interventions, {done} with an estimate; {self.draws} draws)"
        if not done:
            return head
        row = self.table[self.table["posterior_ratio"].notna()].iloc[0]
        said = (f"{words} {_number(row[name])} ({_interval(row, name)})" for words, name in _SHORT)
        return f"{head}\n  {row['label']}, ratio to the days before: {', '.join(said)}"

    def _repr_html_(self) -> str:
        table = self.table.to_html(float_format=lambda x: f"{x:.3g}", na_rep="", index=False, escape=True)
        return f"{table}<p>{html.escape(CAVEAT)}</p>"


def _apart(row: pd.Series) -> bool:
    """Whether the two intervals do not overlap."""
    return bool(
        row["glm_ratio_lower"] > row["posterior_ratio_upper"] or row["posterior_ratio_lower"] > row["glm_ratio_upper"]
    )


def _agreement(row: pd.Series) -> str:
    """Say whether the two intervals overlap."""
    if np.isnan(row["glm_ratio_lower"]):
        return "The regression has no interval."
    return f"The intervals {'do not overlap' if _apart(row) else 'overlap'}."


def _number(value: float) -> str:
    """Write a ratio."""
    return (
        "no ratio" if np.isnan(value) else "∞" if np.isinf(value) else f"{value:.2f}" if value < 100 else f"{value:.3g}"
    )


def _interval(row: pd.Series, name: str) -> str:
    """Write an interval."""
    return f"{_number(row[f'{name}_lower'])}–{_number(row[f'{name}_upper'])}"


def _placebo_words(row: pd.Series) -> str:
    """Say where the actual contrast stands among the placebo dates."""
    if np.isnan(row["placebo_share"]):
        return ""
    return (
        f" Of {row['placebo_n']} placebo dates a share of {row['placebo_share']:.2f} differs as much or more "
        f"({row['placebo_apart']} fit side by side, so it is no finer than {1 / (row['placebo_apart'] + 1):.2f})."
    )
