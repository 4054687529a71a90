"""Words on a figure: cleaning, measuring and wrapping them, without a canvas."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from escalation.charts.style import FONT

__all__ = ["number", "plain", "text_width", "wrap"]


def plain(text: object) -> str:
    r"""Return a text fit for one line of a figure: no control characters, single spaces.

    Markup is not removed: every text is drawn with mathtext off, so that ``$`` is a dollar sign.

    Parameters
    ----------
    text : object
        Anything; None and NaN give the empty string.

    Returns
    -------
    str

    Examples
    --------
    >>> plain("  US strike\n$2m  ")
    'US strike $2m'
    """
    if text is None or text != text:
        return ""
    kept = (" " if unicodedata.category(c) in ("Cc", "Cs", "Cn", "Zl", "Zp") else c for c in str(text))
    return " ".join(word for word in "".join(kept).split(" ") if word)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of one line of text in points.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Font size in points.
    bold : bool, default False
        Whether the bold face is used.

    Returns
    -------
    float

    Examples
    --------
    >>> text_width("attacks", 8) < text_width("attacks", 8, bold=True)
    True
    """
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * 1.02  # the raster face is hinted and up to 2 % wider than its outline


def wrap(text: str, width: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines no wider than ``width`` points.

    Parameters
    ----------
    text : str
        One paragraph. A single word wider than the line is cut.
    width : float
        Room in points.
    size : float
        Font size in points.
    bold : bool, default False
        Whether the bold face is used.

    Returns
    -------
    tuple of str
        No lines for an empty text.

    Examples
    --------
    >>> wrap("reported and reconstructed", 70, 8)
    ('reported and', 'reconstructed')
    """
    lines: list[str] = []
    line = ""
    for word in plain(text).replace(" %", "\N{NO-BREAK SPACE}%").split(" "):
        joined = f"{line} {word}".strip()
        if text_width(joined, size, bold) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _cut(word, width, size, bold)
        lines.extend(full)
    return tuple([*lines, line] if line else lines)


def _cut(word: str, width: float, size: float, bold: bool) -> list[str]:
    """Cut a word into pieces that fit; a piece has at least one character."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size, bold) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def number(value: float) -> str:
    """Return a number as readers want it: thousands separated, two or three digits below 100.

    Parameters
    ----------
    value : float
        Any finite number.

    Returns
    -------
    str

    Examples
    --------
    >>> number(1250000), number(12.34), number(0.456), number(3.0)
    ('1,250,000', '12.3', '0.46', '3')
    """
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) >= 0.1 else f"{value:.1g}"
