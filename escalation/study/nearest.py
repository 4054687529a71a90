"""What a name that is not known was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["near"]


def near(strange: str | Iterable[str], known: Iterable[str]) -> str:
    """Return a question after the known names nearest to one or more others, or nothing.

    Examples
    --------
    >>> near("report", ["rate", "reports"]), near(["xyz"], ["rate"])
    (" (did you mean 'reports'?)", '')
    """
    names = list(known)
    given = [strange] if isinstance(strange, str) else sorted(map(str, strange))
    found = [match for name in given for match in get_close_matches(name, names, 1)]
    return f" (did you mean {', '.join(map(repr, found))}?)" if found else ""
