"""Individually described incidents, counted by day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.frame import parse_days

_TRUE, _FALSE = ("true", "1", "1.0"), ("false", "0", "0.0", "", "nan", "none", "<na>")


def _confirmed(rows: pd.DataFrame) -> pd.Series:
    """Rows that are confirmed; all of them where the column is absent."""
    if "confirmed" not in rows:
        return pd.Series(True, index=rows.index)
    said = rows["confirmed"].astype("object").astype(str).str.strip().str.lower()
    odd = ~said.isin([*_TRUE, *_FALSE])
    if odd.any():
        raise ValueError(f"known: confirmed must be true or false, got {said[odd].iloc[0]!r}")
    return said.isin(_TRUE)


def _from_frame(rows: pd.DataFrame) -> tuple[pd.Series, int, int]:
    """Count by day the confirmed incidents with an exact date; also rows given and rows counted."""
    day = parse_days(rows["date"])
    exact = day.notna()
    if "date_end" in rows:
        end = parse_days(rows["date_end"])
        exact &= end.isna() | (end == day)
    usable = exact & _confirmed(rows)
    return day[usable].value_counts(), len(rows), int(usable.sum())


def known_per_day(known: Any, dates: pd.DatetimeIndex) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Count described incidents per day of the window, from the first described day to the last.

    Outside that span nobody may have been describing anything: those days are missing, not zero.

    Returns
    -------
    counts, notes
        Float counts by date, NaN outside the span; None if nothing is left. Notes say what was not used.

    Raises
    ------
    ValueError
        If `known` is neither a frame with a `date` column nor a Series of non-negative whole numbers by date.
    """
    if isinstance(known, pd.DataFrame) and "date" in known:
        counted, given, kept = _from_frame(known)
    elif isinstance(known, pd.Series) and not pd.api.types.is_numeric_dtype(known.index):
        value = pd.to_numeric(known, errors="coerce")
        if value.isna().any() or (value < 0).any() or (value != np.floor(value)).any():
            raise ValueError("known: counts by date must be whole numbers of at least 0")
        day = parse_days(pd.Series(known.index))
        counted = pd.Series(value.to_numpy(), index=pd.DatetimeIndex(day)).groupby(level=0).sum()
        given = kept = int(value.sum())
    else:
        raise ValueError(f"known must be a frame with a date column or a Series by date, got {type(known).__name__}")
    inside = counted[(counted.index >= dates[0]) & (counted.index <= dates[-1])]
    used = int(inside.sum())
    note = f"Described incidents: {given} given, {kept} confirmed with an exact date, {used} of those used."
    described = inside[inside > 0]
    if described.empty:
        return None, (note,)
    counts = inside.reindex(dates).astype("float64")
    span = (dates >= described.index.min()) & (dates <= described.index.max())
    return counts.fillna(0.0).where(span), (note,)
