"""Did the levels rise? Shares by period, order between periods, trend, change points and recurrence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from escalation.scale.coding import EVIDENCE, Coded, code_incidents
from escalation.scale.levels import DEFAULT_SCALE, EscalationScale, Mixed
from escalation.scale.line import make_line
from escalation.scale.periods import day_number, make_periods
from escalation.scale.streams import Streams
from escalation.scale.trendresult import ScaleTrend

__all__ = ["default_unit", "scale_trend"]

#: With more months than this the default period is a quarter, with more quarters a year.
LONGEST = 24


def scale_trend(
    incidents: pd.DataFrame,
    *,
    scale: EscalationScale | None = None,
    evidence: str | Sequence[str] | None = None,
    periods: str | Iterable[object] | None = None,
    start: object = None,
    end: object = None,
    mixed: Mixed = "max",
    prob: float = 0.9,
    draws: int = 4000,
    rng: Any = None,
) -> ScaleTrend:
    """Ask of described incidents whether their levels rose with time.

    Everything rests on the order of the levels: all numbers stay the same under any increasing relabelling.
    Incidents of unknown level are counted and otherwise left out here, which takes them as missing at random within
    a day; `share_bounds` and `pairing` show what may hide behind them.

    Parameters
    ----------
    incidents : DataFrame
        Such as ``case.incidents``: ``date`` and ``weapons`` (or ``level``, an ordered categorical), optional
        ``date_end``, ``confirmed``, ``claimed``. See `code_incidents`.
    scale : EscalationScale, optional
        The order. Default: that of an ordered categorical ``level``, else drone < rocket < ballistic missile.
    evidence : str or sequence of {"confirmed", "claimed", "described"}, optional
        Lines of evidence, each analysed by itself. They overlap and are never added. Default: confirmed, and claimed
        beside it, as far as the table has these columns; without a column ``confirmed``, described.
    periods : str or collection of dates, optional
        ``"week"``, ``"month"``, ``"quarter"``, ``"year"``, ``"whole"``, or first days of new periods. Default: months,
        if there are at most 24 of them, then quarters, then years.
    start, end : date, optional
        The window of observation. Default: from the first to the last possible day of any incident given; incidents
        alone do not tell how long nothing happened, so that rates per day are then left out. An incident has its day in
        the middle of its possible days, rounded down, and belongs to a window and a period by it; those outside are
        counted in the result, and possible days beyond a window are cut off: waits and p hold for days within it.
    mixed : {"max", "any", "split"}, default "max"
        How a mixed attack is read: its highest level (``"any"`` is the same where "this level or higher" is asked),
        or one record per weapon, which are then counted in place of incidents.
    prob : float, default 0.9
        Mass of all intervals.
    draws : int, default 4000
        Posterior draws.
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed. Each analysis has random
        numbers of its own: the line of confirmed incidents is the same with and without that of claims.

    Returns
    -------
    ScaleTrend

    Raises
    ------
    ValueError
        If a cell cannot be read or holds a weapon that is not on the scale (all are listed), if there is no incident,
        or an option is out of range.

    Notes
    -----
    Shares: Clopper and Pearson (1934). Trend: Kendall's tau-b with the day and the statistic of Jonckheere (1954) and
    Terpstra (1952) with the period, p by permutation, exact where the arrangements can be listed. Incidents are taken
    as exchangeable; where those of one day resemble each other see the p of whole days (`day_block_p`). Order between
    periods and change points: Dirichlet-multinomial models with half of the prior on one constant distribution, over
    the levels that the line used.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> case = load_case("five-documents")
    >>> trend = scale_trend(case.incidents, evidence=("described",))
    >>> print(trend.sentences()[0])
    Described, 2023-09-01 to 2024-01-20: Kendall's tau of level with day 0.16, two-sided exact p 0.83
    (whole days permuted: 0.9); 6 of 7 incidents have a known level: no evidence of a trend among them.
    >>> print(trend.uses()["sentence"].iloc[-1])
    Ballistic missile, 20 Jan 2024: second confirmed use, third if claims count.
    """
    columns = set(map(str, getattr(incidents, "columns", ())))
    names = _lines(evidence, columns)
    _check(names, scale, prob, draws)
    scale = scale if scale is not None else _scale_of(incidents)
    coded = code_incidents(incidents, scale, mixed)
    if not len(coded):
        raise ValueError("no incident was given: there is nothing whose level could rise.")
    window = _window(coded, start, end)
    parts = make_periods(default_unit(*window) if periods is None else periods, *window)
    streams = Streams(rng)
    inside = coded.where(parts.of(coded.middle) >= 0)
    observed = start is not None and end is not None
    lines = {
        name: make_line(
            inside, name, scale, parts, prob=prob, draws=draws, streams=streams, observed=observed,
            unit="records" if mixed == "split" else "incidents",
        )
        for name in names
    }  # fmt: skip
    called = incidents["incident_id"] if "incident_id" in columns else pd.Series(list(incidents.index), dtype="object")
    outside = len(np.unique(coded.row)) - len(np.unique(inside.row))
    return ScaleTrend(
        scale, parts, lines, coded, called.reset_index(drop=True), outside, mixed, prob, "confirmed" in columns
    )


def _lines(evidence: Any, columns: set[str]) -> list[Any]:
    """Return the lines of evidence asked for, or those that the table can tell apart."""
    if evidence is not None:
        return [evidence] if isinstance(evidence, str) or not isinstance(evidence, Iterable) else list(evidence)
    first = "confirmed" if "confirmed" in columns else "described"
    return [first, *(["claimed"] if "claimed" in columns else [])]


def _check(evidence: list[Any], scale: Any, prob: Any, draws: Any) -> None:
    """Refuse options out of range, all at once."""
    bad = []
    if not evidence or not all(isinstance(name, str) and name in EVIDENCE for name in evidence):
        bad.append(f"evidence must be one or more of {', '.join(EVIDENCE)}; got {', '.join(map(repr, evidence))}")
    if scale is not None and not isinstance(scale, EscalationScale):
        bad.append(f"scale must be an EscalationScale(levels, basis=…), got {type(scale).__name__}")
    if isinstance(prob, bool) or not isinstance(prob, (int, float)) or not 0.0 < prob < 1.0:
        bad.append(f"prob must lie between 0 and 1, got {prob!r}")
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 100:
        bad.append(f"draws must be a whole number of at least 100, got {draws!r}")
    if bad:
        raise ValueError("; ".join(bad))


def _scale_of(incidents: pd.DataFrame) -> EscalationScale:
    """Return the scale that the table itself declares, or the default one."""
    columns = getattr(incidents, "columns", ())  # what is no table at all is refused when it is read
    if "level" in columns and "weapons" not in columns and isinstance(incidents["level"].dtype, pd.CategoricalDtype):
        return EscalationScale.from_categorical(incidents["level"], basis="order of the categories given")
    return DEFAULT_SCALE


def _window(coded: Coded, start: object, end: object) -> tuple[int, int]:
    """Return the first and last day, as given or from the incidents."""
    first = int(coded.first.min()) if start is None else day_number(start, "start")
    last = int(coded.last.max()) if end is None else day_number(end, "end")
    return first, last


def default_unit(first: int, last: int) -> str:
    """Return the calendar unit that gives a readable number of periods."""
    months = (last - first) / 30.44
    return "month" if months <= LONGEST else "quarter" if months <= 3 * LONGEST else "year"
