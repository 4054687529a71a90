"""How many munitions an attack used, where a number was reported: a count, so distances on the axis have meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from escalation.charts.heading import Heading, KeyItem, draw_heading, heading
from escalation.charts.incidents import Lane, read_incidents
from escalation.charts.lanelayout import on_sheet, unreported
from escalation.charts.lanes import dot
from escalation.charts.lettering import text_width
from escalation.charts.munitionmarks import FOOT, Load, Place, height_of, place_marks, place_words
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import MUTED, SIZES
from escalation.charts.timeaxis import dress, need_columns, set_window

__all__ = ["munitions_left", "munitions_panel", "munitions_room"]

STRIP = "#EFEFEF"
LEAST_MUNITIONS = 110.0
LEAD = 7.0  # points from a mark to its words beyond which a line leads to them


def munitions_panel(ax: Axes, munitions: pd.DataFrame, lanes: Sequence[Lane], *, title: str, subtitle: str) -> Axes:
    """Draw the number of munitions of each attack on an axis of ratios.

    The marker is that of the highest level of the attack and stands at the least number; a bar reaches to the most,
    an arrow up if no upper end was reported. Filled: confirmed; hollow: claimed only; small: neither. Marks that
    would hide each other are moved apart by a few points, never nearer to another whole number than to their own.
    A horizontal tail spans the possible days of an attack whose day is not known.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled. Time limits set before are kept; attacks beyond them are counted in the subtitle.
    munitions : DataFrame
        One row per attack with a reported number: ``date`` (or indexed by date), ``levels``, ``confirmed``,
        ``claimed`` and optional ``date_end`` as for `lanes_panel`; ``low`` (at least 1), ``high`` (NaN or inf: open
        upwards), ``intercepted`` (NaN: not reported).
    lanes : sequence of (str, str, str, str)
        As for `lanes_panel`.
    title, subtitle : str
        Title (the measure) and subtitle (how to read it).

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column or a date is lacking, a level has no lane, or numbers are out of range or out of order.

    Examples
    --------
    >>> from escalation.charts.canvas import new_axes
    >>> row = {"date": "2024-01-20", "levels": ("rocket",), "confirmed": True, "claimed": False, "low": 15, "high": 20,
    ...        "intercepted": 15}
    >>> lanes = [("rocket", "Rocket", "#B5541C", "s")]
    >>> ax = munitions_panel(new_axes(), pd.DataFrame([row]), lanes, title="Munitions", subtitle="per attack")
    >>> [text.get_text() for text in ax.texts][:1]
    ['15 intercepted']
    >>> ax.figure.clear()
    """
    found = _read(munitions, lanes)
    set_window(ax, np.array([day for load in found for day in (load.incident.first, load.incident.last)]))
    pen = Pen(ax)
    dress(ax, pen.sheet)
    _count_axis(ax, _top(found), pen.sheet)
    shown = _shown(found, pen.sheet)
    places = place_marks(shown, _top(found), pen.sheet)
    _draw_strips(pen, shown, places, _top(found))
    for load, place in zip(shown, places, strict=True):
        _draw_load(pen, load, place)
    lost = _write(pen, shown, places)
    draw_heading(pen, _heading(found, shown, pen.sheet, title, subtitle, lost))
    return ax


def munitions_room(
    munitions: pd.DataFrame, lanes: Sequence[Lane], sheet: Sheet, *, title: str, subtitle: str
) -> tuple[float, float]:
    """Return the points that `munitions_panel` needs above its axes, and at least inside, so that all words fit."""
    found = _read(munitions, lanes)
    shown = _shown(found, sheet)
    written = sum(bool(load.words) for load in shown)
    least, lost = LEAST_MUNITIONS, written
    while lost and least < 6 * LEAST_MUNITIONS:
        room = replace(sheet, height=least)
        places = place_words(shown, place_marks(shown, _top(found), room), room)
        lost = written - sum(place is not None for place in places)
        least *= 1.25 if lost else 1.0
    return _heading(found, shown, sheet, title, subtitle, lost).height, least


def munitions_left(munitions: pd.DataFrame, lanes: Sequence[Lane]) -> float:
    """Return the width in points of the numbers of the axis."""
    return text_width(f"{_top(_read(munitions, lanes)):,.0f}", SIZES["label"])


def _read(frame: pd.DataFrame, lanes: Sequence[Lane]) -> list[Load]:
    """Return the attacks of a frame in an order that does not depend on that of its rows."""
    need_columns(frame, "munitions", ("low", "high", "intercepted"))
    incidents, _ = read_incidents(frame, lanes)
    low, high, shot = (frame[c].to_numpy(dtype=float, na_value=np.nan) for c in ("low", "high", "intercepted"))
    high = np.where(np.isnan(high), np.inf, high)
    rows = {
        "low must be a number from 1": ~(low >= 1) | np.isinf(low),
        "high must not be below low": high < low,
        "intercepted must be from 0 to high": (shot < 0) | (shot > high) | np.isinf(shot),
    }
    wrong = [
        f"{said} ({bad.sum()} rows, the first is row {bad.argmax()} from 0)" for said, bad in rows.items() if bad.any()
    ]
    if wrong:
        raise ValueError(f"munitions: {'; '.join(wrong)}.")
    order = [unreported(lanes), *lanes]
    ranks = [max((k for k, lane in enumerate(order) if lane[0] in incident.keys), default=0) for incident in incidents]
    parts = zip(incidents, ranks, low, high, shot, strict=True)
    found = [Load(i, order[k], k, float(a), float(b), float(c)) for i, k, a, b, c in parts]
    return sorted(
        found, key=lambda m: (m.incident.middle, m.low, m.high, m.rank, m.words, m.incident.known, m.incident.first)
    )


def _top(found: list[Load]) -> float:
    """Return the number at the top of the axis: at least 4, and with room for an arrow."""
    return 1.3 * max((m.high if isfinite(m.high) else 2 * m.low for m in found), default=3.1)


def _shown(found: list[Load], sheet: Sheet) -> list[Load]:
    """Return the attacks within the time limits, their possible days cut at the limits."""
    kept = [(load, on_sheet([load.incident], sheet)) for load in found]
    return [replace(load, incident=cut[0]) for load, cut in kept if cut]


def _count_axis(ax: Axes, top: float, sheet: Sheet) -> None:
    """Label 1, 2, 5, 10, 20, … or, where they stand too close, every tenth or hundredth."""
    ax.set_yscale("log", base=2)
    ax.set_ylim(FOOT, top)
    powers = [10**k for k in range(16) if 10**k <= top]
    for ticks in ([m * p for p in powers for m in (1, 2, 5) if m * p <= top], powers, powers[::2], powers[::4]):
        heights = [height_of(tick, top, sheet) for tick in ticks]
        if min(np.diff(heights), default=20.0) >= 11.0:
            break
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FixedFormatter([f"{tick:,}" for tick in ticks]))


def _draw_strips(pen: Pen, shown: list[Load], places: list[Place], top: float) -> None:
    """Draw a pale strip behind marks that are spread about one number, so that their height is not read as another."""
    for number in sorted({load.low for load in shown}):
        level = height_of(number, top, pen.sheet)
        own = [place for load, place in zip(shown, places, strict=True) if load.low == number]
        reach = max(abs(place.y - level) + 0.7 * place.size for place in own)
        if any(abs(place.y - level) > 0.5 for place in own):
            pen.box(
                0, max(level - reach, 0.0), pen.sheet.width, level + reach - max(level - reach, 0.0), STRIP, zorder=0.3
            )


def _draw_load(pen: Pen, load: Load, place: Place) -> None:
    """Draw one attack: possible days, bar or arrow, and the marker at the least number."""
    _, _, colour, marker = load.lane
    x, y = place.x, place.y
    if load.incident.last > load.incident.first:
        pen.line([place.left, place.right], [y, y], color=colour, lw=0.7, zorder=2.0)
    if load.high > load.low:
        cap, thick = "_" if isfinite(load.high) else "^", min(1.3, 0.3 * place.size)
        pen.line([x, x], [y, place.top], color=colour, lw=thick, zorder=2.2)
        pen.line([x], [place.top], ls="", marker=cap, ms=4.0, mew=thick * (cap == "_"), color=colour, zorder=2.3)
    known = load.incident.known
    size, face = place.size * (0.6 if known == "neither" else 1.0), "white" if known == "claimed" else colour
    dot(pen, [x], [y], marker, size, colour, face)


def _write(pen: Pen, shown: list[Load], places: list[Place]) -> int:
    """Write what was intercepted, with a thin lead where the words stand apart; return how many found no room."""
    lost = 0
    ground = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none"}
    for load, place, words in zip(shown, places, place_words(shown, places, pen.sheet), strict=True):
        if words is None:
            lost += bool(load.words)
            continue
        pen.text(words.x, words.y + 2.8, load.words, fontsize=SIZES["small"], color=MUTED, bbox=ground, zorder=2.6)
        if abs(words.lead_x - place.x) + abs(words.lead_y - place.y) > LEAD:
            pen.line([place.x, words.lead_x], [place.y, words.lead_y], color=MUTED, lw=0.5, zorder=1.9)
    return lost


def _heading(found: list[Load], shown: list[Load], sheet: Sheet, title: str, subtitle: str, lost: int) -> Heading:
    """Return the lines above the panel; what is not shown is counted."""
    outside = len(found) - len(shown)
    said = f"{subtitle}. {outside} outside these dates not shown" if outside else subtitle
    said += f". {lost} numbers of interceptions not written for want of room" if lost else ""
    return heading(title, said, sheet.text_room, key=[_key(shown)])


def _key(shown: list[Load]) -> list[KeyItem]:
    """Return the glyphs that occur and their meaning, levels from high to low."""
    items = []
    lanes = {load.lane: None for load in sorted(shown, key=lambda load: -load.rank)}
    for _, label, colour, marker in lanes:
        items.append(KeyItem(label, marker, colour, colour))
    for known, words, size, hollow in (("claimed", "claimed only", 5.0, True), ("neither", "neither", 3.0, False)):
        colour, marker = next((load.lane[2:] for load in shown if load.incident.known == known), ("", ""))
        items += [KeyItem(words, marker, colour, "white" if hollow else colour, size)] * bool(marker)
    if any(load.low < load.high < np.inf for load in shown):
        items.append(KeyItem("from least to most", "|", MUTED, MUTED, 8.0))
    if any(not isfinite(load.high) for load in shown):
        items.append(KeyItem("at least", "^", MUTED, MUTED, 4.0))
    return items
