"""Draws without an event on one side: the interval must move smoothly with their share, and still cover.

Tails are checked against beta and t distributions called apart, coverage against series whose true ratio is known.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, t

from escalation.changes.effects.pooling import (
    Pooled,
    conditional_contrast,
    conditional_tails,
    mixed_contrast,
    pool,
    vacuous,
)
from escalation.changes.effects.regression import Span, design, fit_glm, increments, regress

DAYS = 28
SPAN = Span(20, 26, 14, "window")
STATED = np.array([5, 7, 8, 11, 13, 16, 17, 19, 22, 24, 26])


def totals(y) -> np.ndarray:
    """Cumulative counts from the beginning of the first day, last axis days."""
    return np.concatenate([np.zeros((len(y), 1)), np.cumsum(y, axis=1)], axis=1)


def with_inside(inside, rng) -> np.ndarray:
    """Draws with the given counts in the window, and about 27 before it."""
    y = np.zeros((len(inside), DAYS), dtype=np.int64)
    y[:, 6:20] = rng.multinomial(27, np.full(14, 1 / 14), len(inside))
    for row, n in zip(y, inside, strict=True):
        row[20:27] = rng.multinomial(n, np.full(7, 1 / 7))
    return y


# --- the rule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prob", [0.5, 0.9])
@pytest.mark.parametrize("separated", [1, 40, 150])
def test_the_bounds_are_those_of_both_kinds_of_draws_in_their_shares(separated, prob):
    rng = np.random.default_rng(1)
    y = with_inside(np.r_[np.zeros(separated, dtype=int), rng.integers(1, 5, 200 - separated)], rng)
    y[0, 6:20], y[0, 21] = 0, 2  # one of them the other way round
    found = regress(totals(y), STATED, SPAN, prob)
    assert (found.separated, found.exact) == (separated, False)

    breaks = increments(SPAN, STATED)
    counts, X = np.diff(totals(y)[:, breaks], axis=1), design(breaks, SPAN)
    fits = np.array([fit_glm(row, np.diff(breaks), X) for row in counts[separated:]])
    regular = pool(fits[:, 0], fits[:, 1], len(breaks) - 3)
    n, total = y[:separated, 20:27].sum(axis=1), y[:separated, 6:27].sum(axis=1)
    share = separated / 200

    def mass(ratio: float, *, low: float, high: float) -> float:
        """Clopper-Pearson tails as beta distributions; none inside puts all mass at 0, none before at infinity."""
        p = 7 * ratio / (7 * ratio + 14)
        lower = np.where(n > 0, beta.cdf(p, np.maximum(n, 1), total - n + 1), 1.0).mean()
        upper = np.where(n < total, beta.cdf(p, n + 1, np.maximum(total - n, 1)), 0.0).mean()
        x = (np.log(ratio) - regular.estimate) / regular.error
        return (1 - share) * t.cdf(x, regular.df) + share * (low * lower + high * upper)

    tail = (1 - prob) / 2
    assert mass(found.contrast.ratio, low=0.5, high=0.5) == pytest.approx(0.5, abs=1e-8)
    assert mass(found.contrast.upper, low=0.0, high=1.0) == pytest.approx(1 - tail, abs=1e-8)
    if share * (n == 0).mean() >= tail:
        assert found.contrast.lower == 0.0
    else:
        assert mass(found.contrast.lower, low=1.0, high=0.0) == pytest.approx(tail, abs=1e-8)


def test_the_ends_are_the_pool_and_the_exact_interval():
    pooled = Pooled(-1.2, 0.6, 9.0, 0.4)
    draws = [0, 0, 0], [14, 10, 12]
    tails = conditional_tails(*draws, 7, 14)
    for share, expected in ((0.0, pooled.contrast(0.9)), (1.0, conditional_contrast(*draws, 7, 14, 0.9))):
        found = mixed_contrast(pooled, tails, share, 0.9)
        for name in ("ratio", "lower", "upper"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-8)


def test_one_more_separated_draw_moves_no_bound_far():
    rng = np.random.default_rng(2)
    y = with_inside(rng.choice([1, 2, 3, 4], 200, p=[0.4, 0.3, 0.2, 0.1]), rng)
    uppers = []
    for separated in range(201):
        some = y.copy()
        some[:separated, 20:27] = 0
        uppers.append(regress(totals(some), STATED, SPAN).contrast.upper)
    steps = np.abs(np.diff(np.log(uppers)))
    assert uppers[0] > 1.5 * uppers[200]  # the two rules are far apart
    assert steps.max() < 0.1
    assert steps[:100].max() < 0.03


def test_the_bounds_do_not_hang_on_a_draw_or_two_without_an_event():
    """One reconstruction drawn six times, none to three of 200 draws without an event in the window."""
    found = []
    for seed in range(6):
        rng = np.random.default_rng([3, seed])
        inside = rng.choice(6, 200, p=[0.005, 0.27, 0.37, 0.2, 0.1, 0.055])
        found.append(regress(totals(with_inside(inside, rng)), STATED, SPAN))
    assert {f.separated > 0 for f in found} == {True, False}
    uppers = [f.contrast.upper for f in found]
    assert max(uppers) < 1.25 * min(uppers)


def test_draws_of_a_slope_that_say_nothing_widen_its_interval():
    rng = np.random.default_rng(4)
    y = rng.poisson(2.0, (200, 40))
    span, stated = Span(20, 33, 14, "slope"), np.arange(40)
    breaks = increments(span, stated)
    counts, X = np.diff(totals(y)[:, breaks], axis=1), design(breaks, span)
    fits = np.array([fit_glm(row, np.diff(breaks), X) for row in counts])
    widths = []
    for separated in (0, 4, 8):
        some = y.copy()
        some[:separated, 6:34] = 0
        found = regress(totals(some), stated, span)
        regular, share = pool(*fits[separated:, :2].T, len(breaks) - 4), separated / 200
        reach = t.ppf((0.05 - share) / (1 - share), regular.df) * regular.error
        assert (found.separated, found.exact) == (separated, False)
        assert found.contrast.ratio == pytest.approx(np.exp(7 * regular.estimate), rel=1e-7)
        assert found.contrast.lower == pytest.approx(np.exp(7 * (regular.estimate + reach)), rel=1e-7)
        assert found.contrast.upper == pytest.approx(np.exp(7 * (regular.estimate - reach)), rel=1e-7)
        widths.append(np.log(found.contrast.upper / found.contrast.lower))
    assert widths == sorted(widths)
    y[:100, 6:34] = 0
    half = regress(totals(y), stated, span)
    assert (half.contrast.lower, half.contrast.upper) == (0.0, np.inf)
    assert np.isfinite(half.contrast.ratio)
    y[100, 6:34] = 0
    most = regress(totals(y), stated, span)
    assert (most.separated, most.exact) == (101, True)
    assert np.isnan(most.contrast.ratio)


def test_tails_without_any_event_allow_any_ratio():
    assert conditional_tails([0, 0], [0, 0], 7, 14)(0.3) == vacuous(0.3) == (1.0, 0.0)


# --- simulations with a known truth -----------------------------------------------------------------------------


def completed(total, told, rng, draws=200, sweeps=15) -> np.ndarray:
    """Draw the daily counts given totals, days of the window known, both rates not (data augmentation)."""
    T = total.size
    inside = (np.arange(T) >= SPAN.first) & (np.arange(T) <= SPAN.last)
    gaps = np.split(np.arange(T), told + 1)
    known = np.diff(np.r_[0, total[told]])
    rate, y = np.full((draws, T), 1.5), np.zeros((draws, T), dtype=np.int64)
    for _ in range(sweeps):
        for gap, n in zip(gaps, known, strict=False):  # behind the last total there is none
            p = rate[:, gap]
            y[:, gap] = rng.multinomial(n, p / p.sum(axis=1, keepdims=True))
        y[:, gaps[-1]] = rng.poisson(rate[:, gaps[-1]])
        for side in (inside, ~inside):
            rate[:, side] = rng.gamma(y[:, side].sum(axis=1) + 0.5, 1 / side.sum())[:, None] + 1e-12
    return y


def simulated(ratio: float, series: int, seeds: int, rule=regress) -> dict[str, float]:
    """Coverage, share that excludes 1, and the spread of the log upper bound over seeds on the same totals.

    Seven days at `ratio` times 1.5 events a day against 14 days at 1.5; exact totals on 14 of 35 days.
    """
    upper, lower, share = np.empty((3, series, seeds))
    for i in range(series):
        rng = np.random.default_rng([7, int(10 * ratio), i])
        total = rng.poisson(np.where((np.arange(35) >= 20) & (np.arange(35) < 27), 1.5 * ratio, 1.5)).cumsum()
        told = np.sort(rng.choice(35, 14, replace=False))
        for seed in range(seeds):
            found = rule(totals(completed(total, told, np.random.default_rng([8, i, seed]))), told, SPAN)
            upper[i, seed], lower[i, seed], share[i, seed] = (
                found.contrast.upper, found.contrast.lower, found.separated / 200,
            )  # fmt: skip
    low, high = share.min(axis=1), share.max(axis=1)
    sd = np.full(series, np.nan)
    finite = np.isfinite(upper).all(axis=1)
    sd[finite] = np.log(upper[finite]).std(axis=1, ddof=1)
    now_and_then = (low == 0) & (high > 0)
    out = (upper < 1) | (lower > 1)
    return {
        "covered": ((lower <= ratio) & (ratio <= upper)).mean(),
        "excludes_1": out.mean(),
        "flips": (out.any(axis=1) & ~out.all(axis=1)).mean(),
        "spread": np.nanmean(sd),
        "spread_now_and_then": np.nanmean(sd[now_and_then]) if now_and_then.any() else np.nan,
        "spread_max": np.nanmax(sd),
        "now_and_then": now_and_then.sum(),
        "partly": ((high > 0) & (low < 1)).mean(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [1.0, 0.3, 0.1])
def test_the_interval_covers_where_draws_separate(ratio):
    """600 series gave .98, .97, .97; at a ratio of 1 a spread of .09 where only some seeds separate (a switch: .28)."""
    found = simulated(ratio, 300, 4)
    assert found["covered"] >= 0.88
    if ratio == 1.0:
        assert found["now_and_then"] >= 3
        assert found["spread_now_and_then"] < 0.15
