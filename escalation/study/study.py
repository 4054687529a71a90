"""All results of one case under one set of choices: `study`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from escalation.changes.effects.result import Effects
from escalation.changes.result import Changes
from escalation.reconstruct.effects import effects
from escalation.reconstruct.pairing import pairing
from escalation.reconstruct.pairingresult import Pairing
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case
from escalation.scale.trendresult import ScaleTrend
from escalation.study.choices import Choices, chosen
from escalation.study.choicesjson import as_object
from escalation.study.headlines import (
    change_rows,
    event_rows,
    headline_frame,
    level_rows,
    own_rows,
    total_rows,
    windows_of,
)
from escalation.study.levelcounts import incidents_under, paired_levels
from escalation.study.overview.figure import draw_overview
from escalation.study.overview.frames import frames_of
from escalation.study.overview.subject import Subject
from escalation.study.reconstructing import reconstruct_under
from escalation.study.scales import scales_of

__all__ = ["Study", "study"]


@dataclass(frozen=True, repr=False, eq=False)
class Study:
    """All results of one case under one set of choices; from `study`.

    Parameters
    ----------
    case
        What was studied.
    choices
        What was chosen.
    reconstruction
        Daily counts, cumulative count and rate.
    effects
        Ratios of rates around interventions; None if the case has none.
    pairing
        Levels of described incidents beside the rate; None where there are none.
    notes
        What was left out and why, in sentences.
    """

    case: Case
    choices: Choices
    reconstruction: Reconstruction
    effects: Effects | None
    pairing: Pairing | None
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> Changes:
        """Changes of the rate."""
        return self.reconstruction.changes

    @property
    def scale(self) -> ScaleTrend | None:
        """Levels of the described incidents; None where there are none, `notes` say why."""
        return None if self.pairing is None else self.pairing.trend

    def summary(self) -> pd.DataFrame:
        """List the headline quantities.

        Returns
        -------
        DataFrame
            Indexed by ``key``: ``about, quantity, kind, value, lower, upper, first, last``; see `headline_frame`.
            Where no change is more probable than not, ``own_…`` are the windows most likely to hold one.
        """
        rec = self.reconstruction
        rows = total_rows(rec) + change_rows(rec, ()) + own_rows(rec) + event_rows(self.effects)
        if self.pairing is not None:
            rows += level_rows(paired_levels(self.pairing, self.choices))
        return headline_frame(rows).set_index("key")

    @property
    def windows(self) -> tuple[tuple[pd.Timestamp, pd.Timestamp], ...]:
        """The interval of each change or, where none is more probable than not, the most probable windows."""
        return windows_of(self.reconstruction)

    def sentences(self) -> tuple[str, ...]:
        """Say the results in sentences: changes, events, levels, and what was left out."""
        said = [self.changes.sentence()]
        said += list(self.effects.sentences()) if self.effects is not None else []
        said += list(self.pairing.sentences()) if self.pairing is not None else []
        return (*said, *self.notes)

    def plot(self) -> Figure:
        """Draw the overview: reported totals and cumulative count, rate with changes, incidents by level.

        Returns
        -------
        matplotlib.figure.Figure
            Not known to pyplot. `pairing`, `effects` and `reconstruction` have figures of their own.
        """
        subject = Subject.of_case(self.case)
        if self.choices.scale is not None:
            subject = replace(subject, scales=(self.choices.scale,))
        frames = frames_of(self.reconstruction, subject)
        return draw_overview(self.reconstruction, subject, frames, version("escalation"))

    def to_json(self) -> str:
        """Write the choices with the name of the case and the version of this package; `study` reruns from it.

        Examples
        --------
        >>> from escalation.records import load_case
        >>> case = load_case("five-documents")
        >>> first = study(case, models="fast", draws=200)
        >>> again = study(case, Choices.from_json(first.to_json()))
        >>> again.summary().equals(first.summary())
        True
        """
        said = {"case": self.case.name, "escalation": version("escalation"), "choices": as_object(self.choices)}
        return json.dumps(said, indent=2, ensure_ascii=False, allow_nan=False)

    def __repr__(self) -> str:
        return f"Study({self.case.name!r}, {self.choices!r})\n  {self.changes.sentence()}"

    def _repr_html_(self) -> str:
        table = self.summary().to_html(float_format=lambda x: f"{x:.3g}", na_rep="", escape=True, border=0)
        return f"<p><strong>{html.escape(self.case.title)}</strong><br>{html.escape(repr(self.choices))}</p>{table}"


def study(case: Case, choices: Choices | Mapping[str, Any] | None = None, **changed: Any) -> Study:
    """Study a case under one set of choices: reconstruction, changes of the rate, effects of interventions, levels.

    Parameters
    ----------
    case
        The case.
    choices
        Every choice; None is the defaults. A mapping names some of them.
    **changed
        Single choices by name, such as ``merge="first"``.

    Returns
    -------
    Study

    Raises
    ------
    TypeError
        If `case` is no case or a name is no choice.
    ValueError
        If a choice is out of range or admits no report.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> found = study(load_case("five-documents"), models="fast", draws=200)
    >>> found.changes.verdict
    'the reports cannot tell'
    >>> print(found.summary().loc["level_all", "quantity"])
    Share of ballistic missile, confirmed, all
    """
    if not isinstance(case, Case):
        raise TypeError(
            f"a Case is needed, as load_case or read_case return it; got {type(case).__name__}. "
            "For a frame of reports alone: reconstruct(reports)"
        )
    own = chosen(choices, changed)
    rec = reconstruct_under(case, own)
    notes: list[str] = []
    found = None
    if len(case.interventions):
        found = effects(
            rec, case.interventions, term=own.term, before=own.before, after=own.after, prob=own.prob, rng=own.seed
        )  # fmt: skip
    else:
        notes.append("Effects are left out: the case has no interventions.")
    return Study(case, own, rec, found, _paired(case, own, rec, notes), tuple(notes))


def _paired(case: Case, choices: Choices, rec: Reconstruction, notes: list[str]) -> Pairing | None:
    """Pair rate and levels, or note why not: totals are no worse for incidents that cannot be ordered."""
    if not len(case.incidents):
        notes.append("Levels are left out: the case describes no incidents.")
        return None
    try:
        return pairing(
            rec, incidents_under(case, choices), scale=choices.scale or scales_of(case)[0], periods=choices.periods,
            mixed=choices.mixed, rng=choices.seed,
        )  # fmt: skip
    except ValueError as error:
        notes.append(f"Levels are left out: {'; '.join(line.strip() for line in str(error).splitlines())}")
        return None
