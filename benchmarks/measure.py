"""Run every method on every series, and put times and scores into one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from statistics import median

import numpy as np
import pandas as pd

from benchmarks.methods import BY_NAME, OURS, Method
from benchmarks.metrics import covering, f1, poisson_cost
from benchmarks.series import KINDS, number_of_changes, sample
from benchmarks.worker import FailedError, OverLimitError, Worker

#: Series of each kind by their length; lengths between take the number of the next shorter one.
SERIES = {1_000: 20, 10_000: 5, 100_000: 3, 1_000_000: 1}
#: Calls per series: the first row whose seconds the first call does not reach.
REPEATS = ((1.0, 5), (10.0, 3), (float("inf"), 1))
COLUMNS = (
    "method", "package", "version", "settings", "n", "kind", "series", "true_changes", "found_changes", "seconds",
    "ratio", "covering", "f1", "excess_cost", "least_excess_cost", "alarms", "note",
)  # fmt: skip


@dataclass
class _Runs:
    """Runs so far, and the sizes at which methods stopped."""

    rows: list[dict[str, object]] = field(default_factory=list)
    notes: dict[tuple[str, int, str], str] = field(default_factory=dict)
    stopped: dict[tuple[str, str], str] = field(default_factory=dict)


def series_at(n: int, quick: bool = False) -> int:
    """Return how many series of a kind there are at a length.

    Examples
    --------
    >>> series_at(1_000), series_at(50_000), series_at(300), series_at(300, quick=True)
    (20, 5, 20, 4)
    """
    known = [length for length in SERIES if length <= n]
    many = SERIES[max(known)] if known else max(SERIES.values())
    return max(1, many // 5) if quick else many


def measure(
    methods: Sequence[str], sizes: Sequence[int], *, limit: float, quick: bool, say: Callable[[str], None]
) -> pd.DataFrame:
    """Time and score methods.

    Parameters
    ----------
    methods : sequence of str
        Names from `benchmarks.methods.BY_NAME`.
    sizes : sequence of int
        Lengths of the series.
    limit : float
        Seconds for one call; what takes longer is stopped, listed, and not run on longer series.
    quick : bool
        A fifth of the series, each once.
    say : callable
        Told the progress, one line at a time.

    Returns
    -------
    DataFrame
        One row per method, length and kind of series, with `COLUMNS`: ``seconds`` median over series of the median
        over calls; ``ratio`` median of the ratio to this package on the same series; ``covering, f1`` means;
        ``excess_cost, least_excess_cost`` mean and least Poisson cost above that of this package; ``alarms`` the share
        of series of constant rate in which a change is found; ``note`` what was not run, and why.
    """
    runs, sizes = _Runs(), sorted(set(sizes))
    total = len(methods) * len(sizes) * len(KINDS)
    for i, name in enumerate(methods):
        with Worker(name, limit) as worker:
            for j, (n, kind) in enumerate(product(sizes, KINDS)):
                _run(runs, worker, BY_NAME[name], n, kind, quick)
                done = i * len(sizes) * len(KINDS) + j + 1
                say(f"[{done}/{total}] {name}, {n:,} days, {kind}: {_progress(runs, name, n, kind)}")
    return _table(runs, list(product(methods, sizes, KINDS)))


def _run(runs: _Runs, worker: Worker, method: Method, n: int, kind: str, quick: bool) -> None:
    """Run one method on the series of one length and kind; what stops it is noted."""
    cell = (method.name, n, kind)
    if (why := _why_not(runs, method, n, kind)) is not None:
        runs.notes[cell] = why
        return
    many, done = series_at(n, quick), 0
    try:
        for number in range(many):
            runs.rows.append(_timed(worker, method.name, n, kind, number, once=quick))
            done += 1
    except OverLimitError as error:
        runs.stopped[method.name, kind] = f"not run: {error} at {n:,} days"
        runs.notes[cell] = f"not run{f' after {done} of {many} series' if done else ''}: {error}"
    except (FailedError, ValueError) as error:
        runs.notes[cell] = f"failed{f' after {done} of {many} series' if done else ''}: {str(error)[:200]}"


def _why_not(runs: _Runs, method: Method, n: int, kind: str) -> str | None:
    """Say why a method is not run, if so."""
    if _version(method.package) is None:
        return "not installed"
    if method.largest is not None and n > method.largest:
        return f"not run: {method.why_not}"
    return runs.stopped.get((method.name, kind))


def _timed(worker: Worker, name: str, n: int, kind: str, number: int, *, once: bool) -> dict[str, object]:
    """Call a method on a series, again if it is quick, and score what it finds."""
    first = worker.time(n, kind, number)
    again = 0 if once else next(calls for most, calls in REPEATS if first.seconds < most) - 1
    seconds = [first.seconds, *(worker.time(n, kind, number).seconds for _ in range(again))]
    truth, found = sample(n, kind, number), first.changes
    return {
        "method": name, "n": n, "kind": kind, "number": number, "seconds": median(seconds),
        "found_changes": found.size, "covering": covering(truth.changes, found, n), "f1": f1(truth.changes, found, n),
        "cost": poisson_cost(truth.counts, found), "alarms": float(found.size > 0),
    }  # fmt: skip


def _progress(runs: _Runs, name: str, n: int, kind: str) -> str:
    """Say what one method took, or why it did not run."""
    mine = [row for row in runs.rows if (row["method"], row["n"], row["kind"]) == (name, n, kind)]
    said = f"{len(mine)} series, median {median(float(str(row['seconds'])) for row in mine):.3g} s" if mine else ""
    return "; ".join(filter(None, (said, runs.notes.get((name, n, kind), ""))))


def _table(runs: _Runs, cells: Sequence[tuple[str, int, str]]) -> pd.DataFrame:
    """Summarise runs, one row for each cell whether or not it was run."""
    names = ["method", "n", "kind", "number", "seconds", "found_changes", "covering", "f1", "cost", "alarms"]
    frame = pd.DataFrame(runs.rows, columns=names)
    ours = frame[frame["method"] == OURS][["n", "kind", "number", "seconds", "cost"]]
    frame = frame.merge(ours, on=["n", "kind", "number"], how="left", suffixes=("", "_ours"))
    frame["ratio"] = frame["seconds"] / frame["seconds_ours"]
    frame["excess"] = frame["cost"] - frame["cost_ours"]
    rows = []
    for name, n, kind in cells:
        mine = frame[(frame["method"] == name) & (frame["n"] == n) & (frame["kind"] == kind)]
        method = BY_NAME[name]
        rows.append({
            "method": name, "package": method.package, "version": _version(method.package) or "",
            "settings": method.settings, "n": n, "kind": kind, "series": len(mine),
            "true_changes": number_of_changes(n) if kind == "changes" else 0,
            **{column: mine[column].mean() for column in ("found_changes", "covering", "f1")},
            "seconds": mine["seconds"].median(), "ratio": mine["ratio"].median(),
            "excess_cost": mine["excess"].mean(), "least_excess_cost": mine["excess"].min(),
            "alarms": mine["alarms"].mean() if kind == "constant" else np.nan,
            "note": runs.notes.get((name, n, kind), ""),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _version(package: str) -> str | None:
    """Return the installed version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
