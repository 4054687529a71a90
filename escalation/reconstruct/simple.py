"""Interpolators behind the same call: what they use, what they leave out, and what they assume, said in the result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from escalation.reconstruct.interpolate import ASSUMES, INTERPOLATORS, Reason, points, stated_before
from escalation.reconstruct.result import Reconstruction
from escalation.reconstruct.statements import Series


def interpolate_series(series: Series, method: str, prob: float, conflicts: pd.DataFrame) -> Reconstruction:
    """Draw one of the simple curves through the statements of a series."""
    T = series.dates.size
    stated = series.statements
    day = np.array([s.day - 1 for s in stated])
    count = np.array([s.count for s in stated], dtype=float)
    exact = np.array(["exact" in s.bounds and s.count_high is None for s in stated])
    days, totals, used, code = points(day, count, exact)
    start_total = float(totals[0]) if series.open_start else 0.0
    cumulative, daily = INTERPOLATORS[method](days, totals, T, start_total)
    lost = np.full(T, np.nan)

    def frame(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"mean": values, "median": values, "lower": lost, "upper": lost}, index=series.dates)

    reasons = {}
    for i, s in enumerate(stated):
        if code[i] == Reason.BOUND_BESIDE_EXACT:
            reasons[i] = "a bound, on a date with an exact total"
        elif code[i] == Reason.BELOW_MAXIMUM:
            earlier, total = stated_before(days, totals, int(day[i]))
            when = series.dates[0] + pd.Timedelta(days=earlier)
            reasons[i] = f"below {total:.0f}, already stated for {when:%Y-%m-%d}"
        if s.origin and i not in reasons:
            reasons[i] = "earlier origin, read as if counted from the start"
    audit = series.audit.copy()
    number = audit["statement"]
    inside = audit["used"]
    audit.loc[inside, "used"] = number[inside].map(lambda i: bool(used[int(i)]))
    audit.loc[inside, "reason"] = number[inside].map(lambda i: reasons.get(int(i), ""))
    for column in ("p_fresh", "p_rounded", "p_stale", "p_wrong", "predicted"):
        audit[column] = np.nan
    notes = (
        f"Assumes that {ASSUMES[method]}.",
        "Bounds are read as numbers; there is no band, and nothing is said beyond the last total.",
    )
    return Reconstruction(
        method, series.label, prob, frame(daily), frame(cumulative), frame(daily), audit,
        pd.DataFrame(columns=["family", "prior", "posterior"]),
        pd.DataFrame(columns=["habit", "slips", "prior", "posterior"]), conflicts, notes,
    )  # fmt: skip
