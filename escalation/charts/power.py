"""How often a change is found, against its size: a line per number of reports, on a log axis of ratios."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.lettering import text_width
from escalation.charts.placing import spread
from escalation.charts.sheet import Pen
from escalation.charts.style import FAINT, FONT, GRID, INK, MODEL, MUTED, SIZES
from escalation.charts.timeaxis import need_columns

__all__ = ["power_panel"]

Floats = NDArray[np.float64]

DODGE = 3.2  # points between the bars of neighbouring lines
LEAD = 11.0  # points between labels
PALEST = 0.35  # part of its colour that the first line keeps
_COLUMNS = ("line", "ratio", "share", "lower", "upper")


def power_panel(
    ax: Axes, frame: pd.DataFrame, *, title: str, subtitle: str, note: str | None = None, ceiling: str = "",
    prob: float = 0.95,
) -> Axes:  # fmt: skip
    """Draw the share of simulated series in which a change is found, against the ratio of rates.

    Lines go from pale to dark in the order of the frame and are moved aside by a few points, so that no bar hides
    another. A bar is the interval of a share.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room above, and at the right for labels (about 110 points).
    frame : DataFrame
        One row per line and ratio: ``line`` (words), ``ratio`` (above 0), ``share, lower, upper`` (0 to 1).
    title, subtitle : str
        Title (the measure) and subtitle (unit and reading).
    note : str, optional
        A finding in words, below the subtitle.
    ceiling : str, optional
        The line that is drawn in ink: what more reports could at best come to.
    prob : float, default 0.95
        Mass of the intervals, for the words.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is lacking, there are no rows, a ratio is not above 0 or a share not between 0 and 1.

    Examples
    --------
    >>> from escalation.charts.canvas import new_axes
    >>> frame = pd.DataFrame({"line": "9 reports", "ratio": [0.5, 1, 2], "share": [0.4, 0, 0.8],
    ...                       "lower": [0.2, 0, 0.6], "upper": [0.6, 0.1, 0.9]})
    >>> ax = power_panel(new_axes(), frame, title="Power", subtitle="share")
    >>> [text.get_text() for text in ax.texts][:2]
    ['no change', '9 reports']
    >>> ax.figure.clear()
    """
    need_columns(frame, "power", _COLUMNS)
    rows = frame.astype(dict.fromkeys(_COLUMNS[1:], "float64"))
    shares = rows[["share", "lower", "upper"]].to_numpy()
    if rows.empty or not (rows["ratio"] > 0).all() or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("power: needs rows with a ratio above 0 and shares between 0 and 1; see the frame's columns")
    ratios = np.unique(rows["ratio"].to_numpy())
    low, high = np.log(ratios[[0, -1]])
    margin = max(0.06 * (high - low), 0.05)
    ax.set_xlim(low - margin, high + margin)
    ax.set_ylim(-0.02, 1.02)
    pen = Pen(ax)
    _dress(ax, pen, ratios)
    names = list(dict.fromkeys(rows["line"].astype(str)))
    colours = _colours(names, ceiling)
    ends = []
    for i, name in enumerate(names):
        own = rows[rows["line"].astype(str) == name].sort_values("ratio")
        shift = (i - (len(names) - 1) / 2) * DODGE * (2 * margin + high - low) / pen.sheet.width
        x, colour = np.log(own["ratio"].to_numpy()) + shift, colours[name]
        ax.plot(x, own["share"], "-", color=colour, lw=1.3, zorder=3.0)
        ax.vlines(x, own["lower"], own["upper"], color=colour, lw=1.0, zorder=2.8)
        ax.plot(x, own["share"], "o", color=colour, ms=4.2, mew=0, zorder=3.2)
        ends.append((float(x[-1]), float(own["share"].iloc[-1])))
    _label(pen, names, colours, ends)
    key = [KeyItem(f"share, {100 * prob:g} % interval", "o", MODEL, MODEL, 4.2)]
    draw_heading(pen, heading(title, subtitle, pen.sheet.text_room, note=note, key=[key]), lift=4.0)
    return ax


def _colours(names: list[str], ceiling: str) -> dict[str, str]:
    """Return the colour of each line: from pale to dark, ink for the ceiling."""
    plain = [name for name in names if name != ceiling]
    parts = np.linspace(PALEST, 1.0, len(plain)) if len(plain) > 1 else [1.0]
    found = {name: _tint(float(part)) for name, part in zip(plain, parts, strict=True)}
    return found | {name: INK for name in names if name == ceiling}


def _tint(part: float) -> str:
    """Return the model's colour thinned with white."""
    red, green, blue = (1 - part * (1 - c) for c in to_rgb(MODEL))
    return to_hex((red, green, blue))


def _dress(ax: Axes, pen: Pen, ratios: Floats) -> None:
    """Set up both axes, and the line at a ratio of 1."""
    kept: list[float] = []
    # 1 first, so that it is never the label left out; then whatever has room.
    said = sorted(ratios.tolist(), key=lambda ratio: (ratio != 1.0, ratio))
    spans: list[tuple[float, float]] = []
    for ratio in said:
        half = text_width(f"{ratio:.3g}", SIZES["label"]) / 2 + 3.0
        middle = pen.sheet.x(np.log(ratio))
        if all(middle + half <= left or middle - half >= right for left, right in spans):
            spans.append((middle - half, middle + half))
            kept.append(ratio)
    kept.sort()
    ax.xaxis.set_major_locator(FixedLocator([float(np.log(r)) for r in kept]))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{r:.3g}" for r in kept]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(FixedLocator([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]))
    ax.yaxis.set_major_formatter(FixedFormatter([f"{p} %" for p in (0, 20, 40, 60, 80, 100)]))
    ax.tick_params(length=0, labelsize=SIZES["label"], labelcolor=MUTED, labelfontfamily=FONT)
    for side in ("left", "right", "top", "bottom"):
        ax.spines[side].set_visible(False)
    ax.grid(axis="y", color=GRID, lw=0.6)
    ax.set_axisbelow(True)
    if ax.get_xlim()[0] < 0.0 < ax.get_xlim()[1]:
        ax.axvline(0.0, color=FAINT, lw=0.7, zorder=1.2)
        x = pen.sheet.x(0.0)
        pen.text(x, pen.sheet.height + 1.0, "no change", ha="center", color=MUTED, fontsize=SIZES["small"])


def _label(pen: Pen, names: list[str], colours: dict[str, str], ends: list[tuple[float, float]]) -> None:
    """Write each line's name at its right end, moved apart where lines meet."""
    low, high = pen.ax.get_ylim()
    height = [(share - low) / (high - low) * pen.sheet.height for _, share in ends]
    # Of lines that end together the later stands higher.
    order = sorted(range(len(names)), key=lambda i: (height[i], i))
    top = max(pen.sheet.height - 2.0, LEAD * len(names))
    places = spread([height[i] for i in order], LEAD, 2.0, top)
    for i, y in zip(order, places, strict=True):
        x = pen.sheet.width + 12.0
        pen.line([pen.sheet.x(ends[i][0]) + 4, x - 3], [height[i], y], color=colours[names[i]], lw=0.6, zorder=1.5)
        pen.text(x, y - 2.8, names[i], color=INK)
