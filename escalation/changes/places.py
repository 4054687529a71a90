"""Where the changes of many draws lie: which change of one draw is which change of another, and intervals of dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.changes.draws import Draws

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Draws with the most probable number of changes, below which draws with any number serve.
ENOUGH = 100


def interval(days: Ints, prob: float) -> tuple[int, int, int]:
    """Lower end, median and upper end of an equal-tailed interval of days.

    A date is a whole day, so that an interval with at most ``(1 - prob) / 2`` beyond each end would hold more than
    `prob`: .96 instead of .90 where a change is known to a few days. The ends are therefore the first and the last day
    whose middle (half of the day's own draws counted) lies within the tails, which holds `prob` on average.

    Examples
    --------
    >>> interval(np.array([3, 4, 4, 5, 9]), 0.5)
    (4, 4, 5)
    """
    tail = (1.0 - prob) / 2
    day, times = np.unique(days, return_counts=True)
    below = np.cumsum(times) / days.size
    middle = below - times / (2 * days.size)
    mid = int(np.searchsorted(below, 0.5))
    low = min(int(np.searchsorted(middle, tail)), mid)
    high = max(int(np.searchsorted(middle, 1.0 - tail, side="right")) - 1, mid)
    return int(day[low]), int(day[mid]), int(day[high])


def placed(draws: Draws, k: int, probability: Floats) -> list[Ints]:
    """Places in `draws.changes` of what the draws say of the first, second, … of k changes.

    Draws with k changes are used. Their first changes, second changes, … need not be the same: one spurious change
    shifts the order of all after it. So one draw serves as reference, that whose days have the largest sum of log
    probability, and every draw gives to each change of the reference the nearest of its own, if that is nearer to this
    one than to any other. With many changes few draws agree on their number; then all draws are used.

    Parameters
    ----------
    draws
        The draws; at least one has k changes.
    k
        Number of changes, at least 1.
    probability
        Probability that a new regime starts on each day, shape (T,).
    """
    bounds = np.concatenate([[0], np.cumsum(draws.number)])
    days = draws.changes
    log_p = np.log(np.maximum(probability, 1e-12))[days]
    same = draws.number == k
    chosen = np.flatnonzero(same)
    run = np.concatenate([[0.0], np.cumsum(log_p)])
    best = int(chosen[np.argmax(run[bounds[chosen + 1]] - run[bounds[chosen]])])
    reference = days[bounds[best] : bounds[best + 1]]
    used = np.flatnonzero(same[draws.draw]) if chosen.size >= ENOUGH else np.arange(days.size)
    cell = np.searchsorted((reference[1:] + reference[:-1]) / 2, days[used])
    order = np.lexsort((np.abs(days[used] - reference[cell]), draws.draw[used], cell))
    first = np.ones(order.size, dtype=bool)
    first[1:] = (np.diff(cell[order]) != 0) | (np.diff(draws.draw[used][order]) != 0)
    nearest = order[first]
    return np.split(used[nearest], np.searchsorted(cell[nearest], np.arange(1, k)))


def window_probability(draws: Draws, width: int) -> Floats:
    """Probability of at least one change on the days s..s + width - 1, for each s, shape (T - width + 1,).

    Examples
    --------
    >>> draws = Draws.from_daily(np.ones((2, 4)), np.array([[False, True, True, False], [False] * 4]))
    >>> window_probability(draws, 2).tolist()
    [0.5, 0.5, 0.5]
    """
    days, draw = draws.changes, draws.draw
    before = np.where(np.diff(draw, prepend=-1) != 0, -1, np.concatenate([[0], days[:-1]]))
    # A window holds this change and none before it in the draw if it starts after that one.
    first = np.clip(np.maximum(days - width + 1, before + 1), 0, None)
    last = np.minimum(days, draws.days - width)
    some = first <= last
    edge = np.bincount(first[some], minlength=draws.days + 1) - np.bincount(last[some] + 1, minlength=draws.days + 1)
    return np.asarray(np.cumsum(edge)[: draws.days - width + 1] / draws.n)
