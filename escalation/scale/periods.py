"""Stretches of days over which levels are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["UNITS", "Periods", "day_number", "make_periods"]

Ints = NDArray[np.int64]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")  # what follows is a time of that day
_EPOCH = date(1970, 1, 1)

UNITS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
"""Calendar units, and how pandas calls them."""


@dataclass(frozen=True)
class Periods:
    """Periods that follow each other and fill a window; days are counted from 1970-01-01.

    Parameters
    ----------
    labels
        One per period.
    first, last
        First and last day of each, shape (P,).
    """

    labels: tuple[str, ...]
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def days(self) -> Ints:
        """Length of each in days."""
        return np.asarray(self.last - self.first + 1)

    def of(self, day: ArrayLike) -> Ints:
        """Return the position of the period of each day, -1 outside the window."""
        days = np.asarray(day, dtype=np.int64)
        found = np.searchsorted(self.first, days, side="right") - 1
        return np.asarray(np.where((days >= self.first[0]) & (days <= self.last[-1]), found, -1), dtype=np.int64)

    def frame(self) -> pd.DataFrame:
        """Return ``period, first, last, days`` with dates."""
        first, last = (pd.to_datetime(d.astype("datetime64[D]")) for d in (self.first, self.last))
        return pd.DataFrame({"period": list(self.labels), "first": first, "last": last, "days": self.days})


def make_periods(periods: str | Iterable[object], first: int, last: int) -> Periods:
    """Cut a window of days into periods.

    Parameters
    ----------
    periods : {"week", "month", "quarter", "year", "whole"} or collection of dates
        A calendar unit, the first and last period cut at the window; one period; or the first days of new periods.
    first, last : int
        The window, in days since 1970-01-01.

    Returns
    -------
    Periods

    Raises
    ------
    ValueError
        If the unit is unknown, or a date cannot be read, stands twice or does not lie inside the window.

    Examples
    --------
    >>> day = pd.Timestamp("2024-01-20").toordinal() - pd.Timestamp(0).toordinal()
    >>> make_periods("month", day, day + 30).frame()["days"].tolist()
    [12, 19]
    >>> make_periods(["2024-02-02"], day, day + 30).labels
    ('2024-01-20 to 2024-02-01', '2024-02-02 to 2024-02-19')
    """
    if last < first:
        raise ValueError(
            f"the window must not end before it starts, got {_date(first):%Y-%m-%d} to {_date(last):%Y-%m-%d}."
        )
    if isinstance(periods, str):
        if periods == "whole":
            return _from_starts(np.array([first]), last)
        if periods not in UNITS:
            raise ValueError(f"periods must be one of {', '.join(UNITS)}, whole, or dates; got {periods!r}.")
        units = pd.period_range(_date(first), _date(last), freq=UNITS[periods])
        starts = np.maximum(_whole_days(units.start_time), first)
        ends = np.minimum(_whole_days(units.end_time), last)
        labels = [str(u) if periods != "week" else f"week of {u.start_time:%Y-%m-%d}" for u in units]
        return Periods(tuple(labels), starts, ends)
    if not isinstance(periods, Iterable):
        raise ValueError(f"periods must be one of {', '.join(UNITS)}, whole, or dates; got {periods!r}.")
    given = list(periods.to_timestamp() if isinstance(periods, pd.PeriodIndex) else periods)
    cuts = np.sort(np.array([day_number(value, "periods") for value in given], dtype=np.int64))
    if len(np.unique(cuts)) < len(cuts) or (cuts <= first).any() or (cuts > last).any():
        raise ValueError(
            f"periods: dates must be different and lie after {_date(first):%Y-%m-%d}, up to {_date(last):%Y-%m-%d}; "
            f"got {', '.join(map(str, given))}."
        )
    return _from_starts(np.concatenate([[first], cuts]), last)


def day_number(value: Any, name: str) -> int:
    """Return a date as days since 1970-01-01; a time of day is dropped, and a time zone keeps its own day.

    Raises
    ------
    ValueError
        If `value` is no date.

    Examples
    --------
    >>> day_number("1970-01-03", "start")
    2
    """
    if isinstance(value, str) and (found := _DAY.match(value.strip())):
        with suppress(ValueError):
            return (date.fromisoformat(found[0]) - _EPOCH).days
    if isinstance(value, np.datetime64) and not np.isnat(value) and np.datetime_data(value)[0] not in ("Y", "M", "W"):
        return int(value.astype("datetime64[D]").astype(np.int64))
    if isinstance(value, date) and not pd.isna(value):
        return (date(value.year, value.month, value.day) - _EPOCH).days
    raise ValueError(f"{name}: a day such as 2024-01-20 is needed, got {value!r}.")


def _from_starts(starts: Ints, last: int) -> Periods:
    """Make periods from their first days, named by their dates."""
    ends = np.append(starts[1:] - 1, last)
    labels = tuple(f"{_date(a):%Y-%m-%d} to {_date(b):%Y-%m-%d}" for a, b in zip(starts, ends, strict=True))
    return Periods(labels, starts.astype(np.int64), ends.astype(np.int64))


def _date(day: int) -> pd.Timestamp:
    """Return a day since 1970 as a date."""
    return pd.Timestamp(np.datetime64(int(day), "D"))


def _whole_days(dates: pd.DatetimeIndex) -> Ints:
    """Return dates as days since 1970."""
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(np.int64))
