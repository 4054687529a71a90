"""The methods that are compared: counts in, first days of new regimes out.

Every penalty is the BIC of a new rate and a new day, 2 log n on the scale of twice the negative log-likelihood, where
the method accepts one. Methods without a Poisson cost get Anscombe's transform, whose variance is close to 1, so that
their squared error is on the same scale. Packages are loaded in the calls: a missing one takes no other down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OURS = "escalation segment"
#: Least probability of a change that is taken from Rbeast. Its most probable number of changes, the other reading, is
#: 1 or more in most series of constant rate and 1,000 days, since its prior on that number is flat.
RBEAST_PROB = 0.5
#: Mass of the interval of the log ratio that must exclude 0 for PyMC's two rates to count as a change.
TWO_RATES_PROB = 0.94


@dataclass(frozen=True)
class Method:
    """One method.

    Parameters
    ----------
    name, package : str
        How it is called here, and the distribution that it comes from.
    settings : str
        What is passed, in words for the table.
    call : callable
        Takes counts of shape (n,), returns increasing first days of new regimes.
    poisson : bool
        Whether the counts themselves are modelled, rather than a transform.
    largest : int, optional
        Longest series on which it is run; `why_not` says why no longer ones.
    """

    name: str
    package: str
    settings: str
    call: Callable[[Ints], Any]
    poisson: bool
    largest: int | None = None
    why_not: str = ""


def anscombe(counts: Ints) -> Floats:
    """Return 2 sqrt(y + 3/8), which makes the variance of Poisson counts close to 1.

    References
    ----------
    Anscombe F.J. (1948). The transformation of Poisson, binomial and negative-binomial data. *Biometrika* 35, 246-254.

    Examples
    --------
    >>> anscombe(np.array([0, 10])).round(3).tolist()
    [1.225, 6.442]
    """
    return np.asarray(2.0 * np.sqrt(counts + 0.375))


def bic(counts: Ints) -> float:
    """Return the penalty of one change: 2 log n."""
    return 2.0 * float(np.log(counts.size))


def _segment(counts: Ints) -> Any:
    from escalation.changes.segment.segment import segment

    return segment(counts, family="poisson", penalty="bic").changepoints


def _find_changes(counts: Ints) -> Any:
    from escalation.changes.find import find_changes

    return find_changes(counts, rng=np.random.default_rng(1)).summary()["date"].to_numpy()


def _skchange_pelt(counts: Ints) -> Any:
    from skchange.detectors import PELT
    from skchange.interval_scorers import PoissonCost

    return PELT(PoissonCost(), penalty=bic(counts), min_segment_length=1).fit_predict(counts[:, None])


def _skchange_fpop(counts: Ints) -> Any:
    from skchange.detectors import FPOP

    return FPOP(penalty=bic(counts)).fit_predict(anscombe(counts)[:, None])


def _ruptures_pelt(counts: Ints) -> Any:
    import ruptures

    return ruptures.Pelt(model="l2").fit(anscombe(counts)).predict(pen=bic(counts))[:-1]


def _ruptures_kernel(counts: Ints) -> Any:
    import ruptures

    return ruptures.KernelCPD(kernel="linear", min_size=1).fit(anscombe(counts)).predict(pen=bic(counts))[:-1]


def _fastcpd_mean(counts: Ints) -> Any:
    import fastcpd

    known = {"variance_estimation": np.eye(1), "cp_only": True}
    return fastcpd.detect_mean(anscombe(counts), beta="BIC", cost_adjustment="BIC", **known).cp_set


def _fastcpd_poisson(counts: Ints) -> Any:
    import fastcpd

    design = np.column_stack([counts, np.ones(counts.size)])
    return fastcpd.detect_poisson(design, beta="BIC", cost_adjustment="BIC", cp_only=True).cp_set


def _rbeast(counts: Ints) -> Any:
    import Rbeast

    most = max(10, counts.size // 1000)
    trend = Rbeast.beast(
        anscombe(counts), season="none", torder_minmax=[0, 0], tcp_minmax=[0, most], mcmc_seed=1, quiet=True
    ).trend
    days, chance = np.ravel(trend.cp), np.ravel(trend.cpPr)  # NaN beyond those that it lists
    return np.unique(days[chance >= RBEAST_PROB].astype(np.int64)) - 1  # its days count from 1


def _pymc_two_rates(counts: Ints) -> Any:
    import pymc

    logging.getLogger("pymc").setLevel(logging.ERROR)
    with pymc.Model():
        start = pymc.DiscreteUniform("start", lower=1, upper=counts.size - 1)
        before, after = (pymc.Exponential(name, 1.0) for name in ("before", "after"))
        pymc.Poisson("y", pymc.math.switch(np.arange(counts.size) < start, before, after), observed=counts)
        draws = pymc.sample(cores=1, progressbar=False, random_seed=1, compute_convergence_checks=False).posterior
    tail = (1.0 - TWO_RATES_PROB) / 2
    low, high = np.quantile(np.log(draws["after"].to_numpy() / draws["before"].to_numpy()), [tail, 1 - tail])
    return [] if low <= 0.0 <= high else [int(np.median(draws["start"].to_numpy()))]


_EXACT = "2*sqrt(y+3/8), penalty 2 log n"
METHODS: tuple[Method, ...] = (
    Method(OURS, "escalation", 'family "poisson", penalty "bic" (2 log n)', _segment, True),
    Method("escalation find_changes", "escalation", "defaults; changes of .summary()", _find_changes, True),
    Method("skchange PELT", "skchange", "PoissonCost, penalty 2 log n, regimes from 1 day", _skchange_pelt, True),
    Method("skchange FPOP", "skchange", _EXACT, _skchange_fpop, False),
    Method(
        "ruptures Pelt", "ruptures", f"l2, {_EXACT}, defaults: every fifth day, regimes from 2 days",
        _ruptures_pelt, False,
    ),
    Method(
        "ruptures KernelCPD", "ruptures", f"linear kernel, {_EXACT}, regimes from 1 day", _ruptures_kernel, False
    ),
    Method(
        "fastcpd mean", "fastcpd", "2*sqrt(y+3/8), variance 1, BIC without adjustment (2 log n)", _fastcpd_mean, False
    ),
    Method(
        "fastcpd Poisson", "fastcpd",
        "regression on a constant, BIC without adjustment (2 log n), default: sequential gradient descent",
        _fastcpd_poisson, True,
    ),
    Method(
        "Rbeast", "Rbeast",
        "2*sqrt(y+3/8), no season, constant trend, at most max(10, n/1000) changes; those of probability 1/2 and more",
        _rbeast, False,
    ),
    Method(
        "PyMC two rates", "pymc",
        f"one change, rates Exponential(1), 4 chains of 1,000 draws; a change if the {TWO_RATES_PROB:.0%} interval of "
        "the log ratio excludes 0",
        _pymc_two_rates, True, 1000, "model of one change, run on 1,000 days only",
    ),
)  # fmt: skip
BY_NAME = {method.name: method for method in METHODS}
