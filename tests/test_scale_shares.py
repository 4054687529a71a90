"""Intervals of shares and the comparison of two periods: closed forms, exact coverage, quadrature, simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.stats.proportion import proportion_confint

from escalation.scale.mix.comparison import _mixed_quantiles, _superior, compare
from escalation.scale.mix.shares import count_interval, draw_at_least, share_interval

PROBS = (0.5, 0.9, 0.99)
COUNTS = st.integers(2, 4).flatmap(
    lambda K: st.tuples(*[st.lists(st.integers(0, 12), min_size=K, max_size=K) for _ in range(2)])
)


def run(earlier, later, seed=0, **options):
    return compare(earlier, later, rng=np.random.default_rng(seed), **options)


def urn(counts, c=1.0):
    """Probability of typed incidents in a given order: each level in proportion to c plus what came before."""
    seen, chance = np.zeros(len(counts)), 1.0
    for k, number in enumerate(counts):
        for _ in range(number):
            chance *= (c + seen[k]) / (len(counts) * c + seen.sum())
            seen[k] += 1
    return chance


# Intervals


@pytest.mark.parametrize("prob", PROBS)
def test_the_share_of_no_hit_and_of_all_hits_has_a_closed_form(prob):
    n, tail = np.arange(1, 60), (1 - prob) / 2
    lower, upper = share_interval(0, n, prob)
    assert (lower == 0).all()
    np.testing.assert_allclose(upper, 1 - tail ** (1 / n), rtol=1e-10)
    lower, upper = share_interval(n, n, prob)
    assert (upper == 1).all()
    np.testing.assert_allclose(lower, tail ** (1 / n), rtol=1e-10)


@pytest.mark.parametrize("prob", PROBS)
def test_the_share_equals_statsmodels(prob):
    hits, trials = np.array([1, 2, 7, 150, 0, 30]), np.array([19, 19, 8, 100_000, 30, 30])
    for ours, theirs in zip(
        share_interval(hits, trials, prob), proportion_confint(hits, trials, 1 - prob, "beta"), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("prob", PROBS)
@pytest.mark.parametrize("n", [1, 2, 5, 19, 60])
def test_the_share_is_held_at_least_as_often_as_promised(n, prob):
    m, p = np.arange(n + 1), np.linspace(0, 1, 401)[:, None]
    lower, upper = share_interval(m, n, prob)
    held = (stats.binom.pmf(m, n, p) * ((lower <= p) & (p <= upper))).sum(axis=1)
    assert held.min() >= prob - 1e-12


def test_without_trials_nothing_is_known_and_shapes_are_broadcast():
    lower, upper = share_interval(0, 0)
    assert (float(lower), float(upper)) == (0.0, 1.0)
    lower, upper = share_interval([[0], [1]], [1, 2, 3])
    assert lower.shape == upper.shape == (2, 3)


@pytest.mark.parametrize("prob", PROBS)
def test_the_rate_equals_the_chi_square_form_and_the_closed_form_of_no_event(prob):
    m, time, tail = np.arange(1, 50), 7.5, (1 - prob) / 2
    lower, upper = count_interval(m, time, prob)
    np.testing.assert_allclose(lower, stats.chi2.ppf(tail, 2 * m) / 2 / time, rtol=1e-9)
    np.testing.assert_allclose(upper, stats.chi2.isf(tail, 2 * m + 2) / 2 / time, rtol=1e-9)
    lower, upper = count_interval(0, time, prob)
    assert (float(lower), float(upper)) == (0.0, pytest.approx(-math.log(tail) / time))


@pytest.mark.parametrize("prob", PROBS)
def test_the_rate_is_held_at_least_as_often_as_promised(prob):
    m, rate = np.arange(400), np.geomspace(0.01, 200, 300)[:, None]
    lower, upper = count_interval(m, 2.0, prob)
    held = (stats.poisson.pmf(m, 2 * rate / 2) * ((lower <= rate / 2) & (rate / 2 <= upper))).sum(axis=1)
    assert held.min() >= prob - 1e-9


def test_without_exposure_every_rate_is_possible():
    lower, upper = count_interval([0, 2], [0.0, 1.0])
    assert (lower[0], upper[0]) == (0.0, math.inf)
    assert 0 < lower[1] < 2 < upper[1] < math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: share_interval(3, 2), "hits must not exceed trials"),
        (lambda: share_interval(-1, 2), "hits must be whole numbers of at least 0, got -1"),
        (lambda: share_interval(1.5, np.nan, 1.0), r"hits must be whole.*; trials must be whole.*; prob must be"),
        (lambda: share_interval([1, 2], [3, 4, 5]), r"hits has shape \(2,\) and trials has shape \(3,\)"),
        (lambda: count_interval(1, 0.0), "events need an exposure above 0"),
        (lambda: count_interval(1, -1.0), "exposure must be finite and at least 0, got -1.0"),
        (lambda: count_interval([1, 2], [1.0, 2.0, 3.0]), "they must fit"),
        (lambda: run([1, 2], [1, 2, 3]), r"at least two levels, got \(2,\) and \(3,\)"),
        (lambda: run([1], [1]), "at least two levels"),
        (
            lambda: run([-1, 0], ["a", "b"], prob=0.0, draws=0, concentration=0.0),
            "earlier must be whole.*; later must be whole.*; prob must.*; draws must.*; concentration must",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Comparison of two periods


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.sampled_from([0.5, 1.0, 2.0]))
def test_one_distribution_or_two_is_weighed_as_by_an_urn(counts, c):
    earlier, later = counts
    factor = urn(earlier, c) * urn(later, c) / urn([a + b for a, b in zip(earlier, later, strict=True)], c)
    found = run(earlier, later, concentration=c, draws=500)
    assert found.bayes_factor == pytest.approx(factor, rel=1e-8)
    assert found.same == pytest.approx(1 / (1 + factor), rel=1e-8)
    assert found.same + found.rises + found.falls + found.crosses == pytest.approx(1, abs=1e-12)
    assert 0 <= found.lower <= found.upper <= 1
    swapped = run(later, earlier, concentration=c, draws=500)
    assert swapped.superiority == pytest.approx(1 - found.superiority, abs=1e-12)
    assert swapped.same == pytest.approx(found.same, rel=1e-9)


@pytest.mark.parametrize(("earlier", "later"), [([3, 1], [1, 4]), ([0, 6], [2, 2]), ([9, 9], [0, 0])])
def test_with_two_levels_a_rise_equals_quadrature(earlier, later):
    old, new = (stats.beta(high + 1, low + 1) for low, high in (earlier, later))
    chance, _ = integrate.quad(lambda x: old.pdf(x) * new.sf(x), 0, 1)
    mean, _ = integrate.quad(lambda x: (0.5 + (new.mean() - x) / 2) * old.pdf(x), 0, 1)
    found = run(earlier, later, draws=100_000)
    assert found.rises == pytest.approx((1 - found.same) * chance, abs=0.006)
    assert found.crosses == 0
    assert found.superiority == pytest.approx(found.same / 2 + (1 - found.same) * mean, abs=1e-9)


def test_with_four_levels_everything_equals_plain_draws():
    earlier, later, rng = np.array([6, 2, 1, 1]), np.array([2, 3, 0, 5]), np.random.default_rng(8)
    n = 200_000
    p, q = rng.dirichlet(earlier + 1, n), rng.dirichlet(later + 1, n)
    gap = np.cumsum(p - q, axis=1)[:, :-1]
    above = (p[:, :, None] * q[:, None, :] * np.where(np.eye(4), 0.5, np.triu(np.ones((4, 4)), 1))).sum(axis=(1, 2))
    found = run(earlier, later)
    share = 1 - found.same
    assert found.rises == pytest.approx(share * (gap >= 0).all(axis=1).mean(), abs=0.015)
    assert found.falls == pytest.approx(share * (gap <= 0).all(axis=1).mean(), abs=0.015)
    assert found.superiority == pytest.approx(0.5 * found.same + share * above.mean(), abs=0.002)
    mixed = np.where(rng.random(n) < found.same, 0.5, above)
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(mixed, [0.05, 0.95])), abs=0.006)


@pytest.mark.parametrize("concentration", [0.1, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("K", [2, 3, 5])
def test_the_prior_of_a_rise_is_that_of_plain_draws_and_of_no_incidents(K, concentration):
    found = run([0] * K, [0] * K, concentration=concentration)
    assert found.prior_rises == 1 / (2 * K)
    assert found.rises == pytest.approx(1 / (2 * K), abs=0.008)
    assert found.falls == pytest.approx(1 / (2 * K), abs=0.008)
    assert (found.same, found.bayes_factor, found.superiority) == pytest.approx((0.5, 1.0, 0.5), abs=1e-12)
    if concentration >= 0.3:
        p, q = np.random.default_rng(3).dirichlet([concentration] * K, (2, 50_000))
        rises = (np.cumsum(p - q, axis=1)[:, :-1] >= 0).all(axis=1).mean()
        assert rises / 2 == pytest.approx(1 / (2 * K), abs=0.006)


def test_an_empty_period_leaves_the_question_open():
    found = run([0, 0, 0], [5, 1, 0])
    assert (found.same, found.bayes_factor) == pytest.approx((0.5, 1.0), abs=1e-12)
    assert found.lower < 0.5 < found.upper or 0.5 in (found.lower, found.upper)


def test_the_same_counts_draw_the_interval_to_one_half():
    found = run([300, 200, 100], [300, 200, 100])
    assert found.same > 0.98
    assert found.lower == found.upper == 0.5


def test_large_and_opposite_counts_stay_finite():
    found = run([1_000_000, 0, 0], [0, 0, 1_000_000], draws=1000)
    assert (found.same, found.bayes_factor) == (0.0, math.inf)
    assert found.rises == 1.0
    assert found.superiority == pytest.approx(1.0, abs=1e-5)
    assert found.lower > 0.99


def test_results_depend_on_the_counts_alone():
    assert run([3, 1, 0], [1, 0, 4]) == run(np.array([3.0, 1.0, 0.0]), (1, 0, 4))


def test_quantiles_of_a_mixture():
    values = np.array([0.1, 0.2, 0.6, 0.9])
    assert _mixed_quantiles(values, 0.0, (0.2, 0.9)) == (0.1, 0.9)
    assert _mixed_quantiles(values, 0.5, (0.3, 0.7)) == (0.5, 0.5)
    assert _mixed_quantiles(values, 0.5, (0.2, 0.8)) == (0.2, 0.6)
    assert _mixed_quantiles(values, 1.0, (0.001, 0.999)) == (0.5, 0.5)


def test_draws_of_at_least_have_the_moments_of_a_dirichlet():
    weights = np.tile([0.4, 2.0, 1.0, 3.0], (200_000, 1))
    drawn = draw_at_least(weights, np.random.default_rng(5))
    total = weights[0].sum()
    above = np.cumsum(weights[0][::-1])[::-1]
    assert (drawn[:, 0] == 1).all()
    np.testing.assert_allclose(drawn.mean(axis=0), above / total, atol=0.003)
    np.testing.assert_allclose(drawn.var(axis=0), above * (total - above) / total**2 / (total + 1), atol=0.001)
    expected = -weights[0][1] * weights[0][3] / total**2 / (total + 1)
    share = drawn - np.append(drawn[:, 1:], np.zeros((len(drawn), 1)), axis=1)
    assert np.cov(share[:, 1], share[:, 3])[0, 1] == pytest.approx(expected, abs=0.001)


@pytest.mark.slow
def test_what_is_said_of_truths_from_the_prior_is_right_as_often_as_it_says():
    rng = np.random.default_rng(21)
    for K, n in ((2, 8), (3, 15), (3, 60), (5, 20)):
        truths, said, ranks = [], [], []
        for _ in range(2000):
            p = rng.dirichlet(np.ones(K))
            same = rng.random() < 0.5
            q = p if same else rng.dirichlet(np.ones(K))
            counts = rng.multinomial(rng.integers(0, n + 1), p), rng.multinomial(rng.integers(0, n + 1), q)
            found = compare(*counts, rng=rng, draws=400)
            gap = np.cumsum(p - q)[:-1]
            truths.append([same, not same and (gap >= 0).all(), not same and (gap <= 0).all()])
            said.append([found.same, found.rises, found.falls])
            if not same:
                before, after = (draw_at_least(np.tile(c + 1.0, (99, 1)), rng) for c in counts)
                at_least = [np.cumsum(x[::-1])[::-1][None] for x in (p, q)]
                ranks.append((_superior(before, after) < _superior(*at_least)).sum())
        said, truths = np.array(said), np.array(truths)
        error = np.sqrt((said * (1 - said)).mean(axis=0) / len(said))
        assert (np.abs(said.mean(axis=0) - truths.mean(axis=0)) < 3.5 * error + 0.002).all()
        for column in range(3):  # also where it is said to be probable, and improbable
            for part in np.array_split(np.argsort(said[:, column]), 4):
                s, t = said[part, column], truths[part, column]
                assert abs(s.mean() - t.mean()) < 4 * np.sqrt((s * (1 - s)).mean() / len(part)) + 0.005
        assert stats.chisquare(np.bincount(np.array(ranks) // 10, minlength=10)).pvalue > 0.001


@pytest.mark.slow
def test_the_interval_of_the_superiority_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(22), []
    for _ in range(4000):
        p, q = rng.dirichlet(np.ones(3), 2)
        if rng.random() < 0.5:
            q = p
        found = compare(rng.multinomial(12, p), rng.multinomial(20, q), rng=rng, draws=1000)
        truth = float(_superior(*[np.cumsum(x[::-1])[::-1][None] for x in (p, q)])[0])
        held.append(found.lower - 1e-12 <= truth <= found.upper + 1e-12)
    assert 0.885 <= np.mean(held) <= 0.97  # the lump at .5 makes the interval hold more than its mass
