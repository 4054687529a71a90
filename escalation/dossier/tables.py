"""The tables of a dossier, as CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from escalation.charts import ManifestRow, write_if_changed
from escalation.charts.numbers import numbers_csv
from escalation.reconstruct.result import Reconstruction

__all__ = ["TABLES", "tables_of", "write_tables"]

#: Names of all tables; an interpolator has neither changes, models nor habits.
TABLES = ("changes", "conflicts", "cumulative", "daily", "habits", "models", "rate", "reports", "summary")


def tables_of(rec: Reconstruction) -> dict[str, pd.DataFrame]:
    """Return the tables of a reconstruction by name of their file, without ending.

    Parameters
    ----------
    rec : Reconstruction
        By any method; an interpolator has neither models nor changes nor habits.

    Returns
    -------
    dict of str to DataFrame
        ``cumulative, rate, daily`` by date; ``reports``, the audit of every report; ``conflicts``;
        ``summary``; with ``method="joint"`` also ``changes``, ``models`` and ``habits``.
    """
    tables = {
        "cumulative": rec.cumulative,
        "rate": rec.rate,
        "daily": rec.daily,
        "reports": rec.reports,
        "conflicts": rec.conflicts,
        "summary": rec.summary(),
    }
    if rec.method == "joint":
        tables |= {"changes": _changes(rec), "models": rec.models, "habits": rec.habits}
    return tables


def _changes(rec: Reconstruction) -> pd.DataFrame:
    """Return the changes, or the likeliest windows where none is more probable than not; `kind` says which."""
    summary = rec.changes.summary()
    if len(summary):
        return summary.assign(kind="change")[["kind", *summary.columns]]
    windows = rec.changes.candidates().rename(columns={"start": "lower", "end": "upper"})
    return windows.assign(kind="candidate").reindex(columns=["kind", *summary.columns])


def write_tables(rec: Reconstruction, folder: Path) -> list[ManifestRow]:
    """Write every table into a folder that exists.

    Floats have six significant digits. Cells of text stay as they were reported, also where they begin
    with ``=``, ``+``, ``-`` or ``@``.
    """
    # A sign put before such cells would keep spreadsheets from reading them as formulas, and would no longer be
    # what was reported: the audit promises verbatim text. Import these files as text.
    return [
        write_if_changed(folder / f"{name}.csv", numbers_csv(table)) for name, table in sorted(tables_of(rec).items())
    ]
