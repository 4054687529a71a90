"""All optimal segmentations for a range of penalties (CROPS: Haynes, Eckley & Fearnhead 2017).

As the penalty grows the optimal number of changes falls in steps. Two optima with m1 > m2 changes and costs Q1 < Q2
swap places at the penalty (Q2 - Q1) / (m1 - m2). One solves there: either a third segmentation is better, and the
search goes on on both sides of it, or nothing lies between the two and the swap is exact.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from escalation.changes.segment.segmentation import Segmentation

#: Costs that differ by less than this share are one cost.
EQUAL = 1e-10


@dataclass(frozen=True, repr=False)
class SegmentationPath:
    """Optimal segmentations for every penalty between two.

    Parameters
    ----------
    segmentations
        From most to fewest changes; the penalty of each is the lowest at which it is optimal.
    low, high
        The range of penalties.

    Examples
    --------
    >>> from escalation.changes.segment.segment import segment
    >>> path = segment([1, 0, 2, 9, 8, 9, 30, 31], penalty=(3, 200))
    >>> path.frame["changes"].tolist(), path.segmentation(30.0).n_changes, len(path)
    ([2, 1, 0], 1, 3)
    """

    segmentations: tuple[Segmentation, ...]
    low: float
    high: float

    @property
    def frame(self) -> pd.DataFrame:
        """One row per segmentation: the penalties at which it is optimal, its number of changes, its cost."""
        starts = [found.penalty for found in self.segmentations]
        return pd.DataFrame(
            {
                "penalty_low": starts, "penalty_high": [*starts[1:], self.high],
                "changes": [found.n_changes for found in self.segmentations],
                "cost": [found.cost for found in self.segmentations],
            }
        )  # fmt: skip

    def summary(self) -> pd.DataFrame:
        """Return `frame`."""
        return self.frame

    def segmentation(self, penalty: float) -> Segmentation:
        """Give the segmentation that is optimal at a penalty; where two are, the one with fewer changes.

        Raises
        ------
        ValueError
            If the penalty lies outside the range.
        """
        if not self.low <= penalty <= self.high:
            raise ValueError(f"penalty: a number from {self.low:g} to {self.high:g} is needed, got {penalty!r}")
        return [found for found in self.segmentations if found.penalty <= penalty][-1]

    def __getitem__(self, place: int) -> Segmentation:
        return self.segmentations[place]

    def __len__(self) -> int:
        return len(self.segmentations)

    def __repr__(self) -> str:
        most, fewest = self.segmentations[0].n_changes, self.segmentations[-1].n_changes
        return (
            f"SegmentationPath({len(self)} segmentations for penalties {self.low:g} to {self.high:g}; "
            f"{most} to {fewest} changes)"
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.frame.to_html(float_format=lambda v: f'{v:.6g}')}"


def crops(solve: Callable[[float], Segmentation], low: float, high: float) -> SegmentationPath:
    """Find all optimal segmentations between two penalties.

    Parameters
    ----------
    solve
        Gives an optimal segmentation for a penalty.
    low, high
        The range, ``0 <= low <= high``.
    """
    found = {}
    for penalty in (low, high):
        one = solve(penalty)
        found[one.n_changes] = one
    todo = [(max(found), min(found))] if len(found) == 2 else []
    while todo:
        more, fewer = todo.pop()
        if more - fewer < 2:
            continue
        swap = _swap(found[more], found[fewer])
        between = solve(swap)
        m = between.n_changes
        level = found[fewer].cost + swap * fewer
        gained = level - (between.cost + swap * m) > EQUAL * max(1.0, abs(level))
        if fewer < m < more and gained:
            found[m] = between
            todo += [(more, m), (m, fewer)]
    return SegmentationPath(tuple(_ranges([found[m] for m in sorted(found, reverse=True)], low)), low, high)


def _swap(more: Segmentation, fewer: Segmentation) -> float:
    """Penalty at which two segmentations cost the same."""
    return (fewer.cost - more.cost) / (more.n_changes - fewer.n_changes)


def _ranges(found: list[Segmentation], low: float) -> list[Segmentation]:
    """Give each segmentation the lowest penalty at which it is optimal."""
    out, start = [], low
    for i, one in enumerate(found):
        start = max(start, _swap(found[i - 1], one)) if i else low
        total = one.cost + start * one.n_changes
        out.append(Segmentation(one.counts, one.rates, one.cost, total, start, one.criterion, one.family))
    return out
