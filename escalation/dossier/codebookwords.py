"""What the columns about the rate mean: reports, curves, changes, effects; and words that other tables share."""

from __future__ import annotations

from escalation.changes.result import SIDE, WINDOW

__all__ = ["CHANGE", "DAY_RATE", "RATE_TABLES", "REPORTED", "ends", "interval"]

_MASS = "(mass: prob in manifest.json)"
_ENDS = (("lower", "lower end"), ("upper", "upper end"))

#: What the rate is a rate of: the unit of the series, such as attacks.
DAY_RATE = "the rate per day, in the unit of the series"


def interval(stem: str, of: str) -> dict[str, str]:
    """Return the meanings of the ends of an interval, in the columns ``<stem>lower`` and ``<stem>upper``.

    Examples
    --------
    >>> interval("rate_", "rate")["rate_upper"]
    'upper end of the interval of rate (mass: prob in manifest.json)'
    """
    return {f"{stem}{end}": f"{words} of the interval of {of} {_MASS}" for end, words in _ENDS}


def ends(name: str, meaning: str) -> dict[str, str]:
    """Return the meanings of a number, whose column is `name`, and of the ends of its interval.

    Examples
    --------
    >>> list(ends("total", "incidents: median").items())[0]
    ('total', 'incidents: median')
    """
    return {name: meaning} | interval(f"{name}_", name)


def _curve(of: str) -> dict[str, str]:
    """Return the meanings of the columns of a table by day."""
    return {"date": "day", "mean": f"mean of {of}", "median": f"median of {of}"} | interval("", of)


#: A total as it was reported.
REPORTED = {
    "as_of": "day whose end the reported total describes",
    "count": "reported total, of a reported range the lower end",
    "count_high": "upper end of a reported range; empty where one number was reported",
    "bound": "how the reported total is to be read: exact, at_least, more_than, about or up_to",
}

#: Rates on both sides of a change.
CHANGE = {
    "probability": "probability that at least one change lies on the days from lower to upper",
    **ends("rate_before", f"rate per day before the change (under drift, over at most {SIDE} days): median"),
    **ends("rate_after", f"rate per day from the change on (under drift, over at most {SIDE} days): median"),
    **ends("ratio", "rate after the change over the rate before it: median"),
}

_CHANGES = {
    "kind": "change; or candidate: one of the windows likeliest to hold a change, listed if P(no jump) is at least 0.5",
    "date": "first day of the new rate: median; empty for a candidate",
    **{
        end: f"{words} of the interval of date {_MASS}; for a candidate {day} day of a window of at most {WINDOW} days"
        for (end, words), day in zip(_ENDS, ("first", "last"), strict=True)
    },
    **CHANGE,
}

_REPORTS = {
    "report_id": "key of the report",
    "counter": "who counts",
    "unit": "what is counted: attack, injured, claim, munition or another word of the case",
    "scope": "places that the total covers, joined with +",
    "as_of": REPORTED["as_of"],
    "as_of_precision": "day: as_of is known to the day; approx: it is approximate",
    "published": "day of publication; empty if unknown",
    "count": REPORTED["count"],
    "count_high": REPORTED["count_high"],
    "bound": REPORTED["bound"],
    "since": "day from which the total is said to count; empty if unknown",
    "since_text": "how that origin was worded",
    "attribution": "who is quoted",
    "source_id": "key of the source in sources.csv of the case",
    "status": "note of the coder, not read by the model: current, stale, other or excluded",
    "notes": "note of the coder",
    "derived_from": "key of the source from which that of the report copies in the end, else of its own",
    "statement": "number, from 0, that reports of one total for one day share; empty if the report belongs to "
    "no statement",
    "p_fresh": "posterior probability that the statement is the current total",
    "p_rounded": "posterior probability that the statement is the current total, rounded",
    "p_stale": "posterior probability that the statement is an older total, repeated as if current",
    "p_wrong": "posterior probability that the statement is a wrong number",
    **ends("predicted", "total that the statement speaks of, given all statements: median"),
    "used": "whether the report is part of the reconstruction",
    "reason": "why it is not used, or how its origin was read; empty if there is nothing to say",
}

_CONFLICTS = {
    **{f"{side}_{name}": f"{side} statement: {words}" for side in ("earlier", "later") for name, words in
       (REPORTED | {"bound": f"{REPORTED['bound']}; those of several reports are joined with /"}).items()},
    "excess": "number by which the least count that the earlier statement allows exceeds the largest that the later "
    "one allows, both read literally",
}  # fmt: skip

_RATIO = "rate from start to end over the rate of the 14 days before start"
_EFFECTS = {
    "label": "what the intervention is called in figures",
    "term": "days compared: step (its first day and those after it) or window (its first to its last day)",
    "start": "first day compared",
    "end": "last day compared",
    "days": "number of days from start to end",
    "statements": "number of days from start to end for which a total was stated",
    "increments": "number of increments of the total in the regression, cut at days with a statement and at the edges",
    "unstated_edges": "edges of the days compared and of the 14 days before them, of three, at which no total was "
    "stated",
    **ends("rate_before", "mean rate per day in the 14 days before start: posterior median"),
    **ends("rate_during", "mean rate per day from start to end: posterior median"),
    **ends("glm_ratio", f"{_RATIO}: estimate by regression (exact, given the total, where note says so)"),
    **ends("posterior_ratio", f"{_RATIO}: posterior median"),
    "p_lower": "posterior probability that the rate from start to end is below that of the 14 days before",
    "separated": "number of posterior draws without an incident on one side of start, where the regression diverges",
    "hac_share": "share of posterior draws whose HAC error is larger than the quasi-Poisson one",
    "placebo_share": "share of dates, this one and the placebo dates, with a ratio at least as far from 1 as this one: "
    "mean over draws",
    "placebo_n": "number of placebo dates",
    "placebo_apart": "number of placebo dates whose days compared do not overlap each other",
    **interval("placebo_", "the ratios at placebo dates, over dates and draws"),
    "naive_ratio": f"{_RATIO}: from straight lines between totals (exact ones, on days without one bounds)",
    "note": "what the numbers rest on, or why there are none",
}

_MODELS = {
    "family": "what the rate may do: constant, drift, jumps or both",
    "hazard": "probability per day that a new rate starts; 0 where the rate never jumps",
    "phi": "overdispersion of daily counts, whose variance is (1 + phi) times the rate",
    "sigma": "standard deviation per day of the drift of the log rate",
    "centre": "prior median of a rate, per day; empty where it is averaged over",
    "spread": "prior standard deviation of the log of a rate; empty where it is averaged over",
    "prior": "prior probability of the model",
    "posterior": "posterior probability of the model",
    "node": "weight of the model in bands and draws, in which a few models stand for all",
}

_HABITS = {
    "habit": "how carefully the stream of reports is kept: loose, careful or strict",
    "slips": "factor on the weights of what goes wrong in a stream of reports",
    "prior": "prior probability of the habit",
    "posterior": "posterior probability of the habit",
}

#: Meaning of each column, by table of the rate.
RATE_TABLES = {
    "changes": _CHANGES,
    "conflicts": _CONFLICTS,
    "cumulative": _curve("the total since the start of the count, by the end of the day, in the unit of the series"),
    "daily": _curve("the number on the day, in the unit of the series"),
    "effects": _EFFECTS,
    "habits": _HABITS,
    "models": _MODELS,
    "rate": _curve(DAY_RATE),
    "reports": _REPORTS,
    "summary": {
        "quantity": "what value is",
        "value": "value of quantity, of the total the median",
        **interval("", "value, if it has one"),
    },
}
