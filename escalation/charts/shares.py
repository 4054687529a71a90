"""Shares of incidents by period: bounds that assume nothing, inside them intervals, beside them what is claimed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import FixedFormatter, FixedLocator

from escalation.charts.heading import Heading, KeyItem, draw_heading, heading
from escalation.charts.lanes import dot
from escalation.charts.lettering import text_width
from escalation.charts.placing import spread, stair_rows
from escalation.charts.sharerows import Share, read_shares
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.style import MUTED, SIZES
from escalation.charts.timeaxis import dress, set_window

__all__ = ["shares_panel", "shares_right", "shares_room"]

LEAST_SHARES = 84.0  # points inside the panel
LEAD = 10.0
MARK = 5.4
BOX = 0.25  # tint of the bounds
GLYPH = 8.0  # room of the marker before a label


@dataclass(frozen=True)
class _Label:
    """The counts of one period above the panel: left edge in points, row, and the foot of the lead; equal: no lead."""

    x: float
    row: int
    lead: float
    shares: tuple[Share, ...]
    words: tuple[str, ...]


def shares_panel(
    ax: Axes, shares: pd.DataFrame, *, title: str, subtitle: str, colour: str, marker: str, prob: float = 0.9
) -> Axes:
    """Draw the share of incidents at or above a level, period by period, without lines from one to the next.

    The pale box is what the share can be whatever the unreported weapons were. Inside it a bar spans the interval
    among the reported ones, with a filled marker at their share. What is only claimed stands beside it, hollow,
    its bounds an outline. Above each period are its counts: at or above the level, of all with a
    reported weapon, + those of
    unknown weapon (?).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room above (`shares_room`). Time limits set before are kept; periods
        beyond them are counted in the subtitle.
    shares : DataFrame
        One row per period and evidence: ``first, last`` (dates, inclusive), ``evidence`` (``"confirmed"``,
        ``"described"`` or ``"claimed"``), ``typed`` (incidents with a reported weapon), ``at_least`` (those at or above
        the level), ``unknown`` (those without; may be NaN), ``share, lower, upper`` (among the typed, 0 to 1; NaN not
        drawn), ``bound_lower, bound_upper`` (0 to 1; NaN is not drawn).
    title, subtitle : str
        Title (the measure) and subtitle (how to read it).
    colour, marker : str
        Of the level.
    prob : float, default 0.9
        Mass of the intervals, for the words.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column or a date is lacking, evidence is another word, periods of one evidence overlap, numbers are
        out of range or out of order. All problems are listed.

    Examples
    --------
    >>> from escalation.charts.canvas import new_axes
    >>> row = {"first": "2024-01-01", "last": "2024-01-31", "evidence": "confirmed", "typed": 19, "at_least": 2,
    ...        "unknown": 22, "share": 2 / 19, "lower": 0.02, "upper": 0.3, "bound_lower": 0.05, "bound_upper": 0.6}
    >>> ax = shares_panel(new_axes(), pd.DataFrame([row]), title="Share", subtitle="", colour="#B5541C", marker="s")
    >>> [text.get_text() for text in ax.texts][:1]
    ['2 of 19 + 22 ?']
    >>> ax.figure.clear()
    """
    found = read_shares(shares)
    set_window(ax, np.array([day for share in found for day in (share.first, share.last)]))
    pen = Pen(ax)
    dress(ax, pen.sheet)
    ax.set_ylim(0.0, 1.0)
    ticks = np.arange(5) / 4 if pen.sheet.height >= 60 else np.arange(3) / 2
    ax.yaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.yaxis.set_major_formatter(FixedFormatter([f"{100 * tick:.0f} %" for tick in ticks]))
    shown = _shown(found, pen.sheet)
    beside = len({share.confirmed for share in shown}) > 1
    for share in sorted(shown, key=lambda share: not share.confirmed):
        _draw_share(pen, share, colour, marker, beside=beside)
    labels = _labels(shown, pen.sheet)
    _draw_labels(pen, labels, colour, marker)
    lines = _heading(found, shown, pen.sheet, (title, subtitle), (colour, marker), prob)
    draw_heading(pen, lines, _strip(labels))
    return ax


def shares_room(
    shares: pd.DataFrame, sheet: Sheet, *, title: str, subtitle: str, colour: str, marker: str, prob: float = 0.9
) -> tuple[float, float]:
    """Return the points that `shares_panel` needs above its axes, and at least inside."""
    found = read_shares(shares)
    shown = _shown(found, sheet)
    lines = _heading(found, shown, sheet, (title, subtitle), (colour, marker), prob)
    return lines.height + _strip(_labels(shown, sheet)), LEAST_SHARES


def shares_right(shares: pd.DataFrame) -> float:
    """Return the points right of the panel that the shortest label of a last, narrow period wants."""
    widths = [text_width(share.words(unknown=False), SIZES["small"]) for share in read_shares(shares)]
    return GLYPH + max(widths, default=0.0)


def _shown(found: list[Share], sheet: Sheet) -> list[Share]:
    """Return the rows whose period is on the sheet."""
    return [share for share in found if share.last + 0.5 > sheet.start and share.first - 0.5 < sheet.end]


def _edges(share: Share, sheet: Sheet) -> tuple[float, float]:
    """Return where a period begins and ends, in points, cut at the panel."""
    return max(sheet.x(share.first - 0.5), 0.0), min(sheet.x(share.last + 0.5), sheet.width)


def _draw_share(pen: Pen, share: Share, colour: str, marker: str, *, beside: bool) -> None:
    """Draw the bounds of one row over its period, and in the middle its interval and its marker."""
    height, (left, right) = pen.sheet.height, _edges(share, pen.sheet)
    gap = min(1.0, 0.1 * (right - left))
    left, right = left + gap, right - gap
    low, high = height * share.bound_lower, height * share.bound_upper
    if share.confirmed and np.isfinite(low + high):
        thick = max(high - low, 2.0)
        pen.box(left, min(low, height - thick), right - left, thick, _tint(colour, BOX), zorder=1.2)
    elif np.isfinite(low + high):
        around = [left, right, right, left, left], [low, low, high, high, low]
        pen.line(*around, color=_tint(colour, 0.75), lw=0.7, zorder=1.4)
    aside = float(np.clip(0.1 * (right - left), 0.7 * MARK, 9.0)) if beside else 0.0
    x = (left + right) / 2 + (-aside if share.confirmed else aside)
    ends = [height * share.lower, height * share.upper]
    if np.isfinite(ends).all():
        look = {"lw": 4.2, "color": _tint(colour, 0.55)} if share.confirmed else {"lw": 0.9, "color": colour}
        pen.line([x, x], ends, zorder=2.2, **look)
    if np.isfinite(share.share):
        dot(pen, [x], [height * share.share], marker, MARK, colour, colour if share.confirmed else "white")


def _tint(colour: str, part: float) -> str:
    """Return a colour thinned with white."""
    red, green, blue = (1 - part * (1 - c) for c in to_rgb(colour))
    return to_hex((red, green, blue))


def _labels(shown: list[Share], sheet: Sheet) -> list[_Label]:
    """Place the counts above their periods: with the unknown ones if that fits in one row, else without.

    Where periods are too narrow for their words, labels of one row are moved apart, and led to their periods; where
    even that does not fit, they stand in several rows.
    """
    if not shown:
        return []
    dates = sorted({(share.first, share.last) for share in shown})
    groups = [tuple(share for share in shown if (share.first, share.last) == period) for period in dates]
    edges = [_edges(group[0], sheet) for group in groups]
    lefts = [left for left, _ in edges]
    for unknown in (True, False):
        words = [tuple(share.words(unknown=unknown) for share in group) for group in groups]
        width = [GLYPH + 5.0 + max(text_width(line, SIZES["small"]) for line in lines) for lines in words]
        ends = [left + w for left, w in zip(lefts, width, strict=True)]
        if all(end <= start for end, start in zip(ends, [*lefts[1:], sheet.text_room], strict=True)):
            return [_Label(*parts) for parts in zip(lefts, [0] * len(lefts), lefts, groups, words, strict=True)]
    gap = max(width)
    if (len(groups) - 1) * gap <= sheet.text_room - gap:
        starts = spread([min(left, sheet.text_room - gap) for left in lefts], gap, 0.0, sheet.text_room - gap)
        rows = [0] * len(starts)
        leads = [_lead(x, period) for x, period in zip(starts, edges, strict=True)]
    else:
        starts = [max(min(left, sheet.text_room - w), 0.0) for left, w in zip(lefts, width, strict=True)]
        rows = stair_rows([(x, x + w) for x, w in zip(starts, width, strict=True)])
        leads = [min(left + 1.0, sheet.width) for left in lefts]
    return [_Label(*parts) for parts in zip(starts, rows, leads, groups, words, strict=True)]


def _lead(x: float, period: tuple[float, float]) -> float:
    """Return the nearest point of a period, or the label's own edge where its marker stands above the period."""
    left, right = period
    return x if left - 1 <= x + 3.0 <= right + 1 else min(max(x, left + 1.0), right - 1.0)


def _foot(labels: list[_Label]) -> float:
    """Return the points between the panel and the lowest labels: leads need more."""
    return 10.0 if any(label.x != label.lead for label in labels) else 5.0


def _strip(labels: list[_Label]) -> float:
    """Return the points above the panel that the counts take."""
    return _foot(labels) + _block(labels) * (1 + max(label.row for label in labels)) if labels else 0.0


def _block(labels: list[_Label]) -> float:
    """Return the height of one row of labels."""
    return LEAD * max(len(label.words) for label in labels) + 2.0


def _draw_labels(pen: Pen, labels: list[_Label], colour: str, marker: str) -> None:
    """Write the counts, each behind a small marker, and lead those moved aside to their periods."""
    height = pen.sheet.height
    for label in labels:
        foot = height + _foot(labels) + _block(labels) * label.row
        if label.lead != label.x:
            end = label.lead if label.row else label.x + 3.0
            pen.line([label.lead, end], [height, foot - 1.0], color=MUTED, lw=0.5, zorder=1.0)
        for i, (share, words) in enumerate(zip(label.shares, label.words, strict=True)):
            y = foot + LEAD * (len(label.words) - 1 - i)
            dot(pen, [label.x + 3.0], [y + 2.7], marker, 4.2, colour, colour if share.confirmed else "white")
            pen.text(label.x + GLYPH, y, words, fontsize=SIZES["small"], color=MUTED)


def _heading(
    found: list[Share], shown: list[Share], sheet: Sheet, words: tuple[str, str], look: tuple[str, str], prob: float
) -> Heading:
    """Return the lines above the panel; only what is drawn is explained."""
    title, subtitle = words
    outside = len({share.first for share in found}) - len({share.first for share in shown})
    if outside:
        subtitle = f"{subtitle}. {outside} periods outside these dates not shown"
    return heading(title, subtitle, sheet.text_room, key=[_key(shown, *look, prob)])


def _key(shown: list[Share], colour: str, marker: str, prob: float) -> list[KeyItem]:
    """Return the glyphs that occur and their meaning."""
    items = []
    if any(share.confirmed for share in shown):
        word = next(share.evidence for share in shown if share.confirmed)
        items.append(KeyItem(word, marker, colour, colour))
    if not all(share.confirmed for share in shown):
        items.append(KeyItem("claimed, confirmed or not", marker, colour, "white"))
    if any(np.isfinite(share.lower + share.upper) for share in shown):
        items.append(KeyItem(f"{100 * prob:g} % interval among reported weapons", "|", colour, colour, 8.0))
    if any(np.isfinite(share.bound_lower + share.bound_upper) for share in shown):
        face = _tint(colour, BOX)
        items.append(KeyItem("bounds, whatever the unreported weapons (?) were", "band", face, face))
    return items
