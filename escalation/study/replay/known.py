"""When each report became known, and what was known on a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from escalation.reconstruct.frame import parse_days, tidy_reports
from escalation.records import Case

__all__ = ["APPROX_DAYS", "Known", "Library", "when_known"]

#: The reading lets an approximate as-of date lie up to so many days off; an undated report of one waits as long.
APPROX_DAYS = 3


def when_known(case: Case, lag: int) -> pd.DataFrame:
    """Return the day from which each report of a case was known.

    That is the report's own day of publication; else that of its source, if this is not before the as-of date; else
    the as-of date and `lag` days, and `APPROX_DAYS` more if the as-of date is approximate. No report is known before
    its as-of date.

    Parameters
    ----------
    case
        The case.
    lag
        Days from the as-of date to publication where this is not stated, at least 0.

    Returns
    -------
    DataFrame
        One row per report, in their order: ``as_of``, ``known`` (dates) and ``assumed`` (whether by `lag`).

    Raises
    ------
    ValueError
        For cells that cannot be read, all at once.
    """
    tidy = tidy_reports(case.reports)
    own, by_source = tidy["published"], _source_days(case)
    by_source = by_source.where(by_source >= tidy["as_of"])
    wait = pd.to_timedelta(lag + APPROX_DAYS * tidy["approx"].astype("int64"), unit="D")
    known = own.fillna(by_source)
    return pd.DataFrame({"as_of": tidy["as_of"], "known": known.fillna(tidy["as_of"] + wait), "assumed": known.isna()})


def _source_days(case: Case) -> pd.Series:
    """Return the day of publication of each report's source, by position; NaT if it has none."""
    if "source_id" not in case.reports or not {"source_id", "published"} <= set(case.sources.columns):
        return pd.Series(pd.NaT, index=range(len(case.reports)), dtype="datetime64[us]")
    sources = case.sources.drop_duplicates("source_id")
    days = dict(zip(sources["source_id"], parse_days(sources["published"]), strict=True))
    found = [days.get(source, pd.NaT) for source in case.reports["source_id"]]
    return pd.Series(pd.to_datetime(pd.Series(found, dtype="datetime64[us]")), index=range(len(found)))


@dataclass(frozen=True)
class Known:
    """What was known on one date.

    Parameters
    ----------
    date
        The date; what was published on it is known.
    reports
        Reports of the series, as in the case.
    scope
        Names of the series' scope that these reports have.
    assumed
        How many of the reports have an assumed day of publication.
    """

    date: pd.Timestamp
    reports: pd.DataFrame
    scope: tuple[str, ...]
    assumed: int


@dataclass(frozen=True, eq=False)
class Library:
    """The reports of one series with the day on which each became known.

    Parameters
    ----------
    reports
        Reports of the series.
    scope
        Names of its scope, the main one first.
    days
        ``as_of, known, assumed`` of each report, as from `when_known`, with the same index.
    parents
        Source that each source copies from.
    published
        Day of publication of each source that has one.
    """

    reports: pd.DataFrame
    scope: tuple[str, ...]
    days: pd.DataFrame
    parents: Mapping[str, str]
    published: Mapping[str, pd.Timestamp]

    @classmethod
    def of(cls, case: Case, counter: str, unit: str, scope: Sequence[str], lag: int) -> Library:
        """Take the reports of one series of a case.

        Raises
        ------
        ValueError
            If a cell cannot be read, or no report belongs to the series.
        """
        days = when_known(case, lag).set_index(case.reports.index)
        mine = pd.Series(True, index=case.reports.index)
        for column, wanted in (("counter", (counter,)), ("unit", (unit,)), ("scope", tuple(scope))):
            if column in case.reports:
                mine &= case.reports[column].isin(wanted).to_numpy(dtype=bool)
        if not mine.any():
            raise ValueError(
                f"no report of the case has counter {counter}, unit {unit} and scope {' or '.join(scope)}: choose a "
                "series that case.summary() lists"
            )
        parents, published = _sources(case)
        return cls(case.reports[mine.to_numpy()], tuple(scope), days[mine.to_numpy()], parents, published)

    def by(self, date: pd.Timestamp) -> Known:
        """Return what was known at the end of a date."""
        rows = ((self.days["known"] <= date) & (self.days["as_of"] <= date)).to_numpy()
        reports = self.reports[rows]
        if "scope" in reports:
            scope = tuple(name for name in self.scope if (reports["scope"] == name).any())
        else:
            scope = self.scope
        return Known(date, self._rooted(reports, date), scope, int(self.days.loc[rows, "assumed"].sum()))

    def _rooted(self, reports: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
        """Let a report copy from nothing that was published later than the date.

        Only a chain of copies with such a later page is changed: it ends before that page.
        """
        if not {"source_id", "derived_from"} <= set(reports.columns):
            return reports
        ends = {source: self._end(source, date) for source in reports["source_id"].dropna().unique()}
        cut = reports["source_id"].map({source: end for source, end in ends.items() if end is not None})
        return reports.assign(derived_from=reports["derived_from"].where(cut.isna(), cut))

    def _end(self, source: str, date: pd.Timestamp) -> str | None:
        """Return where the chain of a source ends before a later page; None if it meets none."""
        at, seen = source, {source}
        while (above := self.parents.get(at)) is not None and above not in seen:
            if above in self.published and self.published[above] > date:
                return at
            seen.add(above)
            at = above
        return None


def _sources(case: Case) -> tuple[dict[str, str], dict[str, pd.Timestamp]]:
    """Return what each source copies from, and when each was published, where known."""
    sources = case.sources
    if "source_id" not in sources:
        return {}, {}
    names: list[Any] = sources["source_id"].tolist()
    parents, published = {}, {}
    if "derived_from" in sources:
        parents = {a: b for a, b in zip(names, sources["derived_from"], strict=True) if pd.notna(b) and b != ""}
    if "published" in sources:
        days = zip(names, parse_days(sources["published"]), strict=True)
        published = {name: day for name, day in days if pd.notna(day)}
    return parents, published
