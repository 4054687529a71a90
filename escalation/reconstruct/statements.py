"""From a frame of reports to distinct statements: validation, choice of one series, origins, repeats.

Every row of the frame keeps its place in the audit: it belongs to a statement, or it says why it is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.frame import BOUNDS, tidy_reports

#: Longest window in days.
LONGEST = 3_700
#: An origin at most this many days after the start is the same origin.
MERGE_DAYS = 3


@dataclass(frozen=True)
class Statement:
    """One distinct (as-of, count) behind one or many reports of a series.

    `day` is the index of the as-of date: 0 is "before the first day", t the end of day t. `repeat` counts the earlier
    dates for which the same number was stated; `superseded` says that a larger one was already firmly stated. `origin`
    is 0 where the count starts with the series, else the number of the earlier origin that shares an unknown offset.
    """

    number: int
    day: int
    count: int
    count_high: int | None
    bounds: tuple[str, ...]
    approx: bool
    roots: int
    repeat: int
    superseded: bool
    origin: int


@dataclass(frozen=True)
class Series:
    """Statements of one series with the window they live in and the audit of all reports.

    `origins` are the dates of earlier origins; `open_start` says that the count before the first day is unknown.
    """

    statements: tuple[Statement, ...]
    dates: pd.DatetimeIndex
    open_start: bool
    origins: tuple[pd.Timestamp, ...]
    audit: pd.DataFrame
    label: str


def _choose(frame: pd.DataFrame, name: str, wanted: str | Sequence[str] | None, reason: pd.Series) -> tuple[str, ...]:
    """Restrict to the wanted value(s) of counter, unit or scope; several without a choice is an error."""
    allowed = (wanted,) if isinstance(wanted, str) else tuple(wanted or ())
    if name not in frame:
        if allowed:
            raise ValueError(f"{name}={wanted!r} was asked for, but reports has no column {name!r}")
        return ()
    open_rows = frame.loc[(reason == "").to_numpy(), name]
    present = [str(v) for v in pd.unique(open_rows.dropna()) if str(v) != ""]
    if not allowed:
        if len(present) > 1:
            raise ValueError(
                f"reports holds more than one {name}: {', '.join(sorted(present))}. Totals of different "
                f"{name}s are never mixed: choose with {name}=..."
            )
        return tuple(present)
    unknown = [v for v in allowed if v not in present]
    if len(unknown) == len(allowed):
        raise ValueError(f"no report has {name} {wanted!r}; present: {', '.join(sorted(present)) or 'none'}")
    other = (~frame[name].isin(allowed)).to_numpy() & (reason == "").to_numpy()
    reason[other] = f"another {name}: " + frame.loc[other, name].astype("object").fillna("not stated").astype(str)
    return allowed


def _origins(tidy: pd.DataFrame, start: pd.Timestamp, reason: pd.Series) -> pd.Series:
    """Days by which each report's origin lies before the start (0: same origin); later ones are refused."""
    ahead = (tidy["since"] - start).dt.days.fillna(0).astype("int64")
    late = (ahead > MERGE_DAYS).to_numpy() & (reason == "").to_numpy()
    reason[late] = (
        "counts from " + tidy.loc[late, "since"].dt.strftime("%Y-%m-%d") + f", after the start {start:%Y-%m-%d}"
    )
    return (-ahead).clip(lower=0)


def _window(
    tidy: pd.DataFrame, used: NDArray[np.bool_], start: object, end: object
) -> tuple[pd.Timestamp, pd.Timestamp, bool]:
    """First and last day of the series, and whether the count before the first day is unknown."""
    rows = tidy[used]
    open_start = False
    if start is not None:
        first = pd.Timestamp(start).normalize()  # type: ignore[arg-type]
    elif rows["since"].notna().any():
        first = rows["since"].value_counts().sort_index().sort_values(kind="stable", ascending=False).index[0]
    else:
        first, open_start = rows["as_of"].min() + pd.Timedelta(days=1), True
    last = pd.Timestamp(end).normalize() if end is not None else rows["as_of"].max()  # type: ignore[arg-type]
    if last < first:
        raise ValueError(
            f"nothing to reconstruct between start {first:%Y-%m-%d} and end {last:%Y-%m-%d}: give reports of at "
            "least two dates, or a since or start date before the first report"
        )
    if (last - first).days + 1 > LONGEST:
        raise ValueError(
            f"the window {first:%Y-%m-%d} to {last:%Y-%m-%d} is longer than {LONGEST} days: check the as_of dates, "
            "or set start= and end="
        )
    return first, last, open_start


def read_series(
    frame: pd.DataFrame,
    *,
    counter: str | None = None,
    unit: str | None = None,
    scope: str | Sequence[str] | None = None,
    start: object = None,
    end: object = None,
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
    source = frame.set_axis(tidy.index, axis=0)
    reason = pd.Series("", index=tidy.index, dtype="object")
    chosen = [_choose(source, n, w, reason) for n, w in (("counter", counter), ("unit", unit), ("scope", scope))]
    used = (reason == "").to_numpy()
    first, last, open_start = _window(tidy, used, start, end)
    back = _origins(tidy, first, reason)
    day = (tidy["as_of"] - first).dt.days + 1
    low = 0 if open_start else 1
    reason[(day < low).to_numpy() & (reason == "").to_numpy()] = f"as of a day before the start {first:%Y-%m-%d}"
    reason[(tidy["as_of"] > last).to_numpy() & (reason == "").to_numpy()] = f"as of a day after the end {last:%Y-%m-%d}"
    tidy = tidy.assign(day=day, back=back)
    rows = tidy[(reason == "").to_numpy()]
    if rows.empty:
        counts = "; ".join(f"{n} × {r}" for r, n in reason.value_counts().items())
        raise ValueError(f"no report is left to use between {first:%Y-%m-%d} and {last:%Y-%m-%d}: {counts}")
    statements, member, earlier, notes = _statements(rows)
    audit = source.copy()
    audit["statement"] = member.reindex(tidy.index).astype("Int64")
    audit["used"] = (reason == "").to_numpy()
    reason.update(notes)
    audit["reason"] = reason.astype(str)
    origins = tuple(first - pd.Timedelta(days=d) for d in earlier)
    label = ", ".join("/".join(c) for c in chosen if c)
    dates = pd.date_range(first, last, freq="D", name="date", unit="us")
    return Series(statements, dates, open_start, origins, audit.set_axis(frame.index, axis=0), label)


def _superseded(part: pd.DataFrame, rows: pd.DataFrame) -> bool:
    """Whether a larger total, firmly dated and worded, was already stated for the same or an earlier date."""
    firm = ~rows["approx"] & rows["bound"].isin(["exact", "at_least", "more_than"])
    earlier = rows["day"] <= part["day"].iloc[0]
    return bool((firm & earlier & (rows["count"] > part["count"].iloc[0])).any())


def _statements(rows: pd.DataFrame) -> tuple[tuple[Statement, ...], pd.Series, list[int], pd.Series]:
    """Group reports into statements; number earlier origins that at least two statements share."""
    high = rows["count_high"].fillna(-1)
    groups = list(rows.groupby([rows["day"], rows["count"], high], sort=True))
    member = pd.Series(index=rows.index, dtype="float64")
    notes = pd.Series(index=rows.index, dtype="object")
    back = [int(part["back"].min()) for _, part in groups]
    shared = sorted({b for b in back if b > 0 and back.count(b) > 1})
    seen: dict[tuple[int, int], list[int]] = {}
    out = []
    for i, (_, part) in enumerate(groups):
        day, count = int(part["day"].iloc[0]), int(part["count"].iloc[0])
        top = int(high[part.index[0]])
        member[part.index] = i
        if back[i] > 0 and back[i] not in shared:
            notes[part.index] = "origin named by this statement only: read as if counted from the start"
        key = (count, top)
        repeat = len(seen.setdefault(key, []))
        seen[key].append(day)
        out.append(
            Statement(
                i, day, count, None if top < 0 else top,
                tuple(b for b in BOUNDS if (part["bound"] == b).any()), bool(part["approx"].all()),
                max(1, part["root"].nunique()), repeat, _superseded(part, rows),
                shared.index(back[i]) + 1 if back[i] in shared else 0,
            )
        )  # fmt: skip
    return tuple(out), member, shared, notes.dropna()
