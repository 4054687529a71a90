"""The public call that asks whether the rate differed around dated interventions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from escalation.changes.effects.associate import Association, Drawn, associate
from escalation.changes.effects.regression import TERMS, Span
from escalation.changes.effects.result import COLUMNS, Effects, numbers
from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.interventions import Event, others_on, outside, read_events
from escalation.reconstruct.result import Reconstruction
from escalation.reconstruct.simple import interpolate_series
from escalation.records import Case

#: Fewest posterior draws behind the regression.
LEAST_DRAWS = 200
_WHOLE = ("days", "statements", "increments", "unstated_edges", "separated", "placebo_n", "placebo_apart")


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _problems(term: Any, before: Any, after: Any, draws: Any, prob: Any) -> list[str]:
    """List the options out of range."""
    bad = []
    if term not in ("auto", *TERMS):
        bad.append(f"term must be one of auto, {', '.join(TERMS)}; got {term!r}")
    for name, value in (("before", before), ("after", after)):
        if not _whole(value) or value < 1:
            bad.append(f"{name} must be a whole number of days, at least 1; got {value!r}")
    if not _whole(draws) or draws < LEAST_DRAWS:
        bad.append(f"draws must be a whole number of at least {LEAST_DRAWS}, so that pooling is stable; got {draws!r}")
    if isinstance(prob, bool) or not isinstance(prob, (int, float)) or not 0.0 < prob < 1.0:
        bad.append(f"prob must lie between 0 and 1, got {prob!r}")
    return bad


def _separation(separated: int, draws: int, slope: bool, exact: bool) -> list[str]:
    """Say in how many draws the regression diverges, and how they enter."""
    if not separated:
        return []
    if slope:
        enters = "" if exact else "; they are taken to allow any ratio"
        return [f"In {separated} of {draws} draws the events do not determine the trend{enters}."]
    enters = "" if exact else ": these enter, with their share, by the exact tails given their total"
    return [f"In {separated} of {draws} draws a side of the comparison has no event and the GLM diverges{enters}."]


def _notes(row: dict[str, Any], others: int, exact: bool, draws: int) -> str:
    """Say what the numbers of a row rest on."""
    said = _separation(row["separated"], draws, row["term"] == "slope", exact)
    if exact and row["term"] == "slope":
        said.append("The regression is not estimated.")
    elif exact:
        few = f"With {row['increments']} increments a HAC error has nothing to rest on. "
        why = "" if row["separated"] > draws - 2 else few
        said.append(f"{why}The interval is exact, given the total, for Poisson counts.")
    if row["unstated_edges"]:
        said.append(f"{row['unstated_edges']} of 3 edges fall on no statement date; the count there is drawn.")
    if others:
        said.append(f"{others} other event{'s' * (others > 1)} on the days compared.")
    if row["term"] == "slope":
        said.append("Ratios are of the trend per week; placebo trends are fitted to the mean of the draws.")
    if np.isnan(row["naive_ratio"]):
        said.append("Straight lines end before the window does, or no rate is above 0.")
    return " ".join(said)


def _drawn(rec: Reconstruction, draws: int, rng: Any) -> Drawn:
    """Collect what the arrays need from a reconstruction."""
    series = rec._series
    if series is None:
        raise ValueError('the reconstruction holds no statements; make it with reconstruct(..., method="joint")')
    naive = interpolate_series(series, "linear", rec.prob, rec.conflicts).daily["mean"].to_numpy(dtype=float)
    stated = np.unique([s.day - 1 for s in series.statements]).astype(np.int64)
    return Drawn(rec.draw(draws, rng), np.asarray(rec.changes.rates), stated, naive)


def _row(event: Event, found: Association | str, others: int, prob: float, draws: int) -> dict[str, Any]:
    """Fill one row of the summary; words instead of an association say why there is none."""
    days = (event.end - event.start).days + 1
    row = {"label": event.label, "term": event.term, "start": event.start, "end": event.end, "days": days}
    if isinstance(found, str):
        return row | {"note": found}
    row |= numbers(found, prob)
    return row | {"note": _notes(row, others, found.glm.exact, draws)}


def _placebo_frame(found: Association | str, dates: pd.DatetimeIndex, prob: float) -> pd.DataFrame | None:
    """Index the contrasts at placebo dates by their first day."""
    if isinstance(found, str) or found.placebo is None:
        return None
    bounds = found.placebo.quantiles([0.5, (1 - prob) / 2, (1 + prob) / 2], by_date=True)
    named = dict(zip(("ratio", "lower", "upper"), bounds, strict=True))
    return pd.DataFrame(named, index=dates[found.placebo.starts])


def _collect(
    rec: Reconstruction, events: list[Event], *, before: int, draws: int, placebo: bool, prob: float, rng: Any
) -> Effects:
    """Look at each event in turn."""
    drawn, dates = _drawn(rec, draws, rng), rec.dates
    rows, placebos = [], []
    for event in events:
        found: Association | str = event.lack or outside(event, before, dates)
        if not found:
            first, last = (event.start - dates[0]).days, (event.end - dates[0]).days
            found = associate(drawn, Span(first, last, before, event.term), prob=prob, placebo=placebo)
        rows.append(_row(event, found, others_on(event, events, before), prob, draws))
        placebos.append(_placebo_frame(found, dates, prob))
    return Effects(_table(rows), tuple(placebos), prob, before, draws, rec.changes.prior_constant)


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Put the rows under each other; whole numbers that may lack stay whole."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name])
    floats = set(COLUMNS) - {"label", "term", "start", "end", "note", *_WHOLE}
    return table.astype(dict.fromkeys(floats, "float64") | dict.fromkeys(_WHOLE, "Int64"))


def effects(
    case_or_reconstruction: Case | Reconstruction,
    interventions: pd.DataFrame | None = None,
    *,
    term: str = "auto",
    before: int = 14,
    after: int = 14,
    draws: int = 200,
    placebo: bool = True,
    prob: float = 0.9,
    rng: Any = None,
) -> Effects:
    """Compare the rate during dated interventions with the rate of the days before each.

    Three answers side by side: an interrupted-series regression on increments of the cumulative count, pooled over
    posterior draws; the posterior of the same ratio of rates; and the contrast at every other (placebo) date. The
    differenced running maximum of exact totals stands beside them as the naive baseline.

    Parameters
    ----------
    case_or_reconstruction
        A case, which is reconstructed first, or a reconstruction with ``method="joint"``.
    interventions
        One row per event: `date`; optional `date_end`, and `label` (else `actor`, `kind`, `target` make one). None
        takes those of the case.
    term
        What is asked about. ``"step"``: the date and the days after it, `after` in all. ``"pulse"``: the day or days
        of the event. ``"window"``: `date` to `date_end`. ``"slope"``: how the trend of the log rate changes with the
        date, over `after` days, as a factor per week. ``"auto"``: a window if the event lasts at least 3 days, else a
        step.
    before, after
        Days ahead of the date to compare with, and days from the date on.
    draws
        Posterior draws of the daily counts behind the regression, at least 200.
    placebo
        Whether placebo dates are worked out.
    prob
        Mass of the intervals.
    rng
        Seed or generator; None uses a fixed seed.

    Returns
    -------
    Effects
        One row per intervention. Where its days or those before reach beyond the series the numbers are NaN and the
        note says so.

    Raises
    ------
    TypeError
        If the first argument is neither a case nor a reconstruction.
    ValueError
        For options out of range, bad dates, an interpolated reconstruction, or a reconstruction without interventions.

    Notes
    -----
    Poisson regression with log link and log-exposure; the error of each draw is the larger of the HAC and the
    quasi-Poisson one, and draws are pooled by Rubin's rules with the degrees of freedom of Barnard and Rubin. Draws
    without an event on one side enter, with their share, by the exact tails given their total. Posterior and regression
    shrink differently: the prior puts mass on a constant rate, the regression has none. In 60 simulated series (100
    days, 1.5 events a day, exact totals on 36 of them) with the rate at 0.3 times for 14 days, the 90 % interval of the
    regression held 0.3 in 97 % and excluded 1 in 38 %; the posterior interval held 0.3 in 12 %, as it asks first
    whether the rate changed at all. Without a change both held 1 in all of 30. All are associations in time.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-01-03", "2024-02-29", freq="3D")
    >>> count = [3 * i + 3 if d < pd.Timestamp("2024-02-01") else 30 + i - 9 for i, d in enumerate(days)]
    >>> reports = pd.DataFrame({"as_of": days, "count": count, "since": "2024-01-01"})
    >>> rec = reconstruct(reports, models="fast", draws=500)
    >>> found = effects(rec, pd.DataFrame({"date": ["2024-02-01"], "label": ["truce"]}))
    >>> bool(found.summary()["posterior_ratio"].iloc[0] < 0.8)
    True
    """
    if not isinstance(case_or_reconstruction, (Case, Reconstruction)):
        raise TypeError(f"a Case or a Reconstruction is needed, got {type(case_or_reconstruction).__name__}")
    bad = _problems(term, before, after, draws, prob)
    rec = case_or_reconstruction
    if isinstance(rec, Reconstruction) and rec.method != "joint":
        bad.append(f'the reconstruction has method={rec.method!r} and so no draws; use method="joint"')
    if interventions is None and isinstance(rec, Reconstruction):
        bad.append("a Reconstruction has no interventions of its own: give a DataFrame with a column date")
    elif interventions is None and isinstance(rec, Case):
        interventions = rec.interventions
    events = [] if interventions is None else read_events(interventions, term, after, bad)
    if bad:
        raise ValueError("; ".join(bad))
    if isinstance(rec, Case):
        rec = reconstruct(rec, prob=prob, rng=rng)
    return _collect(rec, events, before=before, draws=draws, placebo=placebo, prob=prob, rng=rng)
