"""From a table of incidents to arrays: when, at which level, and how it is known."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from escalation.scale.level import NOTHING
from escalation.scale.levels import MIXED, EscalationScale, Mixed, weapon_set
from escalation.scale.periods import day_number

__all__ = ["EVIDENCE", "Coded", "code_incidents"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EVIDENCE = {
    "confirmed": "confirmed",
    "claimed": "claimed, confirmed or not",
    "described": "described by anyone, confirmed, claimed or neither",
}
"""Whose word is taken. The lines are separate counts of overlapping sets and are never added."""

_TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
_EMPTY = {"", *NOTHING}
_SHOWN = 20  # problems listed in one error
_NO_DAY = -(2**62)


@dataclass(frozen=True)
class Coded:
    """Incidents as arrays, one entry per record; all of shape (n,).

    Parameters
    ----------
    row
        Row of the table. With ``mixed="split"`` an incident has one record per weapon.
    first, last
        First and last possible day, in days since 1970-01-01.
    rung
        Position of the level from 0, low, to high; -1 where no weapon was reported.
    confirmed, claimed
        How it is known.
    """

    row: Ints
    first: Ints
    last: Ints
    rung: Ints
    confirmed: Bools
    claimed: Bools

    def __len__(self) -> int:
        return int(self.row.size)

    @property
    def middle(self) -> Ints:
        """Middle of the possible days, rounded down: the day an incident is counted on where one is needed."""
        return np.asarray((self.first + self.last) // 2)

    def where(self, which: ArrayLike) -> Coded:
        """Return the records that `which` selects."""
        keep = np.asarray(which)
        return replace(self, **{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})

    def known_by(self, evidence: str) -> Coded:
        """Return the records of one line of `EVIDENCE`.

        Raises
        ------
        ValueError
            If there is no such line.
        """
        if evidence not in EVIDENCE:
            raise ValueError(f"evidence must be one of {', '.join(EVIDENCE)}; got {evidence!r}.")
        return self if evidence == "described" else self.where(getattr(self, evidence))

    @property
    def typed(self) -> Coded:
        """The records whose level is known."""
        return self.where(self.rung >= 0)


def code_incidents(incidents: pd.DataFrame, scale: EscalationScale, mixed: Mixed = "max") -> Coded:
    """Turn a table of incidents into arrays.

    Parameters
    ----------
    incidents : DataFrame
        ``date`` (or a DatetimeIndex) and ``weapons`` (words joined with ``+``, or collections; empty = not reported)
        or ``level`` (the values of ``scale.codes``, such as an ordered categorical). Optional ``date_end``, the last
        possible day; ``confirmed`` and ``claimed``, of which an empty cell is false, as is a column that is absent.
    scale : EscalationScale
        The order.
    mixed : {"max", "any", "split"}, default "max"
        How a mixed attack is read, see `EscalationScale.code`. Being at a level or higher is the same under ``"max"``
        and ``"any"``.

    Returns
    -------
    Coded

    Raises
    ------
    ValueError
        With every problem at once: row, incident, column, value, and what is expected.

    Examples
    --------
    >>> from escalation.scale import DEFAULT_SCALE
    >>> table = pd.DataFrame({"date": ["2024-01-20", "2024-01-22"], "weapons": ["ballistic_missile+rocket", ""]})
    >>> code_incidents(table, DEFAULT_SCALE).rung.tolist()
    [2, -1]
    >>> code_incidents(table, DEFAULT_SCALE, "split").rung.tolist()
    [1, 2, -1]
    """
    if not isinstance(incidents, pd.DataFrame):
        raise ValueError(f"incidents must be a DataFrame such as case.incidents; got {type(incidents).__name__}.")
    if mixed not in MIXED:
        raise ValueError(f"mixed must be one of {', '.join(MIXED)}; got {mixed!r}.")
    table = _with_dates(incidents)
    problems: list[str] = []
    if "incident_id" in table:
        said = table["incident_id"].notna() & (table["incident_id"].astype("object").astype(str).str.strip() != "")
        twice = table["incident_id"].duplicated(keep=False) & said
        _complain(table, "incident_id", twice.to_numpy(), "an identifier that stands in one row", problems)
    first, lost = _days(table, "date", problems, needed=True)
    last, open_end = _days(table, "date_end", problems)
    last = np.where(open_end, first, last)
    _complain(table, "date_end", (last < first) & ~lost, "a day not before date", problems)
    kind, rungs = _held(table, scale, mixed, problems)
    known = [_flags(table, name, problems) for name in ("confirmed", "claimed")]
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise ValueError("incidents cannot be read:\n  " + "\n  ".join(problems[:_SHOWN] + more))
    number = np.array([len(some) for some in rungs], dtype=np.int64)
    row = np.repeat(np.arange(len(table)), number[kind])
    place = np.arange(row.size) - np.repeat(np.cumsum(number[kind]) - number[kind], number[kind])
    flat = np.array([r for some in rungs for r in some], dtype=np.int64)
    rung = flat[(np.cumsum(number) - number)[kind][row] + place]
    return Coded(row, first[row], last[row], rung, known[0][row], known[1][row])


def _with_dates(incidents: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a column of dates, or say which columns are lacking."""
    table = incidents
    if "date" not in table and isinstance(table.index, pd.DatetimeIndex):
        table = table.assign(date=table.index)
    lacking = [] if "date" in table else ["date"]
    lacking += [] if {"weapons", "level"} & set(table.columns) else ["weapons (or level)"]
    if not table.columns.is_unique:
        again = ", ".join(map(str, table.columns[table.columns.duplicated()].unique()))
        raise ValueError(f"incidents: column {again} stands more than once.")
    if lacking:
        given = ", ".join(map(str, incidents.columns)) or "none"
        raise ValueError(f"incidents: column {' and '.join(lacking)} needed; given: {given}.")
    return table.reset_index(drop=True)


def _complain(table: pd.DataFrame, column: str, bad: Bools, expected: str, problems: list[str]) -> None:
    """Add one line per bad cell."""
    for i in np.flatnonzero(bad):
        key = f" ({table['incident_id'].iloc[i]})" if "incident_id" in table else ""
        cell = table[column].iloc[i]
        said = "empty" if pd.api.types.is_scalar(cell) and pd.isna(cell) else repr(str(cell))
        problems.append(f"row {i + 1}{key}, {column}: {said}; expected {expected}")


def _days(table: pd.DataFrame, column: str, problems: list[str], needed: bool = False) -> tuple[Ints, Bools]:
    """Return a column as days since 1970, and where it is empty (0 there)."""
    if column not in table:
        return np.zeros(len(table), dtype=np.int64), np.ones(len(table), dtype=bool)
    cells = table[column]
    if pd.api.types.is_datetime64_any_dtype(cells):
        empty = cells.isna().to_numpy(copy=True)
        local = cells.dt.tz_localize(None) if cells.dt.tz is not None else cells
        bad = empty & needed
        whole = local.fillna(pd.Timestamp(0)).to_numpy().astype("datetime64[D]").astype(np.int64)
    else:
        kind, unique = pd.factorize(_hashable(cells), use_na_sentinel=False)
        read = [_day(cell) for cell in unique]
        empty = np.array([day is None for day in read], dtype=bool)[kind]
        bad = np.array([day == _NO_DAY for day in read], dtype=bool)[kind] | (empty & needed)
        whole = np.array([0 if day in (None, _NO_DAY) else day for day in read], dtype=np.int64)[kind]
    _complain(table, column, bad, "a day such as 2024-01-20 (a range of days: date and date_end)", problems)
    return np.where(bad, 0, whole), empty | bad


def _day(cell: Any) -> int | None:
    """Return a cell as days since 1970, None if it is empty, `_NO_DAY` if it is no day."""
    if pd.api.types.is_scalar(cell) and (pd.isna(cell) or str(cell).strip().lower() in _EMPTY):
        return None
    try:
        return day_number(cell, "date")
    except ValueError:
        return _NO_DAY


def _hashable(cells: pd.Series) -> pd.Series:
    """Return cells as objects; lists and sets, which cannot be looked up, as text that is nothing else."""
    whole = [cell if isinstance(cell, Hashable) else f"{cell!r}" for cell in cells.astype("object")]
    return pd.Series(whole, dtype="object")


def _held(
    table: pd.DataFrame, scale: EscalationScale, mixed: Mixed, problems: list[str]
) -> tuple[Ints, list[tuple[int, ...]]]:
    """Return which kind of cell each incident has, and the rungs of each kind; (-1,) where no weapon is reported."""
    column = "weapons" if "weapons" in table else "level"
    cells = table[column].astype("object") if column == "weapons" else _hashable(table[column])
    if column == "weapons" and not all(isinstance(cell, str) for cell in cells):
        cells = pd.Series([_or_itself(cell) for cell in cells], dtype="object")
    kind, unique = pd.factorize(cells)
    missing = kind < 0
    kind = np.where(missing, len(unique), kind).astype(np.int64)
    read = [_rungs(cell, scale, mixed, column) for cell in unique] + [(-1,)]
    known = scale.keys if column == "weapons" else scale.codes
    hint = "weapons on this scale ({}), joined with '+'" if column == "weapons" else "one of {}"
    bad = np.array([not rungs for rungs in read], dtype=bool)
    _complain(table, column, bad[kind], hint.format(", ".join(known)), problems)
    return kind, read


def _rungs(cell: Iterable[str] | str, scale: EscalationScale, mixed: Mixed, column: str) -> tuple[int, ...]:
    """Return the rungs of one cell, (-1,) if it is empty, none if it is not on the scale."""
    if column == "level":
        if str(cell) in scale.codes:
            return (scale.codes.index(str(cell)),)
        return (-1,) if str(cell).strip().lower() in _EMPTY else ()
    if not isinstance(cell, frozenset | str):
        return ()  # no set of words
    held = _frozen(cell)
    if not held <= set(scale.keys):
        return ()
    rungs = tuple(scale.codes.index(code) for code in scale.code(held, "split"))
    return (rungs if mixed == "split" else rungs[-1:]) or (-1,)


def _or_itself(cell: object) -> object:
    """Return a cell as a set of weapons, or its text in a tuple, which is on no scale, if it is none."""
    try:
        return _frozen(cell)
    except ValueError:
        return (str(cell),)


def _frozen(cell: object) -> frozenset[str]:
    """Return the weapons of one cell as a set that can be looked up; the words for "missing" are none."""
    return frozenset() if isinstance(cell, str) and cell.strip().lower() in _EMPTY else frozenset(weapon_set(cell))


def _flags(table: pd.DataFrame, column: str, problems: list[str]) -> Bools:
    """Return a column of truth values; an empty cell is false, and so is an absent column."""
    if column not in table:
        return np.zeros(len(table), dtype=bool)
    if table[column].dtype == bool:
        return table[column].to_numpy()
    values, cells = pd.factorize(_hashable(table[column]), use_na_sentinel=False)
    unique = ["" if pd.isna(cell) else str(cell).strip().lower() for cell in cells]
    bad = np.array([w not in _TRUTH and w not in _EMPTY for w in unique], dtype=bool)
    _complain(table, column, bad[values], "true or false", problems)
    return np.array([_TRUTH.get(w, False) for w in unique], dtype=bool)[values]
