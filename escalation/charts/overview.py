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
from escalation.charts.panels import cumulative_panel, cumulative_room, rate_panel, rate_room
from escalation.charts.sheet import Sheet
from escalation.charts.stack import BETWEEN, Rooms, Window, fitted, headed, padded, stack
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

LEAST_CUMULATIVE = 130.0


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
    words = headed(headings, HEADINGS)
    parts = _Parts(reports, cumulative, rate, changes, interventions, incidents, lanes, words, note, prob)
    return stack(parts, source=source, window=window, size=size)


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

    def limits(self, window: Window) -> tuple[float, float]:
        """Return the limits of the time axis in days."""
        if window is None:
            curves = read_curve(self.cumulative, "cumulative"), read_curve(self.rate, "rate")
            first, last = min(c.day[0] for c in curves), max(c.day[-1] for c in curves)
        else:
            first, last = days(list(window))
        return padded(first, last, window)

    def sheet(self, limits: tuple[float, float], width: float) -> tuple[Sheet, float]:
        """Return the common sheet of the panels, and the room left of it for the numbers of their axes."""
        count, rate = read_curve(self.cumulative, "cumulative"), read_curve(self.rate, "rate")
        draft = Sheet(width, 100.0, 0.0, *limits)
        tops = read_reports(self.reports, draft).ceiling(count.top), rate.top
        left = 16.0 + max(number_room(top) for top in tops)
        ends = [end_room(count, ""), end_room(rate, " a day")]
        right = 10.0 + max(ends + ([] if self.incidents is None else [lanes_right(self.lanes)]))
        return replace(draft, width=fitted(left, right, width), right=right), left

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
