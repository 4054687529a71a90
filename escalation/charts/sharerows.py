"""Shares of incidents as their panel wants them: one row per period and kind of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.charts.timeaxis import days, need_columns

__all__ = ["Share", "read_shares"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVIDENCE = ("confirmed", "described", "claimed")
NUMBERS = ("typed", "at_least", "unknown", "share", "lower", "upper", "bound_lower", "bound_upper")


@dataclass(frozen=True)
class Share:
    """One row of shares: one period, one kind of evidence.

    Parameters
    ----------
    first, last : float
        Days since 1970-01-01, inclusive.
    confirmed : bool
        Drawn filled; else claimed, and hollow.
    typed, at_least, unknown : float
        Incidents with a reported weapon, those of them at or above the level, and those without; the last may be NaN.
    share, lower, upper, bound_lower, bound_upper : float
        Share among the typed, its interval, and the bounds without assumption; NaN is not drawn.
    evidence : str
        ``"confirmed"``, ``"described"`` or ``"claimed"``.
    """

    first: float
    last: float
    confirmed: bool
    typed: float
    at_least: float
    unknown: float
    share: float
    lower: float
    upper: float
    bound_lower: float
    bound_upper: float
    evidence: str

    def words(self, *, unknown: bool) -> str:
        """Return the counts in words."""
        rest = f" + {self.unknown:,.0f} ?" if unknown and self.unknown > 0 else ""
        return f"{self.at_least:,.0f} of {self.typed:,.0f}{rest}"


def read_shares(frame: pd.DataFrame) -> list[Share]:
    """Return the rows of a frame in order of time, confirmed first.

    Parameters
    ----------
    frame : DataFrame
        As for `shares_panel`.

    Raises
    ------
    ValueError
        If a column or a date is lacking, evidence is another word, periods of one evidence overlap, or numbers are
        out of range or out of order. All problems are listed.
    """
    need_columns(frame, "shares", ("first", "last", "evidence", *NUMBERS))
    part = {c: frame[c].to_numpy(dtype=float, na_value=np.nan) for c in NUMBERS}
    if len(frame) and any(pd.api.types.is_numeric_dtype(frame[c]) for c in ("first", "last")):
        raise ValueError("shares: first and last are dates; given numbers.")
    first, last = days(frame["first"].to_numpy()), days(frame["last"].to_numpy())
    kind = np.array([k if isinstance(k, str) else "" for k in frame["evidence"].astype(object)], dtype=object)
    beyond = [(part[c] < 0) | (part[c] > 1) for c in NUMBERS[3:]]
    rows = {
        "every row needs first and last, in this order": ~(first <= last),
        "evidence must be 'confirmed', 'described' or 'claimed'": ~np.isin(kind, EVIDENCE),
        "needs whole counts with 0 <= at_least <= typed": ~_counts(part),
        "shares, intervals and bounds must be from 0 to 1": np.any(beyond, axis=0),
        "lower, share and upper must be in this order": _falls(part, ("lower", "share", "upper")),
        "bound_lower must not exceed bound_upper": _falls(part, ("bound_lower", "bound_upper")),
    }
    wrong = [
        f"{said} ({bad.sum()} rows, the first is row {bad.argmax()} from 0)" for said, bad in rows.items() if bad.any()
    ]
    for word in EVIDENCE:
        order = sorted(zip(first[kind == word], last[kind == word], strict=True))
        wrong += [f"periods overlap ({word})"] * any(b[0] <= a[1] for a, b in pairwise(order))
    if wrong:
        raise ValueError(f"shares: {'; '.join(wrong)}.")
    found = [
        Share(
            first=float(first[i]),
            last=float(last[i]),
            confirmed=kind[i] != "claimed",
            evidence=str(kind[i]),
            **{c: float(part[c][i]) for c in NUMBERS},
        )
        for i in range(len(frame))
    ]
    return sorted(found, key=lambda share: (share.first, not share.confirmed))


def _counts(part: dict[str, Floats]) -> Flags:
    """Return which rows have counts that can be."""
    typed, at_least, unknown = (part[c] for c in NUMBERS[:3])
    whole = np.all([np.isnan(v) | (v == np.round(v)) for v in (typed, at_least, unknown)], axis=0)
    return np.asarray(whole & np.isfinite(typed) & (at_least >= 0) & (at_least <= typed) & ~(unknown < 0))


def _falls(part: dict[str, Floats], names: Sequence[str]) -> Flags:
    """Return which rows have numbers that fall from one name to the next, rounding aside."""
    return np.asarray(np.any([part[a] > part[b] + 1e-9 for a, b in pairwise(names)], axis=0))
