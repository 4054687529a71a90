"""Segmentation against an O(n²) search that knows nothing of pruning, against published results, and on bad input."""

from __future__ import annotations

import itertools
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numba import njit
from scipy.special import xlogy
from scipy.stats import nbinom

from escalation.changes.segment.families import NB2, POISSON, coordinates, least_cost, root
from escalation.changes.segment.partition import last_changes
from escalation.changes.segment.rategrid import day_costs
from escalation.changes.segment.segment import segment

#: British coal-mining disasters with ten or more deaths, 1851 to 1962 (Jarrett 1979), by year.
COAL = [
    4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3,
    2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1,
    0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip
#: Share by which a cost may differ from the optimum: rounding.
CLOSE = 1e-9


def poisson_cost(S, A, days, n):
    return 2.0 * (S - xlogy(S, S / A))


def nb2_cost(size):
    def cost(S, A, days, n):
        p = (S / A) / (S / A + size)
        return -2.0 * (A * size * np.log(1.0 - p) + xlogy(S, p))

    return cost


def mbic_cost(cost):
    return lambda S, A, days, n: cost(S, A, days, n) + np.log(days / n)


def sums(y, e, cost):
    """Table of the cost of days a+1..b, at [a, b], from sums alone."""
    n = y.size
    S, A = np.concatenate([[0], np.cumsum(y)]), np.concatenate([[0.0], np.cumsum(e)])
    out = np.full((n + 1, n + 1), np.inf)
    a, b = np.triu_indices(n + 1, 1)
    out[a, b] = cost((S[b] - S[a]).astype(float), A[b] - A[a], b - a, n)
    return out


def optimum(table, penalty):
    """Least penalised cost over all segmentations."""
    n = table.shape[0] - 1
    F = np.full(n + 1, np.inf)
    F[0] = -penalty
    for t in range(1, n + 1):
        F[t] = np.min(F[:t] + table[:t, t]) + penalty
    return F[n]


def cost_at(table, penalty, ends):
    bounds = [0, *ends]
    return sum(table[a, b] for a, b in itertools.pairwise(bounds)) + penalty * (len(ends) - 1)


def random_series(rng, most=60):
    """Counts and exposures of many kinds: sparse, rich, with ties, steps, spikes, one day."""
    n = int(rng.integers(1, most + 1))
    kind = rng.integers(6)
    if kind == 0:
        y = rng.poisson(rng.choice([0.2, 1.0, 5.0, 300.0]), n)
    elif kind == 1:
        y = rng.poisson(np.repeat(np.exp(rng.uniform(-1, 3, 4)), -(-n // 4))[:n])
    elif kind == 2:
        y = rng.integers(0, 3, n) * rng.integers(0, 2, n)
    elif kind == 3:
        y = np.repeat(rng.integers(0, 5, n), 3)[:n]
    elif kind == 4:
        y = rng.poisson(0.2, n) * rng.integers(1, 20, n)
    else:
        y = np.arange(n) if rng.random() < 0.5 else np.arange(n)[::-1]
    kind = rng.integers(4)
    e = np.exp(rng.normal(size=n)) if kind == 0 else rng.integers(1, 4, n).astype(float) if kind == 1 else np.ones(n)
    return y.astype(np.int64), e


def random_penalty(rng, n):
    return float(rng.choice([0.0, 1e-9, 1e-3, 0.1, 0.5, 1.0, 2.0, 5.0, 2 * math.log(n), 20.0, 1e5]))


def ends_of(found):
    return np.cumsum(found.rates["days"].to_numpy())


def agree(found, table, penalty):
    best = optimum(table, penalty)
    scale = CLOSE * max(1.0, abs(best))
    assert abs(cost_at(table, penalty, ends_of(found)) - best) <= scale
    assert abs(found.penalised_cost - best) <= scale


@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_cost_is_the_least_there_is(family):
    rng = np.random.default_rng(20240117)
    for _ in range(600):
        y, e = random_series(rng)
        size = float(np.exp(rng.normal())) if family == "nb2" else None
        penalty = random_penalty(rng, y.size)
        found = segment(y, family=family, penalty=penalty, exposure=e, size=size)
        agree(found, sums(y, e, nb2_cost(size) if size else poisson_cost), penalty)
        assert found.cost == pytest.approx(found.penalised_cost - penalty * found.n_changes, rel=1e-9, abs=1e-9)


def test_cost_is_the_least_there_is_with_many_steps():
    """Steps up and down in short order: a new candidate is then needed between old ones, not only beyond them."""
    rng = np.random.default_rng(0)
    for _ in range(150):
        n, length = int(rng.integers(20, 120)), int(rng.integers(3, 15))
        rates = np.exp(rng.uniform(-1, rng.choice([1, 3, 5]), n // length + 1))
        y = rng.poisson(np.repeat(rates, length)[:n]).astype(np.int64)
        table = sums(y, np.ones(n), poisson_cost)
        for penalty in (1.0, 3.0, 8.0, 20.0):
            agree(segment(y, penalty=penalty), table, penalty)


@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_mbic_is_the_least_there_is(family):
    rng = np.random.default_rng(4)
    for _ in range(300):
        y, e = random_series(rng)
        size = 1.5 if family == "nb2" else None
        found = segment(y, family=family, penalty="mbic", exposure=e, size=size)
        table = sums(y, e, mbic_cost(nb2_cost(size) if size else poisson_cost))
        agree(found, table, 3 * math.log(y.size))


def test_mbic_prunes_nothing_that_is_needed_on_longer_series():
    rng = np.random.default_rng(5)
    for n in (200, 400):
        y = rng.poisson(np.repeat(np.exp(rng.normal(size=n // 40)), 40)).astype(np.int64)
        agree(segment(y, penalty="mbic"), sums(y, np.ones(n), mbic_cost(poisson_cost)), 3 * math.log(n))


def nb1_table(y, e, rates, phi):
    """Cost of days a+1..b at the best rate of the grid, less the terms that hold no rate, from the distribution."""
    r = e[:, None] * rates / phi
    day = -2.0 * (nbinom.logpmf(y[:, None], r, 1.0 / (1.0 + phi)))
    whole = np.concatenate([np.zeros((1, rates.size)), np.cumsum(day, axis=0)])
    n = y.size
    out = np.full((n + 1, n + 1), np.inf)
    for a in range(n):
        out[a, a + 1 :] = (whole[a + 1 :] - whole[a]).min(axis=1)
    return out


def test_nb1_is_the_least_there_is_on_its_grid():
    rng = np.random.default_rng(11)
    for _ in range(300):
        y, e = random_series(rng, 40)
        phi, penalty = float(np.exp(rng.normal())), random_penalty(rng, y.size)
        rates = np.sort(np.exp(rng.normal(size=int(rng.integers(1, 12)))))
        found = segment(y, family="nb1", phi=phi, rates=rates, penalty=penalty, exposure=e)
        table = nb1_table(y, e, rates, phi)
        best = optimum(table, penalty)
        assert cost_at(table, penalty, ends_of(found)) == pytest.approx(best, rel=CLOSE, abs=1e-8)
        assert set(found.rates["rate"]) <= set(rates)


def test_nb1_cost_of_a_day_is_the_distribution_up_to_a_constant():
    rates = np.array([0.1, 1.0, 7.0])
    cost = day_costs(np.array([3]), np.array([2.0]), rates, 0.7)[0]
    known = -2 * nbinom.logpmf(3, 2.0 * rates / 0.7, 1 / 1.7)
    assert np.ptp(cost - known) < 1e-12


def test_nb1_default_grid_reaches_the_largest_count():
    found = segment([1000] * 30 + [4000] * 30, family="nb1", phi=0.5)
    assert found.changepoints.tolist() == [30]
    assert found.rates["rate"].to_numpy() == pytest.approx([1000, 4000], rel=0.03)


def test_coal_mining_disasters():
    counts = pd.Series(COAL, index=range(1851, 1963))
    assert counts.sum() == 191
    assert segment(counts, penalty="bic").rates["last"].tolist() == [1891, 1947, 1962]
    assert segment(counts, penalty="mbic").rates["last"].tolist() == [1891, 1962]
    none, one = segment(counts, penalty=1000), segment(counts, penalty=30)
    assert (none.n_changes, one.n_changes) == (0, 1)
    assert none.cost - one.cost == pytest.approx(69.99, abs=0.005)  # twice the log likelihood ratio


def test_a_known_change_is_found():
    y = np.random.default_rng(1).poisson(np.repeat([2.0, 6.0], 200))
    found = segment(pd.Series(y, index=pd.date_range("2023-10-17", periods=400)))
    assert found.n_changes == 1
    assert abs((found.changepoints[0] - pd.Timestamp("2024-05-04")).days) <= 5
    assert found.rates["rate"].to_numpy() == pytest.approx([2, 6], rel=0.15)


def test_a_constant_rate_has_no_change():
    rng = np.random.default_rng(2)
    changed = sum(segment(rng.poisson(3.0, 500)).n_changes > 0 for _ in range(200))
    assert changed <= 10  # 1 in 20


def test_missing_days_are_left_out_and_changes_dated_to_the_next_observed_day():
    days = pd.date_range("2024-01-01", periods=12)
    counts = pd.Series([np.nan, 1, 0, 1, 2, np.nan, np.nan, 20, 22, np.nan, 19, np.nan], index=days)
    found = segment(counts)
    assert found.changepoints.tolist() == [pd.Timestamp("2024-01-08")]
    assert found.rates["last"].tolist() == [pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-11")]
    assert found.rates["days"].tolist() == [4, 3]
    assert found.cost == segment(counts.dropna().to_numpy()).cost
    assert found.daily.isna().tolist() == [True] + 4 * [False] + 2 * [True] + 4 * [False] + [True]


def test_exposure_is_a_number_of_days():
    """A day of exposure three stands for three days of equal cost under any rate."""
    found = segment([3, 6, 40, 50], exposure=[3, 3, 2, 2], penalty=3.0)
    assert found.changepoints.tolist() == [2]
    assert found.rates["rate"].tolist() == [1.5, 22.5]
    assert segment([4, 8, 2], exposure=[2, 4, 1], penalty=0).n_changes == 0


@pytest.mark.parametrize("options", [{}, {"family": "nb2", "size": 2.0}, {"family": "nb1", "phi": 1.0}])
@pytest.mark.parametrize("y", [[0], [7], [0] * 20, [4] * 20, [10**9] * 5, [0, 10**9], [10**12, 1, 10**12]])
def test_extremes(y, options):
    found = segment(y, **options)
    assert np.isfinite(found.cost)
    assert found.rates["incidents"].sum() == sum(y)
    assert found.n_changes == (0 if len(set(y)) == 1 else len(y) - 1)


def test_huge_counts():
    rng = np.random.default_rng(8)
    for _ in range(100):
        n = int(rng.integers(2, 30))
        y = rng.integers(0, 10**9, n)
        e = np.ones(n)
        table = sums(y, e, poisson_cost)
        found = segment(y, penalty=5.0)
        terms = 2 * y.sum() * math.log(10**9)  # a cost is a difference of terms of this size
        assert abs(cost_at(table, 5.0, ends_of(found)) - optimum(table, 5.0)) <= 1e-13 * terms


@njit
def direct_cost(y, e, ends, size):
    """-2 log likelihood up to a constant: each regime's exposure is added up by itself. Size 0: Poisson."""
    total, a = 0.0, 0
    for b in ends:
        S, A = y[a:b].sum(), e[a:b].sum()
        spread = math.log1p(S / A / size) if size > 0 else 0.0
        total += 2 * (A * size * spread if size > 0 else float(S))
        total -= 2 * S * (math.log(S / A) - spread) if S > 0 else 0.0
        a = b
    return total


@njit
def direct_optimum(y, e, penalty, size, by_length):
    n = y.size
    F = np.full(n + 1, np.inf)
    F[0] = -penalty
    for b in range(1, n + 1):
        S, A = 0, 0.0
        for a in range(b - 1, -1, -1):
            S, A = S + y[a], A + e[a]
            spread = math.log1p(S / A / size) if size > 0 else 0.0
            cost = 2 * (A * size * spread if size > 0 else float(S))
            cost -= 2 * S * (math.log(S / A) - spread) if S > 0 else 0.0
            F[b] = min(F[b], F[a] + cost + penalty + (math.log((b - a) / n) if by_length else 0.0))
    return F[n]


@pytest.mark.parametrize("family", ["poisson", "nb2"])
@pytest.mark.parametrize("decades", [6, 9, 12])
def test_exposures_of_very_different_size(family, decades):
    """Cumulated as floats, a small exposure after large ones loses its digits, and changes were missed."""
    rng = np.random.default_rng(decades)
    for most in [5] * 150 + [60] * 50 + [800] * 3:
        n = int(rng.integers(2, most + 1))
        small = rng.choice([rng.random(n) < 0.1, rng.random(n) < 0.5])
        e = np.where(small, 10.0**-decades * n, 1.0) * rng.uniform(0.5, 1.0, n)
        e = np.sort(e)[::-1].copy() if rng.random() < 0.5 else e
        y = rng.choice([rng.integers(0, 200, n), rng.poisson(0.5, n)])
        if not y.any() or e.min() < 1e-12 * e.sum():
            continue
        size = float(np.exp(rng.normal())) if family == "nb2" else 0.0
        by_length = bool(rng.random() < 0.3)
        penalty = 3 * math.log(n) if by_length else float(rng.choice([0.1, 0.5, 2.0, 8.0, 20.0]))
        found = segment(y, family=family, exposure=e, penalty="mbic" if by_length else penalty, size=size or None)
        ends = ends_of(found)
        cost = direct_cost(y, e, ends, size) + penalty * (ends.size - 1)
        cost += np.log(np.diff(ends, prepend=0) / n).sum() if by_length else 0.0
        best = direct_optimum(y, e, penalty, size, by_length)
        assert abs(cost - best) <= CLOSE * max(1.0, abs(best))


def test_a_short_day_after_a_long_one():
    found = segment([0, 120], exposure=[2893.71267137043, 0.00012159410536125682], penalty=0.5)
    assert found.n_changes == 1
    assert found.penalised_cost == pytest.approx(-3072.06, abs=0.005)


@pytest.mark.parametrize("size", [1e3, 1e6, 1e9, 1e12, 1e17, 1e100])
@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_a_large_size_is_poisson_in_the_limit(size, unit):
    rng = np.random.default_rng(7)
    for _ in range(60):
        y, e = random_series(rng, 40)
        e = e * unit
        if not y.any():
            continue
        penalty = random_penalty(rng, y.size)
        found = segment(y, family="nb2", size=size, penalty=penalty, exposure=e)
        ends = ends_of(found)
        best = direct_optimum(y, e, penalty, size, False)
        cost = direct_cost(y, e, ends, size) + penalty * (ends.size - 1)
        assert abs(cost - best) <= CLOSE * max(1.0, abs(best))
        if size >= 1e17:
            least = direct_optimum(y, e, penalty, 0.0, False)
            assert direct_cost(y, e, ends, 0.0) + penalty * (ends.size - 1) == pytest.approx(least, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("options", [{}, {"family": "nb2", "size": 2.0}, {"penalty": "mbic"}, {"penalty": (1, 9)}])
def test_an_exposure_too_small_beside_the_others_is_refused(options):
    words = r"exposure: the smallest \(2024-01-02: 1e-10\) is below 1e-12 of the sum, 300; leave such days out"
    counts = pd.Series([1, 2, 3, 4], index=pd.date_range("2024-01-01", periods=4))
    with pytest.raises(ValueError, match=words):
        segment(counts, exposure=[100, 1e-10, 100, 100], **options)
    with pytest.raises(ValueError, match="got -1; exposure: the smallest"):
        segment(counts, exposure=[100, 1e-10, 100, 100], **options | {"penalty": -1})
    assert segment(counts, exposure=[100, 1e-10, 100, 100], family="nb1", phi=1.0).n_changes >= 0
    assert segment(counts.astype(float).where(counts != 2), exposure=[100, 1e-10, 100, 100]).n_changes == 0


@njit
def probe(w, s, room, up, end, x0, family, size):
    return root(w, s, room, up, end, x0, family, size)


def test_rates_kept_are_those_where_the_cost_is_low():
    """The root of the cost is where it should be, on both sides, for few and for many incidents."""
    x0 = 1.7
    for family, s, w, room in itertools.product(
        (POISSON, NB2), (1.0, 5.0, 1e4), (0.3, 1.0, 1e5), (1e-6, 0.5, 14.0, 90.0)
    ):
        level = least_cost.py_func(s, w, x0, family, 2.5) / 2 + room
        for up in (False, True):
            x, a, b = probe(w, s, level, up, 1e9 if up else 0.0, x0, family, 2.5)
            assert w * a - s * b == pytest.approx(level, rel=1e-8, abs=1e-8)
            assert (x > s / w) == up
            assert (a, b) == pytest.approx(coordinates.py_func(x, x0, family, 2.5), rel=1e-8, abs=1e-8)


def test_work_grows_in_proportion_to_the_days():
    """Candidates alive per day stay few: a run ten times as long takes less than thirty times as long."""
    rng = np.random.default_rng(3)
    y = rng.poisson(2.0, 200_000).astype(np.int64)
    spent = {}
    for n in (20_000, 200_000):
        runs = []
        for _ in range(3):
            start = time.process_time()
            last_changes(y[:n], np.ones(n, np.int64), 2 * math.log(n), POISSON, 0.0)
            runs.append(time.process_time() - start)
        spent[n] = min(runs)
    assert spent[200_000] < 30 * spent[20_000]


def test_result_shows_itself():
    counts = pd.Series([1, 0, 2, 1, 9, 8, 9, 7], index=pd.date_range("2024-01-01", periods=8))
    found = segment(counts, penalty=5)
    assert found.summary()[["rate_before", "rate_after"]].to_numpy().tolist() == [[1.0, 8.25]]
    assert repr(found).startswith("Segmentation(1 change in 8 observed days; poisson, fixed penalty 5")
    assert "<table" in found._repr_html_()
    ax = found.plot()
    drawn = ax.get_lines()[1].get_ydata()
    assert drawn.tolist() == [1.0] * 4 + [8.25] * 4
    plt.close(ax.figure)


def test_from_no_incidents_the_ratio_is_infinite():
    assert segment([0] * 10 + [9] * 10).summary()["ratio"].tolist() == [math.inf]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"family": "gauss"}, ["family: one of poisson, nb2, nb1 is needed, got 'gauss'"]),
        ({"penalty": -1}, ["at least 0 is needed, got -1"]),
        ({"penalty": math.nan}, ["got nan"]),
        ({"penalty": True}, ["got True"]),
        ({"penalty": math.inf}, ["got inf"]),
        ({"penalty": None}, ["got None"]),
        ({"penalty": "aic"}, ["penalty: bic, mbic, a number or a pair", "'aic'"]),
        ({"penalty": (5, 1)}, ["low must not exceed high"]),
        ({"penalty": (1, 2, 3)}, ["a pair (low, high), got 3 values"]),
        ({"penalty": (-1, math.nan)}, ["got -1", "got nan"]),
        ({"family": "nb2"}, ['size: family "nb2" needs', "got None"]),
        ({"family": "nb2", "size": 0}, ["got 0"]),
        ({"family": "nb1"}, ['phi: family "nb1" needs', "got None"]),
        ({"family": "nb1", "phi": -2.0, "rates": [2, 1]}, ["got -2.0", "rates: one or more"]),
        ({"family": "nb1", "phi": 1.0, "penalty": "mbic"}, ['"mbic" is not available for family "nb1"']),
        ({"size": 2.0}, ['size: only for family "nb2"']),
        ({"rates": [1.0]}, ['rates: only for family "nb1"']),
        ({"penalty": -1, "family": "nb2"}, ["penalty:", "size:"]),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=r"^(family|penalty|size|phi|rates): ") as caught:
        segment([1, 2, 3], **options)
    assert all(word in str(caught.value) for word in words)


def test_problems_of_the_counts_come_first_and_all_at_once():
    with pytest.raises(ValueError, match=r"^counts: 1 is negative.*; penalty: .*; size: "):
        segment([1, -2], penalty=-1, family="nb2")
