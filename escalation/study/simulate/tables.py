"""Rows as tables of a case, with the types that `read_case` gives and identifiers made of content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pandas as pd

from escalation.records.tables import INTERVENTIONS, REPORTS, Column, Table
from escalation.scale.streams import Streams

__all__ = ["UNIT", "digest", "intervention_rows", "report_rows", "typed", "with_roots"]

Row = dict[str, Any]

#: What is counted.
UNIT = "attack"


def typed(table: Table, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a table with every declared column; a value that a row lacks is missing.

    Examples
    --------
    >>> typed(REPORTS, [{"report_id": "a"}]).dtypes["count"].name
    'Int64'
    """
    return pd.DataFrame({c.name: _column(c, [row.get(c.name) for row in rows]) for c in table.columns})


def _column(column: Column, values: list[Any]) -> pd.Series[Any]:
    if column.kind == "date":
        # A day that is always there makes pandas choose the resolution that it chooses on reading.
        text = [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in values]
        return pd.Series(pd.to_datetime(pd.Series([*text, "2000-01-01"], dtype="object"), format="%Y-%m-%d").iloc[:-1])
    kinds = {"integer": pd.Int64Dtype(), "boolean": pd.BooleanDtype()}
    return pd.Series(values, dtype=kinds.get(column.kind, pd.StringDtype()))


def digest(*parts: object) -> str:
    """Return eight characters that stand for some content."""
    return sha256("|".join(map(str, parts)).encode()).hexdigest()[:8]


def report_rows(
    told: pd.DataFrame, dates: pd.DatetimeIndex, counter: str, scope: str, grades: Sequence[str], streams: Streams
) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the reports of one series, their pages, and what is true of each report.

    Each report is on a page of its own; the page of a copy is derived from the page that it copies.
    """
    reports: list[Row] = []
    pages: list[Row] = []
    truths: list[Row] = []
    credible = streams("credibility", counter, scope).integers(1, 5, len(told)).tolist()
    status = {"stale": "stale", "wrong": "other"}
    for k, row in enumerate(told.to_dict("records")):
        as_of, published = dates[0] + pd.Timedelta(days=row["day"]), dates[0] + pd.Timedelta(days=row["published"])
        content = (counter, scope, f"{as_of:%Y%m%d}", row["count"], row["bound"], f"{published:%Y%m%d}", k)
        of, outlet = int(row["copy_of"]), f"outlet-{row['outlet'] + 1:02d}"
        code = digest(*content)
        pages.append({
            "source_id": f"{outlet}-{code}", "publisher": outlet, "title_or_url": f"page {code}",
            "published": published, "ai_generated": False,
            "derived_from": None if of < 0 else pages[of]["source_id"],
            "source_reliability": grades[row["outlet"]], "information_credibility": str(credible[k]),
        })  # fmt: skip
        reports.append({
            "report_id": f"att-{as_of:%Y%m%d}-{row['count']}-{code}", "counter": counter, "unit": UNIT, "scope": scope,
            "as_of": as_of, "as_of_precision": "approx" if row["approx"] else "day", "published": published,
            "count": row["count"], "bound": row["bound"], "since": dates[0],
            "since_text": f"since {dates[0]:%Y-%m-%d}", "attribution": counter,
            "source_id": pages[k]["source_id"], "status": status.get(row["kind"], "current"),
        })  # fmt: skip
        truths.append({
            "report_id": reports[k]["report_id"], "counter": counter, "scope": scope, "kind": row["kind"],
            "meant": dates[row["meant"]], "true": row["true"],
            "copy_of": None if of < 0 else reports[of]["report_id"],
        })  # fmt: skip
    return reports, pages, truths


def with_roots(reports: pd.DataFrame, pages: Sequence[Row]) -> pd.DataFrame:
    """Add the root of each report's page, as `read_case` does."""
    parent = {page["source_id"]: page["derived_from"] for page in pages}
    roots = []
    for at in reports["source_id"]:
        root = at
        while parent[root] is not None:
            root = parent[root]
        roots.append(root)
    reports = reports.copy()
    reports.insert(len(REPORTS.columns), "derived_from", pd.Series(roots, dtype="string"))
    return reports


def intervention_rows(spans: Sequence[tuple[int, int | None, str]], dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return a table of interventions of first day, last day (None: one day) and kind."""
    rows: list[Row] = []
    for first, last, kind in sorted(spans, key=lambda span: (span[0], span[1] or -1, span[2])):
        day = f"{dates[first]:%Y%m%d}"
        rows.append({
            "intervention_id": f"int-{day}-{digest(day, last, kind, len(rows))}", "date": dates[first],
            "date_end": None if last is None else dates[last], "kind": kind,
        })  # fmt: skip
    return typed(INTERVENTIONS, rows)
