"""Which series a case holds: who counts what where, from which day, and which of them can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.statements import MERGE_DAYS, as_day
from escalation.records import Case
from escalation.study.admission import series_of
from escalation.study.choices import Choices

__all__ = ["Counted", "asked", "list_series"]

UNSTATED = "not stated"
# Units that count events; people and munitions are another thing.
_EVENTS = re.compile("attack|claim|incident|event|strike|raid|shelling", re.IGNORECASE)
_OTHERS = re.compile(
    "injur|kill|wound|death|dead|fatal|casualt|victim|displaced|people|person|hostage|hospital", re.IGNORECASE
)


@dataclass(frozen=True, eq=False)
class Counted:
    """One series of a case.

    Parameters
    ----------
    counter, unit
        Who counts what.
    scopes
        The names of its scope that the reports use; several are one series by the case's declaration.
    scope
        The name by which it is known: of nested scopes the main one.
    place
        Whether it is the main series (0), of the main scope (1) or of another one (2).
    rows
        Its reports, by position in ``case.reports``, shape (n,).
    dates
        Number of distinct as-of dates up to the end.
    origin
        The day from which it is counted, as most of its statements say; None if none says so.
    start
        First day of its reconstruction; None if there is none.
    last
        Its last as-of date up to the end.
    """

    counter: str
    unit: str
    scopes: tuple[str, ...]
    scope: str
    place: int
    rows: NDArray[np.intp]
    dates: int
    origin: pd.Timestamp | None
    start: pd.Timestamp | None
    last: pd.Timestamp | None

    @property
    def label(self) -> str:
        """Counter, unit and scope."""
        return f"{self.counter}/{self.unit}/{self.scope}"

    def refusal(self, main: Counted, *, named: bool) -> str:
        """Say why this series is not reconstructed; empty if it can be.

        Parameters
        ----------
        main
            The main series.
        named
            Whether its unit was asked for by name.
        """
        if UNSTATED in (self.counter, self.unit, *self.scopes):
            return "counter, unit or scope is not stated"
        if self.unit != main.unit and not named and (_OTHERS.search(self.unit) or not _EVENTS.search(self.unit)):
            return f"counts {self.unit}, not {main.unit}s; ask for it with counters=['{self.counter}/{self.unit}']"
        if self.last is None:
            return "no report up to the last day"
        if self.dates < 2 and self.origin is None and self is not main:
            return "one date and no day from which it is counted: nothing lies between"
        return self._unplaced(main)

    def _unplaced(self, main: Counted) -> str:
        """Refuse a single total most of whose days lie before the main series begins: their share is not reported."""
        if self.dates > 1 or self.origin is None or main.start is None or self.start is None or self.last is None:
            return ""
        before, span = (main.start - self.start).days, (self.last - self.start).days + 1
        if before <= span / 2:
            return ""
        return (
            f"its only total counts from {self.start:%Y-%m-%d}: how much of it falls on the days from "
            f"{main.start:%Y-%m-%d} on is not reported"
        )


def list_series(case: Case, choices: Choices) -> list[Counted]:
    """List every series of a case: the main one, then by scope, and by counter within.

    Raises
    ------
    ValueError
        If the main series has no report.
    """
    main = series_of(case, choices)
    joined = _joined(case, main["scope"])
    home = joined[main["scope"][0]]
    found = [_counted(key, sorted(scopes), rows, case.reports, main | {"home": home})
             for key, (scopes, rows) in _keyed(case.reports, joined).items()]  # fmt: skip
    if not any(one.place == 0 for one in found):
        there = ", ".join(one.label for one in found)
        raise ValueError(f"no report has {main['counter']}/{main['unit']}/{home}; there are {there or 'no reports'}")

    def order(one: Counted) -> tuple[Any, ...]:
        return (one.scope != home, one.scope, one.counter != main["counter"], one.unit != main["unit"], one.label)

    return sorted(found, key=order)


def _keyed(
    reports: pd.DataFrame, joined: dict[str, str]
) -> dict[tuple[str, str, str], tuple[set[str], list[int]]]:  # fmt: skip
    """Collect the scopes and the rows of each counter, unit and nest of scopes."""
    columns = [
        reports[name].astype("object").where(reports[name].notna(), UNSTATED).astype(str).tolist()
        for name in ("counter", "unit", "scope")
    ]
    out: dict[tuple[str, str, str], tuple[set[str], list[int]]] = {}
    for row, (counter, unit, scope) in enumerate(zip(*columns, strict=True)):
        scopes, rows = out.setdefault((counter, unit, joined.get(scope, scope)), (set(), []))
        scopes.add(scope)
        rows.append(row)
    return out


def _joined(case: Case, scopes: Sequence[str]) -> dict[str, str]:
    """Map each scope of a nest to the name of the nest: that of the choices, then that of the case if it is another."""
    out = dict.fromkeys(scopes, scopes[0])
    declared = case.main["scope"]
    return out if set(declared) & set(out) else out | dict.fromkeys(declared, declared[0])


def _counted(
    key: tuple[str, str, str], scopes: list[str], rows: list[int], frame: pd.DataFrame, main: dict[str, Any]
) -> Counted:
    """Find the origin and the first day of one series.

    The origin is that of most statements, of several as frequent the earliest, as in `reconstruct`. The main counter
    keeps the main first day for the parts of its scope too: one briefing gives them all. Another counter is
    reconstructed from its own origin on.
    """
    first = None if main["start"] is None else as_day(main["start"], "start")
    ours = key[:2] == (main["counter"], main["unit"])
    place = 2 if key[2] != main["home"] else 0 if ours else 1
    own = frame.iloc[rows]
    if main["end"] is not None:
        own = own[(own["as_of"] <= as_day(main["end"], "end")).to_numpy()]
    origin = start = _origin(own)
    if first is not None and (place == 0 or (ours and origin is not None and abs((origin - first).days) <= MERGE_DAYS)):
        start = first
    if start is None and len(own):
        start = own["as_of"].min() + pd.Timedelta(days=1)
    last = own["as_of"].max() if len(own) else None
    named = tuple(sorted(scopes, key=lambda scope: scope != key[2]))
    return Counted(*key[:2], named, key[2], place, np.array(rows), own["as_of"].nunique(), origin, start, last)


def _origin(own: pd.DataFrame) -> pd.Timestamp | None:
    """Return the most frequent origin among distinct statements; None if none is stated."""
    number = own.drop_duplicates(["as_of", "count", "since"])["since"].dropna().value_counts().sort_index()
    return None if number.empty else pd.Timestamp(number.index[int(number.to_numpy().argmax())])


def asked(
    found: Sequence[Counted], who: Sequence[str] | None, where: Sequence[str] | None
) -> dict[str, tuple[bool, bool]]:
    """Say of each series whether it was asked for, and whether its unit was named.

    The series of the main counter and unit are always wanted: the others are compared with them.

    Parameters
    ----------
    found
        All series.
    who, where
        Names of counters and of scopes; None is all.

    Raises
    ------
    ValueError
        If a counter or a scope has no report; all are listed.
    """
    bad = [] if who is None else [f"counters: {name!r} has no report" for name in who
                                  if not any(_under(one.label, name) for one in found)]  # fmt: skip
    known = {scope for one in found for scope in (one.scope, *one.scopes)}
    bad += [f"scopes: {name!r} has no report" for name in where or () if name not in known]
    if bad:
        there = ", ".join(one.label for one in found)
        raise ValueError(f"{'; '.join(bad)}. Give a counter, counter/unit or counter/unit/scope of: {there}")
    main = next(one for one in found if one.place == 0)
    out = {}
    for one in found:
        ours = (one.counter, one.unit) == (main.counter, main.unit)
        wanted = (ours or who is None or any(_under(one.label, name) for name in who)) and (
            one is main or where is None or bool({one.scope, *one.scopes} & set(where))
        )
        named = any(_under(name, f"{one.counter}/{one.unit}") for name in who or () if _under(one.label, name))
        out[one.label] = (wanted, named)
    return out


def _under(label: str, name: Any) -> bool:
    """Whether a label is a name or lies under it."""
    return label == name or label.startswith(f"{name}/")
