"""Did two things change at about the same time? Posterior nearness of dates beside that of unrelated dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["nearness"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def nearness(
    rate: tuple[ArrayLike, ArrayLike],
    level: tuple[ArrayLike, ArrayLike],
    days: int,
    within: Sequence[int],
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return how probable it is that a change of the one lies near a change of the other, given that both changed.

    Parameters
    ----------
    rate, level
        Of each change in posterior draws: the draw it belongs to and its day 1..days - 1, shape (m,) each. Draws
        without a change do not occur in them.
    days
        Days of the series.
    within
        Distances d in days, at least 0.
    rng
        Source of the unrelated dates.

    Returns
    -------
    DataFrame
        One row per distance: ``days``; ``probability`` that some change of the one is at most d days from some change
        of the other; ``unrelated``, the same if each draw keeps its number of changes and their dates are uniform and
        independent. NaN if one of the two has no change in any draw.

    Raises
    ------
    ValueError
        If a day is out of range or a distance negative.

    Notes
    -----
    The two posteriors are taken as independent, so that every draw of the one is paired with every draw of the other:
    the numbers are exact for the given draws. Unrelated dates are drawn once for each draw.

    Examples
    --------
    >>> near = nearness(([0, 1], [10, 40]), ([0, 1], [12, 80]), 100, [3], rng=np.random.default_rng(1))
    >>> near["probability"].tolist()
    [0.25]
    """
    if any(d < 0 for d in within):
        raise ValueError(f"within: distances of at least 0 days are needed, got {list(within)}.")
    one, other = _table(*rate, days), _table(*level, days)
    alone, apart = _scattered(one, rng), _scattered(other, rng)
    rows = [(int(d), _meet(one, other, d), _meet(alone, apart, d)) for d in within]
    return pd.DataFrame(rows, columns=["days", "probability", "unrelated"])


def _table(draw: ArrayLike, change: ArrayLike, days: int) -> Floats:
    """Return one row per draw that has a change, one column per day, 1 where a change starts."""
    of, at = np.asarray(draw, dtype=np.int64), np.asarray(change, dtype=np.int64)
    if at.size and (at.min() < 1 or at.max() >= days):
        raise ValueError(f"changes must start on the days 1 to {days - 1}; got days {at.min()} to {at.max()}.")
    unique, row = np.unique(of, return_inverse=True)
    table = np.zeros((unique.size, days), dtype=np.float32)
    table[row, at] = 1.0
    return table


def _scattered(table: Floats, rng: np.random.Generator) -> Floats:
    """Return the table with as many changes per draw, on different days that are uniform over all but the first."""
    out = np.zeros_like(table)
    if table.size:
        order = np.argsort(rng.random((table.shape[0], table.shape[1] - 1)), axis=1)
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(order.shape[1])[None], axis=1)
        out[:, 1:] = rank < table.sum(axis=1).astype(np.int64)[:, None]
    return out


def _meet(one: Floats, other: Floats, d: int) -> float:
    """Return the share of pairs of draws with two changes at most `d` days apart."""
    if not (one.size and other.size):
        return float("nan")
    total = np.cumsum(np.pad(other, ((0, 0), (d + 1, d))), axis=1)
    wide = (total[:, 2 * d + 1 :] - total[:, : -2 * d - 1]) > 0
    return float(((one @ wide.T.astype(np.float32)) > 0).mean())
