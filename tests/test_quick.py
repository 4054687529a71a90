"""What `models="fast"` does otherwise for observed counts, against the exact recursions and the full average."""

import warnings

import numpy as np
import pytest

import escalation as esc
from escalation.changes.find import default_prior
from escalation.lattice import drifting, stencil
from escalation.lattice.likelihood import Rows
from escalation.lattice.mesh import EVEN, make_mesh, quick_mesh
from escalation.lattice.observed import infer_observed
from escalation.lattice.prior import Prior, drift_matrix
from escalation.lattice.quick import has_box, score_quickly
from escalation.lattice.scores import Tables, no_jump_evidence, score

KINDS = {
    "constant": lambda rng, T: rng.poisson(1.2, T),
    "rare": lambda rng, T: rng.poisson(0.2, T),
    "step": lambda rng, T: rng.poisson(np.where(np.arange(T) < T // 2, 0.8, 2.0)),
    "clumped": lambda rng, T: rng.negative_binomial(1.2 / 2.0, 1 / 3, T),
    "drifting": lambda rng, T: rng.poisson(np.exp(np.cumsum(rng.normal(0, 0.07, T)))),
}


def tables(y, exposure=None, quick=True, mesh=quick_mesh):
    """Tables of counts and the models of their prior."""
    prior = default_prior(y.size)
    exposure = np.ones(y.size) if exposure is None else exposure
    return Tables(Rows.of(y, exposure), mesh(y, exposure, prior), prior, map, quick), prior.models()


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.25, 0.6])
def test_a_stencil_is_the_diffusion(sigma):
    rng = np.random.default_rng(3)
    K, drift = 60, drift_matrix(60, sigma, 0.1)
    weights, stays = stencil.stencil(drift)
    m, dense = weights.size - 1, np.zeros((K, K))
    for d in range(drift.shape[0]):
        for k in range(K):
            if 0 <= k + d - drift.shape[0] // 2 < K:
                dense[k, k + d - drift.shape[0] // 2] = drift[d, k]
    again = np.diag(stays)
    for k in range(K):
        for other in range(max(0, k - m), min(K, k + m + 1)):
            again[k, other] += weights[abs(k - other)]
    np.testing.assert_allclose(again, dense, atol=1e-15)
    table, rows, pi = rng.random((4, K)), rng.integers(0, 4, 50), rng.dirichlet(np.ones(K))
    nothing = np.empty((0, 0))
    for hazard in (0.0, 0.03):
        slow = drifting.evidence(rows, table, pi, drift, hazard, 50, nothing)[0]
        assert stencil.evidence(rows, table, pi, weights, stays, hazard, nothing) == pytest.approx(slow, abs=1e-10)
        many = stencil.evidences(rows, table, np.stack([pi, pi]), weights, stays, np.array([1]), np.array([hazard]))
        assert many[0] == pytest.approx(slow, abs=1e-10)
    slow, fast = drifting.by_start(rows, table, drift), stencil.by_start(rows, table, weights, stays)
    np.testing.assert_allclose(fast[0] + np.log(fast[1]), slow[0] + np.log(slow[1]), atol=1e-10)


@pytest.mark.parametrize("sigma", [0.05, 0.25])
def test_smoothing_with_a_stencil_gives_the_same_marginals(sigma):
    y = KINDS["drifting"](np.random.default_rng(8), 150)
    found, models = tables(y)
    model = next(m for m in models if m.family == "both" and m.sigma == sigma and m.centre == 1.0)
    table, pi, drift = found.table(model.phi, sigma)[0], found.mass(model), found.drift(sigma)
    slow, fast = np.empty((2, y.size, pi.size))
    drifting.evidence(found.rows.row, table, pi, drift, model.hazard, y.size, slow)
    diffusion = stencil.stencil(drift)
    stencil.evidence(found.rows.row, table, pi, *diffusion, model.hazard, fast)
    np.testing.assert_allclose(fast, slow, atol=1e-12)
    rates, change = drifting.smooth(found.rows.row, table, pi, drift, model.hazard, slow)
    logs = np.log(found.grid(sigma))
    marks, out = (found.mesh.edges - logs[0]) / (logs[1] - logs[0]) + 0.5, np.zeros((y.size, found.mesh.rates.size))
    again = stencil.smooth(found.rows.row, table, pi, *diffusion, model.hazard, fast, marks, 0.5, out)
    np.testing.assert_allclose(again, change, atol=1e-12)
    np.testing.assert_allclose(out, 0.5 * rates @ found.mesh.overlap(logs), atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("T", [60, 250])
def test_scores_agree_with_a_pass_of_its_own_for_every_model(kind, T):
    """The same cells and every model exactly: weights in all, and P(no jump), P(constant) from them."""
    y = KINDS[kind](np.random.default_rng(T), T).astype(np.int64)
    found, models = tables(y)
    quick, still = score_quickly(found, models)
    exact, none = score(found, models), no_jump_evidence(found, models)
    np.testing.assert_allclose(still, none, atol=1e-8)
    base = np.log([m.weight for m in models])

    def chances(scores, joint):
        top = np.logaddexp.reduce(base + scores)
        drifts = np.array([m.sigma > 0 for m in models])
        return np.exp(base + joint - top).sum(), np.exp(base + joint - top)[~drifts].sum(), np.exp(base + scores - top)

    now, true = chances(quick, still), chances(exact, none)
    assert now[:2] == pytest.approx(true[:2], abs=0.004)
    assert np.abs(now[2] - true[2]).sum() < 0.02
    heavy = true[2] > 1e-4
    np.testing.assert_allclose(quick[heavy], exact[heavy], atol=1e-8)


def test_wider_cells_leave_the_answer():
    rng = np.random.default_rng(21)
    for T in (60, 365):
        for kind in KINDS.values():
            y = kind(rng, T).astype(np.int64)
            (wide, models), (narrow, _) = tables(y), tables(y, mesh=make_mesh)
            assert wide.mesh.rates.size < narrow.mesh.rates.size
            some = [m for m in models if m.family in ("constant", "jumps")]
            fine = score(narrow, some)
            gap = score(wide, some) - fine
            weight = np.exp(fine - fine.max()) * np.array([m.weight for m in some])
            weight /= weight.sum()
            assert np.abs(gap) @ weight < 0.001
            assert np.abs(gap)[weight > 1e-3].max() < 0.005  # priors of rates far from these counts have more


def test_many_incidents_have_the_cells_of_every_series():
    y = np.full(100, EVEN)
    prior = default_prior(100)
    assert np.array_equal(quick_mesh(y, np.ones(100), prior).rates, make_mesh(y, np.ones(100), prior).rates)


@pytest.mark.parametrize("kind", KINDS)
def test_fast_is_near_full(kind):
    """The largest gap of P(no jump) over 30 other series of 60 to 365 days was .003, that of P(constant) .0003."""
    y = KINDS[kind](np.random.default_rng(7), 130)
    full, fast = esc.find_changes(y, draws=500), esc.find_changes(y, models="fast", draws=500)
    assert fast.no_change == pytest.approx(full.no_change, abs=0.005)
    assert fast.constant == pytest.approx(full.constant, abs=0.002)
    assert np.abs(np.log(fast.rate["mean"] / full.rate["mean"])).max() < 0.1


def test_gaps_and_exposure_are_taken():
    rng = np.random.default_rng(9)
    exposure = rng.uniform(0.5, 2.0, 150).round(2)
    y = rng.poisson(2.0 * exposure).astype(float)
    y[20:40] = np.nan
    full, fast = (esc.find_changes(y, exposure=exposure, models=m, draws=200) for m in ("full", "fast"))
    assert fast.no_change == pytest.approx(full.no_change, abs=0.005)
    assert fast.constant == pytest.approx(full.constant, abs=0.002)


@pytest.mark.parametrize(
    ("prior", "box"),
    [
        (Prior(weights=(("constant", 0.5), ("jumps", 0.5), ("drift", 0.0), ("both", 0.0))), True),
        (Prior(weights=(("constant", 0.5), ("jumps", 0.4), ("drift", 0.1), ("both", 0.0))), False),
        (Prior(weights=(("constant", 0.0), ("jumps", 0.5), ("drift", 0.0), ("both", 0.5))), False),
        (Prior(phi=(0.0,), sigma=(0.1,), hazard=(1 / 30,), centre=(1.0, 3.0), spread=(1.0,)), True),
        (Prior(phi=(0.0, 1.0), sigma=(0.1,), hazard=(1 / 30, 1 / 60), centre=(1.0,), spread=(1.0,)), True),
    ],
)
def test_other_priors_work_too(prior, box):
    assert has_box(prior.models()) is box
    y = KINDS["step"](np.random.default_rng(2), 100)
    full, fast = (esc.find_changes(y, prior=prior, models=m, draws=200) for m in ("full", "fast"))
    assert fast.no_change == pytest.approx(full.no_change, abs=0.005)
    assert fast.constant == pytest.approx(full.constant, abs=0.005)


def test_counts_of_zero_and_extreme_counts_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y in (np.zeros(100), np.r_[np.zeros(50), 500.0, np.zeros(49)], np.r_[np.zeros(40), np.full(40, 15.0)]):
            found = esc.find_changes(y, models="fast", draws=200)
            assert np.isfinite(found.rate.to_numpy()).all()
            assert found.no_change == pytest.approx(esc.find_changes(y, draws=200).no_change, abs=0.005)


def test_the_chance_of_a_recent_change_is_that_of_the_full_average():
    y = np.r_[np.random.default_rng(4).poisson(1.0, 90), np.full(10, 5)].astype(np.int64)
    prior, rng = default_prior(100), np.random.default_rng
    full, fast = (infer_observed(y, np.ones(100), prior, which=which, rng=rng(1)) for which in ("full", "fast"))
    assert fast.recent(14) == pytest.approx(full.recent(14), abs=0.005)


def test_the_same_again_and_after_other_series():
    """What is kept from series to series does not change a number."""
    y = KINDS["clumped"](np.random.default_rng(3), 120)
    first = esc.find_changes(y, models="fast", draws=300)
    for kind in KINDS.values():
        esc.find_changes(kind(np.random.default_rng(1), 90), models="fast", draws=100)
    again = esc.find_changes(y, models="fast", draws=300)
    assert again.rate.equals(first.rate)
    assert again.models.equals(first.models)
    assert again.summary().equals(first.summary())
