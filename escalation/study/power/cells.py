"""One simulated series and what is found of it: the job that `power` runs many times."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from escalation.changes.find import find_changes
from escalation.changes.result import Changes
from escalation.reconstruct.call import reconstruct
from escalation.study.simulate.simulate import simulate

__all__ = ["Job", "Scenario", "detect", "seed_of"]

#: Posterior draws behind the date of a change.
DRAWS = 400


class Alone:
    """Runs the models of one series one after the other: series run side by side, each on one core."""

    map = map


@dataclass(frozen=True)
class Scenario:
    """What all series have in common: length, rate before the change, its day, and how totals are told."""

    days: int
    rate: float
    changed: int
    models: str
    voice: Mapping[str, Any] = field(default_factory=dict)


#: Scenario, reports (None: every day observed), ratio, replicate, entropy.
Job = tuple[Scenario, int | None, float, int, int]


def seed_of(entropy: int, ratio: float, replicate: int) -> np.random.SeedSequence:
    """Return the seed of one series.

    It is a child of the study's seed whose place is made of ratio and replicate. It does not depend on the other
    ratios, on who runs it, or on the number of reports: every number of reports looks at the same incidents.

    Examples
    --------
    >>> seed_of(7, 2.0, 0).spawn_key == seed_of(7, 2.0, 0).spawn_key != seed_of(7, 3.0, 0).spawn_key
    True
    """
    return np.random.SeedSequence(entropy, spawn_key=(zlib.crc32(repr(float(ratio)).encode()), replicate))


def detect(job: Job) -> dict[str, Any]:
    """Simulate one series and look for a change of its rate.

    Returns
    -------
    dict
        `reports, ratio, replicate`; `p_jump` and `bayes_factor`; `error_days` between the most probable date and the
        true one, NaN if P(at least one jump) is one half or less, or nothing changed.
    """
    scenario, reports, ratio, replicate, entropy = job
    voice = dict(scenario.voice)
    if reports is not None:
        voice["reports"] = reports
    made = simulate(
        scenario.days, rate=scenario.rate, changes=[] if ratio == 1 else [(scenario.changed, ratio)], incidents=0.0,
        rng=seed_of(entropy, ratio, replicate), **voice,
    )  # fmt: skip
    found = _changes(made.truth["count"], made.case.reports, scenario.models, observed=reports is None)
    return {
        "reports": reports, "ratio": ratio, "replicate": replicate, "p_jump": found.jump,
        "bayes_factor": found.bayes_factor, "error_days": _error(found, made.truth.index[scenario.changed], ratio),
    }  # fmt: skip


def _changes(count: pd.Series, reports: pd.DataFrame, models: str, *, observed: bool) -> Changes:
    if observed:
        return find_changes(count, models=models, draws=DRAWS)
    return reconstruct(reports, models=models, draws=DRAWS, executor=Alone).changes


def _error(found: Changes, date: pd.Timestamp, ratio: float) -> float:
    rows = found.summary()
    if ratio == 1 or not len(rows):
        return float("nan")
    return float(abs((rows["date"].iloc[int(rows["probability"].argmax())] - date).days))
