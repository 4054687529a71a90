"""Colours, sizes and the matplotlib settings shared by all figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.style

__all__ = ["BAND", "FAINT", "FONT", "GRID", "INK", "MODEL", "MUTED", "PALE", "SIZES", "STYLE", "style"]

FONT = "DejaVu Sans"  # travels with matplotlib, so that boxes measured here are boxes drawn elsewhere

INK = "#222222"  # what was reported; titles
MUTED = "#5F5F5F"  # subtitles, numbers, sources
FAINT = "#9A9A9A"  # down-weighted and unknown
GRID = "#E2E2E2"
PALE = "#F5F5F5"
MODEL = "#2C6E55"  # what was reconstructed
BAND = "#B9D6C9"

SIZES = {"title": 11.0, "subtitle": 8.5, "label": 8.0, "small": 7.5}
"""Font sizes in points."""

STYLE: dict[str, Any] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "white",
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": FONT,
    "font.size": SIZES["label"],
    "savefig.bbox": "standard",
    "savefig.edgecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "escalation",
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}
"""matplotlib settings of all figures, on top of matplotlib's own defaults."""


@contextmanager
def style() -> Iterator[None]:
    """Apply the settings of all figures for the length of a ``with`` block.

    Starts from matplotlib's defaults, so that a reader's own settings change no byte, and puts back on
    leaving whatever was set before. Settings of matplotlib are shared by all threads of a process.

    Yields
    ------
    None

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["svg.hashsalt"]
    >>> with style():
    ...     matplotlib.rcParams["svg.hashsalt"]
    'escalation'
    >>> matplotlib.rcParams["svg.hashsalt"] == before
    True
    """
    with matplotlib.style.context(["default", STYLE]):
        yield
