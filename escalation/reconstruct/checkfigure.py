"""The figure of a check: each stated number against what all other statements predict."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.charts.curve import number_axis
from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen
from escalation.charts.style import BAND, FAINT, INK, SIZES
from escalation.charts.timeaxis import days, dress, set_window

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]

#: Statements with a smaller tail bear their number, but not more than so many.
NAMED_TAIL, MOST_NAMED = 0.2, 12


def as_said(row: pd.Series) -> str:
    """Write the number or the range of a statement."""
    return f"{row['count']}" if pd.isna(row["count_high"]) else f"{row['count']}–{row['count_high']}"


def _residuals(rows: pd.DataFrame) -> Floats:
    """Stated number minus predicted median; of a range, the number in it nearest to the median."""
    high = rows["count_high"].astype("float64").fillna(rows["count"])
    return (rows["predicted"].clip(rows["count"], high) - rows["predicted"]).to_numpy(dtype=float)


def _limits(rows: pd.DataFrame, found: Floats) -> tuple[float, float]:
    """Limits of the axis: most upper ends of intervals fit, and what was stated as far as three times that."""
    reach = max(float((rows["upper"] - rows["predicted"]).quantile(0.9)), 5.0)
    low, high = max(float(found.min()), -3 * reach), min(float(found.max()), 3 * reach)
    return 1.12 * min(low, -reach), 1.12 * max(high, reach)


def _key(tested: pd.DataFrame, copies: int, prob: float, hidden: int, beyond: int) -> list[KeyItem]:
    """Glyphs and how many of each; of the copies `hidden`, of the tested `beyond` lie beyond the axis."""
    inside = int(tested["covered"].sum())
    items = [
        KeyItem(f"{100 * prob:g} % interval, cut at the axis", "band", BAND, BAND),
        KeyItem(f"within it ({inside})", "o", INK, INK, 4.2),
    ]
    if len(tested) > inside:
        items.append(KeyItem(f"outside it ({len(tested) - inside})", "D", INK, "white", 5.0))
    if beyond:
        items.append(KeyItem(f"beyond the axis ({beyond})", "^", INK, "white", 5.5))
    if copies:
        unseen = f", {hidden} of them beyond the axis" if hidden else ""
        items.append(KeyItem(f"repeat, not tested ({copies}{unseen})", "o", FAINT, "white", 3.6))
    return items


def _clear(box: Box, taken: list[Box]) -> bool:
    """Whether a box (left, bottom, right, top) overlaps none of those taken."""
    return all(box[2] <= t[0] or t[2] <= box[0] or box[3] <= t[1] or t[3] <= box[1] for t in taken)


def _name(pen: Pen, rows: pd.DataFrame, marks: Floats) -> None:
    """Write the numbers of statements beside their marks, foremost first, clear of marks, numbers and the zero line.

    `marks` (n, 2) are the places of all marks in points; the first ones are those of `rows`.
    """
    low, high = pen.ax.get_ylim()
    zero = -low / (high - low) * pen.sheet.height
    taken: list[Box] = [(0, zero, pen.sheet.width, zero), *((x - 3, y - 3, x + 3, y + 3) for x, y in marks)]
    words = [as_said(row) for _, row in rows.iterrows()]
    for text, (x, y) in zip(words, marks[: len(words)], strict=True):
        width = text_width(text, SIZES["small"], bold=True) + 1
        for up, side in itertools.product((-3, 5, -11, 13, -19, 21, -27), (4, -4 - width, -width / 2)):
            box = (x + side, y + up - 1, x + side + width, y + up + 7)
            if box[0] >= 0 and box[1] >= 0 and box[3] <= pen.sheet.height and _clear(box, taken):
                pen.text(box[0], y + up, text, fontsize=SIZES["small"], weight="bold")
                taken.append(box)
                break


def _marks(ax: Axes, rows: pd.DataFrame, copies: pd.DataFrame) -> None:
    """Draw intervals and residuals; a statement beyond the axis is an arrow at its edge."""
    low, high = ax.get_ylim()
    bottom, top = ((rows[name] - rows["predicted"]).clip(low, high) for name in ("lower", "upper"))
    ax.vlines(rows["day"], bottom, top, color=BAND, lw=2.4, zorder=1.5)
    ax.axhline(0.0, color=INK, lw=0.8, zorder=2.0)
    ax.plot(copies["day"], copies["off"], "o", ms=3.6, mew=0.7, color=FAINT, mfc="white", zorder=2.5)
    held, off = rows["covered"].astype(bool), rows["off"]
    for part, marker, size, face in (
        (held & off.between(low, high), "o", 4.2, INK), (~held & off.between(low, high), "D", 5.0, "white"),
        (off > high, "^", 5.5, "white"), (off < low, "v", 5.5, "white"),
    ):  # fmt: skip
        at = off[part].clip(low, high)
        ax.plot(rows["day"][part], at, marker, ms=size, mew=0.9, color=INK, mfc=face, zorder=3.0, clip_on=False)


def draw_check(ax: Axes, statements: pd.DataFrame, surprises: pd.DataFrame, prob: float, label: str, note: str) -> Axes:
    """Draw residuals over their intervals, repeats hollow and pale behind them, the most surprising named.

    Parameters
    ----------
    ax
        Axes with room above for a title.
    statements
        One row per statement, as `Check.statements`.
    surprises
        The rows that may bear their number, first the most surprising, as `Check.surprises` gives them.
    prob
        Mass of the intervals.
    label, note
        The series, and the sentence beneath the title.
    """
    whole = statements.assign(day=days(statements["as_of"]), off=_residuals(statements))
    rows, copies = whole[~whole["repeat"]], whole[whole["repeat"]]
    set_window(ax, whole["day"].to_numpy(dtype=float))
    pen = Pen(ax)
    dress(ax, pen.sheet)
    low, high = _limits(rows, rows["off"].to_numpy(dtype=float))
    ax.set_ylim(low, high)
    number_axis(ax, whole=True)
    near = copies[copies["off"].between(low, high)]
    _marks(ax, rows, near)
    named = surprises[surprises["tail"] < NAMED_TAIL].head(MOST_NAMED)
    first = pd.concat([whole.loc[named.index], whole.loc[whole.index.difference(named.index)]])
    height = (first["off"].clip(low, high).to_numpy(dtype=float) - low) / (high - low) * pen.sheet.height
    _name(pen, named, np.column_stack([[pen.sheet.x(day) for day in first["day"]], height]))
    lines = heading(
        "Stated totals against what all other statements predict",
        f"Number stated minus predicted median, by as-of date. Numbered: tail below {NAMED_TAIL:g}. {label}",
        pen.sheet.text_room, note=note,
        key=[_key(rows, len(copies), prob, len(copies) - len(near), int((~rows["off"].between(low, high)).sum()))],
    )  # fmt: skip
    draw_heading(pen, lines)
    return ax
