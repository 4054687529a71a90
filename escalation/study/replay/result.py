"""The result of a replay: one row per vintage, each day's rate in each vintage, alarms, sentences and a figure."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from escalation.charts.revisions import revisions
from escalation.study.replay.judging import revisions_of
from escalation.study.replay.words import (
    CAVEATS,
    alarm_words,
    calm_words,
    known_words,
    revision_words,
    scope_words,
    span_words,
)

__all__ = ["Replay"]


@dataclass(frozen=True, repr=False)
class Replay:
    """What would have been concluded on each date; from `replay`.

    Parameters
    ----------
    table
        One row per vintage. ``date``; ``known`` reports of the series, ``assumed`` of which have an assumed day of
        publication, ``used``; ``last_as_of``, where the reconstruction ends, ``silent`` days from there to the date;
        ``covered``, how many of the last `days` days it reaches; ``p_constant, p_drift`` (no jump), ``p_jump``,
        ``bayes_factor, verdict``; ``p_recent``, P(a jump on the covered days); ``total``, ``rate`` (of the last day
        reconstructed, per day) and ``ratio`` (mean rate of the covered days over that of the `days` days before), each
        with ``_lower`` and ``_upper``; ``reason`` why there is no reconstruction, else empty.
    rates
        ``vintage, date, median, lower, upper``: each day's rate as it was estimated on each date.
    alarms
        Vintages with ``p_recent`` above `alarm`, and what the last vintage says of the same days (see
        `judging.alarms_of`).
    calm
        The highest ``p_recent`` of all vintages, and during and after each truce or lull (see `judging.calm_of`).
    skipped
        ``date, reason``: days with news before the first date, where dates are weekly or daily.
    interventions
        ``date, date_end, label`` and ``calm`` (a truce or a lull), for the figure.
    lag, days, alarm, prob
        As given to `replay`; mass of the intervals.
    never
        Reports about these days that came out after the last date.
    source
        Credit line of the case.
    units
        What is counted, in the plural.
    """

    table: pd.DataFrame
    rates: pd.DataFrame
    alarms: pd.DataFrame
    calm: pd.DataFrame
    skipped: pd.DataFrame
    interventions: pd.DataFrame
    lag: int
    days: int
    alarm: float
    prob: float
    never: int = 0
    source: str = ""
    units: str = "incidents"

    def revisions(self) -> pd.DataFrame:
        """Set the first estimate of each day's rate beside the last one.

        One row per day that the last vintage and an earlier one have: ``date``, ``vintage`` (the first with this
        day), ``age`` (days from the day to it), ``first`` and ``final`` median with their intervals, ``ratio``
        (final / first), ``inside`` (whether the final median lies in the first interval). The mean of ``inside``
        is an honest check of intervals made in real time; a first interval encloses `prob` of the posterior of
        the rate, not of later medians, and days first estimated on the same date are not independent of each
        other.
        """
        return revisions_of(self.rates)

    def summary(self) -> pd.DataFrame:
        """Headline numbers, one row each: ``value``, and its ``date`` where it has one."""
        table, moved = self.table, self.revisions()
        judged = self.alarms["judged"].value_counts()
        top, last = self.calm.iloc[0], table.iloc[-1]
        rows = [
            ("vintages", len(table), pd.NaT),
            ("vintages without a reconstruction", int((table["reason"] != "").sum()), pd.NaT),
            ("reports known by the last date", last["known"], last["date"]),
            ("of these, day of publication assumed", last["assumed"], last["date"]),
            ("alarms", len(self.alarms), pd.NaT),
            *((f"alarms {name}", judged.get(name, 0), pd.NaT) for name in ("confirmed", "not confirmed", "not judged")),
            (f"highest P(jump in the last {self.days} days)", top["p_recent"], top["date"]),
            ("share of final rates in the first interval", moved["inside"].mean() if len(moved) else np.nan, pd.NaT),
        ]
        frame = pd.DataFrame(rows, columns=["quantity", "value", "date"]).set_index("quantity")
        return frame.astype({"value": "float64"})

    def sentences(self) -> tuple[str, ...]:
        """Say what was known, what it would have led to, how that held, and what a replay cannot say."""
        parts = (scope_words, known_words, alarm_words, calm_words, revision_words)
        return (*(sentence for part in parts for sentence in part(self)), *CAVEATS)

    def numbers(self) -> dict[str, pd.DataFrame]:
        """Return the numbers in the figure, by panel, and those beside it."""
        return {
            "rate": self.rates,
            "alarms": self.drawn(),
            "interventions": self.interventions,
            "calm": self.calm,
            "summary": self.summary(),
        }

    def drawn(self) -> pd.DataFrame:
        """Return the vintages as drawn: the table, and ``judged``, empty where there is no alarm."""
        judged = dict(zip(self.alarms["date"], self.alarms["judged"], strict=True))
        return self.table.assign(judged=[judged.get(date, "") for date in self.table["date"]])

    def plot(
        self,
        *,
        source: str | None = None,
        note: str | None = None,
        headings: Mapping[str, tuple[str, str]] | None = None,
        events: str = "calm",
        size: tuple[float, float] = (10.0, 8.0),
    ) -> Figure:
        """Draw the rate as each vintage saw it, light to dark, and P(a recent jump) by date.

        Parameters
        ----------
        source
            Credit line; None is that of the case.
        note
            A finding in words on the panel of the rate.
        headings
            Title and subtitle for ``"rate"`` and ``"alarms"``.
        events
            Interventions shown: ``"calm"`` (truces and lulls), ``"all"`` or ``"none"``.
        size
            Width and height in inches.

        Raises
        ------
        ValueError
            If `events` is another word or a heading unknown.
        """
        if events not in ("calm", "all", "none"):
            raise ValueError(f"events must be calm, all or none; got {events!r}")
        drawn = self.interventions["calm"].astype(bool) | (events == "all")
        shown = self.interventions[(drawn & (events != "none")).to_numpy()]
        return revisions(
            self.rates, self.drawn(), shown, days=self.days, alarm=self.alarm,
            source=self.source if source is None else source, note=note, headings=headings, prob=self.prob, size=size,
            units=self.units,
        )  # fmt: skip

    def __repr__(self) -> str:
        said = " ".join([f"{span_words(self)}.", *alarm_words(self)])
        return f"Replay({said})"

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        return f"<ul>{said}</ul>{self.summary().to_html(float_format=lambda x: f'{x:.3g}', na_rep='')}"
