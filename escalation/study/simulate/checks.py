"""What was asked of a simulation, read; what cannot be read is added to a list of problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.statements import as_day
from escalation.records.exportfile import day_of
from escalation.study.nearest import near
from escalation.study.simulate.truth import OFFICIAL, REGION, Step, place_of

__all__ = [
    "HIGHEST", "is_number", "named", "read_counters", "read_dates", "read_rates", "read_scopes", "read_seed",
    "read_spans",
]  # fmt: skip

Floats = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")
#: First day, last day or None, and kind of an outside event.
Spans = list[tuple[int, int | None, str]]

#: Longest series, and highest rate of a day.
LONGEST, HIGHEST = 36_500, 1e5
#: What can be given as interventions, as it is written.
EVENTS = '[("2024-02-01", "2024-02-05", "truce"), ("2024-03-10", "strike"), (70, 75), 90]'
_MONTH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_COUNTER, _SCOPE = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[A-Z][A-Za-z ]*")


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(np.isfinite(value))


def read_dates(days: Any, start: Any, bad: list[str]) -> pd.DatetimeIndex | None:
    """Return the days of the series, or None with the problem noted."""
    whole = isinstance(days, (int, np.integer)) and not isinstance(days, bool) and 2 <= days <= LONGEST
    if not whole:
        bad.append(f"days must be a whole number from 2 to {LONGEST}, got {days!r}")
    try:
        first = as_day(None if isinstance(start, np.number) else start, "start")
    except ValueError:
        first = pd.Timestamp.min
    if not 1700 <= first.year < 2100:
        bad.append(f"start must be a date such as '2024-01-31', from 1700 to 2099, got {start!r}")
        return None
    return pd.date_range(first, periods=int(days), name="date", unit="us") if whole else None


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
    if (
        isinstance(rate, bool)
        or base.shape not in ((), (len(dates),))
        or not np.isfinite(base).all()
        or (base < 0).any()
    ):
        bad.append(f"rate must be a number of at least 0, or {len(dates)} of them, one per day; got {rate!r}")
        return None
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(base * np.exp(drift * np.arange(len(dates))), 2 * HIGHEST))


def read_scopes(scopes: Any, bad: list[str]) -> dict[str, float]:
    """Return the share of each scope."""
    if scopes is None:
        return {REGION: 1.0}
    # A set has no order of its own, and so would not give the same case twice.
    listed = isinstance(scopes, Iterable) and not isinstance(scopes, (str, Set))
    names = list(scopes) if listed else []
    words = all(isinstance(name, str) and _SCOPE.fullmatch(name) and name == name.strip() for name in names)
    shares = {name: scopes[name] if isinstance(scopes, Mapping) else 1.0 / len(names) for name in names if words}
    fine = all(is_number(share) and 0 < share <= 1 for share in shares.values())
    if len(shares) < 2 or len(names) != len(shares) or not words or not fine or abs(sum(shares.values()) - 1) > 1e-9:
        bad.append(
            "scopes must be a list of two or more different names such as North, or a mapping of them to shares that "
            "sum to 1; "
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
    if isinstance(given, (Mapping, Set)):
        bad.append(f"interventions must be a list such as {EVENTS}; got {given!r}")
        return []
    spans: Spans = []
    for one in list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]:
        parts = list(one) if isinstance(one, (tuple, list)) else [one]
        kind = parts.pop() if len(parts) > 1 and _is_kind(parts[-1]) else "event"
        places = [place_of(part, dates) for part in parts]
        if len(places) not in (1, 2) or None in places or places != sorted(places, key=lambda at: at or 0):
            bad.append(
                f"interventions: {one!r} is not when, (when, kind), (first, last) or (first, last, kind), in order and "
                f"with days 0 to {len(dates) - 1} or dates {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}; a list such as "
                f"{EVENTS} works"
            )
        elif not str(kind).strip():
            bad.append(f"interventions: {one!r} has an empty kind")
        else:
            spans.append((int(places[0] or 0), places[1] if len(places) == 2 else None, kind))
    return spans


def _is_kind(word: Any) -> bool:
    """Whether a word is a kind of event; a date that is outside the days, or cannot be read, is none."""
    if not isinstance(word, str) or not word.strip():
        return isinstance(word, str)
    dated = day_of(word.strip()) is not None or (any(c.isdigit() for c in word) and _MONTH.search(word) is not None)
    return not dated and any(c.isalpha() for c in word)


def read_seed(rng: Any, bad: list[str]) -> None:
    """Note a seed that numpy does not take; nothing is drawn from a generator."""
    try:
        np.random.default_rng(rng)
    except (TypeError, ValueError):
        bad.append(
            "rng must be None, a whole number of at least 0, a sequence of them, or a generator of numpy.random; "
            f"got {rng!r}"
        )


def named(function: Callable[P, R]) -> Callable[P, R]:
    """Let a call refuse all names that are no parameter of it at once, each with the nearest there is."""
    names = list(signature(function).parameters)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        strange = [f"{name!r}{near(name, names)}" for name in kwargs if name not in names]
        if strange:
            raise TypeError(
                f"{function.__name__}: no option is called {', '.join(strange)}; options are {', '.join(names)}"
            )
        return function(*args, **kwargs)

    return call
