"""When each report became known, and what was known on a date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from escalation.reconstruct.frame import tidy_reports
from escalation.records import Case
from escalation.study.replay.pages import Pages, source_days

__all__ = ["APPROX_DAYS", "Known", "Library", "when_known"]

#: The reading lets an approximate as-of date lie up to so many days off; an undated report of one waits as long.
APPROX_DAYS = 3


def when_known(case: Case, lag: int) -> pd.DataFrame:
    """Return the day from which each report of a case was known.

    That is the report's own day of publication. Where it has none: the day that the table of sources has for its
    source, if this is not before the as-of date; else the as-of date and `lag` days, and `APPROX_DAYS` more if the
    as-of date is approximate; but in no case before the day on which its page, or any page in the chain that this
    copies from, is known to have been out (see `Pages`): a copy is not known before what it copies. No report is known
    before its as-of date.

    Parameters
    ----------
    case
        The case.
    lag
        Days from the as-of date to publication where this is not stated, at least 0.

    Returns
    -------
    DataFrame
        One row per report, in their order: ``as_of``, ``known`` (dates) and ``assumed`` (whether neither the report
        nor its source has a usable day of publication).

    Raises
    ------
    ValueError
        For cells that cannot be read, all at once.
    """
    tidy = tidy_reports(case.reports)
    own, pages, by_source = tidy["published"], Pages.of(case, tidy["published"]), source_days(case)
    stated = _of_sources(case.reports, by_source.get)
    stated = stated.where(stated >= tidy["as_of"])
    wait = pd.to_timedelta(lag + APPROX_DAYS * tidy["approx"].astype("int64"), unit="D")
    undated = pd.DataFrame({
        "least": stated.fillna(tidy["as_of"] + wait), "pages": _of_sources(case.reports, pages.latest),
    }).max(axis=1)  # fmt: skip
    return pd.DataFrame({"as_of": tidy["as_of"], "known": own.fillna(undated), "assumed": own.isna() & stated.isna()})


def _of_sources(reports: pd.DataFrame, day: Callable[[str], pd.Timestamp | None]) -> pd.Series:
    """Return the day that belongs to each report's source, by position; NaT where it has no source."""
    if "source_id" not in reports:
        return pd.Series(pd.NaT, index=range(len(reports)), dtype="datetime64[us]")
    days = {source: day(source) for source in reports["source_id"].dropna().unique()}
    found = [days.get(source, pd.NaT) if pd.notna(source) else pd.NaT for source in reports["source_id"]]
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
    pages
        What each source copies from, and when it was published.
    """

    reports: pd.DataFrame
    scope: tuple[str, ...]
    days: pd.DataFrame
    pages: Pages

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
        pages = Pages.of(case, tidy_reports(case.reports)["published"])
        return cls(case.reports[mine.to_numpy()], tuple(scope), days[mine.to_numpy()], pages)

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
        """Let a report copy from no page that came out after the date, by the table of sources or by its reports.

        Only a chain of copies with such a later page is changed: it ends before that page.
        """
        if not {"source_id", "derived_from"} <= set(reports.columns):
            return reports
        ends = {source: self.pages.end(source, date) for source in reports["source_id"].dropna().unique()}
        cut = reports["source_id"].map({source: end for source, end in ends.items() if end is not None})
        return reports.assign(derived_from=reports["derived_from"].where(cut.isna(), cut))
