"""`replay`: what would have been concluded on each date with what was published by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.frame import parse_days
from escalation.records import Case
from escalation.records.labels import event_labels
from escalation.study.admission import series_of
from escalation.study.choices import Choices, chosen
from escalation.study.overview.subject import Subject
from escalation.study.replay.dates import STEPS, listed, regular
from escalation.study.replay.judging import alarms_of, calm_of, is_calm
from escalation.study.replay.known import Library
from escalation.study.replay.result import Replay
from escalation.study.replay.vintages import COLUMNS, Task, Vintage, fit, fit_here, task_of

__all__ = ["replay"]

Progress = Callable[[str], object]


def replay(
    case: Case,
    dates: str | Iterable[Any] | None = None,
    *,
    choices: Choices | Mapping[str, Any] | None = None,
    lag: int = 1,
    days: int = 14,
    alarm: float = 0.5,
    executor: Any = None,
    progress: Progress | None = None,
    **changed: Any,
) -> Replay:
    """Reconstruct the series on each of several dates from the reports that were published by then.

    Parameters
    ----------
    case
        The case.
    dates
        A list of dates; ``"W"`` or ``"D"`` for every week or day from the first on which anything can be
        reconstructed to the end of the case's window (without one, to the day on which a report of the last as-of
        date was known), that end included. None is ``"W"``.
    choices
        What else was decided: `Choices`, or a mapping of some of them; None is the default. The coder's notes
        (`status`) must all be admitted: they were made with hindsight.
    lag
        Days after its as-of date from which a report without a day of publication counts as known; three more where
        the as-of date is approximate.
    days
        Days up to a date in which a jump is recent.
    alarm
        A vintage with P(a jump in the last `days` days) above this is an alarm.
    executor
        Anything with ``.map``, processes included: one vintage each. None makes one after the other. The numbers are
        the same.
    progress
        Called with a few words after each vintage.
    **changed
        Single choices, which override those in `choices`: ``models="fast"``.

    Returns
    -------
    Replay

    Raises
    ------
    TypeError
        If `case` is no case, `choices` are none, a name is no choice, `executor` has no ``.map`` or `progress` cannot
        be called.
    ValueError
        For options out of range and unreadable dates (all at once), unreadable cells, or if nothing can be
        reconstructed on any date. A single date without a reconstruction is a row with its reason.

    Notes
    -----
    A report is known from its own day of publication, else from that of its source if this is not before the as-of
    date, else from its as-of date and `lag`; never before its as-of date, and without a day of its own not before the
    pages that it comes from: these count as published on the earliest day known, from the table of sources or from
    a report that cites them. Window and scope are cut at the date: a name
    of the scope that no report had used is not asked for, the last day is at most the date, and a chain of copies ends
    before a page that was published later. The first day is that of the choices or the case, a decision and no datum;
    where neither has one, it comes from the reports known by then. A date means its end: what was published on it is
    known. Described incidents carry no day of publication and are not replayed. What cannot be undone: pages were found
    and coded later, and may have been edited since they were published; the grades of sources are the coder's.

    ``p_recent`` is a share of the posterior draws. Its Monte Carlo error is at most ½/√draws, .011 for 2,000: an alarm
    so near the line may be one of chance. A change that is read as a drift raises none: see ``p_constant``. The last
    vintage is asked for a jump on these days or up to a week before or after them; it is an estimate too, and no truth.

    The idea is that of real-time data vintages: Croushore D., Stark T. (2001). A real-time data set for
    macroeconomists. *Journal of Econometrics* 105, 111-130.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> case = load_case("iraq-syria-2023")
    >>> told = replay(case, ["2023-10-25", "2023-10-31"], models="fast", draws=200)
    >>> told.table[["known", "assumed"]].to_numpy().tolist()
    [[8, 5], [44, 24]]
    """
    _check_kinds(case, executor, progress)
    choices, given = _check(dates, choices, changed, lag, days, alarm)
    series = series_of(case, choices)
    library = Library.of(case, series["counter"], series["unit"], series["scope"], int(lag))
    skipped = pd.DataFrame({"date": pd.to_datetime([]), "reason": []})
    when: tuple[pd.Timestamp, ...]
    if isinstance(given, str):
        when, skipped = regular(case, choices, library, STEPS[given])
    else:
        when = given
    tasks = [task_of(case, choices, library.by(date), int(days)) for date in when]
    vintages = _made(tasks, executor, progress or (lambda _: None))
    if all(one.rates is None for one in vintages):
        why = "; ".join(f"{one.row['date']:%Y-%m-%d}: {one.row['reason']}" for one in vintages[-3:])
        raise ValueError(f"nothing could be reconstructed on any of the {len(vintages)} dates ({why}); give later ones")
    units = Subject(case.name, case.title, case.source_line, unit=series["unit"]).units
    return _gathered(case, vintages, library, skipped, (int(lag), int(days), float(alarm), choices.prob), units)


def _check_kinds(case: Any, executor: Any, progress: Any) -> None:
    """Refuse arguments of another kind."""
    if not isinstance(case, Case):
        raise TypeError(f"case must be a Case, from load_case or read_case; got {type(case).__name__}")
    bad = []
    if executor is not None and not hasattr(executor, "map"):
        bad.append(f"executor must have a .map, got {type(executor).__name__}")
    if progress is not None and not callable(progress):
        bad.append(f"progress must be a function that takes a text, such as print, or None; got {progress!r}")
    if bad:
        raise TypeError("; ".join(bad))


def _check(
    dates: Any, choices: Any, changed: Mapping[str, Any], lag: Any, days: Any, alarm: Any
) -> tuple[Choices, str | tuple[pd.Timestamp, ...]]:
    """Refuse arguments out of range, all at once; return the choices, and the dates or how often they come."""
    bad: list[str] = []
    for name, value, least in (("lag", lag, 0), ("days", days, 1)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            bad.append(f"{name} must be a whole number of days, at least {least}; got {value!r}")
    if isinstance(alarm, bool) or not isinstance(alarm, (int, float, np.number)) or not 0.0 < alarm < 1.0:
        bad.append(f"alarm must be a probability between 0 and 1, got {alarm!r}")
    own = _chosen(choices, changed, bad)
    if own.status != Choices().status:
        bad.append("choices: status must admit all notes of the coder, who knew how things went on; leave it out")
    found: str | tuple[pd.Timestamp, ...] = "W"
    if isinstance(dates, str) and dates in STEPS:
        found = dates
    elif isinstance(dates, Iterable) and not isinstance(dates, str):
        found = listed(dates, bad)
    elif dates is not None:
        bad.append(
            "dates must be 'W' (every week), 'D' (every day) or a list of dates such as ['2024-01-31', '2024-02-29']; "
            f"got {dates!r}"
        )
    if bad:
        raise ValueError("; ".join(bad))
    return own, found


def _chosen(choices: Any, changed: Mapping[str, Any], bad: list[str]) -> Choices:
    """Return the choices; values out of range are added to the problems found so far."""
    try:
        return chosen(choices, changed)
    except ValueError as error:
        bad.append(str(error))
    except TypeError as error:
        own = "; the other options of replay are dates, lag, days, alarm, executor, progress" if changed else ""
        raise TypeError(f"{error}{own}") from None
    return Choices()


def _made(tasks: list[Task], executor: Any, tell: Progress) -> list[Vintage]:
    """Make the vintages, each where the executor puts it."""
    vintages = []
    for one in map(fit, tasks) if executor is None else executor.map(fit_here, tasks):
        vintages.append(one)
        tell(f"{one.row['date']:%Y-%m-%d} ({len(vintages)} of {len(tasks)})")
    return vintages


def _gathered(
    case: Case,
    vintages: list[Vintage],
    library: Library,
    skipped: pd.DataFrame,
    options: tuple[int, int, float, float],
    units: str,
) -> Replay:
    """Put the vintages into a result."""
    lag, days, alarm, prob = options
    table = pd.DataFrame([one.row for one in vintages], columns=list(COLUMNS))
    table["silent"] = table["silent"].astype("Int64").mask((table["silent"] < 0).to_numpy())
    rates = pd.concat([one.rates for one in vintages if one.rates is not None], ignore_index=True)
    events = case.interventions
    none = pd.Series(pd.NaT, index=events.index, dtype="datetime64[us]")
    first, until = (parse_days(events[name]) if name in events else none for name in ("date", "date_end"))
    shown = pd.DataFrame({"date": first, "date_end": until, "label": event_labels(events), "calm": is_calm(events)})
    last = table["date"].max()
    end = table["last_as_of"].max()
    never = int(((library.days["as_of"] <= end) & (library.days["known"] > last)).sum())
    return Replay(
        table, rates, alarms_of(vintages, alarm), calm_of(table, events), skipped.reset_index(drop=True), shown,
        lag, days, alarm, prob, never, case.source_line, units,
    )  # fmt: skip
