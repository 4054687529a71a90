"""Does the model predict what was stated? Every statement against all the others.

The total at the end of a day given all statements but one is had from the posterior without a second fit: divided by
that statement's own likelihood and normalised. Averaged over it, the likelihood of the statement's wording is the
distribution of the number it would give: leave-one-out predictive distributions (Geisser 1975, JASA 70:320-328).
"""

from __future__ import annotations

import html
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from escalation.charts import new_axes
from escalation.charts.curve import number_axis
from escalation.charts.heading import KeyItem, draw_heading, heading
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen
from escalation.charts.style import BAND, FAINT, INK, SIZES
from escalation.charts.timeaxis import days, dress, set_window
from escalation.reconstruct.evidence import Reading, Spoken, predictive
from escalation.reconstruct.joint import Joint, leave_out
from escalation.reconstruct.statements import Series

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]

#: Largest mass of a predictive interval: further out, counts that are not carried would matter.
MOST_PROB = 0.999
#: Confidence level of the interval of the share covered.
CONFIDENCE = 0.95
#: In the figure, statements with a smaller tail bear their number, but not more than so many.
NAMED_TAIL, MOST_NAMED = 0.2, 12


@dataclass(frozen=True)
class Check:
    """Every statement beside what all the other statements predict for a number so worded.

    A repeat is listed but not tested: what is predicted is a number drawn from the total, and a copy is not. Its
    `predicted`, `lower` and `upper` are those of a number so worded that is no copy. Conversely, a statement that is no
    repeat cannot give a number stated for an earlier date: these have no predictive mass. Where a range was stated, the
    number in mind is predicted, and the range is covered if it meets the interval. Intervals reach far down, because
    the reading allows for old totals.

    Neighbouring statements are predicted from each other, so that the tests are not independent: the interval of the
    coverage and the test of uniformity are approximate (in 210 simulated series of 22 statements the latter never fell
    below .05: it is cautious). How the others are read is kept as it was with the statement: its later repeats stay
    repeats, the provisional rate stays. Counts that the posterior does not carry are missed: against fits without the
    statement, distribution functions of the total differ by at most .011 on the bundled case, and by .04 at worst for
    a last statement far above all others.

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
            f"{self.expected:.2f}). Most surprising: {_said(first)} for {first['as_of']:%Y-%m-%d}, predicted "
            f"{first['predicted']} ({first['lower']}–{first['upper']}), tail {first['tail']:.2g}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each stated number minus its predicted median, with its interval; the most surprising bear their number.

        Parameters
        ----------
        ax
            Axes with room above for a title; None makes a figure of its own.
        """
        return _draw(self, ax if ax is not None else new_axes())

    def __repr__(self) -> str:
        return f"Check({self.label or 'series'}: {self.sentence()})"

    def _repr_html_(self) -> str:
        tables = (self.summary().to_html(float_format=lambda x: f"{x:.3g}", na_rep=""), self.surprises().to_html())
        return f"<p>{html.escape(self.label)}: {html.escape(self.sentence())}</p>" + "".join(tables)


def _said(row: pd.Series) -> str:
    """Write the number or the range of a statement."""
    return f"{row['count']}" if pd.isna(row["count_high"]) else f"{row['count']}–{row['count_high']}"


def _below(said: Spoken, total: Floats, taken: list[int], reading: Reading, least: float) -> Floats:
    """P(N <= n) of a number that is none of those `taken`, n = 0, 1, … at least as far as its quantile `least`."""
    most = max(said.count, said.count_high or 0, total.size)
    while True:
        mass = predictive(said, total, most, reading).sum(axis=0)
        left = 1.0 - mass[taken].sum()
        mass[taken] = 0.0
        run = np.cumsum(mass) / left
        if run[-1] >= least:
            return np.asarray(run)
        most *= 2


def _predict(said: Spoken, total: Floats, taken: list[int], reading: Reading, prob: float, u: float) -> dict[str, Any]:
    """Compare the number of one statement with its predictive distribution; `u` in (0, 1) randomises the PIT."""
    tail = (1.0 - prob) / 2
    run = np.concatenate([[0.0], _below(said, total, taken, reading, 1.0 - tail)])
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


def check_statements(
    series: Series, joint: Joint, reading: Reading, audit: pd.DataFrame, prob: Any, rng: np.random.Generator
) -> Check:
    """Predict every statement of a series from all the others.

    Parameters
    ----------
    series, joint, reading
        The statements, the posterior given all of them, and how they were read.
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
    for s, said, u in zip(series.statements, joint.said, rng.random(len(series.statements)), strict=True):
        own = {
            "statement": s.number, "as_of": before + pd.Timedelta(days=s.day), "count": s.count,
            "count_high": s.count_high, "bound": "/".join(s.bounds), "repeat": said.repeat,
        }  # fmt: skip
        rows.append(
            own | _predict(said, leave_out(series, joint, s.number), _taken(series, s.number), reading, prob, u)
        )
    frame = pd.DataFrame(rows).astype({"count_high": "Int64", "covered": "boolean"})
    frame = frame.join(mine, on="statement")
    frame["reports"] = frame["reports"].astype("int64")
    pit = frame.set_index("statement")["pit"].dropna()
    columns = (
        "statement", "as_of", "count", "count_high", "bound", "reports", "repeat", "predicted", "lower", "upper",
        "mass", "covered", "tail", "surprise", "p_stale", "p_wrong",
    )  # fmt: skip
    return Check(frame[list(columns)], pit, float(prob), series.label)


def _residuals(rows: pd.DataFrame) -> Floats:
    """Stated number minus predicted median; of a range, the number in it nearest to the median."""
    high = rows["count_high"].astype("float64").fillna(rows["count"])
    return (rows["predicted"].clip(rows["count"], high) - rows["predicted"]).to_numpy(dtype=float)


def _limits(rows: pd.DataFrame, found: Floats) -> tuple[float, float]:
    """Limits of the axis: most upper ends of intervals fit, and what was stated as far as three times that."""
    reach = max(float((rows["upper"] - rows["predicted"]).quantile(0.9)), 5.0)
    low, high = max(float(found.min()), -3 * reach), min(float(found.max()), 3 * reach)
    return 1.12 * min(low, -reach), 1.12 * max(high, reach)


def _key(check: Check, hidden: int, beyond: int) -> list[KeyItem]:
    """Glyphs and how many of each; `hidden` repeats and `beyond` tested statements lie beyond the axis."""
    inside, tested, listed = int(check.tested["covered"].sum()), len(check.tested), len(check.statements)
    items = [
        KeyItem(f"{100 * check.prob:g} % interval, cut at the axis", "band", BAND, BAND),
        KeyItem(f"within it ({inside})", "o", INK, INK, 4.2),
    ]
    if tested > inside:
        items.append(KeyItem(f"outside it ({tested - inside})", "D", INK, "white", 5.0))
    if beyond:
        items.append(KeyItem(f"beyond the axis ({beyond})", "^", INK, "white", 5.5))
    if listed > tested:
        unseen = f", {hidden} of them beyond the axis" if hidden else ""
        items.append(KeyItem(f"repeat, not tested ({listed - tested}{unseen})", "o", FAINT, "white", 3.6))
    return items


def _clear(box: Box, taken: list[Box]) -> bool:
    """Whether a box (left, bottom, right, top) overlaps none of those taken."""
    return all(box[2] <= t[0] or t[2] <= box[0] or box[3] <= t[1] or t[3] <= box[1] for t in taken)


def _name(pen: Pen, rows: pd.DataFrame, marks: Floats) -> None:
    """Write the numbers of statements beside their marks, foremost first, clear of marks, numbers and the zero line.

    `marks` (n, 2) are the places of all marks in points; the first ones are those of `rows`.
    """
    low, high = pen.ax.get_ylim()
    zero = -low / (high - low) * pen.sheet.height
    taken: list[Box] = [(0, zero, pen.sheet.width, zero), *((x - 3, y - 3, x + 3, y + 3) for x, y in marks)]
    words = [_said(row) for _, row in rows.iterrows()]
    for text, (x, y) in zip(words, marks[: len(words)], strict=True):
        width = text_width(text, SIZES["small"], bold=True) + 1
        for up, side in itertools.product((-3, 5, -11, 13, -19, 21, -27), (4, -4 - width, -width / 2)):
            box = (x + side, y + up - 1, x + side + width, y + up + 7)
            if box[0] >= 0 and box[1] >= 0 and box[3] <= pen.sheet.height and _clear(box, taken):
                pen.text(box[0], y + up, text, fontsize=SIZES["small"], weight="bold")
                taken.append(box)
                break


def _marks(ax: Axes, rows: pd.DataFrame, copies: pd.DataFrame) -> None:
    """Draw intervals and residuals; a statement beyond the axis is an arrow at its edge."""
    low, high = ax.get_ylim()
    bottom, top = ((rows[name] - rows["predicted"]).clip(low, high) for name in ("lower", "upper"))
    ax.vlines(rows["day"], bottom, top, color=BAND, lw=2.4, zorder=1.5)
    ax.axhline(0.0, color=INK, lw=0.8, zorder=2.0)
    ax.plot(copies["day"], copies["off"], "o", ms=3.6, mew=0.7, color=FAINT, mfc="white", zorder=2.5)
    held, off = rows["covered"].astype(bool), rows["off"]
    for part, marker, size, face in (
        (held & off.between(low, high), "o", 4.2, INK), (~held & off.between(low, high), "D", 5.0, "white"),
        (off > high, "^", 5.5, "white"), (off < low, "v", 5.5, "white"),
    ):  # fmt: skip
        at = off[part].clip(low, high)
        ax.plot(rows["day"][part], at, marker, ms=size, mew=0.9, color=INK, mfc=face, zorder=3.0, clip_on=False)


def _draw(check: Check, ax: Axes) -> Axes:
    """Draw residuals over their intervals, repeats hollow and pale behind them, the most surprising named."""
    whole = check.statements.assign(day=days(check.statements["as_of"]), off=_residuals(check.statements))
    rows, copies = whole[~whole["repeat"]], whole[whole["repeat"]]
    set_window(ax, whole["day"].to_numpy(dtype=float))
    pen = Pen(ax)
    dress(ax, pen.sheet)
    low, high = _limits(rows, rows["off"].to_numpy(dtype=float))
    ax.set_ylim(low, high)
    number_axis(ax, whole=True)
    near = copies[copies["off"].between(low, high)]
    _marks(ax, rows, near)
    named = check.surprises(MOST_NAMED)
    named = named[named["tail"] < NAMED_TAIL]
    first = pd.concat([whole.loc[named.index], whole.loc[whole.index.difference(named.index)]])
    height = (first["off"].clip(low, high).to_numpy(dtype=float) - low) / (high - low) * pen.sheet.height
    _name(pen, named, np.column_stack([[pen.sheet.x(day) for day in first["day"]], height]))
    lines = heading(
        "Stated totals against what all other statements predict",
        f"Number stated minus predicted median, by as-of date. Numbered: tail below {NAMED_TAIL:g}. {check.label}",
        pen.sheet.text_room, note=check.sentence(),
        key=[_key(check, len(copies) - len(near), int((~rows["off"].between(low, high)).sum()))],
    )  # fmt: skip
    draw_heading(pen, lines)
    return ax
