"""Munitions per incident and interceptions beside levels: the third axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.scale.munitions import intercepted, salvo
from escalation.scale.order.association import association
from escalation.scale.streams import Streams
from escalation.scale.trendresult import ScaleTrend

__all__ = ["munitions_of", "sizes_of"]

Floats = NDArray[np.float64]

COLUMNS = ("munitions_low", "munitions_high", "intercepted")


def munitions_of(incidents: pd.DataFrame, trend: ScaleTrend) -> pd.DataFrame:
    """Return date, munitions and interceptions of each incident of the lines in the window."""
    coded = trend.coded
    keep = (trend.periods.of(coded.middle) >= 0) & (coded.confirmed | coded.claimed | (not trend.flagged))
    row, at = np.unique(coded.row[keep], return_index=True)
    some = coded.where(keep).where(at)
    numbers = {name: values[row] for name, values in _read(incidents, trend.names).items()}
    dates = {
        name: some_days.astype("datetime64[D]") for name, some_days in (("date", some.first), ("date_end", some.last))
    }
    held: dict[int, list[int]] = {}
    for r, rung in zip(coded.row, coded.rung, strict=True):
        held.setdefault(int(r), []).append(int(rung))
    return pd.DataFrame({
        "incident": trend.names.to_numpy()[row], **{k: pd.to_datetime(v) for k, v in dates.items()}, **numbers,
        "confirmed": some.confirmed, "claimed": some.claimed,
        "period": trend.periods.of(some.middle), "rung": (rung := [max(held[int(r)]) for r in row]),
        "level": ["" if r < 0 else trend.scale.codes[r] for r in rung],
    })  # fmt: skip


def _read(incidents: pd.DataFrame, names: pd.Series) -> dict[str, Floats]:
    """Return the three columns of numbers of every incident, NaN where empty or absent; or all that is wrong."""
    problems: list[str] = []
    found = {name: _column(incidents, name, names, problems) for name in COLUMNS}
    low, high, down = (found[name] for name in COLUMNS)
    for name, sign, other, wrong in (
        ("munitions_high", "at least", "munitions_low", high < low),
        ("intercepted", "at most", "munitions_high", down > high),
    ):
        for i in np.flatnonzero(wrong):
            expected = f"expected {sign} {other}, {found[other][i]:g}"
            problems.append(f"row {i + 1} ({names[i]}), {name}: {found[name][i]:g}; {expected}")
    if problems:
        raise ValueError("munitions of incidents cannot be read:\n  " + "\n  ".join(problems))
    return found


def _column(incidents: pd.DataFrame, name: str, names: pd.Series, problems: list[str]) -> Floats:
    """Return a column of counts, NaN where a cell is empty."""
    if name not in incidents:
        return np.full(len(incidents), np.nan)
    cells = incidents[name].reset_index(drop=True)
    values = np.asarray(pd.to_numeric(cells, errors="coerce").astype("float64"), dtype=np.float64)
    given = cells.notna().to_numpy() & (cells.astype("object").astype(str).str.strip() != "").to_numpy()
    least = 1 if name == "munitions_high" else 0
    whole = (values >= least) & np.isfinite(values) & (values == np.floor(values))
    for i in np.flatnonzero(given & ~whole):
        expected = f"expected a whole number of at least {least}"
        problems.append(f"row {i + 1} ({names[i]}), {name}: {str(cells[i])!r}; {expected}")
    return values


def sizes_of(
    size: pd.DataFrame, trend: ScaleTrend, prob: float, streams: Streams
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return munitions per incident and interceptions by period, and the trend of the former, for both lines."""
    parts: list[list[pd.DataFrame]] = [[], []]
    tests = []
    for name in trend.lines:
        own = size if name == "described" else size[size[name].to_numpy()]
        low, high = own["munitions_low"].to_numpy(), own["munitions_high"].to_numpy()
        period = own["period"].to_numpy()
        parts[0].append(salvo(low, high, period, trend.periods.labels, prob=prob).assign(evidence=name))
        parts[1].append(
            intercepted(own["intercepted"].to_numpy(), low, high, period, trend.periods.labels).assign(evidence=name)
        )
        known = ~(np.isnan(low) & np.isnan(high))
        first, last = (own[c].to_numpy()[known].astype("datetime64[D]").astype(np.int64) for c in ("date", "date_end"))
        least = np.where(np.isnan(low[known]), 1.0, np.maximum(low[known], 1.0))
        found = association(
            first, last, least, np.where(np.isnan(high[known]), np.inf, high[known]), rng=streams(name, "salvo")
        )
        tests.append({"evidence": name, "n": found.n, "tau": found.tau, "p": found.p, "method": found.method})
    salvos, caught = (pd.concat(some, ignore_index=True) for some in parts)
    return salvos, caught, pd.DataFrame(tests)
