"""Does the model predict what was stated? Every statement against all the others.

The total at the end of a day given all statements but one is had from the posterior without a second fit: divided by
that statement's own likelihood and normalised. Averaged over it, the likelihood of the statement's wording is the
distribution of the number it would give: leave-one-out predictive distributions (Geisser 1975, JASA 70:320-328).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from escalation.charts import new_axes
from escalation.reconstruct.checkfigure import MOST_NAMED, as_said, draw_check
from escalation.reconstruct.evidence import Spoken, predictive
from escalation.reconstruct.joint import Joint, leave_out
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.statements import Series

Floats = NDArray[np.float64]

#: Largest mass of a predictive interval: further out, counts that are not carried would matter.
MOST_PROB = 0.999
#: Confidence level of the interval of the share covered.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Check:
    """Every statement beside what all the other statements predict for a number so worded.

    A repeat is listed but not tested: what is predicted is a number drawn from the total, and a copy is not. Its
    `predicted`, `lower` and `upper` are those of a number so worded that is no copy. Conversely, a statement that is no
    repeat cannot give a number stated for an earlier date: these have no predictive mass. Where a range was stated, the
    number in mind is predicted, and the range is covered if it meets the interval. Intervals reach far down, because
    the reading allows for old totals.

    Neighbouring statements are predicted from each other, so that the tests are not independent: the interval of the
    coverage and the test of uniformity are approximate. How the others are read is kept as it was with the statement:
    its later repeats stay repeats, the provisional rate stays. Counts that the posterior does not carry are missed,
    which matters most for a last statement far above all others.

    Attributes
    ----------
    statements
        One row per statement: `statement` (its number in the audit), `as_of`, `count`, `count_high`, `bound`,
        `reports` (how many made it), `repeat`, `predicted` (median), `lower`, `upper` (equal-tailed), `mass` (what
        the interval holds; at least `prob`, numbers being whole), `covered`, `tail` (two-sided mid-p),
        `surprise` (the tail in bits, ``-log2``: the S-value of Rafi & Greenland 2020, BMC Med. Res. Methodol. 20:244),
        `p_stale`, `p_wrong` (given all statements). `covered`, `tail` and `surprise` are missing for repeats.
    pit
        Probability integral transform of each tested statement, by number: where in its predictive distribution it
        lies, randomised within the steps, uniform on (0, 1) if the model is right (Czado, Gneiting & Held 2009,
        Biometrics 65:1254-1261).
    prob
        Mass of the intervals.
    label
        The series.

    Examples
    --------
    >>> import escalation as esc
    >>> reports = pd.DataFrame({"as_of": pd.date_range("2024-01-05", periods=9, freq="5D"),
    ...                         "count": [5, 10, 15, 20, 90, 30, 35, 40, 45], "since": "2024-01-01"})
    >>> check = esc.reconstruct(reports, models="fast", draws=100).check()
    >>> check.surprises(1)[["count", "predicted", "covered"]].values.tolist()
    [[90, 25, False]]
    """

    statements: pd.DataFrame
    pit: pd.Series
    prob: float
    label: str

    @property
    def tested(self) -> pd.DataFrame:
        """The rows of `statements` that are no repeats."""
        return self.statements[~self.statements["repeat"]]

    @property
    def coverage(self) -> float:
        """Share of the tested statements within their predictive interval."""
        return float(self.tested["covered"].mean())

    @property
    def coverage_interval(self) -> tuple[float, float]:
        """Exact binomial interval of the coverage (Clopper & Pearson 1934), 95 %; as if tests were independent."""
        inside = self.tested["covered"]
        found = stats.binomtest(int(inside.sum()), len(inside)).proportion_ci(CONFIDENCE, method="exact")
        return float(found.low), float(found.high)

    @property
    def expected(self) -> float:
        """Coverage if the model is right: the mean mass of the intervals, `prob` or a little more."""
        return float(self.tested["mass"].mean())

    @property
    def uniformity(self) -> float:
        """P value of a Kolmogorov-Smirnov test that the PIT values are uniform; as if they were independent."""
        return float(stats.kstest(self.pit.to_numpy(), "uniform").pvalue)

    def surprises(self, n: int = 5) -> pd.DataFrame:
        """List the `n` tested statements that lie furthest out in their predictive distribution, first the furthest.

        Raises
        ------
        ValueError
            If `n` is below 1.
        """
        if n < 1:
            raise ValueError(f"n must be at least 1, got {n}")
        return self.tested.sort_values("surprise", ascending=False, kind="stable").head(n)

    def summary(self) -> pd.DataFrame:
        """Headline quantities, one row each: value, lower, upper."""
        rows = [
            ("statements tested", len(self.tested), np.nan, np.nan),
            ("repeats, not tested", len(self.statements) - len(self.tested), np.nan, np.nan),
            (f"share within the {self.prob:.4g} interval", self.coverage, *self.coverage_interval),
            ("share expected", self.expected, np.nan, np.nan),
            ("mean PIT (0.5 expected)", self.pit.mean(), np.nan, np.nan),
            ("p value, PIT uniform", self.uniformity, np.nan, np.nan),
        ]
        return pd.DataFrame(rows, columns=["quantity", "value", "lower", "upper"]).set_index("quantity")

    def sentence(self) -> str:
        """Coverage and the most surprising statement in one line."""
        low, high = self.coverage_interval
        first = self.surprises(1).iloc[0]
        return (
            f"{int(self.tested['covered'].sum())} of {len(self.tested)} statements within their {100 * self.prob:g} % "
            f"predictive interval ({self.coverage:.2f}, 95 % interval {low:.2f}–{high:.2f}; expected "
            f"{self.expected:.2f}). Most surprising: {as_said(first)} for {first['as_of']:%Y-%m-%d}, predicted "
            f"{first['predicted']} ({first['lower']}–{first['upper']}), tail {first['tail']:.2g}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each stated number minus its predicted median, with its interval; the most surprising bear their number.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        return draw_check(
            ax if ax is not None else new_axes(), self.statements, self.surprises(MOST_NAMED), self.prob,
            self.label, self.sentence(),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Check({self.label or 'series'}: {self.sentence()})"

    def _repr_html_(self) -> str:
        tables = (self.summary().to_html(float_format=lambda x: f"{x:.3g}", na_rep=""), self.surprises().to_html())
        return f"<p>{html.escape(self.label)}: {html.escape(self.sentence())}</p>" + "".join(tables)


#: Habits with less mass than this, given the other statements, are left out of a prediction.
FAINT_HABIT = 1e-6


def _below(said: Sequence[tuple[Spoken, Reading]], total: Floats, taken: list[int], least: float) -> Floats:
    """P(N <= n) of a number that is none of those `taken`, n = 0, 1, … at least as far as its quantile `least`.

    `said` and `total` (habits, C) go together: what each habit makes of the statement, and of the others.
    """
    first = said[0][0]
    most = max(first.count, first.count_high or 0, total.shape[1])
    weight = total.sum(axis=1)
    alive = [h for h, w in enumerate(weight) if w > FAINT_HABIT]
    while True:
        parts = [weight[h] * predictive(said[h][0], total[h] / weight[h], most, said[h][1]).sum(axis=0) for h in alive]
        mass = np.sum(parts, axis=0) / weight[alive].sum()
        left = 1.0 - mass[taken].sum()
        mass[taken] = 0.0
        run = np.cumsum(mass) / left
        if run[-1] >= least:
            return np.asarray(run)
        most *= 2


def _predict(said: Spoken, run: Floats, prob: float, u: float) -> dict[str, Any]:
    """Compare the number of one statement with its predictive distribution; `u` in (0, 1) randomises the PIT."""
    tail = (1.0 - prob) / 2
    run = np.concatenate([[0.0], run])
    low, mid, high = (int(np.searchsorted(run, q)) - 1 for q in (tail, 0.5, 1.0 - tail))
    last = said.count if said.count_high is None else said.count_high
    before, upto = run[said.count], run[last + 1]
    out: dict[str, Any] = {"predicted": mid, "lower": low, "upper": high, "mass": run[high + 1] - run[low]}
    if said.repeat:
        return out | {"covered": pd.NA, "tail": np.nan, "surprise": np.nan, "pit": np.nan}
    middle = (before + upto) / 2
    two_sided = max(2.0 * min(middle, 1.0 - middle), np.finfo(float).tiny)
    return out | {
        "covered": said.count <= high and last >= low, "tail": two_sided, "surprise": -np.log2(two_sided),
        "pit": before + u * (upto - before),
    }  # fmt: skip


def _taken(series: Series, number: int) -> list[int]:
    """Numbers stated for earlier dates, which a statement that is no repeat cannot give; none for a repeat."""
    s = series.statements[number]
    if s.repeats or s.count_high is not None:
        return []
    earlier = (e for e in series.statements if e.day < s.day and e.origin == s.origin and e.count_high is None)
    return sorted({e.count for e in earlier} - {s.count})


def check_statements(series: Series, joint: Joint, audit: pd.DataFrame, prob: Any, rng: np.random.Generator) -> Check:
    """Predict every statement of a series from all the others.

    Parameters
    ----------
    series, joint
        The statements, and the posterior given all of them.
    audit
        One row per report, as `Reconstruction.reports`.
    prob
        Mass of the predictive intervals.
    rng
        Generator of the randomised PIT values.

    Raises
    ------
    ValueError
        If `prob` is not above 0 and at most `MOST_PROB`.
    """
    if isinstance(prob, bool) or not isinstance(prob, (int, float)) or not 0.0 < prob <= MOST_PROB:
        raise ValueError(f"prob must be above 0 and at most {MOST_PROB}, got {prob!r}")
    by = audit[audit["used"]].groupby("statement")
    mine = pd.DataFrame({"reports": by.size(), "p_stale": by["p_stale"].first(), "p_wrong": by["p_wrong"].first()})
    before = series.dates[0] - pd.Timedelta(days=1)
    rows = []
    for i, (s, u) in enumerate(zip(series.statements, rng.random(len(series.statements)), strict=True)):
        said = [(heard.said[i], heard.reading) for heard in joint.heard]
        own = {
            "statement": s.number, "as_of": before + pd.Timedelta(days=s.day), "count": s.count,
            "count_high": s.count_high, "bound": "/".join(s.bounds), "repeat": said[0][0].repeat,
        }  # fmt: skip
        run = _below(said, leave_out(series, joint, i), _taken(series, i), 1.0 - (1.0 - prob) / 2)
        rows.append(own | _predict(said[0][0], run, prob, u))
    frame = pd.DataFrame(rows).astype({"count_high": "Int64", "covered": "boolean"})
    frame = frame.join(mine, on="statement")
    frame["reports"] = frame["reports"].astype("int64")
    pit = frame.set_index("statement")["pit"].dropna()
    columns = (
        "statement", "as_of", "count", "count_high", "bound", "reports", "repeat", "predicted", "lower", "upper",
        "mass", "covered", "tail", "surprise", "p_stale", "p_wrong",
    )  # fmt: skip
    return Check(frame[list(columns)], pit, float(prob), series.label)
