"""The lines above a panel: bold title, subtitle, a note, and one row of glyphs with their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.path import Path

from escalation.charts.lettering import text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.style import INK, MUTED, SIZES

__all__ = ["DOTS", "Heading", "KeyItem", "draw_heading", "heading"]

GAP = 7.0  # between the lowest line and the axes
KEY_LEAD = 13.0
KEY_GAP = 14.0
GLYPH_ROOM = 12.0
DOTS = (0, (1.2, 1.2))


@dataclass(frozen=True)
class KeyItem:
    """One glyph and what it means.

    Parameters
    ----------
    text : str
        The meaning.
    marker : str or Path
        A marker of matplotlib, ``"line"`` or ``"dots"`` for a stroke, ``"band"`` for a swatch, ``"bar"`` for
        a change point, empty for none.
    colour, face : str
        Edge and fill.
    size : float
        Marker size in points.
    sink : float
        Points by which the marker is lowered: arrows stand on their origin.
    """

    text: str
    marker: str | Path
    colour: str
    face: str
    size: float = 5.0
    sink: float = 0.0

    @property
    def width(self) -> float:
        """Room taken in points, glyph and text."""
        return GLYPH_ROOM + text_width(self.text, SIZES["label"])


@dataclass(frozen=True)
class Heading:
    """Lines measured and broken to the room they have.

    Parameters
    ----------
    title, subtitle, note : tuple of str
        Lines, top to bottom.
    key : tuple of tuple of KeyItem
        Rows of glyphs.
    """

    title: tuple[str, ...]
    subtitle: tuple[str, ...]
    note: tuple[str, ...]
    key: tuple[tuple[KeyItem, ...], ...]

    @property
    def height(self) -> float:
        """Points above the axes taken by the lines."""
        small = len(self.subtitle) + len(self.note)
        return 14.5 * len(self.title) + 12.0 * small + KEY_LEAD * len(self.key) + GAP


def heading(
    title: str, subtitle: str, room: float, *, note: str | None = None, key: Sequence[Sequence[KeyItem]] = ()
) -> Heading:
    """Break the lines above a panel to ``room`` points.

    Parameters
    ----------
    title, subtitle : str
        One paragraph each.
    room : float
        Width in points.
    note : str, optional
        A paragraph in bold below the subtitle.
    key : sequence of sequences of KeyItem
        Groups of glyphs: all in one row if they fit, else each group on rows of its own.

    Returns
    -------
    Heading

    Examples
    --------
    >>> heading("Attacks", "per day", 300).height
    33.5
    """
    together = _rows([item for group in key for item in group], room)
    rows = together if len(together) <= 1 else [row for group in key for row in _rows(group, room)]
    return Heading(
        title=wrap(title, room, SIZES["title"], bold=True),
        subtitle=wrap(subtitle, room, SIZES["subtitle"]),
        note=wrap(note or "", room, SIZES["subtitle"], bold=True),
        key=tuple(rows),
    )


def _rows(items: Sequence[KeyItem], room: float) -> list[tuple[KeyItem, ...]]:
    """Break a run of glyphs into rows."""
    rows: list[tuple[KeyItem, ...]] = []
    used = room + 1.0
    for item in (part for whole in items for part in _parts(whole, room)):
        if used + item.width > room:
            rows.append(())
            used = 0.0
        rows[-1] += (item,)
        used += item.width + KEY_GAP
    return rows


def _parts(item: KeyItem, room: float) -> list[KeyItem]:
    """Break an item too long for a row into one with the glyph and others without."""
    first, *others = wrap(item.text, room - GLYPH_ROOM, SIZES["label"])
    return [replace(item, text=first), *(replace(item, text=line, marker="") for line in others)]


def draw_heading(pen: Pen, lines: Heading, lift: float = 0.0) -> None:
    """Draw the lines above the axes of a pen, ``lift`` points further up."""
    y = pen.sheet.height + lift + lines.height
    for line in lines.title:
        y -= 14.5
        pen.text(0, y + 3.5, line, fontsize=SIZES["title"], weight="bold")
    for line in lines.subtitle:
        y -= 12.0
        pen.text(0, y + 3, line, fontsize=SIZES["subtitle"], color=MUTED)
    for line in lines.note:
        y -= 12.0
        pen.text(0, y + 3, line, fontsize=SIZES["subtitle"], color=INK, weight="bold")
    for row in lines.key:
        y -= KEY_LEAD
        x = 0.0
        for item in row:
            _draw_item(pen, x, y + 3, item)
            x += item.width + KEY_GAP


def _draw_item(pen: Pen, x: float, y: float, item: KeyItem) -> None:
    """Draw one glyph at the height of small letters, and its text."""
    middle = y + 2.8
    if item.marker == "band":
        pen.box(x, middle - 3.5, 9, 7, item.face)
    elif item.marker == "line":
        pen.line([x, x + 9], [middle, middle], color=item.colour, lw=1.4)
    elif item.marker == "bar":
        pen.line([x, x + 9], [middle, middle], color=item.colour, lw=2.4)
        pen.line([x + 4.5, x + 4.5], [middle - 3.5, middle + 3.5], color=item.colour, lw=1.4)
    elif item.marker == "dots":
        pen.line([x, x + 9], [middle, middle], color=item.colour, lw=1.0, ls=DOTS)
    else:
        look = {"color": item.colour, "mfc": item.face, "mew": 0.8, "ms": item.size}
        pen.line([x + 4.5], [middle - item.sink], marker=item.marker, ls="", **look)
    pen.text(x + GLYPH_ROOM, y, item.text, color=MUTED)
