"""Dated outside events: hairlines and light bands, labelled beside the line or numbered with a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from escalation.charts.lettering import plain, text_width, wrap
from escalation.charts.placing import columns, spread, stair_rows
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import INK, MUTED, SIZES
from escalation.charts.timeaxis import TICK_ROOM, dated, day_text, days

__all__ = ["Event", "Flags", "draw_flags", "flags", "read_events"]

LEAD = 10.5
BADGE = 6.8  # font size of the numbers
MAX_ROWS = 3  # rows of written labels; more events than these hold are numbered
ENTRY_INDENT = 17.0
FARTHEST = 30.0  # points a badge may stand beside its line; closer events share a badge
LEAST_ROOM = 80.0  # narrowest column of words in the key


@dataclass(frozen=True)
class Event:
    """One intervention: first and last day, and its label."""

    first: float
    last: float
    label: str

    @property
    def edge(self) -> float:
        """Where it begins on the time axis: a band with the first instant of its day, a line at noon."""
        return self.first - 0.5 * (self.last > self.first)


@dataclass(frozen=True)
class Entry:
    """One entry of the key: its number, its date in words and the lines of its label."""

    number: int
    date: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Flags:
    """Where the label of each intervention stands above a panel, and the key below it.

    Parameters
    ----------
    events : tuple of Event
        In order of time.
    places : tuple of float
        Left edge of each written label, or centre of each badge, in points.
    rows : tuple of int
        Row of each label above the panel.
    words : tuple of str
        The label, or the number (or numbers) of a badge.
    leads : tuple of float
        The place on the time axis that each label belongs to.
    key : tuple of tuple of Entry
        Columns of the key; empty if the labels are written out.
    outside : int
        Interventions beyond the time limits.
    """

    events: tuple[Event, ...]
    places: tuple[float, ...]
    rows: tuple[int, ...]
    words: tuple[str, ...]
    leads: tuple[float, ...]
    key: tuple[tuple[Entry, ...], ...]
    outside: int

    @property
    def strip(self) -> float:
        """Points above the panel taken by the labels."""
        if not self.events:
            return 0.0
        return 20.0 if self.key else 6.0 + LEAD * (1 + max(self.rows))

    @property
    def foot(self) -> float:
        """Points below the time axis and its dates taken by the key."""
        tallest = max((sum(len(entry.lines) for entry in column) for column in self.key), default=0)
        lines = tallest + (self.outside > 0)
        return 8.0 + LEAD * lines if lines else 0.0


def read_events(frame: pd.DataFrame) -> tuple[Event, ...]:
    """Return the interventions of a frame in order of time.

    Parameters
    ----------
    frame : DataFrame
        Columns ``date`` (or indexed by date), ``label``; optional ``date_end``.

    Raises
    ------
    ValueError
        If a column or a date is lacking, or an end lies before its beginning.
    """
    rows, first = dated(frame, "interventions", ("label",))
    last = days(rows["date_end"].to_numpy()) if "date_end" in rows.columns else np.full(len(rows), np.nan)
    last = np.where(np.isnan(last), first, last)
    if (last < first).any():
        raise ValueError(f"interventions: {int((last < first).sum())} rows have date_end before date.")
    found = [Event(float(a), float(b), plain(v)) for a, b, v in zip(first, last, rows["label"], strict=True)]
    return tuple(sorted(found, key=lambda event: (event.edge, event.last)))


def flags(events: Sequence[Event], sheet: Sheet) -> Flags:
    """Place the labels: written out if they fit in three rows, else numbered with a key below.

    Parameters
    ----------
    events : sequence of Event
        In order of time.
    sheet : Sheet
        The panel.

    Returns
    -------
    Flags
    """
    shown = tuple(event for event in events if sheet.holds(event.first, event.last))
    outside = len(events) - len(shown)
    # A band is flagged at its first edge, so that numbers run in order of beginnings.
    leads = [sheet.x(e.edge) for e in shown]
    leads = [min(max(x, 0.0), sheet.width) for x in leads]
    spans = [(x, x + 8 + text_width(e.label, SIZES["small"])) for x, e in zip(leads, shown, strict=True)]
    rows = stair_rows(spans)
    if max(rows, default=0) < MAX_ROWS and all(end <= sheet.text_room for _, end in spans):
        words = tuple(event.label for event in shown)
        return Flags(shown, tuple(leads), tuple(rows), words, tuple(leads), (), outside)
    return _numbered(shown, leads, sheet, outside)


def _numbered(shown: tuple[Event, ...], leads: list[float], sheet: Sheet, outside: int) -> Flags:
    """Return numbered badges, moved apart; neighbours share a badge where there is no room for each."""
    groups = [[i] for i in range(len(shown))]
    while True:
        words = [str(g[0] + 1) if len(g) == 1 else f"{g[0] + 1}–{g[-1] + 1}" for g in groups]
        gap = max(text_width(word, BADGE, bold=True) for word in words) + 7.5
        centres = [sum(leads[i] for i in group) / len(group) for group in groups]
        fits = (len(groups) - 1) * gap <= sheet.width
        places = spread(centres, gap, 0.0, sheet.width) if fits else []
        far = max((abs(p - c) for p, c in zip(places, centres, strict=False)), default=0.0)
        if len(groups) == 1 or (fits and far <= FARTHEST):
            break
        near = min(range(len(groups) - 1), key=lambda k: leads[groups[k + 1][-1]] - leads[groups[k][0]])
        groups[near : near + 2] = [groups[near] + groups[near + 1]]
    home = {i: places[k] for k, group in enumerate(groups) for i in group}
    said = {group[0]: word for group, word in zip(groups, words, strict=True)}
    return Flags(
        events=shown,
        places=tuple(home[i] for i in range(len(shown))),
        rows=(0,) * len(shown),
        words=tuple(said.get(i, "") for i in range(len(shown))),
        leads=tuple(leads),
        key=_key(shown, sheet),
        outside=outside,
    )


def _key(shown: tuple[Event, ...], sheet: Sheet) -> tuple[tuple[Entry, ...], ...]:
    """Return the key in as many columns, up to four, as make it lowest; the fewer, if that is the same."""
    year = sheet.end - sheet.start > 330
    dates = [day_text(event.first, event.last, year=year) for event in shown]
    indent = _date_room(dates) + ENTRY_INDENT + 12
    choices = []
    for count in range(1, 5):
        room = sheet.text_room / count - indent
        if count > 1 and room < LEAST_ROOM:
            break
        lines = [wrap(event.label, max(room, 40.0), SIZES["small"]) or ("",) for event in shown]
        split = columns([len(entry) for entry in lines], count)
        key = tuple(tuple(Entry(i + 1, dates[i], lines[i]) for i in column) for column in split)
        choices.append((max(sum(len(lines[i]) for i in column) for column in split), count, key))
    return min(choices, key=lambda choice: choice[:2])[2]


def _date_room(dates: Sequence[str]) -> float:
    """Return the width of the column of dates."""
    return 7.0 + max(text_width(date, SIZES["small"]) for date in dates)


def draw_flags(pen: Pen, plan: Flags) -> None:
    """Draw hairlines and bands through the panel, the labels above and the key below."""
    height, sheet = pen.sheet.height, pen.sheet
    for event, lead, place, row in zip(plan.events, plan.leads, plan.places, plan.rows, strict=True):
        foot = height + 6 + LEAD * row
        if event.last > event.first:
            left, right = max(sheet.x(event.first - 0.5), 0), min(sheet.x(event.last + 0.5), sheet.width)
            pen.box(left, 0, right - left, height, MUTED, alpha=0.16, zorder=1.7)
            pen.line([left, right], [height, height], color=MUTED, lw=0.9, zorder=1.8)
        else:
            pen.line([lead, lead], [0, height], color=MUTED, lw=0.6, alpha=0.75, zorder=1.8)
        top = height + 8 if plan.key else foot + LEAD - 4
        path = ([lead, lead, place], [height, height + 2, top]) if plan.key else ([lead, lead], [height, top])
        pen.line(*path, color=MUTED, lw=0.6, zorder=1.0)
    for place, row, words in zip(plan.places, plan.rows, plan.words, strict=True):
        if plan.key and words:
            _badge(pen, place, height + 12, words)
        elif words:
            pen.text(place + 2.5, height + 6 + LEAD * row, words, fontsize=SIZES["small"], color=MUTED)
    _draw_key(pen, plan)


def _badge(pen: Pen, x: float, y: float, words: str) -> None:
    """Write a number on a dark ground, its baseline centred about ``x`` a little above ``y``."""
    ground = {"boxstyle": "round,pad=0.22,rounding_size=0.4", "fc": MUTED, "ec": "none"}
    pen.text(x, y - 0.6, words, fontsize=BADGE, weight="bold", color="white", ha="center", bbox=ground)


def _draw_key(pen: Pen, plan: Flags) -> None:
    """Write the numbered key in columns below the dates of the time axis."""
    deepest = top = -TICK_ROOM - 8.0
    wide = pen.sheet.text_room / max(len(plan.key), 1)
    dates = _date_room([entry.date for column in plan.key for entry in column]) if plan.key else 0.0
    for k, column in enumerate(plan.key):
        x, y = k * wide, top
        for entry in column:
            look: dict[str, Any] = {"fontsize": SIZES["small"], "color": INK}
            pen.text(x + 10, y - 7, str(entry.number), weight="bold", ha="right", **look)
            pen.text(x + ENTRY_INDENT, y - 7, entry.date, **look)
            for line in entry.lines:
                y -= LEAD
                pen.text(x + ENTRY_INDENT + dates, y + 3.5, line, fontsize=SIZES["small"], color=MUTED)
        deepest = min(deepest, y)
    if plan.outside:
        words = f"{plan.outside} more outside these dates"
        pen.text(ENTRY_INDENT, deepest - 7, words, fontsize=SIZES["small"], color=MUTED)
