"""One rate estimated again and again: each estimate as a line, light to dark, and how probable a recent jump was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from escalation.charts.curve import (
    Curve,
    draw_curve,
    end_label,
    end_room,
    key_of_curve,
    number_axis,
    number_room,
    read_curve,
)
from escalation.charts.heading import Heading, KeyItem, draw_heading, heading
from escalation.charts.interventions import Event, draw_flags, flags, read_events
from escalation.charts.lettering import number, text_width
from escalation.charts.revisionstems import (
    LEAST_STEMS,
    LIFT,
    Stem,
    draw_stems,
    highest,
    read_stems,
    stems_heading,
    stems_right,
)
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.stack import BETWEEN, Rooms, Window, fitted, headed, padded, stack
from escalation.charts.style import INK, SIZES
from escalation.charts.timeaxis import TICK_ROOM, day_text, dress, need_columns
from escalation.charts.timeaxis import days as days_of

__all__ = ["revisions"]

LIGHT, DARK = "#ABABAB", "#333333"
LEAST_RATE = 130.0  # points inside the panel


def revisions(
    rates: pd.DataFrame,
    vintages: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    days: int = 14,
    alarm: float = 0.5,
    source: str = "",
    note: str | None = None,
    headings: Mapping[str, tuple[str, str]] | None = None,
    window: tuple[object, object] | None = None,
    prob: float = 0.9,
    units: str = "incidents",
    size: tuple[float, float] = (10.0, 8.0),
) -> Figure:
    """Draw a rate as it was estimated on several dates, above the probability of a recent jump on each of them.

    Earlier estimates are grey lines, light to dark, each with a dot on its last day; the last one is bold and has its
    band. Stems below are the probabilities; a cross is a date on which nothing could be estimated.

    Parameters
    ----------
    rates : DataFrame
        ``vintage`` and ``date`` (dates), ``median, lower, upper`` per day; at least one row.
    vintages : DataFrame
        One row per date of estimation: ``date``, ``p_recent`` (NaN: a cross), ``judged`` (``""`` no alarm,
        ``confirmed``, ``not confirmed``, ``not judged``).
    interventions : DataFrame
        ``date, label``, optional ``date_end``; may have no rows.
    days : int, default 14
        Days before each date in which a jump is recent, for the words.
    alarm : float, default 0.5
        Where the line of alarms is drawn.
    source : str, default ""
        Credit line.
    note : str, optional
        A finding in words on the panel of the rate.
    headings : mapping of str to (str, str), optional
        Title and subtitle for ``"rate"`` and ``"alarms"``.
    window : tuple of two dates, optional
        First and last day shown; default: all.
    prob : float, default 0.9
        Mass of the band.
    units : str, default "incidents"
        What is counted, in the plural, for the words.
    size : tuple of float, default (10, 8)
        Width and height in inches. The figure is higher if its words need the room.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        If a frame lacks a column or a date, there is no estimate, a word of ``judged`` is unknown, or the figure is
        too narrow.

    Examples
    --------
    >>> rates = pd.DataFrame({"vintage": "2024-01-03", "date": pd.date_range("2024-01-01", periods=3),
    ...                       "median": 1.0, "lower": 0.5, "upper": 2.0})
    >>> vintages = pd.DataFrame({"date": ["2024-01-03"], "p_recent": [0.2], "judged": [""]})
    >>> fig = revisions(rates, vintages, pd.DataFrame({"date": [], "label": []}))
    >>> len(fig.axes)
    2
    """
    events = read_events(interventions)
    said = f"{units[:1].upper()}{units[1:]} per day; one line per date, from the reports published by then"
    plain = {
        "rate": (f"Rate of {units} as estimated on successive dates", f"{said}{'; events in grey' * bool(events)}"),
        "alarms": (
            f"Probability, on each date, of a jump of the rate in the last {days} days",
            "From reports published by then; days after the last as-of date known are not covered",
        ),
    }
    parts = _Parts(_curves(rates), read_stems(vintages), events, headed(headings, plain), note, alarm, prob)
    return stack(parts, source=source, window=window, size=size)


def _curves(rates: pd.DataFrame) -> list[tuple[float, Curve]]:
    """Return day and curve of each vintage, in order of time."""
    need_columns(rates, "rates", ("vintage", "date", "median", "lower", "upper"))
    if not len(rates):
        raise ValueError("rates: needs at least one estimate; given no rows.")
    when = days_of(rates["vintage"].to_numpy())
    if np.isnan(when).any():
        raise ValueError(f"rates: {int(np.isnan(when).sum())} rows have no vintage; give the date of each estimate.")
    shown = rates[["date", "median", "lower", "upper"]]
    return [(float(day), read_curve(shown[when == day], "rates")) for day in np.unique(when)]


@dataclass(frozen=True)
class _Parts:
    """What `revisions` was given."""

    curves: list[tuple[float, Curve]]
    stems: Sequence[Stem]
    events: Sequence[Event]
    words: dict[str, dict[str, str]]
    note: str | None
    alarm: float
    prob: float

    @property
    def top(self) -> float:
        """The highest value drawn: of earlier estimates the median, of the last one the band."""
        return max([self.curves[-1][1].top, *(float(np.nanmax(curve.median)) for _, curve in self.curves)])

    def limits(self, window: Window) -> tuple[float, float]:
        """Return the limits of the time axis in days."""
        if window is not None:
            first, last = days_of(list(window))
            return padded(first, last, window)
        first = min(curve.day[0] for _, curve in self.curves)
        return padded(first, max([*(curve.day[-1] for _, curve in self.curves), *(s.day for s in self.stems)]), None)

    def sheet(self, limits: tuple[float, float], width: float) -> tuple[Sheet, float]:
        """Return the common sheet of the panels, and the room left of it for the numbers of their axes."""
        left = 16.0 + max(number_room(self.top), text_width("0.75", SIZES["label"]))
        right = 10.0 + max(end_room(self.curves[-1][1], " a day"), stems_right(self.alarm))
        return Sheet(fitted(left, right, width), 100.0, right, *limits), left

    def rooms(self, sheet: Sheet, room: float) -> Rooms:
        """Share the height: words get what they need, panels the rest, and the figure grows if it must."""
        plan = flags(self.events, sheet)
        above = (
            self._heading(sheet).height + plan.strip,
            LIFT + stems_heading(self.stems, sheet, **self.words["alarms"]).height,
        )
        below = TICK_ROOM + BETWEEN + plan.foot, TICK_ROOM
        free = max(room - sum(above) - sum(below), LEAST_RATE + LEAST_STEMS)
        lower = max(0.34 * free, LEAST_STEMS)
        return Rooms(above, (free - lower, lower), below)

    def draw(self, axes: Sequence[Axes]) -> None:
        """Draw the panels."""
        self._draw_rates(axes[0])
        draw_stems(axes[1], self.stems, self.events, self.alarm, **self.words["alarms"])

    def _heading(self, sheet: Sheet) -> Heading:
        """Return the lines above the rate."""
        *early, (final, last) = self.curves
        lines = zip((day for day, _ in early), _shades(len(early)), strict=True)
        key = [KeyItem(f"estimated on {day_text(day)}", "line", shade, shade) for day, shade in lines]
        if len(key) > 2:
            key = [  # the ends of a range, not two lines
                replace(key[0], text=f"estimated on {day_text(early[0][0])} (earliest)"),
                replace(key[-1], text=f"… to {day_text(early[-1][0])} (latest before the last)"),
            ]
        if early:
            key.append(KeyItem("last day of an estimate", "o", DARK, DARK, 3.4))
        line, *band = key_of_curve(last, self.prob)
        line = replace(line, text=f"last estimate, {day_text(final)}: median")
        return heading(**self.words["rate"], room=sheet.text_room, note=self.note, key=[key, [line, *band]])

    def _draw_rates(self, ax: Axes) -> None:
        """Draw every estimate, the last one on top."""
        pen = Pen(ax)
        dress(ax, pen.sheet)
        ax.set_ylim(0, 1.05 * self.top)
        number_axis(ax)
        plan = flags(self.events, pen.sheet)
        draw_flags(pen, plan)
        last = self.curves[-1][1]
        draw_curve(ax, last, between=5.0)
        shades = _shades(len(self.curves) - 1)
        for (_, curve), shade in zip(self.curves[:-1], shades, strict=True):
            ax.stairs(curve.median, curve.edges, baseline=None, color="white", lw=2.2, alpha=0.7, zorder=2.9)
            ax.stairs(curve.median, curve.edges, baseline=None, color=shade, lw=0.9, zorder=3.0)
            ax.plot(curve.day[-1:], curve.median[-1:], "o", ms=3.8, mfc=shade, mec="white", mew=0.5, zorder=4.0)
        self._name_highest(pen)
        end_label(pen, last, " a day")
        draw_heading(pen, self._heading(pen.sheet), plan.strip)

    def _name_highest(self, pen: Pen) -> None:
        """Write date and rate at the end of the line whose recent jump was most probable."""
        top = highest(self.stems)
        named = {day: curve for day, curve in self.curves[:-1] if top is not None and day == top.day}
        for day, curve in named.items():
            words = f"on {day_text(day)}: {number(float(curve.median[-1]))}"
            x, width = pen.sheet.x(curve.day[-1]), text_width(words, SIZES["small"], bold=True)
            scale = pen.sheet.height / pen.ax.get_ylim()[1]
            y, bold = (
                scale * float(np.interp(curve.day[-1], one.day, one.median)) for one in (curve, self.curves[-1][1])
            )
            y -= 9.0 * (abs(y - bold) < 9.0 and y > 12.0)  # clear of the bold line
            right = x + 6.0 + width <= pen.sheet.width
            place = x + 6.0 if right else x - 6.0 - width
            pen.text(place, max(y - 2.7, 2.0), words, fontsize=SIZES["small"], color=INK, weight="bold")


def _shades(n: int) -> list[str]:
    """Return `n` greys from light to dark."""
    light, dark = to_rgb(LIGHT), to_rgb(DARK)
    parts = np.linspace(0.0, 1.0, n) if n > 1 else [0.0] * n
    mixed = ([(1 - p) * a + p * b for a, b in zip(light, dark, strict=True)] for p in parts)
    return [to_hex((red, green, blue)) for red, green, blue in mixed]
