"""Check every choice, and bring each into its one form, so that equal choices compare equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation.lattice.prior import Prior
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.statements import as_day
from escalation.scale.levels import EscalationScale

if TYPE_CHECKING:
    from escalation.study.choices import Choices

__all__ = ["tidied"]

_BOUNDS = ("exact", "at_least", "more_than", "about", "up_to", "dozens")
_STATUS = ("current", "stale", "other", "excluded")
#: The words that a choice may have.
_WORDS = {
    "read_as": ("worded", "exact"), "merge": ("weigh", "news", "first", "largest"),
    "models": ("full", "jumps", "fast"), "evidence": ("confirmed", "claimed", "described"), "mixed": ("max", "any"),
    "term": ("auto", "step", "pulse", "window", "slope"), "reliability": tuple("ABCDEF"),
    "credibility": (1, 2, 3, 4, 5, 6), "approx": (True, False), "ai_generated": (True, False),
}  # fmt: skip
_PRIOR = ("centre", "spread", "hazard", "phi", "sigma", "grid")


def tidied(choices: Choices) -> dict[str, Any]:
    """Return the values that have a form of their own: days as text, sequences as tuples.

    Raises
    ------
    ValueError
        If a choice is out of range; all problems are listed.
    """
    bad: list[str] = []
    out: dict[str, Any] = {}
    for name, words in _WORDS.items():
        value = getattr(choices, name)
        if not any(value is word or (value == word and type(value) is type(word)) for word in words):
            bad.append(f"{name} must be one of {', '.join(map(repr, words))}; got {value!r}")
    for name, words in (("bounds", _BOUNDS), ("status", _STATUS)):
        out[name] = _some_of(name, getattr(choices, name), words, bad)
    out |= _series(choices, bad)
    out |= _prior(choices, bad)
    _kinds(choices, bad)
    out["periods"] = _periods(choices.periods, bad)
    if bad:
        raise ValueError("Choices: " + "; ".join(bad))
    return out


def _some_of(name: str, value: Any, words: tuple[str, ...], bad: list[str]) -> tuple[str, ...]:
    """Return a choice of one or more words, in their own order."""
    given = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    if not given or not set(map(repr, given)) <= set(map(repr, words)):
        bad.append(f"{name} must be one or more of {', '.join(words)}; got {value!r}")
    return tuple(word for word in words if word in given)


def _series(choices: Choices, bad: list[str]) -> dict[str, Any]:
    """Return the names of the series and its window."""
    out: dict[str, Any] = {}
    for name in ("counter", "unit"):
        if not isinstance(getattr(choices, name), (str, type(None))):
            bad.append(f"{name} must be a name or None, got {getattr(choices, name)!r}")
    scope = choices.scope
    named = isinstance(scope, (list, tuple))  # a set has no order, and the first name is the main one
    out["scope"] = scope if scope is None else tuple(scope) if named else (scope,)
    if scope is not None and not (out["scope"] and all(isinstance(part, str) for part in out["scope"])):
        bad.append(f"scope must be one name or several, or None; got {scope!r}")
    for name in ("start", "end"):
        value = getattr(choices, name)
        try:
            out[name] = None if value is None else f"{as_day(value, name):%Y-%m-%d}"
        except ValueError as error:
            bad.append(str(error))
    start, end = out.get("start"), out.get("end")
    if start and end and start > end:
        bad.append(f"start {start} is after end {end}")
    return out


def _prior(choices: Choices, bad: list[str]) -> dict[str, Any]:
    """Return the numbers of the prior as tuples of floats; the prior checks them."""
    out: dict[str, Any] = {}
    try:
        for name in _PRIOR:
            value = getattr(choices, name)
            out[name] = tuple(float(x) for x in ([value] if isinstance(value, (int, float)) else value))
        pairs: Any = choices.weights.items() if isinstance(choices.weights, Mapping) else choices.weights
        out["weights"] = tuple((str(name), float(weight)) for name, weight in pairs)
        out["clumping"] = float(choices.clumping)
    except (TypeError, ValueError):
        bad.append(f"{', '.join(_PRIOR)} and clumping must be numbers, weights pairs of a family and a number")
        return {}
    if len(out["grid"]) != 3:
        bad.append(f"grid must be three numbers: lowest rate, highest rate, step; got {choices.grid!r}")
        return {}
    try:
        Prior(**out)
    except (TypeError, ValueError) as error:
        bad.append(str(error))
    return out


def _kinds(choices: Any, bad: list[str]) -> None:
    """Check the objects and the numbers."""
    if not isinstance(choices.reading, Reading):
        bad.append(f"reading must be a Reading, got {type(choices.reading).__name__}")
    if choices.scale is not None and not isinstance(choices.scale, EscalationScale):
        bad.append(f"scale must be an EscalationScale or None, got {type(choices.scale).__name__}")
    for name, least in (("before", 1), ("after", 1), ("draws", 200)):
        value = getattr(choices, name)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            bad.append(f"{name} must be a whole number of at least {least}, got {value!r}")
    if isinstance(choices.prob, bool) or not isinstance(choices.prob, (int, float)) or not 0.0 < choices.prob < 1.0:
        bad.append(f"prob must lie between 0 and 1, got {choices.prob!r}")
    seed = choices.seed
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
        bad.append(f"seed must be a whole number of at least 0 or None, got {seed!r}")


def _periods(value: Any, bad: list[str]) -> Any:
    """Return a unit of the calendar, or first days of periods as text."""
    if value is None or isinstance(value, str):
        if value not in (None, "week", "month", "quarter", "year", "whole"):
            bad.append(f"periods must be week, month, quarter, year, whole or dates; got {value!r}")
        return value
    try:
        return tuple(f"{as_day(day, 'periods'):%Y-%m-%d}" for day in value)
    except (TypeError, ValueError):
        bad.append(f"periods must be week, month, quarter, year, whole or dates; got {value!r}")
        return value
