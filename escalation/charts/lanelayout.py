"""Where each incident stands: lanes one above the other, and rows of markers within each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from escalation.charts.incidents import UNKNOWN, Incident, Lane, count_lanes
from escalation.charts.lettering import wrap
from escalation.charts.placing import pack_rows
from escalation.charts.sheet import Sheet
from escalation.charts.style import SIZES

__all__ = ["GLYPH_ROOM", "LABEL_ROOM", "LEAD", "MARKERS", "Layout", "Track", "fitting", "lay_out", "on_sheet"]

MARKERS = (4.8, 4.2, 3.6, 3.0, 2.4, 1.8, 1.2)  # sizes tried, in points
LEAD = 10.0
LABEL_ROOM = 112.0  # widest label of a lane
GLYPH_ROOM = 9.0


@dataclass(frozen=True)
class Track:
    """One lane laid out: its place from the bottom of the panel, its label, and the row of each incident.

    Parameters
    ----------
    lane : tuple of str
        Key, label, colour, marker.
    name, counts : tuple of str
        Lines of the label.
    rows : dict of int to int
        Position of the incident in the list: its row from the floor of the lane.
    base, height : float
        In points.
    """

    lane: Lane
    name: tuple[str, ...]
    counts: tuple[str, ...]
    rows: dict[int, int]
    base: float
    height: float


@dataclass(frozen=True)
class Layout:
    """All lanes from the bottom up, the marker size and the distance of rows, in points."""

    tracks: tuple[Track, ...]
    size: float
    pitch: float

    @property
    def height(self) -> float:
        """Points taken by all lanes."""
        return sum(track.height for track in self.tracks)


def on_sheet(found: Sequence[Incident], sheet: Sheet) -> list[Incident]:
    """Return the incidents that may lie within the time limits, their possible days cut at the limits."""
    low, high = sheet.start + 0.5, sheet.end - 0.5
    return [
        replace(incident, first=max(incident.first, low), last=min(incident.last, high))
        for incident in found
        if incident.last >= low and incident.first <= high
    ]


def lay_out(shown: list[Incident], lanes: Sequence[Lane], sheet: Sheet, size: float) -> Layout:
    """Lay the lanes out at one marker size, each as high as its stack or its label needs."""
    tracks: list[Track] = []
    base, pitch = 0.0, size * 1.15
    label_room = max(min(sheet.right - 10.0 - GLYPH_ROOM, LABEL_ROOM), 30.0)
    for lane in (UNKNOWN, *lanes):
        rows = _rows(shown, lane[0], sheet, size)
        name = wrap(lane[1], label_room, SIZES["label"], bold=True)
        counts = count_lanes(shown, lane[0]).lines
        stack = 6.0 + pitch * (1 + max(rows.values(), default=0))
        height = max(stack + 3.0, LEAD * (len(name) + len(counts)) + 5.0)
        tracks.append(Track(lane, name, counts, rows, base, height))
        base += height
    return Layout(tuple(tracks), size, pitch)


def _rows(shown: list[Incident], key: str, sheet: Sheet, size: float) -> dict[int, int]:
    """Stack the incidents of one lane, confirmed ones lowest on their day."""
    members = [i for i, incident in enumerate(shown) if incident.in_lane(key)]
    members.sort(key=lambda i: (shown[i].first, not shown[i].confirmed, not shown[i].claimed))
    spans = [_span(shown[i], sheet, size) for i in members]
    order = sorted(range(len(members)), key=lambda k: spans[k][0])
    rows = pack_rows([spans[k] for k in order])
    return {members[k]: row for k, row in zip(order, rows, strict=True)}


def _span(incident: Incident, sheet: Sheet, size: float) -> tuple[float, float]:
    """Return the points taken along the time axis by a marker and its tail."""
    x, half = sheet.x(incident.middle), size * 0.55
    return min(sheet.x(incident.first), x - half), max(sheet.x(incident.last), x + half)


def fitting(shown: list[Incident], lanes: Sequence[Lane], sheet: Sheet) -> Layout:
    """Return the layout with the largest markers that fit the panel, stretched to its height.

    Where even the smallest markers do not fit, rows move closer and markers overlap.
    """
    for size in MARKERS:
        layout = lay_out(shown, lanes, sheet, size)
        if layout.height <= sheet.height + 0.01:
            break
    factor = sheet.height / layout.height
    tracks = [replace(t, base=t.base * factor, height=t.height * factor) for t in layout.tracks]
    return Layout(tuple(tracks), layout.size, layout.pitch * min(factor, 1.0))
