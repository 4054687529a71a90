"""Transforms, ranks and bands against enumeration, scipy's tests, the published algorithm and simulations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from escalation.calibration.uniform import ecdf, ecdf_band, pit_of_count, randomised_pit, uniformity


def test_pit_of_counts_is_uniform_if_and_only_if_calibrated():
    """20,000 Poisson counts; the Kolmogorov-Smirnov test of scipy is the judge."""
    rng = np.random.default_rng(2)
    rate = rng.uniform(0.2, 6.0, 20_000)
    count, u = rng.poisson(rate), rng.random(rate.size)
    right = randomised_pit(stats.poisson.cdf(count - 1, rate), stats.poisson.pmf(count, rate), u)
    assert stats.kstest(right, "uniform").pvalue > 0.01
    grid = np.arange(40)
    np.testing.assert_allclose(pit_of_count(stats.poisson.cdf(grid, rate[:, None]), count, u), right, atol=1e-9)
    wrong = pit_of_count(stats.poisson.cdf(grid, 1.1 * rate[:, None]), count, u)
    assert stats.kstest(wrong, "uniform").pvalue < 1e-6


def test_pit_of_a_count_beyond_the_support():
    assert pit_of_count([[0.5, 0.9]], [7], [0.3]).tolist() == [0.9]
    assert pit_of_count([[0.5, 1.0]], [0], [0.5]).tolist() == [0.25]


def test_uniformity_is_the_chi_square_test():
    rng = np.random.default_rng(5)
    ranks = rng.integers(0, 100, 1000)
    assert uniformity(ranks, 100) == pytest.approx(stats.chisquare(np.histogram(ranks, np.arange(0, 101, 5))[0]).pvalue)


def test_uniformity_holds_its_level_where_bins_do_not_divide_the_ranks():
    """51 ranks in 20 bins, 2,000 studies of 500 ranks: share below .05 within 3 standard errors and a margin of .01."""
    rng = np.random.default_rng(6)
    low = np.mean([uniformity(rng.integers(0, 51, 500), 51) < 0.05 for _ in range(2000)])
    assert abs(low - 0.05) < 0.015 + 0.01
    too_narrow = np.floor(51 * rng.beta(0.7, 0.7, 2000)).astype(int)
    assert uniformity(too_narrow, 51) < 1e-6


def test_uniformity_refuses_bins_that_are_too_thin():
    with pytest.raises(ValueError, match="fewer bins"):
        uniformity([1, 2, 3], 100)


@pytest.mark.parametrize(("n", "prob"), [(20, 0.9), (100, 0.95), (400, 0.8)])
def test_ecdf_band_has_its_joint_coverage(n, prob):
    """8,000 samples of n uniforms; at 50 points the discrete counts leave it at most .01 above `prob`."""
    rng = np.random.default_rng(7)
    at = np.arange(1, 51) / 50
    lower, upper = ecdf_band(n, at, prob)
    inside = 0
    for _ in range(8000):
        found = ecdf(rng.random(n), at)
        inside += bool(((found >= lower) & (found <= upper)).all())
    error = 3 * math.sqrt(prob * (1 - prob) / 8000)
    assert prob - error <= inside / 8000 <= prob + 0.01 + error


def test_ecdf_band_against_enumeration_of_all_counts():
    """Six values, three points: of all bands with one tail probability, the narrowest whose outcomes sum to `prob`."""
    n, prob, at = 6, 0.8, np.array([0.2, 0.5, 0.9])
    cells = np.diff([0.0, *at, 1.0])
    outcomes = [c for c in itertools.product(range(n + 1), repeat=3) if sum(c) <= n]
    weight = stats.multinomial.pmf([[*c, n - sum(c)] for c in outcomes], n, cells)
    total = np.cumsum(outcomes, axis=1)
    tails = np.minimum(stats.binom.cdf(total, n, at), stats.binom.sf(total - 1, n, at)).min(axis=1)
    enough = max(tail for tail in tails if weight[tails >= tail].sum() >= prob)
    lower, upper = ecdf_band(n, at, prob)
    inside = ((total >= n * lower - 1e-9) & (total <= n * upper + 1e-9)).all(axis=1)
    np.testing.assert_array_equal(inside, tails >= enough - 1e-12)
    assert weight[inside].sum() >= prob


def test_ecdf_band_is_as_wide_above_as_below():
    """1 - u is as uniform as u: mirrored points give the mirrored band."""
    lower, upper = ecdf_band(200, np.arange(1, 20) / 20)
    np.testing.assert_allclose(lower, 1 - upper[::-1], atol=1e-12)


def test_ecdf_band_is_closed_at_one():
    lower, upper = ecdf_band(5, [0.2, 1.0], 0.9)
    assert lower[-1] == upper[-1] == 1.0


def test_ecdf_band_is_that_of_the_published_simulation():
    """Säilynoja et al. (2022), algorithm 1: the tail probability is a quantile of the smallest one in a sample."""
    n, prob, at = 60, 0.95, np.arange(1, 30) / 30
    rng = np.random.default_rng(8)
    found = np.array([(rng.random(n)[:, None] <= at).sum(axis=0) for _ in range(6000)])
    smallest = 2 * np.minimum(stats.binom.cdf(found, n, at), stats.binom.sf(found - 1, n, at)).min(axis=1)
    tail = np.quantile(smallest, 1 - prob)
    lower, upper = ecdf_band(n, at, prob)
    assert np.abs(stats.binom.ppf(tail / 2, n, at) - n * lower).max() <= 1
    assert np.abs(n - stats.binom.ppf(tail / 2, n, 1 - at) - n * upper).max() <= 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: randomised_pit(0.8, 0.4, 0.5), r"below \+ at"),
        (lambda: randomised_pit(0.8, 0.1, np.nan), "u must"),
        (lambda: pit_of_count([[0.5, 0.4]], [-1], [0.1]), "0 or more; a distribution function must not fall"),
        (lambda: uniformity([5], 5, bins=9), "0 to 4.*needs 2 <= bins"),
        (lambda: ecdf([], [0.5]), "at least one value"),
        (lambda: ecdf_band(0, [0.5, 0.4], 2), "n = 0.*increase.*prob = 2"),
    ],
)
def test_bad_input_is_named_all_at_once(call, says):
    with pytest.raises(ValueError, match=says):
        call()
