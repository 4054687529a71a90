from itertools import combinations, product
from math import comb, isnan

import numpy as np
import pytest
from scipy.stats import binom, expon, gamma, poisson

from escalation.scale.uses.recurrence import recurrence


def placements(days, hits):
    """p for a late first and an early last use, and the mean number before the first, over every placement."""
    n, m = len(days), len(hits)
    first, last = min(days[i] for i in hits), max(days[i] for i in hits)
    all_of_them = list(combinations(range(n), m))
    late = sum(min(days[i] for i in c) >= first for c in all_of_them)
    early = sum(max(days[i] for i in c) <= last for c in all_of_them)
    before = sum(min(c) for c in all_of_them)
    return late / len(all_of_them), early / len(all_of_them), before / len(all_of_them)


@pytest.mark.parametrize("n", range(1, 9))
def test_exact_dates_equal_the_enumeration_of_placements(n):
    rng = np.random.default_rng(n)
    for m in range(1, n + 1):
        for days in (np.arange(n), np.sort(rng.integers(0, 4, n))):
            hits = rng.choice(n, m, replace=False)
            found = recurrence(days, days, np.isin(np.arange(n), hits), 10)
            late, early, before = placements(days, hits)
            assert found.p_first == pytest.approx(late, abs=1e-12)
            assert found.p_last == pytest.approx(early, abs=1e-12)
            assert found.expected_before == pytest.approx(before, abs=1e-12)
            low, high = found.before_first
            assert low == (days < days[hits].min()).sum()
            assert high == (~np.isin(np.arange(n), hits) & (days <= days[hits].min())).sum()
            assert low <= high


@pytest.mark.parametrize("seed", range(25))
def test_date_ranges_give_the_extremes_over_every_choice_of_days(seed):
    rng = np.random.default_rng(seed)
    n = 5
    first = rng.integers(0, 6, n)
    last = first + rng.integers(0, 4, n)
    hit = np.isin(np.arange(n), rng.choice(n, 3, replace=False))
    late, early, waits, since, before = [], [], [], [], set()
    for days in product(*(range(a, b + 1) for a, b in zip(first, last, strict=True))):
        days = np.array(days)
        p = placements(days, np.flatnonzero(hit))
        late.append(p[0])
        early.append(p[1])
        waits.append(np.diff(np.sort(days[hit])))
        since.append(11 - days[hit].max())
        before |= {(days < days[hit].min()).sum(), (~hit & (days <= days[hit].min())).sum()}
    found = recurrence(first, last, hit, 12)
    assert found.p_first == pytest.approx(max(late))
    assert found.p_last == pytest.approx(max(early))
    assert found.waits == tuple(zip(np.min(waits, axis=0), np.max(waits, axis=0), strict=True))
    assert found.since_last == (min(since), max(since))
    assert found.before_first == (min(before), max(before))


def test_a_first_use_among_many_is_expected_late():
    found = recurrence(np.arange(99), np.arange(99), np.arange(99) == 49, 120)
    assert found.expected_before == 49
    assert found.before_first == (49, 49)
    assert found.p_first == pytest.approx(50 / 99)


@pytest.mark.parametrize(("m", "n"), [(0, 7), (1, 7), (3, 40), (7, 7)])
def test_intervals_invert_the_exact_tests(m, n):
    day = np.arange(n)
    found = recurrence(day, day, day < m, 50, prob=0.8)
    assert found.share == pytest.approx(m / n)
    assert found.hazard == pytest.approx(m / 50)
    if m:
        assert binom.sf(m - 1, n, found.share_lower) == pytest.approx(0.1)
        assert poisson.sf(m - 1, 50 * found.hazard_lower) == pytest.approx(0.1)
    else:
        assert found.share_lower == found.hazard_lower == 0
    if m < n:
        assert binom.cdf(m, n, found.share_upper) == pytest.approx(0.1)
    else:
        assert found.share_upper == 1
    assert poisson.cdf(m, 50 * found.hazard_upper) == pytest.approx(0.1)


def test_garwood_as_published():
    # Garwood 1936: for 5 events, 95 % limits 1.6235 and 11.6683; for none, 0 and 3.6889.
    five = recurrence(np.arange(5), np.arange(5), np.ones(5, bool), 10, prob=0.95)
    assert (10 * five.hazard_lower, 10 * five.hazard_upper) == pytest.approx((1.6235, 11.6683), abs=1e-4)
    none = recurrence([], [], [], 10, prob=0.95)
    assert 10 * none.hazard_upper == pytest.approx(3.6889, abs=1e-4)


@pytest.mark.parametrize("m", [0, 1, 4])
def test_the_next_use_is_the_average_over_the_posterior_of_jeffreys(m):
    """Integrate the exponential wait over gamma(m + 1/2, rate 90) by its quantiles."""
    day = np.arange(m)
    found = recurrence(day, day, np.ones(m, bool), 90, horizon=20)
    hazard = gamma(m + 0.5, scale=1 / 90).ppf((np.arange(200_000) + 0.5) / 200_000)
    later = [np.exp(-hazard * w).mean() for w in (found.wait_lower, found.wait, found.wait_upper, 20)]
    assert later == pytest.approx([0.95, 0.5, 0.05, 1 - found.within], abs=2e-4)


@pytest.mark.parametrize("mean", [2.5, 12.0])
def test_hazard_and_prediction_cover(mean):
    rng = np.random.default_rng(7)
    days, runs = 100, 1500
    counts = rng.poisson(mean, runs)
    waits = expon(scale=days / mean).rvs(runs, random_state=rng)
    held = np.zeros(2)
    for m, wait in zip(counts, waits, strict=True):
        day = np.sort(rng.integers(0, days, m))
        found = recurrence(day, day, np.ones(m, bool), days)
        held += found.hazard_lower <= mean / days <= found.hazard_upper, found.wait_lower <= wait <= found.wait_upper
    # Monte-Carlo error .008: Garwood covers at least 90 %, the prediction about 90 %.
    assert held[0] / runs > 0.88
    assert 0.87 < held[1] / runs < 0.94


def test_p_is_never_too_small_under_the_constant_mixture():
    rng = np.random.default_rng(8)
    small = 0
    for _ in range(2000):
        day = np.sort(rng.integers(0, 60, 30))
        first = np.maximum(0, day - rng.integers(0, 4, 30))
        hit = np.isin(np.arange(30), rng.choice(30, 3, replace=False))
        small += recurrence(first, np.minimum(59, first + 3), hit, 60).p_first <= 0.1
    assert small / 2000 < 0.1 + 3 * np.sqrt(0.09 / 2000)


def test_row_order_changes_nothing():
    rng = np.random.default_rng(9)
    first = rng.integers(0, 20, 50)
    last = np.minimum(24, first + rng.integers(0, 4, 50))
    hit = rng.random(50) < 0.3
    shuffle = rng.permutation(50)
    assert recurrence(first, last, hit, 25) == recurrence(first[shuffle], last[shuffle], hit[shuffle], 25)


@pytest.mark.parametrize("n", [0, 1, 6])
def test_no_use(n):
    found = recurrence(np.arange(n), np.arange(n), np.zeros(n, bool), 30)
    assert (found.n, found.uses, found.hazard, found.hazard_lower, found.share_lower) == (n, 0, 0, 0, 0)
    assert (found.waits, found.since_last, found.before_first) == ((), None, None)
    assert isnan(found.expected_before)
    assert found.p_first == found.p_last == 1
    assert found.wait == pytest.approx(90)
    assert isnan(found.share) == (n == 0)
    assert (found.share_upper == 1) == (n == 0)


def test_a_hundred_thousand_incidents():
    rng = np.random.default_rng(3)
    first = np.sort(rng.integers(0, 1000, 100_000))
    last = np.minimum(999, first + rng.integers(0, 3, 100_000))
    hit = np.arange(100_000) >= 40
    hit[rng.choice(100_000, 50_000, replace=False)] = False
    found = recurrence(first, last, hit, 1000)
    left = 100_000 - found.before_first[0]
    assert found.p_first == pytest.approx(comb(left, found.uses) / comb(100_000, found.uses), rel=1e-9)
    assert len(found.waits) == found.uses - 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"days": 5}, r"2 of 3 incidents may lie outside days 0 to 4, the first at row 1 \(days 4 to 6\)"),
        ({"first": [-1, 4, 8]}, r"1 of 3 incidents may lie outside days 0 to 9, the first at row 0"),
        ({"days": 0, "horizon": 2.5, "prob": 1}, r"days must be.*0\. horizon must be.*2\.5\. prob must lie"),
        ({"hit": [True, False]}, r"hit has shape \(2,\); \(3,\) is needed"),
        ({"last": [0, 3, 8]}, r"last is before first in 1 row, the first at row 1"),
    ],
)
def test_bad_input(change, says):
    given = {"first": [0, 4, 8], "last": [2, 6, 8], "hit": [True, False, True], "days": 10}
    with pytest.raises(ValueError, match=says):
        recurrence(**(given | change))
