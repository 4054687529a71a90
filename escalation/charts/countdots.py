"""Observed counts as dots; those of a long series as means over many steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from escalation.charts.heading import KeyItem
from escalation.charts.lettering import number
from escalation.charts.style import MUTED

__all__ = ["Dots", "bins", "draw_dots", "key_of_dots", "read_dots"]

Floats = NDArray[np.float64]

SINGLE = 2000  # steps up to which every count has a dot
DOTS = 600  # dots at most, beyond
FAR = 4.0  # a count this many times beyond all but 1 % of them, and beyond the rate, does not set the axis


@dataclass(frozen=True)
class Dots:
    """Observed counts per unit of exposure.

    Parameters
    ----------
    place, value : ndarray of float, shape (m,)
        Where and how high, observed steps only.
    each : int
        Steps that one dot stands for.
    missing : int
        Steps without a count.
    unit : str
        What the values are per, if not per step.
    """

    place: Floats
    value: Floats
    each: int
    missing: int
    unit: str

    def ceiling(self, floor: float) -> float:
        """Return the highest value shown: all counts, but for a few that would squash the others."""
        if not self.value.size:
            return floor
        usual = max(floor, float(np.quantile(self.value, 0.99, method="lower")))
        return max(usual, float(self.value[self.value <= FAR * usual].max(initial=0.0)))


def bins(n: int, each: int) -> NDArray[np.intp]:
    """Return the first steps of bins of equal length; a remainder of less than half a bin belongs to the last one.

    Examples
    --------
    >>> bins(11, 5).tolist(), bins(13, 5).tolist()
    ([0, 5], [0, 5, 10])
    """
    starts = np.arange(0, n, each)
    return starts[:-1] if starts.size > 1 and n - starts[-1] < each / 2 else starts


def read_dots(where: Floats, counts: pd.Series[Any], exposure: ArrayLike | None) -> Dots:
    """Divide counts by their exposure; in long series both are summed over 2, 5, 10, 20, … steps first."""
    count = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    weight = np.ones(count.size) if exposure is None else np.asarray(exposure, dtype=np.float64)
    seen = np.isfinite(count) & (weight > 0)
    n, each = count.size, 1
    if n > SINGLE:
        each = next(m * 10**k for k in range(10) for m in (1, 2, 5) if m * 10**k * DOTS >= n)
    starts = bins(n, each)
    total, held = (np.add.reduceat(np.where(seen, part, 0.0), starts) for part in (count, weight))
    middle = (where[starts] + where[np.append(starts[1:], n) - 1]) / 2
    unit = " per unit of exposure" if (weight[seen] != 1.0).any() else ""
    return Dots(middle[held > 0], total[held > 0] / held[held > 0], each, int(n - seen.sum()), unit)


def draw_dots(ax: Axes, dots: Dots, ceiling: float) -> int:
    """Draw the dots within the limits, triangles at the ceiling for what lies above; return the number of those."""
    start, end = ax.get_xlim()
    inside = (dots.place >= start) & (dots.place <= end)
    high = dots.value > ceiling
    look: dict[str, Any] = {"ls": "", "color": MUTED, "mew": 0, "clip_on": False, "zorder": 2.6}
    ax.plot(dots.place[inside & ~high], dots.value[inside & ~high], marker="o", ms=2.8, **look)
    if (inside & high).any():
        ax.plot(dots.place[inside & high], np.full(int((inside & high).sum()), ceiling), marker="^", ms=4.5, **look)
    return int((inside & high).sum())


def key_of_dots(dots: Dots, above: int, step: str) -> list[KeyItem]:
    """Say what a dot is, how many steps lack a count if any does, and how many dots lie above the axis."""
    words = f"observed{dots.unit}, mean of {dots.each:,} {step}s" if dots.each > 1 else f"observed count{dots.unit}"
    if dots.missing:
        words += f"; {dots.missing:,} {step}{'s' * (dots.missing != 1)} not observed, without dot"
    items = [KeyItem(words, "o", MUTED, MUTED, 3.6)]
    if above:
        highest = number(float(dots.value.max()))
        items.append(KeyItem(f"above the axis: {above}, up to {highest}", "^", MUTED, MUTED, 4.5))
    return items
