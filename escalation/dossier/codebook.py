"""What the columns of the CSV files of a dossier mean."""

from __future__ import annotations

import pandas as pd

from escalation.dossier.codebookwords import CHANGE, DAY_RATE, RATE_TABLES, REPORTED, ends, interval
from escalation.scale.bounds import ASSUMPTIONS

__all__ = ["CODEBOOK", "codebook_frame"]

_SCALE = {"scale": "levels from low to high; those joined with | are tied"}
_EVIDENCE = {
    "evidence": "line of evidence: confirmed (the lead line) or claimed (confirmed or not); the two overlap",
}
_LEVEL = {"level": "lowest level that counts: this level or a higher one"}
_PERIOD = {"period": "period, such as 2023-11; all is the whole window"}
_SPAN = {"first": "first day of the period", "last": "last day of the period"}
_POSSIBLE = {"first": "first possible day of the incident", "last": "last possible day of the incident"}
_FLAGS = {"confirmed": "whether the incident was confirmed", "claimed": "whether the incident was claimed"}
_IN_WINDOW = {"in_window": "whether the middle of the possible days lies in the window of the reconstruction"}
_INCIDENT = {"incident": "key of the incident"}

_COUNTS = {
    "described": "incidents of the line in the period, of known level or not",
    "typed": "incidents of the line in the period whose level is known",
    "at_least": "incidents of the line in the period known to be at this level or higher",
}
_UNKNOWN = (
    "incidents of unknown level in the period, on the lead line also the reconstructed ones that it does not describe: "
    "median"
)
_EXCESS = {
    "excess": "probability that the line describes more incidents than were reconstructed in the period (all: in some "
    "period); 0 except on the lead line",
}
_END = "end of the share at this level or higher with no assumption on unknown levels"
_OF = "of all reconstructed incidents on the lead line (with the uncertainty of their number), else of the line"
_NUMBER = "number of incidents in the period at this level or higher with no assumption on unknown levels"
_MEDIAN = "median munitions per incident that the reported ranges allow, incidents of all levels"
_CAUGHT = "share of munitions intercepted that the reported ranges allow, incidents of all levels with both numbers"

#: How often, how high and how large, by line of evidence, level and period; before and after the interval of the share.
_BEFORE = {
    **ends("total", "incidents of all levels reconstructed in the period: median (lead line only)"),
    **_COUNTS,
    "unknown": _UNKNOWN,
    **_EXCESS,
    "share": "share at this level or higher among incidents of known level: at_least / typed",
}
_AFTER = {
    "bound_lower": f"lower {_END}, {_OF}",
    "bound_upper": f"upper {_END}, {_OF}",
    "salvos": "incidents of all levels of the line in the period whose munitions are reported",
    "salvo_low": f"least {_MEDIAN}",
    "salvo_high": f"largest {_MEDIAN}; inf if open",
    "intercepted_low": f"least {_CAUGHT}",
    "intercepted_high": f"largest {_CAUGHT}",
    "days": "days in the period (lead line only)",
    **ends("rate", "mean rate of incidents of all levels in the period, per day: median (lead line only)"),
    **ends(
        "level_rate",
        "rate of the process of incidents at this level or higher, per day, if levels are missing at random: median of "
        "rate times share (lead line only)",
    ),
    "number_least": f"least {_NUMBER} (lead line only)",
    "number_most": f"largest {_NUMBER}, with the uncertainty of the total (lead line only)",
}
_BINOMIAL = "share, exact binomial"

_BOUNDS = {
    **_SCALE, **_EVIDENCE, **_LEVEL, **_PERIOD,
    "assumption": f"what is assumed of unknown levels: {', '.join(ASSUMPTIONS)}",
    "kind": "identified set: what is left open by unknown levels, without sampling error; interval: exact binomial "
    "interval (mass: prob in manifest.json)",
    "lower": "lower end of the share at this level or higher, read as kind says, with the uncertainty of the "
    "number of incidents",
    "upper": "upper end of the share at this level or higher, read as kind says, with the uncertainty of the "
    "number of incidents",
    "lower_mid": "lower end of the share at this level or higher, at the median number of incidents",
    "upper_mid": "upper end of the share at this level or higher, at the median number of incidents",
    "estimate": "at_least / typed under missing at random; empty under the other assumptions",
    "typed": _COUNTS["typed"], "at_least": _COUNTS["at_least"], "described": _COUNTS["described"],
    **ends("unknown", _UNKNOWN),
    "total": "incidents of all levels in the period: on the lead line median of those reconstructed, else described",
    **_EXCESS,
    "excess_by": "median of the larger number, described or reconstructed (all: summed over the periods), minus total",
    "ratio": "monotone selection: how many times as often as the lowest level the highest is reported, at most; else "
    "empty",
    "of": "incidents whose share it is: all reconstructed, or those of the line only",
}  # fmt: skip

_CHANCE = "chance that an incident of the later period has the higher level, ties counted half"
_LARGEST = "(their number at the upper end of its interval)"
_COMPARISONS = {
    **_SCALE, **_EVIDENCE,
    "earlier": "earlier of the two periods",
    "later": "later of the two periods",
    "typed_earlier": "incidents of the line in the earlier period whose level is known",
    "typed_later": "incidents of the line in the later period whose level is known",
    "sample_superiority": f"{_CHANCE}: among incidents of known level",
    "described_least": f"{_CHANCE}: least, whatever the unknown levels of described incidents are",
    "described_most": f"{_CHANCE}: largest, whatever the unknown levels of described incidents are",
    "superiority": f"{_CHANCE}: posterior mean, averaged over one distribution for both periods and two",
    **interval("", "superiority"),
    "p_same": "posterior probability that both periods have one distribution over the levels",
    "p_rises": "posterior probability that they differ and no share at a level or higher is smaller in the later one",
    "p_falls": "posterior probability that they differ and no share at a level or higher is larger in the later one",
    "p_crosses": "posterior probability that they differ in neither of these two ways",
    "prior_rises": "prior probability of p_rises, and of p_falls",
    "p_more_often": "posterior probability that the mean rate of all incidents is higher in the later period",
    "p_less_often": "posterior probability that the mean rate of all incidents is lower in the later period",
    "p_both": "p_more_often times p_rises, the two being taken as independent",
    "all_least": f"{_CHANCE}: least, whatever the unknown levels of all reconstructed incidents are {_LARGEST}",
    "all_most": f"{_CHANCE}: largest, whatever the unknown levels of all reconstructed incidents are {_LARGEST}",
}  # fmt: skip

_TREND = {
    **_SCALE, **_EVIDENCE,
    "described": "incidents of the line in the window, of known level or not",
    "typed": "incidents of the line in the window whose level is known",
    "unknown": "incidents of the line in the window whose level is not known",
    "tau": "Kendall's tau of level with day, -1 to 1; empty if no two incidents differ in level, or none in day",
    "tau_p": "two-sided p of tau, levels permuted over incidents",
    "tau_method": "how tau_p was found: exact, random permutations or normal",
    "tau_p_days": "two-sided p of Kendall's score of level with day, whole days permuted",
    "jonckheere": "Jonckheere-Terpstra statistic: pairs of incidents of two periods, the later being of the higher "
    "level, ties counted half",
    "jonckheere_p": "two-sided p of jonckheere, by permutation",
    "p_change": "posterior probability that the mix of levels changed",
    "prior_p_change": "prior probability that the mix of levels changed",
    "bayes_factor": "posterior odds over prior odds that the mix of levels changed",
    "salvos": "incidents of all levels of the line in the window whose munitions are reported",
    "salvo_tau": "Kendall's tau of munitions per incident with day, -1 to 1; empty as tau is",
    "salvo_p": "two-sided p of salvo_tau, by permutation",
}  # fmt: skip

_USES = {
    **_SCALE, **_LEVEL, **_INCIDENT, **_POSSIBLE, **_FLAGS,
    "confirmed_low": "least possible place among confirmed uses, from 1; empty if not confirmed",
    "confirmed_high": "largest possible place among confirmed uses, from 1; empty if not confirmed",
    "claims_low": "least possible place among uses confirmed or claimed, from 1; empty if neither",
    "claims_high": "largest possible place among uses confirmed or claimed, from 1; empty if neither",
    "described_low": "least possible place among all described uses, from 1",
    "described_high": "largest possible place among all described uses, from 1",
    **_IN_WINDOW,
    "sentence": "the use and its places in words",
}  # fmt: skip

_CODED = {
    **_SCALE,
    "level": "level of the incident itself, of a mixed attack the highest; empty if no weapon was reported",
    "period": "period that middle lies in; empty outside the window",
    **_INCIDENT, **_POSSIBLE,
    "middle": "middle of the possible days, rounded down",
    **_FLAGS, **_IN_WINDOW,
}  # fmt: skip

_OVERVIEW = {
    "panel": "what the row is about: reports, cumulative, rate, changes, interventions, incidents, lanes or counts",
    "report_id": "key of the report",
    **REPORTED,
    "used": "whether the report is part of the reconstruction",
    "weight": "posterior probability that the report is the current total, rounded or not; empty if not used",
    "date": "day; of a change the first of the new rate (median), of an intervention or incident the first (possible) "
    "day",
    **{name: f"{name} of the total by the end of the day (cumulative) or of the rate per day (rate)"
       for name in ("mean", "median")},
    **interval("", "the total (cumulative), the rate (rate) or date (changes)"),
    **CHANGE,
    "date_end": "last day of the intervention, last possible day of the incident; empty where none is given",
    "label": "what the intervention is called in figures",
    "incident_id": "key of the incident",
    "levels": "weapons of the incident, joined with +; empty if none was reported",
    "confirmed": "incidents: whether it was confirmed; lanes: number of incidents that were",
    "claimed": "incidents: whether it was claimed; lanes: number of incidents that were",
    "shown": "drawn, or why the incident is not drawn",
    "lane": "weapon of the lane, in which mixed attacks count too; empty for incidents without a reported weapon",
    "both": "number of incidents of the lane that were confirmed and claimed",
    "neither": "number of incidents of the lane that were neither confirmed nor claimed",
    "quantity": "what value counts",
    "value": "number of reports, statements, incidents or interventions",
}  # fmt: skip

_PAIRING = {
    "panel": "what the row is about: rate, changes, shares (by line, level and period), munitions (by incident) or "
    "summary",
    "date": "day; of a change the first of the new rate (median), of an incident the first possible day",
    "mean": f"mean of {DAY_RATE}",
    "median": f"median of {DAY_RATE}",
    **interval("", f"the rate (rate), date (changes) or {_BINOMIAL} (shares)"),
    **CHANGE, **_EVIDENCE,
    "level": "shares: lowest level that counts, this level or a higher one; munitions: level of the incident "
    "itself, empty if unknown",
    "period": "shares: period, such as 2023-11; munitions: that of the incident",
    **_SPAN, **_BEFORE, **_AFTER, **_INCIDENT,
    "date_end": "last possible day of the incident",
    "munitions_low": "least number of munitions reported of the incident",
    "munitions_high": "largest number of munitions reported of the incident; empty if open",
    "intercepted": "number of munitions of the incident reported as intercepted",
    **_FLAGS,
    "quantity": "what value is",
    "value": "probability, Kendall's tau or p, as quantity says",
}  # fmt: skip

#: Meaning of each column, by file without its ending; columns in the order of the file.
CODEBOOK: dict[str, dict[str, str]] = {
    **RATE_TABLES,
    "bounds": _BOUNDS,
    "coded": _CODED,
    "comparisons": _COMPARISONS,
    "levels": {**_SCALE, **_EVIDENCE, **_LEVEL, **_PERIOD, **_SPAN, **_BEFORE, **interval("", _BINOMIAL), **_AFTER},
    "overview": _OVERVIEW,
    "pairing": _PAIRING,
    "trend": _TREND,
    "uses": _USES,
}


def codebook_frame() -> pd.DataFrame:
    """Return the meaning of every column of every CSV file of a dossier.

    Returns
    -------
    DataFrame
        ``file`` (without its ending), ``column``, ``meaning``: by file, then in the order of the columns.

    Examples
    --------
    >>> frame = codebook_frame().set_index(["file", "column"])
    >>> frame.loc[("habits", "prior"), "meaning"]
    'prior probability of the habit'
    """
    rows = [(file, column, words) for file, found in sorted(CODEBOOK.items()) for column, words in found.items()]
    return pd.DataFrame(rows, columns=["file", "column", "meaning"])
