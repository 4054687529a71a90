"""Changes of the distribution over levels, given when the incidents were: an ordinal change point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, logsumexp

from escalation.scale.mix.markchanges import MarkChanges
from escalation.scale.mix.markpasses import forward, piece, sample
from escalation.scale.mix.shares import draw_at_least, not_a_mass, unusable

__all__ = ["HAZARDS", "hazards_for", "mark_changes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Starts = NDArray[np.bool_]

#: Probabilities per day that a new distribution starts, of equal prior weight.
HAZARDS = (1 / 30, 1 / 60, 1 / 120)
#: Cells of days that the recursion takes, whose cost grows with their square.
CELLS = 2_000


def hazards_for(days: int) -> tuple[float, ...]:
    """Return `HAZARDS`, and regimes of 240, 480, … days as long as three of them fit into the window.

    Without these a long series of few incidents is cut up: regimes of at most 120 days leave too few of them in each to
    tell its distribution from the next.

    Examples
    --------
    >>> hazards_for(127) == HAZARDS, len(hazards_for(2000))
    (True, 5)
    """
    longer: list[float] = []
    while 3 / (HAZARDS[-1] / 2 ** (len(longer) + 1)) <= days:
        longer.append(HAZARDS[-1] / 2 ** (len(longer) + 1))
    return (*HAZARDS, *longer)


def mark_changes(
    day: ArrayLike,
    rung: ArrayLike,
    levels: int,
    days: int,
    *,
    rng: np.random.Generator,
    hazards: Sequence[float] | None = None,
    constant: float = 0.5,
    concentration: float = 1.0,
    draws: int = 2000,
    prob: float = 0.9,
) -> MarkChanges:
    """Find when the distribution over levels changed, given the dates of the incidents.

    Between changes every incident draws its level from one distribution. With prior probability `constant` there is no
    change at all; otherwise each day from the second on a new distribution starts with a hazard, and is drawn from
    Dirichlet(concentration, ..., concentration). The recursion sums over all places of all changes, so that
    probabilities are exact. The order of the levels does not enter: only `shares` uses it.

    How many incidents there are on a day says nothing here. Incidents of unknown level are left out; that is right if,
    among the incidents of a day, whether the level was reported does not depend on the level (it is then ignorable
    given the date), and wrong otherwise.

    Judge by the Bayes factor: `no_change` falls below 1/2 at a factor of 1.4 where its prior is .58 (127 days). And
    where a regime of 1 / hazard days holds few typed incidents, an even mix of levels looks like many fresh
    distributions. In 1,000 constant series of 127 days with levels in the ratio 6:3:1, P(no change) was below 1/2 in
    .04 (100 incidents) and .16 (20), the factor above 10 in .01 and .01; with even levels .11 and .43, and .02 and .02.
    With 100 incidents in 2,000 days and even levels the factor was above 10 in .06 of 300 series (.08 with `HAZARDS`
    alone): in a long sparse series give hazards that fit it.

    Above `CELLS` days, a cell is the smallest number of days that leaves no more than `CELLS` cells, the incidents of a
    cell come from one distribution, and the chance of a change at its start is that of at least one in so many days.

    Parameters
    ----------
    day
        Day of each incident, 0 to `days` - 1, shape (n,). Where it is known only as a range: its middle.
    rung
        Level of each incident, 0 to `levels` - 1, or -1 where it is unknown; shape (n,).
    levels
        Number of levels K.
    days
        Number of days T.
    rng
        Generator.
    hazards
        Probabilities per day of a change, of equal weight. Default: `hazards_for` these days.
    constant
        Prior probability of "no change at all". The prior probability of no change in these days is larger.
    concentration
        Of the Dirichlet distributions, at least .1.
    draws
        Posterior draws.
    prob
        Mass of the intervals of the shares.

    Returns
    -------
    MarkChanges

    Raises
    ------
    ValueError
        If days or rungs are out of range or not whole, or an argument is out of range; all problems at once.

    References
    ----------
    Barry D., Hartigan J. A. (1992). Product partition models for change point problems. *Annals of Statistics* 20,
    260-279. Fearnhead P. (2006). Exact and efficient Bayesian inference for multiple changepoint problems. *Statistics
    and Computing* 16, 203-213.

    Examples
    --------
    >>> day = np.arange(40)
    >>> found = mark_changes(day, (day >= 20) * 1, 2, 40, rng=np.random.default_rng(1))
    >>> round(found.prior_no_change, 3), round(found.no_change, 4), int(found.daily.argmax())
    (0.751, 0.0, 20)
    """
    given = HAZARDS if hazards is None else hazards
    cells, step = _cells(day, rung, levels, days, _unusable(given, constant, concentration, draws, prob))
    hazards = hazards_for(days) if hazards is None else hazards
    run = _running(cells)
    # The levels in an order that their names do not decide: sums, and so draws, are the same to the last bit.
    plain = _running(cells[:, sorted(range(levels), key=lambda k: cells[:, k].tobytes())])
    m = np.arange(run[-1, -1] + 1)
    top = gammaln(concentration + m) - gammaln(concentration)
    bottom = gammaln(levels * concentration + m) - gammaln(levels * concentration)
    stay = step * np.log1p(-np.asarray(hazards, dtype=float))
    go = np.log(-np.expm1(stay))
    F = forward(plain, top, bottom, stay, go)
    back = forward(plain[-1] - plain[::-1], top, bottom, stay, go)[:, ::-1]
    D = cells.shape[0]
    models, before, after = _weighed(hazards, constant, F[:, D], piece(plain, top, bottom, 0, D), stay * (D - 1))
    weight = models["weight"].to_numpy()
    daily = np.zeros(days)
    # Both messages hold the chance of the change between them: once is enough.
    daily[step::step] = weight[1:] @ np.exp(F[:, 1:D] + back[:, 1:D] - go[:, None] - F[:, D:])
    model = rng.permutation(np.searchsorted(np.cumsum(weight)[:-1], (np.arange(draws) + rng.random()) / draws))
    starts, some = np.zeros((draws, D), dtype=bool), np.flatnonzero(model)
    starts[some] = sample(plain, top, bottom, stay, go, F, model[some] - 1, rng.random((some.size, D)))
    draw, cell = np.nonzero(starts)
    shares = _shares(run[:, :levels], starts, concentration, prob, rng)
    mean, lower, upper = (np.repeat(part, step, axis=0)[:days] for part in shares)
    return MarkChanges(
        int(days), step, after, before, daily, int(draws), draw, cell * step, mean, lower, upper, models, float(prob)
    )


def _weighed(
    hazards: Sequence[float], constant: float, log_evidence: Floats, whole: float, quiet: Floats
) -> tuple[pd.DataFrame, float, float]:
    """Weigh "no change at all" and the hazards; find the prior and the posterior probability of no change.

    `whole` is the log evidence of one distribution, `quiet` the log prior probability of no change under each hazard.
    """
    prior = np.array([constant, *[(1.0 - constant) / len(hazards)] * len(hazards)])
    evidence, still = np.array([whole, *log_evidence]), np.array([0.0, *quiet])
    total = logsumexp(evidence, b=prior)
    before = float(1.0 + prior @ np.expm1(still))  # exactly 1 where no change is possible
    after = 1.0 if before == 1.0 else min(float(np.exp(logsumexp(whole + still, b=prior) - total)), 1.0)
    weight = prior * np.exp(evidence - total)
    frame = pd.DataFrame(
        {"hazard": [0.0, *hazards], "prior": prior, "log_evidence": evidence, "weight": weight / weight.sum()}
    )
    return frame, before, after


def _shares(run: Ints, starts: Starts, concentration: float, prob: float, rng: np.random.Generator) -> list[Floats]:
    """Mean and ends of P(level >= k) in each cell, shape (D, K) each, from the distribution of each segment drawn."""
    n, D = starts.shape
    opens = starts.copy()
    opens[:, 0] = True
    draw, first = np.nonzero(opens)
    length = np.diff(np.append(draw * D + first, n * D))
    at_least = draw_at_least((run[first + length] - run[first]).astype(np.float64) + concentration, rng)
    out = [np.ones((D, run.shape[1])) for _ in range(3)]
    # Between cells where no draw starts anything, nothing differs.
    some = np.flatnonzero(opens.any(axis=0))
    times = np.diff(np.append(some, D))
    beyond = min(int((1.0 - prob) / 2 * n + 1e-9), (n - 1) // 2)
    for k in range(1, run.shape[1]):
        table = np.repeat(at_least[:, k], length).reshape(n, D)[:, some]
        ordered = np.sort(np.ascontiguousarray(table.T), axis=1)
        ends = ordered[:, beyond], ordered[:, n - 1 - beyond]
        for whole, part in zip(out, (table.mean(axis=0), *ends), strict=True):
            whole[:, k] = np.repeat(part, times)
    return out


def _running(cells: Ints) -> Ints:
    """Incidents of each level, and their sum, before each cell."""
    run = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1), dtype=np.int64)
    np.cumsum(cells, axis=0, out=run[1:, :-1])
    run[:, -1] = run[:, :-1].sum(axis=1)
    return run


def _cells(day: ArrayLike, rung: ArrayLike, levels: int, days: int, bad: list[str]) -> tuple[Ints, int]:
    """Count the typed incidents of each cell and level, shape (D, K); the days in a cell."""
    sizes: dict[str, Any] = {"levels": levels, "days": days}
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            bad.append(f"{name} must be a whole number of at least 1, got {value!r}")
    when, what = np.asarray(day), np.asarray(rung)
    if when.ndim != 1 or when.shape != what.shape:
        bad.append(f"day and rung must have one value per incident, got shapes {when.shape} and {what.shape}")
    if bad:
        raise ValueError("; ".join(bad))
    bad = [*_outside("day", when, 0, days - 1), *_outside("rung", what, -1, levels - 1)]
    if bad:
        raise ValueError("; ".join(bad))
    step = -(-int(days) // CELLS)
    typed = what >= 0 if what.size else np.zeros(0, dtype=bool)
    D, K = -(-int(days) // step), int(levels)
    place = when[typed].astype(np.int64) // step * K + what[typed].astype(np.int64)
    return np.bincount(place, minlength=D * K).reshape(D, K), step


def _outside(name: str, values: NDArray[Any], low: int, high: int) -> list[str]:
    """Say which values are not whole numbers in a range."""
    need = f"{name} must be integers from {low} to {high}"
    if values.size and values.dtype.kind not in "iu":
        return [f"{need}, got values of type {values.dtype}"]
    outside = values[(values < low) | (values > high)]
    return [f"{need}; {outside.size} of {values.size} are not, such as {outside[0]}"] if outside.size else []


def _unusable(hazards: Sequence[float], constant: float, concentration: float, draws: int, prob: float) -> list[str]:
    """Problems with the arguments of the model."""
    bad = unusable(draws, concentration) + not_a_mass(prob)
    if not len(hazards) or not all(0.0 < h < 1.0 for h in hazards):
        bad.append(f"hazards must be one or more numbers between 0 and 1, got {hazards!r}")
    if not 0.0 <= constant <= 1.0:
        bad.append(f"constant must be from 0 to 1, got {constant!r}")
    return bad
