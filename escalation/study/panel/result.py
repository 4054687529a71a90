"""The result of a panel: one row per series, and which of them are discoveries."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.charts.canvas import new_axes
from escalation.charts.discoveries import discoveries_panel
from escalation.study.panel.discoveries import e_bh
from escalation.study.panel.settings import Settings

__all__ = ["Panel", "with_discoveries"]

#: Reasons of failure that a summary names one by one.
REASONS = 8
#: What is a series' own in a reason: a quoted name, an aside that holds a number, a number.
OWN = re.compile(r"'[^']*'|\([^()]*\d[^()]*\)|[-\d.,]*\d")
#: Said behind a reason that stands for others.
ALIKE = " (the first of those alike)"
#: Rows shown in a notebook.
SHOWN = 20


@dataclass(frozen=True, repr=False)
class Panel:
    """Many series, one row each; from `panel`.

    Parameters
    ----------
    table
        In the order of the data. `number` (from 0) and name of the `series`; `kind` (reports or counts); `days`,
        `first` and `last` day; `given` and `used` reports (of counts: observed days); `total`, its median and
        interval (of counts: the sum over observed days, which is certain); `mean_rate` per day, posterior mean;
        `p_constant`, `p_drift` (without a jump), `p_jump` (at least one); `prior_odds`, `bayes_factor`, `verdict`;
        `n_changes`, the most probable number of jumps. The most probable change: where `change_is` is ``"date"``,
        `change` is its date with an interval, where ``"window"``, no change is probable and `change_lower` to
        `change_upper` is the window of 14 days most likely to hold one; `change_probability` that one lies there; the
        `ratio` of the rates after and before, with interval. `e_value`, `q` and `discovery`, see `discoveries.e_bh`;
        `input`, a digest of what was given; `error`, empty or why the series has no numbers. Dates are text.
    fdr
        False discovery rate.
    settings
        What every series was worked out with.
    resumed
        Series that an earlier run had done.
    renewed
        Series that an earlier run had done with another input or at another place, and that were computed anew.
    out
        The file of the table, if one was asked for.
    """

    table: pd.DataFrame
    fdr: float
    settings: Settings
    resumed: int = 0
    renewed: int = 0
    out: Path | None = None

    @property
    def discoveries(self) -> pd.DataFrame:
        """The rows of the series whose rate changed, at this false discovery rate, most certain first."""
        rows = self.table[self.table["discovery"].to_numpy()]
        return rows.sort_values(["e_value", "number"], ascending=[False, True])

    def at(self, fdr: float) -> Panel:
        """Return the same series with discoveries at another false discovery rate.

        Raises
        ------
        ValueError
            If `fdr` is not between 0 and 1.
        """
        table = with_discoveries(self.table.drop(columns=["q", "discovery"]), fdr)
        return Panel(table, fdr, self.settings, self.resumed, self.renewed)

    def summary(self) -> pd.DataFrame:
        """Count the series: answered, by verdict, discoveries, and failed, by reason.

        Two rows are expectations by the posterior, which the e-values do not rest on: how many series changed, and
        how many of the discoveries are constant.
        """
        table, answered = self.table, self.table["e_value"].notna().to_numpy()
        constant, found = table["p_constant"].to_numpy(), table["discovery"].to_numpy()
        rows: list[tuple[str, float]] = [("series", len(table)), ("answered", int(answered.sum()))]
        rows += [(f"verdict: {words}", int(n)) for words, n in table.loc[answered, "verdict"].value_counts().items()]
        rows += [
            ("series with a change, expected by the posterior", float(np.nansum(1.0 - constant))),
            (f"discoveries at a false discovery rate of {self.fdr:g}", int(found.sum())),
            ("constant among the discoveries, expected by the posterior", float(constant[found].sum())),
            ("failed", int((table["error"] != "").sum())),
        ]
        rows += [(f"failed: {reason}", n) for reason, n in self._reasons()]
        # Objects, so that counts stay whole numbers beside the two expectations.
        value = pd.Series([n for _, n in rows], dtype="object")
        return pd.DataFrame({"quantity": [name for name, _ in rows], "value": value}).set_index("quantity")

    def _reasons(self) -> list[tuple[str, int]]:
        """Count the reasons, most frequent first; of those that differ only in what `OWN` matches, the first stands."""
        alike: dict[str, list[str]] = {}
        for text in self.table["error"]:
            if text:
                alike.setdefault(OWN.sub("…", text), []).append(text)
        ordered = sorted(alike.values(), key=lambda texts: -len(texts))  # stable: of as many, the first in the data
        rest = sum(map(len, ordered[REASONS:]))
        named = [(texts[0] + (ALIKE if len({*texts}) > 1 else ""), len(texts)) for texts in ordered[:REASONS]]
        return [*named, *([("other reasons", rest)] if rest else [])]

    def sentence(self) -> str:
        """Say in one sentence what was found."""
        found, failed = int(self.table["discovery"].sum()), int((self.table["error"] != "").sum())
        some = f"A change is found in {found:,} of {len(self.table) - failed:,} series with an answer"
        return f"{some}, at a false discovery rate of {self.fdr:g}; {failed:,} failed."

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the e-values, largest first, and how large they must be.

        Parameters
        ----------
        ax
            Axes with room above for a title and at the right for a label; None makes a figure of its own.
        """
        where = ax if ax is not None else new_axes()
        return discoveries_panel(
            where, self.table["e_value"].to_numpy(), self.table["discovery"].to_numpy(), fdr=self.fdr,
            title="Evidence that the rate changed, series by series", note=self.sentence(),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Panel({len(self.table):,} series; {self.sentence()})"

    def _repr_html_(self) -> str:
        names = ["series", "first", "last", "total", "p_constant", "p_jump", "bayes_factor", "change", "ratio", "q"]
        rows = self.discoveries[names].head(SHOWN)
        more = len(self.discoveries) - len(rows)
        table = rows.to_html(index=False, float_format=lambda x: f"{x:.3g}", na_rep="", escape=True)
        return f"<p>{html.escape(repr(self))}</p>{table}" + (f"<p>… and {more:,} more</p>" if more > 0 else "")


def with_discoveries(table: pd.DataFrame, fdr: float) -> pd.DataFrame:
    """Return a table of series with the columns `q` and `discovery`, beside the e-values."""
    discovery, q = e_bh(table["e_value"].to_numpy(), fdr)
    out = table.copy()
    out["q"], out["discovery"] = q, discovery
    return out
