"""Rows of a dot plot: settings in groups down the page, shares across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.calibration.report.page import Page, tick
from escalation.charts.lettering import text_width, wrap
from escalation.charts.style import GRID, MUTED, SIZES

__all__ = ["ROW", "Rows", "draw_rows", "share_axis", "stack"]

Floats = NDArray[np.float64]
Span = tuple[float, float]

ROW, GROUP = 14.0, 21.0
LONGEST = 310.0, 150.0  # points of a header, of a label


@dataclass(frozen=True)
class Rows:
    """Places of rows in points from the top.

    Parameters
    ----------
    groups, labels : tuple of (float, str)
        Headers and labels, each with its place.
    spans : tuple of (float, float)
        Top and bottom of the rows of each group.
    height, width : float
        Points that all rows take, and that the longest label takes.
    """

    groups: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    spans: tuple[Span, ...]
    height: float
    width: float

    @property
    def y(self) -> Floats:
        """Places of the rows, shape (n,)."""
        return np.array([place for place, _ in self.labels])


def stack(settings: Sequence[tuple[str, str]], row: float = ROW) -> Rows:
    """Place settings, each a group and a label, on rows of some points; a group is said once, before its rows.

    Examples
    --------
    >>> rows = stack([("exact", "step"), ("exact", "pause"), ("noisy", "step")])
    >>> [label for _, label in rows.groups], rows.y.tolist(), rows.height
    (['exact', 'noisy'], [28.0, 42.0, 77.0], 84.0)
    """
    groups: list[tuple[float, str]] = []
    labels: list[tuple[float, str]] = []
    spans: list[Span] = []
    down = 0.0
    short = [(group, _short(label, LONGEST[1])) for group, label in settings]
    for group, part in groupby(short, key=lambda one: one[0]):
        groups.append((down + GROUP - 4.0, _short(group, LONGEST[0], bold=True)))
        top = down = down + GROUP
        for _, label in part:
            labels.append((down + row / 2, label))
            down += row
        spans.append((top, down))
    width = max((text_width(label, SIZES["label"]) for _, label in short), default=0.0)
    return Rows(tuple(groups), tuple(labels), tuple(spans), down, width)


def _short(words: str, room: float, bold: bool = False) -> str:
    """Cut words that do not fit."""
    first, *rest = wrap(words, room, SIZES["label"], bold=bold) or ("",)
    return f"{first}\N{HORIZONTAL ELLIPSIS}" if rest else first


def draw_rows(page: Page, rows: Rows, left: float, down: float) -> None:
    """Write the headers and labels of rows from a place on the page."""
    for place, words in rows.groups:
        page.say(left, down + place, words, weight="bold")
    for place, words in rows.labels:
        page.say(left, down + place + 2.8, words, color=MUTED)


def share_axis(ax: Axes, rows: Rows) -> None:
    """Put hairlines along the rows and round shares below them."""
    low, high = ax.get_xlim()
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25) if (high - low) / s <= 6 or s == 0.25)
    places = [p for p in (step * np.arange(0, 51)).round(6).tolist() if low - 1e-9 <= p <= high + 1e-9]
    tick(ax, "x", places, [f"{place:g}" for place in places], grid=False)
    for top, bottom in rows.spans:
        ax.vlines(places, top, bottom, color=GRID, lw=0.7, zorder=0.9)
    ax.hlines(rows.y, low, high, color=GRID, lw=0.5, zorder=0.9)
