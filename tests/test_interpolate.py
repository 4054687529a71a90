"""The simple interpolators against numpy, statsmodels and direct optimisation."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.interpolate import BSpline
from scipy.optimize import minimize

from escalation.reconstruct import pclm as pclm_module
from escalation.reconstruct.interpolate import (
    ASSUMES,
    INTERPOLATORS,
    Reason,
    linear,
    pchip,
    pclm,
    points,
    stated_before,
)
from escalation.reconstruct.pclm import MAX_SEGMENTS, RIDGE, SMOOTHING_GRID, fit_pclm

EVERY = pytest.mark.parametrize("method", INTERPOLATORS.values(), ids=INTERPOLATORS.keys())


# points -------------------------------------------------------------------------------------------


def test_points_take_the_median_of_exact_totals_before_bounds():
    days, totals, used, reason = points([2, 2, 2, 2, 4], [10, 12, 30, 99, 40], [1, 1, 1, 0, 0])
    assert days.tolist() == [2, 4]
    assert totals.tolist() == [12.0, 40.0]
    assert used.tolist() == [True, True, True, False, True]
    assert reason.tolist() == [0, 0, 0, Reason.BOUND_BESIDE_EXACT, 0]


def test_points_hold_the_running_maximum_and_say_where_it_was_stated():
    days, totals, used, reason = points([7, 3, 5], [70, 66, 60], [True, True, True])
    assert days.tolist() == [3, 5, 7]
    assert totals.tolist() == [66.0, 66.0, 70.0]
    assert used.tolist() == [True, True, False]
    assert reason[2] == Reason.BELOW_MAXIMUM
    assert stated_before(days, totals, 5) == (3, 66.0)


def test_an_equal_total_is_not_below_the_maximum():
    assert points([1, 4], [9, 9], [True, True])[2].all()


def test_days_before_the_window_become_one_point_at_their_maximum():
    days, totals, used, _ = points([-9, -2, -5, 3], [4, 6, 8, 9], [True] * 4)
    assert days.tolist() == [-1, 3]
    assert totals.tolist() == [8.0, 9.0]
    assert used.tolist() == [True, False, True, True]
    assert stated_before(days, totals, -2) == (-1, 8.0)


def test_points_of_nothing_are_empty():
    assert [a.size for a in points([], [], [])] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [3], [True]), "shapes"),
        (([1.5], [3], [True]), "whole-number"),
        (([1], [-3], [True]), "count 0 is -3"),
        (([1], [np.nan], [True]), "count 0 is nan"),
    ],
)
def test_points_refuse_what_is_not_a_total(arguments, message):
    with pytest.raises(ValueError, match=message):
        points(*arguments)


def test_stated_before_needs_a_point():
    with pytest.raises(ValueError, match="before the first point"):
        stated_before([3], [5.0], 2)


# contract of the three ----------------------------------------------------------------------------


def test_the_smooth_curve_ends_at_the_last_total_after_a_long_flat_stretch():
    days, totals, _, _ = points([37, 28], [0, 28], np.ones(2, dtype=bool))
    cumulative, _ = pclm(days, totals, 38)
    assert cumulative[days[-1]] == pytest.approx(totals[-1], rel=1e-9)


@EVERY
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_method_rises_from_the_start_and_is_silent_beyond_the_last_total(method, data):
    T = data.draw(st.integers(1, 40))
    day = data.draw(st.lists(st.integers(0, T - 1), min_size=1, max_size=12))
    count = data.draw(st.lists(st.integers(0, 300), min_size=len(day), max_size=len(day)))
    days, totals, _, _ = points(day, count, np.ones(len(day), dtype=bool))
    cumulative, daily = method(days, totals, T)
    last = days[-1]
    assert cumulative.shape == daily.shape == (T,)
    assert np.isnan(cumulative[last + 1 :]).all()
    assert np.isnan(daily[last + 1 :]).all()
    assert (daily[: last + 1] >= 0).all()
    assert_allclose(np.cumsum(daily[: last + 1]), cumulative[: last + 1], rtol=1e-12, atol=1e-9)
    assert cumulative[last] == pytest.approx(totals[-1], rel=1e-6, abs=1e-6)


@EVERY
def test_one_point_gives_a_constant_rate(method):
    cumulative, daily = method([4], [20], 6, 10.0)
    assert_allclose(daily[:5], 2.0)
    assert_allclose(cumulative[:5], [12, 14, 16, 18, 20])


@EVERY
def test_no_events_gives_zero(method):
    cumulative, daily = method([3, 6], [7, 7], 8, 7.0)
    assert_array_equal(daily[:7], 0.0)
    assert_array_equal(cumulative[:7], 7.0)


@EVERY
def test_a_point_before_the_window_is_the_start(method):
    assert_array_equal(method([-1, 4, 9], [5, 9, 20], 10), method([4, 9], [9, 20], 10, 5.0))


@EVERY
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 5), "none of the 0 points"),
        (([-1], [3], 5), "none of the 1 points"),
        (([5], [3], 5), "within -1 and 4"),
        (([3, 2], [3, 4], 5), "must increase"),
        (([2, 3], [4, 3], 5), "fall from 4 on day 2 to 3 on day 3"),
        (([2], [4], 5, 6.0), "fall from 6 on day -1 to 4 on day 2"),
        (([2], [4], 5, np.nan), "start_total is nan"),
    ],
)
def test_every_method_says_what_is_wrong(method, arguments, message):
    with pytest.raises(ValueError, match=message):
        method(*arguments)


def test_every_method_states_its_assumption():
    assert ASSUMES.keys() == INTERPOLATORS.keys()


# linear and pchip ---------------------------------------------------------------------------------


def some_totals(rng, T=90, m=20, rate=2.5):
    truth = np.cumsum(rng.poisson(rate, T))
    days = np.sort(rng.choice(T - 5, m, replace=False))
    return days, truth[days].astype(float)


def test_linear_is_numpy_interp():
    days, totals = some_totals(np.random.default_rng(1))
    cumulative, daily = linear(days, totals, 90, 0.0)
    expected = np.interp(np.arange(days[-1] + 1), np.append(-1, days), np.append(0.0, totals))
    assert_allclose(cumulative[: days[-1] + 1], expected, rtol=1e-14)
    assert_allclose(daily[: days[-1] + 1], np.diff(expected, prepend=0.0), atol=1e-12)


def test_pchip_passes_through_every_total_and_never_overshoots():
    days, totals = some_totals(np.random.default_rng(2))
    cumulative, _ = pchip(days, totals, 90)
    assert_allclose(cumulative[days], totals, rtol=1e-14)
    t = np.arange(days[-1] + 1)
    following = np.searchsorted(days, t)
    assert (cumulative[t] <= totals[following] + 1e-9).all()
    assert (cumulative[t] >= np.append(0.0, totals)[following] - 1e-9).all()


def test_pchip_of_equally_spaced_equal_increments_is_the_line():
    assert_allclose(pchip([1, 3, 5], [4, 8, 12], 6), linear([1, 3, 5], [4, 8, 12], 6), rtol=1e-12)


# pclm ---------------------------------------------------------------------------------------------


def direct_optimum(y, widths, smoothing, start):
    """Maximise the penalised likelihood with a general optimiser and a basis built function by function."""
    n = int(np.sum(widths))
    assert n <= MAX_SEGMENTS
    middle = np.arange(n) + 0.5
    basis = np.stack(
        [BSpline.basis_element(np.arange(j, j + 5), extrapolate=False)(middle) for j in range(-3, n)], axis=1
    )
    basis = np.nan_to_num(basis)
    composition = np.repeat(np.eye(len(y)), widths, axis=1)

    def loss(b):
        gamma = np.exp(basis @ b)
        mu = composition @ gamma
        second, first = np.diff(b, 2), np.diff(b)
        value = np.sum(mu - y * np.log(mu)) + smoothing / 2 * second @ second + RIDGE / 2 * first @ first
        slope = basis.T @ (gamma * (composition.T @ (1 - y / mu)))
        slope += smoothing * np.convolve(second, [1, -2, 1])
        slope += RIDGE * np.convolve(first, [-1, 1])
        return value, slope

    b0 = np.full(basis.shape[1], start)
    found = minimize(loss, b0, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 5000})
    return found.fun, np.exp(basis @ found.x)


@pytest.mark.parametrize("smoothing", [1.0, 50.0, 2000.0])
@pytest.mark.parametrize("width", [1, 4])
def test_pclm_is_the_direct_optimum(smoothing, width):
    rng = np.random.default_rng(3)
    y = rng.poisson(width * np.linspace(1, 6, 60 // width)).astype(float)
    widths = np.full(y.size, width)
    fit = fit_pclm(y, widths, smoothing)
    for start in (-1.0, 1.0, 2.5):
        _, daily = direct_optimum(y, widths, smoothing, start)
        assert_allclose(fit.daily, daily, rtol=2e-4)


def test_pclm_with_a_heavy_penalty_is_a_log_linear_poisson_regression():
    rng = np.random.default_rng(4)
    y = rng.poisson(np.exp(np.linspace(0.2, 1.8, 100))).astype(float)
    fit = fit_pclm(y, np.ones(100, dtype=int), 1e9)
    glm = sm.GLM(y, sm.add_constant(np.arange(100.0)), family=sm.families.Poisson()).fit()
    assert_allclose(fit.daily, glm.mu, rtol=1e-3)
    assert fit.deviance == pytest.approx(glm.deviance, rel=1e-4)
    assert fit.effective_dimension == pytest.approx(2.0, abs=1e-3)
    assert fit.aic == pytest.approx(glm.deviance + 4, rel=1e-4)


def test_effective_dimension_is_the_sensitivity_of_the_fit_to_the_counts():
    # When every day is observed the Hessian is the Fisher information, so that trace(d mu / d y) at the
    # optimum is the trace of the hat matrix.
    rng = np.random.default_rng(5)
    y = rng.poisson(8.0, 30).astype(float)
    ones = np.ones(30, dtype=int)
    step = 1e-3
    moved = [
        (fit_pclm(y + step * e, ones, 20.0).daily[i] - fit_pclm(y - step * e, ones, 20.0).daily[i]) / (2 * step)
        for i, e in enumerate(np.eye(30))
    ]
    assert fit_pclm(y, ones, 20.0).effective_dimension == pytest.approx(sum(moved), rel=1e-3)


def test_pclm_chooses_the_least_aic_of_the_grid():
    days, totals = some_totals(np.random.default_rng(6))
    y, widths = np.diff(totals, prepend=0.0), np.diff(days, prepend=-1)
    chosen = fit_pclm(y, widths)
    assert chosen.aic == pytest.approx(min(fit_pclm(y, widths, s).aic for s in SMOOTHING_GRID), abs=1e-3)


def wave_errors(replicates):
    """Mean relative error of the daily rate, of pclm and of straight lines: 120 days, 40 exact totals."""
    rng = np.random.default_rng(7)
    rate = 3 * np.exp(0.7 * np.sin(2 * np.pi * np.arange(120) / 120))
    errors = []
    for _ in range(replicates):
        truth = np.cumsum(rng.poisson(rate))
        days = np.append(np.sort(rng.choice(119, 39, replace=False)), 119)
        curves = [method(days, truth[days], 120)[1] for method in (pclm, linear)]
        errors.append([np.mean(np.abs(daily - rate) / rate) for daily in curves])
    return np.mean(errors, axis=0)


def test_pclm_recovers_a_smooth_rate():
    smooth, straight = wave_errors(8)
    assert smooth < 0.20
    assert smooth < straight / 2


def test_pclm_conserves_events():
    for seed in range(4):
        days, totals = some_totals(np.random.default_rng(seed), m=12)
        fit = fit_pclm(np.diff(totals, prepend=0.0), np.diff(days, prepend=-1))
        assert fit.daily.sum() == pytest.approx(totals[-1], rel=1e-6)
        assert_allclose(np.add.reduceat(fit.daily, np.append(0, days[:-1] + 1)), fit.increments)


@pytest.mark.parametrize(
    "y", [[5, 0, 0, 0], [0, 0, 0, 5], [0, 0, 50, 0, 0], [1e5, 1e5], [0.5, 1.5], [3000] + [1] * 30], ids=str
)
@pytest.mark.parametrize("width", [1, 25])
def test_pclm_survives_runs_of_zeros_and_spikes(y, width):
    fit = fit_pclm(y, np.full(len(y), width))
    assert np.isfinite(fit.daily).all()
    assert (fit.daily >= 0).all()
    assert fit.daily.sum() == pytest.approx(sum(y), rel=1e-5)


def test_pclm_takes_two_thousand_days():
    rng = np.random.default_rng(8)
    rate = 2 * np.exp(np.cos(2 * np.pi * np.arange(2000) / 700))
    fit = fit_pclm(rng.poisson(rate).astype(float), np.ones(2000, dtype=int))
    assert np.mean(np.abs(fit.daily / rate - 1)) < 0.10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "length, at least 1"),
        (([1, 2], [1]), "shape"),
        (([1, -2], [1, 1]), "increment 1 is -2"),
        (([1, 2], [1, 0]), "whole numbers of days"),
        (([1, 2], [1, 1], 0.0), "smoothing is 0"),
    ],
)
def test_pclm_refuses_impossible_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_pclm(*arguments)


def test_pclm_says_when_it_does_not_converge(monkeypatch):
    monkeypatch.setattr(pclm_module, "_MAX_STEPS", 1)
    with pytest.raises(RuntimeError, match="did not converge in 1 steps at smoothing 1e"):
        fit_pclm([1, 200, 3], [5, 5, 5])
