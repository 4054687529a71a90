"""From a frame of reports to distinct statements: validation, choice of one series, origins, repeats.

Every row of the frame keeps its place in the audit: it belongs to a statement, or it says why it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.frame import tidy_reports
from escalation.reconstruct.grouping import Statement, group
from escalation.records.exportfile import day_of

#: Longest window in days.
LONGEST = 3_700
#: An origin at most this many days after the start is the same origin.
MERGE_DAYS = 3
#: Columns of the audit; a user's own columns of these names become `given_...`.
ADDED = (
    "statement", "used", "reason", "p_fresh", "p_rounded", "p_stale", "p_wrong",
    "predicted", "predicted_lower", "predicted_upper",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """First and last day, the origin of the count, and whether the count before the first day is unknown."""

    first: pd.Timestamp
    last: pd.Timestamp
    base: pd.Timestamp
    open_start: bool


@dataclass(frozen=True)
class Series:
    """Statements of one series with the window they live in and the audit of all reports.

    `origins` are the dates of earlier origins; `open_start` says that the count before the first day is unknown,
    `ends_early` that a later end was asked for than any report reaches.
    """

    statements: tuple[Statement, ...]
    dates: pd.DatetimeIndex
    open_start: bool
    origins: tuple[pd.Timestamp, ...]
    audit: pd.DataFrame
    label: str
    ends_early: bool


def _choose(frame: pd.DataFrame, name: str, wanted: str | Sequence[str] | None, reason: pd.Series) -> tuple[str, ...]:
    """Restrict to the wanted value(s) of counter, unit or scope; several without a choice is an error."""
    several = isinstance(wanted, (list, tuple, set, frozenset))
    allowed = tuple(map(str, wanted or ())) if several or wanted is None else (str(wanted),)
    if name not in frame:
        if allowed:
            raise ValueError(f"{name}={wanted!r} was asked for, but the reports have no column {name!r}")
        return ()
    value = frame[name].astype("object")
    value = value.where(value.isna(), value.astype(str))
    present = [v for v in pd.unique(value[(reason == "").to_numpy()].dropna()) if v != ""]
    if not allowed:
        if len(present) > 1:
            raise ValueError(
                f"the reports hold more than one {name}: {', '.join(sorted(present))}. Totals of different "
                f"{name}s are never mixed: choose with {name}=..."
            )
        return tuple(present)
    unknown = [v for v in allowed if v not in present]
    if unknown:
        raise ValueError(
            f"no report has {name} {', '.join(map(repr, unknown))}; present: {', '.join(sorted(present)) or 'none'}"
        )
    other = (~value.isin(allowed)).to_numpy() & (reason == "").to_numpy()
    reason[other] = f"another {name}: " + value[other].fillna("not stated")
    return allowed


def _origins(tidy: pd.DataFrame, base: pd.Timestamp, reason: pd.Series) -> pd.Series:
    """Days by which each report's origin lies before the series' own (0: the same); later ones are refused."""
    ahead = (tidy["since"] - base).dt.days.fillna(0).astype("int64")
    late = (ahead > MERGE_DAYS).to_numpy() & (reason == "").to_numpy()
    stated = tidy.loc[late, "since"].dt.strftime("%Y-%m-%d")
    reason[late] = "counts from " + stated + f", after the series' origin {base:%Y-%m-%d}"
    return (-ahead).clip(lower=0)


def as_day(value: Any, name: str) -> pd.Timestamp:
    """Read a day: a date, or text that can be read in one way only ("01/12/2023" is two days)."""
    given = value
    if isinstance(value, str):
        value = day_of(value.strip()[:10] if re.match(r"\s*\d{4}-\d\d-\d\d[T ]", value) else value.strip())
    try:
        day = pd.NaT if isinstance(value, (int, float)) or value is None else pd.Timestamp(value)
    except (ValueError, TypeError):
        day = pd.NaT
    if not isinstance(day, pd.Timestamp):
        raise ValueError(f"{name} must be a date such as '2023-11-21', got {given!r}")
    return day.tz_localize(None).normalize()


def _window(tidy: pd.DataFrame, used: NDArray[np.bool_], start: Any, end: Any) -> Window:
    """Find the first and last day of the series, the origin of its count, and whether that is before the first day."""
    rows = tidy[used]
    if end is not None:
        rows = rows[rows["as_of"] <= as_day(end, "end")]
    if rows.empty:
        raise ValueError(f"no report is left to use up to end {end}")
    stated = rows.drop_duplicates(["as_of", "count", "since"])["since"].dropna()
    common = stated.value_counts().sort_index().sort_values(kind="stable", ascending=False).index[:1]
    earliest, last = rows["as_of"].min(), rows["as_of"].max()
    if start is not None:
        first = as_day(start, "start")
        base = common[0] if common.size else first
        # Counted from before the first day: what had happened by then is not known.
        open_start = bool((first - base).days > MERGE_DAYS if common.size else earliest < first)
        base = base if open_start else first
    elif common.size:
        first = base = common[0]
        open_start = False
    else:
        first, open_start = earliest + pd.Timedelta(days=1), True
        base = first
    if last < first:
        raise ValueError(
            f"nothing to reconstruct between start {first:%Y-%m-%d} and the last report, {last:%Y-%m-%d}: give reports "
            "of at least two dates, or a since or start date before the first report"
        )
    if (last - first).days + 1 > LONGEST:
        raise ValueError(
            f"the window {first:%Y-%m-%d} to {last:%Y-%m-%d} is longer than {LONGEST} days: check the as_of dates, "
            "or set start= and end="
        )
    return Window(first, last, base, open_start)


def read_series(
    frame: pd.DataFrame,
    *,
    counter: str | None = None,
    unit: str | None = None,
    scope: str | Sequence[str] | None = None,
    start: Any = None,
    end: Any = None,
) -> Series:
    """Turn a frame of reports into the distinct statements of one series.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        For missing columns, bad cells (all of them at once), several series without a choice, or an empty window.
    """
    tidy = tidy_reports(frame)
    source = frame.reset_index(drop=True)
    reason = pd.Series("", index=tidy.index, dtype="object")
    chosen = [_choose(source, n, w, reason) for n, w in (("counter", counter), ("unit", unit), ("scope", scope))]
    window = _window(tidy, (reason == "").to_numpy(), start, end)
    first, last = window.first, window.last
    tidy["back"] = _origins(tidy, window.base, reason)
    tidy["day"] = (tidy["as_of"] - first).dt.days + 1
    low = 0 if window.open_start else 1
    free = (reason == "").to_numpy()
    reason[(tidy["day"] < low).to_numpy() & free] = f"as of a day before the start {first:%Y-%m-%d}"
    reason[(tidy["as_of"] > last).to_numpy() & free] = f"as of a day after the end {last:%Y-%m-%d}"
    rows = tidy[(reason == "").to_numpy()]
    if rows.empty:
        counts = "; ".join(f"{n} × {r}" for r, n in reason.value_counts().items())
        raise ValueError(f"no report is left to use between {first:%Y-%m-%d} and {last:%Y-%m-%d}: {counts}")
    statements, member, earlier, notes = group(rows)
    audit = source.rename(columns={c: f"given_{c}" for c in source.columns if c in ADDED})
    audit["statement"] = member.reindex(tidy.index).astype("Int64")
    audit["used"] = (reason == "").to_numpy()
    reason.update(notes)
    audit["reason"] = reason.astype(str)
    return Series(
        statements, pd.date_range(first, last, freq="D", name="date", unit="us"), window.open_start,
        tuple(window.base - pd.Timedelta(days=d) for d in earlier), audit.set_axis(frame.index, axis=0),
        ", ".join("/".join(c) for c in chosen if c), end is not None and as_day(end, "end") > last,
    )  # fmt: skip
