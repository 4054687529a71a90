"""The vertical axis of one panel of a specification curve: its limits, its ticks and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from escalation.charts.lettering import number

__all__ = ["Axis", "axis_of", "value_words"]

Floats = NDArray[np.float64]

APART = 13.0  # points between ticks
USUAL = 0.1  # share of the intervals at either end that do not set the axis: one endless interval would squash the rest
MORE = 0.5  # but the axis goes on by this much of its length, if that is enough to hold them


@dataclass(frozen=True)
class Axis:
    """Limits and ticks.

    Parameters
    ----------
    low, high : float
        Limits, in the units of the panel.
    ticks : tuple of float
        Places of the ticks.
    log : bool
        Whether the axis is logarithmic.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Return the labels of the ticks."""
        return tuple(f"{tick:,.10g}" if abs(tick) < 1e7 else f"{tick:.6g}" for tick in self.ticks)

    def height(self, value: ArrayLike) -> Floats:
        """Return places from 0, the lower limit, to 1, the upper one; beyond for what lies outside."""
        with np.errstate(divide="ignore"):
            at, low, high = (_scaled(v, self.log) for v in (value, self.low, self.high))
        return np.asarray((at - low) / (high - low))


def axis_of(value: Floats, lower: Floats, upper: Floats, *, reference: float | None, scale: str, height: float) -> Axis:
    """Return an axis that holds all values, the reference line, and all but the widest intervals.

    Parameters
    ----------
    value, lower, upper : ndarray of float, shape (n,)
        Values and intervals; NaN where there is none, bounds may be infinite.
    reference : float or None
        Where a line is drawn. It always has a tick.
    scale : {"linear", "log", "share"}
        A share goes from 0 to 1 whatever the values.
    height : float
        Points of the panel.

    Returns
    -------
    Axis

    Examples
    --------
    >>> none = np.full(2, np.nan)
    >>> axis_of(np.array([0.4, 4.0]), none, none, reference=1.0, scale="log", height=90).words
    ('0.5', '1', '2')
    """
    if scale == "share":
        return Axis(-0.04, 1.04, _clear([0.0, 0.25, 0.5, 0.75, 1.0], reference, (-0.04, 1.04), False, height), False)
    log = scale == "log"
    with np.errstate(divide="ignore"):
        at, least, most = (_finite(_scaled(v, log)) for v in (value, lower, upper))
    if reference is not None:
        at = np.append(at, _scaled(reference, log))
    if not at.size:
        return Axis(0.1 if log else 0.0, 10.0 if log else 1.0, (), log)
    low, high = _limits(at, least, most)
    if log:
        low, high = float(10.0**low), float(10.0**high)
    floor = 0.0 if low < 0 <= float(np.concatenate([at, least]).min()) and not log else low
    return Axis(low, high, _ticks((low, high), floor, reference, log, height), log)


def value_words(value: float, scale: str) -> str:
    """Return a value as it is written beside the panel.

    Examples
    --------
    >>> value_words(0.998, "share"), value_words(0.31, "share"), value_words(1234.4, "linear")
    ('> 0.99', '0.31', '1,234')
    """
    if scale == "share":
        return "> 0.99" if 0.99 < value < 1 else "< 0.01" if 0 < value < 0.01 else f"{value:.2f}"
    return number(value) if abs(value) < 1e7 else f"{value:.3g}"


def _scaled(value: ArrayLike, log: bool) -> Floats:
    """Return values on the scale of the axis."""
    found = np.asarray(value, dtype=np.float64)
    return np.asarray(np.log10(found)) if log else found


def _finite(value: Floats) -> Floats:
    return value[np.isfinite(value)]


def _limits(at: Floats, least: Floats, most: Floats) -> tuple[float, float]:
    """Return limits on the scale of the axis, with some room beyond."""
    low, high = float(at.min()), float(at.max())
    if least.size and most.size:
        usual = min(low, float(np.quantile(least, USUAL))), max(high, float(np.quantile(most, 1 - USUAL)))
        more = MORE * (usual[1] - usual[0])
        low = min(low, max(float(least.min()), usual[0] - more))
        high = max(high, min(float(most.max()), usual[1] + more))
    pad = 0.06 * (high - low) if high - low > 1e-9 * max(abs(low), abs(high), 1e-300) else max(0.2 * abs(low), 0.1)
    return low - pad, high + pad


def _ticks(
    limits: tuple[float, float], floor: float, reference: float | None, log: bool, height: float
) -> tuple[float, ...]:
    """Return round numbers that are far enough apart: on a log axis the coarsest of which three fit."""
    low, high = limits
    plain = MaxNLocator(max(int(height // 22), 2), steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    sets = [[float(tick) for tick in plain]]
    if log:
        tens = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        tens = tens[:: max(int(np.ceil(tens.size * APART / height)), 1)]
        sets = [[float(f"{m * ten:.6g}") for ten in tens for m in parts] for parts in ((1,), (1, 3), (1, 2, 5))] + sets
    inside = [[t for t in ticks if max(low, floor) <= t <= high] for ticks in sets]
    best = next((ticks for ticks in inside if len(ticks) >= 3), inside[-1])
    return _clear(best, reference, limits, log, height)


def _clear(
    ticks: Sequence[float], reference: float | None, limits: tuple[float, float], log: bool, height: float
) -> tuple[float, ...]:
    """Return the ticks that keep clear of each other and of the reference, which has one of its own."""
    axis = Axis(*limits, (), log)
    kept = [] if reference is None else [float(reference)]
    for tick in ticks:
        gaps = [abs(float(axis.height(tick)) - float(axis.height(other))) * height for other in kept]
        if all(gap >= APART for gap in gaps):
            kept.append(tick)
    return tuple(sorted(kept))
