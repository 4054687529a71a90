"""The regression of all draws at once, against that of statsmodels draw by draw."""

import numpy as np
import pytest

from escalation.changes.effects.fitting import estimable_draws, fit_draws
from escalation.changes.effects.regression import Span, design, estimable, fit_glm, increments


def drawn(seed, term, rate, ratio, n=40):
    """Counts (n, k), lengths and covariates of increments of uneven length."""
    rng = np.random.default_rng(seed)
    span = Span(first=30, last=43, before=14, term=term)
    breaks = increments(span, rng.choice(60, 40, replace=False))
    level = np.where(breaks[:-1] >= 30, rate * ratio, rate)
    counts = rng.poisson(level * np.diff(breaks), (n, breaks.size - 1)).astype(float)
    return counts, np.diff(breaks), design(breaks, span)


@pytest.mark.parametrize("term", ["step", "slope"])
@pytest.mark.parametrize(("rate", "ratio"), [(5.0, 1.0), (0.4, 0.3), (1.0, 8.0), (300.0, 0.02)])
def test_every_draw_is_fitted_as_by_statsmodels(term, rate, ratio):
    counts, days, X = drawn(1, term, rate, ratio)
    counts = counts[[estimable(row, X) for row in counts]]
    assert len(counts) > 5
    estimate, variance, hac = fit_draws(counts, days, X)
    singly = np.array([fit_glm(row, days, X) for row in counts])
    np.testing.assert_allclose(estimate, singly[:, 0], atol=1e-10)
    np.testing.assert_allclose(variance, singly[:, 1], rtol=1e-9)
    assert (hac == singly[:, 2].astype(bool)).all()


def test_a_step_has_the_closed_form():
    counts, days, X = drawn(2, "step", 2.0, 0.5)
    inside = X[:, 1] > 0
    rate = [counts[:, part].sum(axis=1) / days[part].sum() for part in (~inside, inside)]
    np.testing.assert_allclose(np.exp(fit_draws(counts, days, X)[0]), rate[1] / rate[0], rtol=1e-7)


@pytest.mark.parametrize("term", ["step", "slope"])
def test_draws_that_determine_the_term_are_the_same_as_one_by_one(term):
    counts, _, X = drawn(3, term, 0.08, 0.3, n=200)
    found = estimable_draws(counts, X)
    assert found.tolist() == [estimable(row, X) for row in counts]
    assert 0 < found.sum() < 200
