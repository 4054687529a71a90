"""The one call: `simulate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from escalation.scale.streams import Streams
from escalation.study.simulate.assemble import make_case, truth_frame
from escalation.study.simulate.checks import (
    HIGHEST,
    is_number,
    named,
    read_counters,
    read_dates,
    read_rates,
    read_scopes,
    read_seed,
    read_spans,
)
from escalation.study.simulate.incidents import LEVELS, incident_rows, read_levels
from escalation.study.simulate.outlets import Voice
from escalation.study.simulate.package import describe
from escalation.study.simulate.simulated import Simulated
from escalation.study.simulate.truth import changed_days, make_truth, multiplier, read_changes

__all__ = ["simulate"]

Floats = NDArray[np.float64]


@named
def simulate(
    days: int = 120,
    *,
    start: Any = "2024-01-01",
    rate: float | Sequence[float] | NDArray[np.float64] = 1.5,
    changes: Sequence[tuple[Any, ...]] = (),
    drift: float = 0.0,
    phi: float = 0.0,
    reports: int = 40,
    outlets: int = 12,
    hedged: float = 0.3,
    lag: int = 1,
    approx: float = 0.2,
    stale: float = 0.1,
    wrong: float = 0.05,
    revised: float = 0.0,
    copies: float = 0.5,
    scopes: Mapping[str, float] | Sequence[str] | None = None,
    counters: Mapping[str, float] | None = None,
    incidents: float = 0.5,
    untyped: float = 0.4,
    levels: Mapping[str, float] | Sequence[tuple[Any, Mapping[str, float]]] | None = None,
    interventions: Sequence[Any] | None = None,
    rng: Any = None,
) -> Simulated:
    """Simulate a case whose truth is known, for teaching, for tests and for planning.

    Parameters
    ----------
    days
        Length in days, at least 2.
    start
        First day, as a date or text such as ``"2024-01-31"``.
    rate
        Incidents per day, or one rate per day, shape (days,).
    changes
        Changes of the rate: ``(when, factor)``, from that day on, or ``(first, last, factor)``, on these days, such as
        a truce. Days are places from 0 or dates; factors of overlapping changes multiply.
    drift
        Change of the log rate per day.
    phi
        Clumping: the variance of a day's count is ``(1 + phi) * rate``. 0 is Poisson.
    reports
        Reports per series that copy no other. The last one is as of the last day, the others as of days chosen at
        random, each day once if they fit.
    outlets
        Outlets among which the reports and their copies fall.
    hedged
        Share of reports worded "more than" (half of them) a round number below the total, or "at least" the total or a
        round number below it.
    lag
        Totals are those of 0 to `lag` days before their as-of date, and published 1 to ``1 + lag`` days after it.
    approx
        Share of reports whose as-of date is approximate; their totals may lag 2 days more.
    stale
        Share of reports with a total 3 to 24 days old, as if current.
    wrong
        Share of reports whose number is off by a factor of .5 to 1.8.
    revised
        Share of reports whose number is 1 to 3 too high.
    copies
        Copies per report, on average, up to ``outlets - 1``: each other outlet copies a report once or not, all with
        the same chance. A copy has the number, wording and date of what it copies.
    scopes
        Two or more places with their shares of the incidents, or their names for equal shares. Each is then a
        series, as is their sum, the main one: ``{"North": .6, "South": .4}`` makes "North+South" too.
    counters
        Other counters and the share of incidents that each sees, such as ``{"monitor": .8}``, independently of others.
        The main series is that of the counter ``"official"``, which sees all.
    incidents
        Share of incidents that are described one by one.
    untyped
        Share of those whose weapon is not reported.
    levels
        Share of each weapon among the others, or ``(when, shares)`` pairs from which on each mix holds. Weapons other
        than those of the default scale are declared as a scale in the order given. None: drones .6, rockets .35,
        ballistic missiles .05.
    interventions
        Outside events, a list of ``when``, ``(when, kind)``, ``(first, last)`` or ``(first, last, kind)``:
        ``[("2024-02-01", "2024-02-05", "truce"), ("2024-03-10", "strike"), (70, 75), 90]``. A kind is in words and
        ``"event"`` where not given. None: one at each of `changes`, a truce where the rate falls for a window.
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.

    Returns
    -------
    Simulated
        `case`, `truth`, `changes`, and of each report what is true of it, `told`.

    Raises
    ------
    ValueError
        If anything is out of range; all problems are listed.
    TypeError
        If a name is no parameter; the one near it is told.

    Notes
    -----
    Truth, incidents, and days, errors, wording, publication and outlets of each series have random numbers of their
    own: more outlets or copies change neither the truth nor what the reports say. Wrong, stale and revised reports are
    different reports; all others are fresh. A report is not stale where there is no older total above 0 to repeat.

    Examples
    --------
    >>> made = simulate(changes=[("2024-03-01", 2.0)], reports=20, rng=1)
    >>> made.changes[["date", "factor"]].astype(str).to_numpy().tolist()
    [['2024-03-01', '2.0']]
    >>> list(made.truth.columns), len(made.case.reports) >= 20
    (['rate', 'count', 'total'], True)
    """
    given = {name: value for name, value in locals().items() if name != "rng"}
    voice = Voice(reports, outlets, hedged, lag, approx, stale, wrong, copies, revised)
    bad = voice.problems()
    shares, seen = read_scopes(scopes, bad), read_counters(counters, bad)
    for name, value in (("incidents", incidents), ("untyped", untyped)):
        if not is_number(value) or not 0 <= value <= 1:
            bad.append(f"{name} must be a share between 0 and 1, got {value!r}")
    read_seed(rng, bad)
    dates = read_dates(days, start, bad)
    if dates is None:
        raise ValueError("simulate: " + "; ".join(bad))
    steps = read_changes(changes, dates, bad)
    rates = read_rates(rate, drift, phi, dates, bad)
    mixes = read_levels(LEVELS if levels is None else levels, dates, bad)
    spans = read_spans(interventions, steps, dates, bad)
    if rates is not None and (rates * multiplier(steps, len(dates))).max() > HIGHEST:
        bad.append(f"the rate of some day is above {HIGHEST:g}; give a lower rate, smaller factors or less drift")
    if bad or rates is None:
        raise ValueError("simulate: " + "; ".join(bad))
    factor, streams = multiplier(steps, len(dates)), Streams(rng)
    truth = make_truth(rates * factor, phi, shares, seen, streams)
    described = incident_rows(truth, dates, incidents, untyped, mixes, outlets, streams)
    words = dict.fromkeys(word for _, mix in mixes for word in mix)
    own = [] if set(words) <= set(LEVELS) else list(words)
    case, told = make_case(truth, dates, voice, described, spans, own, describe(given), streams)
    return Simulated(case, truth_frame(truth, dates), changed_days(factor, truth.rate, dates), told, given)
