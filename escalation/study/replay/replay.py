"""`replay`: what would have been concluded on each date with what was published by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.frame import parse_days
from escalation.records import Case
from escalation.records.labels import event_labels
from escalation.study.admission import series_of
from escalation.study.choices import Choices
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
    choices: Choices | None = None,
    lag: int = 1,
    days: int = 14,
    alarm: float = 0.5,
    executor: Any = None,
    progress: Progress | None = None,
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
        What else was decided; None is the default. The coder's notes (`status`) must all be admitted: they were made
        with hindsight.
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

    Returns
    -------
    Replay

    Raises
    ------
    TypeError
        If `case` is no case, or `choices` are none.
    ValueError
        For options out of range and unreadable dates (all at once), unreadable cells, or if nothing can be
        reconstructed on any date. A single date without a reconstruction is a row with its reason.

    Notes
    -----
    A report is known from its own day of publication, else from that of its source if this is not before the as-of
    date, else from its as-of date and `lag`; never before its as-of date. Window and scope are cut at the date: a name
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
    >>> told = replay(case, ["2023-10-25", "2023-10-31"], choices=Choices(models="fast", draws=200))
    >>> told.table[["known", "assumed"]].to_numpy().tolist()
    [[8, 5], [44, 24]]
    """
    choices = choices if choices is not None else Choices()
    given = _check(case, dates, choices, lag, days, alarm, executor)
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
    return _gathered(case, vintages, library, skipped, (int(lag), int(days), float(alarm), choices.prob))


def _check(
    case: Any, dates: Any, choices: Any, lag: Any, days: Any, alarm: Any, executor: Any
) -> str | tuple[pd.Timestamp, ...]:
    """Refuse arguments of another kind or out of range, all at once; return the dates, or how often they come."""
    if not isinstance(case, Case):
        raise TypeError(f"case must be a Case, from load_case or read_case; got {type(case).__name__}")
    if not isinstance(choices, Choices):
        raise TypeError(f"choices must be Choices or None, got {type(choices).__name__}")
    if executor is not None and not hasattr(executor, "map"):
        raise TypeError(f"executor must have a .map, got {type(executor).__name__}")
    bad: list[str] = []
    for name, value, least in (("lag", lag, 0), ("days", days, 1)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            bad.append(f"{name} must be a whole number of days, at least {least}; got {value!r}")
    if isinstance(alarm, bool) or not isinstance(alarm, (int, float, np.number)) or not 0.0 < alarm < 1.0:
        bad.append(f"alarm must be a probability between 0 and 1, got {alarm!r}")
    if choices.status != Choices().status:
        bad.append("choices: status must admit all notes of the coder, who knew how things went on; leave it out")
    found: str | tuple[pd.Timestamp, ...] = "W"
    if isinstance(dates, str) and dates in STEPS:
        found = dates
    elif isinstance(dates, Iterable) and not isinstance(dates, str):
        found = listed(dates, bad)
    elif dates is not None:
        bad.append(f"dates must be 'W', 'D' or a list of dates; got {dates!r}")
    if bad:
        raise ValueError("; ".join(bad))
    return found


def _made(tasks: list[Task], executor: Any, tell: Progress) -> list[Vintage]:
    """Make the vintages, each where the executor puts it."""
    vintages = []
    for one in map(fit, tasks) if executor is None else executor.map(fit_here, tasks):
        vintages.append(one)
        tell(f"{one.row['date']:%Y-%m-%d} ({len(vintages)} of {len(tasks)})")
    return vintages


def _gathered(
    case: Case, vintages: list[Vintage], library: Library, skipped: pd.DataFrame, options: tuple[int, int, float, float]
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
        lag, days, alarm, prob, never, case.source_line,
    )  # fmt: skip
