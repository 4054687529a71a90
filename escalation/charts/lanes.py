"""The lowest panel: one lane per level of an ordinal scale, every incident a marker."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from escalation.charts.heading import draw_heading, heading
from escalation.charts.incidents import UNKNOWN, Incident, Lane, read_incidents
from escalation.charts.lanelayout import (
    GLYPH_ROOM,
    LABEL_ROOM,
    LEAD,
    MARKERS,
    Layout,
    Track,
    fitting,
    lay_out,
    on_sheet,
)
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import GRID, MUTED, PALE, SIZES
from escalation.charts.timeaxis import dress, set_window

__all__ = ["dot", "lanes_panel", "lanes_right", "lanes_room"]

_INK = {"s": 0.9, "D": 0.8, "v": 1.05, "^": 1.05}  # at one size a square carries more ink than a circle
_STUB = 1.4  # reach of a stub from the middle of its marker, in marker sizes


def lanes_panel(ax: Axes, incidents: pd.DataFrame, lanes: Sequence[Lane], *, title: str, subtitle: str) -> Axes:
    """Draw one lane per level, the lowest at the bottom, and below them a lane for unreported weapons.

    Filled markers are confirmed incidents, hollow ones claimed only, small ones neither. Incidents that would
    hide each other are stacked. An incident with several levels is a marker in each lane and counts in each; a
    short stub at each of its markers points to the lanes of the others. No line crosses from lane to lane: its
    length would look like a distance. A horizontal tail spans the possible days of an incident whose day is not
    known.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled. Time limits set before are kept; incidents beyond them are counted in
        the subtitle.
    incidents : DataFrame
        One row per incident: ``date`` (or indexed by date), ``levels`` (collection of lane keys, empty = not
        reported), ``confirmed``, ``claimed``; optional ``date_end`` (last possible day).
    lanes : sequence of (str, str, str, str)
        Key, label, colour and marker of each level from low to high.
    title, subtitle : str
        Title (the measure) and subtitle (how to read it).

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column or a date is lacking, or a level has no lane.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_axes((0.1, 0.1, 0.6, 0.6))
    >>> day = pd.to_datetime(["2024-01-01"])
    >>> incidents = pd.DataFrame({"levels": [("drone",)], "confirmed": [True], "claimed": [False]}, index=day)
    >>> lanes = [("drone", "Drone", "#4E9CB5", "o"), ("rocket", "Rocket", "#B5541C", "s")]
    >>> _ = lanes_panel(ax, incidents, lanes, title="Incidents", subtitle="order, not distance")
    >>> [text.get_text() for text in ax.texts][:2]
    ['Weapon not reported', '0 confirmed']
    """
    found, day = read_incidents(incidents, lanes)
    set_window(ax, day)
    pen = Pen(ax)
    dress(ax, pen.sheet)
    shown = on_sheet(found, pen.sheet)
    layout = fitting(shown, lanes, pen.sheet)
    ax.set_ylim(0, pen.sheet.height)
    ax.yaxis.set_major_locator(NullLocator())
    for track in layout.tracks:
        _draw_ground(pen, track)
    for track in layout.tracks:
        _draw_stubs(pen, shown, track, layout)
        _draw_markers(pen, shown, track, layout)
    draw_heading(pen, heading(title, _said(subtitle, len(found) - len(shown)), pen.sheet.text_room))
    return ax


def lanes_room(
    incidents: pd.DataFrame, lanes: Sequence[Lane], sheet: Sheet, *, title: str, subtitle: str
) -> tuple[float, float, float]:
    """Return the points that `lanes_panel` needs above its axes, and for its axes: at least, and at best."""
    found, _ = read_incidents(incidents, lanes)
    shown = on_sheet(found, sheet)
    lines = heading(title, _said(subtitle, len(found) - len(shown)), sheet.text_room)
    least, best = (lay_out(shown, lanes, sheet, size).height for size in (MARKERS[2], MARKERS[0]))
    return lines.height, least, best


def lanes_right(lanes: Sequence[Lane]) -> float:
    """Return the points right of the panel that the labels of the lanes want."""
    widest = max(text_width(label, SIZES["label"], bold=True) for _, label, *_ in (*lanes, UNKNOWN))
    return 8.0 + GLYPH_ROOM + min(max(widest, 82.0), LABEL_ROOM)


def _said(subtitle: str, outside: int) -> str:
    """Add to the subtitle how many incidents are not shown."""
    return f"{subtitle}. {outside} outside these dates not shown" if outside else subtitle


def _draw_ground(pen: Pen, track: Track) -> None:
    """Draw the floor and the label of a lane; unreported weapons lie on grey, outside the order."""
    _, _, colour, marker = track.lane
    if not track.lane[0]:
        pen.box(0, track.base, pen.sheet.width, track.height, PALE, zorder=0.2)
    else:
        pen.line([0, pen.sheet.width], [track.base, track.base], color=GRID, lw=0.8, zorder=0.5)
    x = pen.sheet.width + 8
    y = track.base + min(track.height / 2 + LEAD * (len(track.name) + len(track.counts)) / 2, track.height)
    dot(pen, [x + 2.5], [y - LEAD + 5.4], marker, MARKERS[0], colour, colour)
    for line in track.name:
        y -= LEAD
        pen.text(x + GLYPH_ROOM, y + 2.5, line, weight="bold")
    for line in track.counts:
        y -= LEAD
        pen.text(x + GLYPH_ROOM, y + 2.5, line, color=MUTED, fontsize=SIZES["small"])


def _y(track: Track, row: int, layout: Layout) -> float:
    """Return the height of a row of a lane in points."""
    return track.base + layout.floor + layout.pitch * (row + 0.5)


def _draw_stubs(pen: Pen, shown: list[Incident], track: Track, layout: Layout) -> None:
    """Draw from each part of a mixed attack a stub towards the lanes of its other parts, never beyond the lane."""
    gap = min(1.2, 0.1 * track.height)  # a stub that touched the line of the lane would seem to cross it
    low, high = track.base + gap, track.base + track.height - gap
    look = {"color": track.lane[2], "lw": min(1.3, 0.3 * layout.size), "zorder": 2.0}
    for i, (below, above) in track.stubs.items():
        x, y, reach = pen.sheet.x(shown[i].middle), _y(track, track.rows[i], layout), _STUB * layout.size
        if below:
            pen.line([x, x], [max(y - reach, low), y], **look)
        if above:
            pen.line([x, x], [y, min(y + reach, high)], **look)


def _draw_markers(pen: Pen, shown: list[Incident], track: Track, layout: Layout) -> None:
    """Draw the incidents of one lane: those confirmed, those only claimed, and the rest, small."""
    _, _, colour, marker = track.lane
    members = [(shown[i], _y(track, row, layout)) for i, row in track.rows.items()]
    for incident, y in members:
        if incident.last > incident.first:
            ends = [pen.sheet.x(incident.first), pen.sheet.x(incident.last)]
            pen.line(ends, [y, y], color=colour, lw=0.7, zorder=2.5)
    for known, face, scale in (
        ("confirmed", colour, 1.0),
        ("claimed", "white", 1.0),
        ("neither", colour, 0.45),
    ):
        places = [(pen.sheet.x(incident.middle), y) for incident, y in members if incident.known == known]
        size = layout.size * scale
        dot(pen, [x for x, _ in places], [y for _, y in places], marker, size, colour, face)


def dot(pen: Pen, x: Sequence[float], y: Sequence[float], marker: str, size: float, colour: str, face: str) -> None:
    """Draw markers of one look."""
    look = {"ms": size * _INK.get(marker, 1.0), "mew": min(0.8, 0.17 * size), "mec": colour, "mfc": face}
    if len(x):
        pen.line(x, y, ls="", marker=marker, zorder=3.0, **look)
