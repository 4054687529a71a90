"""The recursions against brute-force enumeration, closed forms, and their own draws."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import nbinom, poisson

from escalation.lattice import band as band_module
from escalation.lattice import kernels, sampling
from escalation.lattice.band import Problem, find_band, pack
from escalation.lattice.posterior import infer
from escalation.lattice.prior import Prior, drift_matrix, increments


def whole_band(problem: Problem, most: int) -> band_module.Band:
    days, size = problem.log_evidence.shape
    return pack(problem, np.zeros(days, int), np.full(days, size - 1), most)


def dense_drift(drift: np.ndarray) -> np.ndarray:
    """The drift as a plain (from, to) matrix, written without the banded storage."""
    width, K = drift.shape
    m = width // 2
    out = np.zeros((K, K))
    for k in range(K):
        for d in range(width):
            if 0 <= k + d - m < K:
                out[k, k + d - m] += drift[d, k]
    return out


def enumerate_all(log_ev, step, thin, pi, drift, hazard):
    """Sum over every (starting count, rate path, resets, daily counts) one by one."""
    T, size = log_ev.shape[0] - 1, log_ev.shape[1]
    K, D, E = pi.size, dense_drift(drift), np.exp(log_ev)
    ys = [y for y in itertools.product(range(step.shape[0]), repeat=T) if sum(y) < size]
    Y = np.array(ys)
    paths, weights, resets = [], [], []
    for ks in itertools.product(range(K), repeat=T):
        for rs in itertools.product((0, 1), repeat=T - 1):
            w = pi[ks[0]]
            for t in range(1, T):
                w *= hazard * pi[ks[t]] if rs[t - 1] else (1 - hazard) * D[ks[t - 1], ks[t]]
            if w > 0:
                paths.append(ks)
                weights.append(w)
                resets.append((0, *rs))
    paths, weights, resets = np.array(paths), np.array(weights), np.array(resets)
    counts, rates = np.zeros((T + 1, size)), np.zeros((T, K))
    daily, change = np.zeros((T, step.shape[0])), np.zeros(T)
    total = still = 0.0
    for c0 in range(size):
        for y in Y:
            c = c0 + np.concatenate([[0], np.cumsum(y)])
            if c[-1] >= size:
                continue
            e = np.prod(E[np.arange(T + 1), c]) * np.prod(thin[np.arange(T), y])
            p = e * weights * np.prod([step[y[t], paths[:, t]] for t in range(T)], axis=0)
            w = p.sum()
            total += w
            still += p[resets.sum(axis=1) == 0].sum()
            counts[np.arange(T + 1), c] += w
            daily[np.arange(T), y] += w
            change += p @ resets
            for t in range(T):
                rates[t] += np.bincount(paths[:, t], weights=p, minlength=K)
    return total, counts / total, rates / total, daily / total, change / total, still / total


CASES = [
    # T, size, K, phi, sigma, hazard, thinned
    (6, 4, 2, 0.0, 0.0, 0.2, False),
    (5, 5, 3, 1.0, 0.0, 0.1, False),
    (4, 7, 4, 2.0, 0.3, 0.15, False),
    (4, 6, 3, 0.5, 0.4, 0.0, True),
    (3, 7, 4, 0.0, 0.0, 0.0, False),
    (1, 5, 3, 3.0, 0.1, 0.3, True),
]


@pytest.mark.parametrize(("T", "size", "K", "phi", "sigma", "hazard", "thinned"), CASES)
def test_equals_enumeration(T, size, K, phi, sigma, hazard, thinned):
    rng = np.random.default_rng(T * 100 + size)
    log_ev = np.log(rng.random((T + 1, size)) ** 2 + 1e-3)
    log_ev[0, 3:] = -np.inf
    rates = np.geomspace(0.3, 3.0, K)
    pi = rng.dirichlet(np.ones(K))
    step = increments(rates, phi, size - 1)
    drift = drift_matrix(K, sigma, 0.5)
    thin = rng.random((T, size)) if thinned else np.ones((T, size))
    problem = Problem(log_ev, thin if thinned else None)
    b = whole_band(problem, size - 1)
    want = enumerate_all(log_ev, step, thin, pi, drift, hazard)
    log_z, msgs = kernels.forward(b.low, b.start, b.ev, step, b.thin, pi, drift, hazard, True)
    light, _ = kernels.forward(b.low, b.start, b.ev, step, b.thin, pi, drift, hazard, False)
    assert log_z + b.log_scale == pytest.approx(math.log(want[0]), abs=1e-10)
    assert light == pytest.approx(log_z, abs=1e-12)
    got = kernels.smooth(b.low, b.start, b.ev, step, b.thin, pi, drift, hazard, msgs)
    np.testing.assert_allclose(b.spread(got[0], size), want[1], atol=1e-10)
    for mine, theirs in zip(got[1:], want[2:5], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-10)
    scale, table = kernels.start_likelihood(b.low, b.start, b.ev, step, b.thin, drift)
    no_jump = math.exp(scale + b.log_scale) * float(pi @ table) * (1 - hazard) ** (T - 1) / want[0]
    assert no_jump == pytest.approx(want[5], abs=1e-10)


@pytest.mark.parametrize(("T", "size", "K", "phi", "sigma", "hazard", "thinned"), CASES[1:4])
def test_draws_reproduce_marginals(T, size, K, phi, sigma, hazard, thinned):
    rng = np.random.default_rng(7)
    log_ev = np.log(rng.random((T + 1, size)) ** 2 + 1e-3)
    pi, rates = rng.dirichlet(np.ones(K)), np.geomspace(0.3, 3.0, K)
    step, drift = increments(rates, phi, size - 1), drift_matrix(K, sigma, 0.5)
    thin = rng.random((T, size)) if thinned else None
    b = whole_band(Problem(log_ev, thin), size - 1)
    _, msgs = kernels.forward(b.low, b.start, b.ev, step, b.thin, pi, drift, hazard, True)
    counts, rate, daily, change = kernels.smooth(b.low, b.start, b.ev, step, b.thin, pi, drift, hazard, msgs)
    n = 40_000
    y, k, new, before = sampling.sample(
        b.low, b.start, step, b.thin, pi, drift, hazard, msgs, rng.random((n, T + 1, 3))
    )
    c = before[:, None] + np.cumsum(y, axis=1)
    mass = b.spread(counts, size)

    def close(found, expected):
        error = np.sqrt(np.maximum(expected * (1 - expected), 1e-6) / n)
        assert (np.abs(found - expected) / error).max() < 5.0

    close(np.bincount(before, minlength=size) / n, mass[0])
    for t in range(T):
        close(np.bincount(c[:, t], minlength=size) / n, mass[t + 1])
        close(np.bincount(y[:, t], minlength=size) / n, daily[t])
        close(np.bincount(k[:, t], minlength=K) / n, rate[t])
    close(new.mean(axis=0), change)
    assert (np.diff(np.concatenate([before[:, None], c], axis=1), axis=1) == y).all()


def _observed(y: np.ndarray) -> Problem:
    c = np.concatenate([[0], np.cumsum(y)])
    log_ev = np.full((c.size, c[-1] + 1), -np.inf)
    log_ev[np.arange(c.size), c] = 0.0
    return Problem(log_ev)


@pytest.mark.parametrize("phi", [0.0, 1.0])
def test_every_day_observed_single_regime_is_closed_form(phi):
    y = np.array([2, 0, 1, 4, 0, 0, 3, 1, 1, 2])
    rates = np.geomspace(0.05, 20, 400)
    pi = np.full(400, 1 / 400)
    b = whole_band(_observed(y), int(y.max()))
    log_z, _ = kernels.forward(
        b.low, b.start, b.ev, increments(rates, phi, int(y.max())), b.thin, pi, np.ones((1, 400)), 0.0, False
    )
    law = poisson.pmf(y[:, None], rates) if phi == 0 else nbinom.pmf(y[:, None], rates / phi, 1 / (1 + phi))
    assert log_z + b.log_scale == pytest.approx(math.log(pi @ law.prod(axis=0)), abs=1e-10)


def test_every_day_observed_equals_gamma_poisson():
    """A gamma prior put on a fine grid gives the negative-multinomial evidence of the textbook."""
    y, shape, rate = np.array([2, 0, 1, 4, 0, 0, 3, 1, 1, 2]), 2.0, 1.5
    n, s = y.size, y.sum()
    exact = (
        gammaln(shape + s) - gammaln(shape) + shape * math.log(rate) - (shape + s) * math.log(rate + n)
        - gammaln(y + 1).sum()
    )  # fmt: skip
    grid = np.geomspace(1e-4, 60, 6000)
    log_pi = shape * np.log(rate) - gammaln(shape) + shape * np.log(grid) - rate * grid
    pi = np.exp(log_pi) * np.log(grid[1] / grid[0])
    b = whole_band(_observed(y), int(y.max()))
    log_z, _ = kernels.forward(
        b.low, b.start, b.ev, increments(grid, 0.0, int(y.max())), b.thin, pi, np.ones((1, 6000)), 0.0, False
    )
    assert log_z + b.log_scale == pytest.approx(exact, abs=1e-6)


def test_increments_are_distributions_with_the_stated_moments():
    rates = np.array([0.2, 1.0, 4.0])
    j = np.arange(301)
    for phi in (0.0, 0.5, 3.0):
        p = increments(rates, phi, 300)
        np.testing.assert_allclose(p.sum(axis=0), 1.0, atol=1e-10)
        mean = j @ p
        np.testing.assert_allclose(mean, rates, rtol=1e-9)
        np.testing.assert_allclose((j**2) @ p - mean**2, (1 + phi) * rates, rtol=1e-8)


@pytest.mark.parametrize(("sigma", "step"), [(0.05, 0.2), (0.1, 0.05), (0.25, 0.1)])
def test_drift_has_its_variance_and_keeps_mass(sigma, step):
    K = 201
    D = dense_drift(drift_matrix(K, sigma, step))
    np.testing.assert_allclose(D.sum(axis=1), 1.0, atol=1e-12)
    x = (np.arange(K) - 100) * step
    assert D[100] @ x == pytest.approx(0.0, abs=1e-12)
    assert D[100] @ x**2 == pytest.approx(sigma**2, rel=2e-3)


def _totals(seed: int, T: int = 60, reports: int = 12) -> Problem:
    rng = np.random.default_rng(seed)
    c = np.concatenate([[0], np.cumsum(rng.poisson(1.2, T))])
    size = int(1.5 * c[-1]) + 30
    log_ev = np.zeros((T + 1, size))
    log_ev[0, 1:] = -np.inf
    for t in [*rng.choice(np.arange(1, T), reports - 1, replace=False), T]:
        gap = np.abs(np.arange(size) - c[t])
        log_ev[t] = np.log(0.9 * (gap == 0) + 0.1 / (1 + gap / 10) ** 2 / 20)
    return Problem(log_ev)


SMALL = Prior(centre=(0.3, 1.0, 3.0), hazard=(1 / 30, 1 / 90), phi=(0.0, 1.0), sigma=(0.1,))


def test_band_loses_nothing_that_matters(monkeypatch):
    problem = _totals(3)
    trimmed = infer([problem], SMALL, refine_all=True, events=60, mapper=map)
    monkeypatch.setattr(band_module, "TINY", 1e-12)
    monkeypatch.setattr(band_module, "LOSS", 1e4)
    full = infer([problem], SMALL, refine_all=True, events=60, mapper=map)
    assert trimmed.marginals.constant == pytest.approx(full.marginals.constant, abs=1e-3)
    assert np.abs(trimmed.marginals.counts - full.marginals.counts).max() < 1e-3
    assert np.abs(trimmed.marginals.mean_rate / full.marginals.mean_rate - 1).max() < 2e-3


@pytest.mark.parametrize("seed", [1, 2])
def test_nodes_stand_for_the_full_average(seed):
    problem = _totals(seed)
    quick = infer([problem], Prior(), events=60, mapper=map)
    full = infer([problem], Prior(), events=60, refine_all=True, mapper=map)
    for name in ("constant", "drift_only", "no_change"):
        assert getattr(quick.marginals, name) == pytest.approx(getattr(full.marginals, name), abs=0.02)
    run = np.cumsum(quick.marginals.counts, axis=1) - np.cumsum(full.marginals.counts, axis=1)
    assert np.abs(run).max() < 0.02
    assert np.abs(quick.marginals.mean_rate / full.marginals.mean_rate - 1).max() < 0.05


def test_variants_weigh_as_their_evidence():
    """Two variants that differ by a constant factor in the evidence differ by it in weight, and in nothing else."""
    problem = _totals(5)
    other = Problem(problem.log_evidence + np.where(np.arange(61) == 10, math.log(3.0), 0.0)[:, None])
    found = infer([problem, other], SMALL, refine_all=True, events=60, mapper=map)
    assert found.variant_weight[1] / found.variant_weight[0] == pytest.approx(3.0, rel=1e-9)
    np.testing.assert_allclose(found.by_variant[0], found.by_variant[1], atol=1e-12)


def test_threads_and_map_agree_and_draws_repeat():
    problem = _totals(6)
    a = infer([problem], SMALL, events=60)
    b = infer([problem], SMALL, events=60, mapper=map)
    np.testing.assert_array_equal(a.weights, b.weights)
    one, two = (p.draw(50, np.random.default_rng(1)) for p in (a, b))
    np.testing.assert_array_equal(one.counts, two.counts)
    assert one.counts.shape == (50, 60)


def test_impossible_evidence_is_refused():
    log_ev = np.full((4, 5), -np.inf)
    log_ev[0, 0] = 0.0
    log_ev[1:, 4] = 0.0
    log_ev[3] = -np.inf
    with pytest.raises(ValueError, match="no count is possible"):
        find_band(Problem(log_ev), SMALL)
    log_ev[3, 2] = 0.0
    with pytest.raises(ValueError, match="compatible"):
        find_band(Problem(log_ev), SMALL)


def test_prior_validation_lists_all_problems():
    with pytest.raises(ValueError, match=r"hazard.*phi.*weights"):
        Prior(
            hazard=(2.0,),
            phi=(-1.0,),
            weights=(("constant", 0.4), ("jumps", 0.3), ("drift", 0.1), ("both", 0.1)),
        )


def test_prior_weights_by_family():
    models = Prior().models()
    share = {f: sum(m.weight for m in models if m.family == f) for f in ("constant", "jumps", "drift", "both")}
    assert share == pytest.approx({"constant": 0.5, "jumps": 0.3, "drift": 0.1, "both": 0.1})


def test_adapted_grid_is_fine_where_the_rate_is_known():
    prior = Prior()
    rates = prior.adapted_rates(127, 170)
    step = np.diff(np.log(rates))
    seen = np.minimum(rates[:-1] * 127, 170)
    assert (step <= np.where(seen >= 100, 0.05, 0.2001) + 1e-9).all()
    assert (step[seen > 10] <= 0.52 / np.sqrt(seen[seen > 10])).all()
