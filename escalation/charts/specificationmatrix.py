"""The rows below a specification curve: which option of each choice a specification takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from escalation.charts.lettering import plain, text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.specificationlayout import Layout, shorten
from escalation.charts.specificationrows import Choice
from escalation.charts.style import INK, MUTED, PALE, SIZES

__all__ = ["KEPT", "Matrix", "draw_matrix", "read_matrix"]

ROW = 11.0  # points per option
SPLIT = 5.0  # points between choices
NAMES, LABELS = 112.0, 158.0  # points at most for the names of choices and the labels of options
BLANK = "(blank)"
AWAY = 10.0  # points between names, labels and the axes
KEPT = "#BDBDBD"  # an option as chosen
CHOSEN = "#7F7F7F"  # its label: faint, yet to be read


@dataclass(frozen=True)
class Matrix:
    """Rows with their words and places.

    Parameters
    ----------
    choices : tuple of Choice
        The choices, top to bottom.
    names : tuple of tuple of str
        Lines of each choice, at most as many as it has rows.
    labels : tuple of tuple of str
        Labels of its options.
    left : float
        Points that the words take, to the axes.
    """

    choices: tuple[Choice, ...]
    names: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    left: float

    @property
    def height(self) -> float:
        """Points of all rows."""
        rows = sum(len(choice.options) for choice in self.choices)
        return ROW * rows + SPLIT * (len(self.choices) - 1) if rows else 0.0

    @property
    def tops(self) -> tuple[float, ...]:
        """Points from the top of the rows to that of each choice."""
        taken = [ROW * len(choice.options) + SPLIT for choice in self.choices]
        return tuple(sum(taken[:i]) for i in range(len(taken)))


def read_matrix(choices: Sequence[Choice]) -> Matrix:
    """Measure the words of the rows; too long ones are cut, all at the same width.

    Examples
    --------
    >>> matrix = read_matrix([Choice("prior", ("wide", "narrow"), (0, 1))])
    >>> matrix.labels, matrix.height
    ((('wide', 'narrow'),), 22.0)
    """
    size = SIZES["small"]
    widest = max((text_width(plain(choice.name), size, True) for choice in choices), default=0.0)
    names = min(widest + 0.5, NAMES)
    room = LABELS + NAMES - names
    labels = tuple(tuple(shorten(option, room, size) or BLANK for option in choice.options) for choice in choices)
    widest = max((text_width(label, size) for part in labels for label in part), default=0.0)
    lines = tuple(_lines(choice.name, names, len(choice.options)) for choice in choices)
    return Matrix(tuple(choices), lines, labels, names + AWAY + widest + AWAY if choices else 0.0)


def _lines(name: str, room: float, rows: int) -> tuple[str, ...]:
    """Break the name of a choice to its rows; the last line tells if there is more."""
    size = SIZES["small"]
    lines = wrap(name, room, size, bold=True) or (BLANK,)
    if len(lines) <= rows:
        return lines
    rest = " ".join(lines[rows - 1 :])
    return (*lines[: rows - 1], shorten(rest, room, size, bold=True))


def draw_matrix(ax: Axes, matrix: Matrix, layout: Layout, pen: Pen, floor: float) -> None:
    """Draw the dots on the axes of the rows, and their words with a pen on the whole figure."""
    x, rows = np.array(layout.places), np.array(layout.columns.rows)
    ax.set_ylim(matrix.height, 0.0)
    ax.set_yticks([])
    dot = min(4.6, max(0.85 * layout.step, 1.6))
    for k, (choice, top) in enumerate(zip(matrix.choices, matrix.tops, strict=True)):
        code = np.array(choice.codes)[rows]
        y = top + ROW * (code + 0.5)
        kept = code == 0
        ax.plot(x[kept], y[kept], ls="", marker="o", ms=min(2.0, dot), mew=0, color=KEPT, zorder=2.0)
        ax.plot(x[~kept], y[~kept], ls="", marker="o", ms=dot, mew=0, color=INK, zorder=3.0, clip_on=False)
        ceiling = floor + matrix.height - top
        height = ROW * len(choice.options)
        pen.box(-4, ceiling - height, layout.left + layout.width + 8, height, PALE, zorder=0)
        look: dict[str, Any] = {"va": "center_baseline", "fontsize": SIZES["small"]}
        for i, line in enumerate(matrix.names[k]):
            pen.text(0, ceiling - ROW * (i + 0.5), line, weight="bold", **look)
        for i, label in enumerate(matrix.labels[k]):
            colour = MUTED if i else CHOSEN
            pen.text(layout.left - AWAY, ceiling - ROW * (i + 0.5), label, ha="right", color=colour, **look)
