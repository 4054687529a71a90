"""One vintage: what is concluded on one date from what was known by then, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.changes.result import Changes
from escalation.reconstruct.result import Reconstruction
from escalation.reconstruct.statements import read_series
from escalation.records import Case
from escalation.study.admission import refusals, series_of
from escalation.study.choices import Choices
from escalation.study.reconstructing import InThisProcess, reconstruct_under
from escalation.study.replay.known import Known

__all__ = ["COLUMNS", "Jumps", "Task", "Vintage", "fit", "fit_here", "task_of"]

Ints = NDArray[np.int64]

#: Numbers of a vintage that has a reconstruction; NaN without one.
_NUMBERS = (
    "p_constant", "p_drift", "p_jump", "bayes_factor", "p_recent", "total", "total_lower", "total_upper",
    "rate", "rate_lower", "rate_upper", "ratio", "ratio_lower", "ratio_upper",
)  # fmt: skip
COLUMNS = (
    "date", "known", "assumed", "used", "last_as_of", "silent", "covered", *_NUMBERS, "verdict", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One vintage to be made: the case as it was known on a date, and the choices cut down to it.

    Parameters
    ----------
    date
        The date.
    case
        The case with the reports known by then and their sources, and no incident or intervention.
    assumed
        How many of these reports have an assumed day of publication.
    choices
        The choices; the last day is at most `date`, the scope has the names known by then.
    days
        Days before the date in which a jump counts as recent.
    lack
        Why nothing can be reconstructed; empty if something can.
    """

    date: pd.Timestamp
    case: Case
    assumed: int
    choices: Choices
    days: int
    lack: str


@dataclass(frozen=True)
class Jumps:
    """The jumps in posterior draws: the draw and the day of each, shape (m,).

    Examples
    --------
    >>> jumps = Jumps(pd.Timestamp("2024-01-01"), 30, 4, np.array([0, 0, 3]), np.array([5, 6, 20]))
    >>> jumps.within(pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-10"))
    0.25
    """

    first: pd.Timestamp
    days: int
    n: int
    draw: Ints
    day: Ints

    @classmethod
    def of(cls, changes: Changes) -> Jumps:
        """Take the jumps of a reconstruction."""
        draws = changes.draws
        return cls(pd.Timestamp(changes.dates[0]), len(changes.dates), draws.n, draws.draw, draws.changes)

    def within(self, first: pd.Timestamp, last: pd.Timestamp) -> float:
        """Return the probability of a jump on the days first to last; NaN if the series has none of them."""
        low, high = (first - self.first).days, (last - self.first).days
        if high < 0 or low >= self.days:
            return float("nan")
        hit = (self.day >= low) & (self.day <= high)
        return float(np.unique(self.draw[hit]).size / self.n)


@dataclass(frozen=True)
class Vintage:
    """What was concluded on one date.

    Parameters
    ----------
    row
        The numbers in `COLUMNS`.
    rates
        ``vintage, date, median, lower, upper`` of the rate of each day; None if nothing could be reconstructed.
    jumps
        The jumps in the draws; None likewise.
    """

    row: dict[str, Any] = field(repr=False)
    rates: pd.DataFrame | None = field(default=None, repr=False)
    jumps: Jumps | None = field(default=None, repr=False)


def task_of(case: Case, choices: Choices, known: Known, days: int) -> Task:
    """Cut a case and the choices down to what was known on a date."""
    series = series_of(case, choices)
    sources = case.sources
    if "source_id" in sources and "source_id" in known.reports:
        sources = sources[sources["source_id"].isin(known.reports["source_id"]).to_numpy(dtype=bool)]
    then = replace(
        case, reports=known.reports, sources=sources, incidents=case.incidents.iloc[:0],
        interventions=case.interventions.iloc[:0],
    )  # fmt: skip
    last = known.date if series["end"] is None else min(known.date, pd.Timestamp(series["end"]))
    try:
        cut = choices.but(counter=series["counter"], unit=series["unit"], end=f"{last:%Y-%m-%d}")
        cut, lack = _feasible(then, cut, known)
    except ValueError as error:
        cut, lack = choices, str(error)
    return Task(known.date, then, known.assumed, cut, days, lack)


def _feasible(then: Case, cut: Choices, known: Known) -> tuple[Choices, str]:
    """Ask only for names of the scope that an admitted report has by then, and see whether anything is left to use."""
    if known.reports.empty:
        return cut, "no report of this series was known"
    cut = cut.but(scope=known.scope)
    admitted = known.reports[(refusals(then, cut, known.reports) == "").to_numpy()]
    if admitted.empty:
        return cut, "the choices admit none of the reports known"
    if "scope" in admitted:
        cut = cut.but(scope=tuple(name for name in known.scope if (admitted["scope"] == name).any()))
    read_series(admitted, **series_of(then, cut))
    return cut, ""


def fit_here(task: Task) -> Vintage:
    """Make one vintage without starting any thread: for an executor, whose workers are many already."""
    return fit(task, InThisProcess())


def fit(task: Task, executor: Any = None) -> Vintage:
    """Make one vintage; `executor` is that of the reconstruction."""
    head = {"date": task.date, "known": len(task.case.reports), "assumed": task.assumed, "used": 0}
    none = {"last_as_of": pd.NaT, "silent": -1, "covered": 0, **dict.fromkeys(_NUMBERS, np.nan), "verdict": ""}
    lack = task.lack
    if not lack:
        try:
            rec = reconstruct_under(task.case, task.choices, executor=executor)
        except ValueError as error:
            lack = str(error)
    if lack:
        return Vintage({**head, **none, "reason": lack})
    row = {**head, "used": int(rec.reports["used"].sum()), **_row(rec, task), "reason": ""}
    rates = rec.rate[["median", "lower", "upper"]].reset_index()
    rates.insert(0, "vintage", task.date)
    return Vintage(row, rates, Jumps.of(rec.changes))


def _row(rec: Reconstruction, task: Task) -> dict[str, Any]:
    """Return the numbers of a vintage."""
    changes, total, rate = rec.changes, rec.cumulative.iloc[-1], rec.rate.iloc[-1]
    last = rec.dates[-1]
    first = max(task.date - pd.Timedelta(days=task.days - 1), rec.dates[0])
    covered = max((last - first).days + 1, 0)
    jumps = Jumps.of(changes)
    return {
        "last_as_of": last, "silent": (task.date - last).days, "covered": covered,
        "p_constant": changes.constant, "p_drift": changes.drift_only, "p_jump": changes.jump,
        "bayes_factor": changes.bayes_factor, "p_recent": jumps.within(first, last) if covered else np.nan,
        "total": total["median"], "total_lower": total["lower"], "total_upper": total["upper"],
        "rate": rate["median"], "rate_lower": rate["lower"], "rate_upper": rate["upper"],
        **_ratio(changes, covered, task.days, rec.prob), "verdict": changes.verdict,
    }  # fmt: skip


def _ratio(changes: Changes, covered: int, days: int, prob: float) -> dict[str, float]:
    """Return the mean rate of the last days over that of as many days before them, with its interval."""
    T = len(changes.dates)
    start = T - covered
    names = ("ratio", "ratio_lower", "ratio_upper")
    if not 0 < start < T:
        return dict.fromkeys(names, float("nan"))
    late, early = changes.draws.mean_rate(start, T), changes.draws.mean_rate(max(start - days, 0), start)
    tail = (1.0 - prob) / 2
    return dict(zip(names, np.quantile(late / early, [0.5, tail, 1 - tail]).tolist(), strict=True))
