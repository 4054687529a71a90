"""The one call: `power`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from escalation.study.nearest import near
from escalation.study.power.cells import Job, Scenario, detect
from escalation.study.power.powerresult import RULES, Power, tabulate
from escalation.study.simulate.checks import is_number, read_seed
from escalation.study.simulate.outlets import NAMES, Voice

__all__ = ["power"]

SEED = 20231017
#: How totals may be said to be told; see `simulate`.
VOICE = ("outlets", "hedged", "lag", "approx", "stale", "wrong", "revised", "copies", "phi")
#: Largest total that a reconstruction is asked for, on average.
LARGEST = 2_500


def power(
    *,
    reports: int | Sequence[int] | None = (10, 20, 40),
    ratios: float | Sequence[float] = (0.25, 0.5, 2.0, 3.0),
    days: int = 120,
    rate: float = 1.5,
    changed: int | None = None,
    n: int = 40,
    models: str = "fast",
    decide: str = "p_jump",
    observed: bool = True,
    prob: float = 0.95,
    rng: Any = None,
    executor: Any = None,
    progress: Callable[[str], None] | None = None,
    **voice: Any,
) -> Power:
    """Find out by simulation what change of a rate so many reports could show.

    Parameters
    ----------
    reports
        One or more numbers of reports that copy no other. None: only the row in which every day is observed.
    ratios
        One or more rates after the change over the rate before it, above 0. Ratio 1, the false alarms, is always added.
    days, rate
        Length in days, and incidents per day before the change.
    changed
        First day of the new rate, counted from 0; None is the middle.
    n
        Simulated series per number of reports and ratio.
    models
        As for `reconstruct` and `find_changes`.
    decide
        When a change is called found: ``"p_jump"``, P(at least one jump) above .5, or ``"bayes_factor"``, a Bayes
        factor of at least 3 for a change, jump or drift.
    observed
        Whether to add a row in which every day's count is known, as the ceiling.
    prob
        Mass of the intervals of shares.
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.
    executor
        Anything with `.map`; None runs one series after the other. Results do not depend on it.
    progress
        Called with a line of text now and then.
    **voice
        How totals are told, as for `simulate`: ``outlets, hedged, lag, approx, stale, wrong, revised, copies``, and
        ``phi``, the clumping.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If anything is out of range; all problems are listed.
    TypeError
        If `executor` has no `.map`, or `progress` cannot be called.

    Notes
    -----
    All numbers of reports look at the same simulated incidents, so that differences between them are less noisy than
    the intervals say. Intervals are those of Clopper and Pearson (1934), *Biometrika* 26, 404-413. They hold the error
    of the simulation alone: real reports may be told in other ways.

    ``"p_jump"`` asks for a jump rather than a drift, and so for more than ``"bayes_factor"``, to which any change will
    do. With every day observed, 120 days, 1.5 a day, and the rate at 1.6 and 2 times halfway, the first found a
    change in 25 and 69 of 80 series, the second in 40 and 79; without a change both in none of 80.

    Examples
    --------
    >>> found = power(reports=None, ratios=[4.0], days=40, rate=2.0, n=3)
    >>> found.table[["ratio", "n", "found"]].to_numpy().tolist()
    [[1.0, 3.0, 0.0], [4.0, 3.0, 3.0]]
    """
    numbers = [] if reports is None else _listed(reports)
    tried = _listed(ratios)
    middle = days // 2 if changed is None and isinstance(days, (int, np.integer)) else changed
    _check(numbers, tried, days, rate, middle, n, models, decide, observed, prob, rng, voice)
    if executor is not None and not hasattr(executor, "map"):
        raise TypeError(f"executor must have a .map, got {type(executor).__name__}")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be a function of a line of text, such as print; got {progress!r}")
    scenario = Scenario(int(days), float(rate), int(middle or 0), models, voice)
    every: list[int | None] = [int(one) for one in dict.fromkeys(sorted(numbers))]
    every += [None] * (observed or not every)
    tried = sorted({1.0, *map(float, tried)})
    entropy = int(np.random.default_rng(SEED if rng is None else rng).integers(2**62))
    jobs: list[Job] = [(scenario, m, ratio, i, entropy) for m in every for ratio in tried for i in range(n)]
    rows = list(_told((map if executor is None else executor.map)(detect, jobs), len(jobs), progress))
    runs = pd.DataFrame(rows).astype({"reports": "Int64"})
    said = {"days": int(days), "rate": float(rate), "changed": scenario.changed, "models": models, "voice": voice}
    return Power(tabulate(runs, decide, prob), runs, decide, prob, said)


def _told(found: Iterable[Any], jobs: int, progress: Callable[[str], None] | None) -> Iterator[Any]:
    """Pass results on, and tell about fifty times how far they are."""
    for i, one in enumerate(found, start=1):
        yield one
        if progress is not None and (i % max(jobs // 50, 1) == 0 or i == jobs):
            progress(f"power: {i} of {jobs} simulated series")


def _listed(given: Any) -> list[Any]:
    """Return what was given as a list; one number or word is a list of one."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, (str, Mapping)) else [given]


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)


def _real(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(0 < value < np.inf)


def _check(
    reports: list[Any], ratios: list[Any], days: Any, rate: Any, changed: Any, n: Any, models: Any, decide: Any,
    observed: Any, prob: Any, rng: Any, voice: dict[str, Any],
) -> None:  # fmt: skip
    """Refuse options out of range, all at once."""
    bad: list[str] = []
    if not all(_whole(one, 1) for one in reports):
        bad.append(f"reports must be whole numbers of at least 1, or None; got {_one(reports)}")
    if not ratios or not all(map(_real, ratios)):
        bad.append(f"ratios must be numbers above 0, got {_one(ratios)}")
    if not _whole(days, 4):
        bad.append(f"days must be a whole number of at least 4, got {days!r}")
    elif not _whole(changed, 1) or changed >= days:
        bad.append(f"changed must be a day from 1 to {days - 1}, counted from 0; got {changed!r}")
    if not _real(rate):
        bad.append(f"rate must be a number above 0, got {rate!r}")
    if not _whole(n, 1):
        bad.append(f"n must be a whole number of at least 1, got {n!r}")
    if not isinstance(models, str) or models not in ("full", "jumps", "fast"):
        bad.append(f"models must be full, jumps or fast; got {models!r}")
    if not isinstance(decide, str) or decide not in RULES:
        bad.append(f"decide must be one of {', '.join(RULES)}; got {decide!r}")
    if not _real(prob) or prob >= 1:
        bad.append(f"prob must lie between 0 and 1, got {prob!r}")
    if not isinstance(observed, (bool, np.bool_)):
        bad.append(f"observed must be True or False, got {observed!r}")
    read_seed(rng, bad)
    bad += _voice_problems(voice)
    if not bad and reports:
        mean = rate * (changed + (days - changed) * max(1.0, *ratios))
        if mean > LARGEST:
            bad.append(
                f"the largest ratio makes about {mean:.0f} incidents, and totals up to {LARGEST} are reconstructed: "
                "give a lower rate, fewer days, or reports=None"
            )
    if bad:
        raise ValueError("power: " + "; ".join(bad))


def _one(given: list[Any]) -> str:
    """Write a list, or what alone is in it."""
    return repr(given[0] if len(given) == 1 else given)


def _voice_problems(voice: dict[str, Any]) -> list[str]:
    """List what is wrong with how totals are to be told, before any series is simulated."""
    every = [name for name in signature(power).parameters if name != "voice"] + list(VOICE)
    bad = Voice(reports=1, **{name: value for name, value in voice.items() if name in NAMES}).problems()
    phi = voice.get("phi", 0.0)
    if not is_number(phi) or phi < 0:
        bad.append(f"phi must be a number of at least 0, got {phi!r}")
    unknown = [f"{name}{near(name, every)}" for name in voice if name not in VOICE]
    if unknown:
        bad.append(f"unknown options {', '.join(unknown)}; how totals are told is set by {', '.join(VOICE)}")
    return bad
