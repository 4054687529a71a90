"""Is one rate enough, or does one change fit better than chance allows? Likelihood-ratio scan with a bootstrap."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from escalation.changes.counts import Counts, as_counts
from escalation.changes.scan.figure import day_label, draw_profile
from escalation.changes.scan.kernel import split_profile
from escalation.changes.scan.null import null_statistics, scan_each, shares_of
from escalation.charts import new_axes

Family = Literal["poisson", "nb1"]

#: Seed of the bootstrap if no `rng` is given.
SEED = 20231017
#: Level of the test that `Scan.sentence` and the line in `Scan.plot` refer to.
SIZE = 0.05
#: Fewest replicates with which a p-value can be as small as `SIZE`.
LEAST_REPLICATES = 19
#: Statistics that differ by less, relatively, are ties: sums in another order differ in the last digits.
TIE = 1e-9


@dataclass(frozen=True)
class Scan:
    """The best single change of rate, and how often a constant rate gives one as good.

    Parameters
    ----------
    statistic
        Largest likelihood-ratio statistic over all splits; divided by 1 + `phi` for ``"nb1"``.
    p_value, p_error
        Bootstrap p-value ``(1 + replicates with a statistic at least as large) / (1 + replicates)``, and its
        Monte-Carlo standard error.
    date, last_before
        First observed day of the new regime at the maximum, and last observed day of the old one. If days between
        them were not observed, the change may lie on any of those.
    rate_before, rate_after, ratio
        Maximum-likelihood rates per unit of exposure on both sides, and after over before; infinite if nothing
        happened before. They are those of the best split, and so further apart on average than the true ones.
    family
        ``"poisson"`` or ``"nb1"``.
    phi
        Estimated overdispersion: variance = (1 + phi) mean. 0 for ``"poisson"``, where it is not estimated.
    critical
        Statistic that a constant rate exceeds in 5 % of series, from the same replicates.
    replicates
        Number of bootstrap series.
    profile
        The statistic by first observed day of the new regime.
    """

    statistic: float
    p_value: float
    p_error: float
    date: Any
    last_before: Any
    rate_before: float
    rate_after: float
    ratio: float
    family: str
    phi: float
    critical: float
    replicates: int
    profile: pd.Series[float] = field(repr=False)

    def summary(self) -> pd.DataFrame:
        """Return one row: the change, its test, and what the test assumed."""
        names = (
            "date", "last_before", "rate_before", "rate_after", "ratio",
            "statistic", "critical", "p_value", "p_error", "family", "phi", "replicates",
        )  # fmt: skip
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def sentence(self) -> str:
        """One sentence that says what was found, with the numbers it rests on."""
        verdict = "is rejected" if self.p_value <= SIZE else "is not rejected"
        model = f"NB1 with phi {self.phi:.2g}" if self.family == "nb1" else "Poisson"
        return (
            f"A constant rate {verdict} at {100 * SIZE:g} % (p = {self.p_value:.2g}, Monte-Carlo error "
            f"{self.p_error:.1g}, {self.replicates} replicates, {model}); "
            f"the best single change starts at {day_label(self.date)} (statistic {self.statistic:.2f}): "
            f"rate {self.rate_before:.3g} before, {self.rate_after:.3g} after, ratio {self.ratio:.3g}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the profile of the statistic with the bootstrap 95 % critical value of its maximum as a line.

        Parameters
        ----------
        ax
            Axes with room above for a title and at the right for a label; None makes a figure of its own.
        """
        where = ax if ax is not None else new_axes()
        return draw_profile(where, self.profile, self.critical, self.date, self.sentence())

    def __repr__(self) -> str:
        return f"Scan({len(self.profile) + 1} observed days; {self.sentence()})"

    def _repr_html_(self) -> str:
        table = self.summary().to_html(index=False, float_format=lambda x: f"{x:.3g}", escape=True)
        return f"<p>{html.escape(self.sentence())}</p>{table}"


def scan(
    counts: ArrayLike | pd.Series[Any],
    *,
    exposure: ArrayLike | pd.Series[Any] | None = None,
    family: Family = "poisson",
    replicates: int = 1999,
    rng: np.random.Generator | int | None = None,
) -> Scan:
    """Scan a series of counts for one change of rate, and test it against a constant rate.

    The statistic is the maximum over all splits of twice the gain in log-likelihood of two rates over one [1]_.
    Its distribution under a constant rate is simulated given the total: the total is sufficient for the rate, so that
    for ``"poisson"`` the replicates are multinomial over the exposure and the test is exact, up to the discreteness
    of p. For ``"nb1"`` (variance = (1 + phi) mean) the statistic is the quasi-likelihood ratio: that of the Poisson
    divided by 1 + phi. phi is Pearson's chi-squared of the residuals from one rate, over its degrees of freedom,
    minus 1, at least 0; the replicates are NB1 with this phi given the total (Dirichlet-multinomial), and phi is
    estimated anew in each of them. It is estimated as if the rate were constant, so that a change raises it: this
    keeps the size and costs power.

    Parameters
    ----------
    counts
        Incidents per day, in order of time, shape (T,); NaN where the day was not observed. See `as_counts`.
    exposure
        Time or population under observation on each day, shape (T,); None is 1 on every day.
    family
        ``"poisson"``, or ``"nb1"`` for counts that vary more than Poisson. Clumped counts tested as ``"poisson"``
        give changes where there are none.
    replicates
        Number of bootstrap series, at least 19. Their cost grows with replicates × observed days, with no limit and
        no silent cut: 1,999 replicates of a year take a fraction of a second, of a million days minutes. Ask for
        fewer (say 199) on long series.
    rng
        Generator, or seed as `numpy.random.default_rng` takes it; None uses a fixed seed.

    Returns
    -------
    Scan
        The best split, its p-value and the profile over all splits.

    Raises
    ------
    ValueError
        If fewer than 2 days were observed, nothing happened, or an argument does not fit; all problems are listed.

    Notes
    -----
    One change is looked for. With several, the test still rejects a constant rate, but the date is that of the best
    single split. The p-value is for the maximum over all splits: no further correction is needed.

    References
    ----------
    .. [1] K. J. Worsley (1986), "Confidence regions and tests for a change-point in a sequence of exponential family
       random variables", Biometrika 73, 91–104.

    Examples
    --------
    >>> found = scan([0, 1, 0, 2, 1, 0, 4, 6, 3, 5], replicates=199)
    >>> found.date, round(found.statistic, 2), found.p_value < 0.05
    (6, 16.21, True)
    """
    checked = _checked(counts, exposure, family, replicates)
    days = np.flatnonzero(checked.seen)
    values, weight = checked.values[days], checked.exposure[days]
    shares = shares_of(weight)
    profile = split_profile(values, *shares[1:])
    phi = scan_each(values[np.newaxis], shares)[1][0] if family == "nb1" else 0.0
    profile /= 1.0 + phi
    null = null_statistics(
        values.sum(), shares, phi, family, replicates, np.random.default_rng(SEED if rng is None else rng)
    )
    best = int(profile.argmax())
    statistic = float(profile[best])
    p = float(1 + np.count_nonzero(null >= statistic - TIE * max(statistic, 1.0))) / (1 + replicates)
    before, after = (float(values[s].sum() / weight[s].sum()) for s in (slice(best + 1), slice(best + 1, None)))
    return Scan(
        statistic, p, float(np.sqrt(p * (1.0 - p) / replicates)),
        _plain(checked.index[days[best + 1]]), _plain(checked.index[days[best]]),
        before, after, after / before if before > 0.0 else float("inf"),
        family, float(phi), float(np.sort(null)[int(np.ceil((1.0 - SIZE) * (1 + replicates))) - 1]), int(replicates),
        pd.Series(profile, index=checked.index[days[1:]], name="statistic"),
    )  # fmt: skip


def _checked(counts: Any, exposure: Any, family: str, replicates: Any) -> Counts:
    """Check counts and options, and raise one error with all that does not fit."""
    bad = _options(family, replicates)
    try:
        found = as_counts(counts, exposure)
    except ValueError as error:
        raise ValueError("; ".join([str(error), *bad])) from None
    if found.seen.sum() < 2:
        bad.append(f"counts: {found.seen.sum()} of {found.days} days was observed; at least 2 are needed")
    if found.total < 1:
        bad.append("counts: no incident on any observed day; at least 1 is needed")
    if bad:
        raise ValueError("; ".join(bad))
    return found


def _options(family: str, replicates: Any) -> list[str]:
    """Problems with the options."""
    bad = []
    if family not in ("poisson", "nb1"):
        bad.append(f"family: {family!r} is not one of 'poisson', 'nb1'")
    whole = isinstance(replicates, (int, np.integer)) and not isinstance(replicates, bool)
    if not whole or replicates < LEAST_REPLICATES:
        bad.append(f"replicates: {replicates!r} is not a whole number of {LEAST_REPLICATES} or more")
    return bad


def _plain(label: Any) -> Any:
    """Return a label as Python writes it: 6, not np.int64(6)."""
    return label.item() if isinstance(label, np.generic) else label
