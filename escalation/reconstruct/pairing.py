"""More often, or worse, or both? The rate of incidents beside their levels, period by period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.pairingresult import Pairing
from escalation.reconstruct.result import Reconstruction
from escalation.reconstruct.sizes import munitions_of, sizes_of
from escalation.reconstruct.timing import nearness
from escalation.scale.bounds import Bounds, share_bounds
from escalation.scale.levels import EscalationScale, Mixed
from escalation.scale.line import Line
from escalation.scale.order.superiority import superiority_bounds
from escalation.scale.streams import Streams
from escalation.scale.trend import scale_trend
from escalation.scale.trendresult import ScaleTrend

__all__ = ["pairing"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Units of a series that are people or munitions: levels of incidents have no place beside them.
_NO_INCIDENT = re.compile(
    "injur|kill|wound|death|dead|fatal|casualt|victim|displaced|people|person|hostage|hospital|munition|missile|rocket|drone",
    re.IGNORECASE,
)
_INCIDENT = re.compile("attack|incident|event|strike|raid|shelling", re.IGNORECASE)


def pairing(
    rec: Reconstruction,
    incidents: pd.DataFrame,
    *,
    scale: EscalationScale | None = None,
    periods: str | Iterable[object] | None = None,
    mixed: Mixed = "max",
    within: Sequence[int] = (7, 14, 30),
    ratio: float = 3.0,
    draws: int = 2000,
    rng: Any = None,
) -> Pairing:
    """Set the reconstructed rate and the levels of described incidents beside each other.

    Three axes that are never combined into one number: how often (the rate behind the totals), how high (the levels
    of described incidents, as an order) and how large (munitions per incident).

    Parameters
    ----------
    rec : Reconstruction
        Of a series of incidents, by ``method="joint"``. Its window is that of the answer.
    incidents : DataFrame
        Incidents that this series counts, as `scale_trend` takes them, such as ``case.incidents``; also
        ``munitions_low``, ``munitions_high``, ``intercepted`` where reported. Choose area and kind beforehand.
    scale, periods
        As for `scale_trend`.
    mixed : {"max", "any"}, default "max"
        As for `scale_trend`. ``"split"`` makes several records of one incident, which cannot be held against a number
        of incidents.
    within : sequence of int
        Distances in days, for the dates of both changes.
    ratio : float
        For monotone selection, see `share_bounds`.
    draws : int, default 2000
        Draws of the number of incidents.
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.

    Returns
    -------
    Pairing

    Raises
    ------
    ValueError
        If the series counts something else, such as injured; if munitions cannot be read; or as `scale_trend`.
    AttributeError
        For an interpolator, which has no posterior.

    Notes
    -----
    The posterior of the rate rests on reported totals alone, that of the levels on described incidents alone; they are
    taken as independent, so that a joint probability is a product. Confirmed incidents (without a column ``confirmed``
    all described ones) are held against the reconstructed number; claims are a count of their own and are bounded among
    themselves.

    Examples
    --------
    >>> import escalation as esc
    >>> case = esc.load_case("five-documents")
    >>> rec = esc.reconstruct(case, models="fast", draws=200)
    >>> both = pairing(rec, case.incidents, draws=200)
    >>> whole = both.table().query("level == 'ballistic_missile' and period == 'all'").set_index("evidence")
    >>> whole.loc["confirmed", ["typed", "at_least"]].tolist()
    [2, 2]
    """
    _check(rec, mixed)
    seed = None if rng is None else int(np.random.default_rng(rng).integers(2**62))
    trend = scale_trend(
        incidents, scale=scale, periods=periods, mixed=mixed, start=rec.dates[0], end=rec.dates[-1], prob=rec.prob,
        rng=seed,
    )  # fmt: skip
    streams = Streams(seed)
    number = _sums(rec.draw(draws, streams("number")), trend)
    line = trend.lines[trend.lead]
    bound = partial(share_bounds, levels=trend.scale.codes, periods=trend.periods.labels, prob=rec.prob, ratio=ratio)
    bounds = {trend.lead: bound(line.counts, line.described, number)}
    bounds |= {name: bound(own.counts, own.described) for name, own in trend.lines.items() if name != trend.lead}
    changes = rec.changes.draws
    level = (line.change.draw, line.change.change)
    near = nearness((changes.draw, changes.changes), level, len(rec.dates), within, rng=streams("nearness"))
    size = munitions_of(incidents, trend)
    return Pairing(
        rec, trend, bounds, number,
        _rates(rec, trend, bounds[trend.lead], streams),
        _compared(rec, trend, line, bounds[trend.lead]), near, size,
        *sizes_of(size, trend, rec.prob, streams),
    )  # fmt: skip


def _check(rec: Reconstruction, mixed: Mixed) -> None:
    """Refuse a series that does not count incidents, and records that are none."""
    _ = rec.changes  # says why an interpolator will not do
    used = rec.reports.loc[rec.reports["used"].astype(bool)]
    if mixed == "split":
        raise ValueError(
            'mixed="split" makes several records of one incident; pairing counts incidents: "max" or "any".'
        )
    units = set(used["unit"].dropna().astype(str)) if "unit" in used else set()
    if any(_NO_INCIDENT.search(unit) and not _INCIDENT.search(unit) for unit in units):
        raise ValueError(
            f"this series counts {', '.join(sorted(units))}; levels belong to incidents. Reconstruct their totals, "
            'such as reconstruct(case, unit="attack").'
        )


def _days(rec: Reconstruction, trend: ScaleTrend) -> list[tuple[int, int]]:
    """Return first day and end of each period and of the whole, as positions in the series."""
    first = trend.periods.first - trend.periods.first[0]
    spans = [(int(a), int(a + n)) for a, n in zip(first, trend.periods.days, strict=True)]
    return [*spans, (0, len(rec.dates))]


def _sums(daily: Ints, trend: ScaleTrend) -> Ints:
    """Add daily counts, shape (n, T), up by period, shape (n, P)."""
    return np.asarray(np.add.reduceat(daily, trend.periods.first - trend.periods.first[0], axis=1))


def _rates(rec: Reconstruction, trend: ScaleTrend, bounds: Bounds, streams: Streams) -> pd.DataFrame:
    """Return the rate of all incidents, and of those at each level or higher, by period and for the whole."""
    changes, prob, K = rec.changes.draws, rec.prob, len(trend.scale.codes)
    rows = []
    for p, (first, end) in enumerate(_days(rec, trend)):
        rate = changes.mean_rate(first, end)
        middle = np.quantile(rate, [0.5, (1 - prob) / 2, (1 + prob) / 2]).tolist()
        everything = dict(zip(("rate", "rate_lower", "rate_upper"), middle, strict=True))
        for k, code in list(enumerate(trend.scale.codes))[1:]:
            known, typed = int(bounds.at_least[p, k - 1]), int(bounds.typed[p])
            marked = _marked(rate, known, typed, prob, streams("mix", str(bounds.periods[p]), str(K - k)))
            rows.append({
                "period": bounds.periods[p], "level": code, "days": end - first, **everything, **marked,
                "number_least": known, "number_most": known + int(bounds.unknown_upper[p]),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _marked(rate: Floats, hits: int, typed: int, prob: float, rng: np.random.Generator) -> dict[str, float]:
    """Return the rate of incidents at a level, weapons missing at random: the rate times the share among the typed.

    The ends take the share from the beta distributions behind the exact binomial interval (Clopper and Pearson
    1934), so that no prior on the share speaks where little is typed: none typed leaves 0 to the whole rate.
    """
    tail = (1.0 - prob) / 2
    least = rng.beta(hits, typed - hits + 1, rate.size) if hits else np.zeros(rate.size)
    most = rng.beta(hits + 1, typed - hits, rate.size) if hits < typed else np.ones(rate.size)
    middle = float(np.median(rate)) * hits / typed if typed else float("nan")
    low, high = float(np.quantile(rate * least, tail)), float(np.quantile(rate * most, 1.0 - tail))
    return {"level_rate": middle, "level_rate_lower": low, "level_rate_upper": high}


def _compared(rec: Reconstruction, trend: ScaleTrend, line: Line, bounds: Bounds) -> pd.DataFrame:
    """Add to the comparisons of levels how probable it is that the rate rose or fell between the same periods.

    Bounds of the superiority take in all incidents of unknown level, those that nobody described as well.
    """
    spans = zip(trend.periods.labels, _days(rec, trend)[:-1], strict=True)
    mean = {label: rec.changes.draws.mean_rate(*span) for label, span in spans}
    frame = line.comparisons.copy()
    if frame.empty:
        return frame
    pairs = zip(frame["earlier"], frame["later"], strict=True)
    ratio = np.array([mean[later] / mean[earlier] for earlier, later in pairs])
    # Without a change both means are one number, up to rounding.
    frame["p_more_often"], frame["p_less_often"] = (ratio > 1 + 1e-9).mean(axis=1), (ratio < 1 - 1e-9).mean(axis=1)
    frame["p_both"] = frame["p_more_often"] * frame["p_rises"]
    unknown = dict(zip(bounds.periods, bounds.unknown_upper.tolist(), strict=True))
    counts = dict(zip(trend.periods.labels, line.counts, strict=True))
    wide = [superiority_bounds(counts[a], counts[b], unknown[a], unknown[b])
            for a, b in zip(frame["earlier"], frame["later"], strict=True)]  # fmt: skip
    frame["all_least"], frame["all_most"] = np.array(wide).T
    return frame
