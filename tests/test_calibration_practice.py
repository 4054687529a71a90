"""Today's practice: its segmentations against enumeration of every segmentation, and what it must and must not find."""

from __future__ import annotations

import importlib
import itertools
import math

import numpy as np
import pytest

from escalation.calibration import practice
from escalation.calibration.practice import ROUTINES, SHORTEST, join_lines, poisson_segments

NEEDS_RUPTURES = ("pelt-l2", "pelt-rbf")


@pytest.fixture(params=sorted(ROUTINES))
def routine(request):
    if request.param in NEEDS_RUPTURES:
        pytest.importorskip("ruptures", reason="needs the extra: pip install 'escalation[calibration]'")
    return ROUTINES[request.param]


def segmentations(n, shortest):
    """Every set of first days of new regimes of `n` days, by counting through all subsets."""
    for k in range(n // shortest):
        for starts in itertools.combinations(range(1, n), k):
            edges = (0, *starts, n)
            if all(b - a >= shortest for a, b in itertools.pairwise(edges)):
                yield edges


def poisson_cost(y):
    """Twice the negative Poisson log-likelihood at the mean, day by day, without the factorials."""
    mean = sum(y) / len(y)
    return 2 * sum(mean - (v * math.log(mean) if v else 0.0) for v in y)


def squared_error(y):
    return sum((v - sum(y) / len(y)) ** 2 for v in y)


def total_cost(y, edges, cost, penalty):
    return sum(cost(y[a:b]) for a, b in itertools.pairwise(edges)) + penalty * (len(edges) - 2)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("penalty", [0.5, None])
def test_poisson_is_the_minimum_over_all_segmentations(seed, penalty):
    rng = np.random.default_rng(seed)
    y = rng.poisson(rng.choice([0.0, 1.0, 6.0], 11)) / rng.choice([1.0, 2.0, 3.0], 11)
    price = 2 * math.log(11) if penalty is None else penalty
    least = min(total_cost(y.tolist(), e, poisson_cost, price) for e in segmentations(11, SHORTEST))
    found = (0, *poisson_segments(y, penalty).tolist(), 11)
    assert min(np.diff(found)) >= SHORTEST
    assert total_cost(y.tolist(), found, poisson_cost, price) == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_pelt_l2_is_the_minimum_at_the_documented_penalty(seed):
    pytest.importorskip("ruptures", reason="needs the extra: pip install 'escalation[calibration]'")
    rng = np.random.default_rng(seed)
    y = rng.poisson(np.repeat(rng.choice([0.5, 2.0, 8.0], 4), 3)).astype(float)
    price = math.log(12) * float(np.mean((y - y.mean()) ** 2))
    least = min(total_cost(y.tolist(), e, squared_error, price) for e in segmentations(12, 2))
    found = (0, *practice.pelt_l2(y).tolist(), 12)
    assert total_cost(y.tolist(), found, squared_error, price) == pytest.approx(least, abs=1e-9)


def test_a_clear_step_is_found(routine):
    rng = np.random.default_rng(4)
    daily = np.concatenate([rng.poisson(2.0, 60), rng.poisson(12.0, 60)]).astype(float)
    assert np.abs(routine(daily) - 60).min() <= 1


@pytest.mark.parametrize("value", [0.0, 1.0, 1.7])
def test_constant_input_has_no_change(routine, value):
    assert routine(np.full(120, value)).size == 0


def test_a_straight_line_through_uneven_reports_has_no_change(routine):
    """Differences of an interpolated line differ in their last digits; a penalty scaled by them must not see it."""
    day = np.array([0, 2, 3, 9, 16, 30, 31, 55, 119])
    assert routine(join_lines(day, (day + 1) / 7, 120)).size == 0


def test_routines_return_first_days_and_repeat(routine):
    rng = np.random.default_rng(5)
    daily = rng.poisson(np.repeat([1.0, 9.0, 2.0], 40)).astype(float)
    before = daily.copy()
    found = routine(daily)
    assert found.dtype == np.int64
    assert (np.diff(found) >= SHORTEST).all()
    assert found.min() >= SHORTEST
    assert found.max() <= 120 - SHORTEST
    np.testing.assert_array_equal(found, routine(daily))
    np.testing.assert_array_equal(daily, before)


def test_first_day_of_the_new_regime(routine):
    daily = np.concatenate([np.ones(50), np.full(50, 20.0)])
    assert routine(daily).tolist() == [50]


def test_join_lines_by_hand():
    """Total 10 by the end of day 4, 9 (a lower, later one) by day 5, 16 by day 7."""
    daily = join_lines([4, 5, 7], [10, 9, 16], 10)
    np.testing.assert_allclose(daily[:8], [2, 2, 2, 2, 2, 0, 3, 3])
    assert np.isnan(daily[8:]).all()


def test_join_lines_keeps_the_reported_totals():
    rng = np.random.default_rng(6)
    y = rng.poisson(1.2, 120)
    day = np.sort(np.append(rng.choice(119, 39, replace=False), 119))
    daily = join_lines(day, np.cumsum(y)[day], 120)
    np.testing.assert_allclose(np.cumsum(daily)[day], np.cumsum(y)[day], atol=1e-9)
    assert (daily >= 0).all()


def test_a_segment_between_exact_totals_costs_what_its_true_days_cost():
    """With regimes that start at totals, the likelihood of joined lines ranks segmentations as the true days do."""
    rng = np.random.default_rng(8)
    y = rng.poisson(1.5, 24)
    day = np.array([3, 7, 12, 17, 23])
    lines = join_lines(day, np.cumsum(y)[day], 24).tolist()
    for k in range(5):
        for cut in itertools.combinations((day + 1)[:-1].tolist(), k):
            edges = (0, *cut, 24)
            got = total_cost(lines, edges, poisson_cost, 0.0) - total_cost(y.tolist(), edges, poisson_cost, 0.0)
            assert got == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("daily", "message"),
    [
        ([1.0, math.nan, 2.0, 3.0], "day 1.*cut the series"),
        ([1.0, 2.0, -1.0, 3.0], "-1 on day 2"),
        ([1.0, 2.0, 3.0], r"shape \(3,\).*at least 4 days"),
        ([[1.0, 2.0], [3.0, 4.0]], "one dimension"),
    ],
)
def test_bad_series_are_refused(routine, daily, message):
    with pytest.raises(ValueError, match=message):
        routine(daily)


def test_missing_package_names_the_extra(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ImportError, match=r"escalation\[calibration\]"):
        practice.pelt_l2([1.0, 2.0, 3.0, 4.0])


def test_false_alarms_of_a_constant_rate(routine):
    """At a constant rate and exact totals the l2 routine reports changes in every series, the Poisson one rarely.

    Measured on 300 series of 120 days and 40 totals: l2 1.00 with 7.7 changes each, rbf .05, Poisson .05.
    """
    rng = np.random.default_rng(9)
    found = []
    for _ in range(30):
        total = np.cumsum(rng.poisson(1.2, 120))
        day = np.append(rng.choice(119, 39, replace=False), 119)
        found.append(routine(join_lines(day, total[day], 120)).size)
    if routine is practice.pelt_l2:
        assert min(found) >= 1
        assert 6.0 < np.mean(found) < 9.5
    else:
        assert np.count_nonzero(found) <= 6
