"""The comparison as a figure: time, Covering and F1 against the length of the series."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from benchmarks.methods import BY_NAME, OURS
from benchmarks.metrics import MARGIN
from benchmarks.series import DAYS_PER_CHANGE, FEWEST, LEAST_RATIO, RATES, SEED
from escalation.calibration.report.page import ROOM, Page, tick
from escalation.charts.heading import Heading, KeyItem, heading
from escalation.charts.sheet import Pen
from escalation.charts.style import FAINT, GRID, INK, MODEL, MUTED, SIZES, style

__all__ = ["draw"]

Floats = NDArray[np.float64]

TITLE = "Finding changes of a rate in observed counts: time, Covering and F1"
LEFT, WIDE, SECOND = 40.0, 172.0, 382.0
HEAD, TALL, BETWEEN, TICKS = 16.0, 286.0, 28.0, 30.0
#: Least distance of the lines of two labels, and the room between an axes and its labels, in points.
LINE, LABEL = 10.5, 16.0
TIMES = {-6: "1 µs", -5: "10 µs", -4: "0.1 ms", -3: "1 ms", -2: "10 ms", -1: "0.1 s", 0: "1 s", 1: "10 s", 2: "100 s",
         3: "1,000 s"}  # fmt: skip


@dataclass(frozen=True)
class _Curve:
    """One method on one panel; `x` and `y` are what is drawn."""

    name: str
    x: Floats
    y: Floats
    over: float | None = None  # x at which a call was stopped at the time limit

    @property
    def colour(self) -> str:
        """Green for this package."""
        return MODEL if BY_NAME[self.name].package == "escalation" else INK


def spread(targets: Sequence[float], low: float, high: float, gap: float = LINE) -> list[float]:
    """Move places apart by at least `gap`, each as little as possible (least squares), within low to high.

    Examples
    --------
    >>> spread([50.0, 50.0, 10.0], 0.0, 100.0, gap=10.0)
    [45.0, 55.0, 10.0]
    """
    order = np.argsort(targets, kind="stable")
    steps = gap * np.arange(len(order))
    free = isotonic_regression(np.asarray(targets, dtype=float)[order] - steps).x
    moved = np.empty(len(order))
    moved[order] = np.clip(free, low, max(low, high - steps[-1])) + steps
    return [float(place) for place in moved]


def draw(table: pd.DataFrame, limit: float) -> tuple[Figure, str, str]:
    """Draw the series with changes of a table of `benchmarks.measure.measure`.

    Parameters
    ----------
    table : DataFrame
        At least one row was run.
    limit : float
        Time limit in seconds.

    Returns
    -------
    fig : matplotlib.figure.Figure
        Not known to pyplot.
    alt, title : str
        Text for readers who do not see it, and its name.
    """
    rows = table[table["kind"] == "changes"]
    times = _curves(rows, "seconds", log=True)
    half = (TALL - BETWEEN) / 2
    span = _span(rows[rows["seconds"].notna()])
    with style():
        page = Page(_heading(rows), HEAD + TALL + TICKS, _source(rows))
        low, high = _decades(times, limit)
        ax = _panel(page, "Time of a call (logarithmic)", LEFT, 0.0, TALL, span, (low, high))
        places = [place for place in TIMES if low <= place <= high]
        tick(ax, "y", places, [TIMES[place] for place in places])
        _draw_limit(ax, times, limit)
        _draw_curves(ax, times, stop=float(np.log10(limit)))
        for i, (column, words) in enumerate((("covering", "Covering"), ("f1", f"F1, within {MARGIN} days"))):
            curves = _curves(rows, column)
            least = min(0.9, np.floor(10 * min(float(curve.y.min()) for curve in curves) - 1e-9) / 10)
            least = max(0.0, float(least))
            ax = _panel(page, words, SECOND, i * (half + BETWEEN), half, span, (least - 0.06 * (1.0 - least), 1.0))
            marks = np.arange(round(10 * least), 11) / 10
            marks = marks if marks.size <= 6 else marks[::-1][::2][::-1]
            tick(ax, "y", [float(m) for m in marks], [f"{m:g}" for m in marks])
            _draw_curves(ax, curves)
        page.fig.draw_without_rendering()
    return page.fig, _alt(rows), TITLE


def _curves(rows: pd.DataFrame, column: str, log: bool = False) -> list[_Curve]:
    """Return what each method has in a column, by length."""
    found = []
    for name, part in rows.groupby("method", sort=False):
        known = part[part[column].notna()]
        if not len(known):
            continue
        stops = part["n"][part["note"].str.contains("over the limit of") & part["series"].eq(0)]
        y = known[column].to_numpy(dtype=float)
        found.append(_Curve(str(name), np.log10(known["n"].to_numpy(dtype=float)), np.log10(y) if log else y,
                            float(np.log10(stops.min())) if len(stops) else None))  # fmt: skip
    return found


def _span(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis of lengths, with a little room."""
    low, high = float(np.log10(rows["n"].min())), float(np.log10(rows["n"].max()))
    return low - 0.25, high + 0.15


def _decades(curves: Sequence[_Curve], limit: float) -> tuple[float, float]:
    """Return the ends of the axis of times: a full decade below, the limit above."""
    lowest = min(float(curve.y.min()) for curve in curves)
    highest = max(float(curve.y.max()) for curve in curves)
    return max(float(np.floor(lowest)), min(TIMES)) - 0.2, max(float(np.log10(limit)), highest) + 0.3


def _panel(
    page: Page, words: str, left: float, down: float, height: float, x: tuple[float, float], y: tuple[float, float]
) -> Axes:
    """Make a panel with its title, and lengths below."""
    page.say(left, down + HEAD - 6.0, words, fontsize=SIZES["subtitle"], weight="bold")
    ax = page.panel(left, down + HEAD, WIDE, height, x=x, y=y)
    places = [float(place) for place in range(int(np.ceil(x[0])), int(np.floor(x[1])) + 1)]
    last = down + height >= TALL - 1.0
    tick(ax, "x", places, [f"{10**place:,.0f}" for place in places] if last else None, grid=False)
    if last:
        page.say(left + WIDE / 2, HEAD + TALL + 24.0, "days in the series", color=MUTED, ha="center")
    return ax


def _draw_limit(ax: Axes, curves: Sequence[_Curve], limit: float) -> None:
    """Draw the time limit, and an arrow where a method was stopped there."""
    at = float(np.log10(limit))
    ax.axhline(at, color=FAINT, lw=0.8, ls=(0, (3, 2)), zorder=1.4)
    pen = Pen(ax)
    low, high = ax.get_ylim()
    words = f"limit {limit:g} s"
    pen.text(2.0, (at - low) / (high - low) * pen.sheet.height + 3.0, words, fontsize=SIZES["small"], color=MUTED)
    for curve in curves:
        if curve.over is not None:
            ax.plot([curve.x[-1], curve.over], [curve.y[-1], at], color=curve.colour, lw=0.8, ls=(0, (1.2, 1.8)))
            ax.plot([curve.over], [at], "^", ms=4.5, mfc="white", mec=curve.colour, mew=0.8, clip_on=False, zorder=4)


def _draw_curves(ax: Axes, curves: Sequence[_Curve], stop: float | None = None) -> None:
    """Draw lines, and their names on the right, each led to from its last point, or from `stop` if it was stopped."""
    pen = Pen(ax)
    low, high = ax.get_ylim()
    ends = []
    for curve in curves[::-1]:  # of names at one height the first method's is on top
        ours = curve.colour == MODEL
        face = curve.colour if BY_NAME[curve.name].poisson else "white"
        look: dict[str, Any] = {"ms": 4.6 if ours else 3.6, "zorder": 3 if ours else 2}
        look["lw"] = 2.0 if curve.name == OURS else 0.9
        ax.plot(curve.x, curve.y, color=curve.colour, marker="o", mew=0.8, mfc=face, clip_on=False, **look)
        last = float(curve.x[-1]), float(curve.y[-1])
        ends.append((curve.over, stop) if curve.over is not None and stop is not None else last)
    heights = [(y - low) / (high - low) * pen.sheet.height for _, y in ends]
    for curve, (x, _), end, y in zip(curves[::-1], ends, heights, spread(heights, 0.0, pen.sheet.height), strict=True):
        leader = [pen.sheet.x(x) + 4.0, WIDE + 3.0, WIDE + LABEL - 2.0]
        pen.line(leader, [end, end, y], color=GRID, lw=0.7, zorder=1.2)
        weight = "bold" if curve.name == OURS else "normal"
        pen.text(
            WIDE + LABEL, y - 2.6, curve.name, fontsize=SIZES["small"], color=curve.colour, weight=weight
        )  # fmt: skip


def _heading(rows: pd.DataFrame) -> Heading:
    """Say what is drawn and how it reads."""
    many = rows[rows["series"] > 0].groupby("n")["series"].max()
    sets = ", ".join(f"{series} of {n:,} days" for n, series in many.items())
    return heading(
        TITLE,
        f"Simulated Poisson counts of piecewise constant rate ({sets}), one change per {DAYS_PER_CHANGE:,} days and at "
        f"least {FEWEST}, rates {RATES[0]:g} to {RATES[1]:g} a day, neighbours differing by {LEAST_RATIO:g} times or "
        "more. Time: median, one thread, after compilation. Covering and F1: means, 1 is best (van den Burg & Williams "
        "2020).",
        ROOM,
        key=[[
            KeyItem("this package", "o", MODEL, MODEL, 4.6), KeyItem("models the counts", "o", INK, INK, 3.6),
            KeyItem("takes transformed counts as normal", "o", INK, "white", 3.6),
            KeyItem("stopped at the limit", "^", INK, "white", 4.5),
        ]],
    )  # fmt: skip


def _source(rows: pd.DataFrame) -> str:
    """Say how it was made."""
    used = rows[rows["series"] > 0].drop_duplicates("package")
    packages = ", ".join(f"{row.package} {row.version}" for row in used.itertuples())
    python = ".".join(platform.python_version_tuple()[:2])
    return f"benchmarks/run.py, seed {SEED}, Python {python}: {packages}. Settings of each method are in the table."


def _alt(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    said = []
    for name, part in rows.groupby("method", sort=False):
        run = part[part["series"] > 0]
        if not len(run):
            said.append(f"{name}: {part['note'].iloc[0]}.")
            continue
        last = run.iloc[-1]
        stopped = part["note"][(part["series"] == 0) & (part["note"] != "")]
        why = f"; then {stopped.iloc[0]}" if len(stopped) else ""
        said.append(f"{name}: at {last['n']:,} days {last['seconds']:.2g} s, Covering {last['covering']:.3f}, "
                    f"F1 {last['f1']:.3f}{why}.")  # fmt: skip
    return f"Time, Covering and F1 against the days of the series, one line per method. {' '.join(said)}"
