"""What share of all incidents reached a level when most levels are unknown: bounds first, assumptions by name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from escalation.scale.mix.shares import share_interval

__all__ = ["ASSUMPTIONS", "WHOLE", "Bounds", "share_bounds"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What the bounds assume about incidents of unknown level, from nothing to most; the order of `Bounds.lower`.
ASSUMPTIONS = ("no assumption", "missing no worse than reported", "monotone selection", "missing at random")

#: Label of the whole case beside its periods.
WHOLE = "all"


@dataclass(frozen=True, repr=False)
class Bounds:
    """Shares of incidents at or above each level, by period, level and assumption.

    P periods and, behind them, the whole; L levels above the lowest; A assumptions as in `ASSUMPTIONS`.

    Parameters
    ----------
    periods, levels
        Labels, P + 1 and L; the last period is `WHOLE`.
    prob
        Mass of the intervals over the draws and of the binomial interval.
    ratio
        Monotone selection: how many times as often as the lowest level the highest is reported, at most.
    described, typed
        Incidents described, and those of known level among them, shape (P + 1,).
    at_least
        Typed incidents at or above each level, shape (P + 1, L).
    total
        Median of the reconstructed number of incidents, shape (P + 1,).
    unknown, unknown_lower, unknown_upper
        Incidents of unknown level, described or not: median and ends over the draws, shape (P + 1,).
    excess, excess_by
        Share of the draws in which more incidents are described than reconstructed (for the whole: in some period), and
        by how many at the median, shape (P + 1,).
    lower, upper
        Ends with the uncertainty of the total, shape (P + 1, L, A).
    lower_mid, upper_mid
        Ends at the median total, same shape.
    estimate
        The sample share under missing at random, NaN elsewhere, same shape.
    """

    periods: tuple[Hashable, ...]
    levels: tuple[Hashable, ...]
    prob: float
    ratio: float
    described: Ints
    typed: Ints
    at_least: Ints
    total: Ints
    unknown: Ints
    unknown_lower: Ints
    unknown_upper: Ints
    excess: Floats
    excess_by: Ints
    lower: Floats
    upper: Floats
    lower_mid: Floats
    upper_mid: Floats
    estimate: Floats

    def __repr__(self) -> str:
        return f"Bounds({len(self.periods) - 1} periods; levels {', '.join(map(str, self.levels))}; see .frame())"

    def _repr_html_(self) -> str:
        return self.frame().to_html(index=False, float_format=lambda x: f"{x:.3g}", na_rep="", escape=True)

    def frame(self) -> pd.DataFrame:
        """Return one row per period, level and assumption; ``level`` is the lowest level that counts.

        ``kind`` tells sets without sampling error ("identified set") from the interval of a probability ("interval").
        """
        P, L, A = self.lower.shape
        ends = ("lower", "upper", "lower_mid", "upper_mid", "estimate")
        counts = ("described", "unknown", "unknown_lower", "unknown_upper", "total", "excess", "excess_by")
        ratio = [self.ratio if name == "monotone selection" else np.nan for name in ASSUMPTIONS]
        columns = {
            "period": [period for period in self.periods for _ in range(L * A)],
            "level": [level for level in self.levels for _ in range(A)] * P,
            "assumption": list(ASSUMPTIONS) * (P * L),
            "kind": ["interval" if name == "missing at random" else "identified set" for name in ASSUMPTIONS] * (P * L),
            **{name: getattr(self, name).ravel() for name in ends},
            "typed": np.repeat(self.typed, L * A),
            "at_least": np.repeat(self.at_least.ravel(), A),
            **{name: np.repeat(getattr(self, name), L * A) for name in counts},
            "ratio": np.tile(ratio, P * L),
        }
        return pd.DataFrame(columns)


def share_bounds(
    counts: ArrayLike,
    described: ArrayLike,
    total: ArrayLike | None = None,
    *,
    levels: Sequence[Hashable] | None = None,
    periods: Sequence[Hashable] | None = None,
    prob: float = 0.9,
    ratio: float = 3.0,
) -> Bounds:
    """Bound the share of all incidents of each period at or above each level.

    Parameters
    ----------
    counts
        Typed incidents by period and level from low to high, shape (P, K).
    described
        Described incidents, those of unknown level included, shape (P,).
    total
        Reconstructed number of incidents: posterior draws, shape (n, P), or one number each, shape (P,). Default: there
        are no others than those described.
    levels, periods
        Labels, K and P. Default: 0, 1, …
    prob
        Mass of the intervals.
    ratio
        Monotone selection: how many times as often as the lowest level the highest is reported, at most; may be inf.

    Returns
    -------
    Bounds
        For each period and for the whole. The lowest level is left out: every incident is at least there.

    Raises
    ------
    ValueError
        If shapes differ, a number is not whole or negative, more incidents are typed than described, labels repeat or
        one is "all", or `prob` or `ratio` is out of range. All problems at once.

    Notes
    -----
    In one draw N of the total, unknown = max(0, N - described) + described - typed, so that typed + unknown = S =
    max(N, described). Let m of the typed incidents be at or above the level.

    *No assumption*: from m/S to (m + unknown)/S, attained if none or all of the unknown are (Manski 1989, Journal of
    Human Resources 24:343–360; Horowitz and Manski 1995, Econometrica 63:281–302). [0, 1] if nothing is typed. How the
    ends take in the draws stands in `_quantiles`.

    The rest is assumed, by name, and NaN if nothing is typed. The first two are sets for the incidents of the period,
    without sampling error: one typed incident may make them a point.

    * *Missing no worse than reported*: for every k the share at or above k among the unknown is at most that among the
      typed. From m/S (all unknown at the lowest level) to m/typed (unknown like typed).
    * *Monotone selection*: the share of incidents whose level is reported does not fall with the level, and is for the
      highest at most `ratio` times that for the lowest (monotonicity: Manski and Pepper 2000, Econometrica
      68:997–1010). From max(m/S, m/(m + ratio (typed - m))) to m/typed. *Proof*: let a be the share reported at the
      lowest level and b at the highest, b <= min(1, ratio a). At or above k are at least m/b incidents, below at most
      (typed - m)/a, which gives the second lower end, and b <= 1 the first. Reporting at a below k and at b from k on
      attains the larger of them, equal reporting the upper end; reporting more often higher up lowers the share.
      With ratio = inf the second lower end vanishes, and for each k the set is the one above: its upper end is the same
      (a = b), and so is its lower end (b = 1, all that are unknown below k).
    * *Missing at random*: the level has no part in whether it is reported. The sample share m/typed, and the exact
      binomial interval (Clopper and Pearson 1934) of the probability behind the incidents. It is about chance, not
      about the incidents that happened, and can therefore reach beyond the bounds where few are unknown.

    In the whole, max(N, described) is added up over the periods within each draw: what one period describes beyond its
    reconstructed number fills no other. There each assumption is made about the whole; it does not follow from the same
    assumption about every period.

    Examples
    --------
    Ten incidents are reconstructed, six described, and four of them typed: three drones and one ballistic missile. Of
    the six unknown none or all may be missiles: 1/10 to 7/10. If the unknown are no worse, at most 1/4. If missiles are
    reported at most twice as often as drones, at least 1/(1 + 2·3) = 1/7.

    >>> found = share_bounds([[3, 0, 1]], [6], [10], levels=["drone", "rocket", "missile"], periods=["Oct"], ratio=2)
    >>> rows = found.frame().query("period == 'Oct' and level == 'missile'")
    >>> print(rows[["assumption", "lower", "upper", "unknown"]].round(3).to_string(index=False))
                        assumption  lower  upper  unknown
                     no assumption  0.100  0.700        6
    missing no worse than reported  0.100  0.250        6
                monotone selection  0.143  0.250        6
                 missing at random  0.013  0.751        6
    """
    table, said, draws = _checked(counts, described, total, levels, periods, prob, ratio)
    filled = np.maximum(draws, said)
    filled, draws = (np.column_stack([n, n.sum(axis=1)]) for n in (filled, draws))
    table = np.vstack([table, table.sum(axis=0)])
    said = np.append(said, said.sum())
    typed = table.sum(axis=1)
    at_least = np.cumsum(table[:, ::-1], axis=1)[:, -2::-1]
    number = _quantiles(draws, prob)[1]
    low, mid, high = _quantiles(filled, prob)
    wide, middle = (_sets(at_least, typed, size, prob, ratio) for size in (high, mid))
    estimate = np.full(wide[0].shape, np.nan)
    estimate[..., -1] = _over(at_least, typed[:, None], np.nan)
    P, K = table.shape
    return Bounds(
        (*(range(P - 1) if periods is None else periods), WHOLE), tuple(range(K) if levels is None else levels)[1:],
        prob, ratio, said, typed, at_least, number, mid - typed, low - typed, high - typed,
        (draws < filled).mean(axis=0), mid - number, *wide, *middle, estimate,
    )  # fmt: skip


def _quantiles(draws: Ints, prob: float) -> tuple[Ints, Ints, Ints]:
    """Return the lower, middle and upper order statistics of the draws of each period, shape (P,) each.

    At least (1 + prob)/2 of the draws are at most the upper one, and as many at least the lower one. The middle is the
    median, or the larger of the two middle draws.

    Given those of S = max(N, described), in the whole its sum over the periods. Every end depends on a draw through S
    alone; as S grows, no lower end rises and no upper end falls. So the lower quantile of the lower ends and the
    upper quantile of the upper ends are both met at the upper quantile of S, and the set there holds the sets of at
    least (1 + prob)/2 of the draws, and with them the share: with posterior probability of at least (1 + prob)/2,
    hence of at least `prob`.
    """
    n = draws.shape[0]
    # A whole rank may come out a little above itself in floating point and must not be raised to the next.
    top = min(ceil(n * (1.0 + prob) / 2 - 1e-9), n) - 1
    ranks = [n - 1 - top, n // 2, top]
    low, mid, high = np.partition(draws, sorted(set(ranks)), axis=0)[ranks]
    return low, mid, high


def _sets(at_least: Ints, typed: Ints, size: Ints, prob: float, ratio: float) -> tuple[Floats, Floats]:
    """Return lower and upper ends for `size` incidents in each period, shape (P, L, A) each."""
    m, t, s = at_least, typed[:, None], size[:, None]
    none, share = _over(m, s, 0.0), _over(m, t, np.nan)
    floor = np.where(t > 0, none, np.nan)
    with np.errstate(over="ignore"):
        odds = np.zeros(m.shape) if ratio == np.inf else _over(m, m + ratio * (t - m), np.nan)
    chance = [np.where(t > 0, end, np.nan) for end in share_interval(m, t, prob)]
    lower = np.stack([none, floor, np.maximum(floor, odds), chance[0]], axis=-1)
    return lower, np.stack([_over(s - (t - m), s, 1.0), share, share, chance[1]], axis=-1)


def _over(above: Ints, below: Ints | Floats, empty: float) -> Floats:
    """Divide; `empty` where the divisor is 0."""
    out = np.full(np.broadcast_shapes(above.shape, below.shape), empty)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _checked(
    counts: ArrayLike, described: ArrayLike, total: ArrayLike | None, levels: Sequence[Hashable] | None,
    periods: Sequence[Hashable] | None, prob: float, ratio: float,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Return counts (P, K), described (P,) and draws (n, P), or say all that is wrong with what was given."""
    bad: list[str] = []
    table, said = _whole_numbers("counts", counts, bad), _whole_numbers("described", described, bad)
    draws = said if total is None else _whole_numbers("total", total, bad)
    draws = draws[None] if draws.ndim == 1 else draws
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        bad.append(f"counts: one row per period and one column per level, at least two, got shape {table.shape}")
    else:
        P, K = table.shape
        if said.shape != (P,):
            bad.append(f"described: one number per period, shape ({P},), got {said.shape}")
        elif (short := np.flatnonzero(said < table.sum(axis=1))).size:
            bad.append(f"described: fewer than are typed in row {', '.join(map(str, short + 1))}")
        if draws.ndim != 2 or draws.shape[1:] != (P,) or draws.shape[0] < 1:
            bad.append(f"total: draws of shape (n, {P}) or one number per period, got shape {draws.shape}")
        for name, labels, needed in (("levels", levels, K), ("periods", periods, P)):
            if labels is not None and (len(labels) != needed or len({*labels} - {WHOLE}) != needed):
                bad.append(f"{name}: {needed} different labels other than {WHOLE!r} are needed, got {list(labels)}")
    if not 0.0 < prob < 1.0:
        bad.append(f"prob: a number between 0 and 1 is needed, got {prob!r}")
    if not ratio >= 1.0:
        bad.append(f"ratio: a number of at least 1 is needed (inf: no limit), got {ratio!r}")
    if bad:
        raise ValueError("; ".join(bad))
    return table, said, draws


def _whole_numbers(name: str, values: ArrayLike, bad: list[str]) -> Ints:
    """Return the values as integers; note it if one is not a whole number of at least 0."""
    array = np.asarray(values)
    if array.size == 0 or (
        array.dtype.kind in "iuf" and bool(((array >= 0) & (array < 2**53) & (array == np.floor(array))).all())
    ):
        return array.astype(np.int64)
    bad.append(f"{name}: whole numbers of at least 0 are needed")
    return np.zeros(array.shape, dtype=np.int64)
