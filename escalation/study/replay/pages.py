"""The pages that reports stand on: what each copies from, and when it was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from escalation.reconstruct.frame import parse_days
from escalation.records import Case

__all__ = ["Pages", "source_days"]


@dataclass(frozen=True, eq=False)
class Pages:
    """Sources as pages: the one that each copies from, and the first day on which each is known to have been out.

    Parameters
    ----------
    above
        Source that each source copies from.
    published
        Day of publication of each source that has one: the earlier of that in the table of sources and the first of
        its reports.

    Examples
    --------
    >>> pages = Pages({"blog": "paper"}, {"paper": pd.Timestamp("2024-02-05")})
    >>> list(pages.chain("blog")), f"{pages.latest('blog'):%d %b}"
    (['blog', 'paper'], '05 Feb')
    >>> pages.end("blog", pd.Timestamp("2024-02-04")), pages.end("blog", pd.Timestamp("2024-02-05"))
    ('blog', None)
    """

    above: Mapping[str, str]
    published: Mapping[str, pd.Timestamp]

    @classmethod
    def of(cls, case: Case, days: pd.Series) -> Pages:
        """Take the pages of a case; `days` are the reports' own days of publication, by position, NaT for none."""
        published, reports = source_days(case), case.reports
        if "source_id" in reports:
            first = days.set_axis(reports.index).groupby(reports["source_id"]).min().dropna()
            for source, day in zip(first.index.tolist(), first.tolist(), strict=True):
                published[source] = min(day, published.get(source, day))
        return cls(_above(case), published)

    def chain(self, source: str) -> Iterator[str]:
        """Go from a page to the one it copies from, and on to the first; a circle is left where it closes."""
        seen: set[str] = set()
        at: str | None = source
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self.above.get(at)

    def latest(self, source: str) -> pd.Timestamp | None:
        """Return the latest day of publication of a page and all it copies from; None if none is known."""
        days = [self.published[page] for page in self.chain(source) if page in self.published]
        return max(days, default=None)

    def end(self, source: str, date: pd.Timestamp) -> str | None:
        """Return where the chain of a page ends before one that came out after a date; None if it meets none."""
        at = source
        for page in self.chain(source):
            if page != source and page in self.published and self.published[page] > date:
                return at
            at = page
        return None


def source_days(case: Case) -> dict[str, pd.Timestamp]:
    """Return the day of publication of each source that the table of sources dates."""
    if not {"source_id", "published"} <= set(case.sources.columns):
        return {}
    sources = case.sources.drop_duplicates("source_id")
    pairs = zip(sources["source_id"], parse_days(sources["published"]), strict=True)
    return {source: day for source, day in pairs if pd.notna(day)}


def _above(case: Case) -> dict[str, str]:
    """Return what each source copies from: as the table of sources has it, else as a report of it has it."""
    found: dict[str, str] = {}
    for frame in (case.reports, case.sources):
        if {"source_id", "derived_from"} <= set(frame.columns):
            pairs = frame[["source_id", "derived_from"]].dropna().sort_values(["source_id", "derived_from"])
            found |= {a: b for a, b in pairs.itertuples(index=False, name=None) if b not in ("", a)}
    return found
