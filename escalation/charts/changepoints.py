"""Change points on the rate panel: a bar over the interval of the date, a tick at the date, a probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from escalation.charts.heading import KeyItem
from escalation.charts.lettering import number, text_width
from escalation.charts.placing import pack_rows
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import INK, SIZES
from escalation.charts.timeaxis import dated, days

__all__ = ["ChangeMark", "change_marks", "draw_changes", "key_of_changes", "room_of_changes"]

ROOM = 21.0
_NUMBERS = ("probability", "rate_before", "rate_after", "ratio")


@dataclass(frozen=True)
class ChangeMark:
    """One change point in points from the left edge, its label, and its row from the top of the panel."""

    left: float
    at: float
    right: float
    words: str
    label_x: float
    row: int


def change_marks(changes: pd.DataFrame, sheet: Sheet) -> list[ChangeMark]:
    """Place the change points of a frame.

    Parameters
    ----------
    changes : DataFrame
        ``date, lower, upper`` (dates), ``probability, rate_before, rate_after, ratio``. A frame without rows
        needs no columns.
    sheet : Sheet
        The panel.

    Raises
    ------
    ValueError
        If a column or a date is lacking.
    """
    if not len(changes):
        return []
    rows, day = dated(changes, "changes", ("lower", "upper", *_NUMBERS))
    low, high = days(rows["lower"].to_numpy()), days(rows["upper"].to_numpy())
    if np.isnan(low + high).any():
        raise ValueError("changes: every row needs lower and upper, the interval of its date.")
    drafts = []
    for i in np.argsort(day, kind="stable"):
        # A change takes effect with the first instant of its date, half a day before the middle of it.
        left, at, right = (sheet.x(d) for d in (low[i] - 0.5, day[i] - 0.5, high[i] + 0.5))
        words = _words(*(float(rows[c].iloc[i]) for c in _NUMBERS))
        width = text_width(words, SIZES["label"]) + 4
        label_x = max(min(left, sheet.width - width), 0.0)
        drafts.append((min(left, label_x), max(right, label_x + width), left, at, right, words, label_x))
    # A label moved in from the right edge may start left of an earlier one. Room is taken from the leftmost
    # of all later ones, so that rows keep the order of dates.
    starts = np.minimum.accumulate([draft[0] for draft in drafts][::-1])[::-1]
    places = pack_rows([(start, draft[1] + 6) for start, draft in zip(starts, drafts, strict=True)])
    return [ChangeMark(*draft[2:], row) for draft, row in zip(drafts, places, strict=True)]


def _words(probability: float, before: float, after: float, ratio: float) -> str:
    """Say a change: rates, ratio, probability."""
    factor = f" (×{number(ratio)})" if np.isfinite(ratio) else ""
    said = "> 0.99" if probability > 0.99 else f"{probability:.2f}"
    return f"{number(before)} → {number(after)} a day{factor}, P {said}"


def key_of_changes(changes: pd.DataFrame) -> list[KeyItem]:
    """Return the glyph of a change point and its meaning, if there is any."""
    words = "change: interval and median of its date; P: probability of a change within"
    return [KeyItem(words, "bar", INK, INK)] if len(changes) else []


def room_of_changes(marks: list[ChangeMark]) -> float:
    """Return the points at the top of the panel that the change points take."""
    return ROOM * (1 + max((mark.row for mark in marks), default=-1))


def draw_changes(pen: Pen, marks: list[ChangeMark]) -> None:
    """Draw the bars and labels downwards from the top of the panel."""
    ground = {"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"}
    for mark in marks:
        y = pen.sheet.height - ROOM * mark.row
        pen.text(mark.label_x, y - 10, mark.words, bbox=ground, zorder=6)
        left, right = max(mark.left, 0.0), min(mark.right, pen.sheet.width)
        pen.line([left, right], [y - 15, y - 15], color=INK, lw=2.4, zorder=5)
        pen.line([mark.at, mark.at], [y - 18.5, y - 11.5], color=INK, lw=1.4, zorder=5)
