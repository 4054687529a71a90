"""What `compare_counters` was given: checked at once, so that all problems are told together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from escalation.records import Case
from escalation.study.choices import Choices, chosen

__all__ = ["Asked", "read_arguments"]

SHORTEST, LONGEST = 2, 3700  # days of a window


class Asked(NamedTuple):
    """Arguments that were found good; None names everything."""

    counters: list[str] | None
    scopes: list[str] | None
    choices: Choices


def read_arguments(
    case: Any, counters: Any, scopes: Any, choices: Any, changed: Mapping[str, Any], window: Any, executor: Any
) -> Asked:
    """Check every argument.

    Raises
    ------
    TypeError
        If one is of the wrong kind; all problems are listed.
    ValueError
        If all are of the right kind and one is out of range; all problems are listed.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> five = load_case("five-documents")
    >>> read_arguments(five, "claims", {"Syria", "Iraq"}, {"models": "fast"}, {}, 28, None)
    Asked(counters=['claims'], scopes=['Iraq', 'Syria'], choices=Choices(models='fast'))
    """
    wrong, bad = [], []
    if not isinstance(case, Case):
        wrong.append(f"case must be a Case, from load_case or read_case; got {type(case).__name__}")
    who, where = (_names(given, name, wrong) for name, given in (("counters", counters), ("scopes", scopes)))
    own = Choices()
    try:
        own = chosen(choices, changed)
    except TypeError as error:
        wrong.append(str(error))
    except ValueError as error:
        bad.append(str(error))
    whole = isinstance(window, (int, np.integer)) and not isinstance(window, bool)
    if not whole or not SHORTEST <= window <= LONGEST:
        bad.append(f"window must be a whole number of days from {SHORTEST} to {LONGEST}, got {window!r}")
    if executor is not None and not hasattr(executor, "map"):
        wrong.append(f"executor must have a .map, got {type(executor).__name__}")
    if wrong:
        raise TypeError("; ".join(wrong + bad))
    if bad:
        raise ValueError("; ".join(bad))
    return Asked(who, where, own)


def _names(given: Any, name: str, wrong: list[str]) -> list[str] | None:
    """Return names as a list, those of a set in alphabetical order; add to the problems what is none."""
    if given is None:
        return None
    if isinstance(given, str):
        return [given]
    if isinstance(given, (bytes, Mapping)) or not isinstance(given, Iterable):
        wrong.append(f"{name} must be a name, a list of names or None, got {type(given).__name__} {given!r}")
        return None
    found = list(given)
    strange = [one for one in found if not isinstance(one, str)]
    if strange:
        wrong.append(f"{name} must hold names; not a name: {', '.join(map(repr, strange))}")
        return None
    return sorted(found) if isinstance(given, (set, frozenset)) else found
