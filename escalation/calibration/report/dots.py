"""Dots on rows: kinds that would touch in lanes of their own, names beside the first dot with room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.calibration.report.dotrows import ROW, Rows
from escalation.charts.lettering import text_width
from escalation.charts.placing import pack_rows
from escalation.charts.sheet import Pen
from escalation.charts.style import INK, SIZES

__all__ = ["Dots", "Name", "Z", "draw_dots", "find_room", "in_lanes", "write_names"]

Floats = NDArray[np.float64]
Span = tuple[float, float]

LANE = 5.5
Z = 1.96  # standard errors on either side


@dataclass(frozen=True)
class Dots:
    """One marker per row.

    Parameters
    ----------
    name : str
        What it is, for its label.
    x, se : ndarray, shape (n,)
        Share and its standard error; NaN draws nothing.
    marker : str
        A marker of matplotlib.
    colour, face : str
        Edge and fill.
    size : float
        In points.
    lane : ndarray, shape (n,), optional
        Points below the middle of each row, so that markers of several kinds do not hide each other; None is 0.
    """

    name: str
    x: Floats
    se: Floats
    marker: str
    colour: str
    face: str
    size: float = 5.0
    lane: Floats | None = None

    @property
    def lower(self) -> Floats:
        """Points below the middle of each row."""
        return np.zeros(len(self.x)) if self.lane is None else self.lane


@dataclass(frozen=True)
class Name:
    """Words `left` points from the left of a panel and `lane` points below the middle of a row."""

    row: int
    left: float
    lane: float
    words: str


def draw_dots(ax: Axes, rows: Rows, dots: Dots) -> None:
    """Draw the markers and 95 % Monte-Carlo intervals, within 0 and 1."""
    known = np.isfinite(dots.x)
    x, y, half = dots.x[known], (rows.y + dots.lower)[known], Z * np.nan_to_num(dots.se[known])
    ax.hlines(y, np.maximum(x - half, ax.get_xlim()[0]), np.minimum(x + half, 1.0), color=dots.colour, lw=1.0, zorder=2)
    look: dict[str, Any] = {"color": dots.colour, "mfc": dots.face, "mew": 1.0, "ms": dots.size, "clip_on": False}
    ax.plot(x, y, dots.marker, ls="", zorder=3 if dots.face == "white" else 3.5, **look)


def in_lanes(every: Sequence[Dots], width: float, limits: Span) -> tuple[list[Dots], float]:
    """Give dots of a row that would touch lanes of their own.

    Parameters
    ----------
    every : sequence of Dots
        All that is drawn.
    width, limits
        Width of the panel in points, and the shares at its ends.

    Returns
    -------
    tuple of list of Dots and float
        The same dots in lanes, and the points that a row then takes.

    Examples
    --------
    >>> one, two = (Dots(name, np.array([x, 0.9]), np.zeros(2), "o", "k", "k") for name, x in (("a", 0.1), ("b", 0.9)))
    >>> dots, row = in_lanes([one, two], 100.0, (0.0, 1.0))
    >>> [d.lower.tolist() for d in dots], row
    ([[0.0, -2.75], [0.0, 2.75]], 14.0)
    """
    count, most = len(every[0].x), 1
    lanes = np.zeros((len(every), count))
    for i in range(count):
        there = [k for k, dots in enumerate(every) if np.isfinite(dots.x[i])]
        spans = {k: _span(every[k], i, width / (limits[1] - limits[0]), limits[0]) for k in there}
        order = sorted(there, key=lambda k: spans[k])
        places = pack_rows([spans[k] for k in order])
        most = max([most, *(place + 1 for place in places)])
        lanes[order, i] = LANE * (np.array(places) - max(places, default=0) / 2)
    done = [replace(dots, lane=lane) for dots, lane in zip(every, lanes, strict=True)]
    return done, max(ROW, LANE * most + 3.0)


def find_room(
    every: Sequence[Dots], marks: Sequence[Floats], width: float, limits: Span
) -> tuple[list[Name], list[Dots]]:
    """Find room for the name of each kind of dots beside the first of them that has any.

    Parameters
    ----------
    every : sequence of Dots
        All that is drawn.
    marks : sequence of ndarray, shape (n,)
        Other places on the rows to keep clear of; NaN where there is none.
    width, limits
        Width of the panel in points, and the shares at its ends.

    Returns
    -------
    tuple of list of Name and list of Dots
        What is to be written, and what has no room anywhere.

    Examples
    --------
    >>> wide, narrow = (Dots(name, np.array([0.5]), np.zeros(1), "o", "k", "k") for name in ("a long name", "name"))
    >>> names, rest = find_room([wide, narrow], [], 80.0, (0.0, 1.0))
    >>> [name.words for name in names], [dots.name for dots in rest]
    (['name'], ['a long name'])
    """
    scale = width / (limits[1] - limits[0])
    count = len(every[0].x) if every else 0
    taken: list[list[Span]] = [[] for _ in range(count)]
    for i in range(count):
        taken[i] += [_span(dots, i, scale, limits[0]) for dots in every if np.isfinite(dots.x[i])]
        places = [scale * (float(mark[i]) - limits[0]) for mark in marks if np.isfinite(mark[i])]
        taken[i] += [(place - 2.0, place + 2.0) for place in places]
    longest = sorted(every, key=lambda dots: -text_width(dots.name, SIZES["small"]))
    found = [(dots, _room(dots, taken, width, scale, limits[0])) for dots in longest]
    return [name for _, name in found if name], [dots for dots, name in found if not name]


def _span(dots: Dots, i: int, scale: float, start: float) -> Span:
    """Return the ends of a marker with its interval, in points from the left of the panel."""
    x, half = float(dots.x[i]), Z * float(np.nan_to_num(dots.se[i]))
    marker, reach = scale * (x - start), dots.size / 2 + 1.5
    ends = scale * (max(x - half, 0.0) - start), scale * (min(x + half, 1.0) - start)
    return min(ends[0], marker - reach), max(ends[1], marker + reach)


def _room(dots: Dots, taken: list[list[Span]], width: float, scale: float, start: float) -> Name | None:
    """Find room for one name, and take it."""
    words = text_width(dots.name, SIZES["small"]) + 2.0
    for i in np.flatnonzero(np.isfinite(dots.x)).tolist():
        mine = _span(dots, i, scale, start)
        for left in (mine[1] + 1.0, mine[0] - 1.0 - words):
            inside = left >= 0.0 and left + words <= width
            if inside and all(left + words <= a or b <= left for a, b in taken[i]):
                taken[i].append((left, left + words))
                return Name(i, left + 1.0, float(dots.lower[i]), dots.name)
    return None


def write_names(ax: Axes, rows: Rows, names: Sequence[Name]) -> None:
    """Write names where `find_room` found room for them."""
    pen = Pen(ax)
    ground = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none"}
    for name in names:
        y = pen.sheet.height - rows.y[name.row] - name.lane - 2.6
        pen.text(name.left, y, name.words, fontsize=SIZES["small"], color=INK, bbox=ground)
