"""Coverage in worlds that the prior does not contain, told in voices that the reading is not told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from escalation.calibration.methods import Alone
from escalation.calibration.scores import clustered_mean
from escalation.calibration.voices import VOICES, Voice, report_days
from escalation.calibration.worlds import WORLDS, World
from escalation.reconstruct.call import reconstruct

#: Days and totals of every series.
T, TOTALS = 120, 40

Job = tuple[World, Voice, tuple[int, ...], str]


def cover(job: Job) -> dict[str, Any]:
    """Simulate one series; share of days on which the 90 % intervals hold the truth.

    Returns
    -------
    dict
        `rate`: over all days. `total`: over days without a report. `width`: mean log of upper over lower rate.
    """
    world, voice, seed, models = job
    rng = np.random.default_rng(seed)
    truth = world.draw(T, rng)
    day = report_days(T, TOTALS, rng)
    rec = reconstruct(voice.tell(truth.total, day, rng), models=models, prob=0.9, draws=1, executor=Alone)
    rate, total = rec.rate, rec.cumulative
    silent = np.setdiff1d(np.arange(T), day)
    held = ((total["lower"] <= truth.total) & (truth.total <= total["upper"])).to_numpy()
    return {
        "world": world.name, "voice": voice.name, "replicate": seed[-1],
        "rate": float(((rate["lower"] <= truth.rate) & (truth.rate <= rate["upper"])).mean()),
        "total": float(held[silent].mean()),
        "width": float(np.log(rate["upper"] / rate["lower"]).mean()),
        "jump": rec.changes.jump, "constant": rec.changes.constant,
    }  # fmt: skip


def jobs(
    series: int, models: str, seed: int, worlds: Sequence[World] = WORLDS, voices: Sequence[Voice] = VOICES
) -> list[Job]:
    """List the simulations; the seed of each is its place, so that results do not depend on who runs it."""
    return [
        (world, voice, (seed, i, j, r), models)
        for i, world in enumerate(worlds) for j, voice in enumerate(voices) for r in range(series)
    ]  # fmt: skip


def coverage_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean coverage per world and voice; standard errors between series, whose days are not independent."""
    out = []
    for (world, voice), part in rows.groupby(["world", "voice"], sort=False):
        rate, total = (clustered_mean([[x] for x in part[name]]) for name in ("rate", "total"))
        out.append((world, voice, len(part), rate.value, rate.se, total.value, total.se, part["width"].mean()))
    return pd.DataFrame(out, columns=["world", "voice", "series", "rate", "rate_se", "total", "total_se", "width"])
