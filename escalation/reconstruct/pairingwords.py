"""What stands beside rate and level in plain sentences: nearness, size, and how much is unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from escalation.scale.bounds import Bounds
from escalation.scale.trendresult import ScaleTrend

__all__ = ["near_words", "size_words", "unknown_words"]


def near_words(timing: pd.DataFrame) -> tuple[str, ...]:
    """Say how near changes of rate and of levels lie, if any draw has both."""
    if timing.empty or timing["probability"].isna().any():
        return ()
    days = _listed([f"{d}" for d in timing["days"]])
    chance, unrelated = (_listed([f"{p:.2f}" for p in timing[name]]) for name in ("probability", "unrelated"))
    return (
        "If the rate jumped and the mix of levels changed, the probability that two of these dates lie within "
        f"{days} days of each other is {chance} (unrelated dates: {unrelated}).",
    )


def size_words(trends: pd.DataFrame, salvos: pd.DataFrame, lead: str) -> str:
    """Say what is known of munitions per incident."""
    found = trends.set_index("evidence").loc[lead]
    whole = salvos[(salvos["evidence"] == lead).to_numpy()].iloc[-1]
    if not whole["reported"]:
        return f"Larger? No {lead} incident has its munitions reported."
    tau = "" if np.isnan(found["tau"]) else f"; Kendall's tau with day {found['tau']:.2f}, p {found['p']:.2g}"
    return (
        f"Larger? Munitions are reported of {whole['reported']:.0f} of {whole['incidents']:.0f} {lead} incidents: "
        f"median {_range(whole['median_low'], whole['median_high'])}{tau}."
    )


def unknown_words(bounds: Bounds, trend: ScaleTrend) -> str:
    """Say how much is unknown, what the highest level's share can be for all that, and what was left out."""
    total, label = max(bounds.total[-1], bounds.described[-1]), trend.scale.at_least[-1]
    (low, *_, least), (high, *_, most) = bounds.lower[-1, -1], bounds.upper[-1, -1]
    said = [
        f"Of about {total} incidents {bounds.typed[-1]} are {trend.lead} with a reported weapon.",
        f"{label}: between {low:.1%} and {high:.1%} of all, with no assumption on the others and with their number at "
        "the end of its interval",
    ]
    if bounds.typed[-1]:
        share = bounds.estimate[-1, -1, -1]
        said[-1] += f"; {share:.1%} ({least:.1%}–{most:.1%}) if the weapon is missing at random"
    said[-1] += "."
    flagged = [str(p) for p, x in zip(bounds.periods[:-1], bounds.excess_by[:-1], strict=True) if x]
    said += [f"More were described than reconstructed in {', '.join(flagged)}."] if flagged else []
    said += [f"Outside these dates, and left out: {trend.outside}."] if trend.outside else []
    return " ".join(said)


def _range(low: float, high: float) -> str:
    """Write a range of numbers that may be open or a point."""
    if np.isinf(high):
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _listed(words: list[str]) -> str:
    """Join words with commas and a last "and"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
