"""What could at best be known of a change or a pause when every reported total is exact.

Oracles know what an analyst does not: the rates, the clumping, that there is exactly one change. Their power is a
target and not a competitor. All take the increments between totals:

========== ============= ================================================================================
increments (m,) int      events between one total and the next
edges      (m + 1,) int  days elapsed at each total, from 0 to T; increment i is over days edges[i] to
                         edges[i + 1] - 1, counted from 0
========== ============= ================================================================================

Counts are Poisson, or NB1 with known phi: variance (1 + phi) times the mean, closed under summation over days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, gammaln, logsumexp, xlogy

from escalation.lattice.band import Problem
from escalation.lattice.posterior import infer
from escalation.lattice.prior import Prior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StepOracle:
    """Where the one change lies.

    `probability` (T,): that each day is the first of the new regime, zero for day 0. `median`, `lower`, `upper`: days,
    the last two of the equal-tailed interval.
    """

    probability: Floats
    median: int
    lower: int
    upper: int


@dataclass(frozen=True)
class JumpOracle:
    """Whether the rate jumped.

    `jump`, `constant`: probability of at least one jump; of neither a jump nor drift. `daily` (T,): that a new regime
    starts on each day, zero for day 0.
    """

    jump: float
    constant: float
    daily: Floats


@dataclass(frozen=True)
class PauseOracle:
    """Whether the events paused.

    `pause`: probability, prior 1/2. `log_odds`: its log odds, the log of the Bayes factor with that prior. `start`
    (T - length + 1,): probability of each first day, given a pause; NaN where the totals exclude one.
    """

    pause: float
    log_odds: float
    start: Floats


def step_oracle(
    increments: ArrayLike,
    edges: ArrayLike,
    T: int,
    rates: tuple[float, float],
    phi: float = 0.0,
    prob: float = 0.9,
) -> StepOracle:
    """Locate the one change between two known rates; its day is uniform over 1 to T - 1 beforehand.

    Parameters
    ----------
    increments, edges : array_like of int
        See the top of this file.
    T : int
        Days in the window, at least 2.
    rates : tuple of float
        Events per day before and after the change, above 0.
    phi : float
        Clumping: a day's variance is (1 + phi) times its rate.
    prob : float
        Mass of the interval.

    Returns
    -------
    StepOracle

    Raises
    ------
    ValueError
        If an argument is out of range or totals and days do not match; all problems are listed.

    Examples
    --------
    >>> found = step_oracle([2, 1, 9, 11], [0, 5, 10, 15, 20], 20, rates=(0.3, 2.0))
    >>> found.median, found.lower, found.upper
    (11, 9, 13)
    """
    bad = _checked(phi, rates)
    if not 0.0 < prob < 1.0:
        bad.append(f"prob is {prob}; a mass between 0 and 1 is needed")
    if len(rates) != 2:
        bad.append(f"rates are {rates}; the one before and the one after are needed")
    n, e = _totals(increments, edges, T, 2, bad)
    first = np.arange(1, T)[:, None]
    before = np.clip(first - e[:-1], 0, np.diff(e))
    mean = before * rates[0] + (np.diff(e) - before) * rates[1]
    log_p = _log_pmf(n, mean, phi).sum(axis=1)
    mass = np.concatenate([[0.0], np.exp(log_p - logsumexp(log_p))])
    below = np.cumsum(mass) / mass.sum()
    lower, median, upper = (int(np.searchsorted(below, q)) for q in ((1 - prob) / 2, 0.5, (1 + prob) / 2))
    return StepOracle(mass, median, lower, upper)


def jump_oracle(
    increments: ArrayLike,
    edges: ArrayLike,
    T: int,
    phi: float | None = 0.0,
    prior: Prior | None = None,
    models: str = "jumps",
) -> JumpOracle:
    """Weigh jumps against the rest of the prior when it is known that every total is exact.

    The prior is the one of the reconstruction, with `phi` alone in its average unless that is None. With ``"jumps"``
    it is without its families that drift: 5/8 on a constant rate and 3/8 on jumps by default, of which some have none
    in T days. The recursions of `escalation.lattice` do the sum, on evidence that admits the stated totals only. Errors
    are those of `step_oracle`.

    Parameters
    ----------
    increments, edges, T
        As in `step_oracle`.
    phi : float or None
        The clumping; None averages over that of the prior.
    prior : Prior, optional
        In place of the default.
    models : str
        ``"jumps"``, or ``"full"`` with drift.

    Returns
    -------
    JumpOracle

    Examples
    --------
    >>> found = jump_oracle([5, 4, 6, 30, 27], [0, 10, 20, 30, 40, 50], 50)
    >>> round(found.jump, 2)
    1.0
    """
    n, e = _totals(increments, edges, T, 2, _checked(phi or 0.0, ()))
    total = np.concatenate([[0], np.cumsum(n)])
    log_evidence = np.zeros((T + 1, int(total[-1]) + 1))
    log_evidence[e] = -np.inf
    log_evidence[e, total] = 0.0
    known = prior or Prior()
    known = known if phi is None else replace(known, phi=(phi,))
    # One thread: a study runs series side by side. At least one event, since the grid's step is one over the root.
    found = infer([Problem(log_evidence)], known, which=models, mapper=map, events=max(float(total[-1]), 1.0))
    return JumpOracle(1.0 - found.marginals.no_change, found.marginals.constant, found.marginals.change)


def pause_oracle(
    increments: ArrayLike,
    edges: ArrayLike,
    T: int,
    rate: float,
    length: int = 10,
    during: float = 0.0,
    phi: float = 0.0,
) -> PauseOracle:
    """Weigh one pause of known length, which starts on any day alike, against none; the rates are known.

    Errors are those of `step_oracle`.

    Parameters
    ----------
    increments, edges, T, phi
        As in `step_oracle`; T may be 1.
    rate : float
        Events per day outside the pause, above 0.
    length : int
        Days of the pause, 1 to T; all of them lie in the window.
    during : float
        Events per day in the pause, at least 0.

    Returns
    -------
    PauseOracle

    Examples
    --------
    >>> found = pause_oracle([9, 8, 0, 7], [0, 6, 12, 22, 28], 28, rate=1.5)
    >>> round(found.pause, 3), int(found.start.argmax())
    (1.0, 12)
    """
    bad = _checked(phi, (rate,))
    if not 0.0 <= during < np.inf:
        bad.append(f"during is {during}; events per day, at least 0, are needed")
    if not 1 <= length <= T:
        bad.append(f"length is {length}; days from 1 to T = {T} are needed")
    n, e = _totals(increments, edges, T, 1, bad)
    start = np.arange(T - length + 1)[:, None]
    paused = np.clip(np.minimum(e[1:], start + length) - np.maximum(e[:-1], start), 0, None)
    by_start = _log_pmf(n, (np.diff(e) - paused) * rate + paused * during, phi).sum(axis=1)
    none = float(_log_pmf(n, np.diff(e) * rate, phi).sum())
    some = float(logsumexp(by_start))
    log_odds = some - float(np.log(start.size)) - none
    share = np.exp(by_start - some) if np.isfinite(some) else np.full(start.size, np.nan)
    return PauseOracle(float(expit(log_odds)), log_odds, share)


def _log_pmf(n: Ints, mean: Floats, phi: float) -> Floats:
    """Log probability of n events where `mean` are expected: Poisson, or NB1 of size mean / phi."""
    if phi == 0.0:
        return np.asarray(xlogy(n, mean) - mean - gammaln(n + 1.0))
    size = np.where(mean > 0.0, mean, 1.0) / phi
    log_p = gammaln(n + size) - gammaln(size) - gammaln(n + 1.0) - size * np.log1p(phi) + n * np.log(phi / (1 + phi))
    return np.asarray(np.where(mean > 0.0, log_p, np.where(n == 0, 0.0, -np.inf)))


def _checked(phi: float, rates: Sequence[float]) -> list[str]:
    """Problems with the clumping and with rates outside a pause."""
    bad = [f"a rate is {r}; events per day above 0 are needed" for r in rates if not 0.0 < r < np.inf]
    if not 0.0 <= phi < np.inf:
        bad.append(f"phi is {phi}; a finite number of at least 0 is needed")
    return bad


def _totals(increments: ArrayLike, edges: ArrayLike, T: int, least: int, bad: list[str]) -> tuple[Ints, Ints]:
    """Increments and edges as arrays, or one ValueError for all problems found here and before."""
    n, e = np.asarray(increments), np.asarray(edges)
    if least > T:
        bad.append(f"T is {T}; at least {least} days are needed")
    if n.ndim != 1 or e.shape != (n.size + 1,) or not n.size:
        bad.append(
            f"increments and edges have shapes {n.shape} and {e.shape}; (m,) and (m + 1,), m at least 1, are needed"
        )
    if not (np.issubdtype(n.dtype, np.integer) and np.issubdtype(e.dtype, np.integer)):
        bad.append(f"increments and edges have dtypes {n.dtype} and {e.dtype}; whole numbers are needed")
    if n.size and n.min() < 0:
        bad.append(f"the smallest increment is {n.min()}; at least 0 is needed")
    if e.ndim == 1 and e.size and (e[0] != 0 or e[-1] != T or (np.diff(e) <= 0).any()):
        bad.append(f"edges are {e.tolist()}; they must increase from 0 to T = {T}")
    if bad:
        raise ValueError("; ".join(bad))
    return n.astype(np.int64), e.astype(np.int64)
