"""What happens in a simulated case: the rate of each day, its incidents, and who sees how many of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.statements import as_day
from escalation.scale.streams import Streams

__all__ = ["OFFICIAL", "Truth", "changed_days", "make_truth", "multiplier", "place_of", "read_changes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The counter that sees every incident, and the one scope where no others are asked for.
OFFICIAL, REGION = "official", "Region"


@dataclass(frozen=True)
class Step:
    """The rate is multiplied by `factor` from day `first` on, or up to day `last`, both counted from 0."""

    first: int
    last: int | None
    factor: float


@dataclass(frozen=True)
class Truth:
    """Rate per day, shape (T,), incidents by scope, and what each counter sees of each scope, all of shape (T,)."""

    rate: Floats
    parts: Mapping[str, Ints]
    seen: Mapping[tuple[str, str], Ints]


def place_of(value: Any, dates: pd.DatetimeIndex) -> int | None:
    """Return a day, given as a place from 0 or as a date, as a place; None if it is neither or outside.

    Examples
    --------
    >>> dates = pd.date_range("2024-01-01", periods=5)
    >>> place_of("2024-01-03", dates), place_of(4, dates), place_of(5, dates), place_of("soon", dates)
    (2, 4, None, None)
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        at = int(value)
    else:
        try:
            at = (as_day(value, "day") - dates[0]).days
        except ValueError:
            return None
    return at if 0 <= at < len(dates) else None


def read_changes(changes: Any, dates: pd.DatetimeIndex, bad: list[str]) -> list[Step]:
    """Read ``(when, factor)`` and ``(first, last, factor)``; what cannot be read is added to `bad`."""
    steps = []
    need = "(day or date, factor) or (first, last, factor) with a factor of at least 0"
    if not isinstance(changes, Iterable) or isinstance(changes, (str, Mapping, Set)):
        bad.append(f"changes must be a list of {need}, such as [('2024-03-01', 2.0)]; got {changes!r}")
        return []
    for given in changes:
        parts = tuple(given) if isinstance(given, (tuple, list)) else ()
        factor: Any = parts[-1] if parts else None
        fine = isinstance(factor, (int, float, np.number)) and not isinstance(factor, bool) and 0 <= factor < np.inf
        places = [place_of(one, dates) for one in parts[:-1]]
        if len(parts) not in (2, 3) or not fine:
            bad.append(f"changes: {given!r} is not {need}")
        elif None in places or (len(places) == 2 and places[1] < places[0]):  # type: ignore[operator]
            bad.append(
                f"changes: {given!r} needs days 0 to {len(dates) - 1} or dates {dates[0]:%Y-%m-%d} to "
                f"{dates[-1]:%Y-%m-%d}, in order"
            )
        elif places == [0]:
            bad.append(f"changes: {given!r} begins on the first day, where nothing can change; give rate= instead")
        else:
            steps.append(Step(int(places[0] or 0), places[1] if len(places) == 2 else None, float(factor)))
    return steps


def multiplier(steps: Iterable[Step], days: int) -> Floats:
    """Return the factor on the rate of each day, shape (days,).

    Examples
    --------
    >>> multiplier([Step(1, 2, 0.5), Step(2, None, 4.0)], 4).tolist()
    [1.0, 0.5, 2.0, 4.0]
    """
    out = np.ones(days)
    for step in steps:
        out[step.first : None if step.last is None else step.last + 1] *= step.factor
    return out


def changed_days(factor: Floats, rate: Floats, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """List the days on which a new rate begins, with its ratio to the one before; a window has two of them."""
    at = np.flatnonzero(np.diff(factor)) + 1
    with np.errstate(divide="ignore"):
        ratio = factor[at] / factor[at - 1]
    return pd.DataFrame({"date": dates[at], "factor": ratio, "rate_before": rate[at - 1], "rate_after": rate[at]})


def draw_counts(rate: Floats, phi: float, rng: np.random.Generator) -> Ints:
    """Draw Poisson counts, or for ``phi > 0`` NB1 counts with variance ``(1 + phi) * rate``."""
    mean = rng.gamma(rate / phi, phi) if phi > 0 else rate
    return np.asarray(rng.poisson(mean), dtype=np.int64)


def make_truth(
    rate: Floats, phi: float, scopes: Mapping[str, float], counters: Mapping[str, float], streams: Streams
) -> Truth:
    """Draw the incidents of each day, in which scope each is, and which counter sees it.

    The scopes share the incidents of a day multinomially; a counter sees each with its own probability,
    whatever others see. Each of these is drawn from a stream of its own.
    """
    count = draw_counts(rate, phi, streams("truth"))
    share = np.array(list(scopes.values()))
    split = streams("scopes").multinomial(count, share / share.sum())
    parts = dict(zip(scopes, np.asarray(split.T, dtype=np.int64), strict=True))
    seen: dict[tuple[str, str], Ints] = {}
    for counter, part in {OFFICIAL: 1.0, **counters}.items():
        found = {
            scope: n if counter == OFFICIAL else streams("seen", counter, scope).binomial(n, part).astype(np.int64)
            for scope, n in parts.items()
        }
        if len(found) > 1:
            seen[counter, "+".join(found)] = np.asarray(sum(found.values()), dtype=np.int64)
        seen |= {(counter, scope): n for scope, n in found.items()}
    return Truth(rate, parts, seen)
