"""Read a file of the UCDP GED (Uppsala Conflict Data Program, Georeferenced Event Dataset)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from escalation.records.exportfile import Export, ExportError, dates_of, day_of, read_export
from escalation.records.exportfilter import Day, Filter, Values
from escalation.records.exports import Events, select, tidy
from escalation.records.problems import Problem

__all__ = ["read_ucdp_ged"]

_NEEDED = (
    "id", "date_prec", "date_start", "date_end", "side_a", "side_b", "type_of_violence", "country", "adm_1",
    "where_coordinates",
)  # fmt: skip
#: What the codes of ``type_of_violence`` stand for.
_VIOLENCE = {"1": "state-based", "2": "non-state", "3": "one-sided"}
_PRECISION = "1 (day), 2 (2 to 6 days), 3 (week), 4 (8 to 30 days or month) or 5 (more than a month)"


def read_ucdp_ged(
    path: str | Path,
    *,
    actor: Values = None,
    country: Values = None,
    place: Values = None,
    type_of_violence: Values = None,
    start: Day = None,
    end: Day = None,
) -> Events:
    """Read events from a CSV file of the UCDP GED, of version 23 or later, or of its candidate events.

    An event may have happened on any day from ``date_start`` to ``date_end``, which the file states itself. It is
    dated to one day if they are equal and ``date_prec`` is 1; a ``date_prec`` above 1 says that the day is not known
    [1]_, so that such an event is possible on its day and not counted on it. Deaths are not read.

    Parameters
    ----------
    path : str or Path
        The file, one row per event.
    actor : str or iterable of str, optional
        Keep events with one of these as ``side_a`` or ``side_b``, by their full names, in any case of letters, as all
        filters.
    country : str or iterable of str, optional
        Keep events in one of these.
    place : str or iterable of str, optional
        Keep events with one of these as ``where_coordinates``, ``adm_1`` or ``adm_2``.
    type_of_violence : str, int or iterable of them, optional
        Keep events of 1 or ``"state-based"``, 2 or ``"non-state"``, 3 or ``"one-sided"`` violence.
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
    .. [1] S. Högbladh, "UCDP GED Codebook", Department of Peace and Conflict Research, Uppsala University.

    Examples
    --------
    >>> import tempfile
    >>> names = "id,date_prec,date_start,date_end,side_a,side_b,type_of_violence,country,adm_1,where_coordinates"
    >>> rows = ["7,1,2024-01-02,2024-01-02,X,Y,1,Z,N,P", "8,2,2024-01-02,2024-01-04,X,Y,3,Z,N,P"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "made_up.csv")
    ...     _ = file.write_text(chr(10).join([names, *rows]), encoding="utf-8")
    ...     found = read_ucdp_ged(file, actor="y", start="2024-01-01", end="2024-01-03")
    >>> found.daily().to_numpy().tolist()
    [[0, 0], [1, 1], [0, 1]]
    """
    export = read_export(path, _NEEDED, ("adm_2",))
    problems = _problems(export)
    if problems:
        raise ExportError(sorted(problems, key=lambda problem: problem.row or 0), str(path))
    cells = export.columns
    kinds = [f"{code};{_VIOLENCE[code]}" for code in cells["type_of_violence"]]
    places = tuple(cells[name] for name in ("where_coordinates", "adm_1", "adm_2") if name in cells)
    filters = [
        Filter("actor", actor, (cells["side_a"], cells["side_b"])),
        Filter("country", country, (cells["country"],)),
        Filter("place", place, places),
        Filter("type_of_violence", type_of_violence, (), (kinds,)),
    ]
    return select("UCDP GED", export.file, _frame(export), filters, start, end)


def _problems(export: Export) -> list[Problem]:
    """List all that is wrong with the rows."""
    found = [*export.problems, *export.repeated("id")]
    for name in ("date_start", "date_end"):
        found += export.unreadable(name, lambda cell: day_of(cell) is not None, "a day as 2024-01-05")
    found += export.unreadable("date_prec", lambda cell: cell in ("1", "2", "3", "4", "5"), _PRECISION)
    kinds = ", ".join(f"{code} ({word})" for code, word in _VIOLENCE.items())
    found += export.unreadable("type_of_violence", lambda cell: cell in _VIOLENCE, f"one of {kinds}")
    days = {cell: day_of(cell) for name in ("date_start", "date_end") for cell in set(export.columns[name])}
    for row, start, end in zip(export.rows, export.columns["date_start"], export.columns["date_end"], strict=True):
        first, last = days[start], days[end]
        if first is not None and last is not None and last < first:
            found.append(Problem(export.file, row, "date_end", end, f"at least date_start, which is {first}"))
    return found


def _frame(export: Export) -> pd.DataFrame:
    """Return the events with the interval of their date."""
    cells = export.columns
    sides = zip(cells["side_a"], cells["side_b"], strict=True)
    return tidy(
        {
            "event_id": cells["id"], "date_lower": dates_of(cells["date_start"]),
            "date_upper": dates_of(cells["date_end"]),
            "date_precision": pd.Series(cells["date_prec"], dtype="object").astype("int64"),
            "country": cells["country"], "admin1": cells["adm_1"], "place": cells["where_coordinates"],
            "actors": ["; ".join(dict.fromkeys(name for name in names if name)) for names in sides],
            "event_type": [_VIOLENCE[code] for code in cells["type_of_violence"]],
        },
        len(export.rows),
    )  # fmt: skip
