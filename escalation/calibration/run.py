"""The whole study: simulations in parallel, tables, report. Results do not depend on the number of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from escalation.calibration import detection, misfit, real, sbc
from escalation.calibration.report import CalibrationReport, Settings, write_report
from escalation.calibration.scores import clustered_mean
from escalation.calibration.series import load_all
from escalation.calibration.uniform import ecdf, ecdf_band, uniformity

Frames = dict[str, pd.DataFrame]
Run = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]

SEED = 20231017
#: Joint level of the band that an ECDF of ranks must stay in, and the points at which it is looked at.
LEVEL, POINTS = 0.99, np.linspace(0.01, 0.99, 99)


@dataclass(frozen=True)
class Sizes:
    """Numbers of replicates.

    Parameters
    ----------
    sbc
        Series drawn from the prior.
    detection, detection_full
        Series per setting of false alarms and power with ``models="fast"``; the first so many also with ``"full"``.
    worlds
        Series per world and voice.
    real
        Times that each real series is hidden, per voice and number of reports.

    Raises
    ------
    ValueError
        If a number is too small for its table; all are listed.
    """

    sbc: int
    detection: int
    detection_full: int
    worlds: int
    real: int

    def __post_init__(self) -> None:
        least = {"sbc": 100, "detection": 1, "detection_full": 0, "worlds": 2, "real": 1}
        bad = [f"{name} is {getattr(self, name)}, at least {n} is needed" for name, n in least.items()
               if getattr(self, name) < n]  # fmt: skip
        if bad:
            raise ValueError(f"Sizes: {'; '.join(bad)}")


#: About an hour on two cores; the full one has about four times as many.
USUAL, FULL = Sizes(1000, 120, 120, 40, 1), Sizes(4000, 500, 500, 100, 5)


def ranks(run: Run, sizes: Sizes, seed: int) -> Frames:
    """Rank true quantities among draws, and measure coverage under the model."""
    found = run(sbc.replicate, [((seed, r), "full") for r in range(sizes.sbc)])
    every = pd.DataFrame([row for rows, _ in found for row in rows])
    table = []
    for name, part in every.groupby("quantity", sort=False):
        rank, of = part["rank"].to_numpy(), int(part["of"].iloc[0])
        place = (rank + 0.5) / (of + 1)
        low, high = ecdf_band(len(rank), POINTS, LEVEL)
        at = ecdf(place, POINTS)
        inside = bool(((low <= at) & (at <= high)).all())
        p = float(stats.kstest(place, "uniform").pvalue)
        table.append((name, len(rank), uniformity(rank, of + 1, 20), p, inside))
    shares = pd.DataFrame([cover for _, cover in found]).drop(columns="replicate")
    means = {name: clustered_mean([[x] for x in shares[name]]) for name in shares}
    cover = [(name, 0.9, mean.value, mean.se, len(shares)) for name, mean in means.items()]
    return {
        "sbc_ranks": every,
        "sbc": pd.DataFrame(table, columns=["quantity", "replicates", "chi_square_p", "ecdf_p", "inside_band"]),
        "model_coverage": pd.DataFrame(cover, columns=["quantity", "nominal", "value", "se", "replicates"]),
    }


def changes(run: Run, sizes: Sizes, seed: int) -> Frames:
    """Simulate false alarms and power."""
    out = {}
    for name, settings, table in (
        ("alarms", detection.ALARMS, detection.alarm_table), ("power", detection.POWER, detection.power_table),
    ):  # fmt: skip
        jobs = detection.jobs(settings, sizes.detection, sizes.detection_full, seed + (name == "power"))
        out[name] = table(pd.DataFrame([row for rows in run(detection.detect, jobs) for row in rows]))
    return out


def worlds(run: Run, sizes: Sizes, seed: int) -> Frames:
    """Simulate worlds that the prior does not contain."""
    return {"worlds": misfit.coverage_table(pd.DataFrame(run(misfit.cover, misfit.jobs(sizes.worlds, "fast", seed))))}


def series(run: Run, sizes: Sizes, seed: int) -> Frames:
    """Hide real series behind totals."""
    found = run(real.hide_and_score, real.jobs(load_all(), replicates=sizes.real, models="fast", seed=seed))
    table, summary = real.real_frames(row for rows in found for row in rows)
    return {"real": table, "real_summary": summary}


#: Parts of the study by name.
PARTS: dict[str, Callable[[Run, Sizes, int], Frames]] = {
    "real": series, "ranks": ranks, "worlds": worlds, "changes": changes,
}  # fmt: skip


@contextmanager
def _runner(workers: int, tell: Callable[[str], None]) -> Iterator[Run]:
    """Yield what runs a function over jobs in several processes, in order, and tells how far it is."""
    with ProcessPoolExecutor(workers) as pool:

        def run(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
            out: list[Any] = []
            for found in pool.map(function, jobs, chunksize=4):
                out.append(found)
                if len(out) % max(len(jobs) // 10, 1) == 0:
                    tell(f"{function.__module__.rsplit('.', 1)[-1]}: {len(out)} of {len(jobs)}")
            return out

        yield run


def calibrate(
    folder: str | os.PathLike[str],
    *,
    full: bool = False,
    parts: Sequence[str] = tuple(PARTS),
    sizes: Sizes | None = None,
    seed: int = SEED,
    workers: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> CalibrationReport:
    """Run the calibration study and write its report.

    Parameters
    ----------
    folder
        Where the report is written.
    full
        Whether to use the larger number of replicates.
    parts
        Some of ``real``, ``ranks``, ``worlds``, ``changes``; what is left out is reported as not measured.
    sizes
        Numbers of replicates, in place of the usual ones.
    seed
        Seed of all random numbers; each simulation's is made of it and its place.
    workers
        Processes; None takes one per core.
    progress
        Called with a line now and then.

    Returns
    -------
    CalibrationReport

    Raises
    ------
    ImportError
        If the packages of the extra ``calibration`` are needed and missing.
    ValueError
        If a part is unknown.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise ValueError(f"unknown parts {', '.join(unknown)}; known are {', '.join(PARTS)}")
    frames: Frames = {}
    tell = progress or (lambda _: None)
    with _runner(workers or os.cpu_count() or 1, tell) as run:
        for i, part in enumerate(PARTS):
            if part in parts:
                frames |= PARTS[part](run, sizes or (FULL if full else USUAL), seed + 100 * i)
    return write_report(frames, folder, Settings(seed=seed, full=full))
