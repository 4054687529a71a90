"""Choices as JSON and back: every value in full, nothing that is not a choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from escalation.reconstruct.reading import Habit, Reading
from escalation.scale.level import Level
from escalation.scale.levels import EscalationScale
from escalation.study.reasons import TOPICS

if TYPE_CHECKING:
    from escalation.study.choices import Choices

__all__ = ["as_json", "as_object", "from_json"]


def as_json(choices: Choices) -> str:
    """Write choices as JSON.

    Examples
    --------
    >>> from escalation.study.choices import Choices
    >>> json.loads(as_json(Choices(merge="first")))["merge"]
    'first'
    """
    return json.dumps(as_object(choices), indent=2, ensure_ascii=False, allow_nan=False)


def as_object(choices: Choices) -> dict[str, Any]:
    """Return choices as an object of plain values."""
    return {f.name: _plain(getattr(choices, f.name)) for f in fields(choices)}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Reading):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(Reading)}
    if isinstance(value, Habit):
        return {f.name: getattr(value, f.name) for f in fields(Habit)}
    if isinstance(value, EscalationScale):
        levels = [{f.name: getattr(v, f.name) for f in fields(Level)} for v in cast("tuple[Level, ...]", value.levels)]
        return {"levels": levels, "basis": value.basis, "ties": [list(tie) for tie in value.ties]}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def from_json(text: Any) -> dict[str, Any]:
    """Read the values of choices from JSON, of choices alone or of a study that holds them.

    Raises
    ------
    ValueError
        If the text is no JSON object or names something that is no choice; all problems are listed.
    """
    if not isinstance(text, (str, bytes)) or str(text).rstrip().endswith(".json"):
        raise ValueError(f"choices must be JSON text, got {text!r}: of a file give Path(...).read_text()")
    try:
        found = json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"choices must be a JSON object, {{…}}: {error}") from None
    if isinstance(found, dict) and isinstance(found.get("choices"), dict):
        found = found["choices"]
    if not isinstance(found, dict):
        raise ValueError(f"choices must be a JSON object, {{…}}; got {type(found).__name__}")
    bad = [f"no choice is called {name!r}; choices are {', '.join(TOPICS)}" for name in found if name not in TOPICS]
    out: dict[str, Any] = {}
    for name, value in found.items():
        try:
            out[name] = _made(name, value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            bad.append(f"{name}: {error}")
    if bad:
        raise ValueError("choices: " + "; ".join(bad))
    return out


def _made(name: str, value: Any) -> Any:
    """Return the value of a choice from plain values."""
    if name == "reading":
        known = {f.name for f in fields(Reading)}
        strange = [key for key in value if key not in known]
        if strange:
            raise ValueError(f"a Reading has no {', '.join(map(repr, strange))}; it has {', '.join(sorted(known))}")
        made = {key: _tupled(item) for key, item in value.items() if key not in ("weights", "habits")}
        if "weights" in value:
            made["weights"] = MappingProxyType({key: _tupled(item) for key, item in value["weights"].items()})
        if "habits" in value:
            made["habits"] = tuple(Habit(**habit) for habit in value["habits"])
        return Reading(**made)
    if name == "scale" and value is not None:
        levels = [level if isinstance(level, str) else Level(**level) for level in value["levels"]]
        return EscalationScale(levels, basis=value["basis"], ties=[tuple(tie) for tie in value.get("ties", ())])
    return _tupled(value)


def _tupled(value: Any) -> Any:
    """Return lists as tuples, at any depth."""
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
