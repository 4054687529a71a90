"""Slow statistical checks against simulated truth; `make calibrate` runs them.

Numbers of replicates are small: each limit is the stated target plus about three Monte-Carlo standard errors.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import escalation as esc

pytestmark = pytest.mark.slow
T, REPORTS = 120, 40


def series(rng, rate, reports=REPORTS, noisy=False):
    """Hide daily counts behind totals: exact, or rounded down, stale and wrong in part."""
    counts = rng.poisson(rate)
    total = np.cumsum(counts)
    day = np.sort(np.append(rng.choice(T - 1, reports - 1, replace=False), T - 1))
    said, bound = total[day].copy(), np.array(["exact"] * reports, dtype=object)
    if noisy:
        u = rng.random(reports)
        said[u < 0.3] = 10 * np.maximum((said[u < 0.3] - 1) // 10, 0)
        bound[u < 0.3] = "more_than"
        stale, wrong = u > 0.8, (u > 0.7) & (u <= 0.8)
        said[stale] = total[np.maximum(day[stale] - rng.integers(3, 25, stale.sum()), 0)]
        said[wrong] = (said[wrong] * rng.uniform(0.5, 1.8, wrong.sum())).astype(int)
    frame = pd.DataFrame(
        {
            "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"), "count": said, "bound": bound,
            "since": pd.Timestamp("2024-01-01"),
        }
    )  # fmt: skip
    return frame, total


def covered(band: pd.DataFrame, truth: np.ndarray) -> float:
    return float(((band["lower"] <= truth) & (truth <= band["upper"])).mean())


def test_false_alarms_of_a_constant_rate():
    """P(k >= 1) > 1/2 in at most 5 % of series of a constant rate; 60 series."""
    rng = np.random.default_rng(1)
    alarms = sum(
        esc.reconstruct(series(rng, np.full(T, 1.2))[0], models="fast", draws=50).changes.jump > 0.5 for _ in range(60)
    )
    assert alarms <= 8


def test_a_doubling_is_found():
    """P(constant) < 1/2 in at least 95 % of series that go from 1 to 2 a day; 40 series."""
    rng = np.random.default_rng(2)
    rate = np.where(np.arange(T) < T // 2, 1.0, 2.0)
    found = sum(
        esc.reconstruct(series(rng, rate)[0], models="fast", draws=50).changes.constant < 0.5 for _ in range(40)
    )
    assert found >= 34


@pytest.mark.parametrize("noisy", [False, True])
def test_coverage_when_the_rate_is_drawn_from_the_prior(noisy):
    """90 % intervals of the rate and of the cumulative count; 40 series with zero, one or two changes."""
    rng = np.random.default_rng(3)
    rates, totals = [], []
    for _ in range(40):
        starts = [0, *sorted(rng.choice(np.arange(10, T - 10), rng.integers(0, 3), replace=False)), T]
        rate = np.concatenate([np.full(b - a, np.exp(rng.normal(0.0, 0.7))) for a, b in itertools.pairwise(starts)])
        frame, total = series(rng, rate, noisy=noisy)
        rec = esc.reconstruct(frame, models="fast", draws=50)
        rates.append(covered(rec.rate, rate))
        totals.append(covered(rec.cumulative, total))
    assert 0.83 <= np.mean(rates) <= 0.97
    assert np.mean(totals) >= 0.85
