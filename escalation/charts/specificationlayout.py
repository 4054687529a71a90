"""Where the columns of a specification curve stand, and the words above its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from escalation.charts.lettering import plain, text_width
from escalation.charts.sheet import Pen
from escalation.charts.specificationrows import Columns
from escalation.charts.style import INK, MUTED, SIZES

__all__ = ["MARGIN", "STRIP", "WIDTH", "Layout", "draw_strip", "shorten"]

WIDTH = 720.0  # points, as the other figures
MARGIN = 8.0
BREAK = 18.0  # points between the two blocks
STRIP = 32.0  # points above the first panel: names of the blocks, name of the base
WORDS = {"one at a time": ("one choice changed at a time", "one at a time"), "grid": ("grid of combinations", "grid")}


@dataclass(frozen=True)
class Layout:
    """Places of the columns, in points from the left edge of the axes.

    Parameters
    ----------
    left : float
        Points from the margin to the axes.
    width : float
        Points of the axes.
    columns : Columns
        The specifications in order.

    Examples
    --------
    >>> layout = Layout(0.0, 98.0, Columns(("a", "b", "c", "d"), (0, 1, 2, 3), 0, (2, 2), ("one at a time", "grid")))
    >>> layout.step, layout.places
    (20.0, (10.0, 30.0, 68.0, 88.0))
    """

    left: float
    width: float
    columns: Columns

    @property
    def step(self) -> float:
        """Points from one column to the next."""
        sizes = self.columns.sizes
        return (self.width - BREAK * (len(sizes) - 1)) / sum(sizes)

    @property
    def edges(self) -> tuple[tuple[float, float], ...]:
        """Left and right end of each block."""
        sizes = self.columns.sizes
        starts = [BREAK * k + self.step * n for k, n in enumerate(accumulate((0, *sizes[:-1])))]
        return tuple((start, start + self.step * n) for start, n in zip(starts, sizes, strict=True))

    @property
    def places(self) -> tuple[float, ...]:
        """Middle of each column."""
        blocks = zip(self.edges, self.columns.sizes, strict=True)
        return tuple(start + self.step * (i + 0.5) for (start, _), n in blocks for i in range(n))

    @property
    def base(self) -> float:
        """Middle of the column of the base specification."""
        return self.places[self.columns.base]


def shorten(words: str, room: float, size: float, bold: bool = False) -> str:
    """Return words cut with an ellipsis, if they need more than a room in points.

    Examples
    --------
    >>> shorten("reported totals, rounded to tens", 70, 8)
    'reported totals…'
    """
    words = plain(words)
    if text_width(words, size, bold) <= room:
        return words
    while words and text_width(f"{words}…", size, bold) > room:
        words = words[:-1]
    return f"{words.rstrip(' ,:;(')}…"


def draw_strip(pen: Pen, layout: Layout, floor: float) -> None:
    """Name the blocks above the first panel, each over a stroke as long as it is, and below them the base."""
    left, size = layout.left, SIZES["small"]
    for (x0, x1), (x, words, side) in zip(layout.edges, _names(layout), strict=True):
        if words:
            pen.line([left + x0, left + x1], [floor + 16.0, floor + 16.0], color=MUTED, lw=0.8, zorder=2)
            pen.text(left + x, floor + 19.5, words, ha=side, fontsize=size, color=MUTED)
    half = text_width("as chosen", size, bold=True) / 2
    x = min(max(layout.base, half), layout.width - half)
    pen.text(left + x, floor + 4.0, "as chosen", ha="center", fontsize=size, weight="bold", color=INK)


def _names(layout: Layout) -> Iterator[tuple[float, str, str]]:
    """Yield where each block has its name, the name with its number of specifications, and the side it is set from."""
    columns, size = layout.columns, SIZES["small"]
    own = [n - (k == 0) for k, n in enumerate(columns.sizes)]  # the base is in neither
    said = []
    for block, n, (start, end) in zip(columns.blocks, own, layout.edges, strict=True):
        long, short = (f"{words}: {n}" for words in WORDS.get(block, ("", "")))
        said.append("" if block not in WORDS else long if text_width(long, size) <= end - start else short)
    room = layout.width - (text_width(said[1], size) + 12.0 if len(said) > 1 else 0.0)
    yield 0.0, shorten(said[0], room, size), "left"
    if len(said) > 1:
        start, end = layout.edges[1]
        fits = text_width(said[1], size) <= end - start and start >= text_width(said[0], size) + 12.0
        yield (start, said[1], "left") if fits else (end, said[1], "right")
