"""Read an export of ACLED (Armed Conflict Location & Event Data)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from escalation.records.exportfile import Export, ExportError, dates_of, day_of, read_export
from escalation.records.exportfilter import Day, Filter, Values
from escalation.records.exports import Events, select, tidy

__all__ = ["read_acled"]

_NEEDED = (
    "event_id_cnty", "event_date", "time_precision", "event_type", "sub_event_type", "actor1", "actor2", "country",
    "admin1", "location",
)  # fmt: skip
_ASSOCIATED = ("assoc_actor_1", "assoc_actor_2")
_OPTIONAL = (*_ASSOCIATED, "admin2", "admin3")
#: Days on each side of the reference date of an event dated to a week, whose middle the reference date is.
_HALF_WEEK = 3


def read_acled(
    path: str | Path,
    *,
    actor: Values = None,
    country: Values = None,
    place: Values = None,
    event_type: Values = None,
    sub_event_type: Values = None,
    start: Day = None,
    end: Day = None,
) -> Events:
    """Read events from a CSV file that was exported from ACLED, with commas or semicolons.

    What ``time_precision`` says of a date [1]_ becomes an interval: 1, the day itself; 2, a week or a similar time,
    of which ``event_date`` is the middle: 3 days on each side; 3, a month, of which it is the middle (or the first or
    last day, if the source says so): the calendar month. The length of the time behind a 2 is not in the file.

    Parameters
    ----------
    path : str or Path
        The file, one row per event.
    actor : str or iterable of str, optional
        Keep events with one of these as ``actor1``, ``actor2`` or among the associated actors, by their full names,
        in any case of letters, as all filters.
    country, event_type, sub_event_type : str or iterable of str, optional
        Keep events with one of these.
    place : str or iterable of str, optional
        Keep events with one of these as ``location``, ``admin1``, ``admin2`` or ``admin3``.
    start, end : str or Timestamp, optional
        Keep events that may have happened on these days or between them. They are the days `Events.daily` counts.

    Returns
    -------
    Events
        The events, those excluded with the reason, and how many each filter removed.

    Raises
    ------
    ExportError
        If the file cannot be read, or a row is wrong: all problems are listed as row, column, value, expected.
    ValueError
        If a value is nowhere in the file; the message lists near ones.

    References
    ----------
    .. [1] ACLED, "Codebook", section on time precision.

    Examples
    --------
    >>> import tempfile
    >>> names = "event_id_cnty,event_date,time_precision,event_type,sub_event_type,actor1,actor2"
    >>> names += ",country,admin1,location"
    >>> rows = ["A1,2024-01-02,1,Battles,Armed clash,X,Y,Z,N,P", "A2,2024-01-04,2,Battles,Armed clash,X,Y,Z,N,P"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "made_up.csv")
    ...     _ = file.write_text(chr(10).join([names, *rows]), encoding="utf-8")
    ...     found = read_acled(file, actor="x", start="2024-01-01", end="2024-01-03")
    >>> found.daily().to_numpy().tolist()
    [[0, 1], [1, 1], [0, 1]]
    """
    export = read_export(path, _NEEDED, _OPTIONAL)
    problems = [
        *export.problems,
        *export.repeated("event_id_cnty"),
        *export.unreadable("event_date", _is_day, "a day as 2024-01-05 or 5 January 2024"),
        *export.unreadable("time_precision", lambda cell: cell in ("1", "2", "3"), "1 (day), 2 (week) or 3 (month)"),
    ]
    if problems:
        raise ExportError(sorted(problems, key=lambda problem: problem.row or 0), str(path))
    cells = export.columns
    filters = [
        Filter("actor", actor, (cells["actor1"], cells["actor2"]), _given(export, _ASSOCIATED)),
        Filter("country", country, (cells["country"],)),
        Filter("place", place, (cells["location"], cells["admin1"], *_given(export, ("admin2", "admin3")))),
        Filter("event_type", event_type, (cells["event_type"],)),
        Filter("sub_event_type", sub_event_type, (cells["sub_event_type"],)),
    ]
    return select("ACLED", export.file, _frame(export), filters, start, end)


def _is_day(cell: str) -> bool:
    return day_of(cell) is not None


def _given(export: Export, names: tuple[str, ...]) -> tuple[list[str], ...]:
    """Return the optional columns that are in the file."""
    return tuple(export.columns[name] for name in names if name in export.columns)


def _frame(export: Export) -> pd.DataFrame:
    """Return the events with the interval of their date."""
    cells = export.columns
    day, precision = dates_of(cells["event_date"]), pd.Series(cells["time_precision"], dtype="object").astype("int64")
    lower, upper = day.copy(), day.copy()
    week, month = precision == 2, precision == 3
    lower[week] -= pd.Timedelta(days=_HALF_WEEK)
    upper[week] += pd.Timedelta(days=_HALF_WEEK)
    lower[month] -= pd.to_timedelta(day[month].dt.day - 1, unit="D")
    upper[month] += pd.to_timedelta(day[month].dt.days_in_month - day[month].dt.day, unit="D")
    sides = (cells["actor1"], *_given(export, _ASSOCIATED[:1]), cells["actor2"], *_given(export, _ASSOCIATED[1:]))
    return tidy(
        {
            "event_id": cells["event_id_cnty"], "date_lower": lower, "date_upper": upper, "date_precision": precision,
            "country": cells["country"], "admin1": cells["admin1"], "place": cells["location"],
            "actors": ["; ".join(dict.fromkeys(name for name in names if name)) for names in zip(*sides, strict=True)],
            "event_type": cells["event_type"], "sub_event_type": cells["sub_event_type"],
        },
        len(day),
    )  # fmt: skip
