"""The other choices that a reasonable analyst could make, one at a time and in a grid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from escalation.lattice.prior import Family
from escalation.reconstruct.reading import Habit, Reading
from escalation.records import Case
from escalation.study.choices import Choices
from escalation.study.reasons import TOPICS
from escalation.study.scales import scales_of

__all__ = ["GRID", "NOISE", "Alternative", "Specification", "about", "alternatives", "specifications"]

#: Topics that have no field of their own in `Choices`.
WINDOW, HABIT, SCALES, DOUBT = "window", "habit", "scales", "doubt"
_TOPICS = {
    WINDOW: "Window", HABIT: "Care of the reports", SCALES: "Age and size of errors", DOUBT: "Weight of wrong reports",
}  # fmt: skip
#: Topics that must not matter: what they move is noise.
NOISE = ("models", "seed")
#: Options that are combined with each other in the grid, by topic and number of the alternative.
GRID = (("reliability", 0), ("approx", 0), ("merge", 1), ("phi", 0), ("weights", 0))


@dataclass(frozen=True)
class Alternative:
    """One choice made otherwise: `topic` and `option` in words, and the values that differ."""

    topic: str
    option: str
    changed: MappingProxyType[str, Any]


@dataclass(frozen=True)
class Specification:
    """One full set of choices under a name, with the options in which it departs from the base by topic."""

    name: str
    block: str
    options: MappingProxyType[str, str]
    choices: Choices


def _weights(constant: float, jumps: float, drift: float, both: float) -> tuple[tuple[Family, float], ...]:
    return ("constant", constant), ("jumps", jumps), ("drift", drift), ("both", both)


def _reports() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary which reports are admitted, and how they are read."""
    yield "bounds", "exact totals only", {"bounds": ("exact",)}
    yield "bounds", "without about, up to and dozens", {"bounds": ("exact", "at_least", "more_than")}
    yield "read_as", "hedged totals taken as exact", {"read_as": "exact"}
    yield "approx", "without approximate dates", {"approx": False}
    for worst in "CDB":
        yield "reliability", f"{worst} or better", {"reliability": worst}
    for most in (2, 3):
        yield "credibility", f"{most} or better", {"credibility": most}
    yield "ai_generated", "without AI-written pages", {"ai_generated": False}
    yield "status", "without those noted as excluded", {"status": ("current", "stale", "other")}
    yield "status", "noted as current only", {"status": ("current",)}
    yield "merge", "every repeat is news", {"merge": "news"}
    yield "merge", "first statement of a total only", {"merge": "first"}
    yield "merge", "largest total of a day only", {"merge": "largest"}


def _readings(reading: Reading) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary how reported numbers come about."""
    for habit in reading.habits if len(reading.habits) > 1 else ():
        only = replace(reading, habits=(Habit(habit.name, 1.0, habit.slips),))
        yield HABIT, f"{habit.name} throughout", {"reading": only}
    for factor in (0.5, 2.0):
        wide = replace(reading, stale_days=reading.stale_days * factor, wrong_days=reading.wrong_days * factor)
        yield SCALES, f"times {factor:g}", {"reading": wide}
    for factor in (0.5, 2.0):
        weights = {bound: _doubted(w, factor) for bound, w in reading.weights.items()}
        yield DOUBT, f"times {factor:g}", {"reading": replace(reading, weights=MappingProxyType(weights))}


def _doubted(weights: tuple[float, ...], factor: float) -> tuple[float, ...]:
    """Multiply the weight of wrong numbers; the other weights share the rest in proportion."""
    wrong = min(weights[3] * factor, 0.5)
    rest = (1.0 - wrong) / (1.0 - weights[3])
    return (*(w * rest for w in weights[:3]), wrong)


def _priors(base: Choices) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary what is assumed about the rate."""
    yield "phi", "Poisson only", {"phi": (0.0,)}
    yield "phi", "clumped only (1 and more)", {"phi": tuple(p for p in base.phi if p >= 1.0) or (1.0, 2.0, 3.0)}
    yield "clumping", "every clumping weighs the same", {"clumping": 0.0}
    yield "weights", "no drift", {"weights": _weights(0.5, 0.5, 0.0, 0.0)}
    yield "weights", "drift as probable as jumps", {"weights": _weights(0.5, 0.2, 0.2, 0.1)}
    yield "weights", "a quarter on a constant rate", {"weights": _weights(0.25, 0.45, 0.15, 0.15)}
    yield "weights", "three quarters on a constant rate", {"weights": _weights(0.75, 0.15, 0.05, 0.05)}
    for days in (15, 30, 60, 120, 240):
        yield "hazard", f"regimes of {days} days", {"hazard": (1 / days,)}
    for spread in (0.7, 1.3, 2.0):
        yield "spread", f"{spread:g}", {"spread": (spread,)}
    for sigma in (0.05, 0.1, 0.25):
        yield "sigma", f"{sigma:g} a day", {"sigma": (sigma,)}


def _series(case: Case, base: Choices) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary the scopes and the days."""
    main = case.main
    scope = base.scope or main["scope"]
    if len(scope) > 1:
        yield "scope", f"{scope[0]} only", {"scope": scope[:1]}
    start, end = (getattr(base, side) or main[side] for side in ("start", "end"))
    if start is not None and end is not None and (pd.Timestamp(end) - pd.Timestamp(start)).days >= 60:
        first, last = pd.Timestamp(start), pd.Timestamp(end)
        for days in (14, 28):
            early, late = (last - pd.Timedelta(days=days)), (first + pd.Timedelta(days=days))
            yield WINDOW, f"ends {days} days earlier", {"end": f"{early:%Y-%m-%d}"}
            yield WINDOW, f"begins {days} days later", {"start": f"{late:%Y-%m-%d}"}


def _levels(case: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary what is done with described incidents and with events."""
    if len(case.incidents):
        for scale in scales_of(case)[1:]:
            yield "scale", " < ".join(scale.codes), {"scale": scale}
        for evidence in ("confirmed", "claimed", "described"):
            yield "evidence", evidence, {"evidence": evidence}
        yield "mixed", "every level that it holds", {"mixed": "any"}
    if len(case.interventions):
        for days in (7, 21, 28):
            yield "before", f"{days} days", {"before": days}


def _technical(base: Choices) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Vary what must not matter: a conclusion that it moves is noise."""
    yield "models", "fast", {"models": "fast"}
    yield "seed", "another seed", {"seed": 1 if base.seed is None else base.seed + 1}


def alternatives(case: Case, base: Choices) -> tuple[Alternative, ...]:
    """List the other choices for a case, those alone that differ from the base.

    Parameters
    ----------
    case
        The case.
    base
        The choices to depart from.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> found = alternatives(load_case("five-documents"), Choices())
    >>> [a.option for a in found if a.topic == "phi"]
    ['Poisson only', 'clumped only (1 and more)']
    """
    every = itertools.chain(
        _series(case, base), _reports(), _readings(base.reading), _priors(base), _levels(case), _technical(base)
    )
    # Choices that are not the default may hold a plain alternative to themselves: the default.
    plain = ((c, "the default", {c: d}) for c, d in _defaults(base))
    out = [Alternative(t, o, MappingProxyType(c)) for t, o, c in itertools.chain(plain, every) if base.but(**c) != base]
    seen: list[Choices] = []
    keep = []
    for one in out:
        full = base.but(**one.changed)
        if full not in seen:
            seen.append(full)
            keep.append(one)
    return tuple(keep)


def _defaults(base: Choices) -> Iterator[tuple[str, Any]]:
    """Yield the default of every choice in which the base departs from it, but for the series itself."""
    changed = base.differences()
    for name, default in zip(changed["choice"], changed["other"], strict=True):
        if name not in ("counter", "unit", "scope", "prob", "draws", "grid", "seed"):
            yield name, default


def about(topic: str) -> str:
    """Return the words for a topic.

    Examples
    --------
    >>> about("merge"), about("window")
    ('Repeats of a total', 'Window')
    """
    return _TOPICS.get(topic) or TOPICS[topic]


def specifications(case: Case, base: Choices) -> tuple[Specification, ...]:
    """List the base, every alternative alone, and every combination of the options of `GRID`.

    Combinations of one option are already there as alternatives and are not repeated.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> found = specifications(load_case("five-documents"), Choices())
    >>> found[0].block, sum(spec.block == "grid" for spec in found)
    ('base', 26)
    """
    single = alternatives(case, base)
    out = [Specification("base", "base", MappingProxyType({}), base)]
    for i, one in enumerate(single, start=1):
        options = MappingProxyType({one.topic: one.option})
        out.append(Specification(f"s{i:02d}", "one at a time", options, base.but(**one.changed)))
    by_topic = {topic: [one for one in single if one.topic == topic] for topic, _ in GRID}
    picked = [by_topic[topic][i] for topic, i in GRID if len(by_topic[topic]) > i]
    combined = [c for n in range(2, len(picked) + 1) for c in itertools.combinations(picked, n)]
    for i, chosen in enumerate(combined, start=1):
        changed = {name: value for one in chosen for name, value in one.changed.items()}
        options = MappingProxyType({one.topic: one.option for one in chosen})
        out.append(Specification(f"g{i:02d}", "grid", options, base.but(**changed)))
    return tuple(out)
