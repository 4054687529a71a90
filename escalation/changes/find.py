"""`find_changes`: when and by how much the rate behind observed daily counts changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from escalation.changes.counts import Counts, as_counts
from escalation.changes.draws import Draws
from escalation.changes.result import Changes
from escalation.lattice.observed import Observed, infer_observed
from escalation.lattice.prior import Prior

#: Seed where none is given, so that a result does not change between two runs.
SEED = 20231017
#: A hazard enters the default prior if the series is long enough for this many of its regimes.
REGIMES = 3
#: Highest rate of the default prior; a reconstruction from totals ends at 100.
HIGHEST = 1e4


def find_changes(
    counts: ArrayLike | pd.Series[Any],
    *,
    exposure: ArrayLike | pd.Series[Any] | None = None,
    prior: Prior | None = None,
    models: str = "full",
    prob: float = 0.9,
    draws: int = 2000,
    rng: Any = None,
) -> Changes:
    """Find the changes of the rate behind observed counts.

    The posterior is exact: because a new regime's rate does not depend on the old one, a recursion over the days sums
    over all places of all changes. It is averaged over constant, drifting and jumping rates, Poisson and overdispersed
    counts, as in `reconstruct`; half of the prior is on a constant rate. The sum over rates is on cells that are as
    fine as the counts need; above 2,000 days models far from the best, whose weight is nil, have an interpolated one;
    marginals and draws come from models that stand for all in proportion to weight.

    Parameters
    ----------
    counts
        Incidents per day (or week, or year), in order of time, shape (T,); NaN where the day was not observed, which is
        not 0. The index of a Series is kept.
    exposure
        Time or population observed on each day, shape (T,); the rate is per unit of it. None is 1 a day.
    prior
        In place of the default, `default_prior`. Its rates and hazards are per step of the series.
    models
        ``"full"``; ``"jumps"``, without drift; ``"fast"``, as full with fewer models behind marginals and draws, with
        the weight of models that both jump and drift interpolated where it is small, and with wider cells at rates of
        which little can be seen. Above 10,000 days no rate drifts.
    prob
        Mass of the intervals.
    draws
        Number of posterior draws behind dates, numbers of changes and ratios.
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.

    Returns
    -------
    Changes
        With `models`, every model and its weight, and `rate`, the rate of each day.

    Raises
    ------
    ValueError
        If the counts are none (see `counts.as_counts`), an argument is out of range, or the rates that the counts
        speak for lie outside the prior's grid.

    References
    ----------
    Chib S. (1998). Estimation and comparison of multiple change-point models. *Journal of Econometrics* 86, 221-241.
    Fearnhead P., Liu Z. (2007). On-line inference for multiple changepoint problems. *JRSS B* 69, 589-605.

    Examples
    --------
    >>> counts = [0, 1, 0, 2, 1, 0, 1, 0, 1, 1, 0, 0, 6, 4, 5, 7, 3, 5, 6, 4, None, 8]
    >>> changes = find_changes(counts, models="jumps")
    >>> changes.verdict
    'evidence of change'
    >>> changes.summary()[["date", "lower", "upper"]].to_numpy().tolist()
    [[12, 12, 12]]
    """
    if prior is not None and not isinstance(prior, Prior):
        raise TypeError(f"prior must be a Prior, got {type(prior).__name__}")
    series = _series(counts, exposure, _unusable(models, prob, draws))
    known = prior or default_prior(series.days)
    _check_reach(series, known)
    tail = (1.0 - prob) / 2
    found = infer_observed(
        series.values, series.exposure, known, which=models, levels=(tail, 0.5, 1 - tail), draws=int(draws),
        rng=np.random.default_rng(SEED if rng is None else rng),
    )  # fmt: skip
    return _changes(series, found, known, prob)


def default_prior(days: int) -> Prior:
    """Take the default prior, with longer regimes where the series is long enough to hold several.

    The shortest mean regimes are those of `Prior`: 30, 60 and 120 days. 240, 480, … days are added while `days` hold
    `REGIMES` of them: with short regimes alone, a series of 10,000 days with three changes is given twenty. Rates go
    from one incident in four times the length up to `HIGHEST`. This looks at the length of the series and not at its
    counts.

    Examples
    --------
    >>> [round(1 / h) for h in default_prior(2_000).hazard]
    [30, 60, 120, 240, 480]
    """
    prior = Prior()
    lowest, _, step = prior.grid
    longer, mean = [], 2 / min(prior.hazard)
    while REGIMES * mean <= days:
        longer.append(1 / mean)
        mean *= 2
    return replace(prior, hazard=(*prior.hazard, *longer), grid=(min(lowest, 1 / (4 * days)), HIGHEST, step))


def _series(counts: Any, exposure: Any, bad: list[str]) -> Counts:
    """Check counts and exposure, and report their problems together with those of the other arguments."""
    try:
        series = as_counts(counts, exposure)
    except ValueError as error:
        raise ValueError("; ".join([str(error), *bad])) from None
    if bad:
        raise ValueError("; ".join(bad))
    return series


def _unusable(models: Any, prob: Any, draws: Any) -> list[str]:
    """Problems with the arguments."""
    bad = []
    if models not in ("full", "jumps", "fast"):
        bad.append(f"models must be 'full', 'jumps' or 'fast', got {models!r}")
    if not isinstance(prob, (int, float, np.number)) or not 0.0 < prob < 1.0:
        bad.append(f"prob must be a number between 0 and 1, got {prob!r}")
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 100:
        bad.append(f"draws must be a whole number of at least 100, got {draws!r}")
    return bad


def _check_reach(series: Counts, prior: Prior) -> None:
    """Refuse counts whose rates the prior's grid does not hold."""
    seen = series.exposure > 0
    mean = series.total / float(series.exposure.sum())
    top = float((series.values[seen] / series.exposure[seen]).max())
    lowest, highest, _ = prior.grid
    least = (series.total + 4.0 * np.sqrt(series.total + 1.0)) / float(series.exposure.sum())
    if mean > highest or top > 10 * highest or 0 < least < lowest:
        raise ValueError(
            f"counts: the mean is {mean:.3g} per unit of exposure and the largest day has {top:.3g}, but the prior's "
            f"rates go from {lowest:g} to {highest:g}; give exposure= in another unit, or "
            "prior=Prior(grid=(lowest, highest, step), centre=(...))"
        )


def _changes(series: Counts, found: Observed, prior: Prior, prob: float) -> Changes:
    """Put the posterior into a result."""
    paths, tail = found.paths, pd.DataFrame(found.quantiles, columns=["lower", "median", "upper"], index=series.index)
    rate = tail.assign(mean=found.mean)[["mean", "median", "lower", "upper"]]
    still = sum(m.weight * (1.0 - m.hazard) ** (series.days - 1) for m in found.models if m.sigma == 0.0)
    models = pd.DataFrame(
        {
            **{name: [getattr(m, name) for m in found.models] for name in ("family", "hazard", "phi", "sigma")},
            **{name: [getattr(m, name) for m in found.models] for name in ("centre", "spread")},
            "prior": [m.weight for m in found.models],
            "log_evidence": found.log_evidence,
            "weight": found.weights,
        }
    )
    draws = Draws(series.days, paths.offsets, paths.first, paths.rate, paths.daily, paths.row)
    return Changes(
        series.index, draws, rate, found.change, found.no_change, found.constant, found.no_change - found.constant,
        float(still), prob, models, prior, found, series,
    )  # fmt: skip
