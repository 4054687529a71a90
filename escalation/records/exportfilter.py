"""Choose events of an export by words and by days; what is not in the file is an error that lists what is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.records.exportfile import day_of

__all__ = ["Day", "Filter", "Values", "window"]

Values = str | int | Iterable[str | int] | None
Day = str | pd.Timestamp | None
_SHOWN = 10  # values an error lists


@dataclass(frozen=True)
class Filter:
    """One choice of events by the words in some columns.

    Parameters
    ----------
    name : str
        The argument.
    values : str, int, iterable of them, or None
        What to keep, in any case of letters; None keeps all. An iterable is kept as a tuple.
    columns : tuple of sequences of str
        An event is kept if a cell of any of them is one of the values.
    joined : tuple of sequences of str
        Columns whose cells are several words with ``;`` between them.

    Examples
    --------
    >>> rule = Filter("country", "iraq", (["Iraq", "Syria"],))
    >>> rule.problem() is None, rule.keeps(2).tolist()
    (True, [True, False])
    >>> Filter("country", "Irak", (["Iraq", "Syria"],)).problem()
    "country: 'Irak' is not in the file; near: 'Iraq'"
    """

    name: str
    values: Values
    columns: tuple[Sequence[str], ...]
    joined: tuple[Sequence[str], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.values, Iterable) and not isinstance(self.values, (str, bytes, bytearray)):
            object.__setattr__(self, "values", tuple(self.values))  # a generator can be read only once

    @property
    def given(self) -> tuple[Any, ...]:
        """The values as a tuple."""
        return self.values if isinstance(self.values, tuple) else () if self.values is None else (self.values,)

    @property
    def wanted(self) -> dict[str, str]:
        """The values to keep, by themselves without case."""
        return {str(value).strip().casefold(): str(value) for value in self.given}

    def problem(self) -> str | None:
        """Say which values are nowhere in the file, and what is there instead."""
        if self.values is None:
            return None
        if not isinstance(self.values, (str, Integral, tuple)):
            return f"{self.name}: a text or a list of texts is needed, not {self.values!r}"
        odd = [value for value in self.given if isinstance(value, bool) or not isinstance(value, (str, Integral))]
        if odd or not self.given:
            return f"{self.name}: {odd[0]!r} is no text" if odd else f"{self.name}: an empty list keeps no event"
        there = {word.casefold(): word for cells in self.columns for word in sorted(set(cells)) if word}
        cells_of_several = sorted({cell for cells in self.joined for cell in cells})
        there |= {word.casefold(): word for cell in cells_of_several for word in _parts(cell)}
        unknown = [(key, value) for key, value in self.wanted.items() if key not in there]
        said = [f"{self.name}: {value!r} is not in the file; {_hint(key, there)}" for key, value in unknown]
        return "; ".join(said) or None

    def keeps(self, size: int) -> NDArray[np.bool_]:
        """Whether each of `size` events is kept."""
        out, wanted = np.zeros(size, dtype=bool), self.wanted
        for cells in self.columns:
            chosen = {cell for cell in set(cells) if cell.casefold() in wanted}
            out |= np.fromiter((cell in chosen for cell in cells), dtype=bool, count=size)
        for cells in self.joined:
            chosen = {cell for cell in set(cells) if any(word.casefold() in wanted for word in _parts(cell))}
            out |= np.fromiter((cell in chosen for cell in cells), dtype=bool, count=size)
        return out


def _parts(cell: str) -> list[str]:
    """Return the words of a cell that holds several."""
    return [word for part in cell.split(";") if (word := part.strip())]


def _hint(key: str, there: dict[str, str]) -> str:
    """List values that are near to what was given, else some that there are."""
    holds = [word for word in there if key and key in word]
    near = list(dict.fromkeys([*get_close_matches(key, there, n=_SHOWN, cutoff=0.6), *holds]))[:_SHOWN]
    shown = [there[word] for word in (near or sorted(there)[:_SHOWN])]
    more = f" and {len(there) - _SHOWN} more" if not near and len(there) > _SHOWN else ""
    return f"{'near' if near else 'there are'}: {', '.join(map(repr, shown)) or 'none'}{more}"


def window(start: Day, end: Day) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Check a first and a last day.

    Raises
    ------
    ValueError
        If one cannot be read, or they are in the wrong order; all problems are listed.

    Examples
    --------
    >>> window("2024-01-02", None)
    (Timestamp('2024-01-02 00:00:00'), None)
    """
    bad: list[str] = []
    first, last = _day("start", start, bad), _day("end", end, bad)
    if first is not None and last is not None and first > last:
        bad.append(f"start {first:%Y-%m-%d} is after end {last:%Y-%m-%d}")
    if bad:
        raise ValueError("; ".join(bad))
    return first, last


def _day(name: str, given: Any, bad: list[str]) -> pd.Timestamp | None:
    """Return a day that was asked for; what is no day goes to `bad`."""
    if given is None:
        return None
    found = day_of(given.strip()) if isinstance(given, str) else given
    day = pd.Timestamp(found) if isinstance(found, date) else pd.NaT
    if not isinstance(day, pd.Timestamp) or day.tz is not None or day != day.normalize():
        bad.append(f"{name}: {given!r} is not a day; a date YYYY-MM-DD is needed")
        return None
    return day
