"""Where each incident stands: lanes one above the other, and rows of markers within each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from escalation.charts.incidents import UNKNOWN, Incident, Lane, count_lanes
from escalation.charts.lettering import wrap
from escalation.charts.sheet import Sheet
from escalation.charts.style import SIZES

__all__ = [
    "GLYPH_ROOM",
    "LABEL_ROOM",
    "LEAD",
    "MARKERS",
    "Layout",
    "Track",
    "fitting",
    "lay_out",
    "on_sheet",
    "unreported",
]

MARKERS = (4.8, 4.2, 3.6, 3.0, 2.4, 1.8, 1.2)  # sizes tried, in points
LEAD = 10.0
LABEL_ROOM = 112.0  # widest label of a lane
GLYPH_ROOM = 9.0
FLOOR = 4.0  # points between the floor of a lane and its lowest row

# Of all greys the one whose lightness is farthest from those of a drone and a rocket, in colour, in grey print and
# under each colour-vision deficiency: 4 in CIELAB. More is not to be had between them, so it has a shape of its own.
_GREY = "#838383"
_SHAPES = ("v", "^", "P", "X", "p", "h")


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
    stubs : dict of int to (bool, bool)
        Position of each part of a mixed attack: whether other parts are in lanes below, and in lanes above.
    base, height : float
        In points.
    """

    lane: Lane
    name: tuple[str, ...]
    counts: tuple[str, ...]
    rows: dict[int, int]
    stubs: dict[int, tuple[bool, bool]]
    base: float
    height: float


@dataclass(frozen=True)
class Layout:
    """All lanes from the bottom up; the marker size, the distance of rows and the room below them, in points."""

    tracks: tuple[Track, ...]
    size: float
    pitch: float
    floor: float = FLOOR

    @property
    def height(self) -> float:
        """Points taken by all lanes."""
        return sum(track.height for track in self.tracks)


def unreported(lanes: Sequence[Lane]) -> Lane:
    """Return the lane of unreported weapons: grey, with a marker that none of the levels has.

    Examples
    --------
    >>> unreported([("drone", "Drone", "#4E9CB5", "o")])
    ('', 'Weapon not reported', '#838383', 'v')
    """
    taken = {lane[3] for lane in lanes}
    shape = next((shape for shape in _SHAPES if shape not in taken), UNKNOWN[3])
    return (*UNKNOWN[:2], _GREY, shape)


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
    order = [lane[0] for lane in lanes]
    for lane in (unreported(lanes), *lanes):
        stubs = _stubs(shown, lane[0], order)
        rows = _rows(shown, lane[0], stubs, sheet, size)
        name = wrap(lane[1], label_room, SIZES["label"], bold=True)
        counts = count_lanes(shown, lane[0]).lines
        stack = FLOOR + 5.0 + pitch * (1 + max(rows.values(), default=0))
        height = max(stack, LEAD * (len(name) + len(counts)) + 5.0)
        tracks.append(Track(lane, name, counts, rows, stubs, base, height))
        base += height
    return Layout(tuple(tracks), size, pitch)


def _stubs(shown: list[Incident], key: str, order: list[str]) -> dict[int, tuple[bool, bool]]:
    """Return on which sides, below and above, the mixed attacks in a lane have their other parts."""
    found: dict[int, tuple[bool, bool]] = {}
    for i, incident in enumerate(shown):
        if len(incident.keys) > 1 and incident.in_lane(key):
            places = [order.index(other) for other in incident.keys]
            found[i] = (min(places) < order.index(key), max(places) > order.index(key))
    return found


def _rows(
    shown: list[Incident], key: str, stubs: dict[int, tuple[bool, bool]], sheet: Sheet, size: float
) -> dict[int, int]:
    """Stack the incidents of one lane, confirmed ones lowest on their day."""
    members = [i for i, incident in enumerate(shown) if incident.in_lane(key)]
    members.sort(key=lambda i: (shown[i].first, not shown[i].confirmed, not shown[i].claimed))
    spans = {i: _span(shown[i], sheet, size) for i in members}
    members.sort(key=lambda i: spans[i][0])
    rows = _pack([spans[i] for i in members], [stubs.get(i, (False, False)) for i in members])
    return dict(zip(members, rows, strict=True))


def _pack(spans: list[tuple[float, float]], stubs: list[tuple[bool, bool]]) -> list[int]:
    """Give each marker the lowest row that is free, and with it the next row wherever a stub points."""
    ends: list[float] = []
    rows: list[int] = []
    for (left, right), (below, above) in zip(spans, stubs, strict=True):
        row = 0
        while any(end > left + 1e-9 for end in ends[max(row - below, 0) : row + above + 1]):
            row += 1
        ends += [-inf] * (row + above + 1 - len(ends))
        taken = slice(max(row - below, 0), row + above + 1)
        ends[taken] = [right] * len(ends[taken])
        rows.append(row)
    return rows


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
    squeeze = min(factor, 1.0)
    return Layout(tuple(tracks), layout.size, layout.pitch * squeeze, FLOOR * squeeze)
