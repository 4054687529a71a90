"""How often the location intervals of `escalation.find_changes` hold the true change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.series import number_of_changes, sample

#: Days of each series, and nominal mass of its intervals.
DAYS, PROB = 1000, 0.9
COLUMNS = (
    "n", "series", "matched_series", "true_changes", "nominal", "intervals", "covered", "covered_se",
    "median_days", "median_error_days", "fewer", "more", "note",
)  # fmt: skip


def score(true: list[int], lower: list[int], upper: list[int]) -> list[bool] | None:
    """Tell for each true change whether its interval holds it, or None where their numbers differ.

    Changes and intervals are matched in order of time, the k-th with the k-th.

    Examples
    --------
    >>> score([10, 30], [9, 31], [12, 33]), score([10], [], [])
    ([True, False], None)
    """
    if len(true) != len(lower):
        return None
    return [low <= day <= high for day, low, high in zip(true, lower, upper, strict=True)]


def interval_coverage(series: int, say: Callable[[str], None]) -> pd.DataFrame:
    """Measure coverage over series with changes, those in which as many changes are found as there are.

    Parameters
    ----------
    series : int
        How many; their numbers start at 1000, so that they are not those that are timed.
    say : callable
        Told the progress.

    Returns
    -------
    DataFrame
        One row, with `COLUMNS`: ``covered`` the share of intervals that hold their change,
        ``covered_se`` its standard error (series are independent, changes within a series need not be),
        ``median_days`` the width, first and last day included, ``median_error_days`` from the posterior median,
        ``fewer, more`` the share of series with another number of changes than the truth.
    """
    return pd.DataFrame([_measured(series, say)], columns=list(COLUMNS))


def _measured(series: int, say: Callable[[str], None]) -> dict[str, object]:
    """Measure coverage under the default prior."""
    row: dict[str, object] = {"n": DAYS, "series": series, "true_changes": number_of_changes(DAYS)}
    kept: list[pd.DataFrame] = []
    surplus = []
    try:
        for number in range(series):
            part, more = _one(number)
            surplus.append(more)
            if more == 0:
                kept.append(part)
            if (number + 1) % max(1, series // 10) == 0:
                say(f"intervals: {number + 1} of {series} series, {_covered(kept):.3f} covered in {len(kept)}")
    except (ImportError, ValueError) as error:
        row["note"] = f"failed: {type(error).__name__}: {str(error)[:200]}"
        say(f"intervals: {row['note']}")
    if surplus:
        row |= {"fewer": np.mean(np.less(surplus, 0)), "more": np.mean(np.greater(surplus, 0))}
    return row | {"nominal": PROB, "matched_series": len(kept)} | (_summary(kept) if kept else {})


def _one(number: int) -> tuple[pd.DataFrame, int]:
    """Intervals of one series beside the truth, and how many changes too many were found."""
    from escalation.changes.find import find_changes

    truth = sample(DAYS, "changes", 1000 + number)
    rng = np.random.default_rng([DAYS, number])
    found = find_changes(truth.counts, prob=PROB, rng=rng).summary()
    day, low, high = (found[name].to_numpy().astype(np.int64) for name in ("date", "lower", "upper"))
    hit = score(truth.changes.tolist(), low.tolist(), high.tolist())
    if hit is None:
        return pd.DataFrame(), len(found) - truth.changes.size
    return pd.DataFrame({"hit": hit, "days": high - low + 1, "error": np.abs(day - truth.changes)}), 0


def _covered(kept: list[pd.DataFrame]) -> float:
    """Share of intervals that hold their change."""
    return float(pd.concat(kept)["hit"].mean()) if kept else float("nan")


def _summary(kept: list[pd.DataFrame]) -> dict[str, object]:
    """Summarise the series whose number of changes was found; each has the same number of intervals."""
    every, shares = pd.concat(kept), [part["hit"].mean() for part in kept]
    return {
        "intervals": len(every), "covered": every["hit"].mean(),
        "covered_se": np.std(shares, ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else np.nan,
        "median_days": every["days"].median(), "median_error_days": every["error"].median(),
    }  # fmt: skip
