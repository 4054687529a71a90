"""What so many reports could show: shares of simulated series in which a change is found."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import binomtest

from escalation.charts import new_axes
from escalation.charts.power import power_panel
from escalation.charts.trim import trim_top

__all__ = ["OBSERVED", "RULES", "Power", "tabulate"]

#: What the row is called in which every day's count is known.
OBSERVED = "every day observed"
#: By which a change is called found: column, threshold, words.
RULES: Mapping[str, tuple[str, float, str]] = {
    "p_jump": ("p_jump", 0.5, "P(at least one jump) above .5"),
    "bayes_factor": ("bayes_factor", 3.0, "a Bayes factor of at least 3 for a change"),
}


def label(reports: Any) -> str:
    """Return the words for a number of reports; none means that every day is observed."""
    return OBSERVED if pd.isna(reports) else f"{int(reports)} report{'s' * (int(reports) != 1)}"


def tabulate(runs: pd.DataFrame, decide: str, prob: float) -> pd.DataFrame:
    """Count detections per cell, with exact binomial (Clopper-Pearson) intervals.

    Parameters
    ----------
    runs : DataFrame
        One row per simulated series: `reports, ratio, p_jump, bayes_factor, error_days`.
    decide : str
        One of `RULES`.
    prob : float
        Mass of the intervals.

    Returns
    -------
    DataFrame
        One row per cell; see `Power`.

    Examples
    --------
    >>> runs = pd.DataFrame({"reports": pd.array([9, 9], "Int64"), "ratio": 2.0, "p_jump": [0.9, 0.2],
    ...                      "bayes_factor": [5.0, 1.0], "error_days": [4.0, float("nan")]})
    >>> tabulate(runs, "p_jump", 0.95)[["found", "share", "error_days"]].to_numpy().tolist()
    [[1.0, 0.5, 4.0]]
    """
    rows = []
    for (reports, ratio), part in runs.groupby(["reports", "ratio"], sort=False, dropna=False):
        hits = {
            "p_jump": part["p_jump"] > RULES["p_jump"][1],
            "bayes_factor": part["bayes_factor"] >= RULES["bayes_factor"][1],
        }
        found = hits[decide]
        errors = part.loc[found, "error_days"].dropna()
        row: dict[str, Any] = {"reports": reports, "ratio": ratio, "n": len(part), "found": int(found.sum())}
        row |= _share("share", found, prob)
        for name, hit in hits.items():
            row |= _share(name, hit, prob)
        rows.append(row | {"located": len(errors), "error_days": errors.median() if len(errors) else np.nan})
    return pd.DataFrame(rows).astype({"reports": "Int64"})


def _share(name: str, hit: pd.Series, prob: float) -> dict[str, float]:
    held = binomtest(int(hit.sum()), len(hit)).proportion_ci(prob, method="exact")
    return {name: float(hit.mean()), f"{name}_lower": float(held.low), f"{name}_upper": float(held.high)}


@dataclass(frozen=True, eq=False, repr=False)
class Power:
    """How often a change of a rate is found, by its size and the number of reports.

    Parameters
    ----------
    table : DataFrame
        One row per number of reports (missing: every day observed) and ratio of the rate after to the rate before;
        ratio 1 are the false alarms. `n` series; `found` of them, their `share`, by the rule `decide`; the shares
        `p_jump` with P(at least one jump) above .5, and `bayes_factor` with a Bayes factor of at least 3; each with
        `_lower` and `_upper`. `error_days`, the median distance of the most probable date from the true one over
        the `located` series that are found and in which a jump is more probable than none.
    runs : DataFrame
        One row per simulated series.
    decide : str
        ``"p_jump"`` or ``"bayes_factor"``.
    prob : float
        Mass of the intervals.
    scenario : mapping
        What all series have in common.
    """

    table: pd.DataFrame
    runs: pd.DataFrame
    decide: str
    prob: float
    scenario: Mapping[str, Any]

    def summary(self) -> pd.DataFrame:
        """Return the share found and its interval, a row per number of reports and ratio."""
        rows = self.table.assign(reports=[label(n) for n in self.table["reports"]])
        names = ["share", "share_lower", "share_upper", "error_days", "n"]
        return rows.set_index(["reports", "ratio"])[names]

    def detectable(self, power: float = 0.8) -> pd.DataFrame:
        """Return the smallest changes tried that are found in so large a share, by the estimate.

        Parameters
        ----------
        power : float, default 0.8
            Share to be reached.

        Returns
        -------
        DataFrame
            A row per number of reports: `fall`, the largest ratio below 1, and `rise`, the smallest above 1, whose
            share is at least `power`; NaN if none of those tried is.

        Raises
        ------
        ValueError
            If `power` is not between 0 and 1.
        """
        if not 0 < power < 1:
            raise ValueError(f"power must lie between 0 and 1, got {power!r}")
        rows = []
        for reports, part in self.table.groupby("reports", sort=False, dropna=False):
            kept = part.loc[part["share"] >= power, "ratio"]
            rows.append((label(reports), kept[kept < 1].max(), kept[kept > 1].min()))
        return pd.DataFrame(rows, columns=["reports", "fall", "rise"]).set_index("reports").astype("float64")

    def sentences(self, power: float = 0.8) -> tuple[str, ...]:
        """Say what can be found, how often nothing is taken for something, and what was assumed."""
        out = []
        found = self.detectable(power)
        for reports, part in self.table.groupby("reports", sort=False, dropna=False):
            name = label(reports)
            fall, rise = (float(found[side].loc[name]) for side in ("fall", "rise"))
            below, above = part[part["ratio"] < 1], part[part["ratio"] > 1]
            said = [_side(below, fall, "fall", power), _side(above, rise, "rise", power)]
            said = [*filter(None, said), f"without a change, one is found in {_counted(part, 1.0)}"]
            out.append(f"{name[:1].upper()}{name[1:]}: {'; '.join(said)}.{_dates(part)}")
        return (*out, self._assumed())

    def _assumed(self) -> str:
        given = self.scenario
        voice = ", ".join(f"{name} {value}" for name, value in given["voice"].items() if name != "phi")
        phi = given["voice"].get("phi", 0.0)
        clumped = f"counts with a variance of {1 + phi:.3g} times the rate" if phi else "Poisson counts"
        return (
            f"Simulated: {given['days']} days, {given['rate']:.3g} a day before the change on day "
            f"{given['changed']} (from 0), {clumped}; {voice or 'reports told as simulate does by default'}. "
            f"Found means {RULES[self.decide][2]}; models {given['models']}. {_numbers(self.table['n'])} simulated "
            f"series per point; in brackets the exact binomial interval of the share at {100 * self.prob:g} %: where "
            "the intervals of two points overlap, their order is not certain. For other series and other reports the "
            "answer is another."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share found against the ratio, a line per number of reports.

        Parameters
        ----------
        ax
            Axes with room above for a title and at the right for labels; None makes a figure of its own.
        """
        frame = self.table.assign(
            line=[label(n) for n in self.table["reports"]], lower=self.table["share_lower"],
            upper=self.table["share_upper"],
        )  # fmt: skip
        given, n = self.scenario, int(self.table["n"].min())
        voice = "".join(f", {name} {value}" for name, value in given["voice"].items())
        subtitle = (
            f"Ratio of the rate after to the rate before, log scale; {given['rate']:.3g} a day before, "
            f"{given['days']} days, change on day {given['changed']}{voice}; {n} simulated series per point. Found: "
            f"{RULES[self.decide][2]}"
        )
        drawn = power_panel(
            ax if ax is not None else new_axes(), frame[["line", "ratio", "share", "lower", "upper"]],
            title="Share of simulated series in which a change is found", subtitle=subtitle, ceiling=OBSERVED,
            prob=self.prob,
        )  # fmt: skip
        return trim_top(drawn) if ax is None else drawn

    def __repr__(self) -> str:
        given = self.scenario
        found = self.detectable()
        said = "; ".join(
            f"{name}: " + (" and ".join(f"{x:.3g}" for x in row if not np.isnan(x)) or "none")
            for name, row in zip(found.index, found.to_numpy(), strict=True)
        )
        return (
            f"Power({given['days']} days at {given['rate']:.3g} a day, {len(self.runs)} simulated series; "
            f"smallest ratios tried whose estimated share found is at least 80 %: {said})"
        )

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences())
        return said + str(self.summary().to_html(float_format=lambda x: f"{x:.3g}", na_rep="", escape=True, border=0))


def _numbers(n: pd.Series) -> str:
    """Write the number of series per point, or the least and the most."""
    low, high = int(n.min()), int(n.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _counted(cells: pd.DataFrame, ratio: float) -> str:
    """Write the share at a ratio as a count, a percentage and its interval."""
    row = cells[cells["ratio"] == ratio].iloc[0]
    low, high = 100 * row["share_lower"], 100 * row["share_upper"]
    return f"{int(row['found'])} of {int(row['n'])} series ({100 * row['share']:.0f} %, {low:.0f}–{high:.0f} %)"


def _side(cells: pd.DataFrame, ratio: float, side: str, power: float) -> str:
    """Say how often the smallest fall or rise that seems to be found is found, or the largest; and how sure that is."""
    if cells.empty:
        return ""
    none = np.isnan(ratio)
    if none:
        ratio = float(cells["ratio"].min() if side == "fall" else cells["ratio"].max())
    row, asked = cells[cells["ratio"] == ratio].iloc[0], f"{100 * power:g} %"
    said = f"a {side} to {ratio:.3g} times the rate is found in {_counted(cells, ratio)}"
    if none:
        doubt = " but not clearly so" if row["share_upper"] >= power else ""
        return f"{said}, the largest {side} tried, below {asked}{doubt}"
    doubt = "" if row["share_lower"] >= power else f" by the estimate, though its interval begins below {asked}"
    return f"{said}, the smallest {side} tried with at least {asked}{doubt}"


def _dates(cells: pd.DataFrame) -> str:
    """Say how far off the dates are, over all changes that are found."""
    known = cells[(cells["ratio"] != 1) & (cells["located"] > 0)]
    if known.empty:
        return ""
    low, high = known["error_days"].min(), known["error_days"].max()
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f" Median error of the date where found: {span} days."
