"""The levels of an ordinal escalation scale, their order and their ties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isnan
from typing import Literal, cast, overload

import pandas as pd

from escalation.scale.level import Level, dressed

__all__ = ["COARSE_SCALE", "DEFAULT_SCALE", "MIXED", "EscalationScale", "Mixed", "weapon_set"]

Mixed = Literal["max", "any", "split"]
MIXED: tuple[Mixed, ...] = ("max", "any", "split")
"""How an attack with several weapons is read: its highest level, every level it holds, or one record per weapon."""


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
    A scale of one's own, in three lines:

    >>> own = EscalationScale(["small_arms", "mortar", "car_bomb"], basis="lethal radius, by our own judgement")
    >>> own.code("mortar+small_arms")
    'mortar'
    >>> own.tied({"small_arms", "mortar"}, basis="reports do not tell them apart").codes
    ('small_arms|mortar', 'car_bomb')
    """

    levels: Sequence[str | Level]
    basis: str = field(kw_only=True)
    ties: Sequence[Iterable[str]] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", dressed(self.levels))
        if not str(self.basis or "").strip():
            raise ValueError("basis is empty: say in a few words where the order of the levels comes from.")
        object.__setattr__(self, "ties", _checked_ties(self.ties, self.keys))
        if len({label.lower() for label in self.labels}) < len(self.labels):
            raise ValueError(f"labels {', '.join(self.labels)}: readers need a different one for each level.")
        if len(self.codes) < 2:
            raise ValueError(f"ties {self.ties}: all levels are tied; an order needs two rungs or more.")

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

    @property
    def labels(self) -> tuple[str, ...]:
        """The words for each of `codes`; tied levels are joined with "or"."""
        named = ([v.label if i == 0 else v.label.lower() for i, v in enumerate(rung)] for rung in self.rungs)
        return tuple(" or ".join(words) for words in named)

    @property
    def at_least(self) -> tuple[str, ...]:
        """The words for "this level or a higher one", for each of `codes`."""
        return (*(f"{label} or higher" for label in self.labels[:-1]), self.labels[-1])

    @property
    def dtype(self) -> pd.CategoricalDtype:
        """The ordered categorical type whose categories are `codes`.

        Examples
        --------
        >>> pd.Series(["rocket", None, "drone"], dtype=DEFAULT_SCALE.dtype).max()
        'rocket'
        """
        return pd.CategoricalDtype(list(self.codes), ordered=True)

    @classmethod
    def from_categorical(cls, values: object, *, basis: str) -> EscalationScale:
        """Take the order of an ordered categorical.

        Parameters
        ----------
        values : Series, Categorical or CategoricalDtype
            Its categories are the levels from low to high; ``a|b`` is a tie of a and b.
        basis : str
            Where the order comes from.

        Raises
        ------
        ValueError
            If the categories are not ordered.

        Examples
        --------
        >>> EscalationScale.from_categorical(COARSE_SCALE.dtype, basis="read back").codes
        ('drone|rocket', 'ballistic_missile')
        """
        dtype = getattr(values, "dtype", values)
        if not isinstance(dtype, pd.CategoricalDtype) or not dtype.ordered:
            raise ValueError(
                f"an ordered categorical is needed, got {dtype}; pandas.CategoricalDtype(…, ordered=True)."
            )
        rungs = [str(category).split("|") for category in dtype.categories]
        return cls([key for rung in rungs for key in rung], basis=basis, ties=[rung for rung in rungs if len(rung) > 1])

    def tied(self, *groups: Iterable[str], basis: str) -> EscalationScale:
        """Return a coarser scale in which each group of neighbouring levels is one rung.

        Parameters
        ----------
        *groups : collections of str
            The groups, as `ties` wants them.
        basis : str
            Why these are not told apart.
        """
        return EscalationScale(self.levels, basis=basis, ties=groups)

    @overload
    def code(self, weapons: Iterable[str] | str | None, mixed: Literal["max"] = "max") -> str | None: ...
    @overload
    def code(self, weapons: Iterable[str] | str | None, mixed: Literal["any", "split"]) -> tuple[str, ...]: ...
    def code(self, weapons: Iterable[str] | str | None, mixed: Mixed = "max") -> str | tuple[str, ...] | None:
        """Return the level of the weapons of one attack.

        Parameters
        ----------
        weapons : collection of str, str or None
            The weapons of one attack. A string is split at ``+``, as in the table of incidents.
        mixed : {"max", "any", "split"}
            How a mixed attack is read: ``"max"``, the highest level among its weapons; ``"any"``, every level it
            holds, each once; ``"split"``, one level per weapon, so that tied weapons count twice.

        Returns
        -------
        str or None, or tuple of str
            One of `codes` (the key; tied keys joined with ``|``), None if no weapon was reported; for ``"any"`` and
            ``"split"`` a tuple from low to high, empty if no weapon was reported.

        Raises
        ------
        ValueError
            If a weapon is not on the scale: whether it is higher than the others cannot be known. If `mixed` is none
            of these words.

        Examples
        --------
        >>> DEFAULT_SCALE.code("drone+rocket")
        'rocket'
        >>> COARSE_SCALE.code("drone+rocket", "any"), COARSE_SCALE.code("drone+rocket", "split")
        (('drone|rocket',), ('drone|rocket', 'drone|rocket'))
        >>> DEFAULT_SCALE.code(set()) is None
        True
        """
        if mixed not in MIXED:
            raise ValueError(f"mixed must be one of {', '.join(MIXED)}; got {mixed!r}.")
        given = weapon_set(weapons)
        strange = sorted(given - set(self.keys))
        if strange:
            raise ValueError(
                f"not on this scale: {', '.join(map(repr, strange))}. Its levels are {', '.join(self.keys)}; "
                "add a level, or leave the weapon out of the set."
            )
        rungs = zip(self.codes, self.rungs, strict=True)
        held = tuple(code for code, rung in rungs for level in rung if level.key in given)
        if mixed == "split":
            return held
        return tuple(dict.fromkeys(held)) if mixed == "any" else (held[-1] if held else None)

    def __repr__(self) -> str:
        return f"EscalationScale({' < '.join(self.codes)}; basis: {self.basis})"


def weapon_set(weapons: object) -> set[str]:
    """Return the weapons as a set; None, NaN and the empty string are no weapon."""
    if weapons is None or weapons is pd.NA or weapons is pd.NaT or (isinstance(weapons, float) and isnan(weapons)):
        return set()
    parts = weapons.split("+") if isinstance(weapons, str) else weapons
    if not isinstance(parts, Iterable) or not all(isinstance(part, str) for part in parts):
        raise ValueError(f"weapons {weapons!r}: words joined with '+', or a collection of words, are needed.")
    return {part.strip() for part in parts if part.strip()}


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

COARSE_SCALE = DEFAULT_SCALE.tied(
    {"drone", "rocket"},
    basis="sources set ballistic missiles apart and do not order drones and rockets",
)
