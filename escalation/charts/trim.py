"""Cut the empty strip above a figure of one panel."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["trim_top"]


def trim_top(ax: Axes, room: float = 8.0) -> Axes:
    """Make the figure of one finished panel as high as what is drawn on it; the panel keeps its size.

    The lines above a panel take more or less room, by the width of their words. What was placed in points stays where
    it is, since neither the size of the axes nor its distance from the lower left corner changes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The only axes of its figure, with all that is drawn on it.
    room : float, default 8
        Points left above the highest line.

    Returns
    -------
    matplotlib.axes.Axes
        The same.

    Examples
    --------
    >>> from escalation.charts.canvas import new_axes
    >>> ax = trim_top(new_axes())
    >>> bool(ax.get_position().y1 > 0.9)
    True
    >>> ax.figure.clear()
    """
    figure = ax.figure
    drawn = ax.get_tightbbox()
    if not isinstance(figure, Figure) or drawn is None:
        return ax
    old, place = figure.get_figheight(), ax.get_position()
    new = drawn.y1 / figure.dpi + room / 72
    figure.set_figheight(new)
    ax.set_position((place.x0, place.y0 * old / new, place.width, place.height * old / new))
    return ax
