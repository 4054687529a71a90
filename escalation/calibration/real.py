"""Real counts hidden behind irregular totals, and how well each method finds them again.

A series is told by a voice (`voices`) as a few totals; its daily counts are then reconstructed by the posterior and by
three curves. A curve says nothing of its uncertainty: between two totals that it uses, the events it must place are
spread over the days as independent draws with probabilities in proportion to the curve. Straight lines spread them
evenly; this is what a reader of the totals who believes them would do.

Scores are of the 7-step mean count (full windows, those between two reported days left out) and of the total at the end
of each day without a report. Errors of the former are in units of the mean daily count, of the latter in units of
the final total. Real data have no true rate, so none is scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from escalation.calibration.hiding import DRAWS, PROB, WINDOW, clumping, score, spread
from escalation.calibration.methods import Alone
from escalation.calibration.scores import clustered_mean, paired_se
from escalation.calibration.series import RealSeries
from escalation.calibration.voices import EXACT, LAGGED, ROUNDED, START, Voice, report_days
from escalation.lattice.prior import Prior
from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.interpolate import INTERPOLATORS, points

__all__ = ["Job", "hide_and_score", "jobs", "real_frames"]

#: Columns of scores.
SCORES = ["crps_rate", "cover_rate", "crps_total", "cover_total", "cover_band"]


@dataclass(frozen=True)
class Job:
    """One series told once.

    `counts` are the events of each day, `reports` is the number of totals, `key` is the seed, `models` as in
    `reconstruct`.
    """

    series: str
    counts: tuple[int, ...]
    voice: Voice
    reports: int
    replicate: int
    key: tuple[int, ...]
    models: str = "full"


def jobs(
    series: Sequence[RealSeries],
    voices: Sequence[Voice] = (EXACT, ROUNDED, LAGGED),
    reports: Sequence[int] = (8, 16, 32),
    replicates: int = 2,
    models: str = "full",
    seed: int = 0,
) -> list[Job]:
    """List every series in every voice with every number of reports, each several times.

    The seed of a job is made of `seed`, the places of the series and the voice, the number of reports and the
    replicate: what a job finds does not depend on the order of jobs, nor on which others there are.

    Parameters
    ----------
    series : sequence of RealSeries
        Each longer than a window and than the number of reports.
    voices : sequence of Voice
    reports : sequence of int
        Numbers of totals, at least 2.
    replicates : int
    models : str
        As in `reconstruct`.
    seed : int

    Returns
    -------
    list of Job

    Raises
    ------
    ValueError
        If a number is out of range or a series is too short or empty; all problems are listed.
    """
    bad = [f"{n} reports; at least 2 are needed" for n in reports if n < 2]
    bad += [f"{name} is {n}; at least {least} is needed" for name, n, least in
            (("replicates", replicates, 1), ("seed", seed, 0)) if n < least]  # fmt: skip
    least = max([WINDOW, *reports]) + 1
    for one in series:
        if len(one.counts) < least or not one.counts.sum():
            has = f"{int(one.counts.sum())} events in {len(one.counts)} steps"
            bad.append(f"series {one.name!r} has {has}; events and at least {least} steps are needed")
    if bad:
        raise ValueError("; ".join(bad))
    return [
        Job(one.name, tuple(int(y) for y in one.counts), voice, n, r, (seed, i, j, n, r), models)
        for i, one in enumerate(series) for j, voice in enumerate(voices) for n in reports for r in range(replicates)
    ]  # fmt: skip


def hide_and_score(job: Job) -> list[dict[str, Any]]:
    """Hide the counts of a job behind totals, find them again by each method, and score what is found.

    Where the smooth curve does not converge, straight lines stand in for it and `fallback` is 1.

    Returns
    -------
    list of dict
        One row per method: series, clumping, voice, reports, replicate, method, the scores of `score`, `cover_band`
        (coverage of the total by ``rec.cumulative``; NaN for curves, which have no band) and `fallback`.

    Examples
    --------
    >>> made = RealSeries("made", "day", "none", "none", "all", pd.Series([1, 2, 0, 3] * 10))
    >>> rows = hide_and_score(jobs([made], reports=(8,), replicates=1, models="fast")[0])
    >>> [row["method"] for row in rows]
    ['joint', 'linear', 'pchip', 'pclm']
    """
    counts = np.array(job.counts, dtype=np.int64)
    tells, draws, curves = np.random.default_rng(job.key).spawn(3)
    day = report_days(counts.size, job.reports, tells)
    told = job.voice.tell(np.cumsum(counts), day, tells)
    same = {
        "series": job.series, "clumping": clumping(job.counts), "voice": job.voice.name, "reports": job.reports,
        "replicate": job.replicate,
    }  # fmt: skip
    end = START + pd.Timedelta(days=counts.size - 1)
    rec = reconstruct(told, models=job.models, prob=PROB, draws=1, end=end, executor=Alone)
    silent = np.setdiff1d(np.arange(counts.size), day)
    band, total = rec.cumulative.iloc[silent], np.cumsum(counts)[silent]
    inside = float(((band["lower"] <= total) & (total <= band["upper"])).mean())
    found = score(rec.draw(DRAWS, draws), counts, day)
    rows = [same | {"method": "joint"} | found | {"cover_band": inside, "fallback": 0}]
    days, totals, _, _ = points(day, told["count"], told["bound"] == "exact")
    for method, curve in INTERPOLATORS.items():
        fallback = 0
        try:
            daily = curve(days, totals, counts.size, 0.0)[1]
        except RuntimeError:
            daily, fallback = INTERPOLATORS["linear"](days, totals, counts.size, 0.0)[1], 1
        found = score(spread(daily, days, totals, DRAWS, curves), counts, day)
        rows.append(same | {"method": method} | found | {"cover_band": np.nan, "fallback": fallback})
    return rows


def real_frames(rows: Iterable[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average the rows of `hide_and_score` by cell, and over series.

    Series weigh the same, whatever their length, and are the clusters of the standard errors; within a series all
    numbers of reports and replicates are averaged. The best baseline is the curve with the smallest mean `crps_rate`
    in a voice, chosen in hindsight: to be no worse than it is asking more than to be no worse than any one curve.
    A series is within the prior if its `clumping` is at most that of the most clumped model; fewer than two such series
    are not summarised.

    Parameters
    ----------
    rows : iterable of dict
        All rows of all jobs, in any order; at least two series.

    Returns
    -------
    real : DataFrame
        series, clumping, voice, reports, method, replicates, the scores and `fallbacks`, how many of the replicates had
        straight lines in place of a curve that did not converge.
    real_summary : DataFrame
        which (``"all"`` or ``"within prior"``), voice, method, n_series, each score with its `_se`, `best` (the best
        baseline), `ratio_to_best_baseline` of the mean `crps_rate` with `ratio_se` by the delta method, and
        `paired_difference` of `crps_rate` from it with `paired_se`.

    Raises
    ------
    ValueError
        If there are fewer than two series, or a method lacks a series.
    """
    cell = ["series", "clumping", "voice", "reports", "method"]
    frame = pd.DataFrame(list(rows))
    if frame.empty:
        raise ValueError("real_frames: no rows; the rows of hide_and_score for at least two series are needed.")
    by = frame.groupby(cell, sort=False)
    real = by[SCORES].mean().assign(replicates=by.size(), fallbacks=by["fallback"].sum()).reset_index()
    real = real[[*cell, "replicates", *SCORES, "fallbacks"]]
    within = real[real["clumping"] <= 1.0 + max(Prior().phi)]
    parts = [_voice(part, "all") for _, part in real.groupby("voice", sort=False)]
    if len(within["series"].unique()) > 1:
        parts += [_voice(part, "within prior") for _, part in within.groupby("voice", sort=False)]
    return real, pd.concat(parts, ignore_index=True)


def _voice(real: pd.DataFrame, which: str) -> pd.DataFrame:
    """Summarise one voice: one row per method."""
    wide = {name: real.pivot_table(name, "series", "method", sort=False, dropna=False) for name in SCORES}
    rate = wide["crps_rate"]
    best = str(rate[list(INTERPOLATORS)].mean().idxmin())
    rows = []
    for method in rate.columns:
        row = {"which": which, "voice": real["voice"].iloc[0], "method": method, "n_series": len(rate)}
        for name, table in wide.items():
            found = clustered_mean(list(table[method])) if table[method].notna().any() else None
            row |= {name: found.value if found else np.nan, f"{name}_se": found.se if found else np.nan}
        ratio = rate[method].mean() / rate[best].mean()
        rows.append(
            row | {
                "best": best, "ratio_to_best_baseline": ratio,
                "ratio_se": paired_se(rate[method], ratio * rate[best]) / rate[best].mean(),
                "paired_difference": (rate[method] - rate[best]).mean(),
                "paired_se": paired_se(rate[method], rate[best]),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
