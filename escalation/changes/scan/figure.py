"""The figure of a scan: the statistic by first day of the new regime, and what chance alone would reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from escalation.charts.curve import number_axis
from escalation.charts.heading import DOTS, KeyItem, draw_heading, heading
from escalation.charts.sheet import Pen
from escalation.charts.style import INK, MODEL, MUTED
from escalation.charts.timeaxis import days, dress, set_window

Floats = NDArray[np.float64]


def day_label(value: Any) -> str:
    """Write a label of a day without its time.

    Examples
    --------
    >>> day_label(pd.Timestamp("2024-02-04")), day_label(1892)
    ('2024-02-04', '1892')
    """
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _places(index: pd.Index[Any]) -> tuple[Floats, bool]:
    """Places of labels on the horizontal axis, and whether they are dates; other than numbers are counted from 1."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return days(index.tz_localize(None)), True
    if pd.api.types.is_numeric_dtype(index.dtype):
        return index.to_numpy(dtype=np.float64), False
    return np.arange(1.0, len(index) + 1.0), False


def draw_profile(ax: Axes, profile: pd.Series[float], critical: float, date: Any, note: str) -> Axes:
    """Draw the profile in steps, the critical value as a dotted line, and the maximum as a dot.

    Parameters
    ----------
    ax
        Axes with room above for a title.
    profile
        The statistic by first observed day of the new regime.
    critical
        Value that the maximum exceeds in 5 % of series with a constant rate.
    date
        The label of `profile` at its maximum.
    note
        The finding in words, shown beneath the subtitle.
    """
    where, dated = _places(profile.index)
    value = profile.to_numpy(dtype=np.float64)
    best = int(value.argmax())
    set_window(ax, where)
    pen = Pen(ax)
    dress(ax, pen.sheet)
    if not dated:
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:.10g}"))
    ax.set_ylim(0.0, 1.08 * max(float(value[best]), critical))
    number_axis(ax)
    ax.plot(where, value, color=MODEL, lw=1.4, drawstyle="steps-mid", zorder=3.0)
    ax.axhline(critical, color=MUTED, lw=1.0, ls=DOTS, zorder=2.0)
    ax.plot(where[best], value[best], "o", ms=5.0, color=INK, zorder=4.0, clip_on=False)
    key = [
        KeyItem("statistic of a change on this day", "line", MODEL, MODEL),
        KeyItem(f"a constant rate has its maximum above {critical:.1f} in 5 % of series", "dots", MUTED, MUTED),
        KeyItem(f"maximum, {day_label(date)}", "o", INK, INK),
    ]
    lines = heading(
        "Evidence for one change of rate",
        "Likelihood-ratio statistic of one change, by first observed day of the new rate.",
        pen.sheet.text_room, note=note, key=[key],
    )  # fmt: skip
    draw_heading(pen, lines)
    return ax
