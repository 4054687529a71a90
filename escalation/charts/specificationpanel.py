"""One panel of a specification curve: a dot for each specification with its interval, the base one in bold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from escalation.charts.heading import DOTS
from escalation.charts.lettering import text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.specificationaxis import Axis, axis_of, value_words
from escalation.charts.specificationlayout import Layout
from escalation.charts.specificationrows import NUMBERS, Panel
from escalation.charts.style import BAND, FONT, GRID, INK, MODEL, MUTED, SIZES

__all__ = ["Curve", "draw_panel", "read_panel", "title_room"]

Floats = NDArray[np.float64]

LEAST = 88.0  # points of a panel
SINK = 9.0  # points below the panel at which specifications without an answer have their mark
LINE = 11.0


@dataclass(frozen=True, eq=False)
class Curve:
    """One panel measured: its numbers in the order of the columns, its axis, its words.

    Parameters
    ----------
    panel : Panel
        What was given.
    value, lower, upper : ndarray of float, shape (n,)
        From the left to the right column.
    axis : Axis
        The vertical axis.
    title, units : tuple of str
        Lines left of the panel.
    base : int
        Column of the base specification.
    height : float
        Points of the panel.
    """

    panel: Panel
    value: Floats
    lower: Floats
    upper: Floats
    axis: Axis
    title: tuple[str, ...]
    units: tuple[str, ...]
    base: int
    height: float

    @property
    def missing(self) -> int:
        """Specifications without an answer."""
        return int(np.isnan(self.value).sum())

    @property
    def cut(self) -> bool:
        """Whether an interval goes on beyond the axis."""
        return bool((self.lower < self.axis.low).any() or (self.upper > self.axis.high).any())

    @property
    def below(self) -> float:
        """Points below the panel."""
        return 22.0 if self.missing else 13.0

    @property
    def tick_room(self) -> float:
        """Points left of the panel that its ticks take."""
        return max((text_width(word, SIZES["label"]) for word in self.axis.words), default=0.0) + 4.0

    @property
    def end_words(self) -> str:
        """The value of the base specification, written at the right."""
        value = float(self.value[self.base])
        return "" if np.isnan(value) else value_words(value, self.panel.scale)


def read_panel(panel: Panel, rows: tuple[str, ...], base: int, room: float) -> Curve:
    """Measure one panel.

    Parameters
    ----------
    panel : Panel
        What was given, already found in order.
    rows : tuple of str
        Specifications from left to right.
    base : int
        Column of the base specification.
    room : float
        Points left of the panel for its words.
    """
    frame = panel.frame.set_axis([str(spec) for spec in panel.frame.index]).loc[list(rows)]
    value, lower, upper = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in NUMBERS)
    title = wrap(panel.title, room, SIZES["subtitle"], bold=True)
    units = wrap(panel.units, room, SIZES["small"])
    height = max(LEAST, LINE * (len(title) + len(units)) + 4.0)
    axis = axis_of(value, lower, upper, reference=panel.reference, scale=panel.scale, height=height)
    return Curve(panel, value, lower, upper, axis, title, units, base, height)


def title_room(left: float, ticks: float) -> float:
    """Return the points for words left of a panel, given those of its ticks."""
    return left - max(ticks, text_width("no answer", SIZES["small"]) + 6.0) - 10.0


def draw_panel(ax: Axes, curve: Curve, layout: Layout, pen: Pen, floor: float) -> None:
    """Draw one panel on its axes, and its words with a pen on the whole figure, ``floor`` points above its foot."""
    _dress(ax, curve, layout)
    x, base = np.array(layout.places), curve.base
    others = np.arange(x.size) != base
    dot = min(4.6, max(0.8 * layout.step, 1.6))
    bar = min(2.2, 0.55 * layout.step)
    _draw_intervals(ax, curve, x, others, {"color": BAND, "lw": bar, "zorder": 2.0})
    ax.plot(x[others], curve.value[others], ls="", marker="o", ms=dot, color=MODEL, mew=0, clip_on=False, zorder=3.0)
    _draw_intervals(ax, curve, x, ~others, {"color": INK, "lw": 1.6, "zorder": 3.5})
    look: dict[str, Any] = {"ls": "", "marker": "o", "color": INK, "mec": "white", "mew": 0.5, "clip_on": False}
    ax.plot(x[~others], curve.value[~others], ms=max(dot + 1.4, 5.4), zorder=4.0, **look)
    if curve.end_words:
        value = float(curve.value[base])
        ax.axhline(value, color=INK, lw=0.8, ls=DOTS, zorder=2.5)
        y = floor + curve.height * float(curve.axis.height(value))
        pen.text(layout.left + layout.width + 6, y, curve.end_words, va="center_baseline", weight="bold")
    _draw_missing(curve, layout, pen, floor)
    y = floor + curve.height
    for line in curve.title:
        y -= LINE
        pen.text(0, y + 2.5, line, fontsize=SIZES["subtitle"], weight="bold")
    for line in curve.units:
        y -= LINE
        pen.text(0, y + 2.5, line, fontsize=SIZES["small"], color=MUTED)


def _dress(ax: Axes, curve: Curve, layout: Layout) -> None:
    """Set up the axis: ticks, a grid that ends with each block, the line of the reference."""
    axis = curve.axis
    ax.set_yscale("log" if axis.log else "linear")
    ax.set_ylim(axis.low, axis.high)
    ax.yaxis.set_major_locator(FixedLocator(list(axis.ticks)))
    ax.yaxis.set_major_formatter(FixedFormatter(list(axis.words)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.tick_params(axis="y", length=0, pad=4, labelsize=SIZES["label"], labelcolor=MUTED, labelfontfamily=FONT)
    for start, end in layout.edges:
        ax.hlines(axis.ticks, start, end, color=GRID, lw=0.7, zorder=1.0)
        ax.hlines([axis.low], start, end, color=MUTED, lw=0.8, zorder=1.0, clip_on=False)
        if curve.panel.reference is not None:
            ax.hlines([curve.panel.reference], start, end, color=MUTED, lw=0.9, zorder=1.5)


def _draw_intervals(ax: Axes, curve: Curve, x: Floats, which: NDArray[np.bool_], look: dict[str, Any]) -> None:
    """Draw intervals as bars; one that goes on beyond the axis ends in an arrow at its edge."""
    held = which & np.isfinite(curve.value) & ~np.isnan(curve.lower)
    low, high = curve.axis.low, curve.axis.high
    ends = np.clip(curve.lower[held], low, high), np.clip(curve.upper[held], low, high)
    ax.vlines(x[held], *ends, color=look["color"], lw=look["lw"], zorder=look["zorder"])
    size = 4.2 + look["lw"]
    for beyond, edge, marker in ((curve.lower < low, low, 7), (curve.upper > high, high, 6)):
        at = x[held & beyond]
        arrow = {"marker": marker, "ms": size, "mew": 0, "color": look["color"], "zorder": look["zorder"]}
        if at.size:
            ax.add_artist(Line2D(at, np.full(at.size, edge), ls="", clip_on=False, **arrow))


def _draw_missing(curve: Curve, layout: Layout, pen: Pen, floor: float) -> None:
    """Mark the specifications without an answer below the panel."""
    lacking = np.isnan(curve.value)
    if not lacking.any():
        return
    x = np.array(layout.places) + layout.left
    size = min(3.6, max(0.8 * layout.step, 1.8))
    for which, colour, width in (
        (np.arange(x.size) != curve.base, MUTED, 0.8),
        (np.arange(x.size) == curve.base, INK, 1.6),
    ):
        at = x[lacking & which]
        if at.size:
            pen.line(at, [floor - SINK] * at.size, ls="", marker="x", ms=size, mew=width, color=colour, zorder=3)
    look: dict[str, Any] = {"ha": "right", "va": "center_baseline", "fontsize": SIZES["small"], "color": MUTED}
    pen.text(layout.left - 4, floor - SINK, "no answer", **look)
