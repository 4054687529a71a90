"""One level of an ordinal scale: the word it stands for, and how it is drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["NOTHING", "Level", "dressed"]

# Light to dark, each with its own shape, so that the order survives grey print and colour-vision deficiency. With more
# levels the upper ones move apart in lightness.
_COLOURS = {
    3: ("#4E9CB5", "#B5541C", "#4A0D2E"),
    4: ("#4E9CB5", "#B5541C", "#6E1A3A", "#1A0612"),
    5: ("#4E9CB5", "#B5541C", "#842848", "#4A0D2E", "#0A0206"),
}
# Triangles stand for something else: unreported weapons and "at least".
_MARKERS = ("o", "s", "D", "p", "P", "X", "h", "8", "*")
NOTHING = {"nan", "none", "nat", "<na>"}
"""What tables hold where nothing is known, in small letters."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Level:
    """One rung of a scale: the weapon it stands for and how it is drawn.

    Parameters
    ----------
    key : str
        The word used in the ``weapons`` column, such as ``"ballistic_missile"``.
    label : str, optional
        The words shown to readers. Default: the key with spaces for underscores, first letter upper case.
    colour : str, optional
        ``"#RRGGBB"``. Default: by position on the scale.
    marker : str, optional
        A marker in matplotlib's notation. Default: by position on the scale.

    Raises
    ------
    ValueError
        If the key is no text, empty, a word for "missing" or holds ``+`` or ``|``; if the colour is not ``#RRGGBB``.

    Examples
    --------
    >>> Level("ballistic_missile").label
    'Ballistic missile'
    """

    key: str
    label: str = ""
    colour: str = ""
    marker: str = ""

    def __post_init__(self) -> None:
        key: object = self.key
        if not isinstance(key, str) or not key or key != key.strip() or set(key) & set("+|"):
            raise ValueError(
                f"level key {key!r}: a key is one weapon's word, a text that is not empty, without blanks at its ends, "
                "without '+' (joins a mixed attack) or '|' (joins tied levels)."
            )
        if key.lower() in NOTHING:
            raise ValueError(f"level key {key!r}: in a table this word means that nothing is known; choose another.")
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"level {self.key!r}: colour {self.colour!r} is not '#RRGGBB'.")
        if not self.label:
            words = self.key.replace("_", " ")
            object.__setattr__(self, "label", words[0].upper() + words[1:])


def dressed(levels: Sequence[str | Level]) -> tuple[Level, ...]:
    """Return the levels as Level objects with a colour and a marker each.

    Parameters
    ----------
    levels : sequence of (str or Level)
        From low to high.

    Raises
    ------
    ValueError
        If there are fewer than two, a key twice, or more than the built-in looks serve.

    Examples
    --------
    >>> [level.marker for level in dressed(["drone", "rocket"])]
    ['o', 's']
    """
    levels = levels if isinstance(levels, str) else tuple(levels)
    if isinstance(levels, str) or len(levels) < 2:
        raise ValueError(f"a scale needs at least two levels from low to high; given: {levels!r}.")
    plain = [level if isinstance(level, Level) else Level(level) for level in levels]
    keys = [level.key for level in plain]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"each level stands once on a scale; given more than once: {', '.join(twice)}.")
    bare = [level.key for level in plain[len(_MARKERS) :] if not (level.colour and level.marker)]
    if bare:
        raise ValueError(f"only {len(_MARKERS)} looks are built in: give colour and marker for {', '.join(bare)}.")
    colours = _COLOURS[min(max(len(plain), 3), 5)] if len(plain) <= 5 else _between(len(plain))
    looks = list(zip(colours, _MARKERS, strict=False)) + [("", "")] * len(plain)
    return tuple(
        Level(level.key, level.label, level.colour or colour, level.marker or marker)
        for level, (colour, marker) in zip(plain, looks, strict=False)
    )


def _between(number: int) -> tuple[str, ...]:
    """Return so many colours from light to dark, between those for five levels; their shapes tell them apart."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _COLOURS[5]])
    at = np.linspace(0, len(stops) - 1, min(number, len(_MARKERS)))
    mixed = np.column_stack([np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)]).round().astype(int)
    return tuple(f"#{r:02X}{g:02X}{b:02X}" for r, g, b in mixed)
