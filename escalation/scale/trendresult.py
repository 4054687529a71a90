"""The answer to "did the levels rise?": frames, sentences and a figure."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.charts import new_axes
from escalation.charts.shares import shares_panel
from escalation.scale.coding import Coded
from escalation.scale.levels import EscalationScale, Mixed
from escalation.scale.line import Line
from escalation.scale.link.link import Link
from escalation.scale.periods import Periods
from escalation.scale.record import incident_record, use_record
from escalation.scale.trendwords import line_sentences

__all__ = ["ScaleTrend"]


@dataclass(frozen=True, repr=False)
class ScaleTrend:
    """What described incidents say about their levels over time; from `scale_trend`.

    Parameters
    ----------
    scale
        The order.
    periods
        The periods that fill the window.
    lines
        One per line of evidence, by name; they overlap and are never added.
    coded
        Every incident given, whether in the window or not.
    names
        What each row of the table is called.
    outside
        Incidents outside the window.
    mixed
        How mixed attacks were read.
    prob
        Mass of the intervals.
    flagged
        Whether the table says which incidents are confirmed.
    """

    scale: EscalationScale
    periods: Periods
    lines: dict[str, Line]
    coded: Coded
    names: pd.Series
    outside: int
    mixed: Mixed
    prob: float
    flagged: bool = True

    @property
    def lead(self) -> str:
        """The line that stands for the incidents themselves: confirmed, else described, else the only one."""
        return next((name for name in ("confirmed", "described") if name in self.lines), next(iter(self.lines)))

    @property
    def incidents(self) -> pd.DataFrame:
        """Every incident given, as it was read: possible days, level, how it is known, and its period.

        ``level`` is empty where no weapon was reported, ``period`` outside the window.
        """
        return incident_record(self.coded, self.names, self.scale, self.periods)

    @property
    def shares(self) -> pd.DataFrame:
        """Share at each level or higher among incidents of known level, by line and period.

        ``evidence, level, period, first, last, days, described, typed, at_least`` (how many), ``share`` and its exact
        interval ``lower, upper``.
        """
        lead = ["evidence", "level"]
        frame = pd.concat([line.shares for line in self.lines.values()], ignore_index=True)
        return frame[[*lead, *(name for name in frame if name not in lead)]]

    @property
    def comparisons(self) -> pd.DataFrame:
        """Order between two periods, by line.

        ``superiority`` is P(later > earlier) + ½ P(equal), averaged over both models, with its interval;
        ``sample_superiority`` that of the sample, and ``described_least, described_most`` its bounds whatever the
        unreported weapons of described incidents were. ``p_same``, ``p_rises``, ``p_falls``, ``p_crosses`` add up to 1:
        one distribution for both; the later one is stochastically higher, lower, neither. ``prior_rises`` is the
        probability of ``p_rises`` before any incident.
        """
        frame = pd.concat([line.comparisons for line in self.lines.values()], ignore_index=True)
        return frame[["evidence", *frame.columns.drop("evidence")]] if len(frame) else frame

    @property
    def tests(self) -> pd.DataFrame:
        """Kendall's tau with the day and Jonckheere-Terpstra with the period, by line, with permutation p-values.

        ``kendall, whole days`` permutes days with all their incidents: incidents of one day may resemble each other.
        """
        rows = []
        for name, line in self.lines.items():
            for test, found in (("kendall", line.kendall), ("jonckheere", line.jonckheere)):
                statistic = line.jonckheere.statistic if test == "jonckheere" else float(found.score)
                row = {"evidence": name, "test": test, "n": found.n, "statistic": statistic, "tau": found.tau}
                rows.append({**row, "p": found.p, "method": found.method, "error": found.error})
                if test == "kendall":
                    p, error = line.day_blocks
                    method = "exact" if error == 0 else "normal" if np.isnan(error) else "random permutations"
                    # Its score takes each day range by its middle, so that it is not the one above.
                    days = {"test": "kendall, whole days", "statistic": np.nan, "tau": np.nan}
                    rows.append({**row, **days, "p": p, "method": method, "error": error})
        return pd.DataFrame(rows)

    @property
    def recurrence(self) -> pd.DataFrame:
        """How often each level or a higher one recurs, by line: share, hazard per day, waits, and the null.

        Hazard and wait are NaN where the window was not given: it then ends at the incidents themselves.
        """
        rows = []
        for name, line in self.lines.items():
            for code, found in line.recurrence.items():
                values = {k: v for k, v in vars(found).items() if k not in ("waits", "prob")}
                rows.append({"evidence": name, "level": code, **values, "waits": found.waits})
        return pd.DataFrame(rows)

    def uses(self, level: str | None = None) -> pd.DataFrame:
        """List every use of a level or a higher one, with its place in the record without and with claims.

        Parameters
        ----------
        level
            One of ``scale.codes``; None is the highest.

        Returns
        -------
        DataFrame
            All incidents given, also those outside the window: ``incident, first, last, confirmed, claimed``, the ranks
            (a range, where dates overlap), ``sentence`` and ``in_window``.

        Raises
        ------
        ValueError
            If the level is not on the scale.
        """
        rung = self.scale.codes.index(self._code(level))
        return use_record(self.coded, self.names, self.scale, rung, self.periods, flagged=self.flagged)

    def link(self, evidence: str | None = None, per: int = 30) -> Link:
        """Fit the cumulative-link (proportional odds) model of level on day, where it is identified.

        Parameters
        ----------
        evidence
            One of the lines; None is `lead`.
        per
            Days that the odds ratio is for.

        Raises
        ------
        NotIdentified
            A ValueError that says why the model has no finite estimate on these incidents.
        ValueError
            If there is no such line.
        """
        return self._line(self.lead if evidence is None else evidence).link(self.scale, per, self.prob)

    def summary(self) -> pd.DataFrame:
        """One row per line of evidence: how many incidents, the trend, and the probability of a change."""
        rows = []
        for name, line in self.lines.items():
            described, kendall, change = int(line.described.sum()), line.kendall, line.change
            rows.append({
                "evidence": name, "described": described, "typed": line.typed, "unknown": described - line.typed,
                "tau": kendall.tau, "tau_p": kendall.p, "tau_method": kendall.method, "tau_p_days": line.day_blocks[0],
                "jonckheere": line.jonckheere.statistic, "jonckheere_p": line.jonckheere.p,
                "p_change": 1.0 - change.no_change, "prior_p_change": 1.0 - change.prior_no_change,
                "bayes_factor": change.bayes_factor,
            })  # fmt: skip
        return pd.DataFrame(rows).set_index("evidence")

    def sentences(self, evidence: str | None = None) -> tuple[str, ...]:
        """Say the results in plain sentences: the trend, the change of the mix, the recurrence of the highest level.

        Parameters
        ----------
        evidence
            One of the lines; None says all, and the order they rest on.
        """
        first, last = self._span()
        names = list(self.lines) if evidence is None else [evidence]
        said = [s for name in names for s in line_sentences(self._line(name), self.scale, f"{first} to {last}")]
        basis = f"Order of the levels: {' < '.join(self.scale.labels)} ({self.scale.basis})."
        left = [f"Outside these dates, and left out: {self.outside}."] if self.outside else []
        return (*said, *left, basis) if evidence is None else tuple(said)

    def plot(self, ax: Axes | None = None, level: str | None = None) -> Axes:
        """Draw the share at a level or higher by period, confirmed and claimed beside each other.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        level
            One of ``scale.codes``; None is the highest.
        """
        code = self._code(level)
        k, frame = self.scale.codes.index(code), self.shares
        shown = frame["evidence"].isin([self.lead, "claimed"]).to_numpy() & (frame["typed"] > 0).to_numpy()
        frame = frame[(frame["level"] == code).to_numpy() & shown]
        frame = frame.assign(unknown=frame["described"] - frame["typed"], bound_lower=np.nan, bound_upper=np.nan)
        look = self.scale.rungs[k][-1]
        return shares_panel(
            ax if ax is not None else new_axes(), frame, colour=look.colour, marker=look.marker, prob=self.prob,
            title=f"Share of incidents: {self.scale.at_least[k].lower()}",
            subtitle="Of incidents whose weapon is reported; periods without one are not shown",
        )  # fmt: skip

    def _span(self) -> tuple[str, str]:
        """Return the first and last day of the window in words."""
        days = self.periods.first[0], self.periods.last[-1]
        first, last = (str(np.datetime64(int(day), "D")) for day in days)
        return first, last

    def _code(self, level: str | None) -> str:
        """Return a level of this scale that is not the lowest."""
        code = self.scale.codes[-1] if level is None else level
        if code not in self.scale.codes[1:]:
            raise ValueError(f"level must be one of {', '.join(self.scale.codes[1:])}; got {level!r}.")
        return code

    def _line(self, evidence: str) -> Line:
        """Return a line of evidence."""
        if evidence not in self.lines:
            raise ValueError(f"evidence must be one of {', '.join(self.lines)}; got {evidence!r}.")
        return self.lines[evidence]

    def __repr__(self) -> str:
        return f"ScaleTrend({' < '.join(self.scale.codes)})\n  " + "\n  ".join(self.sentences())

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        table = self.summary().to_html(float_format=lambda x: f"{x:.3g}", na_rep="", escape=True)
        return f"<ul>{said}</ul>{table}"
