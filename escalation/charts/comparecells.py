"""Small panels that compare: the ratio of two counts on a log scale, and a whole beside the sum of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from escalation.charts.cellgrid import Block
from escalation.charts.curve import number_axis
from escalation.charts.heading import KeyItem
from escalation.charts.style import BAND, FAINT, INK, MODEL
from escalation.charts.timeaxis import days

__all__ = ["RatioCell", "SumCell", "ratio_block", "sum_block"]

Floats = NDArray[np.float64]

RATIO, SUM = 84.0, 104.0  # points inside a panel
WIDEST = 8.0  # intervals lead the ratio axis no further from 1 than this factor,
MORE = 3.0  # or than this factor beyond the last ratios,
ROOM = 1.5  # which always have this much room
TICKS = 6  # steps of the ratio axis, at most
NEAR = 7  # days between two marks on one edge
SUMMED = "#BDBDBD"  # band of the sum of parts


class RatioCell(NamedTuple):
    """One ratio: name, in which units, and rows of ``kind, first, last, ratio, lower, upper``.

    Rows of kind ``"cumulative"`` are the band, of ``"window"`` the bars; those with no ``dates`` or
    ``dates_reference`` (numbers of statements, optional) are grey.
    """

    name: str
    detail: str
    frame: pd.DataFrame


class SumCell(NamedTuple):
    """One whole and its parts: counter, both names, and ``date`` with sum, total, difference and their ends."""

    counter: str
    whole: str
    parts: str
    frame: pd.DataFrame


def _limits(cells: Iterable[RatioCell]) -> tuple[float, float]:
    """Return limits that hold the last cumulative ratios, and their intervals and the windows within `WIDEST` of 1."""
    found, ends = [], [1.0]
    for cell in cells:
        rows = cell.frame
        last = rows[(rows["kind"] == "cumulative").to_numpy()].tail(1)
        kept = pd.concat([rows[(rows["kind"] == "window").to_numpy()], last])[["ratio", "lower", "upper"]]
        found.append(kept.to_numpy(dtype=float).ravel())
        ends += [end for end in last["ratio"].astype(float) if np.isfinite(end) and end > 0]
    flat = np.concatenate([*found, [0.5, 2.0]])
    flat = flat[np.isfinite(flat) & (flat > 0)]
    least, most = min(1 / WIDEST, min(ends) / MORE), max(WIDEST, max(ends) * MORE)
    low, high = max(float(flat.min()) / 1.1, least), min(float(flat.max()) * 1.1, most)
    return min(low, min(ends) / ROOM), max(high, max(ends) * ROOM)


def _cut(rows: pd.DataFrame, low: float, high: float) -> list[tuple[NDArray[np.bool_], float, str]]:
    """Say which rows go on below and above the axis, with that edge and its triangle."""
    lower, upper = (rows[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    return [(lower < low, low, "v"), (upper > high, high, "^")]


def ratio_block(cells: Sequence[RatioCell], prob: float, window: int) -> Block:
    """Return the panels of ratios."""
    low, high = _limits(cells)
    silent = any(_silent(cell.frame).any() for cell in cells)
    key = [[
        KeyItem("from the first common day on", "line", MODEL, MODEL),
        KeyItem(f"{100 * prob:g} % interval", "band", BAND, BAND),
        KeyItem(f"in {window} days, {100 * prob:g} % interval", "P", INK, INK, 5.0),
    ]]  # fmt: skip
    if silent:
        key[0].append(KeyItem(f"in {window} days without a statement of one of them", "P", FAINT, FAINT, 5.0))
    drawn = pd.concat([cell.frame[cell.frame["kind"].isin(["cumulative", "window"]).to_numpy()] for cell in cells])
    if any(beyond.any() for beyond, _, _ in _cut(drawn, low, high)):
        key[0].append(KeyItem("at an edge: goes on beyond the axis", "^", INK, INK, 4.0))

    def draw(ax: Axes, i: int, first: bool) -> None:
        _ratio_axis(ax, low, high, labelled=first)
        frame = cells[i].frame
        _draw_run(ax, frame[(frame["kind"] == "cumulative").to_numpy()], low, high)
        bars = frame[(frame["kind"] == "window").to_numpy()]
        for (_, row), pale in zip(bars.iterrows(), _silent(bars), strict=True):
            _draw_bar(ax, row, FAINT if pale else INK, low, high)

    return Block(
        "Ratio of the counts of two counters",
        "Log scale, hairline at 1: both count as many. Draws of both are paired at random, as if independent",
        key, [(cell.name, cell.detail) for cell in cells], RATIO, max(_ticks(low, high).values(), key=len), draw,
    )  # fmt: skip


def _silent(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether one of the two has no statement in a window."""
    bare = np.zeros(len(frame), dtype=bool)
    for name in ("dates", "dates_reference"):
        if name in frame:
            bare |= frame[name].to_numpy() == 0
    return np.asarray(bare & (frame["kind"] == "window").to_numpy())


def _ratio_axis(ax: Axes, low: float, high: float, *, labelled: bool) -> None:
    """Set up the log axis, its ticks at powers of two, and the line at 1."""
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ticks = _ticks(low, high)
    ax.yaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.yaxis.set_major_formatter(FixedFormatter([said if labelled else "" for said in ticks.values()]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.axhline(1.0, color=INK, lw=0.8, zorder=1.2)


def _ticks(low: float, high: float) -> dict[float, str]:
    """Return powers of two, or of four and so on where there are many, with their labels; 1 is always one of them.

    Examples
    --------
    >>> list(_ticks(0.2, 5.0).values()), list(_ticks(0.4, 5000.0).values())
    (['1/4', '1/2', '1', '2', '4'], ['1', '8', '64', '512', '4,096'])
    """
    first, last = int(np.ceil(np.log2(low))), int(np.floor(np.log2(high)))
    step = -(-max(last - first, 1) // TICKS)
    found = range(-(-first // step) * step, last + 1, step)
    return {2.0**k: f"1/{2**-k:,}" if k < 0 else f"{2**k:,}" for k in found}


def _draw_run(ax: Axes, rows: pd.DataFrame, low: float, high: float) -> None:
    """Draw the ratio since the first common day, cut at the axis."""
    day = days(rows["last"].to_numpy())
    edges = np.append(day - 0.5, day[-1] + 0.5)
    lower, upper = (np.clip(rows[name].to_numpy(dtype=float), low, high) for name in ("lower", "upper"))
    ax.fill_between(edges, np.append(lower, lower[-1]), np.append(upper, upper[-1]), step="post", color=BAND, lw=0,
                    zorder=1.1)  # fmt: skip
    ratio = rows["ratio"].to_numpy(dtype=float)
    inside = np.where((ratio >= low) & (ratio <= high), ratio, np.nan)
    ax.stairs(inside, edges, baseline=None, color=MODEL, lw=1.3, zorder=2.0)
    for beyond, edge, marker in _cut(rows, low, high):
        places = [day[run].mean() for run in _runs(beyond)]
        ax.plot(places, [edge] * len(places), marker, ms=4.4, mew=0, color=MODEL, zorder=3.0, clip_on=False)


def _runs(marked: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the places of marked days, run by run; a gap of a few days belongs to the run around it.

    Examples
    --------
    >>> [run.tolist() for run in _runs(np.array([True, True, False, True] + [False] * 9 + [True]))]
    [[0, 1, 3], [13]]
    """
    at = np.flatnonzero(marked)
    return np.split(at, np.flatnonzero(np.diff(at) > NEAR) + 1) if len(at) else []


def _draw_bar(ax: Axes, row: pd.Series, colour: str, low: float, high: float) -> None:
    """Draw one window: a stroke over its days at the ratio, a whisker over its interval."""
    first, last = days([row["first"], row["last"]])
    middle = (first + last) / 2
    look: dict[str, Any] = {"color": colour, "zorder": 3.0, "solid_capstyle": "butt"}
    ends = [float(np.clip(row[name], low, high)) for name in ("lower", "upper")]
    ax.plot([middle, middle], ends, lw=1.1, **look)
    for beyond, edge, marker in _cut(row.to_frame().T, low, high):
        if beyond.any():
            ax.plot([middle], [edge], marker, ms=3.6, mew=0, clip_on=False, **look)
    if low <= row["ratio"] <= high:
        ax.plot([first - 0.5, last + 0.5], [row["ratio"]] * 2, lw=1.6, **look)


def sum_block(cells: Sequence[SumCell], prob: float) -> Block:
    """Return two panels for each whole: both counts, and their difference."""
    top = max(float(cell.frame[["sum_upper", "total_upper"]].to_numpy(dtype=float).max()) for cell in cells)
    key = [[
        KeyItem("total, median", "line", MODEL, MODEL), KeyItem(f"{100 * prob:g} % interval", "band", BAND, BAND),
        KeyItem("sum of the parts, median", "line", INK, INK),
        KeyItem(f"{100 * prob:g} % interval", "band", SUMMED, SUMMED),
    ]]  # fmt: skip
    labels = []
    for cell in cells:
        labels += [(f"{cell.counter}, {cell.whole}", f"and the sum of {cell.parts}"),
                   (f"{cell.parts} − {cell.whole}", "difference, hairline at 0")]  # fmt: skip

    def draw(ax: Axes, i: int, first: bool) -> None:
        del first  # every panel has an axis of its own
        frame = cells[i // 2].frame
        day = days(frame["date"].to_numpy())
        if i % 2 == 0:
            ax.set_ylim(0, 1.06 * max(top, 1.0))
            _draw_part(ax, frame, "total", day, (MODEL, BAND), 1.3)
            _draw_part(ax, frame, "sum", day, (INK, SUMMED), 1.5)
        else:
            _draw_part(ax, frame, "difference", day, (INK, SUMMED), 1.3)
            ends = frame[["difference_lower", "difference_upper"]].to_numpy(dtype=float)
            pad = 0.08 * max(float(np.ptp(ends)), 2.0)
            ax.set_ylim(min(float(ends.min()), 0.0) - pad, max(float(ends.max()), 0.0) + pad)
            ax.axhline(0.0, color=INK, lw=0.8, zorder=1.2)
        number_axis(ax, whole=True)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))

    return Block(
        "A scope beside the sum of its parts",
        "Counted since the first common day. Whole and parts come from the same sources: agreement is no confirmation",
        key, labels, SUM, f"{top:,.0f}", draw,
    )  # fmt: skip


def _draw_part(ax: Axes, frame: pd.DataFrame, name: str, day: Floats, look: tuple[str, str], z: float) -> None:
    """Draw one line with its band."""
    edges = np.append(day - 0.5, day[-1] + 0.5)
    middle, lower, upper = (frame[f"{name}{end}"].to_numpy(dtype=float) for end in ("", "_lower", "_upper"))
    band = np.append(lower, lower[-1]), np.append(upper, upper[-1])
    ax.fill_between(edges, *band, step="post", color=look[1], lw=0, zorder=z, alpha=0.75)
    ax.stairs(middle, edges, baseline=None, color=look[0], lw=1.2, zorder=z + 1.0)
