"""The figure of a scan: the statistic by first day of the new regime, and what chance alone would reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.charts.curve import number_axis
from escalation.charts.heading import DOTS, KeyItem, draw_heading, heading
from escalation.charts.seriesaxis import dress_series, series_places, set_series_window
from escalation.charts.sheet import Pen
from escalation.charts.style import INK, MODEL, MUTED

Floats = NDArray[np.float64]


def day_label(value: Any) -> str:
    """Write a label of a day without its time.

    Examples
    --------
    >>> day_label(pd.Timestamp("2024-02-04")), day_label(1892)
    ('2024-02-04', '1892')
    """
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


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
    where, dated = series_places(profile.index)
    value = profile.to_numpy(dtype=np.float64)
    best = int(value.argmax())
    set_series_window(ax, where)
    pen = Pen(ax)
    dress_series(ax, pen.sheet, where, dated)
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
