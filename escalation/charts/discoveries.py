"""E-values of many series, largest first, over the line that they must reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from escalation.charts.heading import DOTS, KeyItem, draw_heading, heading
from escalation.charts.sheet import Pen
from escalation.charts.style import FAINT, FONT, GRID, INK, MODEL, MUTED, SIZES

__all__ = ["discoveries_panel"]

Floats = NDArray[np.float64]

#: Least value of the axis; smaller e-values are drawn on it as triangles.
LOWEST = 1e-2


def discoveries_panel(
    ax: Axes, e: ArrayLike, discovery: ArrayLike, *, fdr: float, title: str, note: str | None = None
) -> Axes:
    """Draw e-values against their rank, both on log axes, with the line of the e-BH procedure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room above for a heading, below for a label and at the right for a number.
    e : array_like of float, shape (n,)
        E-values; NaN is left out, what lies beyond the axis is a triangle at its edge.
    discovery : array_like of bool, shape (n,)
        Which are discoveries.
    fdr : float
        False discovery rate of the line.
    title : str
        The measure.
    note : str, optional
        A finding in words, in bold.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the two differ in shape.

    Examples
    --------
    >>> from escalation.charts.canvas import new_axes
    >>> ax = discoveries_panel(new_axes(), [40.0, 0.2], [True, False], fdr=0.1, title="Evidence")
    >>> bool(ax.get_ylim()[1] > 40)
    True
    >>> ax.figure.clear()
    """
    values, hit = np.asarray(e, dtype=np.float64), np.asarray(discovery, dtype=bool)
    if values.ndim != 1 or values.shape != hit.shape:
        raise ValueError(f"e and discovery need one shape of one dimension, got {values.shape} and {hit.shape}")
    known = ~np.isnan(values)
    order = np.argsort(-values[known], kind="stable")
    values, hit = values[known][order], hit[known][order]
    n = max(values.size, 1)
    top = 30.0 * n / fdr
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(0.8, 1.25 * max(n, 10))
    ax.set_ylim(LOWEST, top)
    pen = Pen(ax)
    _dress(ax)
    rank = np.arange(1, values.size + 1, dtype=np.float64)
    beyond = _draw(ax, rank, values, hit)
    ax.plot([0.8, n], [n / (0.8 * fdr), 1 / fdr], color=INK, lw=1.0, ls=DOTS, zorder=2.5)
    _label(pen, n, fdr, int(hit.sum()))
    draw_heading(
        pen, heading(title, _subtitle(int((~known).sum())), pen.sheet.text_room, note=note, key=[_key(beyond)])
    )
    return ax


def _dress(ax: Axes) -> None:
    """Give the axes the common look, with ticks at powers of ten."""
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.set_axisbelow(True)
    ax.grid(False)
    ax.grid(True, axis="y", color=GRID, linewidth=0.7)
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        axis.set_major_locator(FixedLocator(_powers(low, high)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.axhline(1.0, color=MUTED, lw=0.8, zorder=1.5)
    ax.tick_params(labelsize=SIZES["label"], labelcolor=MUTED, labelfontfamily=FONT, color=MUTED)
    ax.tick_params(axis="y", length=0, pad=4)
    ax.tick_params(axis="x", length=3, pad=3)


def _powers(low: float, high: float) -> list[float]:
    """Powers of ten between two numbers, every second one if there are many; 2 and 5 between them if there are few."""
    first, last = int(np.ceil(np.log10(low))), int(np.floor(np.log10(high)))
    if last - first < 3:
        found = [float(f"{m}e{k}") for k in range(first - 1, last + 1) for m in (1, 2, 5)]
        return [place for place in found if low <= place <= high]
    step = 2 if last - first > 7 else 1
    return [float(f"1e{k}") for k in range(first, last + 1) if k % step == 0]


def _draw(ax: Axes, rank: Floats, values: Floats, hit: NDArray[np.bool_]) -> bool:
    """Draw the dots, triangles at the edge for those beyond; return whether there are any of these."""
    low, high = ax.get_ylim()
    kinds = ((values > high, "^", high), (values < low, "v", low), ((values >= low) & (values <= high), "o", None))
    for mine, colour, size, level in ((~hit, FAINT, 3.4, 3.0), (hit, MODEL, 4.0, 3.2)):
        look: dict[str, Any] = {"ls": "", "color": colour, "ms": size, "mew": 0, "zorder": level, "clip_on": False}
        for where, marker, edge in kinds:
            some = where & mine
            if some.any():
                ax.plot(rank[some], values[some] if edge is None else np.full(int(some.sum()), edge), marker, **look)
    return bool((values > high).any() or (values < low).any())


def _label(pen: Pen, n: int, fdr: float, found: int) -> None:
    """Name the axis of ranks, and the line where it ends."""
    low, high = pen.ax.get_ylim()
    place = float(np.log(1 / fdr / low) / np.log(high / low)) * pen.sheet.height
    pen.text(pen.sheet.width + 6, place + 2, f"{n:,} / (rank × {fdr:g})", color=INK)
    pen.text(
        pen.sheet.width + 6,
        place - 9,
        f"{found:,} {'discovery' if found == 1 else 'discoveries'}",
        color=MODEL,
        weight="bold",
    )
    one = float(np.log(1 / low) / np.log(high / low)) * pen.sheet.height
    pen.text(pen.sheet.width + 6, one - 3, "says nothing", color=MUTED, fontsize=SIZES["small"])
    pen.text(pen.sheet.width + 6, -11, "rank", color=MUTED)


def _subtitle(silent: int) -> str:
    """Say what is drawn, and what is not."""
    left = f" {silent:,} without an answer are not drawn." if silent else ""
    return f"E-value (Bayes factor against a constant rate) by rank, largest first.{left}"


def _key(beyond: bool) -> list[KeyItem]:
    """Say what the glyphs mean."""
    items = [
        KeyItem("discovery", "o", MODEL, MODEL, 4.0),
        KeyItem("not a discovery", "o", FAINT, FAINT, 3.4),
        KeyItem("discoveries: all up to the last dot on or above", "dots", INK, INK),
    ]
    return [*items, *([KeyItem("beyond the axis", "^", MUTED, MUTED, 4.0)] if beyond else [])]
