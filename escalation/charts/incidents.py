"""Incidents as the lanes want them: possible days, lanes, and whether confirmed or claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from escalation.charts.timeaxis import Days, dated, days

__all__ = ["UNKNOWN", "Incident", "Lane", "LaneCount", "count_lanes", "lane_counts", "read_incidents"]

Lane = tuple[str, str, str, str]
"""Key, label, colour and marker of one level."""

UNKNOWN: Lane = ("", "Weapon not reported", "#7A7A7A", "o")
"""The lane of incidents whose weapon nobody reported; its key is empty."""


@dataclass(frozen=True)
class Incident:
    """One incident: first and last possible day, lanes, and how it is known."""

    first: float
    last: float
    keys: tuple[str, ...]
    confirmed: bool
    claimed: bool

    @property
    def middle(self) -> float:
        """Where it is drawn, in days."""
        return (self.first + self.last) / 2

    @property
    def known(self) -> str:
        """How it is known: ``confirmed`` (claimed or not), ``claimed`` only, or ``neither``."""
        return "confirmed" if self.confirmed else "claimed" if self.claimed else "neither"

    def in_lane(self, key: str) -> bool:
        """Whether it stands in the lane of this key; the empty key is the lane of unreported weapons."""
        return key in self.keys if key else not self.keys


@dataclass(frozen=True)
class LaneCount:
    """How many incidents of a lane are confirmed, claimed, both, neither."""

    confirmed: int
    claimed: int
    both: int
    neither: int

    @property
    def lines(self) -> tuple[str, ...]:
        """The counts in words, one to three short lines."""
        both = f" ({self.both} both)" if self.both else ""
        lines = (f"{self.confirmed} confirmed", f"{self.claimed} claimed{both}")
        return (*lines, f"{self.neither} neither") if self.neither else lines


def count_lanes(found: Sequence[Incident], key: str) -> LaneCount:
    """Count the incidents of one lane; claimed and confirmed are never added."""
    members = [incident for incident in found if incident.in_lane(key)]
    return LaneCount(
        confirmed=sum(m.confirmed for m in members),
        claimed=sum(m.claimed for m in members),
        both=sum(m.confirmed and m.claimed for m in members),
        neither=sum(not (m.confirmed or m.claimed) for m in members),
    )


def lane_counts(incidents: pd.DataFrame, lanes: Sequence[Lane]) -> pd.DataFrame:
    """Return the counts that the labels of the lanes carry.

    Parameters
    ----------
    incidents : DataFrame
        As for `lanes_panel`.
    lanes : sequence of (str, str, str, str)
        As for `lanes_panel`.

    Returns
    -------
    DataFrame
        ``lane, confirmed, claimed, both, neither``: one row per lane from low to high, then one with the
        empty key for unreported weapons. A mixed attack counts in each of its lanes.

    Raises
    ------
    ValueError
        If a column or a date is lacking, or a level has no lane.

    Examples
    --------
    >>> day = pd.to_datetime(["2024-01-01"])
    >>> incidents = pd.DataFrame({"levels": [()], "confirmed": [True], "claimed": [True]}, index=day)
    >>> lane_counts(incidents, [("drone", "Drone", "#4E9CB5", "o")])["both"].tolist()
    [0, 1]
    """
    found, _ = read_incidents(incidents, lanes)
    rows = [(lane[0], count_lanes(found, lane[0])) for lane in (*lanes, UNKNOWN)]
    return pd.DataFrame([{"lane": key, **vars(count)} for key, count in rows])


def read_incidents(frame: pd.DataFrame, lanes: Sequence[Lane]) -> tuple[list[Incident], Days]:
    """Return the incidents of a frame, and their days.

    Parameters
    ----------
    frame : DataFrame
        As for `lanes_panel`.
    lanes : sequence of (str, str, str, str)
        As for `lanes_panel`.

    Raises
    ------
    ValueError
        If a column or a date is lacking, a level has no lane, a key stands twice, or an end comes first.
    """
    keys = [lane[0] for lane in lanes]
    if not all(keys) or len(set(keys)) < len(keys):
        raise ValueError(f"lanes: every lane needs a key of its own, not empty; given {keys}.")
    rows, first = dated(frame, "incidents", ("levels", "confirmed", "claimed"))
    last = days(rows["date_end"].to_numpy()) if "date_end" in rows.columns else np.full(len(rows), np.nan)
    last = np.where(np.isnan(last), first, last)
    if (last < first).any():
        raise ValueError(f"incidents: {int((last < first).sum())} rows have date_end before date.")
    held = [_levels(value) for value in rows["levels"]]
    strange = sorted({key for levels in held for key in levels} - set(keys))
    if strange:
        raise ValueError(f"incidents: no lane for {', '.join(strange)}; the lanes are {', '.join(keys)}.")
    parts = zip(first, last, held, _flags(rows["confirmed"]), _flags(rows["claimed"]), strict=True)
    return [Incident(float(a), float(b), k, c, d) for a, b, k, c, d in parts], np.concatenate([first, last])


def _levels(value: object) -> tuple[str, ...]:
    """Return the levels of one incident, each once; a missing cell holds none."""
    if value is None or value != value:
        return ()
    if isinstance(value, str):
        raise ValueError(f"incidents: levels {value!r} is text; give a tuple of lane keys, empty if not reported.")
    return tuple(sorted(set(value)))  # type: ignore[call-overload]


def _flags(column: pd.Series) -> list[bool]:
    """Return a column of truth values; a missing cell is False."""
    return [bool(value) if not pd.isna(value) else False for value in column.astype(object)]
