"""What was asked of a simulation, read; what cannot be read is added to a list of problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.study.simulate.truth import OFFICIAL, REGION, Step, place_of

__all__ = ["HIGHEST", "is_number", "read_counters", "read_dates", "read_rates", "read_scopes", "read_spans"]

Floats = NDArray[np.float64]
#: First day, last day or None, and kind of an outside event.
Spans = list[tuple[int, int | None, str]]

#: Longest series, and highest rate of a day.
LONGEST, HIGHEST = 36_500, 1e5
_COUNTER, _SCOPE = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[A-Z][A-Za-z ]*")


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(np.isfinite(value))


def read_dates(days: Any, start: Any, bad: list[str]) -> pd.DatetimeIndex | None:
    """Return the days of the series, or None with the problem noted."""
    whole = isinstance(days, (int, np.integer)) and not isinstance(days, bool) and 2 <= days <= LONGEST
    if not whole:
        bad.append(f"days must be a whole number from 2 to {LONGEST}, got {days!r}")
    first = pd.to_datetime(start, errors="coerce") if not isinstance(start, (int, float)) else pd.NaT
    if not isinstance(first, pd.Timestamp) or not 1700 <= first.year < 2100:
        bad.append(f"start must be a date such as '2024-01-01', got {start!r}")
    elif whole:
        return pd.date_range(first.tz_localize(None).normalize(), periods=int(days), name="date", unit="us")
    return None


def read_rates(rate: Any, drift: Any, phi: Any, dates: pd.DatetimeIndex, bad: list[str]) -> Floats | None:
    """Return the rate of each day before any change, or None with the problems noted."""
    for name, value, least in (("drift", drift, -np.inf), ("phi", phi, 0.0)):
        if not is_number(value) or value < least:
            bad.append(f"{name} must be a number{' of at least 0' * (least == 0)}, got {value!r}")
            return None
    try:
        base = np.asarray(rate, dtype=np.float64)
    except (TypeError, ValueError):
        base = np.array(np.nan)
    if base.shape not in ((), (len(dates),)) or not np.isfinite(base).all() or (base < 0).any():
        bad.append(f"rate must be a number of at least 0, or {len(dates)} of them, one per day; got {rate!r}")
        return None
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(base * np.exp(drift * np.arange(len(dates))), 2 * HIGHEST))


def read_scopes(scopes: Any, bad: list[str]) -> dict[str, float]:
    """Return the share of each scope."""
    if scopes is None:
        return {REGION: 1.0}
    names = list(scopes) if isinstance(scopes, Iterable) and not isinstance(scopes, str) else []
    shares = {name: scopes[name] if isinstance(scopes, Mapping) else 1.0 / len(names) for name in names}
    words = all(isinstance(name, str) and _SCOPE.fullmatch(name) and name == name.strip() for name in names)
    fine = all(is_number(share) and 0 < share <= 1 for share in shares.values())
    if len(shares) < 2 or len(names) != len(shares) or not words or not fine or abs(sum(shares.values()) - 1) > 1e-9:
        bad.append(
            "scopes must be two or more different names such as North, or a mapping of them to shares that sum to 1; "
            f"got {scopes!r}"
        )
    return shares


def read_counters(counters: Any, bad: list[str]) -> dict[str, float]:
    """Return the share that each other counter sees."""
    given = dict(counters) if isinstance(counters, Mapping) else {}
    fine = all(
        isinstance(name, str) and _COUNTER.fullmatch(name) and name != OFFICIAL and is_number(share) and 0 < share <= 1
        for name, share in given.items()
    )
    if (counters is not None and not isinstance(counters, Mapping)) or not fine:
        bad.append(
            f"counters must be a mapping of names such as monitor, in small letters and not {OFFICIAL}, to the share "
            f"of incidents that each sees, above 0 and up to 1; got {counters!r}"
        )
    return given


def read_spans(given: Any, steps: list[Step], dates: pd.DatetimeIndex, bad: list[str]) -> Spans:
    """Return first day, last day and kind of each intervention."""
    if given is None:
        kinds = ["announcement" if s.last is None else "truce" if s.factor < 1 else "operation" for s in steps]
        return [(step.first, step.last, kind) for step, kind in zip(steps, kinds, strict=True)]
    spans: Spans = []
    for one in given if isinstance(given, (list, tuple)) else [given]:
        parts = list(one) if isinstance(one, (tuple, list)) else [one]
        is_kind = len(parts) > 1 and isinstance(parts[-1], str) and place_of(parts[-1], dates) is None
        kind = parts.pop() if is_kind else "event"
        places = [place_of(part, dates) for part in parts]
        if len(places) not in (1, 2) or None in places or places != sorted(places, key=lambda at: at or 0):
            bad.append(f"interventions: {one!r} is not when, (first, last) or one of these and a kind, within the days")
        elif not str(kind).strip():
            bad.append(f"interventions: {one!r} has an empty kind")
        else:
            spans.append((int(places[0] or 0), places[1] if len(places) == 2 else None, kind))
    return spans
