"""Where the changes of many draws lie: which change of one draw is which change of another, and intervals of dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from escalation.changes.draws import Draws

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Most changes that are told apart by their order alone.
IN_ORDER = 10


def interval(days: Ints, prob: float) -> tuple[int, int, int]:
    """Lower end, median and upper end of an equal-tailed interval of days; both ends are days that were drawn.

    Examples
    --------
    >>> interval(np.array([3, 4, 4, 5, 9]), 0.5)
    (4, 4, 5)
    """
    tail = (1.0 - prob) / 2
    low, mid, high = np.quantile(days, [tail, 0.5, 1 - tail], method="nearest").astype(int)
    return int(low), int(mid), int(high)


def in_order(draws: Draws, k: int) -> list[Ints]:
    """Places in `draws.changes` of the first, second, … change of all draws with exactly k changes."""
    first = np.concatenate([[0], np.cumsum(draws.number)])[:-1][draws.number == k]
    return [first + j for j in range(k)]


def placed(draws: Draws, k: int, probability: Floats) -> list[Ints]:
    """Places in `draws.changes` of what the draws have to say on each change of one of them.

    With many changes, one more here and one less there shifts the order of all in between. So one draw with k changes
    serves as reference, that whose days have the largest sum of log probability; every draw then gives to each of its
    changes the nearest of its own, if that lies nearer to this change of the reference than to any other.

    Parameters
    ----------
    draws
        The draws; at least one has k changes.
    k
        Number of changes of the reference.
    probability
        Probability that a new regime starts on each day, shape (T,).
    """
    bounds = np.concatenate([[0], np.cumsum(draws.number)])
    days = draws.changes
    log_p = np.log(np.maximum(probability, 1e-12))[days]
    chosen = np.flatnonzero(draws.number == k)
    run = np.concatenate([[0.0], np.cumsum(log_p)])
    best = int(chosen[np.argmax(run[bounds[chosen + 1]] - run[bounds[chosen]])])
    reference = days[bounds[best] : bounds[best + 1]]
    cell = np.searchsorted((reference[1:] + reference[:-1]) / 2, days)
    order = np.lexsort((np.abs(days - reference[cell]), draws.draw, cell))
    fresh = np.ones(order.size, dtype=bool)
    fresh[1:] = (np.diff(cell[order]) != 0) | (np.diff(draws.draw[order]) != 0)
    nearest = order[fresh]
    return np.split(nearest, np.searchsorted(cell[nearest], np.arange(1, k)))


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
