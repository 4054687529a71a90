"""A scope beside its parts: whether their sum fits the total that the same counter gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.study.counters.series import Counted

__all__ = ["SUM_COLUMNS", "WHOLE_COLUMNS", "common_days", "sums_of"]

Ints = NDArray[np.int64]
Draws = Mapping[str, tuple[pd.DatetimeIndex, Ints]]

_ENDS = ("", "_lower", "_upper")
_THREE = tuple(f"{name}{end}" for name in ("sum", "total", "difference") for end in _ENDS)
SUM_COLUMNS = ("whole", "date", *_THREE, "p_more", "p_less")
WHOLE_COLUMNS = ("whole", "parts", "first", "last", "days", *_THREE, "p_more", "p_less", "note")


def common_days(indexes: Sequence[pd.DatetimeIndex]) -> pd.DatetimeIndex:
    """Return the days that all of several windows have; may be none.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=9)
    >>> len(common_days([days[:6], days[4:]]))
    2
    """
    first, last = max(index[0] for index in indexes), min(index[-1] for index in indexes)
    return indexes[0][(indexes[0] >= first) & (indexes[0] <= last)]


def sums_of(found: Sequence[Counted], draws: Draws, prob: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare every scope written with ``+`` with the sum of its parts, counter by counter.

    Parameters
    ----------
    found
        All series.
    draws
        Days and draws of the daily counts, shape (n, T), of each reconstructed series.
    prob
        Mass of the intervals.

    Returns
    -------
    wholes : DataFrame
        One row per scope with parts, at the end of the common days: `WHOLE_COLUMNS`; ``note`` says why there is no
        number.
    sums : DataFrame
        One row per scope and common day: `SUM_COLUMNS`.
    """
    wholes: list[dict[str, Any]] = []
    daily = []
    for one in found:
        name = next((scope for scope in one.scopes if "+" in scope), None)
        if name is None or one.label not in draws:
            continue
        parts, why = _parts(one, found, draws)
        row: dict[str, Any] = {"whole": one.label, "parts": " + ".join(part.scope for part in parts), "note": why}
        if not why:
            frame = _by_day(one, parts, draws, prob)
            if frame.empty:
                row["note"] = "the whole and its parts have no day in common"
            else:
                row |= {name: frame[name].iloc[-1] for name in (*_THREE, "p_more", "p_less")}
                row |= {"first": frame["date"].iloc[0], "last": frame["date"].iloc[-1], "days": len(frame),
                        "note": _wider(one)}  # fmt: skip
                daily.append(frame)
        wholes.append(row)
    sums = pd.concat(daily, ignore_index=True) if daily else pd.DataFrame(columns=list(SUM_COLUMNS))
    return pd.DataFrame(wholes, columns=list(WHOLE_COLUMNS)), sums


def _parts(one: Counted, found: Sequence[Counted], draws: Draws) -> tuple[list[Counted], str]:
    """Find the series of the parts, or say what is missing."""
    said = []
    for scope in one.scopes:
        names = [name.strip() for name in scope.split("+")]
        if len(names) < 2:
            continue
        there = {part.scope: part for part in found if (part.counter, part.unit) == (one.counter, one.unit)}
        lacking = [name for name in names if name not in there or there[name].label not in draws]
        if not lacking:
            return [there[name] for name in names], ""
        said.append(f"no reconstruction of {', '.join(lacking)} by this counter")
    return [], "; ".join(said)


def _wider(one: Counted) -> str:
    """Say which scopes the total takes in that the sum does not."""
    split = next(scope for scope in one.scopes if "+" in scope)
    more = [scope for scope in one.scopes if scope != split]
    return f"the total takes in reports of {', '.join(more)} as well; the sum does not" if more else ""


def _by_day(one: Counted, parts: Sequence[Counted], draws: Draws, prob: float) -> pd.DataFrame:
    """Median and interval of sum, total and difference since the first common day, by day."""
    days = common_days([draws[part.label][0] for part in (one, *parts)])
    if not len(days):
        return pd.DataFrame(columns=list(SUM_COLUMNS))
    total, *pieces = (_since(draws[part.label], days) for part in (one, *parts))
    added = np.sum(pieces, axis=0)
    found: dict[str, Any] = {"whole": one.label, "date": days}
    tail = (1.0 - prob) / 2
    for name, part in (("sum", added), ("total", total), ("difference", added - total)):
        ends = np.quantile(part, [0.5, tail, 1.0 - tail], axis=0, method="nearest")
        found |= dict(zip((f"{name}{end}" for end in _ENDS), ends, strict=True))
    found |= {"p_more": (added > total).mean(axis=0), "p_less": (added < total).mean(axis=0)}
    return pd.DataFrame(found)[list(SUM_COLUMNS)]


def _since(drawn: tuple[pd.DatetimeIndex, Ints], days: pd.DatetimeIndex) -> Ints:
    """Return draws of the count since the first of some days, shape (n, len(days))."""
    index, daily = drawn
    at = index.get_indexer(days)
    return np.cumsum(daily[:, at], axis=1)
