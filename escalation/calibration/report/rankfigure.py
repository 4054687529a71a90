"""Simulation-based calibration as a figure: ranks of the true value among draws of its posterior."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import binom

from escalation.calibration.report.page import MISS, ROOM, Drawing, Page, tick
from escalation.calibration.report.verdict import bounds
from escalation.calibration.uniform import ecdf, ecdf_band
from escalation.charts.heading import Heading, KeyItem, heading
from escalation.charts.lettering import wrap
from escalation.charts.style import BAND, GRID, MODEL, MUTED, SIZES, style

__all__ = ["draw_ranks"]

Floats = NDArray[np.float64]

#: Mass of the bands, most points at which the distribution function is looked at, most bins, least ranks in a bin.
PROB, POINTS, BINS, LEAST = 0.99, 50, 20, 5
#: Distances of numbers on an axis, and the least points between two.
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
APART = 14.0
ACROSS, LEFT, GAP = 4, 34.0, 22.0
UPPER, BETWEEN, LOWER, BELOW = 92.0, 12.0, 54.0, 24.0


@dataclass(frozen=True)
class Ranks:
    """What is drawn of one quantity.

    Parameters
    ----------
    curve, band : DataFrame
        `at` and `off`, `lower`, `upper`: the distribution function minus the uniform one, and its joint band.
    bars : DataFrame
        `left`, `right`, `ratio`, `lower`, `upper`: ranks in each bin over those expected, and the band of each bar.
    """

    quantity: str
    replicates: int
    curve: pd.DataFrame
    bars: pd.DataFrame


@lru_cache(maxsize=32)
def _joint(n: int, n_ranks: int) -> tuple[Floats, Floats, Floats]:
    """Points at which the distribution function of n ranks is looked at, and the joint band there."""
    steps = np.unique(np.linspace(1, n_ranks - 1, min(POINTS, n_ranks - 1)).round().astype(int))
    lower, upper = ecdf_band(n, steps / n_ranks, PROB)
    return steps / n_ranks, lower, upper


def _curve(rank: NDArray[np.int64], n_ranks: int) -> pd.DataFrame:
    """Distribution function minus uniform, with its joint band; both are zero at the ends."""
    at, lower, upper = _joint(rank.size, n_ranks)
    off = ecdf((rank + 1) / n_ranks, at) - at
    rows = pd.DataFrame({"at": at, "off": off, "lower": lower - at, "upper": upper - at})
    ends = pd.DataFrame({"at": [0.0, 1.0], "off": 0.0, "lower": 0.0, "upper": 0.0})
    return pd.concat([ends[:1], rows, ends[1:]], ignore_index=True)


def _bars(rank: NDArray[np.int64], n_ranks: int) -> pd.DataFrame:
    """Ranks in each bin over those expected, with the binomial band of each bar by itself."""
    bins = max(1, min(BINS, n_ranks, rank.size // LEAST))
    width = np.bincount(np.arange(n_ranks) * bins // n_ranks, minlength=bins)
    found, share = np.bincount(rank * bins // n_ranks, minlength=bins), width / n_ranks
    low, high = (binom.ppf(q, rank.size, share) for q in ((1 - PROB) / 2, (1 + PROB) / 2))
    right, whole = np.cumsum(share), rank.size * share
    parts = {"left": right - share, "right": right, "ratio": found / whole, "lower": low / whole, "upper": high / whole}
    return pd.DataFrame(parts)


def _ranks(frame: pd.DataFrame) -> list[Ranks]:
    """Prepare every quantity, in the order of the frame."""
    out = []
    for quantity, part in frame.groupby("quantity", sort=False):
        rank, most = part["rank"].to_numpy(dtype=np.int64), part["of"].unique()
        if len(most) != 1 or rank.min() < 0 or rank.max() > most[0] or most[0] < 1:
            raise ValueError(
                f"sbc_ranks: ranks of {quantity!r} run from {rank.min()} to {rank.max()} of {sorted(most.tolist())}; "
                "whole numbers from 0 to one and the same `of`, at least 1, are needed."
            )
        n_ranks = int(most[0]) + 1
        out.append(Ranks(str(quantity), len(part), _curve(rank, n_ranks), _bars(rank, n_ranks)))
    return out


def _verdict(quantity: str, tests: pd.DataFrame) -> tuple[str, bool]:
    """Say what the tests found of one quantity, and whether its ranks may be uniform."""
    row = tests[tests["quantity"] == quantity]
    if not len(row):
        return "not tested", True
    least, _ = bounds("sbc", row, "chi_square_p")
    p, inside = float(row["chi_square_p"].iloc[0]), bool(row["inside_band"].iloc[0])
    chance = f"= {p:.2f}" if p >= 0.095 else f"= {p:.2g}" if p >= 0.001 else "< 0.001"
    return (
        f"\N{GREEK SMALL LETTER CHI}² p {chance}, {'inside' if inside else 'leaves'} the band",
        inside and p >= float(least[0]),
    )


def draw_ranks(ranks: pd.DataFrame, tests: pd.DataFrame, *, source: str) -> Drawing:
    """Draw, for each quantity, the distribution function of its ranks minus the uniform one, and their histogram.

    Parameters
    ----------
    ranks : DataFrame
        ``replicate, quantity, rank, of``; ranks from 0 to `of`.
    tests : DataFrame
        ``quantity, chi_square_p, inside_band``.
    source : str
        Credit line.

    Returns
    -------
    Drawing

    Raises
    ------
    ValueError
        If a rank is impossible, or one quantity has several `of`.

    Notes
    -----
    Talts et al. (2018) for the histogram, Säilynoja, Bürkner & Vehtari (2022) for the joint band.
    """
    found = _ranks(ranks)
    across = min(len(found), ACROSS)
    width = (ROOM - LEFT - GAP * (across - 1)) / across
    labels = [wrap(one.quantity, width, SIZES["subtitle"], bold=True) for one in found]
    head = 11.5 * max(map(len, labels)) + 18.0
    block = head + UPPER + BETWEEN + LOWER + BELOW
    reach = _limits([one.curve[["off", "lower", "upper"]] for one in found])
    bound = _limits([one.bars[["ratio", "lower", "upper"]] for one in found])
    with style():
        page = Page(_heading(found), block * ceil(len(found) / across), source)
        for i, one in enumerate(found):
            left, down = LEFT + (width + GAP) * (i % across), block * (i // across)
            said, good = _verdict(one.quantity, tests)
            look = {"color": MUTED} if good else {"color": MISS, "weight": "bold"}
            page.say(left, down + head - 7.0, said, fontsize=SIZES["small"], **look)
            for j, line in enumerate(labels[i][::-1]):
                page.say(left, down + head - 18.0 - 11.5 * j, line, fontsize=SIZES["subtitle"], weight="bold")
            upper = page.panel(left, down + head, width, UPPER, x=(0, 1), y=reach)
            lower = page.panel(left, down + head + UPPER + BETWEEN, width, LOWER, x=(0, 1), y=bound)
            _draw_curve(upper, one.curve, numbered=i % across == 0)
            _draw_bars(lower, one.bars, numbered=i % across == 0)
        page.fig.draw_without_rendering()
    return Drawing(page.fig, _numbers(found), _alt(found, tests), "Ranks of the truth among posterior draws")


def _limits(parts: list[pd.DataFrame]) -> tuple[float, float]:
    """Limits of an axis that holds all values, with a little room."""
    low, high = min(float(p.to_numpy().min()) for p in parts), max(float(p.to_numpy().max()) for p in parts)
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def _heading(found: list[Ranks]) -> Heading:
    """Say what is drawn and how it reads."""
    counts = sorted({one.replicates for one in found})
    many = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return heading(
        "Ranks of the true value among draws from its posterior",
        f"Truth drawn from the prior, {many} replicates. If the posterior is right, ranks are uniform. Above: share of "
        "ranks up to each, minus the uniform share. Below: ranks in each bin over those expected. Across: rank over "
        "number of draws.",
        ROOM,
        key=[[
            KeyItem("found", "line", MODEL, MODEL),
            KeyItem(f"{100 * PROB:g} % band: above for the whole line, below for each bar alone", "band", BAND, BAND),
            KeyItem("outside its band", "s", MISS, MISS, 5.0),
        ]],
    )  # fmt: skip


def _places(ax: Axes, middle: float, height: float) -> list[float]:
    """Places of the numbers on an axis of some points: the closest round steps from the middle that keep apart."""
    low, high = ax.get_ylim()
    step = next(step for step in STEPS if step * height >= APART * (high - low) or step == STEPS[-1])
    return [p for p in (round(middle + k * step, 6) for k in range(-5, 6)) if low <= p <= high]


def _draw_curve(ax: Axes, curve: pd.DataFrame, numbered: bool) -> None:
    """Draw the difference over its band; points outside are marked."""
    places = _places(ax, 0.0, UPPER)
    words = [f"{place:+g}".replace("-", "\N{MINUS SIGN}") if place else "0" for place in places]
    tick(ax, "y", places, words if numbered else None)
    ax.fill_between(curve["at"], curve["lower"], curve["upper"], color=BAND, lw=0, zorder=1.5)
    ax.plot([0, 1], [0, 0], color=GRID, lw=0.7, zorder=2)
    ax.plot(curve["at"], curve["off"], color=MODEL, lw=1.4, zorder=3)
    out = curve[_outside(curve, "off")]
    ax.plot(out["at"], out["off"], "s", ms=3.0, color=MISS, mew=0, zorder=4)


def _draw_bars(ax: Axes, bars: pd.DataFrame, numbered: bool) -> None:
    """Draw the tops of the bars over the band in which each should end."""
    places = _places(ax, 1.0, LOWER)
    tick(ax, "y", places, [f"{place:g}" for place in places] if numbered else None)
    tick(ax, "x", [0.0, 0.5, 1.0], ["0", "0.5", "1"], grid=False)
    edges = np.append(bars["left"], bars["right"].iloc[-1])
    ax.stairs(bars["upper"], edges, baseline=bars["lower"], fill=True, color=BAND, lw=0, zorder=1.5)
    ax.plot([0, 1], [1, 1], color=GRID, lw=0.7, zorder=2)
    ax.stairs(bars["ratio"], edges, baseline=None, color=MODEL, lw=1.4, zorder=3)
    out = bars[_outside(bars, "ratio")]
    ax.hlines(out["ratio"], out["left"], out["right"], color=MISS, lw=2.6, zorder=4)


def _outside(rows: pd.DataFrame, name: str) -> pd.Series:
    """Tell which values lie outside their band; ends are multiples of 1/n and count as inside."""
    return (rows[name] < rows["lower"] - 1e-9) | (rows[name] > rows["upper"] + 1e-9)


def _numbers(found: list[Ranks]) -> dict[str, pd.DataFrame]:
    """Return what is drawn, by panel."""
    curves = [one.curve.assign(quantity=one.quantity) for one in found]
    bars = [one.bars.assign(quantity=one.quantity) for one in found]
    return {"distribution": pd.concat(curves), "histogram": pd.concat(bars)}


def _alt(found: list[Ranks], tests: pd.DataFrame) -> str:
    """Say what the figure shows."""
    said = "; ".join(f"{one.quantity}: {_verdict(one.quantity, tests)[0]}" for one in found)
    beyond = sum(int(_outside(one.bars, "ratio").sum()) for one in found)
    total = sum(len(one.bars) for one in found)
    return (
        "Ranks of the true value among draws from its posterior, for data drawn from the prior; one panel for each "
        f"quantity. {said}. {beyond} of {total} bars of the histograms lie outside their {100 * PROB:g} % band."
    )
