"""Observed counts with their rate: dots, steps with a band, change points; long series as means of many steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike, NDArray

from escalation.charts.countdots import bins, draw_dots, key_of_dots, read_dots
from escalation.charts.countmarks import count_marks, draw_count_marks, key_of_count_marks
from escalation.charts.curve import Curve, number_axis
from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.lettering import number
from escalation.charts.seriesaxis import dress_series, series_places, set_series_window, step_edges, step_name
from escalation.charts.sheet import Pen
from escalation.charts.style import BAND, MODEL, MUTED, SIZES

__all__ = ["counts_panel"]

Floats = NDArray[np.float64]

STEPS = 1500  # steps of a thinned line: three to a point of a usual panel


def counts_panel(
    ax: Axes,
    counts: pd.Series[Any],
    rate: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    note: str | None = None,
    prob: float | None = None,
    exposure: ArrayLike | None = None,
) -> Axes:
    """Draw observed counts as dots, their rate as steps with its band, and the change points.

    Beyond 2,000 steps a dot is the mean of several, and the line the mean of steps too narrow to be seen, inside the
    envelope of their bands. All changes are marked; labels go to those that matter most, at most 8.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room above for the heading. Limits of the horizontal axis set before are kept.
    counts : Series
        Counts, in order of time; NaN where nothing was observed. Its index may hold dates, periods or numbers; other
        labels are counted from 1.
    rate : DataFrame
        ``median`` and, if there is a band, ``lower`` and ``upper``, per unit of exposure, on the same index. NaN where
        there is no rate.
    changes : DataFrame
        ``date, rate_before, rate_after, ratio``; with ``lower, upper, probability`` a change is a bar over the interval
        of its date, without them a hairline. Dates are labels of the index: the first step of the new rate. May have no
        rows.
    title, subtitle : str
        Title (the measure) and subtitle (unit and reading; see `seriesaxis.unit_of`).
    note : str, optional
        A finding in words, shown under the subtitle.
    prob : float, optional
        Probability of the band, for its label.
    exposure : array-like, shape (n,), optional
        What each count is divided by; 0 or NaN counts as not observed. None is 1 everywhere.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no steps, counts or exposure are no finite numbers of at least 0, indexes differ or do not
        increase, a column is lacking, or a change is at no label of the index; problems of counts, exposure and rate
        are listed together.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_axes((0.1, 0.1, 0.7, 0.6))
    >>> counts = pd.Series([3, 4, None, 0], index=[1851, 1852, 1853, 1854])
    >>> rate = pd.DataFrame({"median": 2.0, "lower": 1.0, "upper": 4.0}, index=counts.index)
    >>> drawn = counts_panel(ax, counts, rate, pd.DataFrame(), title="Explosions", subtitle="per year", prob=0.9)
    >>> drawn.lines[0].get_xdata().tolist()
    [1851.0, 1852.0, 1854.0]
    """
    bad = _problems(counts, rate, exposure)
    if bad:
        raise ValueError("; ".join(bad))
    where, dated = series_places(counts.index)
    edges = step_edges(where)
    set_series_window(ax, where)
    pen = Pen(ax)
    dress_series(ax, pen.sheet, where, dated)
    curve, dots = _curve(where, rate), read_dots(where, counts, exposure)
    marks = count_marks(changes, counts.index, edges, pen.sheet)
    height, ceiling = pen.sheet.height, dots.ceiling(curve.top)
    top = ceiling * 1.05 * height / max(height - marks.room, 0.3 * height)
    ax.set_ylim(0, top)
    _axis(ax, top)
    above = draw_dots(ax, dots, ceiling)
    _draw_steps(ax, curve, edges)
    draw_count_marks(pen, marks)
    _end_label(pen, curve, top)
    key = [[*key_of_dots(dots, above, step_name(counts.index)), *_key_of_rate(curve, prob)],
           key_of_count_marks(marks)]  # fmt: skip
    draw_heading(pen, heading(title, subtitle, pen.sheet.text_room, note=note, key=key))
    return ax


def _problems(counts: Any, rate: Any, exposure: ArrayLike | None) -> list[str]:
    """Say what cannot be drawn."""
    if not isinstance(counts, pd.Series) or not len(counts) or not isinstance(rate, pd.DataFrame):
        given = f"{type(counts).__name__} and {type(rate).__name__}"
        return [f"a Series of at least one count and a DataFrame of its rate are needed, got {given}"]
    bad = []
    values = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    if (values < 0).any() or np.isinf(values).any():
        bad.append("counts: negative or infinite values; finite numbers of at least 0 are needed, NaN if not observed")
    if exposure is not None:
        weight = np.asarray(exposure, dtype=np.float64)
        if weight.shape != values.shape:
            bad.append(f"exposure: shape {weight.shape} does not fit counts of shape {values.shape}")
        elif (weight < 0).any() or np.isinf(weight).any():
            bad.append("exposure: negative or infinite values; finite numbers of at least 0 are needed")
    if counts.index.hasnans or not counts.index.is_unique or (np.diff(series_places(counts.index)[0]) <= 0).any():
        bad.append("counts: the index must increase, without missing labels; sort it, one value a step")
    if "median" not in rate.columns:
        bad.append(f"rate: needs the column median; given: {', '.join(map(str, rate.columns)) or 'none'}")
    if not rate.index.equals(counts.index):
        bad.append(f"rate: its index must be that of the counts; {len(rate)} rows for {len(counts)} counts")
    return bad


def _curve(where: Floats, rate: pd.DataFrame) -> Curve:
    """Put the rate into arrays; no band is NaN."""
    none = np.full(where.size, np.nan)
    median, lower, upper = (
        rate[name].to_numpy(dtype=np.float64, na_value=np.nan) if name in rate.columns else none
        for name in ("median", "lower", "upper")
    )
    return Curve(where, median, lower, upper, None)


def _draw_steps(ax: Axes, curve: Curve, edges: Floats) -> None:
    """Draw the band and the median; a long series is thinned to steps narrower than the line."""
    n = curve.day.size
    starts = bins(n, -(-n // STEPS))
    ends = np.append(starts[1:], n)
    place, cuts, median = curve.day, edges, curve.median
    lower, upper = curve.lower, curve.upper
    if starts.size < n:
        place, cuts = (curve.day[starts] + curve.day[ends - 1]) / 2, edges[np.append(starts, n)]
        known = np.add.reduceat(np.isfinite(median).astype(float), starts)
        total = np.add.reduceat(np.nan_to_num(median), starts)
        median = np.divide(total, known, out=np.full(starts.size, np.nan), where=known > 0)
        lower, upper = np.fmin.reduceat(lower, starts), np.fmax.reduceat(upper, starts)
    look: dict[str, Any] = {"color": MODEL, "lw": 1.4, "solid_capstyle": "butt", "zorder": 4.0}
    ax.plot(place, median, drawstyle="steps-mid", **look)
    # Steps around the middles lack half a step at each end.
    ends_x, ends_y = [cuts[0], place[0], np.nan, place[-1], cuts[-1]], median[[0, 0, 0, -1, -1]]
    ax.plot(ends_x, ends_y, **look)
    if curve.banded:
        low, high = np.append(lower, lower[-1]), np.append(upper, upper[-1])
        ax.fill_between(cuts, low, high, step="post", color=BAND, lw=0, zorder=1.5)


def _key_of_rate(curve: Curve, prob: float | None) -> list[KeyItem]:
    """Say what the line and the band are."""
    items = [KeyItem("rate, median" if curve.banded else "rate", "line", MODEL, MODEL)]
    if curve.banded:
        items.append(KeyItem("interval" if prob is None else f"{100 * prob:g} % interval", "band", BAND, BAND))
    return items


def _scale(top: float) -> tuple[float, str]:
    """Return the unit of large values: beside the axis there is room for a few digits."""
    return (1e9, " bn") if top >= 1e9 else (1e6, " M") if top >= 1e6 else (1.0, "")


def _axis(ax: Axes, top: float) -> None:
    """Label the values."""
    number_axis(ax)
    size, unit = _scale(top)

    def short(value: float, _: Any) -> str:
        return f"{value / size:,.10g}{unit}" if value else "0"

    if unit:
        ax.yaxis.set_major_formatter(FuncFormatter(short))


def _end_words(curve: Curve, top: float) -> tuple[str, ...]:
    """Return the last rate and its interval, with as many digits as tell the ends of the interval apart."""
    size, unit = _scale(top)
    last = [float(part[-1]) / size for part in (curve.median, curve.lower, curve.upper)]
    said = [number(value) if np.isfinite(value) else "" for value in last]
    if not np.isfinite(last[1] + last[2]):
        return (f"{said[0]}{unit}",) if said[0] else ()
    digits = 2
    while said[1] == said[2] and digits < 8:
        digits += 1
        said = [f"{value:.{digits}g}" for value in last]
    return f"{said[0]}{unit}", f"{said[1]}–{said[2]}{unit}"


def _end_label(pen: Pen, curve: Curve, top: float) -> None:
    """Write the last rate at the end of the line, right of the panel."""
    y = min(max(float(curve.median[-1]) / top * pen.sheet.height, 8.0), pen.sheet.height - 4.0)
    for i, words in enumerate(_end_words(curve, top)):
        look: dict[str, Any] = {"color": MUTED, "fontsize": SIZES["small"]} if i else {"color": MODEL, "weight": "bold"}
        pen.text(pen.sheet.width + 6, y - 1 - 10 * i, words, **look)
