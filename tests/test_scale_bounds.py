"""Bounds against hand computations, every completion of the missing levels, linear programs and simulated truths."""

from dataclasses import fields
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binomtest

from escalation.scale.bounds import ASSUMPTIONS, WHOLE, share_bounds

NONE, NO_WORSE, MONOTONE, AT_RANDOM = range(4)
FREE = ("no assumption", "missing no worse than reported", "monotone selection", "missing at random")

few = st.integers(0, 6)
tables = st.integers(2, 4).flatmap(lambda K: st.lists(st.lists(few, min_size=K, max_size=K), min_size=1, max_size=4))


def cases():
    """Counts, described and draws of the total."""

    def around(table):
        P = len(table)
        more = st.lists(few, min_size=P, max_size=P).map(lambda extra: np.sum(table, axis=1) + extra)
        draws = st.lists(st.lists(st.integers(0, 40), min_size=P, max_size=P), min_size=1, max_size=12)
        return st.tuples(st.just(np.array(table)), more, draws.map(np.array))

    return tables.flatmap(around)


def compositions(n, K):
    """Every way to give n incidents one of K levels each."""
    return (c for c in product(range(n + 1), repeat=K) if sum(c) == n)


def same(a, b):
    """Whether two results hold the same numbers."""
    for f in fields(a):
        one, other = getattr(a, f.name), getattr(b, f.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other, err_msg=f.name)


def test_ten_reconstructed_six_described_four_typed_one_missile():
    found = share_bounds([[3, 0, 1]], [6], [10])
    assert ASSUMPTIONS == FREE
    assert found.unknown[0] == 6
    np.testing.assert_allclose(found.lower[0, 1, :3], [1 / 10, 1 / 10, 1 / 10])
    np.testing.assert_allclose(found.upper[0, 1, :3], [7 / 10, 1 / 4, 1 / 4])
    tighter = share_bounds([[3, 0, 1]], [6], [10], ratio=2)
    assert tighter.lower[0, 1, MONOTONE] == pytest.approx(1 / 7)
    exact = binomtest(1, 4).proportion_ci(0.9, method="exact")
    assert (found.lower[0, 1, AT_RANDOM], found.upper[0, 1, AT_RANDOM]) == pytest.approx((exact.low, exact.high))
    assert found.estimate[0, 1, AT_RANDOM] == 0.25
    assert np.isnan(found.estimate[..., :3]).all()


@pytest.mark.parametrize("typed", [(2, 1), (0, 2), (1, 0, 2), (0, 1, 0), (2, 1, 1), (0, 0, 3)])
@pytest.mark.parametrize("times", [0, 1, 2])
def test_every_completion_of_the_missing_levels(typed, times):
    """With unknowns a multiple of the typed, all extremes are whole numbers of incidents."""
    K, t = len(typed), sum(typed)
    u = t * times
    found = share_bounds([typed], [t + u // 2], [t + u], ratio=np.inf)
    for k in range(1, K):
        m = sum(typed[k:])
        shares, tame = [], []
        for given_to in compositions(u, K):
            share = Fraction(m + sum(given_to[k:]), t + u)
            shares.append(share)
            if all(sum(given_to[j:]) * t <= sum(typed[j:]) * u for j in range(K)):
                tame.append(share)
        ends = [(min(s), max(s)) for s in (shares, tame)]
        for a, (low, high) in zip((NONE, NO_WORSE), ends, strict=True):
            assert found.lower[0, k - 1, a] == pytest.approx(float(low))
            assert found.upper[0, k - 1, a] == pytest.approx(float(high))


def selected(typed, size, k, ratio):
    """Least and largest share at or above k under monotone selection, by linear programming.

    The variables are the incidents of each level, at least those typed and `size` in all. The share reported at i is
    typed[i] / x[i]; "not below that at j" and "at most `ratio` times that at j" are linear in x.
    """
    K, rows = len(typed), []
    for j in range(K):
        for i in range(j + 1, K):
            row = np.zeros(K)
            row[i], row[j] = typed[j], -typed[i]
            rows.append(row)
            if np.isfinite(ratio):
                row = np.zeros(K)
                row[j], row[i] = typed[i], -ratio * typed[j]
                rows.append(row)
    goal = np.r_[np.zeros(k), np.ones(K - k)]
    ends = []
    for sign in (1, -1):
        out = linprog(sign * goal, rows, np.zeros(len(rows)), np.ones((1, K)), [size], [(t, None) for t in typed])
        assert out.status == 0
        ends.append(sign * out.fun / size)
    return ends


@pytest.mark.parametrize("ratio", [1.0, 1.5, 3.0, 10.0, np.inf])
@pytest.mark.parametrize("K", [2, 3, 4])
def test_monotone_selection_is_sharp(K, ratio):
    rng = np.random.default_rng([K, int(min(ratio, 100) * 2)])
    for _ in range(12):
        typed = rng.integers(0, 5, K)
        if not typed.sum():
            continue
        size = int(typed.sum() + rng.integers(0, 30))
        found = share_bounds([typed], [typed.sum()], [size], ratio=ratio)
        for k in range(1, K):
            ends = selected(typed, size, k, ratio)
            got = found.lower[0, k - 1, MONOTONE], found.upper[0, k - 1, MONOTONE]
            assert got == pytest.approx(ends, abs=1e-7), (typed, size, k)


@given(cases())
def test_without_a_limit_monotone_selection_is_missing_no_worse(case):
    found = share_bounds(*case, ratio=np.inf)
    np.testing.assert_array_equal(found.lower[..., MONOTONE], found.lower[..., NO_WORSE])
    np.testing.assert_array_equal(found.upper[..., MONOTONE], found.upper[..., NO_WORSE])


@given(cases(), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_ends_over_draws_are_quantiles_of_the_ends_of_each_draw(case, prob):
    """Draw by draw with the formulas of a single total, then sorted."""
    counts, described, draws = case
    counts = np.vstack([counts, counts.sum(axis=0)])
    incidents = [[max(int(N), int(d)) for N, d in zip(draw, described, strict=True)] for draw in draws]
    incidents = np.array([[*some, sum(some)] for some in incidents])  # nothing described fills another period
    draws = np.column_stack([draws, draws.sum(axis=1)])
    found = share_bounds(*case, prob=prob, ratio=2.5)
    n = len(draws)
    keep = -(-Fraction(n) * (1 + Fraction(str(prob))) / 2 // 1)
    for p, k in product(range(len(counts)), range(1, counts.shape[1])):
        t, m = int(counts[p].sum()), int(counts[p, k:].sum())
        lows, highs, unknown = [], [], []
        for S in incidents[:, p]:
            u = int(S) - t
            unknown.append(u)
            lows.append(m / (t + u) if t + u else 0.0)
            highs.append((m + u) / (t + u) if t + u else 1.0)
        if t:
            held = [(found.lower[p, k - 1, NONE] <= a + 1e-12 and b - 1e-12 <= found.upper[p, k - 1, NONE])
                    for a, b in zip(lows, highs, strict=True)]  # fmt: skip
            assert sum(held) >= keep
            assert found.lower[p, k - 1, NONE] == pytest.approx(sorted(lows)[n - int(keep)])
            assert found.upper[p, k - 1, NONE] == pytest.approx(sorted(highs)[int(keep) - 1])
            assert found.lower_mid[p, k - 1, NONE] == pytest.approx(sorted(lows, reverse=True)[n // 2])
        else:
            assert (found.lower[p, k - 1, NONE], found.upper[p, k - 1, NONE]) == (0, 1)
        assert found.unknown[p] == sorted(unknown)[n // 2]
        assert found.unknown_lower[p] == sorted(unknown)[n - int(keep)]
        assert found.unknown_upper[p] == sorted(unknown)[int(keep) - 1]
        assert found.excess[p] == pytest.approx(np.mean(draws[:, p] < incidents[:, p]))
        assert found.excess_by[p] == sorted(incidents[:, p])[n // 2] - sorted(draws[:, p])[n // 2]


@settings(max_examples=50)
@given(cases(), st.integers(0, 5), st.integers(0, 5), st.integers(0, 3))
def test_more_unknowns_only_widen(case, more_described, more_total, which):
    counts, described, draws = case
    p = which % len(described)
    before = share_bounds(*case)
    wider = described.copy(), draws.copy()
    wider[0][p] += more_described
    wider[1][:, p] += more_total
    after = share_bounds(counts, *wider)
    assert (after.lower[..., NONE] <= before.lower[..., NONE]).all()
    assert (after.upper[..., NONE] >= before.upper[..., NONE]).all()
    assert (after.unknown >= before.unknown).all()


@given(cases(), st.sampled_from([1.0, 2.0, 50.0, 1e308, np.inf]))
def test_what_assumes_more_lies_inside(case, ratio):
    counts, described, draws = case
    found = share_bounds(counts, described, draws[0], ratio=ratio)
    some = found.typed > 0
    low, high = found.lower[some], found.upper[some]
    for a in (NO_WORSE, MONOTONE):
        assert (low[..., NONE] <= low[..., a]).all()
        assert (low[..., a] <= high[..., a]).all()
        assert (high[..., a] <= high[..., NONE]).all()
    assert (low[..., NO_WORSE] <= low[..., MONOTONE]).all()
    estimate = found.estimate[some][..., AT_RANDOM]
    assert ((low[..., NONE] <= estimate) & (estimate <= high[..., NONE] + 1e-12)).all()
    if ratio == 1:
        np.testing.assert_array_equal(low[..., MONOTONE], high[..., MONOTONE])


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15)), min_size=2, max_size=4))
def test_the_truth_lies_inside_whatever_the_reason_of_missing(levels):
    """Each level has typed, described but untyped, and undescribed incidents, as it pleases."""
    typed, untyped, hidden = np.array(levels).T
    complete = typed + untyped + hidden
    assume(complete.sum() > 0)
    found = share_bounds([typed], [typed.sum() + untyped.sum()], [complete.sum()])
    for k in range(1, len(levels)):
        truth, missing = complete[k:].sum() / complete.sum(), (untyped + hidden)[k:].sum()
        assert found.lower[0, k - 1, NONE] - 1e-12 <= truth <= found.upper[0, k - 1, NONE] + 1e-12
        if typed.any() and missing * typed.sum() <= typed[k:].sum() * (untyped + hidden).sum():
            assert found.lower[0, k - 1, NO_WORSE] - 1e-12 <= truth <= found.upper[0, k - 1, NO_WORSE] + 1e-12


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 6)), min_size=2, max_size=4), st.integers(0, 3))
def test_the_truth_lies_inside_under_monotone_selection(levels, untyped):
    """One in `times` is typed, and no rarer the higher the level."""
    typed, times = np.array(levels).T
    times = np.sort(times)[::-1]
    complete = typed * times
    ratio = times[0] / times[-1]
    described = min(int(typed.sum()) + untyped, int(complete.sum()))
    found = share_bounds([typed], [described], [complete.sum()], ratio=ratio)
    for k in range(1, len(levels)):
        truth = complete[k:].sum() / complete.sum()
        for a in (NONE, NO_WORSE, MONOTONE):
            assert found.lower[0, k - 1, a] - 1e-12 <= truth <= found.upper[0, k - 1, a] + 1e-12


def test_the_wrong_mechanism_can_be_caught():
    """High levels reported least often: the truth .5 lies outside both named sets, inside the bounds."""
    found = share_bounds([[8, 1]], [9], [20])
    assert found.upper[0, 0, NO_WORSE] < 0.5
    assert found.upper[0, 0, MONOTONE] < 0.5
    assert found.lower[0, 0, NONE] < 0.5 < found.upper[0, 0, NONE]


def test_an_uncertain_total_is_covered():
    """Truths drawn with the totals; each unknown incident is given the level that hurts most."""
    rng = np.random.default_rng(5)
    for prob in (0.5, 0.9):
        draws = rng.poisson(30, (4000, 1)) * rng.integers(1, 3, (4000, 1))
        found = share_bounds([[6, 3]], [12], draws, prob=prob)
        truths = np.maximum(rng.permutation(draws[:, 0]), 12)
        low, high = found.lower[0, 0, NONE], found.upper[0, 0, NONE]
        held = (low <= 3 / truths) & (1 - 6 / truths <= high)
        assert prob <= (1 + prob) / 2 <= held.mean() < (1 + prob) / 2 + 0.05


def test_coverage_of_the_share_under_missing_at_random():
    rng = np.random.default_rng(11)
    typed = rng.binomial(20, 0.3, 3000)
    found = share_bounds(np.column_stack([20 - typed, typed]), np.full(3000, 25), np.full(3000, 60))
    low, high = found.lower[:-1, 0, AT_RANDOM], found.upper[:-1, 0, AT_RANDOM]
    assert ((low <= 0.3) & (high >= 0.3)).mean() >= 0.9


@settings(max_examples=50)
@given(cases(), st.randoms(use_true_random=False))
def test_order_of_periods_and_of_draws_does_not_matter(case, random):
    counts, described, draws = case
    rows, deals = list(range(len(counts))), list(range(len(draws)))
    random.shuffle(rows)
    random.shuffle(deals)
    before, after = share_bounds(*case), share_bounds(counts[rows], described[rows], draws[deals][:, rows])
    for f in fields(before):
        value = getattr(before, f.name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value[[*rows, -1]], getattr(after, f.name), err_msg=f.name)


@settings(max_examples=50)
@given(cases())
def test_only_the_order_of_levels_matters(case):
    """Other labels change no number; tying two neighbours leaves every cut that remains as it was."""
    counts, described, draws = case
    before = share_bounds(*case)
    same(before, share_bounds(*case, levels=[10.0**j for j in range(counts.shape[1])]))
    for j in range(counts.shape[1] - 1 if counts.shape[1] > 2 else 0):
        tied = np.delete(counts, j + 1, axis=1)
        tied[:, j] += counts[:, j + 1]
        after = share_bounds(tied, described, draws)
        np.testing.assert_array_equal(np.delete(before.lower, j, axis=1), after.lower)
        np.testing.assert_array_equal(np.delete(before.upper, j, axis=1), after.upper)


@settings(max_examples=50)
@given(cases())
def test_constant_draws_are_a_fixed_total_and_none_is_those_described(case):
    counts, described, draws = case
    same(share_bounds(counts, described, draws[0]), share_bounds(counts, described, np.repeat(draws[:1], 7, axis=0)))
    same(share_bounds(counts, described), share_bounds(counts, described, described))
    fixed = share_bounds(counts, described, draws[0])
    np.testing.assert_array_equal(fixed.lower, fixed.lower_mid)
    np.testing.assert_array_equal(fixed.unknown_lower, fixed.unknown_upper)


def test_what_one_period_describes_beyond_its_number_fills_no_other():
    """Five described of three, and two of six, one of them typed: 5 + 6 incidents in all, ten of them unknown."""
    found = share_bounds([[1, 0], [0, 0]], [5, 2], [3, 6], periods=["a", "b"])
    assert found.periods == ("a", "b", WHOLE)
    assert found.unknown.tolist() == [4, 6, 10]
    assert found.total.tolist() == [3, 6, 9]
    assert found.excess.tolist() == [1, 0, 1]
    assert found.excess_by.tolist() == [2, 0, 2]
    assert found.upper[2, 0, NONE] == pytest.approx(10 / 11)


@settings(max_examples=50)
@given(cases())
def test_the_whole_is_no_narrower_than_its_periods_allow(case):
    """With one number per period, the ends of the whole are those of all incidents of all periods."""
    counts, described, draws = case
    found = share_bounds(counts, described, draws[0])
    incidents = np.maximum(draws[0], described)
    for end in (found.lower, found.upper):
        each = (end[:-1, :, NONE] * incidents[:, None]).sum(axis=0)
        assert each == pytest.approx(end[-1, :, NONE] * incidents.sum()) or incidents.min() == 0


def test_draws_are_added_up_within_each_draw():
    """Two periods that always make ten together, each beyond those described: the whole is known, its parts are not."""
    draws = np.array([[a, 14 - a] for a in range(4, 11)])
    found = share_bounds([[1, 1], [1, 1]], [2, 2], draws)
    assert (found.unknown_lower[2], found.unknown[2], found.unknown_upper[2]) == (10, 10, 10)
    assert found.unknown_upper[0] > found.unknown_lower[0]
    assert found.lower[2, 0, NONE] == found.lower_mid[2, 0, NONE] == 2 / 14


def test_nothing_typed_and_nothing_at_all():
    for total in (9, 0):
        found = share_bounds([[0, 0, 0]], [0], [total])
        assert (found.lower[..., NONE] == 0).all()
        assert (found.upper[..., NONE] == 1).all()
        for name in ("lower", "upper", "lower_mid", "upper_mid"):
            assert np.isnan(getattr(found, name)[..., 1:]).all()
        assert np.isnan(found.estimate).all()


def test_all_at_one_level():
    found = share_bounds([[0, 2]], [2], [4], ratio=3)
    assert (found.lower[0, 0, NONE], found.upper[0, 0, NONE]) == (0.5, 1)
    assert (found.lower[0, 0, MONOTONE], found.upper[0, 0, MONOTONE]) == (1, 1)
    found = share_bounds([[2, 0]], [2], [4])
    assert (found.lower[0, 0, NONE], found.upper[0, 0, NONE]) == (0, 0.5)
    assert (found.lower[0, 0, MONOTONE], found.upper[0, 0, MONOTONE]) == (0, 0)


def test_the_frame_has_a_row_per_period_level_and_assumption():
    found = share_bounds([[3, 0, 1], [1, 2, 0]], [6, 3], [[10, 2], [12, 4]], levels="abc", periods=["Oct", "Nov"])
    table = found.frame()
    assert len(table) == 3 * 2 * 4
    assert not table.duplicated(["period", "level", "assumption"]).any()
    assert table["level"].unique().tolist() == ["b", "c"]
    assert table["period"].unique().tolist() == ["Oct", "Nov", WHOLE]
    row = table.set_index(["period", "level", "assumption"]).loc[("Nov", "b", "no assumption")]
    assert (row["at_least"], row["typed"], row["described"], row["total"], row["unknown"]) == (2, 3, 3, 4, 1)
    assert (row["lower"], row["upper"], row["excess"]) == (0.5, 0.75, 0.5)
    whole = table.set_index(["period", "level", "assumption"]).loc[(WHOLE, "c", "no assumption")]
    assert (whole["at_least"], whole["typed"], whole["described"], whole["unknown_upper"]) == (1, 7, 9, 9)
    assert table["ratio"].notna().eq(table["assumption"] == "monotone selection").all()
    assert table["estimate"].notna().eq(table["assumption"] == "missing at random").all()


def test_all_problems_are_named_at_once():
    with pytest.raises(ValueError, match="described: fewer than are typed in row 2") as e:
        share_bounds([[1, 1], [2, 0]], [2, 1], [[1, 2, 3]], levels=["a", "a"], periods=["x", "all"], prob=1, ratio=0.5)
    for word in ("total: draws of shape (n, 2)", "levels: 2 different", "periods: 2 different", "prob: ", "ratio: "):
        assert word in str(e.value)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (([[1.5, 0]], [3]), "counts: whole numbers"),
        (([[-1, 0]], [3]), "counts: whole numbers"),
        (([[1, 0]], [np.nan]), "described: whole numbers"),
        (([[1, 0]], [1], [np.inf]), "total: whole numbers"),
        (([["1", "0"]], [1]), "counts: whole numbers"),
        (([[1]], [1]), "one column per level, at least two"),
        (([1, 2], [3]), "one row per period"),
        ((np.zeros((0, 2)), []), "one row per period"),
        (([[1, 0]], [1], np.zeros((0, 1))), "total: draws of shape"),
        (([[1, 0]], [1, 2]), r"described: one number per period, shape \(1,\)"),
    ],
)
def test_what_cannot_be_read_is_refused(what, message):
    with pytest.raises(ValueError, match=message):
        share_bounds(*what)
