"""Salvo sizes and interceptions against every whole number inside the ranges, and exact coverage."""

from itertools import combinations_with_replacement, product
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.scale.munitions import intercepted, median_rank, salvo

NAN, INF = np.nan, np.inf

ranges = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=5)
#: What reports may say: nothing, one end, both.
reports = st.lists(
    st.one_of(
        st.just((NAN, NAN)), st.integers(0, 9).map(lambda a: (a, NAN)), st.integers(1, 9).map(lambda b: (NAN, b)),
        st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda p: (min(p), max(p))),
    ),
    max_size=12,
)  # fmt: skip


def every(low, high):
    """Every combination of true numbers."""
    return product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))


@given(ranges)
def test_bounds_of_median_largest_and_sum_are_those_of_every_combination(pairs):
    low = np.array([a for a, _ in pairs])
    high = np.array([a + b for a, b in pairs])
    row = salvo(low, high, np.zeros(len(low), dtype=int), ["one"]).iloc[0]
    true = np.array(list(every(low, high)))
    for name, values in (
        ("median", np.median(true, axis=1)),
        ("largest", true.max(axis=1)),
        ("total", true.sum(axis=1)),
    ):
        assert (row[f"{name}_low"], row[f"{name}_high"]) == (values.min(), values.max())


def ends_by_count(values_low, values_high, prob):
    """The interval by trying every rank, with exact binomial sums."""
    n, best = len(values_low), None
    for r in range(1, (n + 1) // 2 + 1):
        if sum(comb(n, j) for j in range(r)) / 2**n <= (1 - prob) / 2 + 1e-15:
            best = r
    return (1.0, INF) if best is None else (sorted(values_low)[best - 1], sorted(values_high)[n - best])


@given(reports, st.sampled_from([0.5, 0.75, 0.9, 0.95]))
def test_the_interval_is_that_of_the_widest_safe_ranks(rows, prob):
    low, high = np.array(rows, dtype=float).reshape(-1, 2).T
    row = salvo(low, high, np.zeros(len(rows), dtype=int), ["one"], prob=prob).iloc[0]
    known = [(max(1.0, 0 if np.isnan(a) else a), INF if np.isnan(b) else b) for a, b in rows if a == a or b == b]
    assert (row["incidents"], row["reported"]) == (len(rows), len(known))
    if known:
        lows, highs = zip(*known, strict=True)
        assert (row["lower"], row["upper"]) == ends_by_count(lows, highs, prob)
        assert row["lower"] <= row["median_low"] <= row["median_high"] <= row["upper"]
    else:
        assert np.isnan(row[["lower", "upper", "median_low", "largest_high"]].astype(float)).all()
        assert row["total_low"] == row["total_high"] == 0


def test_ranks_of_the_sign_test():
    """Published 95 % ranks (tables of the sign test): 1 at n = 6, 2 at 9, 3 at 12, 4 at 15, 6 at 20, 8 at 25."""
    assert [median_rank(n, 0.95) for n in (5, 6, 8, 9, 11, 12, 15, 20, 25)] == [0, 1, 1, 2, 2, 3, 4, 6, 8]
    # Tails that a rank meets exactly: P(B = 0) = 1/16 for n = 4 and 2 (1/16) = 1 - .875; P(B <= 1) = 5/16 likewise.
    assert [median_rank(4, 0.875), median_rank(4, 0.375), median_rank(4, 0.8751)] == [1, 2, 0]
    assert [median_rank(1, 0.01), median_rank(2, 0.01), median_rank(3, 0.01)] == [0, 1, 1]


@pytest.mark.parametrize("chances", [(0.5, 0.3, 0.2), (0.3, 0.2, 0.5), (0.2, 0.6, 0.2), (0.45, 0.1, 0.45)])
@pytest.mark.parametrize("n", [3, 5, 6, 8])
def test_the_interval_covers_the_median_of_a_population_with_ties(chances, n):
    """Exact: every sample of n from {1, 2, 3} with its probability, told exactly and told as ranges."""
    median = 1 + int(np.searchsorted(np.cumsum(chances), 0.5))
    samples = np.array(list(combinations_with_replacement((1, 2, 3), n)))
    times = [[(sample == x).sum() for x in (1, 2, 3)] for sample in samples]
    weight = [factorial(n) * np.prod([p**t / factorial(t) for p, t in zip(chances, own, strict=True)]) for own in times]
    assert sum(weight) == pytest.approx(1)
    period, labels = np.repeat(np.arange(len(samples)), n), range(len(samples))
    wide = np.arange(samples.size) % 3
    for low, high in (
        (samples.ravel(), samples.ravel()),
        (samples.ravel() - wide, np.where(wide == 2, NAN, samples.ravel() + wide)),
    ):
        table = salvo(np.maximum(low, 1), high, period, labels)[:-1]
        held = (table["lower"] <= median) & (table["upper"] >= median)
        assert np.dot(held, weight) >= 0.9


def test_open_missing_and_unreported_ends():
    low = [2, NAN, NAN, 3, 0]
    high = [NAN, 4, NAN, INF, 2]
    row = salvo(low, high, [0] * 5, ["one"]).iloc[0]
    assert (row["incidents"], row["reported"]) == (5, 4)
    assert (row["total_low"], row["total_high"]) == (2 + 1 + 3 + 1, INF)
    assert (row["median_low"], row["median_high"]) == (1.5, INF)
    assert (row["largest_low"], row["largest_high"]) == (3, INF)
    assert (row["lower"], row["upper"]) == (1, INF)
    assert salvo([1, 1, 1], [1, 1, NAN], [0] * 3, ["one"])["median_high"][0] == 1


def test_periods_and_the_whole():
    table = salvo([1, 2, 9, 4], [1, 3, 9, 4], [0, 2, -1, 2], ["a", "b", "c"])
    assert table["period"].tolist() == ["a", "b", "c", "all"]
    assert table["incidents"].tolist() == [1, 0, 2, 3]
    assert table["total_low"].tolist() == [1, 0, 6, 7]
    assert table["total_high"].tolist() == [1, 0, 7, 8]
    none = salvo([], [], [], [])
    assert (none["period"].tolist(), none["incidents"].tolist()) == (["all"], [0])


@settings(max_examples=50)
@given(reports, st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_order_of_incidents_does_not_matter(rows, shift, random):
    low, high = np.array(rows, dtype=float).reshape(-1, 2).T
    down = np.where(np.arange(len(rows)) % 2 + shift % 2 > 0, np.fmin(high, shift), NAN)
    period = np.arange(len(rows)) % 2
    order = list(range(len(rows)))
    random.shuffle(order)
    assert salvo(low, high, period, "ab").equals(salvo(low[order], high[order], period[order], "ab"))
    before = intercepted(down, low, high, period, "ab")
    assert before.equals(intercepted(down[order], low[order], high[order], period[order], "ab"))


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 7)), min_size=1, max_size=4))
def test_the_share_intercepted_is_that_of_every_combination(rows):
    """True numbers lie in their ranges and are at least those intercepted."""
    low = np.array([a for a, _, _ in rows])
    high = np.array([a + b for a, b, _ in rows])
    down = np.minimum([c for _, _, c in rows], high)
    row = intercepted(down, low, high, np.zeros(len(low), dtype=int), ["one"]).iloc[0]
    shares = [down.sum() / sum(true) for true in every(low, high) if (down <= np.array(true)).all()]
    assert row["share_low"] == pytest.approx(min(shares))
    assert row["share_high"] == pytest.approx(max(shares))
    assert down.sum() / high.sum() <= row["share_low"] + 1e-12
    assert row["share_high"] <= min(1, down.sum() / low.sum()) + 1e-12


def test_incidents_with_one_figure_are_counted_and_left_out():
    down = [15, NAN, 2, NAN, 0, 1]
    low = [15, 3, NAN, NAN, 1, 2]
    high = [20, 3, NAN, NAN, 1, NAN]
    table = intercepted(down, low, high, [0, 0, 0, 0, 0, 1], ["one", "two", "three"]).set_index("period")
    assert table.loc["one", ["incidents", "munitions_only", "interception_only"]].tolist() == [2, 1, 1]
    assert table.loc["one", ["intercepted", "munitions_low", "munitions_high"]].tolist() == [15, 16, 21]
    assert table.loc["one", ["share_low", "share_high"]].tolist() == pytest.approx([15 / 21, 15 / 16])
    assert table.loc["two", ["share_low", "share_high", "munitions_high"]].tolist() == [0, 0.5, INF]
    assert table.loc["three", ["incidents", "intercepted"]].tolist() == [0, 0]
    assert table.loc["three", ["share_low", "share_high"]].isna().all()
    assert table.loc["all", ["incidents", "intercepted", "munitions_low"]].tolist() == [3, 16, 18]


def test_more_intercepted_than_fired_lists_every_row():
    with pytest.raises(ValueError, match=r"row 2: 3 intercepted of at most 2 munitions; row 4: 6 .* 5") as error:
        intercepted([1, 3, NAN, 6, 9], [1, 1, 2, NAN, 5], [2, 2, 2, 5, NAN], [0] * 5, ["one"])
    assert "row 5" not in str(error.value)


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ([3], [2], "row 1: low 3 exceeds high 2"),
        ([NAN], [0], "row 1: high 0, but an attack has at least one"),
        ([0], [0], "row 1: high 0, but an attack has at least one"),
        ([1.5], [2], "row 1: low must be a whole number of at least 0, got 1.5"),
        ([-1], [2], "row 1: low must be a whole number of at least 0, got -1"),
        ([INF], [INF], "row 1: low must be a whole number of at least 0, got inf"),
        ([1, 2], [2], "low and high: one number each"),
        ([[1]], [2], "low: one number per incident"),
    ],
)
def test_wrong_ranges_are_refused(low, high, message):
    with pytest.raises(ValueError, match=message):
        salvo(low, high, [0], ["one"])
    with pytest.raises(ValueError, match=message):
        intercepted([0], low, high, [0], ["one"])


def test_all_problems_are_named_at_once():
    with pytest.raises(ValueError, match="row 1: low 3 exceeds") as error:
        salvo([3, 1], [2, 0], [0, 1], ["all"], prob=0)
    for word in ("row 2: high 0", "periods: different labels", "period: integers from -1", "prob: "):
        assert word in str(error.value)
    with pytest.raises(ValueError, match="period: one index per incident"):
        salvo([3, 1], [3, 1], [0], ["one"])
    with pytest.raises(ValueError, match="period: integers from -1"):
        salvo([3], [3], [0.0], ["one"])
    with pytest.raises(ValueError, match=r"period: integers from -1 .* got \[-2\]"):
        salvo([3], [3], [-2], ["one"])
    with pytest.raises(ValueError, match="intercepted: one number per incident"):
        intercepted([1], [3, 1], [3, 1], [0, 0], ["one"])
