"""The result of a reconstruction: frames by date, the audit of every report, and exact draws."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.changes.result import Changes
from escalation.charts import cumulative_panel, new_axes
from escalation.lattice.prior import Prior
from escalation.reconstruct.check import Check, check_statements
from escalation.reconstruct.joint import Joint
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.statements import Series
from escalation.reconstruct.weights import kinds

#: Seed used where no `rng` is given: two runs of the same call agree in every digit.
SEED = 20231017


@dataclass(frozen=True)
class Reconstruction:
    """The daily counts, the cumulative count and the rate behind reported totals.

    Attributes
    ----------
    method
        ``"joint"``, ``"linear"``, ``"pchip"`` or ``"pclm"``.
    daily, cumulative, rate
        Frames indexed by date with `mean`, `median`, `lower`, `upper`: incidents on the day, total at the end of the
        day, and rate λ_t per day. Bounds enclose `prob`; they are NaN for interpolators, which have no band.
    reports
        The audit: every report given, with its statement, `p_fresh`, `p_rounded`, `p_stale`, `p_wrong`, `predicted`,
        `used` and `reason`.
    models
        Every model with its prior and posterior weight.
    habits
        Ways in which the stream of reports may be kept (see `Reading.habits`), with prior and posterior weight.
    conflicts
        Pairs of statements that cannot both be read literally.
    notes
        What the method assumes and what was decided on the way, in sentences.
    """

    method: str
    label: str
    prob: float
    daily: pd.DataFrame
    cumulative: pd.DataFrame
    rate: pd.DataFrame
    reports: pd.DataFrame
    models: pd.DataFrame
    habits: pd.DataFrame
    conflicts: pd.DataFrame
    notes: tuple[str, ...]
    prior: Prior | None = None
    reading: Reading | None = None
    _changes: Changes | None = field(default=None, repr=False)
    _joint: Joint | None = field(default=None, repr=False)
    _series: Series | None = field(default=None, repr=False)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the series."""
        return pd.DatetimeIndex(self.daily.index)

    @property
    def changes(self) -> Changes:
        """Changes of the rate.

        Raises
        ------
        AttributeError
            For an interpolator, which has no posterior.
        """
        if self._changes is None:
            raise AttributeError(f'method={self.method!r} has no posterior and so no changes; use method="joint"')
        return self._changes

    def draw(self, n: int, rng: Any = None) -> NDArray[np.int64]:
        """Draw `n` exact joint samples of the daily counts, shape (n, T).

        Parameters
        ----------
        n
            Number of draws, at least 1.
        rng
            Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.

        Raises
        ------
        AttributeError
            For an interpolator.
        ValueError
            If `n` is below 1.
        """
        joint, _ = self._fitted("has no posterior to draw from")
        if n < 1:
            raise ValueError(f"n must be at least 1, got {n}")
        return joint.posterior.draw(n, np.random.default_rng(SEED if rng is None else rng)).counts

    def check(self, prob: float | None = None, rng: Any = None) -> Check:
        """Predict every statement from all the others, and compare it with what was stated.

        Parameters
        ----------
        prob
            Mass of the predictive intervals, at most 0.999; None takes that of the reconstruction.
        rng
            Seed or generator of the randomised PIT values; None uses a fixed seed.

        Returns
        -------
        Check

        Raises
        ------
        AttributeError
            For an interpolator, which predicts no statement.
        ValueError
            If `prob` is out of range.
        """
        joint, series = self._fitted("predicts no statement")
        return check_statements(
            series, joint, self.reports, self.prob if prob is None else prob,
            np.random.default_rng(SEED if rng is None else rng),
        )  # fmt: skip

    @property
    def weights(self) -> pd.DataFrame:
        """Prior and posterior weight of each kind of model: constant, constant but clumped, jumps, drift, both.

        Raises
        ------
        AttributeError
            For an interpolator, which averages over nothing.
        """
        self._fitted("averages over no models")
        return kinds(self.models)

    def _fitted(self, lack: str) -> tuple[Joint, Series]:
        """Return the posterior and its statements, or say what an interpolator lacks."""
        if self._joint is None or self._series is None:
            raise AttributeError(f'method={self.method!r} {lack}; use method="joint"')
        return self._joint, self._series

    def summary(self) -> pd.DataFrame:
        """Headline quantities, one row each: value, lower, upper."""
        end = self.cumulative.iloc[-1]
        joint = self.method == "joint"
        rows: list[tuple[str, float, float, float]] = [
            (f"total at the end of {self.dates[-1]:%Y-%m-%d}", end["median"], end["lower"], end["upper"]),
        ]
        mean = self.rate["mean"].mean()
        rows.append(("mean rate per day", mean, np.nan, np.nan))
        if joint:
            c = self.changes
            rows += [
                ("P(constant rate)", c.constant, np.nan, np.nan),
                ("P(drift, no jump)", c.drift_only, np.nan, np.nan),
                ("P(at least one jump)", c.jump, np.nan, np.nan),
                ("Bayes factor for a change", c.bayes_factor, np.nan, np.nan),
                ("prior odds of a change", c.prior_odds, np.nan, np.nan),
            ]
        used = self.reports["used"]
        rows += [
            ("reports given", len(used), np.nan, np.nan),
            ("reports used", int(used.sum()), np.nan, np.nan),
            ("statements", self.reports.loc[used, "statement"].nunique(), np.nan, np.nan),
        ]
        if joint:
            doubted = self.reports.loc[used, ["p_stale", "p_wrong"]].sum(axis=1) > 0.5
            rows.append(("reports read as stale or wrong", int(doubted.sum()), np.nan, np.nan))
            number = self.reports.loc[used, "statement"][doubted].nunique()
            rows.append(("statements read as stale or wrong", number, np.nan, np.nan))
        return pd.DataFrame(rows, columns=["quantity", "value", "lower", "upper"]).set_index("quantity")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the reports as reported and the reconstructed cumulative count over them.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        used = self.reports[self.reports["used"]]
        weight = 1.0 - used[["p_stale", "p_wrong"]].sum(axis=1) if self.method == "joint" else 1.0
        subtitle = f"{self.label}; {len(used)} of {len(self.reports)} reports used"
        return cumulative_panel(
            ax if ax is not None else new_axes(), used.assign(weight=weight), self.cumulative,
            title="Cumulative count, as reported and as reconstructed", subtitle=subtitle, prob=self.prob,
        )  # fmt: skip

    def _line(self) -> str:
        end = self.cumulative.iloc[-1]
        band = "" if np.isnan(end["lower"]) else f" ({self.prob:.0%} interval {end['lower']:.0f}–{end['upper']:.0f})"
        return (
            f"{self.label or 'series'}, {self.dates[0]:%Y-%m-%d} to {self.dates[-1]:%Y-%m-%d}, method {self.method}: "
            f"total {end['median']:.0f}{band}; {int(self.reports['used'].sum())} of {len(self.reports)} reports used"
        )

    def __repr__(self) -> str:
        tail = "" if self._changes is None else f"\n  {self._changes.sentence()}"
        return f"Reconstruction({self._line()}){tail}"

    def _repr_html_(self) -> str:
        said = "" if self._changes is None else f"<p>{html.escape(self._changes.sentence())}</p>"
        return f"<p>{html.escape(self._line())}</p>{said}" + str(
            self.summary().to_html(float_format=lambda x: f"{x:.4g}", na_rep="")
        )
