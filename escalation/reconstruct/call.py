"""The one call: `reconstruct`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.changes.draws import Draws
from escalation.changes.result import Changes
from escalation.lattice.average import Marginals
from escalation.lattice.posterior import Posterior
from escalation.lattice.prior import Prior
from escalation.reconstruct.conflicts import find_conflicts
from escalation.reconstruct.interpolate import INTERPOLATORS
from escalation.reconstruct.joint import Joint, fit, read_back
from escalation.reconstruct.known import known_per_day
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.result import SEED, Reconstruction
from escalation.reconstruct.simple import interpolate_series
from escalation.reconstruct.statements import Series, read_series
from escalation.reconstruct.weights import habit_frame, in_words, model_frame
from escalation.records import Case

Floats = NDArray[np.float64]


def _check(method: str, models: str, prob: Any, draws: Any) -> None:
    """Refuse options out of range, all at once."""
    bad = []
    if method not in ("joint", *INTERPOLATORS):
        bad.append(f"method must be one of joint, {', '.join(INTERPOLATORS)}; got {method!r}")
    if models not in ("full", "jumps", "fast"):
        bad.append(f"models must be full, jumps or fast; got {models!r}")
    if isinstance(prob, bool) or not isinstance(prob, (int, float)) or not 0.0 < prob < 1.0:
        bad.append(f"prob must lie between 0 and 1, got {prob!r}")
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 1:
        bad.append(f"draws must be a whole number of at least 1, got {draws!r}")
    if bad:
        raise ValueError("; ".join(bad))


def _check_reach(series: Series, prior: Prior) -> None:
    """Refuse totals that need rates beyond the grid."""
    rate = max(s.count for s in series.statements) / series.dates.size
    if not series.open_start and rate > prior.grid[1] / 2:
        raise ValueError(
            f"the totals need about {rate:.0f} incidents a day, but rates go up to {prior.grid[1]:g}: count "
            "in units of 10 or 100, or give prior=Prior(grid=(lowest, highest, step))"
        )


def _from_mass(mass: Floats, prob: float, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Mean, median and equal-tailed bounds of a discrete distribution per day; mass (T, N) over 0..N-1."""
    mass = mass / mass.sum(axis=1, keepdims=True)
    run = np.cumsum(mass, axis=1)
    tail = (1.0 - prob) / 2
    at = {name: (run < q - 1e-12).sum(axis=1) for name, q in (("median", 0.5), ("lower", tail), ("upper", 1 - tail))}
    return pd.DataFrame({"mean": mass @ np.arange(mass.shape[1]), **at}, index=index)


def _rates(marginals: Marginals, prob: float, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Mean, median and bounds of the rate; quantiles are interpolated within cells of the log grid."""
    run = np.cumsum(marginals.rate, axis=1)
    run = np.concatenate([np.zeros((len(run), 1)), run / run[:, -1:]], axis=1)
    log_rates = np.log(marginals.rates)
    half = (log_rates[1] - log_rates[0]) / 2
    edges = np.concatenate([log_rates - half, [log_rates[-1] + half]])
    tail = (1.0 - prob) / 2
    quantiles = np.array([np.interp([0.5, tail, 1 - tail], row, edges) for row in run])
    return pd.DataFrame(
        {
            "mean": marginals.mean_rate,
            **dict(zip(("median", "lower", "upper"), np.exp(quantiles).T, strict=True)),
        },
        index=index,
    )


def _prior_constant(posterior: Posterior, days: int) -> float:
    """Prior probability of a constant rate over the window: no drift, and no new regime on any day."""
    return float(sum(m.weight * (1.0 - m.hazard) ** (days - 1) for m in posterior.models if m.sigma == 0.0))


def _notes(series: Series, joint: Joint, models: pd.DataFrame) -> tuple[str, ...]:
    """Decisions worth telling."""
    offsets, weight = joint.offsets, joint.posterior.variant_weight
    notes = [
        "A constant lag of all reports is a shift in time and cannot be told from the reports; it is taken as zero."
    ]
    notes.append(f"Models, posterior weight: {in_words(models)}.")
    if len(joint.heard) > 1:
        habits = zip(joint.heard, joint.habit_weight, strict=True)
        said = ", ".join(f"{heard.habit.name} {w:.2f}" for heard, w in habits)
        notes.append(f"How carefully the stream of reports is kept, posterior: {said}.")
    if series.open_start:
        notes.append("The count before the first day is unknown; totals include it.")
    if series.ends_early:
        notes.append(f"No report reaches beyond {series.dates[-1]:%Y-%m-%d}: the series ends there.")
    for g, date in enumerate(series.origins):
        values = sorted({int(o) for o in offsets[:, g]})
        said = ", ".join(f"{o} ({weight[offsets[:, g] == o].sum():.2f})" for o in values)
        notes.append(f"Reports that count from {date:%Y-%m-%d} share an offset; posterior: {said}.")
    return tuple(notes)


def _audit(series: Series, read: pd.DataFrame) -> pd.DataFrame:
    """Give every report the reading of its statement."""
    audit = series.audit.copy()
    number = audit["statement"]
    for column in read.columns:
        values = number.map(read[column])
        audit[column] = values.astype("float64") if column.startswith("p_") else values.astype("Int64")
    last = ["used", "reason"]
    return audit[[c for c in audit.columns if c not in last] + last]


def reconstruct(
    reports: pd.DataFrame | Case,
    method: str = "joint",
    *,
    counter: str | None = None,
    unit: str | None = None,
    scope: str | Sequence[str] | None = None,
    start: Any = None,
    end: Any = None,
    known: Any = None,
    prior: Prior | None = None,
    reading: Reading | None = None,
    models: str = "full",
    prob: float = 0.9,
    draws: int = 2000,
    rng: Any = None,
    executor: Any = None,
) -> Reconstruction:
    """Reconstruct the incident-count series behind reported cumulative totals.

    Parameters
    ----------
    reports
        A frame with at least `as_of` (date) and `count` (total so far, at most 5,000, over at most 3,700 days);
        optional `bound` (exact, at_least, more_than, about, up_to, dozens; default exact) and every other column of a
        case's ``reports.csv``. Or a `Case`: then its main series and window are used unless said otherwise.
    method
        ``"joint"``: the posterior, exact on a grid of rates. ``"linear"``, ``"pchip"``, ``"pclm"``: interpolators,
        without a band.
    counter, unit, scope
        Which series, where the frame holds several; `scope` may be several names of one series.
    start, end
        First and last day. Default: the most frequent `since` (else the day after the first as-of date, whose total
        becomes the unknown count before it), and the last as-of date; nothing is extrapolated beyond that. If the count
        starts well before `start`, what had happened by then is unknown and part of the totals.
    known
        Individually described incidents: a frame with `date` and optionally `confirmed`, or a Series of counts by
        date. From the first described day to the last they are a binomial share of each day's incidents, with an
        unknown share. A day cannot have fewer incidents than were described on it.
    prior, reading
        What is assumed about rates, and about how reported numbers come about.
    models
        ``"full"``, ``"jumps"`` (no drift) or ``"fast"`` (about twenty models stand for all).
    prob
        Mass of the intervals.
    draws
        Number of posterior draws behind `changes`.
    rng
        Seed or generator; None uses a fixed seed, so that two runs agree.
    executor
        Anything with `.map` that runs in this process, such as a ThreadPoolExecutor; None uses threads.

    Returns
    -------
    Reconstruction

    Raises
    ------
    TypeError
        If `reports` is neither a frame nor a case.
    ValueError
        For bad cells (all at once, by row and column), several series without a choice, an empty window, or options
        out of range.

    Notes
    -----
    Rates are piecewise constant or drift; daily counts are Poisson or NB1; all models are averaged, and so are the
    habits of the stream of reports (`Reading.habits`): how often its totals are stale, wrong or copied. The posterior
    is computed by recursions over (rate, cumulative count), not by simulation; see Fearnhead (2006), Statistics and
    Computing 16:203–213, for exact inference of changepoint models by such recursions.

    Examples
    --------
    >>> import pandas as pd
    >>> reports = pd.DataFrame({
    ...     "as_of": ["2024-01-10", "2024-01-15", "2024-01-20"],
    ...     "count": [10, 14, 20], "bound": ["exact", "more_than", "exact"], "since": "2024-01-01"})
    >>> rec = reconstruct(reports, models="fast", draws=200)
    >>> rec.cumulative.loc["2024-01-20", ["lower", "upper"]].tolist()
    [20, 22]
    >>> bool(rec.reports[["p_fresh", "p_rounded", "p_stale", "p_wrong"]].sum(axis=1).round(9).eq(1).all())
    True
    """
    _check(method, models, prob, draws)
    for name, value, kind in (("prior", prior, Prior), ("reading", reading, Reading)):
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
    if executor is not None and not hasattr(executor, "map"):
        raise TypeError(f"executor must have a .map, got {type(executor).__name__}")
    if isinstance(reports, Case):
        main = reports.main
        counter, unit, scope = counter or main["counter"], unit or main["unit"], scope or main["scope"]
        start, end = start if start is not None else main["start"], end if end is not None else main["end"]
        reports = reports.reports
    series = read_series(reports, counter=counter, unit=unit, scope=scope, start=start, end=end)
    conflicts = find_conflicts(series.statements, series.dates)
    if method != "joint":
        return interpolate_series(series, method, prob, conflicts)
    prior, reading = prior or Prior(), reading or Reading()
    described, counted = (None, ()) if known is None else known_per_day(known, series.dates)
    _check_reach(series, prior)
    joint = fit(series, prior, reading, models, described, None if executor is None else executor.map)
    marginals = joint.posterior.marginals
    sample = joint.posterior.draw(int(draws), np.random.default_rng(SEED if rng is None else rng))
    rate = _rates(marginals, prob, series.dates)
    changes = Changes(
        series.dates, Draws.from_daily(sample.rates, sample.new_regime), rate, marginals.change, marginals.no_change,
        marginals.constant, marginals.drift_only, _prior_constant(joint.posterior, series.dates.size), prob,
    )  # fmt: skip
    models_frame = model_frame(joint.posterior)
    return Reconstruction(
        method, series.label, prob, _from_mass(marginals.daily, prob, series.dates),
        _from_mass(marginals.counts[1:], prob, series.dates), rate,
        _audit(series, read_back(series, joint, prob)), models_frame,
        habit_frame(joint), conflicts, _notes(series, joint, models_frame) + counted,
        prior, reading, changes, joint, series,
    )  # fmt: skip
