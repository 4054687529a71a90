"""The answer to "more often, or worse, or both?": one table, one figure, and sentences."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from escalation.charts.escalating import escalating
from escalation.reconstruct.pairingwords import near_words, size_words, unknown_words
from escalation.reconstruct.result import Reconstruction
from escalation.scale.bounds import WHOLE, Bounds
from escalation.scale.trendresult import ScaleTrend

__all__ = ["Pairing"]


@dataclass(frozen=True, repr=False)
class Pairing:
    """Rate, levels and size of incidents beside each other; from `pairing`.

    Parameters
    ----------
    reconstruction
        Whose rate it is.
    trend
        The levels of the described incidents.
    bounds
        Bounds of the shares by line of evidence: the lead (`ScaleTrend.lead`) against the reconstructed number of
        incidents, ``"claimed"`` among the claims.
    number
        Draws of the reconstructed number of incidents by period, shape (n, P).
    rates
        Rate of all incidents and of those at each level or higher (``level_rate``, weapons missing at random), by
        period, with intervals; ``number_least`` to ``number_most`` incidents at the level without an assumption.
    comparisons
        Order between two periods, of the lead: of the rate (``p_more_often``, ``p_less_often``), of the levels
        (``p_rises``, ``p_falls``, …), and ``p_both`` = p_more_often · p_rises. ``all_least, all_most`` bound the
        superiority whatever the unreported weapons of all reconstructed incidents were.
    timing
        Whether both changed at about the same time, beside unrelated dates; see `nearness`.
    munitions
        Munitions and interceptions of each incident in the window.
    salvos, interceptions, salvo_trend
        Munitions per incident and share intercepted by period and line; association of munitions with the day.
    """

    reconstruction: Reconstruction
    trend: ScaleTrend
    bounds: dict[str, Bounds]
    number: NDArray[np.int64]
    rates: pd.DataFrame
    comparisons: pd.DataFrame
    timing: pd.DataFrame
    munitions: pd.DataFrame
    salvos: pd.DataFrame
    interceptions: pd.DataFrame
    salvo_trend: pd.DataFrame

    @property
    def p_rate(self) -> float:
        """Probability that the rate changed: it jumped or drifted."""
        return 1.0 - self.reconstruction.changes.constant

    @property
    def p_level(self) -> float:
        """Probability that the mix of levels of the lead line changed."""
        return 1.0 - self.trend.lines[self.trend.lead].change.no_change

    @property
    def p_both(self) -> float:
        """Probability that both changed, the two posteriors taken as independent."""
        return self.p_rate * self.p_level

    def table(self) -> pd.DataFrame:
        """One row per line of evidence, level and period, the whole window last: how often, how high, how large.

        ``total`` and its interval, ``rate`` per day; ``described, typed, at_least`` incidents; ``share`` among typed
        with exact interval ``lower, upper``; ``bound_lower, bound_upper`` without assumption, for all incidents
        (confirmed) or all claims; ``excess``, the probability that more were described than happened; ``level_rate``
        (missing at random); ``number_least, number_most`` incidents at the level without assumption; ``salvo_low,
        salvo_high``, bounds of the median munitions per incident; ``intercepted_low, intercepted_high``, of the share
        intercepted.
        """
        parts = [self._part(name) for name in self.bounds]
        return pd.concat(parts, ignore_index=True)

    def _part(self, evidence: str) -> pd.DataFrame:
        """Return the rows of one line of evidence."""
        found = self.bounds[evidence].frame()
        none, random = (found[(found["assumption"] == name).to_numpy()].reset_index(drop=True)
                        for name in ("no assumption", "missing at random"))  # fmt: skip
        frame = none[["period", "level", "described", "typed", "at_least", "unknown", "excess"]].copy()
        frame["share"], frame["lower"], frame["upper"] = random["estimate"], random["lower"], random["upper"]
        frame["bound_lower"], frame["bound_upper"] = none["lower"], none["upper"]
        sizes = self.salvos[(self.salvos["evidence"] == evidence).to_numpy()].set_index("period")
        caught = self.interceptions[(self.interceptions["evidence"] == evidence).to_numpy()].set_index("period")
        for new, old, source in (
            ("salvos", "reported", sizes), ("salvo_low", "median_low", sizes), ("salvo_high", "median_high", sizes),
            ("intercepted_low", "share_low", caught), ("intercepted_high", "share_high", caught),
        ):  # fmt: skip
            frame[new] = frame["period"].map(source[old])
        if evidence == self.trend.lead:
            frame = self._totals().merge(frame, on="period").merge(self.rates, on=["period", "level"])
        spans = self.trend.periods.frame()
        whole = {"period": WHOLE, "first": spans["first"].iloc[0], "last": spans["last"].iloc[-1]}
        spans = pd.concat([spans.drop(columns="days"), pd.DataFrame([whole])], ignore_index=True)
        frame = spans.merge(frame, on="period").assign(evidence=evidence)
        lead = ["evidence", "level", "period", "first", "last"]
        frame = frame[[*lead, *(name for name in frame if name not in lead)]]
        order = {code: k for k, code in enumerate(self.trend.scale.codes)}
        return frame.sort_values("level", key=lambda c: c.map(order), kind="stable", ignore_index=True)

    def _totals(self) -> pd.DataFrame:
        """Return median and interval of the reconstructed number of incidents, by period and for the whole."""
        prob = self.reconstruction.prob
        draws = np.column_stack([self.number, self.number.sum(axis=1)])
        low, mid, high = np.quantile(draws, [(1 - prob) / 2, 0.5, (1 + prob) / 2], axis=0, method="nearest")
        labels = [*self.trend.periods.labels, WHOLE]
        return pd.DataFrame({"period": labels, "total": mid, "total_lower": low, "total_upper": high})

    def summary(self) -> pd.DataFrame:
        """Headline probabilities, one row each."""
        changes, line = self.reconstruction.changes, self.trend.lines[self.trend.lead]
        rows = [
            ("P(rate changed)", self.p_rate),
            ("P(rate jumped)", changes.jump),
            ("P(mix of levels changed)", self.p_level),
            ("P(both changed), independent", self.p_both),
            ("P(rate jumped and mix of levels changed), independent", changes.jump * self.p_level),
            ("Kendall's tau of level with day", line.kendall.tau),
            ("its two-sided p", line.kendall.p),
        ]
        for days, chance, unrelated in self.timing.itertuples(index=False):
            rows.append((f"P(dates within {days} days, given both)", float(chance)))
            rows.append((f"the same for unrelated dates, {days} days", float(unrelated)))
        return pd.DataFrame(rows, columns=["quantity", "value"]).set_index("quantity")

    def sentences(self) -> tuple[str, ...]:
        """Say the answer in plain sentences."""
        changes, trend = self.reconstruction.changes, self.trend
        return (
            f"More often? {changes.sentence()}",
            f"Worse? {' '.join(trend.sentences(trend.lead))}",
            *self._both(),
            size_words(self.salvo_trend, self.salvos, trend.lead),
            unknown_words(self.bounds[trend.lead], trend),
            *(s for name in trend.lines if name != trend.lead for s in trend.sentences(name)),
            *([f"Claims and {trend.lead} incidents overlap and are not added."] if len(trend.lines) > 1 else []),
            "Nearness in time is association, not cause.",
        )

    def _both(self) -> tuple[str, ...]:
        """Say whether both changed, and how near to each other; without a known level only that nothing can be said."""
        if not self.trend.lines[self.trend.lead].typed:
            return (f"Both? P(rate changed) {self.p_rate:.2f}; of the levels nothing can be said.",)
        return (
            f"Both? P(rate changed) {self.p_rate:.2f}, P(mix of levels changed) {self.p_level:.2f}, P(both) "
            f"{self.p_both:.2f}. The two posteriors are taken as independent: one rests on totals, the other on "
            "described incidents.",
            *near_words(self.timing),
        )

    def numbers(self) -> dict[str, pd.DataFrame]:
        """Return the numbers in the figure, by panel."""
        table = self.table()
        return {
            "rate": self.reconstruction.rate,
            "changes": self.reconstruction.changes.summary(),
            "shares": table[table["period"] != WHOLE],
            "munitions": self._drawn().drop(columns="rung").assign(period=self._period_names()),
            "summary": self.summary(),
        }

    def _drawn(self) -> pd.DataFrame:
        """Return the incidents whose munitions are reported, which are those that are drawn, each with 1 at least."""
        known = self.munitions["munitions_low"].notna() | self.munitions["munitions_high"].notna()
        drawn = self.munitions[known.to_numpy()]
        return drawn.assign(munitions_low=drawn["munitions_low"].fillna(1.0).clip(lower=1.0))

    def _period_names(self) -> list[str]:
        """Return the period of each incident that is drawn."""
        return [self.trend.periods.labels[p] for p in self._drawn()["period"]]

    def plot(
        self,
        *,
        source: str = "",
        note: str | None = None,
        headings: Mapping[str, tuple[str, str]] | None = None,
        size: tuple[float, float] = (10.0, 10.0),
    ) -> Figure:
        """Draw rate, shares by level and munitions per incident on one time axis.

        Parameters
        ----------
        source
            Credit line.
        note
            A finding in words on the panel of the rate.
        headings
            Title and subtitle for ``"rate"``, ``"munitions"`` and each of ``scale.at_least`` but the lowest.
        size
            Width and height in inches.
        """
        scale, table, rec = self.trend.scale, self.table(), self.reconstruction
        shares = {}
        for k, code in list(enumerate(scale.codes))[1:]:
            rows = table[(table["level"] == code).to_numpy() & (table["period"] != WHOLE).to_numpy()]
            rows = rows[((rows["typed"] > 0) | (rows["evidence"] == self.trend.lead)).to_numpy()]
            # Bounds among the claims have another denominator than those among all incidents: not in one place.
            rows = rows.assign(
                **{c: rows[c].where(rows["evidence"] == self.trend.lead) for c in ("bound_lower", "bound_upper")}
            )
            look = scale.rungs[k][-1]
            shares[scale.at_least[k]] = (rows, look.colour, look.marker)
        lanes = [
            (code, label, rung[-1].colour, rung[-1].marker)
            for code, label, rung in zip(scale.codes, scale.labels, scale.rungs, strict=True)
        ]
        known = self._drawn().rename(columns={"munitions_low": "low", "munitions_high": "high"})
        known["levels"] = [(scale.codes[r],) if r >= 0 else () for r in known["rung"]]
        known["confirmed"] |= not self.trend.flagged
        return escalating(
            rec.rate, rec.changes.summary(), pd.DataFrame({"date": [], "label": []}), shares, known, lanes,
            source=source, note=note, headings=headings, window=(rec.dates[0], rec.dates[-1]), prob=rec.prob, size=size,
        )  # fmt: skip

    def __repr__(self) -> str:
        return "Pairing\n  " + "\n  ".join(self.sentences())

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        return f"<ul>{said}</ul>{self.summary().to_html(float_format=lambda x: f'{x:.3g}', na_rep='')}"
