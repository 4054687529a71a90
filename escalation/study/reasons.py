"""Why each default choice is what it is, in a sentence that is printed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["REASONS", "TOPICS"]

#: What each choice is about, in the words of a heading.
TOPICS: Mapping[str, str] = MappingProxyType({
    "counter": "Counter", "unit": "Unit", "scope": "Scope", "start": "First day", "end": "Last day",
    "bounds": "Wordings admitted", "read_as": "Reading of hedged totals", "approx": "Approximate dates",
    "reliability": "Least source reliability", "credibility": "Least credibility", "ai_generated": "AI-written pages",
    "status": "Coder's notes", "merge": "Repeats of a total", "reading": "Likelihood of a report",
    "centre": "Prior median of the rate", "spread": "Prior spread of the rate", "hazard": "Hazard of a change",
    "phi": "Clumping of incidents", "clumping": "Prior weight of clumping", "sigma": "Size of drift",
    "grid": "Grid of rates", "weights": "Prior weight of change and drift", "models": "Models averaged",
    "scale": "Scale", "evidence": "Confirmed or claimed", "mixed": "Mixed attacks", "periods": "Periods",
    "before": "Days before an event", "after": "Days after an event", "term": "Term of an event",
    "prob": "Mass of intervals", "draws": "Posterior draws", "seed": "Seed",
})  # fmt: skip

#: Why the default is what it is.
REASONS: Mapping[str, str] = MappingProxyType({
    "counter": "that of the case's main series: totals of different counters are never mixed",
    "unit": "that of the case's main series",
    "scope": "the scopes that the case declares to be one series",
    "start": "the case's window; without one, the most frequent origin of the count",
    "end": "the case's window; without one, the last report",
    "bounds": "every wording says something of the count, and its likelihood says how much",
    "read_as": "a lower bound is not a value: read as exact, rounded totals turn into changes of the rate",
    "approx": "a date that is off by days is given a longer lag, not left out",
    "reliability": "a doubtful source may still hold the total; a report that does not fit is read as wrong",
    "credibility": "as for reliability: admitted, and weighed by how it fits the others",
    "ai_generated": "admitted like any page; whether it fits is seen from the others",
    "status": "the coder's notes are not used: which reports are stale is for the model to find",
    "merge": "a total that is stated again is news or a copy; both are averaged over",
    "reading": "fresh, rounded, stale and wrong in a stream that is loose, careful or strict, averaged over",
    "centre": "half-decade steps from .01 to 100 a day: the prior does not look at the data",
    "spread": "a regime's rate within a factor of about 3 or 8 of its centre (90 %), averaged over",
    "hazard": "regimes of 30, 60 or 120 days on average, averaged over",
    "phi": "attacks come in clumps: Poisson alone takes clumps for changes",
    "clumping": "2 gives the ratio of mean to variance an even density",
    "sigma": "slow to fast drifts, averaged over: a smooth rise is no jump",
    "grid": "fine enough for 5,000 incidents; rates from one in 200 days to 100 a day",
    "weights": "half on a constant rate; of the rest .30 jumps, .10 drift, .10 both",
    "models": "all models of the prior",
    "scale": "the order that the case declares, else drone < rocket < ballistic missile",
    "evidence": "confirmed incidents are those that the official count can hold; claims are bounded by themselves",
    "mixed": "a mixed attack counts at its highest level",
    "periods": "calendar months, or longer ones if there are more than 24",
    "before": "two weeks: long enough for 20 incidents at 1.5 a day, short enough to be about the event",
    "after": "as many days as before",
    "term": "a window if the event lasts at least three days, else a step",
    "prob": "the mass that the calibration study measures",
    "draws": "2,000 put a Monte Carlo error of .011 or less on a probability",
    "seed": "fixed, so that two runs agree",
})  # fmt: skip
