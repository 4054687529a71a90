"""Changes of a rate over observed counts: all are marked, those that matter most are labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.charts.changepoints import ROOM, ChangeMark, draw_changes, key_of_changes
from escalation.charts.heading import KeyItem
from escalation.charts.lettering import number, text_width
from escalation.charts.placing import pack_rows
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import INK, MUTED, SIZES
from escalation.charts.timeaxis import need_columns

__all__ = ["CountMarks", "count_marks", "draw_count_marks", "key_of_count_marks"]

Floats = NDArray[np.float64]

MOST = 8  # labels
SHARE = 0.45  # of the panel's height that labels may take
ROW = 12.0  # points of a label without a bar
STRIP = 11.0  # points of the row of marks without labels
HAIRLINES = 60  # more than this many would hide the counts: they become short strokes
GRAIN = 0.5  # points; marks nearer than this are one stroke


@dataclass(frozen=True)
class CountMarks:
    """Change points in points from the left edge.

    Parameters
    ----------
    named : tuple of ChangeMark
        Those with a label.
    others : ndarray of float, shape (m, 3)
        Left, place and right of the marks without a label.
    barred : bool
        Whether the places have intervals and probabilities.
    """

    named: tuple[ChangeMark, ...]
    others: Floats
    barred: bool

    @property
    def number(self) -> int:
        """Number of changes within the limits."""
        return len(self.named) + len(self.others)

    @property
    def labels(self) -> float:
        """Points at the top of the panel that the labels take."""
        return (ROOM if self.barred else ROW) * (1 + max((mark.row for mark in self.named), default=-1))

    @property
    def strip(self) -> bool:
        """Whether marks without a label have a row of their own below the labels."""
        return len(self.others) > 0 and (self.barred or self.number > HAIRLINES)

    @property
    def room(self) -> float:
        """Points at the top of the panel that the changes take."""
        return self.labels + STRIP * self.strip


def count_marks(changes: pd.DataFrame, index: pd.Index[Any], edges: Floats, sheet: Sheet) -> CountMarks:
    """Place the changes of a frame.

    Parameters
    ----------
    changes : DataFrame
        ``date, rate_before, rate_after, ratio``, and ``lower, upper, probability`` if places are uncertain. Dates are
        labels of the index. A frame without rows needs no columns.
    index : Index
        Labels of the series.
    edges : ndarray of float, shape (n + 1,)
        Where its steps begin and end; a change takes effect at the beginning of its step.
    sheet : Sheet
        The panel.

    Raises
    ------
    ValueError
        If a column is lacking, or a date is no label of the series.
    """
    if not len(changes):
        return CountMarks((), np.empty((0, 3)), False)
    need_columns(changes, "changes", ("date", "rate_before", "rate_after", "ratio"))
    barred = {"lower", "upper", "probability"} <= set(changes.columns)
    low, at, high = (_steps(changes, name, index) for name in (("lower" if barred else "date"), "date",
                                                                ("upper" if barred else "date")))  # fmt: skip
    found = np.column_stack([edges[low], edges[at], edges[high + 1] if barred else edges[at]])
    inside = np.array([sheet.holds(left, right) for left, _, right in found])
    places = (found[inside] - sheet.start) / (sheet.end - sheet.start) * sheet.width
    rows = changes.loc[inside].reset_index(drop=True)
    order = _by_weight(rows, barred)
    fit = int(max(1, SHARE * sheet.height // (ROOM if barred else ROW)))
    for k in range(min(MOST, order.size), -1, -1):
        chosen = np.sort(order[:k])
        named = _named(rows, places, chosen[np.argsort(places[chosen, 1], kind="stable")], sheet, barred)
        if max((mark.row for mark in named), default=-1) < fit:
            break
    return CountMarks(tuple(named), np.delete(places, chosen, axis=0), barred)


def _steps(changes: pd.DataFrame, name: str, index: pd.Index[Any]) -> NDArray[np.intp]:
    """Find the labels of a column in the index."""
    found = index.get_indexer(pd.Index(changes[name]))
    if (found < 0).any():
        lost = ", ".join(str(label) for label in changes[name][found < 0][:5])
        raise ValueError(f"changes: {name} must be labels of the series; {int((found < 0).sum())} are not: {lost}.")
    return found


def _by_weight(rows: pd.DataFrame, barred: bool) -> NDArray[np.intp]:
    """Order changes: the most probable first, among equals (or without probabilities) the largest."""
    ratio = rows["ratio"].to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore"):
        size = np.nan_to_num(np.abs(np.log(ratio)), nan=0.0, posinf=np.inf)
    # Probabilities are frequencies in draws; beyond two digits they are said alike and order nothing.
    chance = np.round(rows["probability"].to_numpy(dtype=np.float64), 2) if barred else np.zeros(size.size)
    return np.lexsort((-size, -chance))


def _words(row: pd.Series[Any], barred: bool) -> str:
    """Say a change: with its probability also the rates, else their ratio."""
    before, after, ratio = (float(row[name]) for name in ("rate_before", "rate_after", "ratio"))
    known = np.isfinite(ratio) and ratio > 0
    if not barred:
        return f"×{number(ratio)}" if known else f"{number(before)} → {number(after)}"
    chance = float(row["probability"])
    said = "> 0.99" if chance > 0.99 else f"{chance:.2f}"
    return f"{number(before)} → {number(after)}{f' (×{number(ratio)})' if known else ''}, P {said}"


def _named(
    rows: pd.DataFrame, places: Floats, chosen: NDArray[np.intp], sheet: Sheet, barred: bool
) -> list[ChangeMark]:
    """Give labels their places: with a bar above it, else right of the hairline, or left of it at the right edge."""
    drafts = []
    for i in chosen:
        left, at, right = (float(x) for x in places[i])
        words = _words(rows.iloc[i], barred)
        width = text_width(words, SIZES["label"]) + 4
        wanted = left if barred else at + 3
        inward = sheet.width - width if barred else at - 1 - width
        label_x = max(wanted if wanted + width <= sheet.width else inward, 0.0)
        drafts.append((min(left, label_x), max(right, label_x + width), left, at, right, words, label_x))
    # A label moved in from the right edge may start left of an earlier one. Room is taken from the leftmost
    # of all later ones, so that rows keep the order of dates.
    starts = np.minimum.accumulate([draft[0] for draft in drafts][::-1])[::-1]
    packed = pack_rows([(float(start), draft[1] + 6) for start, draft in zip(starts, drafts, strict=True)])
    return [ChangeMark(*draft[2:], row) for draft, row in zip(drafts, packed, strict=True)]


def key_of_count_marks(marks: CountMarks) -> list[KeyItem]:
    """Return the glyph of a change and its meaning, and how many are labelled, if there is any change."""
    if not marks.number:
        return []
    items = [KeyItem("change, × rate after over rate before", "|", MUTED, MUTED, 9.0)]
    if marks.barred:
        items = key_of_changes(pd.DataFrame(index=range(marks.number)))
    if len(marks.others):
        which = "most probable" if marks.barred else "largest"
        items.append(KeyItem(f"{marks.number:,} changes, labelled are the {len(marks.named)} {which}", "", INK, INK))
    return items


def draw_count_marks(pen: Pen, marks: CountMarks) -> None:
    """Draw bars or hairlines and their labels downwards from the top of the panel."""
    top = pen.sheet.height - marks.labels
    if marks.barred:
        draw_changes(pen, list(marks.named))
        bars = np.clip(_grains(marks.others[:, [0, 2]]), 0.0, pen.sheet.width)
        _strokes(pen, bars, np.full_like(bars, top - 6), color=MUTED, lw=2.4, zorder=5)
    else:
        ground = {"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"}
        for mark in marks.named:
            y = pen.sheet.height - ROW * mark.row
            pen.line([mark.at, mark.at], [0.0, y], color=MUTED, lw=0.6, zorder=2.2)
            pen.text(mark.label_x, y - 9, mark.words, bbox=ground, zorder=6)
    at = _grains(marks.others[:, [1, 1]])
    foot, head = (top - 9.5, top - 2.5) if marks.strip else (0.0, top)
    heights = np.broadcast_to([foot, head], at.shape)
    _strokes(pen, at, heights, color=MUTED, lw=1.0 if marks.strip else 0.6, zorder=5 if marks.strip else 2.2)


def _grains(spans: Floats) -> Floats:
    """Merge spans that no eye tells apart: of a million changes a thousand strokes remain."""
    return np.unique(np.round(spans / GRAIN), axis=0) * GRAIN


def _strokes(pen: Pen, x: Floats, y: NDArray[Any], **look: Any) -> None:
    """Draw straight strokes, shape (m, 2) each, as one artist."""
    if len(x):
        gap = np.full((len(x), 1), np.nan)
        pen.line(np.hstack([x, gap]).ravel().tolist(), np.hstack([y, gap]).ravel().tolist(), **look)
