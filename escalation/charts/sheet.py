"""An axes measured in points, and a pen that writes on it and around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from escalation.charts.lettering import plain
from escalation.charts.style import FONT, INK, SIZES

__all__ = ["Pen", "Sheet"]


@dataclass(frozen=True)
class Sheet:
    """The size of an axes in points and the days it spans.

    Parameters
    ----------
    width, height : float
        Size of the axes in points.
    right : float
        Room between the axes and the right edge of its figure, in points: end labels go there.
    start, end : float
        Limits of the time axis, in days since 1970-01-01.

    Examples
    --------
    >>> Sheet(100, 50, 20, 0, 10).x(5)
    50.0
    """

    width: float
    height: float
    right: float
    start: float
    end: float

    @classmethod
    def of(cls, ax: Axes) -> Sheet:
        """Measure an axes whose place and time limits are settled."""
        points = 72.0 / float(ax.figure.dpi)
        start, end = ax.get_xlim()
        return cls(
            width=float(ax.bbox.width) * points,
            height=float(ax.bbox.height) * points,
            right=float(ax.figure.bbox.x1 - ax.bbox.x1) * points,
            start=float(start),
            end=float(end),
        )

    @property
    def text_room(self) -> float:
        """Width in points for lines of text above or below the axes."""
        return self.width + max(self.right - 8.0, 0.0)

    def x(self, day: float) -> float:
        """Return the place of a day in points from the left edge."""
        return (day - self.start) / (self.end - self.start) * self.width

    def holds(self, first: float, last: float) -> bool:
        """Return whether any of the days from first to last is on the sheet."""
        return last >= self.start and first <= self.end


class Pen:
    """Draw on an axes in points from its lower left corner, also outside it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place and time limits must be settled: a later change of size moves what was drawn.
    """

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self.sheet = Sheet.of(ax)
        self.points = Affine2D().scale(1 / self.sheet.width, 1 / self.sheet.height) + ax.transAxes

    def text(self, x: float, y: float, words: str, **look: Any) -> Text:
        """Write one line; mathtext is off, so that outside text is shown as it is."""
        settings: dict[str, Any] = {
            "ha": "left",
            "va": "baseline",
            "color": INK,
            "fontsize": SIZES["label"],
            "fontfamily": FONT,
            "parse_math": False,
            "transform": self.points,
            "clip_on": False,
            "zorder": 8,
        }
        return self.ax.text(x, y, plain(words), **(settings | look))

    def line(self, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
        """Draw a line or a row of markers."""
        settings: dict[str, Any] = {"transform": self.points, "clip_on": False, "solid_capstyle": "butt"}
        self.ax.add_artist(Line2D(x, y, **(settings | look)))

    def box(self, x: float, y: float, width: float, height: float, colour: str, **look: Any) -> None:
        """Draw a filled rectangle."""
        settings: dict[str, Any] = {"transform": self.points, "clip_on": False, "color": colour, "lw": 0}
        self.ax.add_artist(Rectangle((x, y), width, height, **(settings | look)))
