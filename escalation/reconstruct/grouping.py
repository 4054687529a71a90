"""Distinct statements behind the reports of one series, and which of them repeat or come too late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.frame import BOUNDS


@dataclass(frozen=True)
class Statement:
    """One distinct (as-of, count) behind one or many reports of a series.

    `day` is the index of the as-of date: 0 is "before the first day", t the end of day t. `repeats` are the days since
    each earlier date for which the same number was stated; `superseded` says that a larger one was already firmly
    stated. `origin` is 0 where the count starts with the series, else the number of the earlier origin that shares an
    unknown offset.
    """

    number: int
    day: int
    count: int
    count_high: int | None
    bounds: tuple[str, ...]
    approx: bool
    roots: int
    repeats: tuple[int, ...]
    superseded: bool
    origin: int


@dataclass
class _Gathered:
    """Reports of one statement, as they are met: rows, places, and what they say."""

    rows: list[Any]
    bounds: set[str]
    roots: set[Any]
    approx: bool
    back: int


def _gather(rows: pd.DataFrame) -> dict[tuple[int, int, int], _Gathered]:
    """Group reports by (day, count, count_high), in that order; no `count_high` is -1."""
    columns = (
        rows.index, rows["day"], rows["count"], rows["count_high"].fillna(-1), rows["bound"], rows["root"],
        rows["approx"], rows["back"],
    )  # fmt: skip
    groups: dict[tuple[int, int, int], _Gathered] = {}
    for row, day, count, high, bound, root, approx, back in zip(*(c.tolist() for c in columns), strict=True):
        part = groups.setdefault((int(day), int(count), int(high)), _Gathered([], set(), set(), True, int(back)))
        part.rows.append(row)
        part.bounds.add(bound)
        if root == root and root is not None:
            part.roots.add(root)
        part.approx &= bool(approx)
        part.back = min(part.back, int(back))
    return dict(sorted(groups.items()))


def _firm_totals(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Days, counts and origins of totals that are firmly dated and worded, shape (n, 3)."""
    firm = ~rows["approx"] & rows["bound"].isin(["exact", "at_least", "more_than"])
    return rows.loc[firm, ["day", "count", "back"]].to_numpy(dtype=np.int64)


def group(rows: pd.DataFrame) -> tuple[tuple[Statement, ...], pd.Series, list[int], pd.Series]:
    """Group reports into statements; number earlier origins that at least two statements share.

    A statement is superseded if a larger firm total was already stated for the same or an earlier date.
    """
    groups = _gather(rows)
    firm = _firm_totals(rows)
    number: dict[Any, int] = {}
    notes: dict[Any, str] = {}
    back = [part.back for part in groups.values()]
    shared = sorted({b for b in back if b > 0 and back.count(b) > 1})
    seen: dict[tuple[int, int, int], list[int]] = {}
    out = []
    for i, ((day, count, top), part) in enumerate(groups.items()):
        number |= dict.fromkeys(part.rows, i)
        if part.back > 0 and part.back not in shared:
            notes |= dict.fromkeys(part.rows, "origin named by this statement only: read as if counted from the start")
        before = seen.setdefault((count, top, part.back), [])
        repeats = tuple(day - d for d in before)
        before.append(day)
        superseded = (firm[:, 0] <= day) & (firm[:, 1] > count) & (firm[:, 2] == part.back)
        out.append(
            Statement(
                i, day, count, None if top < 0 else top, tuple(b for b in BOUNDS if b in part.bounds), part.approx,
                max(1, len(part.roots)), repeats, bool(superseded.any()),
                shared.index(part.back) + 1 if part.back in shared else 0,
            )
        )  # fmt: skip
    return tuple(out), pd.Series(number, dtype="float64"), shared, pd.Series(notes, dtype="object")
