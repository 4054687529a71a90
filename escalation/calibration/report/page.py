"""A page measured in points: a heading over its whole width, panels where they are put, a source line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from escalation.charts.heading import Heading
from escalation.charts.heading import draw_heading as draw_lines
from escalation.charts.lettering import wrap
from escalation.charts.sheet import Pen
from escalation.charts.style import FONT, GRID, MUTED, SIZES

__all__ = ["MARGIN", "MISS", "ROOM", "WIDTH", "Drawing", "Page", "tick"]

WIDTH, MARGIN = 720.0, 16.0
#: Width between the margins, in points.
ROOM = WIDTH - 2 * MARGIN
TOP, FOOT = 10.0, 10.0
#: Colour of what misses its target or leaves its band.
MISS = "#B5541C"

Limits = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A figure with its numbers and its words.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Not known to pyplot.
    numbers : dict of str to DataFrame
        What is drawn, by panel.
    alt, title : str
        Words for readers who do not see it, and its short name.
    """

    fig: Figure
    numbers: dict[str, pd.DataFrame]
    alt: str
    title: str


class Page:
    """A figure of `WIDTH` points whose height follows from what it holds.

    Parameters
    ----------
    lines : Heading
        The lines above, broken to `ROOM`.
    body : float
        Points for the panels.
    source : str
        Credit line, bottom left.

    Attributes
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    pen : Pen
        Writes in points from the lower left corner of the body, between the margins.
    """

    def __init__(self, lines: Heading, body: float, source: str) -> None:
        credit = wrap(source, ROOM, SIZES["small"])
        self._foot = FOOT + 10.0 * len(credit) + 6.0
        self._height = TOP + lines.height + body + self._foot
        self.body = body
        self.fig = Figure(figsize=(WIDTH / 72.0, self._height / 72.0))
        ground = self.fig.add_axes(
            (MARGIN / WIDTH, self._foot / self._height, ROOM / WIDTH, body / self._height), zorder=2
        )
        _strip(ground)
        ground.patch.set_visible(False)
        ground.xaxis.set_visible(False)
        ground.yaxis.set_visible(False)
        self.pen = Pen(ground)
        draw_lines(self.pen, lines)
        for i, line in enumerate(credit):
            self.pen.text(0, -14.0 - 10.0 * i, line, fontsize=SIZES["small"], color=MUTED)

    def panel(self, left: float, down: float, width: float, height: float, *, x: Limits, y: Limits) -> Axes:
        """Make axes ``left`` points from the left margin and ``down`` points below the heading, without ticks."""
        bottom = self._foot + self.body - down - height
        place = ((MARGIN + left) / WIDTH, bottom / self._height, width / WIDTH, height / self._height)
        ax = self.fig.add_axes(place)
        _strip(ax)
        ax.set_xlim(*x)
        ax.set_ylim(*y)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(FixedLocator([]))
            axis.set_minor_locator(NullLocator())
        return ax

    def say(self, left: float, down: float, words: str, **look: object) -> None:
        """Write one line whose letters stand ``down`` points below the heading."""
        self.pen.text(left, self.body - down, words, **look)


def _strip(ax: Axes) -> None:
    """Take the frame and the grid off."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.grid(False)
    ax.set_axisbelow(True)


def tick(ax: Axes, side: str, places: Sequence[float], words: Sequence[str] | None = None, grid: bool = True) -> None:
    """Put ticks at given places of the ``"x"`` or ``"y"`` axis, with hairlines; no words leave the numbers off."""
    axis = ax.xaxis if side == "x" else ax.yaxis
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(words or [""] * len(places))))
    ax.tick_params(axis="both", length=0, pad=3, labelsize=SIZES["label"], labelcolor=MUTED, labelfontfamily=FONT)
    if grid:
        ax.grid(visible=True, axis="x" if side == "x" else "y", color=GRID, linewidth=0.7)
