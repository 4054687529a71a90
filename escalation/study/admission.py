"""Which reports a set of choices admits, and why not the others. Nothing is dropped: the audit keeps every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.records import Case
from escalation.study.choices import Choices

__all__ = ["refusals", "series_of"]

Flags = NDArray[np.bool_]


def series_of(case: Case, choices: Choices) -> dict[str, Any]:
    """Return the arguments of `reconstruct` that name the series: those chosen, else those of the case.

    Parameters
    ----------
    case
        The case.
    choices
        Its counter, unit, scope, start and end.

    Returns
    -------
    dict
        `counter`, `unit`, `scope` (tuple), `start`, `end`.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> series_of(load_case("five-documents"), Choices(end="2024-01-20"))["end"]
    '2024-01-20'
    """
    main = case.main
    out = {name: getattr(choices, name) or main[name] for name in ("counter", "unit", "scope")}
    if choices.scope is None:
        # Another counter need not have every scope that the case declares as nested.
        rows = case.reports[(case.reports["counter"] == out["counter"]).to_numpy(dtype=bool, na_value=False)]
        there = set(rows["scope"].dropna())
        out["scope"] = tuple(scope for scope in main["scope"] if scope in there) or main["scope"]
    for name in ("start", "end"):
        own = getattr(choices, name)
        out[name] = own if own is not None else main[name]
    return out


def refusals(case: Case, choices: Choices, reports: pd.DataFrame) -> pd.Series:
    """Say of each report why the choices do not admit it.

    Parameters
    ----------
    case
        The case; its sources have the grades.
    choices
        What is admitted.
    reports
        Rows of ``case.reports``.

    Returns
    -------
    Series of str
        By the labels of `reports`; empty where a report is admitted.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> case = load_case("five-documents")
    >>> sorted(set(refusals(case, Choices(bounds=("more_than",)), case.reports)))
    ['', 'wording about is not admitted', 'wording at_least is not admitted']
    """
    reason = pd.Series("", index=reports.index, dtype="object")

    def refuse(where: Flags, words: pd.Series | str) -> None:
        free = where & (reason == "").to_numpy()
        reason[free] = words if isinstance(words, str) else words[free]

    bound = _text(reports, "bound").replace("", "exact")
    refuse(~bound.isin(choices.bounds).to_numpy(), "wording " + bound + " is not admitted")
    if not choices.approx:
        refuse((_text(reports, "as_of_precision") == "approx").to_numpy(), "its date is approximate")
    status = _text(reports, "status").replace("", "current")
    refuse(~status.isin(choices.status).to_numpy(), "coder's note " + status + " is not admitted")
    _by_source(case, choices, reports, refuse)
    _by_repeats(choices, reports, series_of(case, choices), reason, refuse)
    return reason


def _text(reports: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as text, empty where it or a cell is missing."""
    if column not in reports:
        return pd.Series("", index=reports.index, dtype="object")
    return reports[column].astype("object").where(reports[column].notna(), "").astype(str)


def _by_source(case: Case, choices: Choices, reports: pd.DataFrame, refuse: Any) -> None:
    """Refuse reports whose source is graded worse than admitted, or is written by AI."""
    sources = case.sources.drop_duplicates("source_id").set_index("source_id")
    own = sources.reindex(_text(reports, "source_id")).set_axis(reports.index, axis=0)
    grade = _text(own, "source_reliability")
    refuse((grade > choices.reliability).to_numpy(), "source reliability " + grade + " is not admitted")
    credibility = pd.to_numeric(_text(own, "information_credibility"), errors="coerce")
    words = "information credibility " + _text(own, "information_credibility") + " is not admitted"
    refuse((credibility > choices.credibility).to_numpy(), words)
    if not choices.ai_generated and "ai_generated" in own:
        refuse(own["ai_generated"].astype("boolean").fillna(value=False).to_numpy(dtype=bool), "written by AI")


def _by_repeats(
    choices: Choices, reports: pd.DataFrame, series: dict[str, Any], reason: pd.Series, refuse: Any
) -> None:
    """Refuse, within the series and among what is admitted so far, later statements of a total or smaller ones."""
    if choices.merge not in ("first", "largest"):
        return
    rows = reports[(reason == "").to_numpy()]
    mine = (rows["counter"] == series["counter"]) & (rows["unit"] == series["unit"])
    rows = rows[(mine & rows["scope"].isin(series["scope"])).to_numpy(dtype=bool, na_value=False)]
    count, day = pd.to_numeric(rows["count"]).astype("float64"), pd.to_datetime(rows["as_of"])
    origin = _origin(rows)
    if choices.merge == "first":
        late = day > day.groupby([count, origin]).transform("min")
        words = "this total was stated for an earlier date"
    else:
        late = count < count.groupby([day, origin]).transform("max")
        words = "a larger total was stated for the same date"
    refuse(reports.index.isin(rows.index[late.to_numpy(dtype=bool)]), words)


def _origin(rows: pd.DataFrame) -> pd.Series:
    """Return the day from which each total counts, the most frequent one where it says none."""
    since = pd.to_datetime(rows["since"]) if "since" in rows else pd.Series(pd.NaT, index=rows.index)
    common = since.mode()
    return since.fillna(common.iloc[0] if len(common) else pd.Timestamp(0))
