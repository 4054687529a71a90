"""A daily curve with its band: steps, because a day has one value and nothing is known in between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from escalation.charts.heading import DOTS, KeyItem
from escalation.charts.lettering import number, text_width
from escalation.charts.sheet import Pen
from escalation.charts.style import BAND, MODEL, MUTED, SIZES
from escalation.charts.timeaxis import dated

__all__ = [
    "Curve",
    "draw_curve",
    "end_label",
    "end_words",
    "key_of_curve",
    "number_axis",
    "number_room",
    "read_curve",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A daily quantity, each array of shape (days,).

    Parameters
    ----------
    day : ndarray of float
        Dates in days since 1970-01-01, increasing.
    median, lower, upper : ndarray of float
        Centre and band; the band may be NaN.
    mean : ndarray of float or None
        Drawn dotted where given.
    """

    day: Floats
    median: Floats
    lower: Floats
    upper: Floats
    mean: Floats | None

    @property
    def top(self) -> float:
        """The highest value drawn; 1 if nothing is above zero."""
        parts = [self.median, self.upper] + ([] if self.mean is None else [self.mean])
        highest = float(np.nanmax(np.concatenate([*parts, [0.0]])))
        return highest if highest > 0 else 1.0

    @property
    def banded(self) -> bool:
        """Whether any day has a band."""
        return bool(np.isfinite(self.lower + self.upper).any())

    @property
    def edges(self) -> Floats:
        """Where the days begin and end, shape (days + 1,): half a day before and after each date."""
        return np.append(self.day - 0.5, self.day[-1] + 0.5)


def read_curve(frame: pd.DataFrame, name: str) -> Curve:
    """Return the curve of a frame.

    Parameters
    ----------
    frame : DataFrame
        Indexed by date, or with a ``date`` column: ``median``, ``lower``, ``upper``, optionally ``mean``.
    name : str
        What the frame is called in an error.

    Raises
    ------
    ValueError
        If a column is lacking, there are no days, or the dates are not increasing.
    """
    rows, day = dated(frame, name, ("median", "lower", "upper"))
    if not len(rows) or (np.diff(day) <= 0).any():
        raise ValueError(f"{name}: needs one row a day, earliest first; given {len(rows)} rows.")
    parts = {c: rows[c].to_numpy(dtype=float, na_value=np.nan) for c in rows.columns.intersection(_COLUMNS)}
    return Curve(day, parts["median"], parts["lower"], parts["upper"], parts.get("mean"))


_COLUMNS = ["median", "lower", "upper", "mean"]


def draw_curve(ax: Axes, curve: Curve, *, between: float = 4.0) -> None:
    """Draw the band beneath everything and the median at the height ``between`` of the drawing order."""
    if curve.banded:
        low, high = (np.append(part, part[-1]) for part in (curve.lower, curve.upper))
        ax.fill_between(curve.edges, low, high, step="post", color=BAND, lw=0, zorder=1.5)
    if curve.mean is not None and curve.banded:
        ax.stairs(curve.mean, curve.edges, baseline=None, color=MODEL, lw=1.0, ls=DOTS, zorder=between)
    ax.stairs(curve.median, curve.edges, baseline=None, color=MODEL, lw=1.4, zorder=between)


def key_of_curve(curve: Curve, prob: float) -> list[KeyItem]:
    """Return the glyphs of the curve: the line, and the band with its probability."""
    items = [
        KeyItem("reconstructed: median" if curve.banded else "line through the totals, no band", "line", MODEL, MODEL)
    ]
    if curve.mean is not None and curve.banded:
        items.append(KeyItem("mean", "dots", MODEL, MODEL))
    if curve.banded:
        items.append(KeyItem(f"{100 * prob:g} % interval", "band", BAND, BAND))
    return items


def end_words(curve: Curve, unit: str) -> tuple[str, ...]:
    """Return the values on the last day: the median with its unit, and the interval."""
    last = [part[-1] for part in (curve.median, curve.lower, curve.upper)]
    words = [f"{number(last[0])}{unit}"] if np.isfinite(last[0]) else []
    return (*words, f"{number(last[1])}–{number(last[2])}") if np.isfinite(last).all() else tuple(words)


def end_label(pen: Pen, curve: Curve, unit: str) -> None:
    """Write the values on the last day at the end of the line, right of the panel."""
    words = end_words(curve, unit)
    if not words:
        return
    low, high = pen.ax.get_ylim()
    y = (float(curve.median[-1]) - low) / (high - low) * pen.sheet.height
    y = min(max(y, 8.0), pen.sheet.height - 4.0)
    pen.text(pen.sheet.width + 6, y - 1, words[0], color=MODEL, weight="bold")
    for line in words[1:]:
        pen.text(pen.sheet.width + 6, y - 11, line, color=MUTED, fontsize=SIZES["small"])


def end_room(curve: Curve, unit: str) -> float:
    """Return the points right of the panel taken by `end_label`."""
    return 6 + max((text_width(word, SIZES["label"], bold=True) for word in end_words(curve, unit)), default=0.0)


def number_room(top: float) -> float:
    """Return the width in points of the numbers of an axis that ends at ``top``."""
    decimals = max(0, 2 - math.floor(math.log10(top))) if top < 10 else 0
    return text_width(f"{top:,.{decimals}f}", SIZES["label"])


def number_axis(ax: Axes, *, whole: bool = False) -> None:
    """Label the values at few places with thousands separated; only whole numbers for counts."""
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2, integer=whole))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
