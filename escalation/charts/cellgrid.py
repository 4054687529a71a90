"""Blocks of small panels on one time axis: a heading, then rows of panels, each with its own name above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.charts.heading import Heading, KeyItem, draw_heading, heading
from escalation.charts.lettering import text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.style import MUTED, SIZES
from escalation.charts.timeaxis import TICK_ROOM, dress

__all__ = ["Block", "Grid", "lay_out"]

TOP, FOOT, RIGHT = 10.0, 8.0, 24.0  # half a date fits right of the last panel
BETWEEN, APART = 12.0, 16.0  # points below a row of panels, and more below a block
LEAST = 168.0  # points of a panel
NAME, LEAD, LIFT = 12.0, 10.0, 5.0  # points of a name, of each line below it, and between them and the panel


@dataclass(frozen=True)
class Block:
    """Panels of one kind.

    Parameters
    ----------
    title, subtitle
        Of the block.
    key
        Its glyphs.
    labels
        Name and detail of each panel.
    inside
        Height of a panel in points.
    widest
        The widest number of its vertical axis.
    draw
        Draws panel number i; told whether it is the first of its row.
    """

    title: str
    subtitle: str
    key: Sequence[Sequence[KeyItem]]
    labels: Sequence[tuple[str, str]]
    inside: float
    widest: str
    draw: Callable[[Axes, int, bool], None]


@dataclass(frozen=True)
class Grid:
    """Width of a figure in points, and the limits of the time axis of all its panels in days."""

    width: float
    limits: tuple[float, float]
    left: float = 30.0
    gap: float = 34.0
    columns: int = 1

    @property
    def cell(self) -> float:
        """Width of a panel."""
        return (self.width - self.left - RIGHT - self.gap * (self.columns - 1)) / self.columns

    def x(self, i: int) -> float:
        """Left edge of the panel number i."""
        return self.left + (i % self.columns) * (self.cell + self.gap)


def lay_out(blocks: Sequence[Block], grid: Grid, source: str) -> Figure:
    """Draw blocks of panels from the top down, and a credit line bottom left.

    Raises
    ------
    ValueError
        If the figure is too narrow for one panel.
    """
    room = 8.0 + max(text_width(block.widest, SIZES["label"]) for block in blocks)
    grid = replace(grid, left=max(8.0 + room, RIGHT), gap=room + 12.0)
    most = max(len(block.labels) for block in blocks)
    fit = int((grid.width - grid.left - RIGHT + grid.gap) // (LEAST + grid.gap))
    if fit < 1:
        least = (grid.left + LEAST + RIGHT) / 72
        raise ValueError(f"width: {grid.width / 72:g} in is too narrow for one panel, which needs {least:.1f} in.")
    grid = replace(grid, columns=min(fit, most))
    wide = grid.width - grid.left - RIGHT
    heads = [heading(block.title, block.subtitle, wide, key=block.key) for block in blocks]
    credit = wrap(source, wide, SIZES["small"])
    heights = [_height(block, head, grid) for block, head in zip(blocks, heads, strict=True)]
    height = TOP + sum(heights) + APART * (len(blocks) - 1) + FOOT + 10.0 * len(credit)
    fig = Figure(figsize=(grid.width / 72.0, height / 72.0))
    top, pen = height - TOP, None
    for block, head, tall in zip(blocks, heads, heights, strict=True):
        pen = _draw_block(fig, block, head, grid, top)
        top -= tall + APART
    if pen is not None:
        _credit(pen, credit, top + APART, height)
    fig.draw_without_rendering()  # ticks are made now, with these settings, and not later with others
    return fig


def _words(block: Block, grid: Grid) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Break the name and the detail of each panel to its width."""
    return [
        (wrap(name, grid.cell, SIZES["label"], bold=True), wrap(detail, grid.cell, SIZES["small"]))
        for name, detail in block.labels
    ]


def _above(block: Block, grid: Grid) -> float:
    """Return the points above the panels of a block that their names take."""
    return LIFT + max(NAME * len(name) + LEAD * len(detail) for name, detail in _words(block, grid))


def _rows(block: Block, grid: Grid) -> int:
    """Return the number of rows of a block."""
    return -(-len(block.labels) // grid.columns)


def _height(block: Block, head: Heading, grid: Grid) -> float:
    """Return the points that a block takes."""
    row = _above(block, grid) + block.inside + TICK_ROOM
    return head.height + _rows(block, grid) * row + (_rows(block, grid) - 1) * BETWEEN


def _draw_block(fig: Figure, block: Block, head: Heading, grid: Grid, top: float) -> Pen:
    """Draw one block below a height; return the pen of its first panel."""
    above = _above(block, grid)
    first: Pen | None = None
    for i, (name, detail) in enumerate(_words(block, grid)):
        row = i // grid.columns
        foot = top - head.height - (row + 1) * (above + block.inside) - row * (TICK_ROOM + BETWEEN)
        ax = _axes(fig, grid, i, foot, block.inside)
        pen = Pen(ax)
        dress(ax, pen.sheet)
        block.draw(ax, i, i % grid.columns == 0)
        y = block.inside + LIFT + LEAD * len(detail)
        for k, line in enumerate(name):
            pen.text(0, y + NAME * (len(name) - 1 - k) + 2.5, line, weight="bold")
        for k, line in enumerate(detail):
            pen.text(0, y - LEAD * (k + 1) + 2.0, line, fontsize=SIZES["small"], color=MUTED)
        if first is None:
            first = pen
            draw_heading(pen, head, above)
    if first is None:
        raise ValueError(f"{block.title}: at least one panel is needed; none was given.")
    return first


def _axes(fig: Figure, grid: Grid, i: int, foot: float, inside: float) -> Axes:
    """Make one panel on the common time axis."""
    width, height = fig.get_figwidth() * 72.0, fig.get_figheight() * 72.0
    place = (grid.x(i) / width, foot / height, grid.cell / width, inside / height)
    ax = fig.add_axes(place)
    ax.set_xlim(*grid.limits)
    return ax


def _credit(pen: Pen, credit: tuple[str, ...], foot: float, height: float) -> None:
    """Write the credit line below everything."""
    bottom = float(pen.ax.get_position().y0) * height
    for i, line in enumerate(credit):
        pen.text(0, foot - bottom - 10.0 * (i + 1), line, fontsize=SIZES["small"], color=MUTED)
