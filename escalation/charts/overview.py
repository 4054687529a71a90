"""The panels of a study on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.charts.curve import end_room, number_room, read_curve
from escalation.charts.glyphs import read_reports
from escalation.charts.incidents import Lane
from escalation.charts.lanes import lanes_panel, lanes_right, lanes_room
from escalation.charts.lettering import wrap
from escalation.charts.panels import cumulative_panel, cumulative_room, rate_panel, rate_room
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import MUTED, SIZES, style
from escalation.charts.timeaxis import TICK_ROOM, days

__all__ = ["HEADINGS", "overview"]

HEADINGS: dict[str, tuple[str, str]] = {
    "cumulative": (
        "Reported totals and reconstructed cumulative count",
        "Attacks since the start of the count",
    ),
    "rate": ("Rate of attacks", "Attacks per day. Grey lines and bands: events outside the series"),
    "lanes": (
        "Incidents described one by one, by weapon",
        "Order, not distance. Filled: confirmed; hollow: claimed only; small: neither; tail: possible days; "
        "stub: part of a mixed attack, counted in each lane",
    ),
}
"""Title and subtitle of each panel, unless the caller gives others."""

TOP, FOOT, BETWEEN = 10.0, 10.0, 12.0
LEAST_CUMULATIVE = 130.0


@dataclass(frozen=True)
class Rooms:
    """Points above, inside and below each panel."""

    above: tuple[float, ...]
    inside: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def height(self) -> float:
        """Points taken by all panels."""
        return sum(self.above) + sum(self.inside) + sum(self.below)


def overview(
    reports: pd.DataFrame,
    cumulative: pd.DataFrame,
    rate: pd.DataFrame,
    changes: pd.DataFrame,
    interventions: pd.DataFrame,
    incidents: pd.DataFrame | None,
    lanes: Sequence[Lane],
    *,
    source: str,
    note: str | None = None,
    headings: Mapping[str, tuple[str, str]] | None = None,
    window: tuple[object, object] | None = None,
    prob: float = 0.9,
    size: tuple[float, float] = (10.0, 10.0),
) -> Figure:
    """Draw totals, rate and incidents as panels on one time axis.

    Parameters
    ----------
    reports, cumulative : DataFrame
        As for `cumulative_panel`.
    rate, changes, interventions : DataFrame
        As for `rate_panel`.
    incidents : DataFrame or None
        As for `lanes_panel`; None leaves the panel out, for a study that has no incidents at all.
    lanes : sequence of (str, str, str, str)
        As for `lanes_panel`.
    source : str
        Credit line, bottom left.
    note : str, optional
        A finding in words on the rate panel.
    headings : mapping of str to (str, str), optional
        Title and subtitle for ``"cumulative"``, ``"rate"``, ``"lanes"``; those not given are from `HEADINGS`.
    window : tuple of two dates, optional
        First and last day shown; default: those of both curves. What lies outside is counted, not drawn.
    prob : float, default 0.9
        Probability of the bands.
    size : tuple of float, default (10, 10)
        Width and height in inches. The figure is higher if its words need the room.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        If a frame lacks what its panel needs, a heading is unknown, the window empty, the figure too narrow.

    Examples
    --------
    >>> index = pd.date_range("2024-01-01", periods=30)
    >>> curve = pd.DataFrame({"median": 1.0, "lower": 0.5, "upper": 2.0}, index=index)
    >>> reports = pd.DataFrame({"as_of": index[:1], "count": [1], "used": [True]})
    >>> events = pd.DataFrame({"date": index[5:6], "label": ["truce"]})
    >>> known = {"levels": [("drone",)], "confirmed": [True], "claimed": [False]}
    >>> incidents = pd.DataFrame(known, index=index[:1])
    >>> lanes = [("drone", "Drone", "#4E9CB5", "o")]
    >>> fig = overview(reports, curve, curve, pd.DataFrame(), events, incidents, lanes, source="Source: none")
    >>> len(fig.axes)
    3
    """
    strange = sorted(set(headings or {}) - set(HEADINGS))
    if strange:
        raise ValueError(f"headings: unknown panel {', '.join(strange)}; known: {', '.join(HEADINGS)}.")
    said = {**HEADINGS, **(headings or {})}
    words = {panel: {"title": title, "subtitle": subtitle} for panel, (title, subtitle) in said.items()}
    parts = _Parts(reports, cumulative, rate, changes, interventions, incidents, lanes, words, note, prob)
    sheet, left = parts.sheet(parts.limits(window), 72.0 * size[0])
    credit = wrap(source, sheet.text_room, SIZES["small"])
    foot = FOOT + 10.0 * len(credit) + 6.0
    rooms = parts.rooms(sheet, 72.0 * size[1] - TOP - foot)
    with style():
        fig = Figure(figsize=(size[0], (TOP + foot + rooms.height) / 72.0))
        axes = _axes(fig, rooms, left, sheet)
        parts.draw(axes)
        pen = Pen(axes[-1])
        for i, line in enumerate(credit):
            pen.text(0, -rooms.below[-1] - 14.0 - 10.0 * i, line, fontsize=SIZES["small"], color=MUTED)
        fig.draw_without_rendering()  # ticks are made now, with these settings, and not later with others
    return fig


@dataclass(frozen=True)
class _Parts:
    """What `overview` was given."""

    reports: pd.DataFrame
    cumulative: pd.DataFrame
    rate: pd.DataFrame
    changes: pd.DataFrame
    interventions: pd.DataFrame
    incidents: pd.DataFrame | None
    lanes: Sequence[Lane]
    words: dict[str, dict[str, str]]
    note: str | None
    prob: float

    def limits(self, window: tuple[object, object] | None) -> tuple[float, float]:
        """Return the limits of the time axis in days."""
        if window is None:
            curves = read_curve(self.cumulative, "cumulative"), read_curve(self.rate, "rate")
            first, last = min(c.day[0] for c in curves), max(c.day[-1] for c in curves)
        else:
            first, last = days(list(window))
        if not last >= first:
            raise ValueError(f"window: needs a first and a last day in this order; given {window}.")
        pad = 0.5 + 0.01 * (last - first)
        return float(first - pad), float(last + pad)

    def sheet(self, limits: tuple[float, float], width: float) -> tuple[Sheet, float]:
        """Return the common sheet of the panels, and the room left of it for the numbers of their axes."""
        count, rate = read_curve(self.cumulative, "cumulative"), read_curve(self.rate, "rate")
        draft = Sheet(width, 100.0, 0.0, *limits)
        tops = read_reports(self.reports, draft).ceiling(count.top), rate.top
        left = 16.0 + max(number_room(top) for top in tops)
        ends = [end_room(count, ""), end_room(rate, " a day")]
        right = 10.0 + max(ends + ([] if self.incidents is None else [lanes_right(self.lanes)]))
        if width - left - right < 150.0:
            least = (left + right + 150.0) / 72
            raise ValueError(f"size: {width / 72:g} in is too narrow; these words need {least:.1f} in.")
        return replace(draft, width=width - left - right, right=right), left

    def rooms(self, sheet: Sheet, room: float) -> Rooms:
        """Share the height: words get what they need, panels the rest, and the figure grows if it must."""
        words, prob = self.words, self.prob
        upper = cumulative_room(self.reports, self.cumulative, sheet, prob=prob, **words["cumulative"])
        middle, key, least_rate = rate_room(
            self.rate, self.changes, self.interventions, sheet, note=self.note, prob=prob, **words["rate"]
        )
        above, below, lanes = [upper, middle], [TICK_ROOM + BETWEEN, TICK_ROOM + key], []
        free = room - upper - middle - sum(below)
        if self.incidents is not None:
            lower, least, best = lanes_room(self.incidents, self.lanes, sheet, **words["lanes"])
            above, below = [*above, lower], [below[0], below[1] + BETWEEN, TICK_ROOM]
            free -= lower + BETWEEN + TICK_ROOM
            lanes = [min(best, max(0.42 * free, least))]
        rest = max(free - sum(lanes), LEAST_CUMULATIVE + least_rate)
        rate = max(0.37 * rest, least_rate)
        return Rooms(tuple(above), (rest - rate, rate, *lanes), tuple(below))

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw the panels."""
        words, prob = self.words, self.prob
        cumulative_panel(axes[0], self.reports, self.cumulative, prob=prob, **words["cumulative"])
        rate_panel(axes[1], self.rate, self.changes, self.interventions, note=self.note, prob=prob, **words["rate"])
        if self.incidents is not None:
            lanes_panel(axes[2], self.incidents, self.lanes, **words["lanes"])


def _axes(fig: Figure, rooms: Rooms, left: float, sheet: Sheet) -> list[Axes]:
    """Make the axes from the top down, on one time axis."""
    width, height = fig.get_figwidth() * 72.0, fig.get_figheight() * 72.0
    top = height - TOP
    axes: list[Axes] = []
    for above, inside, below in zip(rooms.above, rooms.inside, rooms.below, strict=True):
        place = (left / width, (top - above - inside) / height, sheet.width / width, inside / height)
        axes.append(fig.add_axes(place, sharex=axes[0] if axes else None))
        top -= above + inside + below
    axes[0].set_xlim(sheet.start, sheet.end)
    return axes
