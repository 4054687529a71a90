"""What a worker does: a chunk of series in, one row per series out. Plain functions of plain arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from escalation.changes.find import find_changes
from escalation.changes.result import Changes
from escalation.reconstruct.call import reconstruct
from escalation.study.panel.row import Row, label, row_of

__all__ = ["Job", "run_chunk"]

#: Characters kept of the reason why a series failed.
LONGEST = 500


@dataclass(frozen=True)
class Job:
    """One series to be worked out.

    Parameters
    ----------
    number, series
        Its place in the data, from 0, and its name.
    kind
        ``"reports"`` or ``"counts"``; empty if it could not be read.
    payload
        The frame of reports, or the daily counts.
    digest
        Of the input.
    error
        Why it could not be read; empty if it could.
    options
        Which reports are read (counter, unit, …).
    seed
        Its own stream of random numbers.
    settings
        ``models``, ``prob`` and ``draws`` of the panel.
    """

    number: int
    series: str
    kind: str
    payload: Any
    digest: str
    error: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: np.random.SeedSequence | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class InPlace:
    """An executor that runs everything in the thread that asks: a worker is one of many already."""

    @staticmethod
    def map(call: Callable[..., Any], *given: Iterable[Any]) -> Iterable[Any]:
        """Map as the built-in does."""
        return map(call, *given)


def run_chunk(jobs: Sequence[Job]) -> list[Row]:
    """Work out some series, in order; one that fails is a row with its reason."""
    return [_run(job) for job in jobs]


def _run(job: Job) -> Row:
    """Work out one series."""
    known = {"number": job.number, "series": job.series, "kind": job.kind, "input": job.digest}
    if job.error:
        return row_of({**known, "error": _short(job.error)})
    try:
        found = _reports(job) if job.kind == "reports" else _counts(job)
        return row_of({**known, **found})
    except Exception as error:  # whatever it is, it must not sink the other series
        named = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        return row_of({**known, "error": _short(named) or type(error).__name__})


def _short(text: str) -> str:
    """Put a reason on one line and cut it."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _reports(job: Job) -> dict[str, Any]:
    """Reconstruct a series of totals."""
    rec = reconstruct(job.payload, **job.options, **job.settings, rng=job.seed, executor=InPlace())
    end = rec.cumulative.iloc[-1]
    return {
        "given": len(rec.reports), "used": rec.reports["used"].sum(),
        "total": end["median"], "total_lower": end["lower"], "total_upper": end["upper"],
        **_answers(rec.changes),
    }  # fmt: skip


def _counts(job: Job) -> dict[str, Any]:
    """Find the changes of a series of observed counts, whose total on the observed days is certain."""
    changes = find_changes(job.payload, **job.settings, rng=job.seed)
    seen = changes.counts
    total, days = (seen.total, int(seen.seen.sum())) if seen is not None else (None, None)
    return {
        "given": days, "used": days, "total": total, "total_lower": total, "total_upper": total,
        **_answers(changes),
    }  # fmt: skip


def _answers(changes: Changes) -> dict[str, Any]:
    """Say whether the rate changed, and where most probably."""
    return {
        "days": len(changes.dates), "first": label(changes.dates[0]), "last": label(changes.dates[-1]),
        "mean_rate": changes.rate["mean"].to_numpy().mean(),
        "p_constant": changes.constant, "p_drift": changes.drift_only, "p_jump": changes.jump,
        "prior_odds": changes.prior_odds, "bayes_factor": changes.bayes_factor, "verdict": changes.verdict,
        "n_changes": int(changes.n_changes.to_numpy().argmax()), "e_value": changes.bayes_factor, **_place(changes),
    }  # fmt: skip


def _place(changes: Changes) -> dict[str, Any]:
    """Describe the most probable change, or the most probable window where no change is probable."""
    # `summary` is empty if P(no jump) is one half or more; asking it costs more than knowing that.
    found, at = (changes.summary() if changes.no_change < 0.5 else pd.DataFrame()), 0
    if len(found):
        at = int(found["probability"].to_numpy().argmax())
        where = {"change_is": "date", "change": label(found["date"].iloc[at])}
        ends = ("lower", "upper")
    elif len(found := changes.candidates(1)):
        where, ends = {"change_is": "window"}, ("start", "end")
    else:
        return {}
    # Column by column: a row of the frame would turn whole labels into floats.
    lower, upper = (label(found[name].iloc[at]) for name in ends)
    ratios = {name: float(found[name].iloc[at]) for name in ("ratio", "ratio_lower", "ratio_upper")}
    chance = float(found["probability"].iloc[at])
    return {**where, "change_lower": lower, "change_upper": upper, "change_probability": chance, **ratios}
