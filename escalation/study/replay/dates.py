"""The dates of a replay: a list, or every week or day from the first on which anything can be reconstructed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.statements import as_day
from escalation.records import Case
from escalation.study.admission import series_of
from escalation.study.choices import Choices
from escalation.study.replay.known import Library
from escalation.study.replay.vintages import task_of

__all__ = ["STEPS", "listed", "regular"]

#: Days between two dates.
STEPS = {"W": 7, "D": 1}


def listed(dates: Iterable[Any], bad: list[str]) -> tuple[pd.Timestamp, ...]:
    """Read a list of dates, each once and in order; problems are added to those found so far.

    Examples
    --------
    >>> [f"{day:%d %b}" for day in listed(["2024-01-08", "2024-01-01", "2024-01-08"], [])]
    ['01 Jan', '08 Jan']
    """
    found = set()
    for i, value in enumerate(dates):
        try:
            found.add(as_day(value, f"dates[{i}]"))
        except ValueError as error:
            bad.append(str(error))
    if not found and not bad:
        bad.append("dates must hold at least one date; none is given")
    return tuple(sorted(found))


def regular(case: Case, choices: Choices, library: Library, step: int) -> tuple[tuple[pd.Timestamp, ...], pd.DataFrame]:
    """Return dates `step` days apart, from the first on which something can be reconstructed, and the last one.

    The last is the end of the case's window (or of the choices'); without one, the day on which a report of the last
    as-of date was known.

    Returns
    -------
    tuple
        The dates, and ``date, reason`` of each earlier day on which a report became known and still nothing could be
        reconstructed.

    Raises
    ------
    ValueError
        If nothing can be reconstructed by the last date.
    """
    days = library.days
    end = series_of(case, choices)["end"]
    if end is None:
        end = days.loc[(days["as_of"] == days["as_of"].max()).to_numpy(), "known"].min()
    last = pd.Timestamp(end)
    skipped: list[tuple[pd.Timestamp, str]] = []
    news = np.sort(days[["as_of", "known"]].max(axis=1).unique())
    for date in (pd.Timestamp(day) for day in news if day <= last):
        lack = task_of(case, choices, library.by(date), 1).lack
        if not lack:
            dates = [*pd.date_range(date, last, freq=f"{step}D"), last]
            return tuple(dict.fromkeys(dates)), pd.DataFrame(skipped, columns=["date", "reason"])
        skipped.append((date, lack))
    said = "; ".join(f"{date:%Y-%m-%d}: {why}" for date, why in skipped[-3:])
    raise ValueError(
        f"nothing could be reconstructed on any date up to {last:%Y-%m-%d}, by when {len(library.by(last).reports)} of "
        f"{len(days)} reports of the series were known{' (' if said else ''}{said}{')' if said else ''}: give later "
        "dates, a smaller lag, or another series"
    )
