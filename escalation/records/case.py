"""A case: four tables and their declaration, as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from escalation.records.tables import TABLES

__all__ = ["Case", "nested_scopes"]


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """What was reported about one conflict: four tables and their declaration.

    Dates are ``datetime64``, counts ``Int64``, true/false ``boolean``, all else ``string``; a missing value
    is ``NaT`` or ``<NA>``. Columns that the tables do not declare are kept, as text, after the declared ones.

    Parameters
    ----------
    name, title : str
        Of the data package.
    folder : Path
        Where it was read from.
    reports, incidents, interventions, sources : DataFrame
        One row per row of the file, in its order. `reports` has one column more, ``derived_from``: the root
        of the report's source, which is the source itself unless it copies from another.
    meta : mapping
        The content of ``datapackage.json``; cannot be written to.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> case = load_case("iraq-syria-2023")
    >>> case.main["counter"], case.main["scope"]
    ('pentagon', ('Iraq+Syria', 'Iraq+Syria+Jordan'))
    """

    name: str
    title: str
    folder: Path
    reports: pd.DataFrame
    incidents: pd.DataFrame
    interventions: pd.DataFrame
    sources: pd.DataFrame
    meta: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def main(self) -> dict[str, Any]:
        """Keyword arguments that choose the main series.

        ``counter`` and ``unit`` (str), ``scope`` (tuple of the scope names that are one series, the main one
        first), ``start`` and ``end`` (Timestamp, first and last day; None if the case declares no window).
        """
        block = self.meta["escalation"]
        series = dict(block["main_series"])
        start, end = (pd.Timestamp(day) for day in block["window"]) if "window" in block else (None, None)
        return {
            "counter": series["counter"],
            "unit": series["unit"],
            "scope": nested_scopes(block),
            "start": start,
            "end": end,
        }

    @property
    def source_line(self) -> str:
        """The credit line for figures; the title if the case declares none."""
        return str(self.meta["escalation"].get("source_line", self.title))

    def summary(self) -> pd.DataFrame:
        """Count the rows: reports by counter, unit and scope, then the other tables, with their dates.

        Returns
        -------
        DataFrame
            Columns ``table, counter, unit, scope, rows, first, last``; the ``rows`` of a table add up to its
            length, the dates are those of ``as_of``, ``date`` or (sources) ``published``.
        """
        parts = [
            ("reports", series, rows["as_of"])
            for series, rows in self.reports.groupby(["counter", "unit", "scope"], sort=False)
        ]
        none = (pd.NA, pd.NA, pd.NA)
        parts += [
            ("incidents", none, self.incidents["date"]),
            ("interventions", none, self.interventions["date"]),
        ]
        parts += [("sources", none, self.sources["published"])]
        records = [(table, *series, len(days), days.min(), days.max()) for table, series, days in parts]
        frame = pd.DataFrame(records, columns=["table", "counter", "unit", "scope", "rows", "first", "last"])
        return frame.astype(dict.fromkeys(("table", "counter", "unit", "scope"), "string"))

    def __repr__(self) -> str:
        main = self.main
        days = " to ".join(f"{main[side]:%Y-%m-%d}" for side in ("start", "end") if main[side] is not None)
        sizes = ", ".join(f"{len(getattr(self, table.name))} {table.name}" for table in TABLES)
        series = f"{main['counter']}, {main['unit']}, {main['scope'][0]}"
        return f"<Case {self.name!r}: {sizes}; main series {series}{', ' * bool(days)}{days}>"

    def _repr_html_(self) -> str:
        table = self.summary().to_html(index=False, na_rep="", escape=True, border=0)
        return f"<p><strong>{escape(self.title)}</strong><br>{escape(repr(self))}</p>{table}"

    def __getstate__(self) -> dict[str, Any]:
        # A read-only mapping cannot be sent to another process; the dict behind it can.
        return {**self.__dict__, "meta": dict(self.meta)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, meta=MappingProxyType(state["meta"]))


def nested_scopes(block: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the scopes that are one series with the main one, the main one first."""
    main = block["main_series"]["scope"]
    others = next((scopes for scopes in block.get("nested_scopes", ()) if main in scopes), ())
    return (main, *(scope for scope in others if scope != main))
