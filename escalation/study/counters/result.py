"""The result of `compare_counters`: separate reconstructions, their ratios, and scopes beside their parts."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from escalation.charts.counters import CountCell, RatioCell, SumCell, counters_figure
from escalation.reconstruct.result import Reconstruction
from escalation.study.counters.words import (
    CAVEATS,
    detail_words,
    end_words,
    lone_words,
    plural,
    ratio_words,
    scope_of,
    sum_words,
    total_words,
)  # fmt: skip

__all__ = ["CounterComparison"]

_ENDS = ("ratio", "lower", "upper")


@dataclass(frozen=True, eq=False, repr=False)
class CounterComparison:
    """The same period as seen by different counters, each by itself; from `compare_counters`.

    Parameters
    ----------
    reconstructions
        Label (counter/unit/scope) to its reconstruction; the main series first.
    series
        Every series of the case: ``label, counter, unit, scope`` (nested scopes joined by commas), ``reports`` given
        and ``used``, distinct ``statements`` and their ``dates``, ``since`` (its own origin), ``first, last`` day,
        ``total`` at the last day since its own start with interval, ``reference`` (what it is compared with),
        ``done`` (``"main"``, ``"compared"``, ``"reconstructed"``, ``"not reconstructed"``) and ``note`` (why not, or
        what to mind).
    ratios
        One row per ratio: ``series, reference, measure`` (in which units), ``kind, first, last, days, ratio, lower,
        upper, p_more, p_less, p_zero`` (see `ratio_rows`), and ``dates, dates_reference``: how many of the days from
        ``first`` to ``last`` have a statement of either; where there is none, the ratio is estimated, not
        reported.
    scopes
        One row per scope with parts: sum, total and difference at the end of the common days, or why not.
    sums
        The same by day.
    prob, window
        Mass of the intervals; days of a window.
    main
        Label of the main series.
    source
        Credit line.
    """

    reconstructions: Mapping[str, Reconstruction]
    series: pd.DataFrame
    ratios: pd.DataFrame
    scopes: pd.DataFrame
    sums: pd.DataFrame
    prob: float
    window: int
    main: str
    source: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the comparison assumes."""
        return CAVEATS

    def summary(self) -> pd.DataFrame:
        """Return one row per series: what it rests on, its total, its ratio to the reference, the change of that.

        ``ratio`` is over all common days, ``change`` the ratio in their second half over that in the first, each with
        ``_lower`` and ``_upper``; ``common`` counts the days.
        """
        columns = ["label", "reports", "statements", "first", "last", "total", "total_lower", "total_upper"]
        out = self.series[columns].copy()
        out["reference"] = self.series["reference"]
        final = self.ratios[(self.ratios["kind"] == "cumulative").to_numpy()].groupby("series").last()
        change = self.ratios[(self.ratios["kind"] == "second over first half").to_numpy()].set_index("series")
        out["common"] = out["label"].map(final["days"]).astype("Int64")
        for name, frame in (("ratio", final), ("change", change)):
            for new, old in zip((name, f"{name}_lower", f"{name}_upper"), _ENDS, strict=True):
                out[new] = out["label"].map(frame[old]).astype("float64")
        out["done"], out["note"] = self.series["done"], self.series["note"]
        return out.set_index("label")

    def sentences(self) -> list[str]:
        """Say each comparison in plain words, what was left out, and what the numbers are not."""
        return [
            *ratio_words(self.series, self.ratios, self.prob), *sum_words(self.scopes, self.series),
            *total_words(self.series, self.prob), *lone_words(self.series), *CAVEATS,
        ]  # fmt: skip

    def numbers(self) -> dict[str, pd.DataFrame]:
        """Return the numbers of the figure, each frame fit for a CSV: series, cumulative, ratios, scopes, sums."""
        curves = [rec.cumulative.reset_index().assign(series=label) for label, rec in self.reconstructions.items()]
        cumulative = pd.concat(curves, ignore_index=True)[["series", "date", "mean", "median", "lower", "upper"]]
        return {"series": self.series.copy(), "cumulative": cumulative, "ratios": self.ratios.copy(),
                "scopes": self.scopes.copy(), "sums": self.sums.copy()}  # fmt: skip

    def plot(self, *, width: float = 12.0, source: str | None = None) -> Figure:
        """Draw every series in a panel of its own on one scale, below them the ratios, then scopes and their parts.

        Parameters
        ----------
        width
            Of the figure in inches; its height follows from the number of panels.
        source
            Credit line; None takes that of the case.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return counters_figure(
            self._counts(), self._ratio_cells(), self._sum_cells(), prob=self.prob, window=self.window, width=width,
            unit=plural(str(self._rows()[self.main]["unit"])), source=self.source if source is None else source,
        )  # fmt: skip

    def _rows(self) -> dict[str, pd.Series]:
        """Return the rows of the reconstructed series by label."""
        return {row["label"]: row for _, row in self.series.iterrows() if row["label"] in self.reconstructions}

    def _counts(self) -> list[CountCell]:
        """Return one panel per reconstruction, over the line of its reference."""
        cells = []
        for label, row in self._rows().items():
            rec = self.reconstructions[label]
            used = rec.reports[rec.reports["used"].astype(bool)]
            other = self.reconstructions.get(str(row["reference"]))
            cells.append(CountCell(
                _name(row), detail_words(row),
                used.assign(weight=1.0 - used[["p_stale", "p_wrong"]].sum(axis=1)), rec.cumulative,
                None if other is None else other.cumulative,
            ))  # fmt: skip
        return cells

    def _ratio_cells(self) -> list[RatioCell]:
        """Return one panel per compared series."""
        rows = self._rows()
        cells = []
        for label, own in self.ratios.groupby("series", sort=False):
            row, against = rows[str(label)], rows[str(own["reference"].iloc[0])]["counter"]
            name = f"{row['counter']} / {against}, {scope_of(row)}"
            cells.append(RatioCell(name, end_words(own), own))
        return cells

    def _sum_cells(self) -> list[SumCell]:
        """Return the scopes that have parts."""
        return [
            SumCell(str(self._rows()[str(whole)]["counter"]), scope_of(self._rows()[str(whole)]),
                    str(self.scopes.loc[(self.scopes["whole"] == whole).to_numpy(), "parts"].iloc[0]), own)
            for whole, own in self.sums.groupby("whole", sort=False)
        ]  # fmt: skip

    def __repr__(self) -> str:
        done = self.series["done"]
        return (
            f"CounterComparison({len(done)} series, {len(self.reconstructions)} reconstructed, "
            f"{int((done == 'compared').sum())} compared with {self.main})\n  "
            + "\n  ".join([*ratio_words(self.series, self.ratios, self.prob), *sum_words(self.scopes, self.series)])
        )

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        return f"<ul>{said}</ul>{self.summary().to_html(float_format=lambda x: f'{x:.3g}', na_rep='', escape=True)}"


def _name(row: pd.Series) -> str:
    """Return the name of a panel."""
    return f"{row['counter']}, {scope_of(row)}"
