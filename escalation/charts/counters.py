"""Counters beside each other: small panels on one time axis, counts on one scale, ratios on another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.charts.cellgrid import Block, Grid, lay_out
from escalation.charts.comparecells import RatioCell, SumCell, ratio_block, sum_block
from escalation.charts.curve import Curve, draw_curve, key_of_curve, number_axis, read_curve
from escalation.charts.glyphs import draw_reports, key_of_reports, read_reports
from escalation.charts.heading import KeyItem
from escalation.charts.sheet import Sheet
from escalation.charts.stack import padded
from escalation.charts.style import MUTED, style

__all__ = ["CountCell", "RatioCell", "SumCell", "counters_figure"]

COUNT = 92.0  # points inside a panel


class CountCell(NamedTuple):
    """One counter: name, what it rests on, ``as_of, count, used`` reports, its curve, and the curve compared with."""

    name: str
    detail: str
    reports: pd.DataFrame
    curve: pd.DataFrame
    other: pd.DataFrame | None


def counters_figure(
    counts: Sequence[CountCell],
    ratios: Sequence[RatioCell],
    sums: Sequence[SumCell],
    *,
    unit: str = "events",
    source: str = "",
    prob: float = 0.9,
    window: int = 28,
    width: float = 12.0,
) -> Figure:
    """Draw each counter in a panel of its own, below them ratios, then wholes beside the sum of their parts.

    All panels have one time axis; all panels of counts have one scale, and all ratios another, logarithmic, with a
    hairline at 1.

    Parameters
    ----------
    counts : sequence of CountCell
        In the order in which they are read; at least one.
    ratios : sequence of RatioCell
        May be none, then their panels are not there.
    sums : sequence of SumCell
        May be none.
    unit : str
        What most panels count, in the plural.
    source : str
        Credit line.
    prob : float, default 0.9
        Mass of the bands, for the words.
    window : int, default 28
        Days of a window, for the words.
    width : float, default 12
        Of the figure, in inches; the height follows from the number of panels.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        If there is no count, a frame lacks a column, or the figure is too narrow for one panel.

    Examples
    --------
    >>> index = pd.date_range("2024-01-01", periods=30)
    >>> curve = pd.DataFrame({"median": 1.0, "lower": 0.5, "upper": 2.0}, index=index)
    >>> reports = pd.DataFrame({"as_of": index[:1], "count": [1], "used": [True]})
    >>> fig = counters_figure([CountCell(name, "", reports, curve, None) for name in "AB"], [], [])
    >>> len(fig.axes)
    2
    """
    if not counts:
        raise ValueError("counts: at least one panel is needed; none was given.")
    curves = [_plain(cell.curve) for cell in counts]
    limits = padded(min(c.day[0] for c in curves), max(c.day[-1] for c in curves), None)
    blocks = [_counted(counts, curves, limits, unit, prob)]
    if ratios:
        blocks.append(ratio_block(ratios, prob, window))
    if sums:
        blocks.append(sum_block(sums, prob))
    with style():
        return lay_out(blocks, Grid(72.0 * width, limits), source)


def _plain(frame: pd.DataFrame) -> Curve:
    """Return a curve without its mean, which would be a second line on the median."""
    return read_curve(frame.drop(columns="mean", errors="ignore"), "curve")


def _counted(
    cells: Sequence[CountCell], curves: list[Curve], limits: tuple[float, float], unit: str, prob: float
) -> Block:
    """Return the panels of counts."""
    sheet = Sheet(100.0, 100.0, 0.0, *limits)
    found = [read_reports(cell.reports, sheet) for cell in cells]
    top = max(one.ceiling(curve.top) for one, curve in zip(found, curves, strict=True))
    columns = [c for c in ("as_of", "count", "count_high", "bound", "used", "weight") if c in cells[0].reports]
    every = pd.concat([cell.reports[[c for c in columns if c in cell.reports]].astype("object") for cell in cells])
    key = [key_of_reports(read_reports(every, sheet), top), key_of_curve(curves[0], prob)]
    if any(cell.other is not None for cell in cells):
        key[1].append(KeyItem("median of the count that it is compared with", "line", MUTED, MUTED))

    def draw(ax: Axes, i: int, first: bool) -> None:
        ax.set_ylim(0, top)
        number_axis(ax, whole=True)
        if not first:
            ax.tick_params(labelleft=False)
        other = cells[i].other
        draw_curve(ax, curves[i])
        if other is not None:
            ax.stairs(_plain(other).median, _plain(other).edges, baseline=None, color=MUTED, lw=0.9, zorder=2.4)
        draw_reports(ax, found[i])

    return Block(
        f"Cumulative count of {unit}, each counter by itself",
        f"{unit[:1].upper()}{unit[1:]} (or what the panel names) since each count's own first day, one scale. Every "
        "panel knows its own reports only",
        key, [(cell.name, cell.detail) for cell in cells], COUNT, f"{top:,.0f}", draw,
    )  # fmt: skip
