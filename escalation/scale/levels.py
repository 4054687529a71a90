"""The levels of an ordinal escalation scale, their order and their ties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

__all__ = ["DEFAULT_SCALE", "EscalationScale", "Level"]

# Light to dark, each with its own shape, so that the order survives grey print and colour-vision deficiency.
_LOOKS = (
    ("#4E9CB5", "o"),
    ("#B5541C", "s"),
    ("#4A0D2E", "D"),
    ("#23233B", "^"),
    ("#101018", "v"),
)
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


@dataclass(frozen=True)
class EscalationScale:
    """An order of weapons from low to high, with the reason for that order.

    Only the order has meaning. No method returns a distance, a mean or a sum of positions.

    Parameters
    ----------
    levels : sequence of (str or Level)
        From low to high, at least two, each key once.
    basis : str
        Where the order comes from; shown with every result.
    ties : sequence of collections of str, default ()
        Groups of neighbouring levels that the order does not separate, such as ``[{"drone", "rocket"}]``.

    Attributes
    ----------
    levels : tuple of Level
        The levels with label, colour and marker filled in.
    ties : tuple of tuple of str
        The tied groups, each in the order of the scale.

    Raises
    ------
    ValueError
        If there are fewer than two levels or a key twice, if the basis is empty, or if a tie names an unknown
        level, has fewer than two, overlaps another tie or joins levels that are not neighbours.

    Examples
    --------
    >>> DEFAULT_SCALE.code({"drone", "ballistic_missile"})
    'ballistic_missile'
    >>> coarse = EscalationScale(DEFAULT_SCALE.levels, basis="range", ties=[("drone", "rocket")])
    >>> coarse.codes
    ('drone|rocket', 'ballistic_missile')
    >>> coarse.code({"rocket"})
    'drone|rocket'
    """

    levels: Sequence[str | Level]
    basis: str = field(kw_only=True)
    ties: Sequence[Iterable[str]] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", _dressed(self.levels))
        if not str(self.basis or "").strip():
            raise ValueError("basis is empty: say in a few words where the order of the levels comes from.")
        object.__setattr__(self, "ties", _checked_ties(self.ties, self.keys))

    @property
    def rungs(self) -> tuple[tuple[Level, ...], ...]:
        """The levels from low to high, tied ones together."""
        group = {key: tuple(tie) for tie in self.ties for key in tie}
        found: dict[object, list[Level]] = {}
        for level in cast("tuple[Level, ...]", self.levels):
            found.setdefault(group.get(level.key, level.key), []).append(level)
        return tuple(tuple(members) for members in found.values())

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the levels from low to high."""
        return tuple(level.key for level in cast("tuple[Level, ...]", self.levels))

    @property
    def codes(self) -> tuple[str, ...]:
        """The values that `code` can return, from low to high: ordered categories."""
        return tuple("|".join(level.key for level in rung) for rung in self.rungs)

    @property
    def lanes(self) -> tuple[tuple[str, str, str, str], ...]:
        """``(key, label, colour, marker)`` of each level from low to high, as charts want it."""
        return tuple((v.key, v.label, v.colour, v.marker) for rung in self.rungs for v in rung)

    def code(self, weapons: Iterable[str] | str | None) -> str | None:
        """Return the highest level among the weapons of one attack.

        Parameters
        ----------
        weapons : collection of str, str or None
            The weapons of one attack. A string is split at ``+``, as in the table of incidents.

        Returns
        -------
        str or None
            One of `codes` (the key; tied keys joined with ``|``), or None if no weapon was reported.

        Raises
        ------
        ValueError
            If a weapon is not on the scale: whether it is higher than the others cannot be known.

        Examples
        --------
        >>> DEFAULT_SCALE.code("drone+rocket")
        'rocket'
        >>> DEFAULT_SCALE.code(set()) is None
        True
        """
        given = _weapon_set(weapons)
        strange = sorted(given - set(self.keys))
        if strange:
            raise ValueError(
                f"not on this scale: {', '.join(map(repr, strange))}. Its levels are {', '.join(self.keys)}; "
                "add a level, or leave the weapon out of the set."
            )
        held = [code for code, rung in zip(self.codes, self.rungs, strict=True) if given & {v.key for v in rung}]
        return held[-1] if held else None

    def __repr__(self) -> str:
        return f"EscalationScale({' < '.join(self.codes)}; basis: {self.basis})"


def _weapon_set(weapons: Iterable[str] | str | None) -> set[str]:
    """Return the weapons as a set; None, NaN and the empty string are no weapon."""
    if weapons is None or (isinstance(weapons, float) and weapons != weapons):
        return set()
    parts = weapons.split("+") if isinstance(weapons, str) else weapons
    return {part.strip() for part in parts if part.strip()}


def _dressed(levels: Sequence[str | Level]) -> tuple[Level, ...]:
    """Return the levels as Level objects with a colour and a marker each."""
    if isinstance(levels, str) or len(levels) < 2:
        raise ValueError(f"a scale needs at least two levels from low to high; given: {levels!r}.")
    plain = [level if isinstance(level, Level) else Level(level) for level in levels]
    keys = [level.key for level in plain]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"each level stands once on a scale; given more than once: {', '.join(twice)}.")
    bare = [level.key for level in plain[len(_LOOKS) :] if not (level.colour and level.marker)]
    if bare:
        raise ValueError(f"only {len(_LOOKS)} looks are built in: give colour and marker for {', '.join(bare)}.")
    looks = list(_LOOKS) + [("", "")] * len(plain)
    return tuple(
        Level(level.key, level.label, level.colour or colour, level.marker or marker)
        for level, (colour, marker) in zip(plain, looks, strict=False)
    )


def _checked_ties(ties: Sequence[Iterable[str]], keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return each tie in the order of the scale, or say what is wrong with it."""
    checked: list[tuple[str, ...]] = []
    for tie in ties:
        if isinstance(tie, str):
            raise ValueError(f"tie {tie!r}: give a collection of level keys, such as ('drone', 'rocket').")
        members = set(tie)
        strange = sorted(members - set(keys))
        if strange or len(members) < 2:
            raise ValueError(f"tie {sorted(members)}: needs at least two of the levels {', '.join(keys)}.")
        places = sorted(keys.index(key) for key in members)
        if any(after - before != 1 for before, after in pairwise(places)):
            raise ValueError(f"tie {sorted(members)}: only neighbouring levels can be tied, in {' < '.join(keys)}.")
        checked.append(tuple(keys[place] for place in places))
    named = [key for tie in checked for key in tie]
    if len(named) != len(set(named)):
        raise ValueError(f"ties {checked}: a level belongs to one tie at most.")
    return tuple(checked)


DEFAULT_SCALE = EscalationScale(
    ["drone", "rocket", "ballistic_missile"],
    basis="assumed from the range and payload of the weapon class; sources set only ballistic missiles apart",
)
