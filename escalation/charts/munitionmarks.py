"""Where the marks of munitions stand, and the words beside them: geometry in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log

import numpy as np
from numpy.typing import NDArray

from escalation.charts.incidents import Incident, Lane
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Sheet
from escalation.charts.style import SIZES

__all__ = ["TEXT", "Load", "Place", "Words", "height_of", "place_marks", "place_words"]

SIZES_TRIED = (5.0, 4.4, 3.8, 3.2, 2.6, 2.0, 1.5)  # of markers, in points
FOOT = 0.7  # the number at the floor of the axis, so that a marker at 1 is whole
_ARROW = 8.0  # points of an arrow up
TEXT = 10.5  # height of a line of words
_PAD = 2.0  # on both sides of words
_NEAREST = 250  # places for words whose leads are compared
_ASIDE = 9.0  # points that a mark may stand beside its day

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Load:
    """The munitions of one attack.

    Parameters
    ----------
    incident : Incident
        The attack.
    lane : tuple of str
        Of its highest level.
    rank : int
        Position of the lane, from low to high; 0 if no weapon was reported.
    low, high : float
        Least and most munitions; inf if no upper end was reported.
    intercepted : float
        NaN if not reported.
    """

    incident: Incident
    lane: Lane
    rank: int
    low: float
    high: float
    intercepted: float

    @property
    def words(self) -> str:
        """What is written beside the mark."""
        return f"{self.intercepted:,.0f} intercepted" if isfinite(self.intercepted) else ""


@dataclass(frozen=True)
class Place:
    """A mark in points from the lower left corner of the panel.

    Parameters
    ----------
    x, y, size : float
        Middle and size of the marker.
    left, right : float
        Ends of the tail over the possible days.
    top : float
        Top of bar or arrow.
    """

    x: float
    y: float
    size: float
    left: float
    right: float
    top: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of all that is drawn."""
        half = 0.55 * self.size
        return min(self.left, self.x - half), self.y - half, max(self.right, self.x + half), self.top + half

    def moved(self, across: float, along: float) -> Place:
        """Return the mark moved, its top unchanged unless it is the marker's own."""
        top = self.top if self.top > self.y else self.y + along
        return Place(self.x + across, self.y + along, self.size, self.left + across, self.right + across, top)


@dataclass(frozen=True)
class Words:
    """Where words stand, in points: their lower left corner, and the end of the lead from their mark."""

    x: float
    y: float
    lead_x: float
    lead_y: float


def height_of(value: float, top: float, sheet: Sheet) -> float:
    """Return the height of a number in points on an axis from `FOOT` to ``top``.

    Examples
    --------
    >>> round(height_of(1, 1 / FOOT, Sheet(100, 100, 0, 0, 1)), 1)
    50.0
    """
    return sheet.height * log(value / FOOT) / log(top / FOOT)


def place_marks(shown: Sequence[Load], top: float, sheet: Sheet) -> list[Place]:
    """Place each mark at its day and number, or beside them by the fewest points that leave all marks visible.

    A mark keeps nearer to its own number than to any other whole number, and within `_ASIDE` points of its day.
    Markers are as large as this allows; where even the smallest do not fit, some overlap.

    Parameters
    ----------
    shown : sequence of Load
        In an order that does not depend on the order of rows.
    top : float
        The number at the top of the axis.
    sheet : Sheet
        The panel.

    Returns
    -------
    list of Place
    """
    # Bars first: they need most room.
    order = sorted(range(len(shown)), key=lambda i: shown[i].high == shown[i].low)
    placed: list[Place] = []
    for size in SIZES_TRIED:
        placed, fit, taken = [], True, np.zeros((len(shown), 4))
        for n, i in enumerate(order):
            tries = _tries(shown[i], top, size, sheet)
            free = ~_touching(_boxes(tries), taken[:n])
            fit &= bool(free.any())
            placed.append(tries[int(free.argmax())])
            taken[n] = placed[-1].box
        if fit:
            break
    return [placed[order.index(i)] for i in range(len(shown))]


def _tries(load: Load, top: float, size: float, sheet: Sheet) -> list[Place]:
    """Return the places for one mark, nearest first."""
    x, y = sheet.x(load.incident.middle), height_of(load.low, top, sheet)
    end = y if load.high == load.low else height_of(load.high, top, sheet) if isfinite(load.high) else y + _ARROW
    home = Place(x, y, size, sheet.x(load.incident.first), sheet.x(load.incident.last), end)
    up = (height_of(load.low + 1, top, sheet) - y) / 2
    down = (y - height_of(load.low - 1, top, sheet)) / 2 if load.low > 1 else y
    step = 1.12 * size
    aside, rise = int(_ASIDE / step), int(max(up, down) / step)
    moves = [(i * step, j * step) for i in range(-aside, aside + 1) for j in range(-rise, rise + 1)]
    moves = [(i, j) for i, j in moves if j == 0 or (-down <= j <= up and j >= size / 2 - y and load.high == load.low)]
    moves.sort(key=lambda move: (abs(move[0]) + 1.2 * abs(move[1]), -move[0], -move[1]))
    inside = [home.moved(i, j) for i, j in moves if 0 <= x + i <= sheet.width]
    return inside or [home]


def _boxes(places: Sequence[Place]) -> Floats:
    """Return the boxes of marks, shape (n, 4)."""
    return np.array([place.box for place in places]).reshape(-1, 4)


def place_words(shown: Sequence[Load], places: Sequence[Place], sheet: Sheet) -> list[Words | None]:
    """Place the words of each mark as near to it as they cover no mark, no other words and no lead of other words.

    Above or below a mark is better than at the same distance beside it: an upright lead keeps to the day.

    Parameters
    ----------
    shown : sequence of Load
        The attacks.
    places : sequence of Place
        Their marks.
    sheet : Sheet
        The panel. Words may reach into the room right of it.

    Returns
    -------
    list of (Words or None)
        None if there are no words, or if they find no room.
    """
    marks, ways, taken = _boxes(places), np.zeros((0, 4)), np.zeros((0, 4))
    found: list[Words | None] = []
    for load, place in zip(shown, places, strict=True):
        width = text_width(load.words, SIZES["small"]) + 2 * _PAD
        boxes = _candidates(place, width, sheet) if load.words else taken[:0]
        boxes = boxes[~_touching(boxes, np.vstack([marks, ways, taken]))]
        if not len(boxes):
            found.append(None)
            continue
        ends = np.clip([place.x, place.y], boxes[:, :2] + [_PAD, 2.0], boxes[:, 2:] - [_PAD, 2.0])
        across, along = np.abs(ends - [place.x, place.y]).T
        cost = 2.5 * np.maximum(across - 6.0, 0.0) + along + 0.2 * np.abs(boxes[:, 1] - place.y)
        near = np.argsort(cost, kind="stable")[:_NEAREST]
        leads = _leads(place, ends[near])
        crossed = 8.0 * _crossed(leads, np.vstack([marks, ways])) + 200.0 * _crossed(leads, taken)
        pick = int(np.argmin(cost[near] + crossed))
        best = int(near[pick])
        left, bottom = boxes[best, :2]
        found.append(Words(float(left) + _PAD, float(bottom), float(ends[best, 0]), float(ends[best, 1])))
        bends = leads[pick][::4]
        pieces = np.hstack([np.minimum(bends[:-1], bends[1:]) - 0.5, np.maximum(bends[:-1], bends[1:]) + 0.5])
        ways, taken = np.vstack([ways, pieces]), np.vstack([taken, boxes[best]])
    return found


def _candidates(place: Place, width: float, sheet: Sheet) -> Floats:
    """Return boxes for words of a width, right and left of a mark and then on a grid over the panel, shape (m, 4)."""
    half = 0.55 * place.size + 0.5
    beside = [(place.x + half, place.y - TEXT / 2), (place.x - half - width, place.y - TEXT / 2)]
    across, along = np.arange(2.0, sheet.text_room, 8.0), np.arange(1.0, sheet.height, 5.0)
    corners = np.array([*beside, *((x, y) for y in along for x in (*across, place.x + half))])
    boxes = np.hstack([corners, corners + np.array([width, TEXT])])
    inside = (boxes[:, 0] >= 0) & (boxes[:, 1] >= 0) & (boxes[:, 2] <= sheet.text_room) & (boxes[:, 3] <= sheet.height)
    return np.asarray(boxes[inside])


def _leads(place: Place, ends: Floats) -> Floats:
    """Return points along the straight way from a mark to each of some ends, shape (m, 17, 2)."""
    start = np.array([place.x, place.y])
    return np.asarray(start + np.linspace(0.0, 1.0, 17)[:, None] * (ends - start)[:, None, :])


def _crossed(leads: Floats, boxes: Floats) -> Floats:
    """Return how many boxes each way crosses, beyond that of its own mark, shape (m,)."""
    points, low, high = leads[:, 1:, None, :], boxes[None, None, :, :2], boxes[None, None, :, 2:]
    within = ((points > low) & (points < high)).all(axis=3)
    return np.asarray(np.any(within, axis=1).sum(axis=1), dtype=np.float64)


def _touching(boxes: Floats, taken: Floats) -> NDArray[np.bool_]:
    """Return which of some boxes share ground with any that is taken."""
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    taken = taken[((taken[:, :2] < high) & (taken[:, 2:] > low)).all(axis=1)]  # only what is near
    a, b = boxes[:, None, :], taken[None, :, :]
    across = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0]) > 1e-9
    along = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1]) > 1e-9
    return np.asarray((across & along).any(axis=1))
