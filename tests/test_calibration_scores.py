"""The scores against brute force, closed forms, published values and simulations with known truth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from escalation.calibration.scores import Share, clustered_mean, covered, crps, paired_se


def every_pair(draws: np.ndarray, truth: np.ndarray, fair: bool) -> np.ndarray:
    """The score as it is defined: all pairs of draws, one by one."""
    n, out = len(draws), np.empty(truth.shape)
    for cell in np.ndindex(truth.shape):
        x = [draws[(i, *cell)] for i in range(n)]
        apart = sum(abs(a - b) for a in x for b in x) / (n * (n - 1) if fair else n * n)
        out[cell] = sum(abs(a - truth[cell]) for a in x) / n - apart / 2
    return out


@pytest.mark.parametrize("fair", [True, False])
@pytest.mark.parametrize("shape", [(), (3,), (2, 4)])
def test_crps_is_the_sum_over_all_pairs(fair, shape):
    rng = np.random.default_rng(1)
    for n in (2, 3, 10):
        draws, truth = rng.poisson(4, (n, *shape)), np.asarray(rng.poisson(4, shape))  # counts: with ties
        np.testing.assert_allclose(crps(draws, truth, fair=fair), every_pair(draws, truth, fair), atol=1e-12)


def test_crps_of_a_normal_is_the_closed_form():
    """Gneiting & Raftery (2007), eq. 21: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), on 20,000 quantiles."""
    mu, sigma, truth = 2.0, 3.0, np.array([-4.0, 2.0, 3.5, 9.0])
    draws = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000, mu, sigma)
    z = (truth - mu) / sigma
    exact = sigma * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    ensemble = np.repeat(draws[:, None], truth.size, axis=1)
    np.testing.assert_allclose(crps(ensemble, truth, fair=False), exact, atol=1e-3)


def test_fair_crps_has_the_score_of_the_distribution_as_its_mean():
    """Over all 27 ensembles of three draws from {0, 1, 4}; the plain one is larger by E|X - X'| / 2n."""
    values, prob, truth = (0.0, 1.0, 4.0), (0.5, 0.3, 0.2), 3.0
    weighted = list(zip(values, prob, strict=True))
    apart = sum(p * q * abs(a - b) for a, p in weighted for b, q in weighted)
    exact = sum(p * abs(a - truth) for a, p in weighted) - apart / 2
    mean = {True: 0.0, False: 0.0}
    for chosen in itertools.product(weighted, repeat=3):
        weight = math.prod(p for _, p in chosen)
        for fair in mean:
            mean[fair] += weight * float(crps([a for a, _ in chosen], truth, fair=fair))
    assert mean[True] == pytest.approx(exact)
    assert mean[False] == pytest.approx(exact + apart / 6)


def test_covered_counts_the_ends_and_refuses_missing_bands():
    assert covered([1, 1, 1], [2, 2, 2], [1, 2, 3]).tolist() == [True, True, False]
    with pytest.raises(ValueError, match="NaN"):
        covered([np.nan], [1], [1])
    with pytest.raises(ValueError, match="above their upper"):
        covered([2], [1], [1])


@pytest.mark.parametrize(
    ("hits", "n", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_share_has_the_published_wilson_interval(hits, n, lower, upper):
    """Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    assert Share(hits, n).interval(0.95) == pytest.approx((lower, upper), abs=5e-5)
    assert Share(hits, n).se == pytest.approx(np.std([1] * hits + [0] * (n - hits)) / math.sqrt(n))


def test_clustered_error_is_that_of_repeated_studies():
    """Days share their series' own level (variance 1) beside noise (variance 1): true error sqrt((1 + 1/50) / 12)."""
    rng = np.random.default_rng(3)
    studies = [clustered_mean(list(rng.normal(size=(12, 1)) + rng.normal(size=(12, 50)))) for _ in range(600)]
    truth = math.sqrt((1 + 1 / 50) / 12)
    assert np.std([s.value for s in studies]) == pytest.approx(truth, rel=0.1)
    assert math.sqrt(np.mean([s.se**2 for s in studies])) == pytest.approx(truth, rel=0.05)


def test_clustered_mean_weighs_series_not_days():
    assert clustered_mean([[1.0] * 100, [0.0]]).value == 0.5


def test_paired_error_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(4)
    a = rng.normal(size=15)
    b = a + rng.normal(0.3, 0.1, 15)
    assert paired_se(a, b) == pytest.approx(float(np.mean(a - b) / stats.ttest_rel(a, b).statistic))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: crps([[1.0, 2.0]], [1.0]), r"not \(1, 2\) and \(1,\); 1 draws; at least 2"),
        (lambda: crps([1.0, np.nan], 1.0), "finite"),
        (lambda: Share(3, 2), "0 <= hits <= n"),
        (lambda: clustered_mean([[]]), "at least 2 needed; empty or not finite: series 0"),
        (lambda: paired_se([1, 2], [1]), "one shape"),
    ],
)
def test_bad_input_is_named_all_at_once(call, says):
    with pytest.raises(ValueError, match=says):
        call()
