"""Where to put marks and labels so that none hides another: pure geometry on numbers."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["columns", "pack_rows", "spread", "stair_rows"]

Span = tuple[float, float]


def pack_rows(spans: Sequence[Span]) -> list[int]:
    """Give each span the lowest row in which it touches no earlier span.

    Parameters
    ----------
    spans : sequence of (float, float)
        Left and right edges, sorted by left edge.

    Returns
    -------
    list of int
        Rows from 0 upwards.

    Examples
    --------
    >>> pack_rows([(0, 4), (0, 4), (3, 7), (4, 8)])
    [0, 1, 2, 0]
    """
    ends: list[float] = []
    rows: list[int] = []
    for left, right in spans:
        row = next((i for i, end in enumerate(ends) if end <= left + 1e-9), len(ends))
        ends[row : row + 1] = [right]
        rows.append(row)
    return rows


def stair_rows(spans: Sequence[Span]) -> list[int]:
    """Give each label that starts at its own leader line a row, so that no leader crosses another label.

    A label that reaches over the leader of a later one stands above that later one.

    Parameters
    ----------
    spans : sequence of (float, float)
        Left and right edges, sorted by left edge; the leader line is at the left edge.

    Returns
    -------
    list of int
        Rows from 0 (next to the panel) upwards.

    Examples
    --------
    >>> stair_rows([(0, 10), (5, 15), (20, 30)])
    [1, 0, 0]
    """
    rows = [0] * len(spans)
    for i in reversed(range(len(spans))):
        reached = [rows[j] for j in range(i + 1, len(spans)) if spans[j][0] < spans[i][1]]
        rows[i] = 1 + max(reached) if reached else 0
    return rows


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move points apart by at least ``gap``, within ``low`` and ``high``, as little as possible.

    Least squares under the constraint, by pooling adjacent violators.

    Parameters
    ----------
    wanted : sequence of float
        Where each point would like to be, increasing.
    gap : float
        Least distance between neighbours.
    low, high : float
        The room; it must hold ``(n - 1) * gap``.

    Returns
    -------
    list of float

    Raises
    ------
    ValueError
        If the room is too small.

    Examples
    --------
    >>> spread([5, 5, 20], 4, 0, 30)
    [3.0, 7.0, 20.0]
    """
    n = len(wanted)
    if n and (n - 1) * gap > high - low + 1e-9:
        raise ValueError(f"{n} points {gap:g} apart need {(n - 1) * gap:g}; the room is {high - low:g}.")
    blocks: list[tuple[float, int]] = []
    for i, place in enumerate(wanted):
        blocks.append((place - i * gap, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (mean_a, size_a), (mean_b, size_b) = blocks[-2:]
            blocks[-2:] = [((mean_a * size_a + mean_b * size_b) / (size_a + size_b), size_a + size_b)]
    level = [mean for mean, size in blocks for _ in range(size)]
    top = high - (n - 1) * gap
    return [float(min(max(mean, low), top) + i * gap) for i, mean in enumerate(level)]


def columns(heights: Sequence[int], count: int) -> list[list[int]]:
    """Split entries into at most ``count`` columns, in order, the tallest as short as can be.

    Parameters
    ----------
    heights : sequence of int
        Lines of each entry.
    count : int
        Most columns allowed.

    Returns
    -------
    list of list of int
        The positions of the entries in each column.

    Examples
    --------
    >>> columns([1, 1, 1, 1, 1], 2)
    [[0, 1, 2], [3, 4]]
    """
    for limit in range(max(heights, default=0), sum(heights) + 1):
        found: list[list[int]] = [[]]
        for i, height in enumerate(heights):
            if found[-1] and sum(heights[j] for j in found[-1]) + height > limit:
                found.append([])
            found[-1].append(i)
        if len(found) <= count:
            return found
    return [[]]
