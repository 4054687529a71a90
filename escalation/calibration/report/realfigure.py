"""Real series hidden behind totals, as a figure: error of the rate and coverage of the total, by method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.calibration.report.page import ROOM, Drawing, Page, tick
from escalation.calibration.report.targets import BASELINES, OURS
from escalation.calibration.report.verdict import bounds
from escalation.calibration.voices import FLOORED, VOICES
from escalation.charts.heading import Heading, KeyItem, heading
from escalation.charts.lettering import wrap
from escalation.charts.style import BAND, FAINT, INK, MODEL, MUTED, SIZES, style

__all__ = ["draw_real"]

Floats = NDArray[np.float64]

LEFT, GAP, LEAD = 30.0, 22.0, 11.0
FIRST, UPPER, BETWEEN, LOWER, BELOW = 18.0, 150.0, 24.0, 110.0, 18.0
#: Ratios shown; what lies beyond is drawn at the edge.
LEAST, MOST = 0.25, 4.0
RATIOS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
DODGE = 0.19
MARKERS = {"linear": "s", "pchip": "^", "pclm": "D"}
NOMINAL = 0.9
ERROR = "Error (CRPS) of the 7-step mean over that of the best curve"
COVERAGE = "Coverage of 90 % intervals of the total on steps without a report"


def relative_error(real: pd.DataFrame) -> pd.DataFrame:
    """Add, to each series, its error over that of the best baseline in the same voice and number of reports.

    The best baseline is the curve whose error is smallest on average over the series, found for each voice and number
    of reports. `ratio` compares within a series; `mean_ratio` compares the averages over series.

    Examples
    --------
    >>> real = pd.DataFrame({"series": "coal", "voice": "exact", "reports": 8, "method": ["joint", "linear", "pchip"],
    ...                      "crps_rate": [0.25, 0.5, 1.0]})
    >>> relative_error(real)["ratio"].tolist()
    [0.5, 1.0, 2.0]
    """
    cell = ["voice", "reports"]
    mean = real.groupby([*cell, "method"], sort=False)["crps_rate"].mean()
    curves = mean[mean.index.get_level_values("method").isin(BASELINES)]
    best = curves.groupby(cell, sort=False).idxmin().map(lambda key: key[2]).rename("best").reset_index()
    frame = real.merge(best, on=cell).merge(mean.rename("mean_error").reset_index(), on=[*cell, "method"])
    base = frame[frame["method"] == frame["best"]][["series", *cell, "crps_rate", "mean_error"]]
    frame = frame.merge(base, on=["series", *cell], suffixes=("", "_best"))
    frame["ratio"] = frame["crps_rate"] / frame["crps_rate_best"]
    frame["mean_ratio"] = frame["mean_error"] / frame["mean_error_best"]
    return frame.drop(columns=["mean_error", "mean_error_best", "crps_rate_best"])


def draw_real(real: pd.DataFrame, summary: pd.DataFrame, *, source: str) -> Drawing:
    """Draw a column per voice: above, the error of the rate over that of the best curve; below, coverage of the total.

    Parameters
    ----------
    real : DataFrame
        ``series, voice, reports, method, crps_rate, cover_total``.
    summary : DataFrame
        ``which, voice, method, ratio_to_best_baseline, cover_total, cover_total_se``.
    source : str
        Credit line.

    Returns
    -------
    Drawing
    """
    frame = relative_error(real)
    frame["log_ratio"] = np.log(frame["ratio"].clip(LEAST, MOST))
    means = _means(frame)
    voices = [str(voice) for voice in frame["voice"].unique()]
    width = (ROOM - LEFT - GAP * (len(voices) - 1)) / len(voices)
    titles = [wrap(_title(voice), width, SIZES["subtitle"], bold=True) for voice in voices]
    notes = [[line for said in _notes(v, summary) for line in wrap(said, width, SIZES["small"])] for v in voices]
    head = LEAD * max(len(t) + len(n) for t, n in zip(titles, notes, strict=True)) + 6.0
    with style():
        page = Page(_heading(frame), head + FIRST + UPPER + BETWEEN + LOWER + BELOW, source)
        downs = head + FIRST, head + FIRST + UPPER + BETWEEN
        for down, words in zip(downs, (ERROR, COVERAGE), strict=True):
            page.say(0.0, down - 7.0, words, fontsize=SIZES["small"], weight="bold")
        for i, voice in enumerate(voices):
            left, part = LEFT + (width + GAP) * i, means[means["voice"] == voice]
            _write(page, left, titles[i], notes[i])
            x = (-0.5, part["place"].nunique() - 0.5)
            upper = page.panel(left, downs[0], width, UPPER, x=x, y=_limits(frame["log_ratio"]))
            lower = page.panel(left, downs[1], width, LOWER, x=x, y=_limits(frame["cover_total"], 0.8, 1.0))
            _ground(upper, lower, part, voice, numbered=i == 0)
            _points(upper, frame[frame["voice"] == voice], "log_ratio", part.assign(y=np.log(part["mean_ratio"])))
            _points(lower, frame[frame["voice"] == voice], "cover_total", part.assign(y=part["cover_total"]))
        page.fig.draw_without_rendering()
    numbers = {"series": frame.drop(columns="log_ratio"), "means": means.drop(columns="place")}
    return Drawing(page.fig, numbers, _alt(means, summary), "Real series hidden behind totals")


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    """Average over series: one row per voice, number of reports and method, with its place across."""
    keys = ["voice", "reports", "method"]
    by = frame.groupby(keys, sort=False)
    means = by.agg(mean_ratio=("mean_ratio", "first"), cover_total=("cover_total", "mean")).reset_index()
    rank = means.groupby("voice")["reports"].rank(method="dense")
    return means.assign(place=rank.to_numpy() - 1.0)


def _title(voice: str) -> str:
    """Say how the totals are told."""
    says = {one.name: one.says for one in (*VOICES, FLOORED)}
    return f"{voice}: {says[voice]}" if voice in says else voice


def _notes(voice: str, summary: pd.DataFrame) -> list[str]:
    """Say what was found over all numbers of reports, for all series and for those within the prior."""
    rows = summary[(summary["voice"] == voice) & summary["method"].isin(OURS)]
    return [
        f"{row['which']} ({int(row['n_series'])}): ratio {row['ratio_to_best_baseline']:.2f}, coverage "
        f"{row['cover_total']:.2f}\N{NO-BREAK SPACE}\N{PLUS-MINUS SIGN}\N{NO-BREAK SPACE}{row['cover_total_se']:.2f}"
        for row in rows.to_dict("records")
    ]


def _heading(frame: pd.DataFrame) -> Heading:
    """Say what is drawn and how it reads."""
    beyond = int(((frame["ratio"] < LEAST) | (frame["ratio"] > MOST)).sum())
    items = [_look(method)[0] for method in _methods(frame)]
    items += [
        KeyItem("one series", "o", FAINT, FAINT, 2.6),
        KeyItem("target, over all numbers of totals", "band", BAND, BAND),
    ]
    if beyond:
        items.append(KeyItem(f"at the edge: beyond the axis ({beyond})", "", FAINT, FAINT))
    return heading(
        "Real counts hidden behind reported totals, and found again",
        f"{frame['series'].nunique()} series, by number of totals. Large markers: means over series. Curves have no "
        "interval of their own: they spread the events between two totals by chance in proportion to the curve. Under "
        "each name: escalation over all numbers of totals, in brackets the number of series.",
        ROOM,
        key=[items],
    )


def _methods(frame: pd.DataFrame) -> list[str]:
    """Methods in the order in which they are drawn."""
    known = [*OURS, *BASELINES]
    return sorted(frame["method"].unique().tolist(), key=lambda m: (known.index(m) if m in known else len(known), m))


def _look(method: str) -> tuple[KeyItem, str]:
    """Marker of the mean of a method, and the colour of the points of single series."""
    if method in OURS:
        return KeyItem("escalation", "o", MODEL, MODEL, 6.0), "#8FBBA8"
    return KeyItem(method, MARKERS.get(method, "v"), INK, "white", 5.0), "#C4C4C4"


def _write(page: Page, left: float, title: Sequence[str], note: Sequence[str]) -> None:
    """Write the words above a column."""
    for j, line in enumerate(title):
        page.say(left, LEAD * (j + 1), line, fontsize=SIZES["subtitle"], weight="bold")
    for j, line in enumerate(note):
        page.say(left, LEAD * (len(title) + j + 1), line, fontsize=SIZES["small"], color=MUTED)


def _limits(values: pd.Series, low: float = 0.0, high: float = 0.0) -> tuple[float, float]:
    """Limits of an axis that holds all values and the two given, with a little room."""
    low, high = min(low, float(values.min())), max(high, float(values.max()))
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _ground(upper: Axes, lower: Axes, part: pd.DataFrame, voice: str, numbered: bool) -> None:
    """Draw targets, hairlines and numbers of one column."""
    ours = pd.DataFrame({"which": ["all"], "voice": [voice], "method": [OURS[0]], "paired_se": [np.inf]})
    most = float(bounds("real_summary", ours, "ratio_to_best_baseline")[1][0])
    least, highest = (float(limit[0]) for limit in bounds("real_summary", ours, "cover_total"))
    for ax, low, high in ((upper, -np.inf, np.log(most)), (lower, least, highest)):
        bottom, top = ax.get_ylim()
        if np.isfinite(low) or np.isfinite(high):
            ax.axhspan(max(low, bottom), min(high, top), color=BAND, lw=0, alpha=0.6, zorder=0.4)
    ratios = [r for r in RATIOS if upper.get_ylim()[0] <= np.log(r) <= upper.get_ylim()[1]]
    tick(upper, "y", np.log(ratios).tolist(), [f"{r:g}" for r in ratios] if numbered else None)
    shares = [round(0.2 * k, 1) for k in range(6) if lower.get_ylim()[0] <= 0.2 * k <= lower.get_ylim()[1]]
    tick(lower, "y", shares, [f"{share:g}" for share in shares] if numbered else None)
    upper.axhline(0.0, color=INK, lw=0.8, zorder=1)
    lower.axhline(NOMINAL, color=INK, lw=0.8, zorder=1)
    reports = part.drop_duplicates("place").sort_values("place")
    tick(lower, "x", reports["place"].tolist(), [f"{n:g} totals" for n in reports["reports"]], grid=False)


def _points(ax: Axes, frame: pd.DataFrame, column: str, means: pd.DataFrame) -> None:
    """Draw every series faint and the mean over series bold, methods side by side."""
    methods = _methods(frame)
    place = dict(zip(means["reports"], means["place"], strict=True))
    for k, method in enumerate(methods):
        item, faint = _look(method)
        off = DODGE * (k - (len(methods) - 1) / 2)
        rows, mean = frame[frame["method"] == method], means[means["method"] == method]
        ax.plot(
            rows["reports"].map(place) + off, rows[column], "o", ms=2.6, mew=0, color=faint, zorder=2, clip_on=False
        )
        look: dict[str, Any] = {"color": item.colour, "mfc": item.face, "ms": item.size, "mew": 1.0, "clip_on": False}
        ax.plot(mean["place"] + off, mean["y"].clip(*ax.get_ylim()), marker=item.marker, ls="", zorder=3, **look)


def _alt(means: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Say what the figure shows."""
    said = [f"{voice}, {', '.join(_notes(str(voice), summary))}" for voice in means["voice"].unique()]
    return (
        "Real counts hidden behind totals and reconstructed; one column for each way of telling the totals. "
        "Above: error of the 7-step mean over that of the best curve; below: coverage of the total. Over all numbers "
        f"of totals, escalation (in brackets the number of series): {'; '.join(said)}."
    )
