"""False alarms and power: how often a change is found where there is none, and where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.calibration.methods import FAST, KNOWS_EXACT, KNOWS_PAUSE, KNOWS_PHI, KNOWS_RATES, OURS, Alone
from escalation.calibration.oracle import jump_oracle, pause_oracle, step_oracle
from escalation.calibration.practice import ROUTINES, join_lines
from escalation.calibration.scores import Share
from escalation.calibration.voices import EXACT, FLOORED, START, Voice, report_days
from escalation.calibration.worlds import Truth, constant, halfway, window
from escalation.reconstruct.call import reconstruct

Ints = NDArray[np.int64]

#: Days of every series.
T = 120


@dataclass(frozen=True)
class Setting:
    """One row of the tables: a world, how it is told, and what an oracle may know of it.

    `rates` are those before and after a change halfway; `pause` is the rate around a pause of ten days.
    """

    world: str
    draw: Callable[[int, np.random.Generator], Truth]
    totals: int
    voice: Voice = EXACT
    phi: float = 0.0
    rates: tuple[float, float] | None = None
    pause: float | None = None


def _double(after: float, totals: int, voice: Voice = EXACT) -> Setting:
    return Setting(f"1 to {after:g} a day halfway", halfway(1.0, after), totals, voice, rates=(1.0, after))


#: Constant rates: whatever is found is a false alarm.
ALARMS = (
    Setting("constant rate", constant(1.2), 40),
    Setting("constant rate", constant(1.2), 12),
    Setting("constant rate", constant(1.2), 40, FLOORED),
    Setting("constant rate", constant(1.2, 1.0), 40, phi=1.0),
    Setting("constant rate", constant(1.2, 3.0), 40, phi=3.0),
)
#: Rates that change.
POWER = (
    _double(2.0, 40), _double(2.0, 12), _double(2.0, 40, FLOORED), _double(3.0, 40), _double(3.0, 12),
    Setting("ten-day pause in 1.5 a day", window(1.5, 0.0, 10), 40, pause=1.5),
)  # fmt: skip


def _ours(told: pd.DataFrame, models: str, truth: int | None) -> dict[str, Any]:
    """Ask the reconstruction for changes; errors are those of the most probable change."""
    changes = reconstruct(told, models=models, draws=1000, executor=Alone).changes
    rows = changes.summary()
    out: dict[str, Any] = {"jump": changes.jump, "constant": changes.constant, "changes": len(rows)}
    if truth is not None and len(rows):
        row = rows.iloc[int(rows["probability"].argmax())]
        date, low, high = ((row[name] - START).days for name in ("date", "lower", "upper"))
        out |= {"error": abs(date - truth), "covered": low <= truth <= high}
    return out


def _oracles(setting: Setting, total: Ints, day: Ints) -> dict[str, dict[str, Any]]:
    """Ask what could at best be known if every total were exact."""
    grown, edges = np.diff(total[day], prepend=0), np.concatenate([[0], day + 1])
    out: dict[str, dict[str, Any]] = {}
    for name, phi in ((KNOWS_PHI, setting.phi), (KNOWS_EXACT, None)):
        found = jump_oracle(grown, edges, T, phi, models="full")
        out[name] = {"jump": found.jump, "constant": found.constant}
    if setting.rates is not None:
        step = step_oracle(grown, edges, T, setting.rates, setting.phi)
        inside = step.lower <= T // 2 <= step.upper
        out[KNOWS_RATES] = {"jump": 1.0, "constant": 0.0, "error": abs(step.median - T // 2), "covered": inside}
    if setting.pause is not None:
        pause = pause_oracle(grown, edges, T, setting.pause).pause
        out[KNOWS_PAUSE] = {"jump": pause, "constant": 1.0 - pause}
    return out


def detect(job: tuple[Setting, tuple[int, ...], tuple[str, ...]]) -> list[dict[str, Any]]:
    """Simulate one series and ask every method; one row per method.

    A job is a setting, a seed, and for which of ``"fast"`` and ``"full"`` the reconstruction is run.
    """
    setting, seed, models = job
    rng = np.random.default_rng(seed)
    truth = setting.draw(T, rng)
    day = report_days(T, setting.totals, rng)
    told = setting.voice.tell(truth.total, day, rng)
    same = {
        "world": setting.world, "phi": setting.phi, "totals": setting.totals, "voice": setting.voice.name,
        "replicate": seed[-1],
    }  # fmt: skip
    where = T // 2 if setting.rates else None
    names = {"full": OURS, "fast": FAST}
    rows = [same | {"method": names[m]} | _ours(told, m, where) for m in models]
    daily = join_lines(day, told["count"], T)
    for name, routine in ROUTINES.items():
        found = routine(daily)
        row = {"jump": float(found.size > 0), "constant": float(found.size == 0), "changes": found.size}
        if where is not None and found.size:
            row["error"] = int(np.abs(found - where).min())
        rows.append(same | {"method": name} | row)
    if setting.rates is not None or setting.pause is not None:
        rows += [same | {"method": name} | found for name, found in _oracles(setting, truth.total, day).items()]
    return rows


def jobs(settings: Sequence[Setting], series: int, also_full: int, seed: int) -> list[Any]:
    """List the simulations, the first `also_full` of each setting with both kinds of average.

    The seed of each is made of its place, so that results do not depend on who runs it.
    """
    both, fast = ("full", "fast"), ("fast",)
    return [(s, (seed, i, r), both if r < also_full else fast) for i, s in enumerate(settings) for r in range(series)]


KEYS = ["world", "phi", "totals", "voice", "method"]


def _share(hits: pd.Series) -> tuple[float, float]:
    share = Share(int(hits.sum()), len(hits))
    return share.value, share.se


def alarm_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of series with a change, per setting and method: P(at least one jump) above .5, and above .9."""
    out = []
    for key, part in rows.groupby(KEYS, sort=False):
        ours = part["method"].iloc[0] in (OURS, FAST)
        found, strong = _share(part["jump"] > 0.5), _share(part["jump"] > 0.9) if ours else (np.nan, np.nan)
        out.append((*key, len(part), *found, *strong, part["changes"].mean()))
    return pd.DataFrame(out, columns=[*KEYS, "series", "any_change", "any_change_se", "strong", "strong_se", "changes"])


def power_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of series in which the rate is said to have changed, and to have jumped; where, over those that jumped.

    The oracle that knows the rates is scored on the series in which the reconstruction finds a jump.
    """
    ours = OURS if (rows["method"] == OURS).any() else FAST
    where = rows[(rows["method"] == ours) & (rows["jump"] > 0.5)].set_index([*KEYS[:-1], "replicate"]).index
    out = []
    for key, part in rows.groupby(KEYS, sort=False):
        sane = part[part["jump"] > 0.5]
        if part["method"].iloc[0] == KNOWS_RATES:
            sane = part[part.set_index([*KEYS[:-1], "replicate"]).index.isin(where)]
        held = sane["covered"].dropna().astype(bool)
        covered = _share(held) if len(held) else (np.nan, np.nan)
        knows = part["method"].iloc[0] == KNOWS_RATES
        changed = (np.nan, np.nan) if knows else _share(part["constant"] < 0.5)
        jump = (np.nan, np.nan) if knows else _share(part["jump"] > 0.5)
        out.append((*key, len(part), *changed, *jump, sane["error"].median(), *covered))
    names = ["series", "changed", "changed_se", "jump", "jump_se", "error_days", "covered", "covered_se"]
    return pd.DataFrame(out, columns=[*KEYS, *names])
