"""How often, how grave, how large: rate, shares by level and munitions on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.charts.curve import end_room, number_room, read_curve
from escalation.charts.incidents import Lane
from escalation.charts.lettering import text_width
from escalation.charts.munitions import munitions_left, munitions_panel, munitions_room
from escalation.charts.panels import rate_panel, rate_room
from escalation.charts.shares import shares_panel, shares_right, shares_room
from escalation.charts.sheet import Sheet
from escalation.charts.stack import BETWEEN, Rooms, Window, fitted, headed, padded, stack
from escalation.charts.style import SIZES
from escalation.charts.timeaxis import TICK_ROOM, days

__all__ = ["escalating"]

Shares = tuple[pd.DataFrame, str, str]


def escalating(
    rate: pd.DataFrame,
    changes: pd.DataFrame,
    interventions: pd.DataFrame,
    shares_by_level: Mapping[str, Shares],
    munitions: pd.DataFrame | None,
    lanes: Sequence[Lane],
    *,
    source: str,
    note: str | None = None,
    headings: Mapping[str, tuple[str, str]] | None = None,
    window: tuple[object, object] | None = None,
    prob: float = 0.9,
    size: tuple[float, float] = (10.0, 10.0),
) -> Figure:
    """Draw rate, shares by level and munitions as panels on one time axis.

    Parameters
    ----------
    rate, changes, interventions : DataFrame
        As for `rate_panel`.
    shares_by_level : mapping of str to (DataFrame, str, str)
        Label of each level above the lowest, from low to high, with its frame as for `shares_panel`, its colour and
        its marker: one panel each.
    munitions : DataFrame or None
        As for `munitions_panel`; None, or no rows, leaves the panel out.
    lanes : sequence of (str, str, str, str)
        As for `lanes_panel`.
    source : str
        Credit line, bottom left.
    note : str, optional
        The finding in words on the first panel.
    headings : mapping of str to (str, str), optional
        Title and subtitle for ``"rate"``, ``"munitions"`` and each label of a level; plain ones where not given.
    window : tuple of two dates, optional
        First and last day shown; default: those of the rate.
    prob : float, default 0.9
        Probability of the band and mass of the intervals.
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
    >>> rate = pd.DataFrame({"median": 1.0, "lower": 0.5, "upper": 2.0}, index=index)
    >>> row = {"first": index[0], "last": index[-1], "evidence": "confirmed", "typed": 19, "at_least": 2, "unknown": 22,
    ...        "share": 2 / 19, "lower": 0.02, "upper": 0.3, "bound_lower": 0.05, "bound_upper": 0.6}
    >>> shares = {"Rocket": (pd.DataFrame([row]), "#B5541C", "s")}
    >>> none = pd.DataFrame({"date": [], "label": []})
    >>> fig = escalating(rate, pd.DataFrame(), none, shares, None, [], source="Source: none")
    >>> len(fig.axes)
    2
    """
    held = munitions if munitions is not None and len(munitions) else None
    words = headed(headings, _plain(shares_by_level))
    parts = _Parts(rate, changes, interventions, shares_by_level, held, lanes, words, note, prob)
    return stack(parts, source=source, window=window, size=size)


def _plain(labels: Mapping[str, Shares]) -> dict[str, tuple[str, str]]:
    """Return a title and subtitle for each panel."""
    reading = "Per cent of incidents, by period. Bars are about chance, boxes about the incidents that happened"
    grave = {label: (f"Share of incidents: {label.lower()}", reading) for label in labels}
    size = (
        "Munitions per attack, where a number was reported",
        "Each doubling has the same height. Marks on a grey strip are of one number",
    )
    return {"rate": ("Rate of incidents", "Incidents per day"), **grave, "munitions": size}


@dataclass(frozen=True)
class _Parts:
    """What `escalating` was given."""

    rate: pd.DataFrame
    changes: pd.DataFrame
    interventions: pd.DataFrame
    shares: Mapping[str, Shares]
    munitions: pd.DataFrame | None
    lanes: Sequence[Lane]
    words: dict[str, dict[str, str]]
    note: str | None
    prob: float

    def limits(self, window: Window) -> tuple[float, float]:
        """Return the limits of the time axis in days."""
        first, last = read_curve(self.rate, "rate").day[[0, -1]] if window is None else days(list(window))
        return padded(first, last, window)

    def sheet(self, limits: tuple[float, float], width: float) -> tuple[Sheet, float]:
        """Return the common sheet of the panels, and the room left of it for the numbers of their axes."""
        curve = read_curve(self.rate, "rate")
        numbers = [number_room(curve.top), text_width("100 %", SIZES["label"])]
        numbers += [] if self.munitions is None else [munitions_left(self.munitions, self.lanes)]
        left = 16.0 + max(numbers)
        right = 10.0 + max([end_room(curve, " a day"), *(shares_right(frame) for frame, *_ in self.shares.values())])
        return Sheet(fitted(left, right, width), 100.0, right, *limits), left

    def rooms(self, sheet: Sheet, room: float) -> Rooms:
        """Share the height: words get what they need, panels the rest, and the figure grows if it must."""
        upper, key, least_rate = rate_room(
            self.rate, self.changes, self.interventions, sheet, note=self.note, prob=self.prob, **self.words["rate"]
        )
        wanted = [(upper, least_rate)]
        for label, (frame, colour, marker) in self.shares.items():
            look = {"colour": colour, "marker": marker}
            wanted.append(shares_room(frame, sheet, prob=self.prob, **look, **self.words[label]))
        if self.munitions is not None:
            wanted.append(munitions_room(self.munitions, self.lanes, sheet, **self.words["munitions"]))
        above, least = zip(*wanted, strict=True)
        below = [TICK_ROOM + BETWEEN] * len(wanted)
        below[0] += key
        below[-1] -= BETWEEN
        spare = max(room - sum(above) - sum(below) - sum(least), 0.0)
        return Rooms(above, tuple(part * (1 + spare / sum(least)) for part in least), tuple(below))

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw the panels."""
        words, prob = self.words, self.prob
        rate_panel(axes[0], self.rate, self.changes, self.interventions, note=self.note, prob=prob, **words["rate"])
        for ax, (label, (frame, colour, marker)) in zip(axes[1:], self.shares.items(), strict=False):
            shares_panel(ax, frame, colour=colour, marker=marker, prob=prob, **words[label])
        if self.munitions is not None:
            munitions_panel(axes[-1], self.munitions, self.lanes, **words["munitions"])
