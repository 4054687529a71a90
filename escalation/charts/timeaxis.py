"""Dates in frames and on the shared time axis. A date is drawn at the middle of its day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from escalation.charts.lettering import text_width
from escalation.charts.sheet import Sheet
from escalation.charts.style import FONT, GRID, MUTED, SIZES

__all__ = ["TICK_ROOM", "dated", "day_text", "days", "dress", "need_columns", "set_window"]

Days = npt.NDArray[np.float64]
EPOCH = date(1970, 1, 1)
# Not strftime: its names of months follow the reader's locale, and the figures would differ.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TICK_ROOM = 15.0
"""Points below an axes taken by the labels of its time axis."""


def days(values: object) -> Days:
    """Return dates as days since 1970-01-01; a missing date is NaN.

    Parameters
    ----------
    values : sequence of dates
        Anything that `pandas.to_datetime` reads.

    Returns
    -------
    ndarray of float, shape (n,)

    Examples
    --------
    >>> days(["1970-01-02", None]).tolist()
    [1.0, nan]
    """
    stamps = pd.DatetimeIndex(pd.to_datetime(pd.Series(values))).to_numpy().astype("datetime64[s]")
    out = stamps.astype("int64") / 86400.0
    out[np.isnat(stamps)] = np.nan
    return out


def need_columns(frame: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise a ValueError that lists the columns a frame lacks."""
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        given = ", ".join(map(str, frame.columns)) or "none"
        raise ValueError(f"{name}: needs the columns {', '.join(lacking)}; given: {given}.")


def dated(frame: pd.DataFrame, name: str, columns: Iterable[str]) -> tuple[pd.DataFrame, Days]:
    """Return a frame with a plain index, and its dates as days.

    Parameters
    ----------
    frame : DataFrame
        With a ``date`` column, or indexed by date.
    name : str
        What the frame is called in an error.
    columns : iterable of str
        The columns it needs beside the date.

    Returns
    -------
    tuple of DataFrame and ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        If a column is lacking, or the dates are numbers, missing or unreadable.
    """
    need_columns(frame, name, columns)
    dates = frame["date"] if "date" in frame.columns else frame.index.to_series()
    if len(frame) and pd.api.types.is_numeric_dtype(dates):
        raise ValueError(f"{name}: index it by date or give it a date column; its dates are numbers.")
    found = days(dates.to_numpy())
    if np.isnan(found).any():
        bare = np.flatnonzero(np.isnan(found))
        raise ValueError(f"{name}: {len(bare)} rows have no date, the first is row {bare[0]} from 0; give one.")
    return frame.reset_index(drop=True), found


def set_window(ax: Axes, found: Days) -> None:
    """Set the time limits from the days found, unless the caller has set them already."""
    if not ax.get_autoscalex_on():
        return
    first, last = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    pad = 0.5 + 0.01 * (last - first)
    ax.set_xlim(first - pad, last + pad)


def day_text(day: float, last: float | None = None, *, year: bool = False) -> str:
    """Return a day, or a span of days, in short English words.

    Parameters
    ----------
    day : float
        Days since 1970-01-01.
    last : float, optional
        The last day of a span.
    year : bool, default False
        Whether the year is written.

    Returns
    -------
    str

    Examples
    --------
    >>> day_text(19685, 19691), day_text(19685, year=True)
    ('24–30 Nov', '24 Nov 2023')
    """
    first = EPOCH + timedelta(days=int(day // 1))
    tail = f" {first.year}" if year else ""
    if last is None or last <= day:
        return f"{first.day} {MONTHS[first.month - 1]}{tail}"
    final = EPOCH + timedelta(days=int(last // 1))
    same = (first.year, first.month) == (final.year, final.month)
    start = str(first.day) if same else day_text(day, year=year and first.year != final.year)
    return f"{start}–{day_text(last, year=year)}"


def dress(ax: Axes, sheet: Sheet) -> None:
    """Give an axes the common look: horizontal grid only, no frame but the time axis, readable dates."""
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.set_axisbelow(True)
    ax.grid(False)
    ax.grid(True, axis="y", color=GRID, linewidth=0.7)
    ax.tick_params(labelsize=SIZES["label"], labelcolor=MUTED, labelfontfamily=FONT, color=MUTED)
    ax.tick_params(axis="y", length=0, pad=4)
    ax.tick_params(axis="x", length=3, pad=3)
    places, words = date_ticks(sheet)
    ax.xaxis.set_major_locator(FixedLocator(places))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FixedFormatter(words))


def date_ticks(sheet: Sheet) -> tuple[list[float], list[str]]:
    """Return the finest days, months or years whose labels fit side by side, and the labels."""
    first, last = (EPOCH + timedelta(days=int(edge // 1)) for edge in (sheet.start + 1, sheet.end))
    for dates, words in _ladder(first, last):
        places = [float((day - EPOCH).days) for day in dates]
        labels = [words(day, i == 0 or day.year != dates[i - 1].year) for i, day in enumerate(dates)]
        widths = [text_width(label, SIZES["label"]) for label in labels]
        ends = [(sheet.x(p) - w / 2, sheet.x(p) + w / 2) for p, w in zip(places, widths, strict=True)]
        if dates and all(right + 9 <= left for (_, right), (left, _) in pairwise(ends)):
            return places, labels
    return [], []


Words = Callable[[date, bool], str]


def _ladder(first: date, last: date) -> Iterable[tuple[Sequence[date], Words]]:
    """Yield ever coarser sets of dates between two dates, each with its wording."""
    span = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    for step in (1, 2):
        yield span[::step], _day_words
    yield [day for day in span if day.weekday() == 0], _day_words
    starts = [day for day in span if day.day == 1]
    for step in (1, 2, 3, 6):
        yield [day for day in starts if (day.month - 1) % step == 0], _month_words
    for step in (1, 2, 5, 10, 20, 50, 100):
        yield [day for day in starts if day.month == 1 and day.year % step == 0], lambda day, _: str(day.year)


def _day_words(day: date, year: bool) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def _month_words(day: date, year: bool) -> str:
    return MONTHS[day.month - 1] + (f" {day.year}" if year else "")
