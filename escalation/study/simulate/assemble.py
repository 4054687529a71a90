"""Tell every series of a simulated truth, and put all of it into the tables of a case."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from escalation.records.case import Case
from escalation.records.tables import INCIDENTS, REPORTS, SOURCES
from escalation.scale.streams import Streams
from escalation.study.simulate.checks import Spans
from escalation.study.simulate.outlets import Voice, tell
from escalation.study.simulate.package import declare
from escalation.study.simulate.tables import Row, intervention_rows, report_rows, typed, with_roots
from escalation.study.simulate.truth import Truth

__all__ = ["make_case", "truth_frame"]


def make_case(
    truth: Truth, dates: pd.DatetimeIndex, voice: Voice, described: tuple[list[Row], list[Row]],
    spans: Spans, own: list[str], said: str, streams: Streams,
) -> tuple[Case, pd.DataFrame]:  # fmt: skip
    """Tell every series, and put all of it into tables."""
    grades = np.array(list("BCD"))[streams("grades").integers(0, 3, voice.outlets)].tolist()
    reports: list[Row] = []
    pages: list[Row] = list(described[1])
    truths: list[Row] = []
    for (counter, scope), seen in truth.seen.items():
        told = tell(np.cumsum(seen), voice, lambda name, c=counter, s=scope: streams(name, c, s))  # type: ignore[misc]
        rows = report_rows(told, dates, counter, scope, grades, streams)
        for every, new in zip((reports, pages, truths), rows, strict=True):
            every += new
    reports.sort(key=lambda row: (row["as_of"], row["published"], row["report_id"]))
    main = next(iter(truth.seen))[1]
    case = Case(
        "simulated", "Simulated case", Path("simulated"), with_roots(typed(REPORTS, reports), pages),
        typed(INCIDENTS, described[0]), intervention_rows(spans, dates),
        typed(SOURCES, sorted(pages, key=lambda row: str(row["source_id"]))),
        MappingProxyType(declare(main, dates, own, said)),
    )  # fmt: skip
    told = pd.DataFrame(truths).set_index("report_id").loc[case.reports["report_id"].tolist()]
    return case, told.astype(dict.fromkeys(("counter", "scope", "kind", "copy_of"), "string"))


def truth_frame(truth: Truth, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return rate, counts and totals by date: the main series, then each other."""
    main, *others = truth.seen
    columns = {"rate": truth.rate, "count": truth.seen[main], "total": np.cumsum(truth.seen[main])}
    for counter, scope in others:
        found = truth.seen[counter, scope]
        columns |= {f"count_{counter}_{scope}": found, f"total_{counter}_{scope}": np.cumsum(found)}
    return pd.DataFrame(columns, index=dates)
