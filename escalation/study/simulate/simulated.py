"""A simulated case beside the truth behind it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.charts import new_axes
from escalation.charts.curve import draw_curve, end_label, number_axis, read_curve
from escalation.charts.glyphs import draw_reports, key_of_reports, read_reports
from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.sheet import Pen
from escalation.charts.style import MODEL
from escalation.charts.timeaxis import days, dress, set_window
from escalation.charts.trim import trim_top
from escalation.records.case import Case
from escalation.study.simulate.package import write_package

__all__ = ["Simulated"]


@dataclass(frozen=True, eq=False, repr=False)
class Simulated:
    """A case whose truth is known.

    Parameters
    ----------
    case : Case
        What was reported, as `read_case` gives it.
    truth : DataFrame
        Indexed by date: `rate` per day, `count` and `total` of all incidents, and where there are several series
        ``count_<counter>_<scope>`` and ``total_<counter>_<scope>`` of each.
    changes : DataFrame
        The days on which a rate begins: `date`, `factor` (ratio to the rate before), `rate_before`, `rate_after`. A
        window has two rows, the second on the day after it.
    told : DataFrame
        Indexed by report: `counter`, `scope`, `kind` (fresh, stale, wrong, revised), `meant` (the day that the number
        is about), `true` (the total on that day), `copy_of` (the report copied).
    options : mapping
        What was asked for.
    """

    case: Case
    truth: pd.DataFrame
    changes: pd.DataFrame
    told: pd.DataFrame
    options: Mapping[str, Any]

    def total(self, counter: str | None = None, scope: str | None = None) -> pd.Series:
        """Return the true cumulative count of one series, indexed by date.

        Parameters
        ----------
        counter, scope : str, optional
            None: those of the main series.

        Raises
        ------
        ValueError
            If there is no such series; the message lists those there are.
        """
        main = self.case.main
        one = (counter or main["counter"], scope or main["scope"][0])
        name = "total" if one == (main["counter"], main["scope"][0]) else f"total_{one[0]}_{one[1]}"
        if name not in self.truth:
            there = self.case.reports[["counter", "scope"]].drop_duplicates().itertuples(index=False, name=None)
            raise ValueError(f"no series {one}; there are {', '.join(map(str, there))}")
        return self.truth[name].rename("total")

    def write(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the case as a data package, without its truth.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there.
        overwrite : bool, default False
            Whether files of the same names may be replaced.

        Returns
        -------
        Path
            The folder, which `read_case` reads.

        Raises
        ------
        FileExistsError
            If the folder holds such files and `overwrite` is False.
        NotADirectoryError
            If there is a file where the folder should be.
        ValueError
            If `folder` is no path.
        """
        return write_package(self.case, folder, overwrite=overwrite)

    def summary(self) -> pd.DataFrame:
        """Count what happened and what was told, one row each, indexed by quantity."""
        own, copies = self.told[self.told["copy_of"].isna()], int(self.told["copy_of"].notna().sum())
        said = self.case.reports.set_index("report_id").loc[own.index]
        incidents = self.case.incidents
        rows = [
            ("days", len(self.truth)), ("incidents", int(self.truth["count"].sum())),
            ("mean rate per day", float(self.truth["rate"].mean())), ("changes of the rate", len(self.changes)),
            ("reports", len(self.told)), ("reports that copy another", copies),
            *((f"{kind} reports", int((own["kind"] == kind).sum())) for kind in ("fresh", "stale", "wrong", "revised")),
            ("hedged reports", int((said["bound"] != "exact").sum())),
            ("reports with an approximate date", int((said["as_of_precision"] == "approx").sum())),
            ("incidents described", len(incidents)),
            ("incidents described, weapon reported", int(incidents["weapons"].notna().sum())),
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["quantity", "value"]).set_index("quantity")
        return frame.astype("float64")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the reports of the main series over the true cumulative count.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        main, reports = self.case.main, self.case.reports
        told = self.told.loc[reports["report_id"]].reset_index(drop=True)
        mine = ((told["counter"] == main["counter"]) & (told["scope"] == main["scope"][0])).to_numpy()
        off = told["kind"].isin(["stale", "wrong"]).to_numpy()
        shown = reports[mine].assign(used=True, weight=np.where(off, 0.0, 1.0)[mine])
        total = self.total().astype(float)
        curve = read_curve(pd.DataFrame({"median": total, "lower": np.nan, "upper": np.nan}), "truth")
        own = ax is None
        ax = ax if ax is not None else new_axes()
        set_window(ax, np.concatenate([curve.day, days(shown["as_of"].to_numpy())]))
        pen = Pen(ax)
        dress(ax, pen.sheet)
        found = read_reports(shown, pen.sheet)
        ax.set_ylim(0, found.ceiling(curve.top))
        number_axis(ax, whole=True)
        draw_curve(ax, curve)
        draw_reports(ax, found)
        end_label(pen, curve, "")
        key = [_true_words(item) for item in key_of_reports(found, found.ceiling(curve.top))]
        key.append(KeyItem("true total", "line", MODEL, MODEL))
        subtitle = f"{main['counter']}, {main['unit']}, {main['scope'][0]}; simulated; {len(shown)} reports"
        title = "Cumulative count, as it is and as reported"
        draw_heading(pen, heading(title, subtitle, pen.sheet.text_room, key=[key]))
        return trim_top(ax) if own else ax

    def __repr__(self) -> str:
        own = self.told[self.told["copy_of"].isna()]
        kinds = ", ".join(f"{n} {kind}" for kind, n in own["kind"].value_counts().sort_index().items())
        dates, n = self.truth.index, len(self.changes)
        return (
            f"Simulated({dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}: {int(self.truth['count'].sum())} incidents, {n} "
            f"change{'s' * (n != 1)} of the rate; {len(own)} reports ({kinds}) and {len(self.told) - len(own)} copies; "
            f"{len(self.case.incidents)} incidents described)"
        )

    def _repr_html_(self) -> str:
        table = self.summary().to_html(float_format=lambda x: f"{x:.4g}", header=False, escape=True, border=0)
        return f"<p>{html.escape(repr(self))}</p>{table}"


def _true_words(item: KeyItem) -> KeyItem:
    """Say of stale and wrong reports that they are such, not that they are read as such."""
    return replace(item, text=item.text.replace("read as stale or wrong", "stale or wrong"))
