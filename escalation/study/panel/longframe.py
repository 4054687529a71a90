"""A long frame with a column `series`: told apart, sorted once, and handed out one series at a time."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.frame import KNOWN, parse_days

__all__ = ["long_items"]

#: Name of a series, and a call that makes its frame of reports or its daily counts, or an error that says why not.
Group = tuple[str, Callable[[], Any]]

_DAY = np.timedelta64(1, "D")


def long_items(frame: pd.DataFrame) -> tuple[str, list[Group]]:
    """Tell reports from daily counts, and divide the frame into its series, in the order in which they first appear.

    Parameters
    ----------
    frame
        Columns `series`, `count`, and either `as_of` (reports) or `date` (daily counts).

    Returns
    -------
    kind : str
        ``"reports"`` or ``"counts"``.
    groups : list of (str, callable)
        Made only when called, so that 20,000 series are not held twice.

    Raises
    ------
    ValueError
        If columns are missing, those of both kinds are there, or rows have no name of a series; all at once.

    Examples
    --------
    >>> frame = pd.DataFrame({"series": ["a", "b", "a"], "date": ["2024-01-01", "2024-01-01", "2024-01-03"],
    ...                       "count": [4, 5, 6]})
    >>> kind, groups = long_items(frame)
    >>> kind, [(name, call().tolist()) for name, call in groups]
    ('counts', [('a', [4.0, nan, 6.0]), ('b', [5.0])])
    """
    kind = _kind(frame)
    codes, names = pd.factorize(frame["series"])
    if (codes < 0).any():
        rows = np.flatnonzero(codes < 0)
        raise ValueError(f"data: {rows.size} rows have no series (row {rows[0]} from 0 first); name it or drop them")
    # One stable sort for all series; each is then a slice.
    order = np.argsort(codes, kind="stable")
    slices = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1]) if len(names) else []
    make: Callable[[NDArray[np.intp]], Any]
    make = _reports_of(frame) if kind == "reports" else _counts_of(frame)
    return kind, [(str(name), partial(make, rows)) for name, rows in zip(names, slices, strict=True)]


def _kind(frame: pd.DataFrame) -> str:
    """Tell what the columns say the frame holds."""
    names = [str(column) for column in frame.columns]
    dated = [name for name in ("as_of", "date") if name in names]
    twice = sorted({name for name in names if names.count(name) > 1} & {"series", "as_of", "date", "count"})
    bad = [f"the column {name} more than once" for name in twice]
    missing = [name for name in ("series", "count") if name not in names] + ([] if dated else ["as_of or date"])
    for name in missing:
        near = difflib.get_close_matches(name, names, 1, 0.6)
        bad.append(f"no column {name}" + (f" (did you mean your column {near[0]!r}?)" if near else ""))
    if len(dated) == 2:
        bad.append("both as_of and date: drop date if these are reports of totals, as_of if they are daily counts")
    if bad:
        raise ValueError(
            f"data: the frame has {'; '.join(bad)}. Needed are series, as_of, count (reports of cumulative totals) or "
            "series, date, count (daily counts), where series is the name of the place, group or other thing that is "
            f"counted; rename those of your columns that hold them, which are {names}"
        )
    return "reports" if dated == ["as_of"] else "counts"


def _reports_of(frame: pd.DataFrame) -> Callable[[NDArray[np.intp]], pd.DataFrame]:
    """Leave out the columns that are not read, and return what takes the reports of some rows."""
    kept = frame[[column for column in frame.columns if column in KNOWN]]
    return lambda rows: kept.iloc[rows]


def _counts_of(frame: pd.DataFrame) -> Callable[[NDArray[np.intp]], Any]:
    """Read all dates and counts once, and return what makes the daily counts of some rows."""
    days = parse_days(frame["date"]).to_numpy().astype("datetime64[D]")
    raw, count = frame["date"], frame["count"]
    if pd.api.types.is_numeric_dtype(count.dtype) and not pd.api.types.is_bool_dtype(count.dtype):
        values = count.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values = count.to_numpy(dtype=object)  # judged where the changes are found
    return partial(_daily, days, values, raw)


def _daily(days: NDArray[Any], values: NDArray[Any], raw: pd.Series[Any], rows: NDArray[np.intp]) -> Any:
    """Put the counts of one series on consecutive days; a day without a row was not observed, which is not 0."""
    day = days[rows]
    lost = np.isnat(day)
    if lost.any():
        shown = _plain(raw.iloc[rows[lost][0]])
        return ValueError(
            f"date: {int(lost.sum())} of {rows.size} rows have none that can be read, the first is {shown!r}; "
            "write dates as YYYY-MM-DD, such as 2024-01-31"
        )
    first = day.min()
    place = (day - first) // _DAY
    times = np.bincount(place)
    if (times > 1).any():
        shown = first + int(np.flatnonzero(times > 1)[0])
        return ValueError(
            f"date: {int((times > 1).sum())} dates have several rows, {shown} first; add them up or drop some"
        )
    out = np.full(times.size, np.nan, dtype=values.dtype)
    out[place] = values[rows]
    return pd.Series(out, index=pd.date_range(pd.Timestamp(first), periods=times.size, freq="D"))


def _plain(value: Any) -> Any:
    """Return a cell as it was written: a column of whole numbers with gaps is read as floats."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
