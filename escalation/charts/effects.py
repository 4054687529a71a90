"""Ratios of rates around dated events: dots with whiskers on a log axis, over the range at other dates."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from escalation.charts.canvas import new_axes
from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen
from escalation.charts.style import FAINT, FONT, GRID, INK, MODEL, MUTED, SIZES
from escalation.charts.timeaxis import day_text, days, need_columns

__all__ = ["effects_axes", "effects_panel"]

Floats = NDArray[np.float64]

ROW = 25.0  # points per row in a figure of its own
LEFT, RIGHT, ABOVE, BELOW = 268.0, 46.0, 82.0, 28.0
PLACEBO = "#DDDDDD"
WIDEST = 64.0  # the axis goes no further from 1 than this factor
ENDS = ("", "_lower", "_upper")


class Kind(NamedTuple):
    """One kind of estimate: its columns, words, colour, marker, and place above the middle of a row in rows."""

    name: str
    words: str
    colour: str
    marker: str
    lift: float


KINDS = (Kind("glm_ratio", "regression", INK, "o", 0.17), Kind("posterior_ratio", "posterior", MODEL, "D", -0.17))


def effects_axes(rows: int) -> Axes:
    """Make a figure with room for so many rows, their labels at the left and the heading above.

    Examples
    --------
    >>> ax = effects_axes(10)
    >>> round(ax.figure.get_figheight() * 72)
    360
    >>> ax.figure.clear()
    """
    width, inner = 720.0, ROW * max(rows, 2)
    height = inner + ABOVE + BELOW
    ax = new_axes()
    if isinstance(ax.figure, Figure):
        ax.figure.set_size_inches(width / 72, height / 72)
    ax.set_position((LEFT / width, BELOW / height, (width - LEFT - RIGHT) / width, inner / height))
    return ax


def effects_panel(ax: Axes, frame: pd.DataFrame, *, title: str, subtitle: str, prob: float = 0.9) -> Axes:
    """Draw one row per event: two ratios with their intervals, over the range of the placebo dates.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room at the left for labels (about 260 points), above and at the right.
    frame : DataFrame
        ``label, start, end`` (dates), ``glm_ratio, posterior_ratio``, each with ``_lower`` and ``_upper``,
        ``placebo_lower, placebo_upper, placebo_share``. A row without a posterior ratio is named, and drawn empty.
    title, subtitle : str
        Title (the measure) and subtitle (unit and reading).
    prob : float, default 0.9
        Mass of the intervals and of the placebo range.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is lacking.

    Examples
    --------
    >>> row = {"label": "truce", "start": "2024-02-01", "end": "2024-02-07", "placebo_share": 0.1,
    ...        "placebo_lower": 0.5, "placebo_upper": 2.0}
    >>> row |= {f"{name}{end}": 0.5 for name in ("glm_ratio", "posterior_ratio") for end in ENDS}
    >>> ax = effects_panel(effects_axes(1), pd.DataFrame([row]), title="Rate", subtitle="ratio")
    >>> bool(ax.get_xlim()[0] < 0.5)
    True
    >>> ax.figure.clear()
    """
    ratios = [f"{kind.name}{end}" for kind in KINDS for end in ENDS]
    spread = ["placebo_lower", "placebo_upper"]
    need_columns(frame, "effects", ["label", "start", "end", *ratios, *spread, "placebo_share"])
    rows = frame.reset_index(drop=True)
    pen = Pen(ax)
    _dress(ax, len(rows), rows[ratios + spread].to_numpy(dtype=float))
    for i, row in rows.iterrows():
        _draw_row(ax, int(str(i)), row)
    for kind in KINDS:
        for i in range(len(rows)):
            _draw_kind(ax, i, kind, *(float(rows[f"{kind.name}{end}"].iloc[i]) for end in ENDS))
    _write(pen, rows)
    # The heading begins at the labels, not at the axis.
    wide, left = Pen(ax), _left(ax)
    wide.points = Affine2D().translate(-left, 0.0) + wide.points
    draw_heading(wide, heading(title, subtitle, pen.sheet.text_room + left, key=[_key(prob)]), lift=10.0)
    return ax


def _left(ax: Axes) -> float:
    """Return the room at the left of an axes in points, less a margin."""
    return max(float(ax.bbox.x0) * 72.0 / float(ax.figure.dpi) - 8.0, 0.0)


def _limits(found: Floats) -> tuple[float, float]:
    """Return limits that hold all finite ratios, within `WIDEST` of 1."""
    kept = found[np.isfinite(found) & (found > 0)]
    low, high = (float(kept.min()), float(kept.max())) if kept.size else (1.0, 1.0)
    return max(min(low / 1.15, 0.45), 1 / WIDEST), min(max(high * 1.15, 2.2), WIDEST)


def _dress(ax: Axes, rows: int, found: Floats) -> None:
    """Set up the log axis, its ticks at powers of two, and the line at 1."""
    low, high = _limits(found)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(max(rows, 1) - 0.5, -0.5)
    powers = 2.0 ** np.arange(np.ceil(np.log2(low)), np.floor(np.log2(high)) + 1)
    said = [f"1/{round(1 / p)}" if p < 1 else f"{p:.0f}" for p in powers]
    ax.set_xticks(powers, said, fontsize=SIZES["label"], fontfamily=FONT, color=MUTED)
    ax.set_xticks([], minor=True)
    ax.set_yticks([])
    ax.tick_params(length=0)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(GRID)
    ax.grid(axis="x", color=GRID, lw=0.6)
    ax.set_axisbelow(True)
    ax.axvline(1.0, color=INK, lw=0.9, zorder=1.2)


def _draw_row(ax: Axes, i: int, row: pd.Series) -> None:
    """Draw the range of the placebo dates."""
    low, high = ax.get_xlim()
    left, right = float(row["placebo_lower"]), float(row["placebo_upper"])
    if not np.isnan(left + right):
        span = (max(left, low), min(right, high))
        ax.fill_between(span, i - 0.36, i + 0.36, color=PLACEBO, lw=0, zorder=1.1)


def _draw_kind(ax: Axes, i: int, kind: Kind, ratio: float, lower: float, upper: float) -> None:
    """Draw one dot with its whisker; whatever lies beyond the axis ends in an arrow at its edge."""
    low, high = ax.get_xlim()
    y = i - kind.lift
    look: dict[str, Any] = {"color": kind.colour, "zorder": 3.0, "clip_on": False}
    if not np.isnan(lower + upper):
        ax.plot([np.clip(lower, low, high), np.clip(upper, low, high)], [y, y], lw=1.3, **look)
        for beyond, edge, marker in ((lower < low, low, "<"), (upper > high, high, ">")):
            if beyond:
                ax.plot([edge], [y], marker, ms=4.0, mew=0, **look)
    if low <= ratio <= high:
        ax.plot([ratio], [y], kind.marker, ms=4.6, mew=0.9, **{**look, "zorder": 3.5})


def _key(prob: float) -> list[KeyItem]:
    """Say what is drawn."""
    mass = f"{100 * prob:g} %"
    items = [KeyItem(f"{k.words}, {mass} interval", k.marker, k.colour, k.colour, 4.6) for k in KINDS]
    return [*items, KeyItem(f"{mass} of placebo dates; share of them at least as far from 1", "band", PLACEBO, PLACEBO)]


def _cut(words: str, room: float) -> str:
    """Shorten words to a room in points, with an ellipsis."""
    if text_width(words, SIZES["label"]) <= room:
        return words
    while words and text_width(f"{words}…", SIZES["label"]) > room:
        words = words[:-1]
    return f"{words.rstrip(' ,:')}…"


def _write(pen: Pen, rows: pd.DataFrame) -> None:
    """Write the name and dates of each row at the left, and its placebo share at the right."""
    step, left = pen.sheet.height / max(len(rows), 1), _left(pen.ax)
    first, last = days(rows["start"].to_numpy()), days(rows["end"].to_numpy())
    look: dict[str, Any] = {"va": "center_baseline"}
    for i, row in rows.iterrows():
        at = int(str(i))
        y = pen.sheet.height - step * (at + 0.5)
        when, known = day_text(first[at], last[at]), not np.isnan(row["posterior_ratio"])
        pen.text(-10, y, when, ha="right", color=MUTED if known else FAINT, **look)
        room = left - 24 - text_width(when, SIZES["label"])
        pen.text(-left, y, _cut(str(row["label"]), room), color=INK if known else FAINT, **look)
        if not known:
            pen.text(6, y, "not estimated", color=FAINT, backgroundcolor="white", **look)
        elif not np.isnan(row["placebo_share"]):
            pen.text(pen.sheet.width + 8, y, f"{row['placebo_share']:.2f}", color=MUTED, **look)
    if len(rows) and rows["placebo_share"].notna().any():
        pen.text(pen.sheet.width + 8, pen.sheet.height + 3, "share", color=MUTED, fontsize=SIZES["small"])
