"""Dated outside events as rows: which days are looked at, what they are called, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from escalation.records.exportfile import day_of
from escalation.records.labels import event_labels

__all__ = ["Event", "others_on", "outside", "read_events"]

#: ``"auto"`` reads an event of at least so many days as a window.
LEAST_WINDOW = 3
#: Columns that are read.
_COLUMNS = ("date", "date_end", "label", "actor", "kind", "target", "notes")


@dataclass(frozen=True)
class Event:
    """One event and the days that are looked at.

    Parameters
    ----------
    label, term
        Its name, and the term that is fitted.
    start, end
        First and last day looked at.
    until
        Last day of the event itself.
    lack
        What is missing to look at it; empty if nothing.
    """

    label: str
    term: str
    start: pd.Timestamp
    end: pd.Timestamp
    until: pd.Timestamp
    lack: str = ""


# Days that every resolution of pandas can hold.
_YEARS = range(1700, 2200)


def _day(cell: Any) -> Any:
    """Return a cell as a day: a date, or text that can be read in one way only. NaT if it is neither."""
    if isinstance(cell, str):
        cell = day_of(cell.strip())
    found = pd.to_datetime(cell, errors="coerce") if isinstance(cell, (date, np.datetime64)) else pd.NaT
    if not isinstance(found, pd.Timestamp) or found.year not in _YEARS:
        return pd.NaT
    return found.tz_localize(None).normalize()


def _days(frame: pd.DataFrame, column: str, bad: list[str], *, optional: bool) -> pd.Series:
    """Read a column of dates; each cell that is none is added to the problems."""
    if list(frame.columns).count(column) != 1:
        if column not in frame and not optional:
            bad.append(f"interventions need a column date; given: {', '.join(map(str, frame.columns)) or 'none'}")
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    cells = frame[column]
    days = pd.Series([_day(cell) for cell in cells], index=frame.index, dtype="datetime64[us]")
    for i in np.flatnonzero(days.isna() & ~(cells.isna() & optional)):
        bad.append(f"interventions, row {i}, column {column}: {cells.iloc[i]!r} is not a date such as '2023-11-24'")
    return days


def _event(label: str, first: pd.Timestamp, last: Any, term: str, after: int) -> Event:
    """Turn one row into the days to look at."""
    ends = isinstance(last, pd.Timestamp)
    length = (last - first).days + 1 if ends else 1
    if term == "auto":
        term = "window" if length >= LEAST_WINDOW else "step"
    days = after if term in ("step", "slope") else length
    lack = "A window needs date_end, and none is given." if term == "window" and not ends else ""
    return Event(label, term, first, first + pd.Timedelta(days=days - 1), last if ends else first, lack)


def read_events(frame: Any, term: str, after: int, bad: list[str]) -> list[Event]:
    """Read a frame of interventions, windows first, then by date.

    Parameters
    ----------
    frame
        With a column `date`; optional `date_end`, `label`, `actor`, `kind`, `target`, `notes`. Dates are dates or
        text YYYY-MM-DD; "02/03/2024" and "2024-02" are refused.
    term
        ``"auto"`` or one of `TERMS`.
    after
        Days from the date on, for a step or a slope.
    bad
        Problems found so far; those of the frame are added. The answer is empty if there are any.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": ["2024-01-05", "2024-02-01"], "date_end": [None, "2024-02-07"],
    ...                       "kind": ["airstrike", "truce"]})
    >>> [(event.label, event.term, f"{event.end:%d %b}") for event in read_events(frame, "auto", 14, [])]
    [('Truce', 'window', '07 Feb'), ('Airstrike', 'step', '18 Jan')]
    """
    if not isinstance(frame, pd.DataFrame):
        bad.append(f"interventions must be a DataFrame with a column date, got {type(frame).__name__}")
        return []
    for name in _COLUMNS:
        if (times := list(frame.columns).count(name)) > 1:
            bad.append(f"interventions: column {name} is given {times} times, once is needed")
    first, last = _days(frame, "date", bad, optional=False), _days(frame, "date_end", bad, optional=True)
    for i in np.flatnonzero(last < first):
        bad.append(f"interventions, row {i}: date_end {last.iloc[i]:%Y-%m-%d} is before date {first.iloc[i]:%Y-%m-%d}")
    if bad:
        return []
    rows = zip(event_labels(frame), first, last, strict=True)
    events = [_event(label, begins, ends, term, after) for label, begins, ends in rows]
    return sorted(events, key=lambda e: (e.term != "window", e.start, e.end))


def outside(event: Event, before: int, dates: pd.DatetimeIndex) -> str:
    """Say which part of the days needed lies outside the series; empty if none."""
    ahead, behind = (event.start - dates[0]).days - before, (dates[-1] - event.end).days
    said = []
    if ahead < 0:
        said.append(f"the {before} days before start {-ahead} days ahead of it")
    if behind < 0:
        said.append(f"the days from the date on end {-behind} days after it")
    where = f"The series runs from {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}; "
    return where + " and ".join(said) + "." if said else ""


def others_on(event: Event, events: list[Event], before: int) -> int:
    """Count the other events that fall on the days compared."""
    start = event.start - pd.Timedelta(days=before)
    return sum(one is not event and one.start <= event.end and one.until >= start for one in events)
