"""Is an incident of the later period likelier to be the higher one? P(later > earlier) + ½ P(equal)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["superiority", "superiority_bounds"]


def superiority(earlier: ArrayLike, later: ArrayLike) -> float:
    """Return P(later > earlier) + ½ P(equal) for one incident drawn from each of two periods.

    Parameters
    ----------
    earlier, later : array_like of int, shape (K,)
        Incidents by level, from low to high.

    Returns
    -------
    float
        ½ if neither period tends to the higher levels; NaN if a period has no incident.

    Raises
    ------
    ValueError
        If the counts are not whole and non-negative, or not of the same levels.

    Examples
    --------
    >>> superiority([2, 1, 0], [0, 1, 1])
    0.9166666666666666
    """
    return _superiority(*_checked_counts(earlier, later, 0, 0)[:2])


def superiority_bounds(
    earlier: ArrayLike, later: ArrayLike, earlier_unknown: int, later_unknown: int
) -> tuple[float, float]:
    """Return the least and greatest `superiority` over all levels that incidents of unknown level may have had.

    Parameters
    ----------
    earlier, later : array_like of int, shape (K,)
        Incidents of known level, from low to high.
    earlier_unknown, later_unknown : int
        Incidents of unknown level.

    Returns
    -------
    tuple of float
        Both bounds are attained, so that no narrower ones hold without an assumption; NaN if a period has no incident.

    Raises
    ------
    ValueError
        If a count is not whole and non-negative, or the levels differ.

    Examples
    --------
    >>> superiority_bounds([1, 0], [0, 1], 1, 0)
    (0.75, 1.0)
    """
    # The value is the mean, over pairs of one earlier level x and one later level y, of [y > x] + ½ [y = x]. Each
    # term never rises with x and never falls with y, and the number of pairs is fixed. So lifting one earlier unknown
    # by a rung, or lowering one later unknown, never raises the mean: whatever the other levels are, it is least with
    # every earlier unknown at the top and every later one at the bottom, and greatest the other way round.
    old, new, old_unknown, new_unknown = _checked_counts(earlier, later, earlier_unknown, later_unknown)
    least = _superiority([*old[:-1], old[-1] + old_unknown], [new[0] + new_unknown, *new[1:]])
    greatest = _superiority([old[0] + old_unknown, *old[1:]], [*new[:-1], new[-1] + new_unknown])
    return least, greatest


def _superiority(earlier: Sequence[int], later: Sequence[int]) -> float:
    """Return the share of pairs won, ties half, from Python ints: one division, rounded once."""
    doubled, under = 0, 0
    for old, new in zip(earlier, later, strict=True):
        doubled += new * (2 * under + old)
        under += old
    pairs = 2 * under * sum(later)
    return doubled / pairs if pairs else math.nan


def _checked_counts(
    earlier: ArrayLike, later: ArrayLike, earlier_unknown: int, later_unknown: int
) -> tuple[list[int], list[int], int, int]:
    """Return the counts as Python ints."""
    given = [np.asarray(a) for a in (earlier, later, earlier_unknown, later_unknown)]
    whole = all(a.dtype.kind in "iuf" and np.all(np.isfinite(a) & (a >= 0) & (a % 1 == 0)) for a in given)
    old, new, *unknown = given
    if not whole or old.ndim != 1 or old.shape != new.shape or not old.size or any(a.ndim for a in unknown):
        raise ValueError(
            f"superiority: earlier {earlier!r}, later {later!r}, unknown {earlier_unknown!r} and {later_unknown!r}; "
            "needed: whole counts of at least 0, one for each level and for the same levels in both periods."
        )
    return [int(c) for c in old], [int(c) for c in new], int(unknown[0]), int(unknown[1])
