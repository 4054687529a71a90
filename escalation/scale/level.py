"""One level of an ordinal scale: the word it stands for, and how it is drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Level", "dressed"]

# Light to dark, each with its own shape, so that the order survives grey print and colour-vision deficiency. With more
# levels the upper ones move apart in lightness.
_COLOURS = {
    3: ("#4E9CB5", "#B5541C", "#4A0D2E"),
    4: ("#4E9CB5", "#B5541C", "#6E1A3A", "#1A0612"),
    5: ("#4E9CB5", "#B5541C", "#842848", "#4A0D2E", "#0A0206"),
}
_MARKERS = ("o", "s", "D", "^", "v")
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
        If the key is empty or holds ``+`` or ``|``, or the colour is not ``#RRGGBB``.

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
        if not str(self.key).strip() or set(str(self.key)) & set("+|"):
            raise ValueError(
                f"level key {self.key!r}: a key is one weapon's word, not empty, without '+' (joins a mixed "
                "attack) or '|' (joins tied levels)."
            )
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
    colours = _COLOURS[min(max(len(plain), 3), 5)]
    looks = list(zip(colours, _MARKERS, strict=False)) + [("", "")] * len(plain)
    return tuple(
        Level(level.key, level.label, level.colour or colour, level.marker or marker)
        for level, (colour, marker) in zip(plain, looks, strict=False)
    )
