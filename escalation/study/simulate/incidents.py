"""Individually described incidents: where, with which weapons, and on whose word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.scale.streams import Streams
from escalation.study.simulate.checks import is_number
from escalation.study.simulate.tables import Row, digest
from escalation.study.simulate.truth import Truth, place_of

__all__ = ["LEVELS", "Mixes", "incident_rows", "read_levels"]

#: Share of each weapon among incidents whose weapon is reported.
LEVELS: Mapping[str, float] = {"drone": 0.6, "rocket": 0.35, "ballistic_missile": 0.05}
#: From which day on which mix holds.
Mixes = list[tuple[int, dict[str, float]]]

#: Shares of described incidents that are confirmed, that are claimed, whose day is not certain, with two weapons, and
#: of those with a weapon whose number of munitions is told.
CONFIRMED, CLAIMED, VAGUE, TWO, NUMBERED = 0.75, 0.45, 0.1, 0.08, 0.5
#: Places in each scope.
PLACES = 5


def read_levels(levels: Any, dates: pd.DatetimeIndex, bad: list[str]) -> Mixes:
    """Read a mix of weapons, or ``(day or date, mix)`` pairs from which on each holds; problems go to `bad`."""
    pairs = [(0, levels)] if isinstance(levels, Mapping) else levels
    need = "levels must be a mapping of weapons to shares, or a list of one or more (day or date, such a mapping)"
    try:
        pairs = [(when, dict(mix)) for when, mix in pairs]
    except (TypeError, ValueError):
        bad.append(f"{need}; got {levels!r}")
        return []
    if not pairs:
        bad.append(f"{need}; got {levels!r}")
    mixes: Mixes = []
    for when, mix in pairs:
        at, shares = place_of(when, dates), list(mix.values())
        fine = all(is_number(x) and x >= 0 for x in shares) and sum(shares) > 0
        if at is None:
            bad.append(f"levels: {when!r} is not a day from 0 to {len(dates) - 1} or a date of the series")
        elif not fine or not all(isinstance(word, str) and _is_weapon(word) for word in mix):
            bad.append(f"{need}, shares of at least 0 and not all 0, words without '+' or spaces; got {mix!r}")
        else:
            mixes.append((at, {word: float(share) / sum(shares) for word, share in mix.items()}))
    words = dict.fromkeys(word for _, mix in mixes for word in mix)
    if mixes and not set(words) <= set(LEVELS) and not 2 <= len(words) <= 9:
        bad.append(f"levels: weapons of your own must be two to nine, from low to high; got {', '.join(words)}")
    if mixes and min(at for at, _ in mixes) > 0:
        bad.append("levels: the first mix must hold from day 0")
    return sorted(mixes, key=lambda item: item[0])


def _is_weapon(word: str) -> bool:
    empty = word.lower() in ("", "nan", "none", "nat", "<na>")
    return not empty and not any(c in "+|" or c.isspace() for c in word)


def incident_rows(
    truth: Truth, dates: pd.DatetimeIndex, share: float, untyped: float, mixes: Mixes, outlets: int, streams: Streams
) -> tuple[list[Row], list[Row]]:
    """Describe a share of the incidents; return their rows and the pages that describe them."""
    rows: list[Row] = []
    rng, pick = streams("incidents"), streams("incident pages")
    for scope, counts in truth.parts.items():
        for day in np.repeat(np.arange(counts.size), rng.binomial(counts, share)).tolist():
            row = _describe(day, scope, untyped, mixes, dates, rng)
            page = f"outlet-{int(pick.integers(outlets)) + 1:02d}-incidents"
            code = digest(*row.values(), len(rows))
            rows.append({"incident_id": f"inc-{row['date']:%Y%m%d}-{code}", **row, "source_ids": page})
    rows.sort(key=lambda row: (row["date"], row["incident_id"]))
    used = sorted({row["source_ids"] for row in rows})
    return rows, [
        {"source_id": page, "publisher": page.removesuffix("-incidents"), "title_or_url": "incidents, one by one",
         "ai_generated": False, "derived_from": None, "source_reliability": "B", "information_credibility": "2"}
        for page in used
    ]  # fmt: skip


def _describe(
    day: int, scope: str, untyped: float, mixes: Mixes, dates: pd.DatetimeIndex, rng: np.random.Generator
) -> Row:
    """Draw one description. The same number of uniforms is used for each, whatever is reported."""
    u: NDArray[np.float64] = rng.random(8)
    place, number = int(rng.integers(1, PLACES + 1)), 1 + int(rng.poisson(2.0))
    mix = next(mix for at, mix in reversed(mixes) if at <= day)
    weapons = {_drawn(mix, u[0]), _drawn(mix, u[1] if u[2] < TWO else u[0])}
    typed, vague = bool(u[3] >= untyped), bool(u[4] < VAGUE)
    first = dates[day - int(vague and u[5] < 0.5 and day > 0)]
    told = number if typed and u[6] < NUMBERED else None
    # Nearly all that nobody confirms is claimed: otherwise it would not be known.
    claimed = bool(u[7] < CLAIMED / 2 or u[7] >= 1 - CLAIMED / 2)
    return {
        "date": first, "date_end": first + pd.Timedelta(days=1) if vague else None,
        "place": f"{scope}, base {place}", "country": scope, "weapons": "+".join(sorted(weapons)) if typed else None,
        "munitions_low": told, "munitions_high": told, "confirmed": bool(u[7] < CONFIRMED), "claimed": claimed,
        "claimed_by": "an armed group" if claimed else None,
    }  # fmt: skip


def _drawn(mix: Mapping[str, float], u: float) -> str:
    """Return the weapon at a uniform number."""
    at = int(np.searchsorted(np.cumsum(list(mix.values())), u, side="right"))
    return list(mix)[min(at, len(mix) - 1)]
