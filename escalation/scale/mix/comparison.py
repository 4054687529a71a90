"""Two periods: whether they have one distribution over the levels, and whether the later one is higher."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from escalation.scale.mix.shares import draw_at_least, not_a_mass, not_whole, unusable, upper_sums

__all__ = ["Comparison", "compare"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """What the levels of two periods say of each other, averaged over "one distribution" and "two".

    Parameters
    ----------
    superiority
        Posterior mean of P(later > earlier) + P(equal) / 2, for the level of one incident of each period; exact.
    lower, upper
        Its equal-tailed interval of mass `prob`. One distribution means .5, so that an end is often .5 itself.
    same
        Posterior probability that both periods have one distribution over the levels; exact.
    rises
        Posterior probability that they differ and the later one is stochastically larger: P(level >= k) is at least as
        large as before for every k.
    falls
        The same with the earlier one larger.
    crosses
        Posterior probability that they differ and neither is larger. ``same + rises + falls + crosses`` is 1.
    prior_rises
        Prior probability of `rises`, and of `falls`.
    bayes_factor
        Posterior odds of "they differ" over the prior odds, which are 1.
    prob
        Mass of the interval.
    draws
        Posterior draws behind the interval, `rises`, `falls` and `crosses`; the standard error of a probability p is
        at most ``(p * (1 - p) / draws) ** 0.5``.
    """

    superiority: float
    lower: float
    upper: float
    same: float
    rises: float
    falls: float
    crosses: float
    prior_rises: float
    bayes_factor: float
    prob: float
    draws: int


def compare(
    earlier: ArrayLike,
    later: ArrayLike,
    *,
    rng: np.random.Generator,
    prob: float = 0.9,
    draws: int = 20_000,
    concentration: float = 1.0,
) -> Comparison:
    """Compare the levels of the typed incidents of two periods.

    With prior probability 1/2 both periods share one distribution over the levels, otherwise each has its own; every
    distribution is Dirichlet(concentration, ..., concentration), so that the evidences are closed.

    With K levels, ``prior_rises`` is 1 / (2 K) for any concentration: the differences of the K shares are
    exchangeable and sum to 0, and of the K cyclic shifts of such numbers exactly one has all its partial sums above 0
    (the cycle lemma).

    Parameters
    ----------
    earlier, later
        Typed incidents of each level, from low to high, shape (K,), K at least 2. Either may be all 0.
    rng
        Generator.
    prob
        Mass of the interval.
    draws
        Posterior draws.
    concentration
        Of the Dirichlet distributions, at least .1; 1 is uniform over all distributions. Below .1 most draws hold
        shares so near to 0 or 1 that rounding decides which of two is larger.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the counts are not whole numbers of at least 0, of one shape (K,) with K at least 2, or an argument is out
        of range.

    References
    ----------
    Good I. J., Crook J. F. (1974). The Bayes/non-Bayes compromise and the multinomial distribution. *JASA* 69,
    711-720 (evidence of a contingency table under Dirichlet priors). Dvoretzky A., Motzkin T. (1947). A problem of
    arrangements. *Duke Mathematical Journal* 14, 305-313 (the cycle lemma).

    Examples
    --------
    >>> found = compare([14, 5, 0], [6, 4, 10], rng=np.random.default_rng(1))
    >>> round(found.superiority, 2), round(found.same, 3), round(found.prior_rises, 3)
    (0.75, 0.004, 0.167)
    """
    old, new = _two_periods(earlier, later, not_a_mass(prob) + unusable(draws, concentration))
    a, b = old.astype(np.float64) + concentration, new.astype(np.float64) + concentration
    log_factor = _log_evidence(old, concentration) + _log_evidence(new, concentration)
    log_factor -= _log_evidence(old + new, concentration)
    same = float(special.expit(-log_factor))
    before, after = draw_at_least(np.tile(a, (draws, 1)), rng), draw_at_least(np.tile(b, (draws, 1)), rng)
    tail = (1.0 - prob) / 2
    lower, upper = _mixed_quantiles(_superior(before, after), same, (tail, 1.0 - tail))
    rises, falls = _dominance(before, after)
    differ = float(special.expit(log_factor))
    mean = float(_superior(upper_sums(a) / a.sum(), upper_sums(b) / b.sum()))  # linear in each of two independents
    return Comparison(
        superiority=same * 0.5 + differ * mean, lower=lower, upper=upper,
        same=same, rises=differ * rises, falls=differ * falls, crosses=differ * max(1.0 - rises - falls, 0.0),
        prior_rises=0.5 / old.size, bayes_factor=math.exp(log_factor) if log_factor < 709 else math.inf,
        prob=float(prob), draws=int(draws),
    )  # fmt: skip


def _log_evidence(counts: Ints, concentration: float) -> float:
    """Log probability of typed incidents in a given order, under a Dirichlet-multinomial distribution."""
    K, n = counts.size, counts.sum()
    levels = special.gammaln(concentration + counts) - special.gammaln(concentration)
    return float(levels.sum() - special.gammaln(K * concentration + n) + special.gammaln(K * concentration))


def _superior(before: Floats, after: Floats) -> Floats:
    """P(later > earlier) + P(equal) / 2 from P(level >= k), along the last axis."""
    share = before - np.concatenate([before[..., 1:], np.zeros_like(before[..., :1])], axis=-1)
    above = np.concatenate([after[..., 1:], np.zeros_like(after[..., :1])], axis=-1)
    return np.asarray((share * (after + above) / 2).sum(axis=-1))


def _dominance(before: Floats, after: Floats) -> tuple[float, float]:
    """Shares of the draws in which the later distribution is stochastically larger, and smaller.

    Two draws are equal only by rounding, at a small concentration; such a draw counts half on either side.
    """
    up, down = (after >= before).all(axis=1), (after <= before).all(axis=1)
    both = (up & down).mean() / 2
    return float(up.mean() - both), float(down.mean() - both)


def _mixed_quantiles(values: Floats, same: float, at: tuple[float, float]) -> tuple[float, float]:
    """Quantiles of a mixture: .5 with probability `same`, otherwise one of the values."""
    ordered = np.sort(np.append(values, 0.5))
    weight = np.full(ordered.size, (1.0 - same) / values.size)
    weight[np.searchsorted(ordered, 0.5)] = same
    below = np.cumsum(weight)
    places = np.minimum(np.searchsorted(below, np.array(at) * below[-1]), ordered.size - 1)
    return float(ordered[places[0]]), float(ordered[places[1]])


def _two_periods(earlier: ArrayLike, later: ArrayLike, bad: list[str]) -> tuple[Ints, Ints]:
    """Take the counts of two periods, or say everything that is wrong."""
    bad = [*not_whole("earlier", earlier), *not_whole("later", later), *bad]
    old, new = np.asarray(earlier), np.asarray(later)
    if old.ndim != 1 or old.shape != new.shape or old.size < 2:
        bad.append(
            f"earlier and later must have one count for each of at least two levels, got {old.shape} and {new.shape}"
        )
    if bad:
        raise ValueError("; ".join(bad))
    return old.astype(np.int64), new.astype(np.int64)
