"""The comparison with other packages: its metrics against hand and brute force, its series, and the command."""

from __future__ import annotations

import csv
import doctest
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, poisson

from benchmarks import intervals
from benchmarks.figure import draw, spread
from benchmarks.intervals import score
from benchmarks.measure import COLUMNS
from benchmarks.methods import METHODS, anscombe
from benchmarks.metrics import covering, f1, poisson_cost
from benchmarks.series import LEAST_RATIO, RATES, _rates, number_of_changes, sample
from benchmarks.worker import FailedError, OverLimitError, Worker
from escalation.charts import text_boxes_clear

ROOT = Path(__file__).resolve().parents[1]


# Metrics


@pytest.mark.parametrize(
    ("found", "published"),
    [
        # Values that the authors give for the mean over annotators, in the examples of TCPDBench (metrics.py).
        (([10, 20], [[10, 20], [10], [5]]), 0.7962962962962963),
        (([10], [[], [10], [40]]), 0.7954144620811286),
        (([], [[], [10], [40]]), 0.8189300411522634),
    ],
)
def test_covering_has_the_values_its_authors_publish(found, published):
    said, truths = found
    assert np.mean([covering(truth, said, 45) for truth in truths]) == pytest.approx(published, abs=1e-12)


def test_covering_by_hand():
    # Regimes {0..3}, {4..9}; found {0..5}, {6..9}. Best overlaps 4/6 and 4/6 of 10 days.
    assert covering([4], [6], 10) == pytest.approx(4 / 6)
    # It is the truth that is covered: the other way round each quarter has a whole series for its best match.
    assert covering([], [1, 2, 3], 4) == pytest.approx(1 / 4)
    assert covering([1, 2, 3], [], 4) == pytest.approx(1 / 4)
    assert covering([2], [], 6) == pytest.approx((2 * 2 / 6 + 4 * 4 / 6) / 6)


def test_covering_equals_brute_force():
    rng = np.random.default_rng(1)
    for _ in range(200):
        n = int(rng.integers(4, 40))
        true, found = (np.sort(rng.choice(np.arange(1, n), rng.integers(0, min(n - 1, 6)), False)) for _ in range(2))
        parts = [[set(part) for part in np.split(np.arange(n), cuts)] for cuts in (true, found)]
        best = [len(a) * max(len(a & b) / len(a | b) for b in parts[1]) for a in parts[0]]
        assert covering(true, found, n) == pytest.approx(sum(best) / n, abs=1e-12)


@pytest.mark.parametrize(
    ("true", "found", "hits"),
    [
        ([10, 20], [11, 40], 2),  # day 0 and 10
        ([10, 20], [15], 2),  # one found change does for one true change only
        ([10, 20], [16], 2),  # 10 is 6 days off, 20 is 4
        ([1, 10, 20, 23], [3, 8, 20], 4),  # the authors' example, with day 0
        ([10], [4, 5], 2),
        ([10], [4], 1),
        ([], [], 1),
        ([], [30], 1),
    ],
)
def test_f1_by_hand(true, found, hits):
    precision, recall = hits / (1 + len(found)), hits / (1 + len(true))
    assert f1(true, found, 45) == pytest.approx(2 * precision * recall / (precision + recall))


def test_f1_counts_the_hits_that_ruptures_counts():
    metrics = pytest.importorskip("ruptures.metrics")
    rng = np.random.default_rng(2)
    for _ in range(50):
        true = np.cumsum(rng.integers(20, 40, 6))  # so far apart that no found change is near two of them
        kept = true[rng.random(6) < 0.8]
        found = np.unique(np.concatenate([kept + rng.integers(-8, 9, kept.size), [true[-1] + 30]]))
        n = int(true[-1]) + 60
        precision, recall = metrics.precision_recall([*true.tolist(), n], [*found.tolist(), n], margin=6)  # below 6
        hits = round(precision * found.size)
        assert hits == round(recall * true.size)
        assert f1(true, found, n) == pytest.approx(2 * (hits + 1) / (true.size + found.size + 2))


def test_poisson_cost_is_minus_twice_the_likelihood_and_a_penalty():
    y = np.array([0, 0, 0, 2, 5, 3, 1])
    fit = poisson.logpmf(y[:3], 0.0).sum() + poisson.logpmf(y[3:], y[3:].mean()).sum()
    assert poisson_cost(y, [3]) == pytest.approx(-2 * fit + 2 * np.log(7))
    assert poisson_cost(y, []) == pytest.approx(-2 * poisson.logpmf(y, y.mean()).sum())


@pytest.mark.parametrize("changes", [[0], [7], [3, 3], [4, 2], [-1]])
def test_metrics_refuse_what_is_no_segmentation(changes):
    for call in (lambda: covering([], changes, 7), lambda: f1(changes, [], 7), lambda: poisson_cost([1] * 7, changes)):
        with pytest.raises(ValueError, match="increasing days from 1 to n - 1 = 6"):
            call()


def test_intervals_are_matched_in_order_and_only_if_as_many():
    assert score([10, 30], [10, 10], [10, 29]) == [True, False]
    assert score([10, 30], [10], [10]) is None
    assert score([], [], []) == []


def test_coverage_of_intervals_is_measured_on_series_with_as_many_changes(monkeypatch):
    monkeypatch.setattr(intervals, "DAYS", 100)
    said = []
    table = intervals.interval_coverage(2, said.append)
    assert table["note"].isna().all()
    assert said
    for row in table.itertuples():
        assert row.matched_series / row.series + row.fewer + row.more == pytest.approx(1.0)
        assert row.matched_series == 0 or row.intervals == 3 * row.matched_series


# Series


def test_series_are_reproducible_and_differ():
    sample.cache_clear()
    first = sample(1000, "changes", 0)
    sample.cache_clear()
    assert np.array_equal(first.counts, sample(1000, "changes", 0).counts)
    assert not np.array_equal(first.counts, sample(1000, "changes", 1).counts)


@pytest.mark.parametrize("n", [16, 300, 1000, 100_000])
def test_changes_are_as_many_and_as_far_apart_as_stated(n):
    for number in range(5):
        one = sample(n, "changes", number)
        regimes = np.diff(one.changes, prepend=0, append=n)
        assert one.changes.size == number_of_changes(n)
        assert regimes.min() >= min(30, n // (2 * regimes.size))
        assert sample(n, "constant", number).changes.size == 0


def test_rates_are_log_uniform_and_neighbours_differ():
    rates = _rates(4000, np.random.default_rng(3))
    ratio = np.exp(np.abs(np.diff(np.log(rates))))
    assert ratio.min() >= LEAST_RATIO
    assert (rates.min() >= RATES[0]) & (rates.max() <= RATES[1])
    middle = np.sqrt(RATES[0] * RATES[1])
    assert np.mean(rates < middle) == pytest.approx(0.5, abs=0.04)


def test_counts_are_poisson_around_a_rate_that_changes_where_it_says():
    one = sample(100_000, "changes", 0)
    parts = np.split(one.counts, one.changes)
    dispersion = sum(((part - part.mean()) ** 2).sum() / part.mean() for part in parts)
    low, high = chi2.ppf([1e-4, 1 - 1e-4], one.counts.size - len(parts))
    assert low < dispersion < high
    shifted = np.split(one.counts, one.changes + 100)
    assert sum(((part - part.mean()) ** 2).sum() / part.mean() for part in shifted) > high


def test_series_that_cannot_be_made_are_refused():
    with pytest.raises(ValueError, match="n is 15"):
        sample(15, "changes", 0)
    with pytest.raises(ValueError, match="'drift'"):
        sample(300, "drift", 0)


def test_transform_makes_the_variance_one():
    for rate in (3.0, 10.0):
        y = np.random.default_rng(4).poisson(rate, 200_000)
        assert anscombe(y).var() == pytest.approx(1.0, abs=0.03)


# Workers


def test_worker_stops_at_the_limit():
    with Worker("ruptures KernelCPD", limit=1e-3) as worker, pytest.raises(OverLimitError, match=r"limit of 0\.001 s"):
        worker.time(300, "changes", 0)


@pytest.mark.skipif(importlib.util.find_spec("fastcpd") is not None, reason="needs a package that is missing")
def test_worker_says_why_a_call_failed():
    with Worker("fastcpd mean", limit=60) as worker, pytest.raises(FailedError, match="No module named 'fastcpd'"):
        worker.time(300, "changes", 0)


# Figure and command


@pytest.mark.parametrize("name", ["figure", "intervals", "measure", "methods", "metrics", "series"])
def test_examples_in_the_documentation_hold(name):
    found = doctest.testmod(importlib.import_module(f"benchmarks.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_labels_are_moved_apart_and_keep_their_order():
    rng = np.random.default_rng(5)
    for _ in range(50):
        targets = rng.uniform(0, 100, rng.integers(1, 10))
        moved = np.array(spread(targets, 0.0, 100.0, gap=10.0))
        assert np.all(np.diff(np.sort(moved)) >= 10 - 1e-9)
        assert (moved.min() >= -1e-9) & (moved.max() <= 100 + 1e-9)
        assert np.array_equal(np.argsort(moved), np.argsort(targets))
    assert spread([20.0, 60.0], 0.0, 100.0, gap=10.0) == [20.0, 60.0]


def _table(sizes: tuple[int, ...]) -> pd.DataFrame:
    """Make up a table in which methods tie, stop at the limit, and are missing."""
    rows = []
    for i, method in enumerate(METHODS):
        for n in sizes:
            run = i < 4 or n == sizes[0]
            row = dict.fromkeys(COLUMNS, np.nan) | {
                "method": method.name, "package": method.package, "version": "1.0", "n": n, "kind": "changes",
                "series": 3 if run else 0, "note": "" if run else "not run: over the limit of 120 s",
            }  # fmt: skip
            if run:
                row |= {"seconds": 1e-7 * n * 10**i, "covering": 0.99, "f1": 0.9 - 0.05 * (i > 6)}
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("sizes", [(300,), (1000, 10_000, 100_000, 1_000_000)])
def test_figure_is_legible(sizes):
    fig, alt, title = draw(_table(sizes), 120.0)
    assert text_boxes_clear(fig) == []
    for method in METHODS:
        assert method.name in alt
        assert sum(text.get_text() == method.name for text in fig.findobj(lambda a: hasattr(a, "get_text"))) == 3
    assert title


def test_command_lists_every_method_whether_or_not_it_ran(tmp_path):
    methods = [method for method in METHODS if method.name != "escalation find_changes"]  # it takes half of the time
    names = [method.name for method in methods]
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py", "-o", tmp_path, "--sizes", "300", "--quick", "--intervals", "0",
         "--methods", *names],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"PYTHONWARNINGS": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "benchmarks.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["panel"] == "methods"]
    assert [(row["method"], row["kind"]) for row in rows] == [
        (name, kind) for name in names for kind in ("changes", "constant")
    ]
    for row in rows:
        missing = importlib.util.find_spec(row["package"]) is None
        assert (row["note"] == "not installed") == missing
        assert (row["seconds"] == "") == missing or row["note"]
    ours = rows[0]
    assert float(ours["ratio"]) == 1.0
    assert float(ours["excess_cost"]) == 0.0
    assert all(float(row["least_excess_cost"]) >= -1e-6 for row in rows if row["least_excess_cost"])
    assert {path.name for path in tmp_path.iterdir()} == {f"benchmarks.{end}" for end in ("csv", "png", "svg", "txt")}
    assert "not installed" in done.stdout or not any(importlib.util.find_spec(m.package) is None for m in methods)
