"""The dated record of uses of a level: which confirmed use each one was, and which if claims count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from escalation.scale.uses.daysandflags import checked_days, checked_flags

__all__ = ["ordinal", "use_sentence", "uses"]

_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
)  # fmt: skip


def uses(first: ArrayLike, last: ArrayLike, hit: ArrayLike, confirmed: ArrayLike, claimed: ArrayLike) -> pd.DataFrame:
    """Give each use of a level its number in order of time, among confirmed uses and among confirmed or claimed ones.

    The day of an incident may be known only as a range. One use is then before another only if its last possible
    day is before the other's first; otherwise the two tie, as two uses on the same day do. A rank is therefore a range.

    Parameters
    ----------
    first, last : array_like of int, shape (n,)
        The first and last possible day of each incident.
    hit : array_like of bool, shape (n,)
        True where the incident is at the level or above it.
    confirmed, claimed : array_like of bool, shape (n,)
        Whether the incident was confirmed, and whether it was claimed.

    Returns
    -------
    DataFrame
        One row per incident with `hit`, by first and last possible day: ``row`` (its position in the arrays),
        ``first``, ``last``, ``confirmed``, ``claimed``; ``confirmed_low``, ``confirmed_high`` (1 + the number of
        confirmed uses certainly, and possibly, before it; missing if it is not confirmed); ``claims_low``,
        ``claims_high`` (the same among uses confirmed or claimed; missing if it is neither).

    Raises
    ------
    ValueError
        If the arrays differ in length, a day is not a whole number, a range ends before it starts, or a flag is
        neither true nor false.

    Notes
    -----
    Both ends of a rank's range are reached by some choice of days and of the order within a day.
    A use neither confirmed nor claimed stays in the frame and counts in neither record.

    Examples
    --------
    A claim on day 0, a confirmed use on day 15, and one both confirmed and claimed on day 75:

    >>> frame = uses([0, 15, 75], [0, 15, 75], [1, 1, 1], [0, 1, 1], [1, 0, 1])
    >>> frame[["confirmed_low", "confirmed_high", "claims_low", "claims_high"]]
       confirmed_low  confirmed_high  claims_low  claims_high
    0           <NA>            <NA>           1            1
    1              1               1           2            2
    2              2               2           3            3
    """
    days = checked_days(first, last)
    flags = checked_flags(days[0].size, hit=hit, confirmed=confirmed, claimed=claimed)
    kept = np.flatnonzero(flags[0])
    begin, end = (column[kept] for column in days)
    sure, said = (column[kept] for column in flags[1:])
    # Rows that differ in nothing but their position may come in any order: their numbers are the same.
    order = np.lexsort((kept, ~said, ~sure, end, begin))
    begin, end, sure, said = begin[order], end[order], sure[order], said[order]
    found: dict[str, Any] = {"row": kept[order], "first": begin, "last": end, "confirmed": sure, "claimed": said}
    for name, member in (("confirmed", sure), ("claims", sure | said)):
        found[f"{name}_low"], found[f"{name}_high"] = _ranks(begin, end, member)
    return pd.DataFrame(found)


def _ranks(begin: NDArray[np.int64], end: NDArray[np.int64], member: NDArray[np.bool_]) -> tuple[pd.Series, pd.Series]:
    """Return the lowest and highest rank among the members, missing for others."""
    earlier = np.searchsorted(np.sort(end[member]), begin, side="left")
    # Not certainly later: this counts the use itself, which is the 1 of its highest rank.
    not_later = np.searchsorted(np.sort(begin[member]), end, side="right")
    low, high = (pd.Series(rank, dtype="Int64").where(member) for rank in (earlier + 1, not_later))
    return low, high


def use_sentence(label: str, when: str, row: Mapping[str, Any] | pd.Series, *, flagged: bool = True) -> str:
    """Say which use of a level an incident was, without and with claims.

    Parameters
    ----------
    label : str
        The level, such as ``"Ballistic missile"``. Plain text: whoever writes HTML escapes it.
    when : str
        The day or days, in words.
    row : mapping or Series
        One row of `uses`.
    flagged : bool, default True
        Whether it is known which incidents are confirmed; if not, the rank among all described uses is said, which
        the row then has as ``described_low`` and ``described_high``.

    Returns
    -------
    str
        One sentence. Where dates leave the rank open it reads "second or third" or "second to fourth".

    Examples
    --------
    >>> frame = uses([0, 15, 75], [0, 15, 75], [1, 1, 1], [0, 1, 1], [1, 0, 1])
    >>> use_sentence("Ballistic missile", "20 January 2024", frame.iloc[2])
    'Ballistic missile, 20 January 2024: second confirmed use, third if claims count.'
    >>> use_sentence("Ballistic missile", "6 November 2023", frame.iloc[0])
    'Ballistic missile, 6 November 2023: not confirmed; first use if claims count.'
    """
    if not flagged:
        said = f"{_span(row, 'described')} described use"
    elif row["confirmed"]:
        sure, all_told = _span(row, "confirmed"), _span(row, "claims")
        also = "also " if sure == all_told else ""
        said = f"{sure} confirmed use, {also}{all_told} if claims count"
    elif row["claimed"]:
        said = f"not confirmed; {_span(row, 'claims')} use if claims count"
    else:
        said = "reported, neither confirmed nor claimed"
    return f"{label}, {when}: {said}."


def _span(row: Mapping[str, Any] | pd.Series, name: str) -> str:
    """Return a rank, or a range of ranks, in words."""
    low, high = int(row[f"{name}_low"]), int(row[f"{name}_high"])
    if low == high:
        return ordinal(low)
    return f"{ordinal(low)} {'or' if high == low + 1 else 'to'} {ordinal(high)}"


def ordinal(n: int) -> str:
    """Return an ordinal number: a word up to twelfth, then figures.

    Parameters
    ----------
    n : int
        At least 1.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `n` is below 1.

    Examples
    --------
    >>> [ordinal(n) for n in (1, 12, 13, 21, 22, 103, 111)]
    ['first', 'twelfth', '13th', '21st', '22nd', '103rd', '111th']
    """
    if n < 1:
        raise ValueError(f"no ordinal for {n}: uses are counted from 1.")
    if n <= len(_WORDS):
        return _WORDS[n - 1]
    teens = n % 100 in (11, 12, 13)
    return f"{n}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
