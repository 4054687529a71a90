"""Changes of the distribution over levels: against all partitions, against simulated truths, and bad input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.scale.mix import marks
from escalation.scale.mix.markchanges import MarkChanges
from escalation.scale.mix.marks import HAZARDS, mark_changes

EVEN = (0.2, 0.05)


def run(day, rung, levels, days, seed=0, **options):
    return mark_changes(day, rung, levels, days, rng=np.random.default_rng(seed), **options)


def urn(rungs, K, c):
    """Probability of levels in a given order: each in proportion to c plus what came before."""
    seen, chance = np.zeros(K), 1.0
    for k in rungs:
        chance *= (c + seen[k]) / (K * c + seen.sum())
        seen[k] += 1
    return chance


def all_partitions(day, rung, K, T, hazards, constant=0.5, c=1.0, step=1):
    """Every set of change days with its posterior weight, the share of each level on each day, and the evidences."""
    firsts = range(0, T, step)
    evidence = np.zeros(1 + len(hazards))
    sets, weights, quiet = [], [], 0.0
    for some in itertools.product([False, True], repeat=len(firsts) - 1):
        changes = [d for d, yes in zip(firsts[1:], some, strict=True) if yes]
        ends = [0, *changes, T]
        chance = math.prod(
            urn([k for d, k in zip(day, rung, strict=True) if a <= d < b and k >= 0], K, c)
            for a, b in itertools.pairwise(ends)
        )
        prior = [0.0 if changes else 1.0]
        for h in hazards:
            go = 1 - (1 - h) ** step
            prior.append(go ** len(changes) * (1 - go) ** (len(firsts) - 1 - len(changes)))
        evidence += np.array(prior) * chance
        models = np.array([constant, *[(1 - constant) / len(hazards)] * len(hazards)])
        sets.append(tuple(changes))
        weights.append(models @ np.array(prior) * chance)
        quiet += models @ np.array(prior) if not changes else 0.0
    weights = np.array(weights)
    return sets, weights / weights.sum(), evidence, quiet


def mean_shares(day, rung, K, T, sets, weights, c=1.0):
    """Posterior mean of P(level >= k) on each day."""
    out = np.zeros((T, K))
    for changes, weight in zip(sets, weights, strict=True):
        for a, b in itertools.pairwise([0, *changes, T]):
            alpha = np.full(K, c)
            for d, k in zip(day, rung, strict=True):
                if a <= d < b and k >= 0:
                    alpha[k] += 1
            out[a:b] += weight * np.cumsum(alpha[::-1])[::-1] / alpha.sum()
    return out


def agree_exactly(found: MarkChanges, sets, weights, evidence, quiet):
    np.testing.assert_allclose(np.exp(found.models["log_evidence"]), evidence, rtol=1e-9)
    assert found.models["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert found.prior_no_change == pytest.approx(quiet, abs=1e-12)
    assert found.no_change == pytest.approx(weights[[not s for s in sets]].sum(), abs=1e-10)
    daily = [sum(w for s, w in zip(sets, weights, strict=True) if d in s) for d in range(found.days)]
    np.testing.assert_allclose(found.daily, daily, atol=1e-10)


SERIES = st.tuples(st.integers(1, 8), st.integers(1, 4)).flatmap(
    lambda size: st.tuples(
        st.just(size[0]),
        st.just(size[1]),
        st.lists(st.tuples(st.integers(0, size[0] - 1), st.integers(-1, size[1] - 1)), max_size=14),
    )
)


@settings(max_examples=60, deadline=None)
@given(
    SERIES, st.sampled_from([(0.1,), EVEN, (0.9, 0.3, 0.01)]), st.sampled_from([0.5, 0.0]), st.sampled_from([0.5, 2])
)
def test_probabilities_equal_the_sum_over_all_partitions(series, hazards, constant, c):
    T, K, incidents = series
    day, rung = [d for d, _ in incidents], [k for _, k in incidents]
    found = run(day, rung, K, T, hazards=hazards, constant=constant, concentration=c, draws=5)
    agree_exactly(found, *all_partitions(day, rung, K, T, hazards, constant, c))


@pytest.mark.parametrize(("T", "cells", "step"), [(10, 5, 2), (11, 5, 3), (10, 2_000, 1)])
def test_cells_of_several_days_equal_the_sum_over_their_partitions(monkeypatch, T, cells, step):
    monkeypatch.setattr(marks, "CELLS", cells)
    rng = np.random.default_rng(4)
    day, rung = rng.integers(0, T, 25), rng.integers(0, 3, 25)
    found = run(day, rung, 3, T, hazards=EVEN)
    assert found.step == step
    assert (found.change % step == 0).all()
    assert found.shares.shape == found.lower.shape == found.upper.shape == (T, 3)
    agree_exactly(found, *all_partitions(day, rung, 3, T, EVEN, step=step))


DAY = [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 8]
RUNG = [0, 0, 0, 1, 0, -1, 1, 0, 2, 2, 2, 1, 2, 2, -1]


def test_draws_have_the_exact_distribution():
    n, T, K = 40_000, 9, 3
    sets, weights, *_ = all_partitions(DAY, RUNG, K, T, EVEN)
    found = run(DAY, RUNG, K, T, hazards=EVEN, draws=n)
    assert (np.diff(found.draw) >= 0).all()
    assert found.n == found.number.size == n
    drawn = [[] for _ in range(n)]
    for i, day in zip(found.draw, found.change, strict=True):
        drawn[i].append(int(day))
    frequency = dict.fromkeys(sets, 0)
    for changes in drawn:
        frequency[tuple(changes)] += 1
    share = np.array([frequency[s] for s in sets]) / n
    assert (np.abs(share - weights) < 5 * np.sqrt(weights * (1 - weights) / n) + 1e-4).all()
    number = np.bincount([len(s) for s in sets], weights)
    np.testing.assert_allclose(np.bincount(found.number, minlength=T) / n, number, atol=0.012)
    np.testing.assert_allclose(np.bincount(found.change, minlength=T) / n, found.daily, atol=0.012)
    np.testing.assert_allclose(found.shares, mean_shares(DAY, RUNG, K, T, sets, weights), atol=0.006)


def test_draws_are_in_random_order():
    found = run(DAY, RUNG, 3, 9, draws=4000)
    some = (found.number > 0).astype(float)
    assert 0.1 < some.mean() < 0.95
    assert abs(some[:2000].mean() - some[2000:].mean()) < 0.06


def test_intervals_of_the_shares_are_those_of_one_beta_distribution_if_nothing_can_change():
    from scipy import stats

    found = run([0, 0, 3, 4, 4], [0, 2, 2, 1, 2], 3, 6, constant=1.0, draws=40_000, prob=0.8)
    assert (found.no_change, found.prior_no_change, found.change.size) == (1.0, 1.0, 0)
    assert math.isnan(found.bayes_factor)
    for k, (high, low) in {1: (6, 2), 2: (4, 4)}.items():
        np.testing.assert_allclose(found.lower[:, k], stats.beta(high, low).ppf(0.1), atol=0.006)
        np.testing.assert_allclose(found.upper[:, k], stats.beta(high, low).ppf(0.9), atol=0.006)
    for whole in (found.shares, found.lower, found.upper):
        assert (whole[:, 0] == 1).all()
        assert (whole[0] == whole).all()


@pytest.mark.parametrize(
    ("day", "rung", "levels"), [([], [], 3), ([1, 5, 50], [-1, -1, -1], 3), ([0, 3, 3, 60, 126], [0] * 5, 1)]
)
def test_without_anything_to_learn_the_posterior_is_the_prior(day, rung, levels):
    found = run(day, rung, levels, 127, draws=4000)
    exact = 0.5 + 0.5 * np.mean([(1 - h) ** 126 for h in HAZARDS])
    assert found.prior_no_change == pytest.approx(exact, abs=1e-12)
    assert found.no_change == pytest.approx(exact, abs=1e-9)
    assert found.bayes_factor == pytest.approx(1, abs=1e-8)
    np.testing.assert_allclose(found.daily[1:], 0.5 * np.mean(HAZARDS), rtol=1e-9)
    assert found.daily[0] == 0
    assert found.number.mean() == pytest.approx(126 * 0.5 * np.mean(HAZARDS), abs=0.12)


def test_on_one_day_nothing_can_change():
    found = run([0, 0, 0], [0, 1, 2], 3, 1)
    assert (found.no_change, found.prior_no_change, found.change.size) == (1.0, 1.0, 0)
    assert math.isnan(found.bayes_factor)
    assert found.candidates().empty


def known(rng, n=100, T=120, before=0.05, after=0.6):
    """Incidents whose share of the top level changes half way."""
    day = rng.integers(0, T, n)
    top = rng.random(n) < np.where(day < T // 2, before, after)
    return day, np.where(top, 2, rng.integers(0, 2, n))


def test_the_names_of_the_levels_and_the_order_of_the_rows_do_not_matter():
    rng = np.random.default_rng(6)
    day, rung = known(rng)
    plain = run(day, rung, 3, 120)
    for order in itertools.permutations(range(3)):
        renamed = run(day, np.array(order)[rung], 3, 120)
        assert renamed.no_change == plain.no_change
        for name in ("daily", "draw", "change"):
            np.testing.assert_array_equal(getattr(renamed, name), getattr(plain, name))
    rows = rng.permutation(100)
    shuffled = run(day[rows], rung[rows], 3, 120)
    for name in ("daily", "draw", "change", "shares", "lower", "upper"):
        np.testing.assert_array_equal(getattr(shuffled, name), getattr(plain, name))


def test_unknown_levels_change_nothing():
    day, rung = known(np.random.default_rng(7))
    more = run(np.append(day, [3, 3, 99]), np.append(rung, [-1, -1, -1]), 3, 120)
    np.testing.assert_array_equal(more.daily, run(day, rung, 3, 120).daily)


def test_a_level_that_nobody_used_has_no_small_print():
    found = run([0, 40, 80], [0, 2, 2], 4, 127)
    assert found.shares.shape == (127, 4)
    assert 0 < found.shares[:, 3].max() < found.shares[:, 2].max()


def test_a_change_of_the_top_level_is_found_where_it_is():
    rng, certain, near, held = np.random.default_rng(9), [], [], []
    for _ in range(40):
        found = run(*known(rng), 3, 120)
        certain.append(found.no_change < 0.1)
        best = found.candidates(n=1).iloc[0]
        near.append(best["start"] <= 63 and best["end"] >= 57)
        held.append((found.lower[[10, 110], 2] <= [0.05, 0.6]) & (found.upper[[10, 110], 2] >= [0.05, 0.6]))
    assert np.mean(certain) >= 0.95
    assert np.mean(near) >= 0.9
    assert np.mean(held) >= 0.8


@pytest.mark.parametrize(
    ("share", "n", "more_probable_than_not", "factor_of_ten"),
    [
        ((0.6, 0.3, 0.1), 100, 0.09, 0.035),
        ((1 / 3, 1 / 3, 1 / 3), 100, 0.185, 0.055),
        ((0.6, 0.3, 0.1), 20, 0.25, 0.035),
    ],
)
def test_a_constant_mixture_is_seldom_called_a_change(share, n, more_probable_than_not, factor_of_ten):
    # Measured over 1,000 series of 127 days: .04, .11 and .16 with P(no change) < 1/2; .01, .02 and .01 with a factor
    # above 10. The limits leave four standard errors of 300 series.
    rng = np.random.default_rng(11)
    found = [run(rng.integers(0, 120, n), rng.choice(3, n, p=share), 3, 120, draws=1) for _ in range(300)]
    assert np.mean([f.no_change < 0.5 for f in found]) <= more_probable_than_not
    assert np.mean([f.bayes_factor > 10 for f in found]) <= factor_of_ten


def test_candidates_are_windows_that_do_not_overlap_with_their_exact_share_of_draws():
    found = run(*known(np.random.default_rng(12), n=40), 3, 120)
    table = found.candidates(width=10, n=4)
    assert list(table.columns) == ["start", "end", "probability"]
    assert (table["end"] - table["start"] == 9).all()
    assert (np.diff(np.sort(table["start"])) >= 10).all()
    share = [
        np.unique(found.draw[(found.change >= s) & (found.change <= e)]).size / found.n
        for s, e in zip(table["start"], table["end"], strict=True)
    ]
    np.testing.assert_allclose(table["probability"], share, atol=1e-12)
    every = [np.unique(found.draw[(found.change >= s) & (found.change < s + 10)]).size / found.n for s in range(111)]
    assert table["probability"][0] == pytest.approx(max(every), abs=1e-12)
    assert run([0, 1], [0, 1], 2, 5).candidates(width=14, n=1)[["start", "end"]].to_numpy().tolist() == [[0, 4]]


def test_a_hundred_thousand_incidents_in_as_many_days():
    rng = np.random.default_rng(13)
    found = run(*known(rng, n=100_000, T=100_000), 3, 100_000, draws=500)
    assert found.step == 50
    assert found.shares.shape == (100_000, 3)
    assert found.no_change < 1e-6
    assert abs(int(found.daily.argmax()) - 50_000) <= 50
    quiet = run(*known(rng, n=100_000, T=100_000, before=0.3, after=0.3), 3, 100_000, draws=500)
    assert quiet.no_change > 0.99


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": [0, 10]}, "day must be integers from 0 to 9; 1 of 2 are not, such as 10"),
        ({"rung": [3, -2]}, "rung must be integers from -1 to 2; 2 of 2 are not, such as 3"),
        ({"day": [0.0, 1.5], "rung": [0, 7]}, "day must be integers.* type float64; rung must be.*such as 7"),
        ({"day": [0]}, r"one value per incident, got shapes \(1,\) and \(2,\)"),
        ({"levels": 0, "days": 2.5}, "levels must be.*got 0; days must be.*got 2.5"),
        ({"hazards": ()}, r"hazards must be one or more numbers between 0 and 1, got \(\)"),
        ({"hazards": (0.0, 0.5)}, "hazards must"),
        (
            {"constant": 1.5, "concentration": 0, "draws": 0, "prob": 1},
            "draws must.*; concentration must.*; prob must.*; constant must",
        ),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"day": [0, 1], "rung": [0, 1], "levels": 3, "days": 10}
    with pytest.raises(ValueError, match=message):
        mark_changes(**{**good, **change}, rng=np.random.default_rng(0))


def test_windows_need_a_width():
    with pytest.raises(ValueError, match="at least 1, got 0 and 3"):
        run([0], [0], 2, 5).candidates(width=0)


@pytest.mark.slow
def test_what_is_said_of_truths_from_the_prior_is_right_as_often_as_it_says():
    rng, T, K = np.random.default_rng(14), 90, 3
    said, truth, held, ranks = [], [], [], []
    for _ in range(2500):
        h = 0.0 if rng.random() < 0.5 else rng.choice(HAZARDS)
        new = rng.random(T) < h
        new[0] = True
        share = rng.dirichlet(np.ones(K), T)[np.maximum.accumulate(np.where(new, np.arange(T), 0))]
        day = rng.integers(0, T, rng.integers(5, 80))
        rung = (rng.random(day.size)[:, None] > np.cumsum(share[day], axis=1)[:, :-1]).sum(axis=1)
        found = mark_changes(day, rung, K, T, rng=rng, draws=199)
        said.append(1 - found.no_change)
        truth.append(new[1:].any())
        at = rng.integers(0, T)
        held.append(found.lower[at, 2] <= share[at, 2] <= found.upper[at, 2])
        below = (found.number < new[1:].sum()).sum()
        equal = (found.number == new[1:].sum()).sum()
        ranks.append(below + rng.integers(0, equal + 1))
    said, truth = np.array(said), np.array(truth)
    for part in np.array_split(np.argsort(said), 5):
        s, t = said[part], truth[part]
        assert abs(s.mean() - t.mean()) < 4 * np.sqrt((s * (1 - s)).mean() / len(part))
    assert np.mean(held) == pytest.approx(0.9, abs=0.025)
    tens = np.bincount(np.array(ranks) * 10 // 200, minlength=10)
    assert ((tens - 250) ** 2 / 250).sum() < 27.9  # chi-square with 9 degrees of freedom, p = .001
