"""Work out specifications, each reconstruction once: work that does not depend on a choice is not repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.effects import effects
from escalation.reconstruct.interventions import read_events
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case
from escalation.study.admission import refusals, series_of
from escalation.study.alternatives import Specification
from escalation.study.choices import Choices
from escalation.study.choicesjson import as_object
from escalation.study.headlines import Rows, Span, change_rows, event_rows, headline_frame, level_rows, total_rows
from escalation.study.levelcounts import levels_under
from escalation.study.reconstructing import InThisProcess, reconstruct_under

__all__ = ["Answer", "Asked", "Job", "jobs_of", "work_out"]

#: Choices that come after the reconstruction.
_LATER = ("scale", "evidence", "mixed", "periods", "before", "after", "term")
#: Choices that act through what is admitted alone.
_ADMITTING = ("bounds", "approx", "reliability", "credibility", "ai_generated", "status")


@dataclass(frozen=True)
class Asked:
    """What every specification is asked: a total by a day, jumps in the windows of the base, levels or not."""

    day: pd.Timestamp
    windows: tuple[Span, ...]
    levels: bool


@dataclass(frozen=True)
class Answer:
    """Headline quantities of one specification, and the reports that it used; or why there is no answer."""

    name: str
    rows: pd.DataFrame
    used: int
    error: str = ""


@dataclass(frozen=True)
class Job:
    """Specifications that share one reconstruction."""

    case: Case
    specs: tuple[tuple[str, Choices], ...]
    asked: Asked
    threads: bool


def jobs_of(case: Case, specs: Sequence[Specification], asked: Asked, *, threads: bool) -> list[Job]:
    """Group specifications by what their reconstruction depends on.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> from escalation.study.alternatives import specifications
    >>> case = load_case("five-documents")
    >>> specs = specifications(case, Choices())
    >>> len(jobs_of(case, specs, Asked(pd.Timestamp("2024-01-20"), (), False), threads=True)) < len(specs)
    True
    """
    groups: dict[str, list[tuple[str, Choices]]] = {}
    for spec in specs:
        groups.setdefault(_key(case, spec.choices), []).append((spec.name, spec.choices))
    return [Job(case, tuple(some), asked, threads) for some in groups.values()]


def _key(case: Case, choices: Choices) -> str:
    """Write down all that a reconstruction depends on: admitted rows and the choices that act after admission."""
    rest = {name: value for name, value in as_object(choices).items() if name not in (*_LATER, *_ADMITTING)}
    series = {name: str(value) for name, value in series_of(case, choices).items()}
    admitted = (refusals(case, choices, case.reports) == "").to_numpy()
    if rest["merge"] in ("first", "largest"):
        rest["merge"] = "weigh"  # the rest of it is in what is admitted
    return json.dumps([rest, series, np.packbits(admitted).tolist()])


def work_out(job: Job) -> list[Answer]:
    """Reconstruct once and answer for every specification of a job; one that fails says why."""
    executor = None if job.threads else InThisProcess()
    try:
        rec = reconstruct_under(job.case, job.specs[0][1], executor=executor)
    except ValueError as error:
        said = "; ".join(line.strip() for line in str(error).splitlines())
        return [Answer(name, headline_frame([]), 0, said) for name, _ in job.specs]
    shared = total_rows(rec, job.asked.day) + change_rows(rec, job.asked.windows)
    return [_answer(job, name, choices, rec, shared) for name, choices in job.specs]


def _answer(job: Job, name: str, choices: Choices, rec: Reconstruction, shared: Rows) -> Answer:
    """Add to what a reconstruction says what is said of events and levels."""
    said = ""
    rows = shared + event_rows(_lasting(job.case, choices, rec))
    try:
        rows = rows + (level_rows(levels_under(job.case, choices, rec)) if job.asked.levels else [])
    except ValueError as error:
        said = f"levels: {'; '.join(line.strip() for line in str(error).splitlines())}"
    return Answer(name, headline_frame(rows), int(rec.reports["used"].sum()), said)


def _lasting(case: Case, choices: Choices, rec: Reconstruction) -> Any:
    """Compare the rate around the events that are read as windows; None if there are none."""
    frame = case.interventions
    if not len(frame):
        return None
    lasts = np.array([read_events(frame.iloc[i : i + 1], choices.term, choices.after, [])[0].term == "window"
                      for i in range(len(frame))])  # fmt: skip
    if not lasts.any():
        return None
    return effects(
        rec, frame[lasts], term=choices.term, before=choices.before, after=choices.after, prob=choices.prob,
        placebo=False, rng=choices.seed,
    )  # fmt: skip
