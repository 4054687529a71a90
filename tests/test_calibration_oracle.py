"""The oracles against enumeration with daily laws, and against the truth of simulations drawn from their own prior."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import lognorm, nbinom, poisson

from escalation.calibration.oracle import jump_oracle, pause_oracle, step_oracle
from escalation.lattice.prior import Prior


def daily_law(rate, phi, most):
    """P(j events on a day), j = 0..most."""
    j = np.arange(most + 1)
    if rate == 0:
        return (j == 0).astype(float)
    return poisson.pmf(j, rate) if phi == 0 else nbinom.pmf(j, rate / phi, 1 / (1 + phi))


def likelihood(increments, edges, rates, phi):
    """P(increments) by convolving the laws of single days: nothing assumes that sums stay in the family."""
    p = 1.0
    for n, a, b in zip(increments, edges[:-1], edges[1:], strict=True):
        law = np.array([1.0])
        for r in rates[a:b]:
            law = np.convolve(law, daily_law(r, phi, n))[: n + 1]
        p *= law[n]
    return p


CASES = [
    # increments, edges
    ([1, 0, 4, 9], [0, 3, 4, 9, 14]),
    ([0, 0, 2], [0, 1, 6, 12]),
    ([7], [0, 11]),
    ([2, 0, 0, 0, 1, 3, 4, 2], list(range(9))),
]


@pytest.mark.parametrize(("increments", "edges"), CASES)
@pytest.mark.parametrize("phi", [0.0, 0.5, 2.0])
def test_step_oracle_equals_enumeration(increments, edges, phi):
    T, rates = edges[-1], (0.4, 1.7)
    day = np.arange(T)
    weight = np.array([likelihood(increments, edges, np.where(day < s, *rates), phi) for s in range(1, T)])
    found = step_oracle(increments, edges, T, rates, phi)
    assert found.probability[0] == 0.0
    np.testing.assert_allclose(found.probability[1:], weight / weight.sum(), rtol=1e-9)
    run = np.cumsum(found.probability)
    for day_of, q in ((found.lower, 0.05), (found.median, 0.5), (found.upper, 0.95)):
        assert run[day_of] >= q > run[day_of] - found.probability[day_of]


@pytest.mark.parametrize(("increments", "edges"), CASES)
@pytest.mark.parametrize("phi", [0.0, 1.0])
@pytest.mark.parametrize("during", [0.0, 0.3])
def test_pause_oracle_equals_enumeration(increments, edges, phi, during):
    T, length = edges[-1], 3
    day = np.arange(T)
    paused = [
        likelihood(increments, edges, np.where((day >= s) & (day < s + length), during, 1.1), phi)
        for s in range(T - length + 1)
    ]
    none = likelihood(increments, edges, np.full(T, 1.1), phi)
    found = pause_oracle(increments, edges, T, 1.1, length, during, phi)
    assert found.log_odds == pytest.approx(math.log(np.mean(paused) / none), abs=1e-9)
    assert found.pause == pytest.approx(np.mean(paused) / (np.mean(paused) + none), rel=1e-9)
    np.testing.assert_allclose(found.start, paused / np.sum(paused), rtol=1e-9)


def test_a_pause_that_the_totals_exclude():
    found = pause_oracle([1] * 12, list(range(13)), 12, 1.0, 3)
    assert found.pause == 0.0
    assert found.log_odds == -math.inf
    assert np.isnan(found.start).all()


CENTRE, SPREAD, HAZARD = 1.0, 0.7, 0.15


def evidence(increments, edges, phi):
    """P(jump) and P(new regime on each day): a sum over all reset patterns and daily counts, rates by quadrature."""
    T = edges[-1]
    rate = np.exp(np.linspace(math.log(CENTRE) - 6 * SPREAD, math.log(CENTRE) + 6 * SPREAD, 400))
    mass = lognorm.pdf(rate, SPREAD, scale=CENTRE) * rate
    mass /= mass.sum()
    law = np.array([daily_law(r, phi, max(increments)) for r in rate])
    days = [
        [y for y in itertools.product(range(n + 1), repeat=b - a) if sum(y) == n]
        for n, a, b in zip(increments, edges[:-1], edges[1:], strict=True)
    ]
    counts = [sum(y, ()) for y in itertools.product(*days)]
    segment: dict[tuple[int, ...], float] = {}

    def regime(y):
        if y not in segment:
            segment[y] = float(mass @ law[:, y].prod(axis=1))
        return segment[y]

    by_jumps, change = np.zeros(2), np.zeros(T)
    for resets in itertools.product((0, 1), repeat=T - 1):
        starts = [0, *(t for t in range(1, T) if resets[t - 1]), T]
        p = sum(math.prod(regime(y[a:b]) for a, b in itertools.pairwise(starts)) for y in counts)
        w = p * HAZARD ** sum(resets) * (1 - HAZARD) ** (T - 1 - sum(resets))
        by_jumps[min(sum(resets), 1)] += w
        change[starts[1:-1]] += w
    constant = sum(regime(y) for y in counts)
    total = 5 / 8 * constant + 3 / 8 * by_jumps.sum()
    return 3 / 8 * by_jumps[1] / total, 3 / 8 * change / total


@pytest.mark.parametrize("phi", [0.0, 1.0])
@pytest.mark.parametrize(
    ("increments", "edges"),
    [([0, 4, 1, 0, 0, 5], list(range(7))), ([0, 1, 6, 5], [0, 2, 4, 5, 7]), ([1, 1, 0, 2, 1], [0, 2, 3, 5, 6, 7])],
)
def test_jump_oracle_equals_enumeration(increments, edges, phi):
    """With fine cells of rate; with those of the default prior, which are wide where events are few, to .004."""
    jump, change = evidence(increments, edges, phi)
    prior = Prior(centre=(CENTRE,), spread=(SPREAD,), hazard=(HAZARD,))
    for step, error in ((0.01, 1e-4), (0.05, 4e-3)):
        found = jump_oracle(increments, edges, edges[-1], phi, replace(prior, grid=(0.005, 100.0, step)))
        assert found.jump == pytest.approx(jump, abs=error)
        np.testing.assert_allclose(found.daily, change, atol=error)


def test_jump_oracle_knows_the_clumping():
    """The same burst is a jump for Poisson counts and much less of one where counts clump."""
    increments, edges = [3, 4, 2, 20, 3, 2], [0, 10, 20, 30, 40, 50, 60]
    assert jump_oracle(increments, edges, 60).jump > jump_oracle(increments, edges, 60, phi=3.0).jump + 0.2


def hidden(rng, rate, reports, phi=0.0):
    T = rate.size
    y = rng.poisson(rate) if phi == 0 else rng.poisson(rng.gamma(rate / phi, phi))
    edges = np.concatenate([[0], np.sort(rng.choice(np.arange(1, T), reports - 1, replace=False)), [T]])
    total = np.concatenate([[0], np.cumsum(y)])[edges]
    return np.diff(total), edges


@pytest.mark.parametrize("phi", [0.0, 1.0])
def test_step_interval_covers_the_day_drawn_from_its_prior(phi):
    """90 % intervals of 600 steps; days are discrete, so that coverage is at least nominal. Monte-Carlo error .012."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(600):
        first = int(rng.integers(1, 120))
        found = step_oracle(*hidden(rng, np.where(np.arange(120) < first, 1.0, 2.0), 40, phi), 120, (1.0, 2.0), phi)
        covered += found.lower <= first <= found.upper
    assert 0.86 < covered / 600 < 0.96


def test_pause_probability_is_the_share_of_pauses():
    """Half of 600 series pause; the mean of P(pause) over those called and not called is how many did."""
    rng = np.random.default_rng(2)
    truth, p = np.zeros(600), np.zeros(600)
    for i in range(600):
        rate = np.full(120, 0.5)
        truth[i] = rng.random() < 0.5
        if truth[i]:
            start = int(rng.integers(0, 111))
            rate[start : start + 10] = 0.0
        p[i] = pause_oracle(*hidden(rng, rate, 40), 120, 0.5).pause
    for called in (p > 0.5, p <= 0.5):
        error = math.sqrt((p[called] * (1 - p[called])).sum()) / called.sum()
        assert abs(p[called].mean() - truth[called].mean()) < 4 * error


def test_equal_rates_say_nothing_of_the_day():
    found = step_oracle([5, 3, 9], [0, 4, 9, 20], 20, (1.0, 1.0))
    np.testing.assert_allclose(found.probability[1:], 1 / 19)


@pytest.mark.parametrize(
    "oracle", [jump_oracle, lambda *a: step_oracle(*a, (1.0, 2.0)), lambda *a: pause_oracle(*a, 1.0)]
)
@pytest.mark.parametrize(
    ("increments", "edges", "message"),
    [
        ([1, 2], [0, 5], r"shapes \(2,\) and \(2,\)"),
        ([1, -2], [0, 5, 20], "smallest increment is -2"),
        ([1, 2], [0, 5, 19], "from 0 to T = 20"),
        ([1, 2], [0, 20, 20], "must increase"),
        ([1.0, 2.0], [0, 5, 20], "whole numbers"),
    ],
)
def test_bad_totals_are_refused(oracle, increments, edges, message):
    with pytest.raises(ValueError, match=message):
        oracle(increments, edges, 20)


def test_all_problems_at_once():
    with pytest.raises(ValueError, match=r"rate is 0.*phi is -1.*prob is 2.*from 0 to T = 9"):
        step_oracle([1, 2], [0, 5, 8], 9, (0.0, 1.0), -1.0, 2.0)
    with pytest.raises(ValueError, match=r"rate is nan.*during is -1.*length is 30"):
        pause_oracle([1, 2], [0, 5, 8], 8, math.nan, 30, -1.0)
    with pytest.raises(ValueError, match="one before and the one after"):
        step_oracle([1, 2], [0, 5, 8], 8, (1.0, 2.0, 3.0))
