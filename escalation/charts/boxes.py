"""Whether the words on a figure keep clear of each other and of its edges."""

from __future__ import annotations

from itertools import combinations

from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

__all__ = ["text_boxes_clear"]

SLACK = 0.5  # pixels; rounding of glyph edges


def text_boxes_clear(fig: Figure) -> list[str]:
    """Find words that overlap other words or leave the figure.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Any figure; it is drawn once.

    Returns
    -------
    list of str
        One sentence per problem; empty if the words are clear.

    Examples
    --------
    >>> fig = Figure()
    >>> _ = fig.text(0.5, 0.5, "one"), fig.text(0.51, 0.5, "two")
    >>> text_boxes_clear(fig)
    ["'one' overlaps 'two'"]
    """
    fig.draw_without_rendering()
    hidden = _undrawn(fig)
    found: list[tuple[str, BboxBase]] = []
    for text in fig.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in hidden:
            found.append((text.get_text(), text.get_window_extent()))
    edge = fig.bbox
    problems = [f"{words!r} leaves the figure" for words, box in found if not _inside(box, edge)]
    problems += [f"{a!r} overlaps {b!r}" for (a, one), (b, two) in combinations(found, 2) if _overlap(one, two)]
    return problems


def _undrawn(fig: Figure) -> set[Artist]:
    """Return texts that matplotlib keeps without drawing: of ticks beyond their axis, and of hidden axes."""
    undrawn: set[Artist] = set()
    for ax in fig.axes:
        if not ax.get_visible():
            undrawn |= set(ax.findobj(Text))
    for axis in fig.findobj(Axis):
        if not axis.get_visible():
            undrawn |= set(axis.findobj(Text))
        low, high = sorted(axis.get_view_interval())
        slack = 1e-6 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low - slack <= tick.get_loc() <= high + slack:
                undrawn |= {tick.label1, tick.label2}
    return undrawn


def _inside(box: BboxBase, edge: BboxBase) -> bool:
    """Whether a box lies within another."""
    across = edge.x0 - SLACK <= box.x0 and box.x1 <= edge.x1 + SLACK
    return bool(across and edge.y0 - SLACK <= box.y0 and box.y1 <= edge.y1 + SLACK)


def _overlap(one: BboxBase, two: BboxBase) -> bool:
    """Whether two boxes share ground."""
    across = min(one.x1, two.x1) - max(one.x0, two.x0) > SLACK
    return bool(across and min(one.y1, two.y1) - max(one.y0, two.y0) > SLACK)
