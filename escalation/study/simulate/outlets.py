"""How the totals of one series are told: irregular days, lags, hedges, stale and wrong numbers, copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Voice", "report_days", "tell"]

Ints = NDArray[np.int64]
Rng = np.random.Generator

#: Days by which a stale total is old, fewest and most, and the factors of a wrong one.
STALE, WRONG = (3, 24), (0.5, 1.8)
#: Further days by which a total may lag where its date is approximate, and by which a copy is published later.
LOOSE, LATER = 2, 2
#: Roundness of a hedged number below 50, 200, 1,000, and above.
STEPS, GRAINS = (50, 200, 1000), (5, 10, 50, 100)
_SHARES = ("hedged", "approx", "stale", "wrong", "revised")


@dataclass(frozen=True)
class Voice:
    """By whom and how totals are told.

    Parameters
    ----------
    reports
        Reports that copy no other.
    outlets
        Outlets that carry them.
    hedged, approx, stale, wrong, revised
        Shares of these reports, 0 to 1; see `simulate`.
    lag
        Most days by which a total lags.
    copies
        Copies per report, on average; at most one by each other outlet.
    """

    reports: int
    outlets: int = 12
    hedged: float = 0.3
    lag: int = 1
    approx: float = 0.2
    stale: float = 0.1
    wrong: float = 0.05
    copies: float = 0.5
    revised: float = 0.0

    def problems(self) -> list[str]:
        """List the values out of range."""
        bad = []
        for name, least in (("reports", 1), ("outlets", 1), ("lag", 0)):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
                bad.append(f"{name} must be a whole number of at least {least}, got {value!r}")
        shares = {name: getattr(self, name) for name in _SHARES}
        wrong = [name for name, value in shares.items() if not _number(value) or not 0 <= value <= 1]
        bad += [f"{name} must be a share between 0 and 1, got {shares[name]!r}" for name in wrong]
        if not wrong and self.stale + self.wrong + self.revised > 1:
            bad.append(f"stale, wrong and revised must not add up to more than 1, got {self.stale}, {self.wrong}, "
                       f"{self.revised}")  # fmt: skip
        if not _number(self.copies) or not 0 <= self.copies < np.inf:
            bad.append(f"copies must be a number of at least 0, got {self.copies!r}")
        elif _number(self.outlets) and self.copies > self.outlets - 1:
            bad.append(
                f"{self.copies:g} copies per report need at least {int(np.ceil(self.copies)) + 1} outlets, got "
                f"{self.outlets}: an outlet copies a report once, and does not copy itself"
            )
        return bad


#: Names that may be given to a voice.
NAMES = tuple(field.name for field in fields(Voice))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and not np.isnan(value)


def report_days(days: int, reports: int, rng: Rng) -> Ints:
    """Draw the days of reports, sorted: the last day always, the others anywhere before; each once if they fit.

    Examples
    --------
    >>> report_days(5, 5, np.random.default_rng(1)).tolist()
    [0, 1, 2, 3, 4]
    >>> report_days(50, 3, np.random.default_rng(1)).tolist()[-1]
    49
    """
    rounds, rest = divmod(reports - 1, days)
    others = rng.choice(days - 1, rest, replace=False)
    return np.sort(np.concatenate([np.repeat(np.arange(days), rounds), others, [days - 1]])).astype(np.int64)


def tell(total: Ints, voice: Voice, stream: Callable[[str], Rng]) -> pd.DataFrame:
    """Tell the totals of one series.

    Parameters
    ----------
    total : ndarray of int, shape (T,)
        True total by the end of each day.
    voice : Voice
        How it is told.
    stream : callable
        Gives the generator of a name. Days, errors, hedges and outlets have one each.

    Returns
    -------
    DataFrame
        One row per page, copies after what they copy: ``day, meant`` (the day the number is true of) and
        ``published``, as places from 0; ``kind`` (fresh, stale, wrong, revised), ``approx, true`` (total on `meant`),
        ``count, bound, outlet``, and ``copy_of``, the row copied, -1 for none.

    Examples
    --------
    >>> exact = Voice(reports=3, hedged=0, lag=0, approx=0, stale=0, wrong=0, copies=0)
    >>> told = tell(np.arange(30), exact, lambda name: np.random.default_rng(len(name)))
    >>> bool((told["count"] == told["day"]).all())
    True
    """
    day = report_days(total.size, voice.reports, stream("days"))
    told = _errors(total, day, voice, stream("errors"))
    told["count"], told["bound"] = _hedge(told.pop("said").to_numpy(), voice.hedged, stream("hedges"))
    told["published"] = day + 1 + stream("published").integers(0, voice.lag + 1, day.size)
    return _copied(told, voice, stream("outlets"))


def _errors(total: Ints, day: Ints, voice: Voice, rng: Rng) -> pd.DataFrame:
    """Decide which day a number is true of, and which number the speaker has in mind."""
    u, late, age, factor = rng.random((4, day.size))
    more, approx = rng.integers(1, 4, day.size), rng.random(day.size) < voice.approx
    cuts = np.cumsum([voice.stale, voice.wrong, voice.revised])
    kind = np.array(["stale", "wrong", "revised", "fresh"], dtype=object)[np.searchsorted(cuts, u, side="right")]
    old = day - np.floor(STALE[0] + age * (STALE[1] - STALE[0] + 1)).astype(np.int64)
    kind[(kind == "stale") & ((old < 0) | (total[np.maximum(old, 0)] == 0))] = "fresh"  # nothing older to repeat
    lag = np.floor(late * (voice.lag + 1 + LOOSE * approx)).astype(np.int64)
    meant = np.where(kind == "stale", old, np.maximum(day - lag, 0))
    true = total[meant].astype(np.int64)
    off = np.rint(true * (WRONG[0] + factor * (WRONG[1] - WRONG[0]))).astype(np.int64)
    off += off == true
    said = np.select([kind == "wrong", kind == "revised"], [off, true + more], true)
    return pd.DataFrame({"day": day, "meant": meant, "kind": kind, "approx": approx, "true": true, "said": said})


def _hedge(said: Ints, share: float, rng: Rng) -> tuple[Ints, NDArray[np.object_]]:
    """Turn some numbers into "more than" a round one below or "at least" themselves or a round one."""
    u, which = rng.random((2, said.size))
    hedged = (u < share) & (said > 0)
    grain = np.array(GRAINS)[np.searchsorted(STEPS, said, side="right")]
    more = (said - 1) // grain * grain
    least = np.where(which < 0.75, said // grain * grain, said)
    over = hedged & (which < 0.5) & (more > 0)
    bound = np.where(over, "more_than", np.where(hedged, "at_least", "exact")).astype(object)
    # "At least 3" of a total too small to be rounded down.
    return np.where(over, more, np.where(hedged & (least > 0), least, said)), bound


def _copied(told: pd.DataFrame, voice: Voice, rng: Rng) -> pd.DataFrame:
    """Give each report to an outlet, and let others copy it or each other, each with the same chance."""
    others = voice.outlets - 1
    number = rng.binomial(others, voice.copies / max(others, 1), len(told))
    rows: list[dict[str, Any]] = []
    for found, copies in zip(told.to_dict("records"), number.tolist(), strict=True):
        row = {str(name): value for name, value in found.items()}
        outlets, first = rng.permutation(voice.outlets).tolist(), len(rows)
        rows.append(row | {"outlet": outlets[0], "copy_of": -1})
        for k in range(1, copies + 1):
            of = first + int(rng.integers(k))
            published = rows[of]["published"] + int(rng.integers(LATER + 1))
            rows.append(row | {"outlet": outlets[k], "copy_of": of, "published": published})
    return pd.DataFrame(rows)
