"""The frames behind the overview figure: what is drawn, and how much is left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from escalation.charts import lane_counts
from escalation.reconstruct.result import Reconstruction
from escalation.records.labels import event_labels
from escalation.scale.levels import EscalationScale
from escalation.study.overview.subject import Subject

__all__ = ["DRAWN", "NEITHER", "OFF_SCALE", "OUTSIDE", "Frames", "frames_of", "of_series"]

DRAWN = "drawn"
OUTSIDE = "outside the dates"
OFF_SCALE = "weapon not on the scale"
NEITHER = "neither confirmed nor claimed"
#: What "dozens" is coded as.
_DOZENS = (24, 99)


@dataclass(frozen=True)
class Frames:
    """The numbers in the overview figure.

    Parameters
    ----------
    reports : DataFrame
        Reports of the series: ``as_of, count, count_high, bound, used, weight``. Those of other counters,
        units or places stand on another scale and are only counted.
    cumulative, rate : DataFrame
        By date: median, lower, upper (rate: and mean).
    changes : DataFrame
        Change points; empty if none is more probable than not, or the method has none.
    interventions : DataFrame
        ``date, date_end, label``.
    incidents : DataFrame
        Every incident: ``date, date_end, levels, confirmed, claimed, shown``; only those whose `shown` is
        `DRAWN` have a marker.
    lanes : tuple
        Key, label, colour and marker of each level.
    counts : Series
        How many reports, incidents and events there are and how many of them are drawn, by name.
    """

    reports: pd.DataFrame
    cumulative: pd.DataFrame
    rate: pd.DataFrame
    changes: pd.DataFrame
    interventions: pd.DataFrame
    incidents: pd.DataFrame
    lanes: tuple[tuple[str, str, str, str], ...]
    counts: pd.Series

    @property
    def drawn(self) -> pd.DataFrame:
        """The incidents that have a marker."""
        return self.incidents[(self.incidents["shown"] == DRAWN).to_numpy()]

    def numbers(self, described: bool) -> Mapping[str, pd.DataFrame]:
        """Return the frames for the CSV beside the figure, by panel."""
        parts = {
            "reports": self.reports,
            "cumulative": self.cumulative,
            "rate": self.rate,
            "changes": self.changes,
            "interventions": self.interventions,
        }
        if described:
            parts |= {"incidents": self.incidents, "lanes": lane_counts(self.drawn, self.lanes)}
        return parts | {"counts": self.counts.rename_axis("quantity").to_frame("value")}


def of_series(reports: pd.DataFrame) -> pd.Series:
    """Tell which rows of an audit belong to the series: its counter, unit and scope are those of used rows."""
    same = pd.Series(data=True, index=reports.index)
    for name in ("counter", "unit", "scope"):
        if name in reports:
            same &= reports[name].isin(reports.loc[reports["used"].astype(bool), name].dropna().unique())
    return same | reports["used"].astype(bool)


def _drawn_reports(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the reports of the series as the chart wants them."""
    rows = audit[of_series(audit).to_numpy()]
    blank = pd.Series(np.nan, index=rows.index)
    bound = rows["bound"].astype("object") if "bound" in rows else blank.astype("object")
    bound = bound.where(bound.notna() & (bound.astype(str).str.strip() != ""), "exact")
    dozens = bound == "dozens"
    low, high = (pd.to_numeric(rows[c]) if c in rows else blank for c in ("count", "count_high"))
    out = {
        "as_of": pd.to_datetime(rows["as_of"]),
        "count": low.astype("float64").where(~dozens, _DOZENS[0]),
        "count_high": high.astype("float64").where(~dozens, _DOZENS[1]),
        "bound": bound.where(~dozens, "about"),
        "used": rows["used"].astype(bool),
        "weight": (rows["p_fresh"] + rows["p_rounded"]).astype("float64"),
    }
    key = {"report_id": rows["report_id"]} if "report_id" in rows else {}
    return pd.DataFrame({**key, **out}).reset_index(drop=True)


def _drawn_incidents(
    incidents: pd.DataFrame, scale: EscalationScale, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """Give every incident its lanes, and say whether it is drawn."""
    held = [() if pd.isna(v) or not str(v) else tuple(str(v).split("+")) for v in incidents["weapons"]]
    date = pd.to_datetime(incidents["date"])
    end = pd.to_datetime(incidents["date_end"])
    confirmed, claimed = (
        incidents[c].astype("boolean").fillna(value=False).astype(bool) for c in ("confirmed", "claimed")
    )
    strange = [bool(set(levels) - set(scale.keys)) for levels in held]
    shown = np.select(
        [((end.fillna(date) < first) | (date > last)).to_numpy(), np.array(strange, dtype=bool),
         ~(confirmed | claimed).to_numpy()],
        [OUTSIDE, OFF_SCALE, NEITHER],
        DRAWN,
    )  # fmt: skip
    key = {"incident_id": incidents["incident_id"]} if "incident_id" in incidents else {}
    flags = {"confirmed": confirmed, "claimed": claimed, "shown": shown}
    return pd.DataFrame({**key, "date": date, "date_end": end, "levels": pd.Series(held, index=incidents.index,
                         dtype="object"), **flags}).reset_index(drop=True)  # fmt: skip


def _drawn_events(interventions: pd.DataFrame) -> pd.DataFrame:
    """Return the interventions with short labels; a lull is read off the series itself and is no outside event."""
    if "kind" in interventions:
        interventions = interventions[(interventions["kind"].astype("object") != "lull").to_numpy()]
    labels = pd.Series(event_labels(interventions), index=interventions.index, dtype="object")
    dates = {c: pd.to_datetime(interventions[c]) for c in ("date", "date_end")}
    return pd.DataFrame({**dates, "label": labels})


def _counts(rec: Reconstruction, incidents: pd.DataFrame, events: pd.DataFrame, lulls: int) -> pd.Series:
    """Count what there is and what is drawn, so that nothing is left out without a number."""
    audit = rec.reports
    used, same = audit["used"].astype(bool), of_series(audit)
    doubted = audit.loc[used, ["p_stale", "p_wrong"]].sum(axis=1) > 0.5
    begins = events["date"]
    beyond = (events["date_end"].fillna(begins) < rec.dates[0]) | (begins > rec.dates[-1])
    found = {
        "reports given": len(audit),
        "reports of other counters, units or places, not drawn": int((~same).sum()),
        "reports of the series, not used": int((same & ~used).sum()),
        "reports used": int(used.sum()),
        "statements used": int(audit.loc[used, "statement"].nunique()),
        "reports read as stale or wrong": int(doubted.sum()),
        "incidents given": len(incidents),
        **{f"incidents {why}": int((incidents["shown"] == why).sum()) for why in (OUTSIDE, OFF_SCALE, NEITHER, DRAWN)},
        "interventions given": len(events) + lulls,
        "interventions that are lulls, not drawn": lulls,
        "interventions outside the dates": int(beyond.sum()),
    }
    return pd.Series(found, dtype="int64")


def frames_of(rec: Reconstruction, subject: Subject) -> Frames:
    """Return the frames of the overview figure.

    Parameters
    ----------
    rec : Reconstruction
        By any method; interpolators have no band and no changes.
    subject : Subject
        Its incidents and interventions are drawn within the dates of `rec`; its first scale has the lanes.

    Returns
    -------
    Frames
    """
    scale = subject.scales[0]
    incidents = _drawn_incidents(subject.incidents, scale, rec.dates[0], rec.dates[-1])
    events = _drawn_events(subject.interventions)
    changes = rec.changes.summary() if rec.method == "joint" else pd.DataFrame()
    return Frames(
        _drawn_reports(rec.reports),
        rec.cumulative,
        rec.rate,
        changes,
        events,
        incidents,
        scale.lanes,
        _counts(rec, incidents, events, len(subject.interventions) - len(events)),
    )
