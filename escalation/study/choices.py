"""Every choice behind a study as one frozen object with defaults and reasons."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from escalation.lattice.prior import CENTRES, WEIGHTS, Family, Prior
from escalation.reconstruct.reading import Reading
from escalation.scale.levels import EscalationScale, Mixed
from escalation.study.choiceschecks import tidied
from escalation.study.choicesjson import as_json, from_json
from escalation.study.nearest import near
from escalation.study.reasons import REASONS, TOPICS

__all__ = ["Choices", "chosen"]

_ALL_BOUNDS = ("exact", "at_least", "more_than", "about", "up_to", "dozens")
_ALL_STATUS = ("current", "stale", "other", "excluded")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Every choice that a study rests on. `table` prints each with its reason; None leaves it to the case.

    Parameters
    ----------
    counter, unit
        Which series.
    scope
        One name of a scope or several names of one series.
    start, end
        First and last day, as ``"2023-10-17"``.
    bounds
        Wordings of totals that are admitted.
    read_as
        ``"worded"``, or ``"exact"``: hedged totals are taken as exact numbers, as a table of numbers does; "dozens"
        stays a range.
    approx
        Whether reports with an approximate as-of date are admitted.
    reliability, credibility
        Worst source reliability (A to F) and information credibility (1 to 6) admitted; sources without a grade are.
    ai_generated
        Whether pages written by AI are admitted.
    status
        Coder's notes that are admitted.
    merge
        A total that was stated for an earlier date: ``"weigh"`` it as news or a copy; take it as ``"news"``; or admit
        the ``"first"`` statement alone. ``"largest"``: admit the largest total of each day alone.
    reading
        Likelihood of a report.
    centre, spread, hazard, phi, clumping, sigma, grid, weights
        Prior of the rate, as in `Prior`.
    models
        ``"full"``, ``"jumps"`` (no drift) or ``"fast"``.
    scale, mixed, periods
        Levels, as in `scale_trend`.
    evidence
        Which incidents the levels are about: ``"confirmed"``, ``"claimed"`` or ``"described"`` (all).
    before, after, term
        Interventions, as in `effects`.
    prob, draws, seed
        Mass of the intervals, posterior draws, seed (None is the fixed one).

    Raises
    ------
    ValueError
        If a value is out of range; all problems are listed.

    Examples
    --------
    >>> own = Choices(bounds=("exact",), hazard=(1 / 60,))
    >>> own
    Choices(bounds=('exact',), hazard=(0.016666666666666666,))
    >>> Choices.from_json(own.to_json()) == own
    True
    """

    counter: str | None = None
    unit: str | None = None
    scope: tuple[str, ...] | None = None
    start: str | None = None
    end: str | None = None
    bounds: tuple[str, ...] = _ALL_BOUNDS
    read_as: str = "worded"
    approx: bool = True
    reliability: str = "F"
    credibility: int = 6
    ai_generated: bool = True
    status: tuple[str, ...] = _ALL_STATUS
    merge: str = "weigh"
    reading: Reading = field(default_factory=Reading)
    centre: tuple[float, ...] = CENTRES
    spread: tuple[float, ...] = Prior.spread
    hazard: tuple[float, ...] = Prior.hazard
    phi: tuple[float, ...] = Prior.phi
    clumping: float = Prior.clumping
    sigma: tuple[float, ...] = Prior.sigma
    grid: tuple[float, float, float] = Prior.grid
    weights: tuple[tuple[Family, float], ...] = WEIGHTS
    models: str = "full"
    scale: EscalationScale | None = None
    evidence: str = "confirmed"
    mixed: Mixed = "max"
    periods: str | tuple[str, ...] | None = None
    before: int = 14
    after: int = 14
    term: str = "auto"
    prob: float = 0.9
    draws: int = 2000
    seed: int | None = None

    def __post_init__(self) -> None:
        for name, value in tidied(self).items():
            object.__setattr__(self, name, value)

    @property
    def prior(self) -> Prior:
        """The prior of the rate."""
        return Prior(**{f.name: getattr(self, f.name) for f in fields(Prior)})

    def but(self, **changed: Any) -> Choices:
        """Return these choices with some of them changed; ``prior=Prior(…)`` sets all that a prior holds.

        Raises
        ------
        TypeError
            If a name is no choice; those near it are told.
        ValueError
            If a value is out of range.

        Examples
        --------
        >>> Choices().but(merge="first", end="2024-01-31")
        Choices(end='2024-01-31', merge='first')
        """
        prior = changed.pop("prior", None)
        if prior is not None and not isinstance(prior, Prior):
            raise TypeError(f"prior must be a Prior, got {type(prior).__name__}")
        if prior is not None:
            changed = {f.name: getattr(prior, f.name) for f in fields(Prior)} | changed
        strange = [name for name in changed if name not in TOPICS]
        if strange:
            raise TypeError(
                f"no choice is called {', '.join(map(repr, strange))}{near(strange, TOPICS)}; "
                f"choices are {', '.join(TOPICS)}"
            )
        return replace(self, **changed)

    def differences(self, other: Choices | None = None) -> pd.DataFrame:
        """List the choices that differ from others, or from the defaults: ``choice, this, other``."""
        other = other if other is not None else Choices()
        rows = [
            (f.name, getattr(self, f.name), getattr(other, f.name))
            for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["choice", "this", "other"])

    def table(self) -> pd.DataFrame:
        """List every choice: ``choice, about, value, default`` (whether it is the default) and ``reason`` for that."""
        plain = Choices()
        rows = [
            (f.name, TOPICS[f.name], getattr(self, f.name), getattr(self, f.name) == getattr(plain, f.name),
             REASONS[f.name])
            for f in fields(self)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["choice", "about", "value", "default", "reason"])

    def to_json(self) -> str:
        """Write every choice as JSON, with two blanks of indent; see `from_json`."""
        return as_json(self)

    @classmethod
    def from_json(cls, text: str) -> Choices:
        """Read choices from what `to_json` or `Study.to_json` wrote; what is not named has its default.

        Raises
        ------
        ValueError
            If the text is no JSON object, names something that is no choice, or a value is out of range.
        """
        return cls(**from_json(text))

    def __repr__(self) -> str:
        changed = self.differences()
        said = (f"{name}={_short(value)}" for name, value in zip(changed["choice"], changed["this"], strict=True))
        return f"Choices({', '.join(said)})"

    def __str__(self) -> str:
        lines = [
            f"{row.choice:<13}{' ' if row.default else '*'} {_short(row.value)}\n{'':<15}{row.reason}"
            for row in self.table().itertuples(index=False)
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.table().assign(value=lambda t: t["value"].map(_short)).to_html(index=False, escape=True, border=0)
        return f"<p>{html.escape('Choices; those that are not the default are marked False')}</p>{table}"


def chosen(choices: Choices | Mapping[str, Any] | None, changed: Mapping[str, Any]) -> Choices:
    """Return choices from what a caller gave: an object, a mapping of some of them, or nothing, and further changes.

    Raises
    ------
    TypeError
        If it is none of these, or a name is no choice.
    ValueError
        If a value is out of range.
    """
    if choices is None or isinstance(choices, Mapping):
        return Choices().but(**{**(choices or {}), **changed})
    if not isinstance(choices, Choices):
        raise TypeError(f"choices must be Choices, a mapping of some of them or None, got {type(choices).__name__}")
    return choices.but(**changed)


def _short(value: Any) -> str:
    """Write a value; of a likelihood, only what is not the default: it has a table of its own."""
    if not isinstance(value, Reading):
        return repr(value)
    plain = Reading()
    own = {f.name: getattr(value, f.name) for f in fields(Reading)}
    changed = {name: item for name, item in own.items() if item != getattr(plain, name)}
    return f"Reading({', '.join(f'{name}={_bare(item)!r}' for name, item in changed.items())})"


def _bare(value: Any) -> Any:
    """Return a read-only mapping as the dictionary behind it."""
    return dict(value) if isinstance(value, Mapping) else value
