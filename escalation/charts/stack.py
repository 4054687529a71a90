"""Panels stacked on one time axis: their words, their places, the credit line below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.charts.lettering import wrap
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import MUTED, SIZES, style

__all__ = ["BETWEEN", "Parts", "Rooms", "Window", "fitted", "headed", "padded", "stack"]

TOP, FOOT, BETWEEN = 10.0, 10.0, 12.0
LEAST_WIDTH = 150.0  # points of the time axis

Window = tuple[object, object] | None
Words = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Rooms:
    """Points above, inside and below each panel."""

    above: tuple[float, ...]
    inside: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def height(self) -> float:
        """Points taken by all panels."""
        return sum(self.above) + sum(self.inside) + sum(self.below)


class Parts(Protocol):
    """What a stack is made of."""

    def limits(self, window: Window) -> tuple[float, float]:
        """Return the limits of the time axis in days."""

    def sheet(self, limits: tuple[float, float], width: float) -> tuple[Sheet, float]:
        """Return the common sheet of the panels, and the room left of it for the numbers of their axes."""

    def rooms(self, sheet: Sheet, room: float) -> Rooms:
        """Share the height: words get what they need, panels the rest, and the figure grows if it must."""

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw the panels."""


def headed(headings: Mapping[str, tuple[str, str]] | None, plain: Mapping[str, tuple[str, str]]) -> Words:
    """Return title and subtitle of each panel as keyword arguments, the plain ones where none are given.

    Raises
    ------
    ValueError
        If a heading belongs to no panel.

    Examples
    --------
    >>> headed({"rate": ("Rate", "a day")}, {"rate": ("", ""), "lanes": ("Lanes", "")})["rate"]
    {'title': 'Rate', 'subtitle': 'a day'}
    """
    strange = sorted(set(headings or {}) - set(plain))
    if strange:
        raise ValueError(f"headings: unknown panel {', '.join(strange)}; known: {', '.join(plain)}.")
    said = {**plain, **(headings or {})}
    return {panel: {"title": title, "subtitle": subtitle} for panel, (title, subtitle) in said.items()}


def padded(first: float, last: float, window: Window) -> tuple[float, float]:
    """Return the limits of a time axis with some room beyond the first and last day.

    Raises
    ------
    ValueError
        If the last day is before the first.
    """
    if not last >= first:
        raise ValueError(f"window: needs a first and a last day in this order; given {window}.")
    pad = 0.5 + 0.01 * (last - first)
    return float(first - pad), float(last + pad)


def fitted(left: float, right: float, width: float) -> float:
    """Return the width of the time axis between the rooms for words on either side.

    Raises
    ------
    ValueError
        If too little is left.
    """
    if width - left - right < LEAST_WIDTH:
        least = (left + right + LEAST_WIDTH) / 72
        raise ValueError(f"size: {width / 72:g} in is too narrow; these words need {least:.1f} in.")
    return width - left - right


def stack(parts: Parts, *, source: str, window: Window, size: tuple[float, float]) -> Figure:
    """Draw panels from the top down on one time axis, with a credit line bottom left.

    Parameters
    ----------
    parts : Parts
        The panels.
    source : str
        Credit line.
    window : tuple of two dates or None
        First and last day shown.
    size : tuple of float
        Width and height in inches; the figure is higher if its words need the room.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.
    """
    sheet, left = parts.sheet(parts.limits(window), 72.0 * size[0])
    credit = wrap(source, sheet.text_room, SIZES["small"])
    foot = FOOT + 10.0 * len(credit) + 6.0
    rooms = parts.rooms(sheet, 72.0 * size[1] - TOP - foot)
    with style():
        fig = Figure(figsize=(size[0], (TOP + foot + rooms.height) / 72.0))
        axes = _axes(fig, rooms, left, sheet)
        parts.draw(axes)
        pen = Pen(axes[-1])
        for i, line in enumerate(credit):
            pen.text(0, -rooms.below[-1] - 14.0 - 10.0 * i, line, fontsize=SIZES["small"], color=MUTED)
        fig.draw_without_rendering()  # ticks are made now, with these settings, and not later with others
    return fig


def _axes(fig: Figure, rooms: Rooms, left: float, sheet: Sheet) -> list[Axes]:
    """Make the axes from the top down, on one time axis."""
    width, height = fig.get_figwidth() * 72.0, fig.get_figheight() * 72.0
    top = height - TOP
    axes: list[Axes] = []
    for above, inside, below in zip(rooms.above, rooms.inside, rooms.below, strict=True):
        place = (left / width, (top - above - inside) / height, sheet.width / width, inside / height)
        axes.append(fig.add_axes(place, sharex=axes[0] if axes else None))
        top -= above + inside + below
    axes[0].set_xlim(sheet.start, sheet.end)
    return axes
