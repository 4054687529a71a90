"""The specification curve: every headline number under every set of choices, and below it what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from escalation.charts.heading import Heading, KeyItem, draw_heading, heading
from escalation.charts.lettering import plain, text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.specificationlayout import MARGIN, STRIP, WIDTH, Layout, draw_strip
from escalation.charts.specificationmatrix import KEPT, Matrix, draw_matrix, read_matrix
from escalation.charts.specificationpanel import Curve, draw_panel, read_panel, title_room
from escalation.charts.specificationrows import Panel, order, read_choices, wrong_panels
from escalation.charts.style import BAND, INK, MODEL, MUTED, SIZES, style

__all__ = ["Panel", "specification"]

TOP, FOOT, LINE = 10.0, 12.0, 10.0
LEAST_LEFT = 190.0  # points left of the axes, for the words of the panels
BAR = Path([(-0.14, -0.5), (0.14, -0.5), (0.14, 0.5), (-0.14, 0.5), (-0.14, -0.5)])  # a glyph of the key
SHADE = "#E9E9E9"  # the column of the base specification


def specification(
    panels: Sequence[Panel],
    choices: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    source: str = "",
    note: str = "",
) -> Figure:
    """Draw a specification curve: what is found under each set of choices, sorted, over the choices made.

    Each column is one specification. Those that change one choice stand left, those of a grid right; each block is
    sorted by the value of the first panel. The specification as chosen is bold, in the left block, and a dotted
    line carries its value across. Below, one row for each option: a dark dot is a departure from the choice made,
    whose own row comes first and is faint. Choices that nothing changes have no rows; a line below says how many.

    Parameters
    ----------
    panels : sequence of Panel
        One for each headline quantity, top to bottom; every frame has one row for each specification.
    choices : DataFrame
        Indexed by specification: a column for each choice with the label of the option taken, and ``block``, one of
        ``"base"`` (exactly one row), ``"one at a time"``, ``"grid"``. Options follow in the order of their
        first row, or of their categories; the one chosen comes first.
    title, subtitle : str
        Title (the measure) and subtitle (units and reading).
    source : str, optional
        Credit line, bottom left.
    note : str, optional
        A remark above it; what was left out and what has no answer is added.

    Returns
    -------
    matplotlib.figure.Figure
        720 points wide, as high as its rows need; not known to pyplot. Its axes are the panels, the
        rows if there are any, and a sheet for the words.

    Raises
    ------
    ValueError
        If a frame lacks columns or rows, a number is not on its axis, an interval is half given, there is not exactly
        one base, or names are given twice. All problems are listed.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020). Specification curve analysis. Nature Human Behaviour 4, 1208-1214.

    Examples
    --------
    >>> choices = pd.DataFrame({"block": ["base", "grid"], "prior": ["wide", "narrow"]}, index=["a", "b"])
    >>> found = pd.DataFrame({"value": [0.4, 0.7], "lower": None, "upper": None}, index=["a", "b"], dtype=float)
    >>> fig = specification([Panel("P(change)", "probability", found, 0.5, "share")], choices,
    ...                     title="Did the rate change?", subtitle="by specification")
    >>> len(fig.axes), round(72 * fig.get_figwidth())
    (3, 720)
    """
    wrong = wrong_panels(panels, choices)
    if wrong:
        raise ValueError(f"A specification curve cannot be drawn: {'; '.join(wrong)}.")
    page = _read(panels, choices, (title, subtitle), note, source)
    with style():
        fig = Figure(figsize=(WIDTH / 72, page.height / 72))
        _draw(fig, page)
        fig.draw_without_rendering()  # ticks are made now, with these settings, and not later with others
    return fig


@dataclass(frozen=True)
class _Page:
    """All parts of the figure, measured."""

    curves: tuple[Curve, ...]
    matrix: Matrix
    layout: Layout
    words: Heading
    foot: tuple[str, ...]

    @property
    def above(self) -> float:
        """Points above the first panel."""
        return TOP + self.words.height + STRIP

    @property
    def height(self) -> float:
        """Points of the figure."""
        panels = sum(curve.height + curve.below for curve in self.curves)
        return self.above + panels + self.matrix.height + FOOT + LINE * len(self.foot) + 6.0


def _read(panels: Sequence[Panel], choices: pd.DataFrame, said: tuple[str, str], note: str, source: str) -> _Page:
    """Measure all parts: the words first, as what they leave is the room of the columns."""
    columns = order(panels, choices)
    found, fixed, unused = read_choices(choices)
    matrix = read_matrix(found)
    left = max(matrix.left, LEAST_LEFT)
    room = WIDTH - 2 * MARGIN
    rough = [read_panel(panel, columns.specs, columns.base, room) for panel in panels]
    left = max(left, max(curve.tick_room for curve in rough) + 110.0)
    words = title_room(left, max(curve.tick_room for curve in rough))
    curves = tuple(read_panel(panel, columns.specs, columns.base, words) for panel in panels)
    right = max(text_width(curve.end_words, SIZES["label"], bold=True) for curve in curves) + 8.0
    foot = " ".join(part for part in (plain(note), _left_out(fixed, unused), _unanswered(curves)) if part)
    lines = wrap(foot, room, SIZES["small"]) + wrap(source, room, SIZES["small"])
    top = heading(said[0], said[1], room, key=[_key(curves, bool(found))])
    return _Page(curves, matrix, Layout(left, room - left - right, columns), top, lines)


def _left_out(fixed: int, unused: int) -> str:
    """Say how many rows are not drawn."""
    parts = [f"{fixed} choice{'s' * (fixed != 1)} that no specification changes"] * bool(fixed)
    parts += [f"{unused} option{'s' * (unused != 1)} that none takes"] * bool(unused)
    return f"Rows not drawn: {' and '.join(parts)}." if parts else ""


def _unanswered(curves: Sequence[Curve]) -> str:
    """Say how many specifications have no answer, panel by panel."""
    parts = [f"{curve.missing} in “{plain(curve.panel.title)}”" for curve in curves if curve.missing]
    total = len(curves[0].value)
    return f"No answer, of {total} specifications: {', '.join(parts)}." if parts else ""


def _key(curves: Sequence[Curve], rows: bool) -> list[KeyItem]:
    """Return the glyphs that occur and their meaning."""
    items = [KeyItem("one specification; each block is sorted by the first panel", "o", MODEL, MODEL, 4.6)]
    if any((curve.upper >= curve.lower).any() for curve in curves):
        items.append(KeyItem("its interval", BAR, BAND, BAND, 8.0))
    if any(curve.cut for curve in curves):
        items.append(KeyItem("interval goes on beyond the axis", "^", BAND, BAND, 4.6))
    items.append(KeyItem("value as chosen", "dots", INK, INK))
    if any(curve.panel.reference is not None for curve in curves):
        items.append(KeyItem("for comparison", "line", MUTED, MUTED))
    if rows:
        items.append(KeyItem("departs from the choice made", "o", INK, INK, 4.6))
        items.append(KeyItem("as chosen, first row of each choice", "o", KEPT, KEPT, 2.2))
    return items


def _draw(fig: Figure, page: _Page) -> None:
    """Draw the figure from the top down."""
    layout, matrix = page.layout, page.matrix
    ceiling = top = page.height - page.above
    floors: list[float] = []
    for curve in page.curves:
        floors.append(top - curve.height)
        top -= curve.height + curve.below
    floor = top - matrix.height
    axes = [_axes(fig, page, low, curve.height) for low, curve in zip(floors, page.curves, strict=True)]
    rows = [_axes(fig, page, floor, matrix.height)] if matrix.choices else []
    sheet = fig.add_axes((MARGIN / WIDTH, 0.0, 1 - 2 * MARGIN / WIDTH, 1.0), zorder=-1)
    sheet.axis("off")
    pen = Pen(sheet)
    draw_heading(pen, page.words, page.height - TOP - page.words.height - pen.sheet.height)
    draw_strip(pen, layout, ceiling)
    for ax, curve, low in zip(axes, page.curves, floors, strict=True):
        draw_panel(ax, curve, layout, pen, low)
    for ax in rows:
        draw_matrix(ax, matrix, layout, pen, floor)
    wide, lowest = min(max(layout.step, 5.0), 14.0), floor if rows else floors[-1]
    pen.box(layout.left + layout.base - wide / 2, lowest, wide, ceiling - lowest, SHADE, zorder=0.5)
    for i, line in enumerate(page.foot):
        pen.text(0, floor - FOOT - LINE * (i + 1) + 4.0, line, fontsize=SIZES["small"], color=MUTED)


def _axes(fig: Figure, page: _Page, floor: float, height: float) -> Axes:
    """Make the axes of one panel, whose horizontal places are points from its left edge."""
    layout = page.layout
    place = (MARGIN + layout.left) / WIDTH, floor / page.height, layout.width / WIDTH, height / page.height
    ax = fig.add_axes(place, facecolor="none")
    ax.set_xlim(0.0, layout.width)
    ax.set_xticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    return ax
