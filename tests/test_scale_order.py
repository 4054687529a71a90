import math
from fractions import Fraction
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau
from statsmodels.stats import nonparametric

from escalation.scale.order import permuted
from escalation.scale.order.association import association, jonckheere
from escalation.scale.order.intervalorder import IntervalOrder
from escalation.scale.order.permutation import enumerated_hits
from escalation.scale.order.superiority import superiority, superiority_bounds

NONE, ROUGH, ACCURATE = [40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]
MOTIVATION = np.repeat([0, 1, 2], 6), np.array(NONE + ROUGH + ACCURATE)
DAYS, LEVELS = [6, 15, 20, 20, 21, 81], [2, 1, 1, 0, 2, 2]


def seeded(seed=1):
    return np.random.default_rng(seed)


def signs(low, high):
    """The matrix of +1 where row i lies wholly below row j, -1 where wholly above."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    return (high[:, None] < low).astype(int) - (low[:, None] > high)


def every_score(first, last, low, high):
    """S of every one of the n! assignments of value rows to time rows; the first is the observed one."""
    a, b = signs(first, last), signs(low, high)
    rows = np.array(list(permutations(range(len(a)))))
    return sum(a[i, j] * b[rows[:, i], rows[:, j]] for i in range(len(a)) for j in range(i))


@st.composite
def columns(draw, least=2, most=6, ties_only=False):
    n = draw(st.integers(least, most))
    whole = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    wide = st.lists(st.sampled_from([0, 0, 1, 2, math.inf]), min_size=n, max_size=n)
    first, low = np.array(draw(whole)), np.array(draw(whole))
    if ties_only:
        return first, first, low, low
    return first, first + np.array(draw(wide)), low, low + np.array(draw(wide))


def check_against_every_permutation(first, last, low, high):
    scores = every_score(first, last, low, high)
    found = association(first, last, low, high, rng=seeded())
    assert found.score == scores[0] == found.concordant - found.discordant
    assert found.concordant + found.discordant == np.sum(np.triu(signs(first, last) * signs(low, high)) != 0)
    assert found.in_time == np.sum(np.triu(signs(first, last)) != 0)
    assert found.in_value == np.sum(np.triu(signs(low, high)) != 0)
    assert (found.method, found.error) == ("exact", 0)
    assert found.p == int(np.sum(abs(scores) >= abs(scores[0]))) / len(scores)
    assert scores.sum() == 0
    return scores


@settings(max_examples=150, deadline=None)
@given(columns())
def test_score_and_p_match_all_permutations_of_interval_data(data):
    check_against_every_permutation(*data)


@pytest.mark.parametrize("seed", range(8))
def test_score_and_p_match_all_permutations_of_seven_and_eight_rows(seed):
    rng = seeded(seed)
    n = 8 if seed < 2 else 7
    first, low = rng.integers(0, 9, n), rng.integers(0, 4, n)
    check_against_every_permutation(first, first + rng.integers(0, 5, n), low, low + rng.choice([0, 0, 1, np.inf], n))


@settings(max_examples=100, deadline=None)
@given(columns())
def test_the_variance_is_that_of_all_permutations(data):
    first, last, low, high = data
    scores = every_score(*data)
    exact = Fraction(int((scores**2).sum()), len(scores))
    assert permuted._variance(IntervalOrder.of(first, last), IntervalOrder.of(low, high)) == pytest.approx(float(exact))


@settings(max_examples=100, deadline=None)
@given(columns())
def test_each_distinct_arrangement_is_visited_once(data):
    first, last, low, high = data
    per_side = []
    for start, end in ((first, last), (low, high)):
        rows = [tuple(row) + tuple(column) for row, column in zip(signs(start, end), signs(start, end).T, strict=True)]
        per_side.append(len(set(permutations(rows))))
    assert association(*data, rng=seeded()).arrangements == min(per_side)
    carried, swept = permuted.fewer(IntervalOrder.of(first, last), IntervalOrder.of(low, high))[1:]
    lows, highs, rows = carried.classes()
    codes = np.repeat(np.arange(rows.size), rows)
    assert enumerated_hits(codes, lows, highs, *swept.sweep(), 0) == (min(per_side), min(per_side))


@settings(max_examples=100, deadline=None)
@given(columns(2, 30, ties_only=True))
def test_tau_is_tau_b_where_there_are_only_ties(data):
    first, _, low, _ = data
    assert association(*data, rng=seeded(), limit=0, replicates=1).tau == pytest.approx(
        kendalltau(first, low).statistic if np.ptp(first) and np.ptp(low) else math.nan, nan_ok=True
    )


@pytest.mark.parametrize("n", range(2, 10))
def test_p_is_kendalls_exact_p_without_ties(n):
    x, y = seeded(n).permutation(n), seeded(n + 50).permutation(n)
    expected = kendalltau(x, y, method="exact")
    found = association(x, x, y, rng=seeded())
    assert (found.p, found.tau) == pytest.approx((expected.pvalue, expected.statistic))
    assert (found.method, found.arrangements) == ("exact", math.factorial(n))


def test_six_documents_with_two_on_one_day():
    found = association(DAYS, DAYS, LEVELS, rng=seeded())
    scores = every_score(DAYS, DAYS, LEVELS, LEVELS)
    assert (found.concordant, found.discordant, found.in_time, found.in_value) == (6, 4, 14, 11)
    assert found.tau == pytest.approx(2 / math.sqrt(14 * 11))
    assert round(found.tau, 3) == 0.161
    assert Fraction(int(np.sum(abs(scores) >= 2)), 720) == Fraction(5, 6)
    assert (found.p, found.method, found.arrangements) == (5 / 6, "exact", 60)


@pytest.mark.parametrize(("limit", "replicates"), [(2_000_000, 1), (0, 199)])
@settings(max_examples=60, deadline=None)
@given(data=columns(), seed=st.integers(0, 99))
def test_relabelled_levels_moved_days_and_shuffled_rows_change_nothing(limit, replicates, data, seed):
    def found(first, last, low, high):
        return repr(association(first, last, low, high, rng=seeded(), limit=limit, replicates=replicates))

    first, last, low, high = data
    rows = seeded(seed).permutation(len(first))
    assert found(*data) == found(*(column[rows] for column in data))
    assert found(*data) == found(first, last, np.exp(low) - 7, np.exp(high) - 7)
    assert found(*data) == found(first**3 + 5, last**3 + 5, low, high)


@settings(max_examples=60, deadline=None)
@given(columns())
def test_reversed_levels_reverse_the_score_and_keep_p(data):
    first, last, low, high = data
    one, other = association(*data, rng=seeded()), association(first, last, -high, -low, rng=seeded())
    assert (other.score, other.p) == (-one.score, one.p)
    swapped = association(low, high, first, last, rng=seeded())
    assert (swapped.score, swapped.p) == (one.score, one.p)


def test_random_permutations_agree_with_enumeration_within_their_error():
    first, low = np.array([1, 2, 3, 3, 5, 6, 7, 9, 9]), np.array([0, 0, 1, 0, 2, 1, 1, 2, 2])
    data = first, first + np.arange(9) % 3, low
    exact = association(*data, rng=seeded())
    runs = [association(*data, rng=seeded(s), limit=0, replicates=499) for s in range(300)]
    assert {run.method for run in runs} == {"random permutations"}
    assert exact.method == "exact"
    p = np.array([run.p for run in runs])
    # P(hit) = p, so that the mean of (1 + hits) / 500 is (1 + 499 p) / 500; its standard error is that of 300 runs.
    true_error = math.sqrt(exact.p * (1 - exact.p) / 499)
    assert abs(p.mean() - (1 + 499 * exact.p) / 500) < 4 * true_error / math.sqrt(300)
    assert p.std() == pytest.approx(true_error, rel=0.15)
    assert np.median([run.error for run in runs]) == pytest.approx(true_error, rel=0.1)


def test_a_rule_chooses_enumeration_random_permutations_or_the_normal_law():
    def method(n, rare, **options):
        levels = np.repeat([0, 1], [n - rare, rare])
        return association(np.arange(n), np.arange(n), levels, rng=seeded(), **({"replicates": 9} | options)).method

    assert method(20, 2, limit=190) == "exact"
    assert method(20, 2, limit=189) == "random permutations"
    assert method(64, 1, limit=128) == "exact"
    assert method(64, 1, limit=127) == "random permutations"
    assert method(2000, 900) == "random permutations"
    assert method(2001, 900) == "normal"
    assert method(2001, 1) == "exact"


def test_the_normal_law_is_that_of_scipy_with_ties():
    x, y = seeded().integers(0, 400, 3000), seeded(2).integers(0, 3, 3000)
    found, expected = association(x, x, y, rng=seeded()), kendalltau(x, y, method="asymptotic")
    assert (found.p, found.tau) == pytest.approx((expected.pvalue, expected.statistic), rel=1e-9)
    assert found.method == "normal"
    assert math.isnan(found.error)


@pytest.mark.parametrize("shift", [0, 12])
def test_the_normal_law_of_interval_data_agrees_with_random_permutations(monkeypatch, shift):
    rng = seeded(5)
    n = 250
    low = rng.integers(0, 3, n)
    first, high = rng.integers(0, 100, n) + shift * low, np.where(rng.random(n) < 0.4, np.inf, low)
    data = first, first + rng.integers(0, 40, n), low, high
    random = association(*data, rng=seeded())
    monkeypatch.setattr(permuted, "_RANDOM_UP_TO", 100)
    normal = association(*data, rng=seeded())
    assert (random.method, normal.method) == ("random permutations", "normal")
    assert abs(normal.p - random.p) < 4 * random.error + 0.002


def test_a_hundred_thousand_rows_do_not_overflow_or_blow_up():
    n = 100_000
    rising = association(np.arange(n), np.arange(n), np.arange(n), rng=seeded())
    assert (rising.score, rising.tau, rising.p) == (n * (n - 1) // 2, 1, 0)
    assert rising.arrangements == math.inf
    first, low = seeded().integers(0, 300, n), seeded(2).integers(0, 3, n)
    last = first + seeded(3).integers(0, 20, n)
    starts = [np.bincount(first[low == k], minlength=330) for k in range(3)]
    ends = [np.cumsum(np.bincount(last[low == k], minlength=330)) for k in range(3)]
    before = [[int((starts[new][1:] * ends[old][:-1]).sum()) for new in range(3)] for old in range(3)]
    found = association(first, last, low, rng=seeded())
    assert found.concordant == before[0][1] + before[0][2] + before[1][2]
    assert found.discordant == before[1][0] + before[2][0] + before[2][1]


def test_the_variance_does_not_overflow():
    n = 4_000_000  # n³ / 3 is more than 2^64
    rows = np.arange(n)
    plain = IntervalOrder.of(rows, rows)
    assert plain.squares == n * (n * n - 1) // 3
    assert permuted._variance(plain, plain) == pytest.approx(n * (n - 1) * (2 * n + 5) / 18)


@pytest.mark.parametrize(
    ("first", "last", "low", "high"),
    [
        ([], [], [], None),
        ([3], [3], [0], None),
        ([1, 2, 3], [1, 2, 3], [1, 1, 1], None),
        ([5, 5, 5], [5, 5, 5], [0, 1, 2], None),
        ([1, 2, 3], [9, 9, 9], [0, 1, 2], None),
        ([1, 2, 3], [1, 2, 3], [0, 0, 0], [2, 2, 2]),
        ([1, 2, 3], [1, 2, 3], [0, 1, 2], [math.inf] * 3),
        (np.arange(3000), np.arange(3000), np.zeros(3000), None),
    ],
)
def test_nothing_decided_is_p_one_and_no_tau(first, last, low, high):
    found = association(first, last, low, high, rng=seeded())
    assert (found.n, found.score, found.p, found.method, found.error) == (len(first), 0, 1, "exact", 0)
    assert math.isnan(found.tau)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"last": [1, 1, 3]}, r"first must be at most last.*in 1 rows, first in row 1: 2 and 1"),
        ({"low": [0, np.nan, 1]}, "low must be at most high, without NaN"),
        ({"high": [0, 1, 0], "last": [0, 2, 3]}, "first must be at most last.*low must be at most high"),
        ({"low": [0, 1]}, "lengths differ: first 3, last 3, low 2, high 2"),
        ({"low": ["drone", "rocket", "drone"]}, "low is <U6 of shape"),
        ({"first": [[1, 2, 3]]}, r"first is int64 of shape \(1, 3\)"),
        ({"limit": -1}, "limit=-1"),
        ({"replicates": 0}, "replicates=0"),
    ],
)
def test_bad_input_is_refused_with_what_is_needed(change, message):
    given_ = {"first": [1, 2, 3], "last": [1, 2, 3], "low": [0, 1, 2]} | change
    with pytest.raises(ValueError, match=message):
        association(**given_, rng=seeded())


def null_without_ties(*sizes):
    """How many arrangements have each J: Gaussian multinomial coefficients (Mann & Whitney 1947, applied in turn)."""
    counts = {0: 1}
    for old, new in zip(np.cumsum(sizes)[:-1].tolist(), sizes[1:], strict=True):
        # Ways to place `new` rows among `old` ones by the number of old rows below each, summed: partitions in a box.
        boxes = {(0, 0): 1}
        for below in range(old + 1):
            grown = {}
            for (used, total), ways in boxes.items():
                for more in range(new - used + 1):
                    key = (used + more, total + more * below)
                    grown[key] = grown.get(key, 0) + ways
            boxes = grown
        step = {total: ways for (used, total), ways in boxes.items() if used == new}
        joined = {}
        for (a, x), (b, y) in product(counts.items(), step.items()):
            joined[a + b] = joined.get(a + b, 0) + x * y
        counts = joined
    return counts


def null_with_ties(sizes, values):
    """How many arrangements of groups over tied values have each 2 J: one value after another, by what is used up."""
    states = {(0,) * len(sizes): {0: 1}}
    for many in np.unique(values, return_counts=True)[1]:
        grown = {}
        for used, scores in states.items():
            for here in product(*(range(min(s - u, many) + 1) for s, u in zip(sizes, used, strict=True))):
                if sum(here) != many:
                    continue
                gain = sum(here[g] * (2 * used[f] + here[f]) for g in range(len(sizes)) for f in range(g))
                ways = math.factorial(many) // math.prod(map(math.factorial, here))
                room = grown.setdefault(tuple(u + h for u, h in zip(used, here, strict=True)), {})
                for score, n in scores.items():
                    room[score + gain] = room.get(score + gain, 0) + n * ways
        states = grown
    return states[tuple(sizes)]


def tail(counts, at_least):
    return Fraction(sum(ways for score, ways in counts.items() if score >= at_least), sum(counts.values()))


def test_hollander_and_wolfe_motivation_data():
    found = jonckheere(*MOTIVATION, rng=seeded())
    assert found.statistic == 79
    assert (found.method, found.arrangements) == ("random permutations", 17_153_136)
    # The book's one-sided .0231 is that of untied values; the law given the ties is a little narrower.
    assert round(float(tail(null_without_ties(6, 6, 6), 79)), 4) == 0.0231
    # Groups of one size: J* is symmetric about 54, so that the two-sided p is twice the one-sided.
    exact = float(2 * tail(null_with_ties((6, 6, 6), MOTIVATION[1]), 2 * 79))
    assert abs(found.p - exact) < 4 * found.error


@pytest.mark.parametrize("sizes", [(2, 3, 2), (4, 1), (1, 1, 1, 3)])
def test_jonckheere_p_matches_a_count_over_values(sizes):
    values = seeded(sum(sizes)).integers(0, 4, sum(sizes))
    found = jonckheere(np.repeat(np.arange(len(sizes)), sizes), values, rng=seeded())
    cross = (sum(sizes) ** 2 - sum(s * s for s in sizes)) // 2
    counts = null_with_ties(sizes, values)
    hits = sum(ways for double, ways in counts.items() if abs(double - cross) >= abs(2 * found.statistic - cross))
    assert found.p == hits / sum(counts.values())
    assert found.method == "exact"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), min_size=2, max_size=4))
def test_jonckheere_counts_pairs_of_groups(samples):
    expected = sum(
        (x < y) + (x == y) / 2 for g in range(len(samples)) for f in range(g) for x in samples[f] for y in samples[g]
    )
    group = np.repeat(np.arange(len(samples)) * 10, [len(sample) for sample in samples])
    assert jonckheere(group, np.concatenate(samples), rng=seeded(), limit=0, replicates=1).statistic == expected


@pytest.mark.skipif(
    not hasattr(nonparametric, "jonckheere_terpstra"), reason="statsmodels before 0.15 has no jonckheere_terpstra"
)
@pytest.mark.parametrize("seed", range(5))
def test_jonckheere_agrees_with_statsmodels(seed):
    samples = [seeded(seed * 10 + g).integers(0, 5, 700 + 30 * g + 2 * seed) for g in range(4)]
    group = np.repeat(np.arange(4), [len(sample) for sample in samples])
    expected = nonparametric.jonckheere_terpstra(samples, alternative="two-sided")
    found = jonckheere(group, np.concatenate(samples), rng=seeded())
    assert found.statistic == expected.statistic
    assert (found.tau, found.p) == pytest.approx((expected.tau, expected.pvalue), rel=1e-9)
    assert found.method == "normal"


counts = st.lists(st.integers(0, 6), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(counts, counts)
def test_superiority_agrees_with_statsmodels(earlier, later):
    found = superiority(earlier, later)
    if not (sum(earlier) and sum(later)):
        assert math.isnan(found)
        return
    pairs = product(np.repeat(range(3), earlier), np.repeat(range(3), later))
    assert found == pytest.approx(np.mean([(y > x) + (y == x) / 2 for x, y in pairs]))
    assert found + superiority(later, earlier) == pytest.approx(1)
    if min(sum(earlier), sum(later)) > 1:
        with np.errstate(all="ignore"):  # its variance is 0 where each side has one level; the value stands
            expected = nonparametric.rank_compare_2ordinal(later, earlier).prob1
        assert found == pytest.approx(expected)


def every_completion(known, unknown):
    for cut in product(range(unknown + 1), repeat=len(known) - 1):
        if all(a <= b for a, b in pairwise(cut)):
            ends = (0, *cut, unknown)
            yield [k + b - a for k, a, b in zip(known, ends[:-1], ends[1:], strict=True)]


@settings(max_examples=80, deadline=None)
@given(counts, counts, st.integers(0, 4), st.integers(0, 4))
def test_superiority_bounds_are_the_extremes_of_all_completions(earlier, later, earlier_unknown, later_unknown):
    least, greatest = superiority_bounds(earlier, later, earlier_unknown, later_unknown)
    values = [
        superiority(old, new)
        for old in every_completion(earlier, earlier_unknown)
        for new in every_completion(later, later_unknown)
    ]
    assert [least, greatest] == pytest.approx([min(values), max(values)], nan_ok=True)


def test_superiority_at_its_edges():
    assert superiority([0, 0, 4], [9, 0, 0]) == 0
    assert superiority([7], [2]) == 0.5
    assert superiority_bounds([0, 0], [0, 0], 3, 5) == (0, 1)
    assert superiority_bounds([4, 2], [1, 1], 0, 0) == (superiority([4, 2], [1, 1]),) * 2
    assert all(map(math.isnan, superiority_bounds([1, 0], [0, 0], 3, 0)))


@pytest.mark.parametrize(
    ("earlier", "later", "unknown"),
    [([1, 2], [1], 0), ([1, -1], [1, 1], 0), ([1.5, 0], [1, 1], 0), ([], [], 0), (["1"], ["1"], 0), ([1], [1], -1)],
)
def test_counts_that_are_none_are_refused(earlier, later, unknown):
    with pytest.raises(ValueError, match="needed: whole counts of at least 0"):
        superiority_bounds(earlier, later, unknown, 0)
