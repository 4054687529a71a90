"""How probable a recent jump was on each of several dates: stems, and what became of those that raised an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from escalation.charts.heading import DOTS, Heading, KeyItem, draw_heading, heading
from escalation.charts.interventions import Event
from escalation.charts.lettering import text_width
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import FAINT, INK, MUTED, SIZES
from escalation.charts.timeaxis import dated, day_text, dress

__all__ = ["LEAST_STEMS", "Stem", "draw_stems", "highest", "read_stems", "stems_heading", "stems_right"]

LEAST_STEMS = 84.0  # points inside the panel
LIFT = 4.0  # points between the panel and the lines above it: a marker at 1 reaches over
_ALARM = "alarm above {:g}"
#: What became of an alarm: its meaning, and size, edge and face of the marker. Empty is no alarm.
_MARKS = {
    "confirmed": ("alarm, confirmed by the last estimate", 6.5, INK, INK),
    "not confirmed": ("alarm, not confirmed by the last estimate", 6.5, INK, "white"),
    "not judged": ("alarm of the last estimate itself", 6.5, INK, FAINT),
    "": ("no alarm", 3.4, FAINT, FAINT),
}


@dataclass(frozen=True)
class Stem:
    """One date of estimation.

    Parameters
    ----------
    day : float
        Days since 1970-01-01.
    chance : float
        Probability of a recent jump; NaN if there is no estimate of these days.
    judged : str
        What became of its alarm; empty for none.
    """

    day: float
    chance: float
    judged: str


def read_stems(vintages: pd.DataFrame) -> tuple[Stem, ...]:
    """Return the dates of estimation in order of time.

    Parameters
    ----------
    vintages : DataFrame
        ``date``, ``p_recent`` (0 to 1 or NaN) and ``judged`` (``""``, ``confirmed``, ``not confirmed``,
        ``not judged``).

    Raises
    ------
    ValueError
        If a column or a date is lacking, a probability is out of range or a word unknown; both are listed.

    Examples
    --------
    >>> read_stems(pd.DataFrame({"date": ["1970-01-08"], "p_recent": [0.2], "judged": [""]}))
    (Stem(day=7.0, chance=0.2, judged=''),)
    """
    rows, day = dated(vintages, "vintages", ("p_recent", "judged"))
    chance = rows["p_recent"].to_numpy(dtype=float, na_value=np.nan)
    strange = sorted({str(word) for word in rows["judged"]} - set(_MARKS))
    bad = [f"judged is {', '.join(map(repr, strange))}; known: {', '.join(map(repr, _MARKS))}"] if strange else []
    if ((chance < 0) | (chance > 1)).any():
        bad.append("p_recent must lie between 0 and 1")
    if bad:
        raise ValueError(f"vintages: {'; '.join(bad)}.")
    found = [Stem(float(d), float(p), str(w)) for d, p, w in zip(day, chance, rows["judged"], strict=True)]
    return tuple(sorted(found, key=lambda stem: stem.day))


def highest(stems: Sequence[Stem]) -> Stem | None:
    """Return the first of the most probable ones; None if none has a probability."""
    some = [stem for stem in stems if np.isfinite(stem.chance)]
    return max(some, key=lambda stem: (stem.chance, -stem.day)) if some else None


def stems_right(alarm: float) -> float:
    """Return the points right of the panel taken by the words of the line of alarms."""
    return 6.0 + text_width(_ALARM.format(alarm), SIZES["small"])


def stems_heading(stems: Sequence[Stem], sheet: Sheet, *, title: str, subtitle: str) -> Heading:
    """Return the lines above the panel: only what is drawn is explained."""
    found = {stem.judged for stem in stems if np.isfinite(stem.chance)}
    key = [KeyItem(words, "o", edge, face, size) for word, (words, size, edge, face) in _MARKS.items() if word in found]
    if not all(np.isfinite(stem.chance) for stem in stems):
        key.append(KeyItem("no estimate of these days", "x", FAINT, FAINT))
    return heading(title, subtitle, sheet.text_room, key=[key])


def draw_stems(
    ax: Axes, stems: Sequence[Stem], events: Sequence[Event], alarm: float, *, title: str, subtitle: str
) -> None:
    """Draw the probabilities, the line of alarms, and events as on the panel above but without their labels."""
    pen = Pen(ax)
    dress(ax, pen.sheet)
    ax.set_ylim(0, 1)
    ticks = np.arange(5) / 4 if pen.sheet.height >= 60 else np.arange(3) / 2
    ax.yaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks]))
    for event in events:
        _draw_event(pen, event)
    level = alarm * pen.sheet.height
    pen.line([0, pen.sheet.width], [level, level], color=MUTED, lw=1.0, ls=DOTS, zorder=2.0)
    pen.text(pen.sheet.width + 6, level - 2.7, _ALARM.format(alarm), fontsize=SIZES["small"], color=MUTED)
    shown = [stem for stem in stems if pen.sheet.holds(stem.day, stem.day)]
    for stem in shown:
        _draw_stem(pen, stem)
    _name_highest(pen, highest(shown))
    draw_heading(pen, stems_heading(stems, pen.sheet, title=title, subtitle=subtitle), LIFT)


def _draw_event(pen: Pen, event: Event) -> None:
    """Draw a hairline or a light band."""
    height, sheet = pen.sheet.height, pen.sheet
    if not sheet.holds(event.first, event.last):
        return
    if event.last > event.first:
        left, right = max(sheet.x(event.first - 0.5), 0), min(sheet.x(event.last + 0.5), sheet.width)
        pen.box(left, 0, right - left, height, MUTED, alpha=0.16, zorder=1.7)
    else:
        pen.line([sheet.x(event.first)] * 2, [0, height], color=MUTED, lw=0.6, alpha=0.75, zorder=1.8)


def _draw_stem(pen: Pen, stem: Stem) -> None:
    """Draw one date."""
    x = pen.sheet.x(stem.day)
    if not np.isfinite(stem.chance):
        pen.line([x], [0.0], marker="x", ms=5.0, color=FAINT, ls="", zorder=5.0)
        return
    y, (_, size, edge, face) = stem.chance * pen.sheet.height, _MARKS[stem.judged]
    pen.line([x, x], [0, y], color=edge, lw=1.4, zorder=4.0)
    pen.line([x], [y], marker="o", ms=size, mec=edge, mfc=face, mew=1.2, ls="", zorder=5.0)


def _name_highest(pen: Pen, top: Stem | None) -> None:
    """Write date and value beside the highest stem, left of it where the panel ends."""
    if top is None:
        return
    words = f"{day_text(top.day)}: {top.chance:.2f}"
    x, width = pen.sheet.x(top.day), text_width(words, SIZES["label"], bold=True)
    y = min(top.chance * pen.sheet.height, pen.sheet.height - 8.0)
    right = x + 7.0 + width <= pen.sheet.width
    pen.text(x + 7.0 if right else x - 7.0 - width, y + 3.0, words, weight="bold")
