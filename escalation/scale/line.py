"""One line of evidence, such as the confirmed incidents, through every analysis of its levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.scale.coding import Coded
from escalation.scale.levels import EscalationScale
from escalation.scale.link.link import Link, cumulative_link
from escalation.scale.mix.comparison import compare
from escalation.scale.mix.markchanges import MarkChanges
from escalation.scale.mix.marks import mark_changes
from escalation.scale.mix.shares import share_interval
from escalation.scale.order.association import Association, Jonckheere, association, jonckheere
from escalation.scale.order.dayblocks import day_block_p
from escalation.scale.order.superiority import superiority, superiority_bounds
from escalation.scale.periods import Periods
from escalation.scale.streams import Streams
from escalation.scale.uses.recurrence import Recurrence, recurrence

__all__ = ["Line", "make_line"]

Ints = NDArray[np.int64]

#: With more periods than this, only neighbouring ones are compared.
ALL_PAIRS = 6


@dataclass(frozen=True)
class Line:
    """What one line of evidence says about the levels.

    Parameters
    ----------
    evidence
        One of `coding.EVIDENCE`.
    coded
        Its incidents, those of unknown level included.
    counts
        Incidents of known level by period and level, shape (P, K).
    described
        Incidents by period, shape (P,).
    shares, comparisons
        Frames, see `ScaleTrend`.
    kendall, jonckheere
        Association of level with day, and with period.
    day_blocks
        The p of Kendall's score with whole days permuted, and its Monte Carlo error.
    change
        Changes of the distribution over levels.
    recurrence
        By level, without the lowest.
    unit
        What a record is called, in the plural.
    """

    evidence: str
    coded: Coded
    counts: Ints
    described: Ints
    shares: pd.DataFrame
    comparisons: pd.DataFrame
    kendall: Association
    jonckheere: Jonckheere
    day_blocks: tuple[float, float]
    change: MarkChanges
    recurrence: dict[str, Recurrence]
    unit: str

    @property
    def typed(self) -> int:
        """Incidents of known level."""
        return int(self.counts.sum())

    def link(self, scale: EscalationScale, per: int, prob: float) -> Link:
        """Fit the cumulative-link model to the incidents of known level."""
        known = self.coded.typed
        return cumulative_link(known.middle, known.rung, scale.codes, per=per, prob=prob)


def make_line(
    coded: Coded, evidence: str, scale: EscalationScale, periods: Periods, *, prob: float,
    draws: int, streams: Streams, observed: bool, unit: str,
) -> Line:  # fmt: skip
    """Run every analysis of one line of evidence.

    Parameters
    ----------
    coded
        Incidents whose middle day lies in the window.
    evidence
        Which of them.
    scale, periods
        The order, and the periods that fill the window.
    prob, draws, streams
        Mass of intervals, posterior draws, source of random numbers.
    observed
        Whether the window was given, so that days without an incident are known to be such.
    unit
        What a record is called, in the plural.
    """
    some = coded.known_by(evidence)
    known = some.typed
    K = len(scale.codes)
    where = periods.of(known.middle)
    counts = np.zeros((len(periods), K), dtype=np.int64)
    np.add.at(counts, (where, known.rung), 1)
    described = np.bincount(periods.of(some.middle), minlength=len(periods)).astype(np.int64)
    start, days = int(periods.first[0]), int(periods.days.sum())
    low, high = (np.clip(d - start, 0, days - 1) for d in (known.first, known.last))
    own = partial(streams, evidence)  # confirmed incidents have the same numbers with and without claims beside them
    used = _used(counts)
    return Line(
        evidence, some, counts, described,
        _shares(counts, described, scale, periods, prob).assign(evidence=evidence),
        _comparisons(counts, described, used, periods, prob, draws, own).assign(evidence=evidence),
        association(known.first, known.last, known.rung, rng=own("kendall")),
        jonckheere(where, known.rung, rng=own("jonckheere")),
        day_block_p(known.middle, known.rung, K, rng=own("days")),
        _changes(known.middle - start, known.rung, used, K, days, draws, own("change")),
        {code: _recurs(low, high, known.rung >= k, days, prob, observed)
         for k, code in enumerate(scale.codes) if k},
        unit,
    )  # fmt: skip


def _used(counts: Ints) -> Ints:
    """Return the levels that some incident used; the lowest, if no level is known.

    A level that nobody used would make a constant mix the more probable, the more such levels a scale has.
    """
    return np.flatnonzero(counts.sum(axis=0)) if counts.any() else np.array([0])


def _changes(
    day: Ints, rung: Ints, used: Ints, levels: int, days: int, draws: int, rng: np.random.Generator
) -> MarkChanges:
    """Find changes of the mix of the levels that were used, and give the shares of all levels.

    One level alone has a second above it that nobody used.
    """
    found = mark_changes(day, np.searchsorted(used, rung), max(used.size, 2), days, rng=rng, draws=draws)
    # At level k or higher is at the lowest used level from k on, or higher.
    place = np.searchsorted(used, np.arange(levels))
    shares, lower, upper = (
        np.column_stack([table, np.zeros(days)])[:, place] for table in (found.shares, found.lower, found.upper)
    )
    return replace(found, shares=shares, lower=lower, upper=upper)


def _recurs(low: Ints, high: Ints, hit: NDArray[np.bool_], days: int, prob: float, observed: bool) -> Recurrence:
    """Return the recurrence of a level, without rates and waits where the window ends at the incidents themselves."""
    found = recurrence(low, high, hit, days, prob=prob)
    if observed:
        return found
    nan = float("nan")
    return replace(
        found, hazard=nan, hazard_lower=nan, hazard_upper=nan, wait=nan, wait_lower=nan, wait_upper=nan, within=nan,
        since_last=None,
    )  # fmt: skip


def _shares(counts: Ints, described: Ints, scale: EscalationScale, periods: Periods, prob: float) -> pd.DataFrame:
    """Share of the incidents of known level that are at each level or higher, by period, with exact intervals."""
    typed = counts.sum(axis=1)
    above = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    parts = []
    for k, code in list(enumerate(scale.codes))[1:]:
        lower, upper = share_interval(above[:, k], typed, prob)
        share = np.divide(above[:, k], typed, out=np.full(len(typed), np.nan), where=typed > 0)
        part = {"level": code, "described": described, "typed": typed, "at_least": above[:, k]}
        parts.append(periods.frame().assign(**part, share=share, lower=lower, upper=upper))
    return pd.concat(parts, ignore_index=True)


def _comparisons(
    counts: Ints, described: Ints, used: Ints, periods: Periods, prob: float, draws: int,
    stream: Callable[..., np.random.Generator],
) -> pd.DataFrame:  # fmt: skip
    """Compare pairs of periods: all of them, or neighbours only where there are many."""
    places = range(len(periods))
    rows = []
    for a, b in combinations(places, 2) if len(periods) <= ALL_PAIRS else pairwise(places):
        rng = stream("compare", periods.labels[a], periods.labels[b])
        # One level alone stands between two that nobody used, so that neither direction is favoured.
        old, new = (counts[p, used] if used.size > 1 else [0, counts[p].sum(), 0] for p in (a, b))
        found = compare(old, new, rng=rng, prob=prob, draws=draws)
        unknown = described - counts.sum(axis=1)
        least, most = superiority_bounds(counts[a], counts[b], int(unknown[a]), int(unknown[b]))
        rows.append({
            "earlier": periods.labels[a], "later": periods.labels[b],
            "typed_earlier": int(counts[a].sum()), "typed_later": int(counts[b].sum()),
            "sample_superiority": superiority(counts[a], counts[b]), "described_least": least, "described_most": most,
            "superiority": found.superiority,
            "lower": found.lower, "upper": found.upper, "p_same": found.same, "p_rises": found.rises,
            "p_falls": found.falls, "p_crosses": found.crosses, "prior_rises": found.prior_rises,
        })  # fmt: skip
    return pd.DataFrame(rows)
