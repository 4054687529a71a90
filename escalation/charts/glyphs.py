"""How each reported total is drawn: the glyph says how the number was worded and how far it was believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.path import Path

from escalation.charts.heading import KeyItem
from escalation.charts.sheet import Sheet
from escalation.charts.style import FAINT, INK
from escalation.charts.timeaxis import days, need_columns

__all__ = ["Reports", "draw_reports", "key_of_reports", "read_reports"]

_BAR = [(-0.8, 0.0), (0.8, 0.0), (0.0, 0.0), (0.0, 1.2), (-0.45, 1.1), (0.45, 1.1), (0.0, 1.9), (-0.45, 1.1)]
_STROKES = [
    Path.MOVETO,
    Path.LINETO,
    Path.MOVETO,
    Path.LINETO,
    Path.MOVETO,
    Path.LINETO,
    Path.LINETO,
    Path.CLOSEPOLY,
]
_UP = Path(_BAR, _STROKES)
_DOWN = Path([(x, -y) for x, y in _BAR], _STROKES)
_ABOUT = Path.make_compound_path(Path.circle((0.0, 0.0), 0.45), Path([(0.0, -1.0), (0.0, 1.0)]))

_KIND = {"exact": "exact", "at_least": "lower", "more_than": "lower", "about": "about", "up_to": "upper"}
_RANGE = Path([(0, -1), (0, 1), (-0.5, -1), (0.5, -1), (-0.5, 1), (0.5, 1)], [Path.MOVETO, Path.LINETO] * 3)
_GLYPH: dict[str, tuple[str | Path, float, str]] = {
    "exact": ("o", 4.2, "exact"),
    "lower": (_UP, 13.0, "at least, more than"),
    "upper": (_DOWN, 13.0, "up to"),
    "about": (_ABOUT, 10.0, "about"),
    "range": (_RANGE, 8.0, "range"),
}
_SINK = {"lower": 3.0, "upper": -3.0}


@dataclass(frozen=True)
class Reports:
    """Reported totals in arrays of shape (n,), within the time limits of a panel.

    Parameters
    ----------
    day : ndarray of float
        As-of dates in days since 1970-01-01.
    low, high : ndarray of float
        The count; the upper end for a range, equal to ``low`` otherwise.
    kind : ndarray of str
        ``exact``, ``lower``, ``upper``, ``about`` or ``range``.
    used, doubted : ndarray of bool
        Whether the model used the report, and read it as stale or wrong rather than current.
    outside : int
        Reports left out because their date is beyond the time limits.
    """

    day: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    kind: npt.NDArray[np.str_]
    used: npt.NDArray[np.bool_]
    doubted: npt.NDArray[np.bool_]
    outside: int

    def ceiling(self, floor: float) -> float:
        """Return the top of the count axis: believed reports always fit, others only if near."""
        believed = self.high[self.used & ~self.doubted]
        top = max(floor, float(believed.max(initial=0.0)), 1.0)
        return max(top, float(self.high[self.high <= 1.5 * top].max(initial=0.0))) * 1.06


def read_reports(frame: pd.DataFrame, sheet: Sheet) -> Reports:
    """Check the frame of reports and keep those within the time limits.

    Parameters
    ----------
    frame : DataFrame
        ``as_of``, ``count``, ``used``; optional ``count_high``, ``bound`` (default exact), ``weight``.
    sheet : Sheet
        The panel.

    Returns
    -------
    Reports

    Raises
    ------
    ValueError
        If a column is lacking, a bound is unknown or a count or date is missing.
    """
    need_columns(frame, "reports", ("as_of", "count", "used"))
    bound = _texts(frame, "bound", "exact")
    strange = sorted(set(bound) - set(_KIND))
    if strange:
        raise ValueError(f"reports: unknown bound {', '.join(strange)}; known are {', '.join(_KIND)}.")
    day, low = days(frame["as_of"]), frame["count"].to_numpy(dtype=float, na_value=np.nan)
    bare = np.isnan(day) | np.isnan(low)
    if bare.any():
        first = frame.index[bare][0]
        raise ValueError(f"reports: {bare.sum()} rows lack as_of or count, the first is row {first!r}; give both.")
    high = np.fmax(_floats(frame, "count_high", low), low)
    kind = np.where(high > low, "range", np.array([_KIND[b] for b in bound], dtype="U8"))
    used = np.array([bool(u) and u == u for u in frame["used"].astype(object)], dtype=bool)
    doubted = used & (_floats(frame, "weight", np.ones(len(frame))) < 0.5)
    inside = (day >= sheet.start) & (day <= sheet.end)
    return Reports(
        day=day[inside],
        low=low[inside],
        high=high[inside],
        kind=kind[inside],
        used=used[inside],
        doubted=doubted[inside],
        outside=int((~inside).sum()),
    )


def _texts(frame: pd.DataFrame, column: str, default: str) -> list[str]:
    """Return a column of words; missing cells, or a missing column, hold the default."""
    if column not in frame.columns:
        return [default] * len(frame)
    return [default if pd.isna(v) else str(v) for v in frame[column].astype(object)]


def _floats(frame: pd.DataFrame, column: str, default: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a column of numbers; missing cells, or a missing column, hold the default."""
    if column not in frame.columns:
        return default
    found = frame[column].to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(np.where(np.isnan(found), default, found), dtype=np.float64)


def draw_reports(ax: Axes, reports: Reports) -> None:
    """Draw every report below the ceiling of the axes; doubted ones first, so that they hide nothing."""
    shown = reports.high <= ax.get_ylim()[1]
    look: dict[str, Any] = {"ls": "", "clip_on": False}
    left_out = shown & ~reports.used
    ax.plot(
        reports.day[left_out],
        reports.low[left_out],
        marker="x",
        ms=4,
        mew=0.8,
        color=FAINT,
        zorder=2.6,
        **look,
    )
    for doubted in (True, False):
        edge, face = (FAINT, "white") if doubted else (INK, INK)
        z = 2.7 if doubted else 3.0
        for kind, (marker, size, _) in _GLYPH.items():
            at = shown & reports.used & (reports.doubted == doubted) & (reports.kind == kind)
            if not at.any():
                continue
            x, low, high = reports.day[at], reports.low[at], reports.high[at]
            if kind == "range":
                ax.vlines(x, low, high, color=edge, lw=0.9, zorder=z, clip_on=False)
                for end in (low, high):
                    ax.plot(x, end, marker="_", ms=5, mew=0.9, color=edge, zorder=z, **look)
            else:
                ax.plot(x, low, marker=marker, ms=size, mew=0.7, color=edge, mfc=face, zorder=z, **look)


def key_of_reports(reports: Reports, ceiling: float) -> list[KeyItem]:
    """Return the glyphs that occur, each with its number of reports."""
    items = []
    plain = reports.used & ~reports.doubted
    for kind, (marker, size, words) in _GLYPH.items():
        n = int((plain & (reports.kind == kind)).sum())
        if n:
            items.append(KeyItem(f"{words} ({n})", marker, INK, INK, size, _SINK.get(kind, 0.0)))
    doubted = int(reports.doubted.sum())
    if doubted:
        items.append(KeyItem(f"read as stale or wrong ({doubted})", "o", FAINT, "white", 4.2))
    unused = int((~reports.used).sum())
    if unused:
        items.append(KeyItem(f"not used ({unused})", "x", FAINT, FAINT, 4.0))
    above = int((reports.high > ceiling).sum())
    beyond = [f"{above} above the axis"] * (above > 0) + [f"{reports.outside} outside these dates"] * (
        reports.outside > 0
    )
    if beyond:
        items.append(KeyItem("not shown: " + ", ".join(beyond), "", FAINT, FAINT))
    return items
