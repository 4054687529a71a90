"""False alarms and power side by side, of this package and of what is done today, as a figure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from escalation.calibration.report.dotrows import ROW, Rows, draw_rows, share_axis, stack
from escalation.calibration.report.dots import Dots, Z, draw_dots, find_room, in_lanes, write_names
from escalation.calibration.report.page import MISS, ROOM, Drawing, Page
from escalation.calibration.report.targets import FAST, OURS, STOOD_IN, stand_in
from escalation.calibration.report.verdict import bounds
from escalation.charts.heading import Heading, KeyItem, heading
from escalation.charts.lettering import wrap
from escalation.charts.style import INK, MODEL, MUTED, SIZES, style

__all__ = ["draw_alarms"]

Floats = NDArray[np.float64]

GAP, TICKS = 26.0, 16.0
HALF = (ROOM - GAP) / 2
STRONG, LEAD = 36.0, 10.5
#: Columns that may tell settings of one world apart, and how a cell is said.
PARTS = {"phi": "\N{GREEK SMALL LETTER PHI} {:g}", "totals": "{:g} totals", "voice": "{}"}
#: Markers and names of routines; those not listed, and oracles, take the spare markers in turn.
MARKERS = {"poisson": "o", "pelt-rbf": "s", "pelt-l2": "^", FAST: "o"}
NAMES = {"poisson": "Poisson cost", "pelt-rbf": "PELT, kernel", "pelt-l2": "PELT, squared error"}
SPARE, ORACLES = ("v", ">", "8", "<"), ("D", "p", "h", "d")


def _marker(method: str, others: Sequence[str]) -> str:
    """Marker of a routine or an oracle, by its place among the others."""
    if method in MARKERS:
        return MARKERS[method]
    oracle = method.startswith("oracle")
    same = [other for other in others if other not in MARKERS and other.startswith("oracle") == oracle]
    spare = ORACLES if oracle else SPARE
    return spare[same.index(method) % len(spare)]


class _Table:
    """A frame with a row per setting and method: settings in the order of the frame, the same world together."""

    def __init__(self, name: str, frame: pd.DataFrame) -> None:
        frame = stand_in(name, frame)
        self.name = name
        self._keys = ["world", *(name for name in PARTS if name in frame)]
        self._frame = frame
        first = frame.drop_duplicates(self._keys)
        worlds = [part for _, part in first.groupby("world", sort=False)]
        self.settings = pd.concat(worlds, ignore_index=True)[self._keys]
        self.others = [str(method) for method in frame["method"].unique() if method not in OURS]

    def words(self) -> tuple[list[tuple[str, str]], str]:
        """World and label of each row, and what is the same in all rows."""
        varies = [name for name in self._keys[1:] if len(self.settings[name].unique()) > 1]
        rows = self.settings.to_dict("records")
        same = [_part(name, rows[0]) for name in self._keys[1:] if name not in varies]
        same = [f"voice {words}" if words == rows[0].get("voice") else words for words in same]
        labels = [", ".join(_part(name, row) for name in varies) or "all" for row in rows]
        worlds = [str(row["world"]) for row in rows]
        if STOOD_IN in self._frame and self._frame[STOOD_IN].any():
            same.append("fast models where not all were run")
        return list(zip(worlds, labels, strict=True)), f" ({', '.join(same)})" if same else ""

    def column(self, methods: Sequence[str], name: str) -> Floats:
        """One column of the methods given, shape (settings,); NaN where there is none."""
        part = self._frame[self._frame["method"].isin(list(methods))].drop_duplicates(self._keys)
        found = self.settings.merge(part[[*self._keys, name]], on=self._keys, how="left")
        return found[name].to_numpy(dtype=float)

    def dots(self, methods: Sequence[str], name: str, words: str, marker: str) -> Dots:
        """Markers of one column: green for this package, filled for all its models, hollow for others."""
        value, se, ours = self.column(methods, name), self.column(methods, f"{name}_se"), methods == OURS
        colour = MODEL if ours or FAST in methods else INK
        return Dots(words, value, se, marker, colour, MODEL if ours else "white", 5.0 if ours else 4.6)

    def bounds(self, name: str) -> tuple[Floats, Floats]:
        """Least and largest value of this package that meet the targets, by setting."""
        return bounds(self.name, self.settings.assign(method=OURS[0]), name)


def _part(name: str, row: Mapping[Hashable, object]) -> str:
    """Say one cell of a setting."""
    return PARTS[name].format(row[name])


@dataclass(frozen=True)
class _Side:
    """One of the two panels, settled but for its place on the page.

    `limit` is what this package should be below, or above, in each row; `strong` is a number for each row, written
    beside the panel, and the most it should be.
    """

    title: tuple[str, ...]
    subtitle: tuple[str, ...]
    rows: Rows
    dots: tuple[Dots, ...]
    span: tuple[float, float]
    width: float
    limit: Floats
    strong: tuple[Floats, Floats] | None

    @property
    def head(self) -> float:
        """Points of its words above the rows."""
        return LEAD * (len(self.title) + len(self.subtitle))


def _side(
    title: str, subtitle: str, table: _Table, dots: Sequence[Dots], limit: Floats, beyond: NDArray[np.bool_],
    strong: tuple[Floats, Floats] | None = None,
) -> _Side:  # fmt: skip
    """Settle one panel; of the first kind of dots, those beyond their limit are of another colour."""
    first, name = dots[0], f"{dots[0].name}, beyond its limit"
    kept = replace(first, x=np.where(beyond, np.nan, first.x))
    missed = replace(first, x=np.where(beyond, first.x, np.nan), colour=MISS, face=MISS, name=name)
    drawn = [one for one in (kept, missed, *dots[1:]) if np.isfinite(one.x).any()]
    low = 0.0
    if strong is None:  # power is far from 0, and what matters is near 1
        low = min(float(np.nanmin(one.x - Z * np.nan_to_num(one.se))) for one in drawn)
        low = max(0.0, min(0.8, float(np.floor(10 * low) / 10)))
    said, same = table.words()
    width = HALF - stack(said).width - 12.0 - (0.0 if strong is None else STRONG)
    drawn, row = in_lanes(drawn, width, (low, 1.0))
    lines = wrap(title, HALF, SIZES["subtitle"], bold=True), wrap(subtitle.format(same), HALF, SIZES["small"])
    return _Side(*lines, stack(said, row), tuple(drawn), (low, 1.0), width, limit, strong)


def _alarm_side(alarms: pd.DataFrame) -> _Side:
    """Series whose rate never changes."""
    table = _Table("alarms", alarms)
    dots = [table.dots(OURS, "any_change", "escalation", "o")]
    for method in table.others:
        words, marker = NAMES.get(method, method), _marker(method, table.others)
        dots.append(table.dots([method], "any_change", words, marker))
    limit, most = table.bounds("any_change")[1], table.bounds("strong")[1]
    return _side(
        "False alarms: a change is found though there is none",
        "Share of series{}. Escalation: P(at least one jump) above 1/2; numbers on the right: above 0.9. "
        "\N{GREEK SMALL LETTER PHI}: variance over mean, minus one",
        table, dots, limit, dots[0].x > limit, (table.column(OURS, "strong"), most),
    )  # fmt: skip


def _power_side(power: pd.DataFrame) -> _Side:
    """Series whose rate changes."""
    table = _Table("power", power)
    dots = [table.dots(OURS, "changed", "escalation", "o"), table.dots(OURS, "jump", "escalation, jump", "D")]
    for method in table.others:
        column = "jump" if np.isfinite(table.column([method], "jump")).any() else "changed"
        words, marker = NAMES.get(method, method), _marker(method, table.others)
        dots.append(table.dots([method], column, words, marker))
    limit = table.bounds("changed")[0]
    return _side(
        "Power: a change that is there is found",
        "Share of series{}. Escalation: P(constant) below 1/2; jump, and oracles: P(at least one jump) above 1/2",
        table, dots, limit, dots[0].x < limit,
    )  # fmt: skip


def draw_alarms(alarms: pd.DataFrame, power: pd.DataFrame, *, source: str) -> Drawing:
    """Draw false alarms on the left and power on the right, one row per setting, one marker per method.

    Parameters
    ----------
    alarms : DataFrame
        ``world, phi, totals, voice, method, series, any_change, any_change_se, strong``.
    power : DataFrame
        ``world, totals, voice, method, series, changed, changed_se, jump, jump_se``; NaN where a method has no answer.
    source : str
        Credit line.

    Returns
    -------
    Drawing
    """
    sides = _alarm_side(alarms), _power_side(power)
    named = [find_room(side.dots, [side.limit], side.width, side.span) for side in sides]
    written = {name.words for names, _ in named for name in names}
    lines = _heading([dots for _, rest in named for dots in rest if dots.name not in written])
    head = max(side.head for side in sides)
    with style():
        page = Page(lines, head + max(side.rows.height for side in sides) + TICKS, source)
        for i, (side, (names, _)) in enumerate(zip(sides, named, strict=True)):
            left = (HALF + GAP) * i
            _draw_words(page, side, left, head)
            ax = page.panel(left + side.rows.width + 12.0, head, side.width, side.rows.height,
                            x=side.span, y=(side.rows.height, 0.0))  # fmt: skip
            _draw_side(ax, side)
            write_names(ax, side.rows, names)
        page.fig.draw_without_rendering()
    return Drawing(page.fig, {"false alarms": alarms, "power": power}, _alt(sides), "False alarms and power")


def _heading(rest: Sequence[Dots]) -> Heading:
    """Say what is drawn; dots whose name found no room on either panel have it here."""
    items = {"limit": KeyItem("limit for escalation", "|", INK, INK, 8.0)}
    items |= {dots.name: KeyItem(dots.name, dots.marker, dots.colour, dots.face, dots.size) for dots in rest}
    return heading(
        "Changes found where there is none, and where there is one",
        "Green: this package. Black: routines of today on straight lines between the totals, and oracles. With 95 % "
        "Monte-Carlo intervals.",
        ROOM,
        key=[list(items.values())],
    )


def _draw_words(page: Page, side: _Side, left: float, head: float) -> None:
    """Write title, subtitle and the labels of the rows of a side."""
    for j, line in enumerate(side.title):
        page.say(left, LEAD * (j + 1), line, fontsize=SIZES["subtitle"], weight="bold")
    for j, line in enumerate(side.subtitle):
        page.say(left, LEAD * (len(side.title) + j + 1), line, fontsize=SIZES["small"], color=MUTED)
    draw_rows(page, side.rows, left, head)
    if side.strong is None:
        return
    for y, value, limit in zip(side.rows.y, *side.strong, strict=True):
        words = f"{value:.3f}" if np.isfinite(value) else ""
        colour = MISS if value > limit else MODEL
        page.say(left + HALF, head + y + 2.8, words, fontsize=SIZES["small"], color=colour, ha="right")


def _draw_side(ax: Axes, side: _Side) -> None:
    """Draw markers, and limits across their row."""
    share_axis(ax, side.rows)
    known = np.isfinite(side.limit)
    x, y = side.limit[known], side.rows.y[known]
    ax.vlines(x, y - ROW / 2, y + ROW / 2, color=INK, lw=1.2, zorder=1.8)
    for dots in side.dots[::-1]:
        draw_dots(ax, side.rows, dots)


def _alt(sides: Sequence[_Side]) -> str:
    """Say what the figure shows."""
    said = []
    for side in sides:
        ranges = [f"{dots.name} {np.nanmin(dots.x):.2f} to {np.nanmax(dots.x):.2f}" for dots in side.dots]
        said.append(f"{' '.join(side.title)}, {len(side.rows.labels)} settings: {'; '.join(ranges)}.")
    return " ".join(said)
