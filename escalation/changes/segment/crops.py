"""All optimal segmentations for a range of penalties (CROPS: Haynes, Eckley & Fearnhead 2017).

As the penalty grows the optimal number of changes falls in steps. Two optima with m1 > m2 changes and costs Q1 < Q2
swap places at the penalty (Q2 - Q1) / (m1 - m2). One solves there: either a third segmentation is better, and the
search goes on on both sides of it, or nothing lies between the two and the swap is exact.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from escalation.changes.segment.segmentation import Segmentation

#: A segmentation that is optimal only within this share of a penalty is left out.
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


@dataclass(frozen=True)
class _Line:
    """A segmentation as a line over the penalty: its cost, the rounding error of that, its slope m."""

    found: Segmentation
    cost: float
    error: float

    @property
    def m(self) -> int:
        """Number of changes."""
        return self.found.n_changes


def crops(
    solve: Callable[[float], Segmentation],
    compared: Callable[[Segmentation], tuple[float, float]],
    low: float,
    high: float,
) -> SegmentationPath:
    """Find all optimal segmentations between two penalties.

    Parameters
    ----------
    solve
        Gives an optimal segmentation for a penalty.
    compared
        Gives the cost of a segmentation up to a constant, and its rounding error. `Segmentation.cost` holds a large
        constant, beside which the gain of a change is lost where counts are large.
    low, high
        The range, ``0 <= low <= high``.
    """
    lines: dict[int, _Line] = {}
    for penalty in (low, high):
        one = solve(penalty)
        lines[one.n_changes] = _Line(one, *compared(one))
    todo = [(max(lines), min(lines))] if len(lines) == 2 else []
    while todo:
        more, fewer = todo.pop()
        if more - fewer < 2:
            continue
        swap = _swap(lines[more], lines[fewer])
        one = solve(max(swap, low))
        between = _Line(one, *compared(one))
        if fewer < between.m < more and _below(between, lines[fewer], swap):
            lines[between.m] = between
            todo += [(more, between.m), (between.m, fewer)]
    return SegmentationPath(tuple(_ranges([lines[m] for m in sorted(lines, reverse=True)], low)), low, high)


def _below(one: _Line, fewer: _Line, swap: float) -> bool:
    """Whether a segmentation is better at a penalty than one with fewer changes, by more than rounding."""
    gained = fewer.cost - one.cost - swap * (one.m - fewer.m)
    return gained > one.error + fewer.error + EQUAL * swap


def _swap(more: _Line, fewer: _Line) -> float:
    """Penalty at which two segmentations cost the same."""
    return (fewer.cost - more.cost) / (more.m - fewer.m)


def _ranges(lines: list[_Line], low: float) -> list[Segmentation]:
    """Give each segmentation the lowest penalty at which it is optimal."""
    out, start = [], low
    for i, line in enumerate(lines):
        start = max(start, _swap(lines[i - 1], line)) if i else low
        out.append(replace(line.found, penalised_cost=line.found.cost + start * line.m, penalty=start))
    return out
