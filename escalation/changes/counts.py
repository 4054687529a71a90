"""Check observed counts and put them into arrays: what is a count, what is a missing day, what is exposure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
#: Largest count that is exact as a float and leaves room for a sum over a million days.
LARGEST = 10**12
#: Offending days that an error names one by one.
NAMED = 5


@dataclass(frozen=True)
class Counts:
    """Observed counts, one a day (or week, or year).

    Parameters
    ----------
    index
        Labels of the days, shape (T,).
    values
        Incidents per day, shape (T,); 0 where the day was not observed.
    exposure
        Time or population observed on each day, shape (T,); 0 where the day was not observed.
    """

    index: pd.Index[Any]
    values: Ints
    exposure: Floats

    @property
    def days(self) -> int:
        """Number of days, observed or not."""
        return int(self.values.size)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which days were observed, shape (T,)."""
        return np.asarray(self.exposure > 0.0)

    @property
    def total(self) -> int:
        """Incidents on all observed days."""
        return int(self.values.sum())


def as_counts(
    counts: ArrayLike | pd.Series[Any],
    exposure: ArrayLike | pd.Series[Any] | None = None,
    *,
    may_be_missing: bool = False,
) -> Counts:
    """Check counts and exposure, and put them into arrays.

    Parameters
    ----------
    counts
        Incidents per day, in order of time, shape (T,); NaN (or None) where the day was not observed, which is not the
        same as 0. A Series keeps its index, which must increase in even steps; anything else is numbered 0, 1, 2, …
    exposure
        Time or population under observation on each day, shape (T,), above 0; None is 1 on every day. A rate is then
        per unit of exposure. The exposure of a day without a count is not used.
    may_be_missing
        Whether no day at all need be observed.

    Raises
    ------
    ValueError
        If there is no observed day, a count is negative, fractional, infinite or above `LARGEST`, the index is not in
        even steps, or the exposure does not fit; all problems are listed.

    Examples
    --------
    >>> found = as_counts([3, None, 0])
    >>> found.values.tolist(), found.seen.tolist(), found.total
    ([3, 0, 0], [True, False, True], 3)
    >>> as_counts([2, -1, 0.5])
    Traceback (most recent call last):
        ...
    ValueError: counts: 1 is negative (day 1: -1); 1 is not a whole number (day 2: 0.5)
    """
    index = counts.index if isinstance(counts, pd.Series) else pd.RangeIndex(np.size(np.asarray(counts)))
    bad: list[str] = []
    values = _numbers("counts", counts, bad)
    if values.ndim != 1:
        raise ValueError(f"counts: a list, array or Series of one dimension is needed, got shape {values.shape}")
    seen = ~np.isnan(values)
    bad += _uneven(index)
    if not (may_be_missing and not seen.any()):
        bad += _not_counts(index, values, seen) if not bad or seen.any() else []
    weight = np.ones(values.shape) if exposure is None else _exposure(exposure, index, values, seen, bad)
    if bad:
        raise ValueError("; ".join(bad))
    return Counts(index, np.where(seen, values, 0.0).astype(np.int64), np.where(seen, weight, 0.0))


def _numbers(name: str, given: Any, bad: list[str]) -> Floats:
    """Floats of what was given; what is not a number is reported and read as missing."""
    if isinstance(given, np.ma.MaskedArray):
        given = np.ma.filled(given.astype(np.float64), np.nan)
    array = given if isinstance(given, pd.Series) else np.asarray(given)
    if isinstance(array.dtype, np.dtype) and array.dtype.kind in "iuf":
        return np.asarray(array, dtype=np.float64)
    column = array if isinstance(array, pd.Series) else pd.Series(array.ravel())
    if not pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != object:
        column = column.astype(object)
    wrong = column.map(lambda v: isinstance(v, (bool, np.bool_))).to_numpy(dtype=bool)
    numbers = pd.to_numeric(column.where(~wrong), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    lost = np.isnan(numbers) & column.notna().to_numpy()
    if lost.any():
        bad.append(f"{name}: {_named(column.index, column.to_numpy(dtype=object), lost)} no number")
    return np.asarray(numbers.reshape(np.shape(array)), dtype=np.float64)


def _not_counts(index: pd.Index[Any], values: Floats, seen: NDArray[np.bool_]) -> list[str]:
    """Problems of numbers that are no counts."""
    if not values.size:
        return ["counts: the series is empty; at least one observed day is needed"]
    if not seen.any():
        return [f"counts: none of the {values.size} days was observed (all missing)"]
    if _plain(values[seen]):
        return []
    finite = np.isfinite(values)
    checks = (
        (np.isinf(values), "infinite"),
        (finite & (values < 0), "negative"),
        (finite & (values >= 0) & (values != np.floor(values)), "not a whole number"),
        (finite & (values > LARGEST), f"above {LARGEST:.0e}, the largest that is handled"),
    )
    labels = index if not isinstance(index, pd.RangeIndex) else pd.Index([f"day {i}" for i in index])
    found = []
    for wrong, what in checks:
        if wrong.any():
            n = int(wrong.sum())
            shown = ", ".join(f"{_label(labels[i])}: {values[i]:g}" for i in np.flatnonzero(wrong)[:NAMED])
            found.append(f"{n} {'is' if n == 1 else 'are'} {what} ({shown}{', …' if n > NAMED else ''})")
    return [f"counts: {'; '.join(found)}"] if found else []


def _plain(values: Floats) -> bool:
    """Whether all are counts."""
    return bool(values.min() >= 0.0 and values.max() <= LARGEST and (values == np.floor(values)).all())


def _uneven(index: pd.Index[Any]) -> list[str]:
    """Problems of an index that is not in even, increasing steps."""
    if isinstance(index, pd.MultiIndex):
        return ["counts: the index has several levels; choose one series"]
    index = _as_dates(index)
    if index.hasnans:
        return ["counts: the index has missing labels"]
    if not index.is_unique or not index.is_monotonic_increasing:
        at = next((i for i in range(1, len(index)) if not index[i - 1] < index[i]), 0)
        pair = f"{_label(index[at])} follows {_label(index[at - 1])}"
        return [f"counts: the index must increase, {pair}: sort it, one value a day"]
    if len(index) < 3:
        return []
    if isinstance(index, pd.DatetimeIndex):
        steps, even = _date_steps(index.tz_localize(None))
    elif isinstance(index, (pd.PeriodIndex, pd.TimedeltaIndex)) or pd.api.types.is_numeric_dtype(index.dtype):
        steps = np.diff(index.asi8 if isinstance(index, (pd.PeriodIndex, pd.TimedeltaIndex)) else index.to_numpy())
        even = bool(np.allclose(steps, steps[0], rtol=1e-9, atol=0.0))
    else:
        return []
    if even:
        return []
    at = int(np.flatnonzero(steps != np.median(steps))[0])
    return [
        f"counts: the index is not in even steps ({_label(index[at + 1])} follows {_label(index[at])}); "
        'put NaN where it was not observed, e.g. counts.asfreq("D")'
    ]


def _as_dates(index: pd.Index[Any]) -> pd.Index[Any]:
    """Read labels that are dates, or text of the form 2024-01-31, as dates; others are left as they are."""
    if index.dtype != object and not pd.api.types.is_string_dtype(index.dtype):
        return index
    if not all(isinstance(v, date) or (isinstance(v, str) and _ISO.fullmatch(v)) for v in index):
        return index
    found = pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601", errors="coerce"))
    return index if found.hasnans else found


def _date_steps(index: pd.DatetimeIndex) -> tuple[NDArray[Any], bool]:
    """Return the steps between dates, and whether they are even: so many hours, or so many months on the same day."""
    steps = np.diff(index.asi8)
    if bool((steps == steps[0]).all()):
        return steps, True
    months = np.diff(index.year.to_numpy() * 12 + index.month.to_numpy())
    same_day = bool((index.day == index.day[0]).all()) or bool(index.is_month_end.all())
    return steps, same_day and bool((months == months[0]).all())


def _exposure(given: Any, index: pd.Index[Any], values: Floats, seen: NDArray[np.bool_], bad: list[str]) -> Floats:
    """Exposure as floats; problems go to `bad`."""
    weight = _numbers("exposure", given, bad)
    if weight.shape != values.shape:
        bad.append(f"exposure: shape {weight.shape} does not fit counts of shape {values.shape}")
        return np.ones(values.shape)
    if isinstance(given, pd.Series) and not given.index.equals(index):
        bad.append("exposure: its index differs from that of the counts")
    wrong = seen & ~(np.isfinite(weight) & (weight > 0.0))  # NaN fails both
    if wrong.any() and not any(text.startswith("exposure") for text in bad):
        bad.append(f"exposure: {_named(index, weight, wrong)} not above 0 and finite on a day with a count")
    return weight


def _named(index: pd.Index[Any], values: Any, wrong: NDArray[np.bool_]) -> str:
    """Name the first few offending days: "1 value (day 3: x) is"."""
    n = int(wrong.sum())
    shown = ", ".join(f"{_label(index[i])}: {values[i]}" for i in np.flatnonzero(wrong)[:NAMED])
    return f"{n} {'value' if n == 1 else 'values'} ({shown}{', …' if n > NAMED else ''}) {'is' if n == 1 else 'are'}"


def _label(value: Any) -> str:
    """Write a label of a day without its time where it has none."""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
