"""The horizontal axis of an observed series: places of its labels, name of its step, ticks for dates and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from escalation.charts.lettering import text_width
from escalation.charts.sheet import Sheet
from escalation.charts.style import SIZES
from escalation.charts.timeaxis import day_text, days, dress

__all__ = ["dress_series", "series_places", "set_series_window", "step_edges", "step_name", "unit_of"]

Floats = NDArray[np.float64]

STEPS = {"hour": (0.041, 0.042), "day": (1.0, 1.0), "week": (7.0, 7.0), "month": (28.0, 31.0),
         "quarter": (89.0, 92.0), "year": (365.0, 366.0)}  # fmt: skip
LONGEST = 2000  # days that may be labelled by day or month; beyond, years are all that fits
CALENDAR = (-719_000.0, 2_932_000.0)  # days that `datetime.date` holds
YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
HOURS = (1, 2, 3, 6, 12)


def series_places(index: pd.Index[Any]) -> tuple[Floats, bool]:
    """Return the places of labels on the horizontal axis, and whether they are dates.

    Parameters
    ----------
    index : Index
        Dates and periods (by their start) are counted in days since 1970-01-01, numbers are themselves, all other
        labels are counted from 1.

    Returns
    -------
    tuple of ndarray of float, shape (n,), and bool

    Examples
    --------
    >>> series_places(pd.Index([1851, 1852]))[0].tolist(), series_places(pd.Index(["a", "b"]))[0].tolist()
    ([1851.0, 1852.0], [1.0, 2.0])
    >>> series_places(pd.period_range("1970-02", periods=1, freq="M"))
    (array([31.]), True)
    """
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    elif index.dtype == object and pd.api.types.infer_dtype(index) == "date":
        index = pd.DatetimeIndex(pd.to_datetime(index))
    if isinstance(index, pd.DatetimeIndex):
        return days(index.tz_localize(None)), True
    if pd.api.types.is_numeric_dtype(index.dtype):
        return index.to_numpy(dtype=np.float64), False
    return np.arange(1.0, len(index) + 1.0), False


def step_edges(where: Floats) -> Floats:
    """Return where steps begin and end, shape (n + 1,): halfway between places; a place alone is one step wide.

    Examples
    --------
    >>> step_edges(np.array([0.0, 1.0, 3.0])).tolist()
    [-0.5, 0.5, 2.0, 4.0]
    """
    if where.size == 1:
        return np.array([where[0] - 0.5, where[0] + 0.5])
    middle = (where[1:] + where[:-1]) / 2
    return np.concatenate([[2 * where[0] - middle[0]], middle, [2 * where[-1] - middle[-1]]])


def step_name(index: pd.Index[Any]) -> str:
    """Return what one step of an index is: hour, day, week, month, quarter or year for dates, else step.

    Examples
    --------
    >>> step_name(pd.date_range("2024-01-01", periods=3, freq="MS")), step_name(pd.RangeIndex(3))
    ('month', 'step')
    """
    where, dated = series_places(index)
    if not dated:
        return "step"
    if isinstance(index, pd.PeriodIndex) and len(index):
        where, _ = series_places(pd.period_range(index[0], periods=3))
    width = float(np.median(np.diff(where))) if where.size > 1 else 1.0
    return next((name for name, (low, high) in STEPS.items() if low <= width <= high), "step")


def unit_of(index: pd.Index[Any], exposure: ArrayLike | None = None) -> str:
    """Return the unit of a rate in words.

    Parameters
    ----------
    index : Index
        Labels of the series.
    exposure : array-like, shape (n,), optional
        Exposure of each step; 0 or NaN where nothing was observed. None is 1 everywhere.

    Examples
    --------
    >>> unit_of(pd.date_range("2024-01-01", periods=3)), unit_of(pd.RangeIndex(3))
    ('per day', 'per step of the series')
    >>> unit_of(pd.RangeIndex(3), [2.0, 2.0, 0.0])
    'per unit of exposure'
    """
    if exposure is not None:
        known = np.asarray(exposure, dtype=np.float64)
        if (known[known > 0] != 1.0).any():
            return "per unit of exposure"
    name = step_name(index)
    return "per step of the series" if name == "step" else f"per {name}"


def set_series_window(ax: Axes, where: Floats) -> None:
    """Set the limits to the steps, with 1 % to spare at each end, unless the caller has set them already."""
    if ax.get_autoscalex_on():
        edges = step_edges(where)
        pad = 0.01 * (where[-1] - where[0])
        ax.set_xlim(float(edges[0] - pad), float(edges[-1] + pad))


def dress_series(ax: Axes, sheet: Sheet, where: Floats, dated: bool) -> None:
    """Give an axes the common look, with ticks that fit: dates by hour to year, or plain numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its limits must be settled.
    sheet : Sheet
        Its measure.
    where : ndarray of float, shape (n,)
        Places of the series.
    dated : bool
        Whether they are days since 1970-01-01.
    """
    span = sheet.end - sheet.start
    hourly = dated and where.size > 1 and where[1] - where[0] < 1 and span <= 3
    if dated and not hourly and span <= LONGEST and CALENDAR[0] < sheet.start and sheet.end < CALENDAR[1]:
        dress(ax, sheet)
        return
    dress(ax, replace(sheet, start=0.0, end=1.0))  # the look; its ticks are replaced, as no calendar is needed
    if dated:
        places, words = _hours(sheet) if hourly else _years(sheet)
        ax.xaxis.set_major_locator(FixedLocator(places))
        ax.xaxis.set_major_formatter(FixedFormatter(words))
        return
    room = 9 + max(text_width(f"{edge:.10g}", SIZES["label"]) for edge in np.round([where[0], where[-1]], 2))
    whole = bool((where == np.round(where)).all())
    most = int(np.clip(sheet.width // room, 1, 8))
    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:.10g}"))


def _fitting(sheet: Sheet, places: Sequence[float], words: Sequence[str]) -> bool:
    """Whether labels fit side by side."""
    half = [text_width(word, SIZES["label"]) / 2 for word in words]
    ends = [(sheet.x(place) - w, sheet.x(place) + w) for place, w in zip(places, half, strict=True)]
    return all(right + 9 <= left for (_, right), (left, _) in pairwise(ends))


def _years(sheet: Sheet) -> tuple[list[float], list[str]]:
    """Return the finest round years whose labels fit, as places and words."""
    first, last = (int(np.datetime64(int(edge), "D").astype("datetime64[Y]").astype(int)) + 1970
                   for edge in (sheet.start, sheet.end))  # fmt: skip
    for step in YEARS:
        if (last - first) / step > sheet.width / 20:
            continue
        years = list(range(-(-first // step) * step, last + 1, step))
        places = [float(np.datetime64(year - 1970, "Y").astype("datetime64[D]").astype(int)) for year in years]
        inside = [(p, str(y)) for p, y in zip(places, years, strict=True) if sheet.start <= p <= sheet.end]
        if _fitting(sheet, [p for p, _ in inside], [y for _, y in inside]):
            return [p for p, _ in inside], [y for _, y in inside]
    return [], []


def _hours(sheet: Sheet) -> tuple[list[float], list[str]]:
    """Return the finest hours whose labels fit; midnight bears the date."""
    for step in HOURS:
        hours = np.arange(np.ceil(sheet.start * 24 / step), np.floor(sheet.end * 24 / step) + 1) * step
        places = [float(hour) / 24 for hour in hours]
        words = [day_text(h / 24) if h % 24 == 0 else f"{int(h % 24):02d}:00" for h in hours]
        if _fitting(sheet, places, words):
            return places, words
    return [], []
