"""The joint posterior: statements become functions of the count, the lattice does the rest."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from escalation.lattice.band import Problem, find_band
from escalation.lattice.engine import Map
from escalation.lattice.posterior import Posterior, infer
from escalation.lattice.prior import Prior
from escalation.reconstruct.evidence import Spoken, components
from escalation.reconstruct.grouping import Statement
from escalation.reconstruct.provisional import mean_rate, provisional_curve, within_lags
from escalation.reconstruct.reading import COMPONENTS, Habit, Reading
from escalation.reconstruct.statements import Series

Floats = NDArray[np.float64]

#: Offsets of an earlier origin with less mass than this, relative to the likeliest, are dropped.
RARE = 0.02
#: Shares of incidents that are individually described, averaged over when `known` is given.
SHARES = tuple(round(0.1 * i, 1) for i in range(1, 10))


@dataclass(frozen=True)
class Heard:
    """All statements as a stream of one habit says them: `said` and `parts` (4, counts) of each, in order."""

    habit: Habit
    reading: Reading
    said: tuple[Spoken, ...]
    parts: tuple[Floats, ...]


@dataclass(frozen=True)
class Joint:
    """A posterior with what is needed to read it back report by report.

    Variants v differ in the habit of the reports, whose number in `heard` is ``habits[v]``, in the offsets of earlier
    origins, ``offsets[v]``, and in the share of incidents that are described.
    """

    posterior: Posterior
    offsets: NDArray[np.int64]
    habits: NDArray[np.int64]
    heard: tuple[Heard, ...]

    def shift(self, variant: int, statement: Statement) -> int:
        """By how much the total that a statement speaks of exceeds the count since the start, in one variant."""
        return int(self.offsets[variant, statement.origin - 1]) if statement.origin else 0

    @property
    def habit_weight(self) -> Floats:
        """Posterior probability of each habit."""
        return np.asarray(np.bincount(self.habits, self.posterior.variant_weight, len(self.heard)), dtype=np.float64)


def spoken(series: Series, reading: Reading) -> tuple[Spoken, ...]:
    """Add to each statement the provisional slopes its likelihood needs."""
    curve = provisional_curve(series.statements, series.dates.size, series.open_start)
    out = []
    for s in series.statements:
        lags = reading.lag_approx if s.approx else reading.lag_day
        means = within_lags(curve, s.day, [lag for lag, _ in lags])
        # Every repeat but the first, within the time in which copies of one text go round, adds less.
        recent = sum(d <= reading.copy_days for d in s.repeats[1:])
        said = (s.count, s.count_high, s.bounds, s.approx, s.roots, bool(s.repeats), recent, s.superseded)
        out.append(Spoken(*said, mean_rate(curve), means))
    return tuple(out)


def hear(series: Series, reading: Reading, size: int) -> tuple[Heard, ...]:
    """Work out what the statements say of counts below `size` under each habit of the reading."""
    out = []
    for habit in reading.habits or (Habit("as given", 1.0, 1.0),):
        own = reading.under(habit) if reading.habits else reading
        said = spoken(series, own)
        out.append(Heard(habit, own, said, tuple(components(s, size, own) for s in said)))
    return tuple(out)


def _log_evidence(series: Series, parts: tuple[Floats, ...], offsets: tuple[int, ...], size: int) -> Floats:
    """``log E_t(c)`` of all statements, those of an earlier origin shifted by its offset; shape (T + 1, size)."""
    out = np.zeros((series.dates.size + 1, size))
    if not series.open_start:
        out[0, 1:] = -np.inf
    for s, part in zip(series.statements, parts, strict=True):
        shift = offsets[s.origin - 1] if s.origin else 0
        out[s.day] += np.log(part[:, shift : shift + size].sum(axis=0))
    return out


def offset_log_prior(days: int, size: int, prior: Prior) -> Floats:
    """Log prior of the number of incidents in `days` days before the start, o = 0..size-1.

    Poisson given the rate, and the rate has the prior's own average over centres and spreads.
    """
    rates = prior.rates(0.25)
    mass = prior.mass(rates, None, None)
    o = np.arange(size)[:, None]
    log_p = o * np.log(rates * days) - rates * days - gammaln(o + 1)
    return np.asarray(logsumexp(log_p + np.log(np.maximum(mass, 1e-300)), axis=1))


def _likely_offsets(
    series: Series, parts: tuple[Floats, ...], size: int, reach: int, prior: Prior
) -> tuple[list[tuple[int, ...]], Floats]:
    """Find the combinations of offsets worth carrying, with their log prior.

    Each origin is scouted alone: the counts given all statements of the series' own origin are matched with its
    statements, day by day. What falls below `RARE` of the best is dropped.
    """
    own = [i for i, s in enumerate(series.statements) if s.origin == 0]
    base = np.zeros((series.dates.size + 1, size))
    if not series.open_start:
        base[0, 1:] = -np.inf
    for i in own:
        base[series.statements[i].day] += np.log(parts[i][:, :size].sum(axis=0))
    mass = find_band(Problem(base), prior).counts
    kept: list[list[tuple[int, float]]] = []
    for g, date in enumerate(series.origins, start=1):
        days = int((series.dates[0] - date).days)
        log_prior = offset_log_prior(days, reach, prior)
        score = log_prior.copy()
        for s, part in zip(series.statements, parts, strict=True):
            if s.origin == g:
                whole = part.sum(axis=0)
                score += [np.log(mass[s.day] @ whole[o : o + size] + 1e-300) for o in range(reach)]
        best = np.flatnonzero(score > score.max() + np.log(RARE))
        best = best[np.argsort(-score[best], kind="stable")][:8]
        kept.append([(int(o), float(log_prior[o])) for o in sorted(best)])
    combos = list(itertools.product(*kept))[:64]
    return [tuple(o for o, _ in c) for c in combos], np.array([sum(p for _, p in c) for c in combos])


def _thin(known: pd.Series, share: float, most: int) -> Floats:
    """P(m described | j happened) for each day's m and j = 0..most: binomial; ones where m is NaN; (T, most + 1)."""
    given = known.notna().to_numpy()[:, None]
    m, j = known.fillna(0.0).to_numpy()[:, None], np.arange(most + 1)[None, :]
    with np.errstate(invalid="ignore"):
        log_p = gammaln(j + 1) - gammaln(m + 1) - gammaln(np.maximum(j - m, 0) + 1)
        log_p = log_p + m * np.log(share) + (j - m) * np.log1p(-share)
    return np.where(given, np.where(j >= m, np.exp(log_p), 0.0), 1.0)


def fit(
    series: Series, prior: Prior, reading: Reading, which: str, known: pd.Series | None, mapper: Map | None
) -> Joint:
    """Fit the joint model to the statements of a series.

    Returns
    -------
    Joint
        The posterior over (regimes, rates, daily counts), averaged over models, offsets and shares.
    """
    largest = max(s.count_high or s.count for s in series.statements)
    described = 0 if known is None else int(known.sum())
    if described > 1.5 * largest + 51:
        raise ValueError(f"known: {described} described incidents do not fit totals of at most {largest}")
    size = int(1.5 * max(largest, described)) + 51
    reach = min(400, size) if series.origins else 1
    heard = hear(series, reading, size + reach)
    combos: list[tuple[int, ...]] = [()]
    log_prior = np.zeros(1)
    if series.origins:
        combos, log_prior = _likely_offsets(series, heard[0].parts, size, reach, prior)
    shares: tuple[float | None, ...] = (None,) if known is None else SHARES
    problems, outer, offsets, habits = [], [], [], []
    for h, (combo, weight), share in itertools.product(range(len(heard)), zip(combos, log_prior, strict=True), shares):
        evidence = _log_evidence(series, heard[h].parts, combo, size)
        thin = None if known is None or share is None else _thin(known, share, size)
        problems.append(Problem(evidence, thin))
        outer.append(weight + np.log(heard[h].habit.weight))
        offsets.append(combo)
        habits.append(h)
    posterior = infer(
        problems, prior, variant_log_prior=np.array(outer), groups=np.array(habits), which=which, mapper=mapper,
        events=float(np.median([s.count for s in series.statements[-5:]])),
    )  # fmt: skip
    shifts = np.array(offsets, dtype=np.int64).reshape(len(problems), -1)
    return Joint(posterior, shifts, np.array(habits), heard)


def read_back(series: Series, joint: Joint, prob: float) -> pd.DataFrame:
    """Posterior of how each statement came about, and the total the model expects at its as-of date.

    Returns
    -------
    DataFrame
        One row per statement: `p_fresh`, `p_rounded`, `p_stale`, `p_wrong` (sum 1), `predicted` (posterior median of
        the total the statement speaks of) with `predicted_lower` and `predicted_upper`.
    """
    weight, mass = joint.posterior.variant_weight, joint.posterior.by_variant
    size = mass.shape[2]
    tail = (1.0 - prob) / 2
    rows = []
    for i, s in enumerate(series.statements):
        share, total = np.zeros(4), np.zeros(joint.heard[0].parts[i].shape[1])
        for v in joint.posterior.carried:
            shift = joint.shift(v, s)
            here = joint.heard[joint.habits[v]].parts[i][:, shift : shift + size]
            share += weight[v] * (here / here.sum(axis=0)) @ mass[v, s.day]
            total[shift : shift + size] += weight[v] * mass[v, s.day]
        run = np.cumsum(total / total.sum())
        low, mid, high = (int(np.searchsorted(run, q)) for q in (tail, 0.5, 1 - tail))
        rows.append([*(share / share.sum()), mid, low, high])
    columns = [*(f"p_{name}" for name in COMPONENTS), "predicted", "predicted_lower", "predicted_upper"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], "int64"))


def leave_out(series: Series, joint: Joint, number: int) -> Floats:
    """Mass of the total that a statement speaks of, given all the other statements.

    ``p(c | others)`` is proportional to ``p(c | all) / E(c)``, with E the likelihood of the statement left out, summed
    over variants. Exact but for counts that are not carried (posterior mass below `band.TINY` with the statement),
    models that are no nodes and variants that are not carried. How the others are read is kept, the provisional
    curve included.

    Returns
    -------
    ndarray, shape (habits, C)
        By habit of the reports and count c = 0..C-1; sums to one.
    """
    s = series.statements[number]
    mass = joint.posterior.by_variant[:, s.day]
    total = np.zeros((len(joint.heard), joint.heard[0].parts[number].shape[1]))
    for v in joint.posterior.carried:
        h = joint.habits[v]
        here = slice(joint.shift(v, s), joint.shift(v, s) + mass.shape[1])
        total[h, here] += joint.posterior.variant_weight[v] * mass[v] / joint.heard[h].parts[number].sum(axis=0)[here]
    return np.asarray(total / total.sum())
