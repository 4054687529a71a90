"""Coverage in worlds that the prior does not contain, as a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.calibration.report.dotrows import ROW, Rows, draw_rows, share_axis, stack
from escalation.calibration.report.dots import Dots, Z, draw_dots
from escalation.calibration.report.page import MISS, ROOM, Drawing, Page
from escalation.calibration.report.verdict import bounds
from escalation.calibration.voices import FLOORED, VOICES
from escalation.charts.heading import Heading, KeyItem, heading
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen
from escalation.charts.style import BAND, INK, MODEL, MUTED, SIZES, style

__all__ = ["draw_coverage"]

Floats = NDArray[np.float64]

NOMINAL = 0.9
GAP, TICKS, TOP = 40.0, 16.0, 27.0
COLUMNS = (("rate", "Rate of each day"), ("total", "Total on days without a report"))


def draw_coverage(worlds: pd.DataFrame, *, source: str) -> Drawing:
    """Draw the coverage of 90 % intervals, one row per world and voice, one column each for rate and total.

    Parameters
    ----------
    worlds : DataFrame
        ``world, voice, rate, rate_se, total, total_se``; NaN where nothing was measured.
    source : str
        Credit line.

    Returns
    -------
    Drawing
    """
    frame = pd.concat([part for _, part in worlds.groupby("voice", sort=False)], ignore_index=True)
    says = {voice.name: voice.says for voice in (*VOICES, FLOORED)}
    heads = {name: f"{name}: {says[name]}" if name in says else str(name) for name in frame["voice"].unique()}
    rows = stack([(heads[voice], str(world)) for voice, world in zip(frame["voice"], frame["world"], strict=True)])
    left = max(rows.width + 12.0, 90.0)
    width = (ROOM - left - GAP) / 2
    low = _lowest(frame)
    with style():
        page = Page(_heading(frame), TOP + rows.height + TICKS, source)
        draw_rows(page, rows, 0.0, TOP)
        for i, (column, title) in enumerate(COLUMNS):
            at = left + (width + GAP) * i
            ax = page.panel(at, TOP, width, rows.height, x=(low, 1.0), y=(rows.height, 0.0))
            page.say(at, 11.0, title, fontsize=SIZES["subtitle"], weight="bold")
            page.say(at, 22.0, _asked(frame, column), fontsize=SIZES["small"], color=MUTED)
            _draw_column(ax, rows, frame, column)
        page.fig.draw_without_rendering()
    return Drawing(page.fig, {"coverage": frame}, _alt(frame), "Coverage in worlds outside the prior")


def _lowest(frame: pd.DataFrame) -> float:
    """Left end of the axis: a multiple of .1 below all intervals and targets."""
    ends = [0.85]
    for column, _ in COLUMNS:
        ends.append(float((frame[column] - 2 * frame[f"{column}_se"].fillna(0.0)).min()))
    return max(0.0, float(np.floor(10 * np.nanmin(ends) - 1e-9) / 10))


def _heading(frame: pd.DataFrame) -> Heading:
    """Say what is drawn and how it reads."""
    series = sorted(frame["series"].unique().tolist())
    many = f"{series[0]:,}" if len(series) == 1 else f"{series[0]:,} to {series[-1]:,}"
    return heading(
        "Coverage of 90 % intervals in worlds that the prior does not contain",
        f"Share of days whose interval holds the truth; {many} series in each row, with 95 % Monte-Carlo intervals.",
        ROOM,
        key=[[
            KeyItem("within its target", "o", MODEL, MODEL, 5.0), KeyItem("outside it", "o", MISS, "white", 5.0),
            KeyItem("target", "band", BAND, BAND), KeyItem(f"nominal {NOMINAL:g}", "line", INK, INK),
        ]],
    )  # fmt: skip


def _asked(frame: pd.DataFrame, column: str) -> str:
    """Say the target of a column."""
    low, high = (limit[0] for limit in bounds("worlds", frame, column))
    if np.isinf(high):
        return f"target: at least {low:g}" if np.isfinite(low) else "no target"
    return f"target: {low:g} to {high:g}"


def _missed(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Tell which rows miss the target of a column."""
    low, high = bounds("worlds", frame, column)
    value = frame[column].to_numpy(dtype=float)
    return np.asarray((value < low) | (value > high))


def _draw_column(ax: Axes, rows: Rows, frame: pd.DataFrame, column: str) -> None:
    """Draw one column; what misses its target is hollow and says its value."""
    low, high = bounds("worlds", frame, column)
    start = ax.get_xlim()[0]
    for y, a, b in zip(rows.y, np.maximum(low, start), np.minimum(high, 1.0), strict=True):
        ax.fill_between([a, b], y - ROW / 2, y + ROW / 2, color=BAND, lw=0, zorder=0.5)
    share_axis(ax, rows)
    ax.vlines([NOMINAL] * len(rows.spans), *zip(*rows.spans, strict=True), color=INK, lw=0.8, zorder=1.5)
    missed, x, se = _missed(frame, column), *(frame[name].to_numpy(dtype=float) for name in (column, f"{column}_se"))
    for part, colour, face in ((~missed, MODEL, MODEL), (missed, MISS, "white")):
        draw_dots(ax, rows, Dots("", np.where(part, x, np.nan), se, "o", colour, face))
    _say_missed(Pen(ax), rows, x, se, missed)


def _say_missed(pen: Pen, rows: Rows, x: Floats, se: Floats, missed: NDArray[np.bool_]) -> None:
    """Write the value of what misses its target beside its interval, away from the target if there is room."""
    for i in np.flatnonzero(missed):
        words, half = f"{x[i]:.3f}", Z * float(np.nan_to_num(se[i]))
        left, right = pen.sheet.x(x[i] - half) - 6.0, pen.sheet.x(min(x[i] + half, 1.0)) + 6.0
        low = x[i] < NOMINAL and left > text_width(words, SIZES["small"])
        at, side = (left, "right") if low else (right, "left")
        pen.text(at, rows.height - rows.y[i] - 2.6, words, fontsize=SIZES["small"], color=MISS, ha=side)


def _alt(frame: pd.DataFrame) -> str:
    """Say what the figure shows."""
    parts = []
    for column, title in COLUMNS:
        missed, x = _missed(frame, column), frame[column]
        where = [f"{world} told {voice}, {value:.3f}" for world, voice, value in
                 zip(frame["world"][missed], frame["voice"][missed], x[missed], strict=True)]  # fmt: skip
        outside = f"outside: {'; '.join(where)}" if where else "none outside"
        parts.append(f"{title}: {x.min():.2f} to {x.max():.2f} in {x.notna().sum()} settings, {_asked(frame, column)}, "
                     f"{outside}.")  # fmt: skip
    return f"Coverage of 90 % intervals, one row for each world in each voice. {' '.join(parts)}"
