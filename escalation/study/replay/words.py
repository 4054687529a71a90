"""What a replay found, and what it cannot say, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from escalation.study.replay.result import Replay

__all__ = ["CAVEATS", "alarm_words", "calm_words", "known_words", "revision_words", "scope_words", "span_words"]

#: What no replay can undo, and what it must not be taken for.
CAVEATS = (
    "The last vintage judges the others, but it is no truth: it is an estimate from the same kind of reports.",
    "Pages were found and coded later, and may have been edited since; only their dates of publication are replayed.",
    "Described incidents carry no day of publication and are not replayed.",
)


def span_words(told: Replay) -> str:
    """Say which dates were replayed, without a full stop."""
    dates = told.table["date"]
    return f"{_many(len(dates), 'date')} from {_day(dates.iloc[0])} to {_day(dates.iloc[-1])}"


def scope_words(told: Replay) -> list[str]:
    """Say which dates were replayed, what a vintage is, and on which dates nothing could be reconstructed."""
    table = told.table
    none = table[(table["reason"] != "").to_numpy()]
    said = [f"{span_words(told)}; each has its own estimate, called a vintage, from the reports published by then."]
    if len(none):
        why = f"{_day(none['date'].iloc[0])}: {none['reason'].iloc[0].rstrip('.')}"
        said.append(f"On {len(none)} of them nothing could be reconstructed (the first is {why}).")
    if len(told.skipped):
        first, last = told.skipped.iloc[0], told.skipped.iloc[-1]
        said.append(
            f"Left out: {_many(len(told.skipped), 'earlier day')} with news of the series, from {_day(first['date'])} "
            f"to {_day(last['date'])} ({last['reason'].rstrip('.')})."
        )
    return said


def known_words(told: Replay) -> list[str]:
    """Say how many reports were known, how many of them by assumption, and how many never."""
    row = told.table.iloc[-1]
    said = [
        f"Known by {_day(row['date'])}: {_many(row['known'], 'report')} of the series. {row['assumed']} of them have "
        f"no usable day of publication and count as known {_many(told.lag, 'day')} after their as-of date, three days "
        "later still if that is approximate, but not before a dated page that they come from."
    ]
    if told.never:
        said.append(f"{_many(told.never, 'report')} about these days came out after the last date and played no part.")
    days = told.table["silent"].fillna(0).to_numpy(dtype="int64")
    silent, when = days.max(), told.table["date"].iloc[int(days.argmax())]
    if silent > 0:
        said.append(
            "A reconstruction ends with the last as-of date known; the days from there to the date are silent, at most "
            f"{silent} ({_day(when)})."
        )
    return said


def alarm_words(told: Replay) -> list[str]:
    """Say how many alarms there were and what became of them, and where the probability was highest."""
    top, recent = told.calm.iloc[0], f"P(a jump in the last {told.days} days)"
    if not top["vintages"]:
        return [f"On no date does the reconstruction reach into the {_many(told.days, 'day')} before it."]
    if told.alarms.empty:
        said = f"No date has {recent} above {told.alarm:g}."
    else:
        count = told.alarms["judged"].value_counts()
        parts = [f"{count[name]} {name}" for name in ("confirmed", "not confirmed", "not judged") if name in count]
        days = ", ".join(_day(date) for date in told.alarms["date"])
        said = f"{recent} is above {told.alarm:g} on {_many(len(told.alarms), 'date')} ({days}): {', '.join(parts)}."
    return [f"{said} The highest is {top['p_recent']:.2f} on {_day(top['date'])}{_ratio(top)}."]


def calm_words(told: Replay) -> list[str]:
    """Say what was seen during and after each truce or lull."""
    said = []
    for _, row in told.calm.iloc[1:].iterrows():
        if row["stretch"] == "during":
            end = "the last date" if pd.isna(row["end"]) else _day(row["end"])
            when = f"{row['label']}, {_day(row['start'])} to {end}"
        else:
            when = f"{row['label']}, the two weeks after"
        if not row["vintages"]:
            said.append(f"{when}: no vintage.")
            continue
        said.append(
            f"{when}: highest P(a jump in the last {told.days} days) {row['p_recent']:.2f} ({_day(row['date'])}; "
            f"{_many(row['vintages'], 'vintage')}){_ratio(row)}."
        )
    return said


def revision_words(told: Replay) -> list[str]:
    """Say how far the first estimates held."""
    moved = told.revisions()
    if moved.empty:
        return []
    size = float(np.exp(np.abs(np.log(moved["ratio"])).median()))
    return [
        f"Of {_many(len(moved), 'day')} estimated on an earlier date, the final median rate lies in the first "
        f"{100 * told.prob:g} % interval on {100 * moved['inside'].mean():.0f} %; days "
        "first estimated on the same date are not independent of each other. "
        f"Half of the first estimates were off by a factor of {size:.2f} or less, as the last vintage sees it."
    ]


def _ratio(row: pd.Series) -> str:
    """Say the ratio of a vintage, which tells a rise from a fall."""
    if pd.isna(row["ratio"]):
        return ""
    return (
        f"; the rate was then {row['ratio']:.2f} ({row['ratio_lower']:.2f}–{row['ratio_upper']:.2f}) times that before"
    )


def _day(date: pd.Timestamp) -> str:
    return f"{date:%Y-%m-%d}"


def _many(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
