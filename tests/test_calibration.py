"""Slow statistical checks against simulated truth; `make calibrate` runs them.

Numbers of replicates are small: each limit is the stated target plus about three Monte-Carlo standard errors.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.calibration import sbc
from escalation.calibration.scores import clustered_mean, covered
from escalation.calibration.voices import EXACT, FLOORED, NOISY, Voice, report_days
from escalation.calibration.worlds import Truth, clumped_counts, constant, halfway

pytestmark = pytest.mark.slow
T, REPORTS = 120, 40


class Alone:
    map = map


def series(draw, voice: Voice, n: int, seed: int):
    """Simulate `n` series: what was told, what was true, and the days of the reports."""
    for r in range(n):
        rng = np.random.default_rng((seed, r))
        truth = draw(T, rng)
        day = report_days(T, REPORTS, rng)
        yield voice.tell(truth.total, day, rng), truth, day


def reconstructed(told: pd.DataFrame, models: str = "fast"):
    return esc.reconstruct(told, models=models, draws=1, executor=Alone)


@pytest.mark.parametrize(
    ("voice", "phi", "most"), [(EXACT, 0.0, 6), (FLOORED, 0.0, 6), (EXACT, 1.0, 9)], ids=["exact", "floored", "phi 1"]
)
def test_false_alarms_of_a_constant_rate(voice, phi, most):
    """P(k >= 1) > 1/2 in at most 5, 6 and 10 % of 40 series of a constant rate: 6, 6 and 9 with 3 standard errors."""
    alarms = sum(reconstructed(told).changes.jump > 0.5 for told, _, _ in series(constant(1.2, phi), voice, 40, 1))
    assert alarms <= most


def test_a_doubling_is_found():
    """P(constant) < 1/2 in at least 95 % of series that go from 1 to 2 a day; 40 series."""
    found = sum(reconstructed(told).changes.constant < 0.5 for told, _, _ in series(halfway(1.0, 2.0), EXACT, 40, 2))
    assert found >= 34


def up_to_two_changes(days: int, rng: np.random.Generator) -> Truth:
    """Draw zero, one or two changes; rates are lognormal with a spread of .7 around one a day."""
    starts = [0, *sorted(rng.choice(np.arange(10, days - 10), rng.integers(0, 3), replace=False)), days]
    rate = np.concatenate([np.full(b - a, np.exp(rng.normal(0.0, 0.7))) for a, b in itertools.pairwise(starts)])
    return Truth(rate, clumped_counts(rate, 0.0, rng))


@pytest.mark.parametrize("voice", [EXACT, NOISY], ids=lambda voice: voice.name)
def test_coverage_of_rates_with_up_to_two_changes(voice):
    """90 % intervals of the rate, and of the total on days without a report; 40 series.

    The targets of worlds that the prior does not contain: .85 to .96 for the rate, at least .85 for the total.
    """
    rates, totals = [], []
    for told, truth, day in series(up_to_two_changes, voice, 40, 3):
        rec = reconstructed(told)
        silent = np.setdiff1d(np.arange(T), day)
        rates.append(covered(rec.rate["lower"], rec.rate["upper"], truth.rate))
        totals.append(covered(rec.cumulative["lower"], rec.cumulative["upper"], truth.total)[silent])
    rate, total = clustered_mean(rates), clustered_mean(totals)
    assert 0.85 - 3 * rate.se <= rate.value <= 0.96 + 3 * rate.se, str(rate)
    assert total.value >= 0.85 - 3 * total.se, str(total)
    assert max(rate.se, total.se) < 0.03


def test_ranks_of_the_truth_are_level():
    """60 truths from the prior, fast average: the mean place of the rank is 1/2 within 3.5 standard errors."""
    found = [sbc.replicate(((5, r), "fast")) for r in range(60)]
    rows = pd.DataFrame([row for ranks, _ in found for row in ranks])
    place = (rows["rank"] + 0.5) / (rows["of"] + 1)
    for name, part in place.groupby(rows["quantity"]):
        assert abs(part.mean() - 0.5) < 3.5 * np.sqrt(1 / 12 / len(part)), name
    cover = clustered_mean([[share["rate"]] for _, share in found])
    assert abs(cover.value - 0.9) < 0.02 + 3 * cover.se


def test_the_fast_average_is_near_the_full_one():
    """20 series of five kinds; over 30, P(constant) differed by .020 at most, P(no jump) by .055."""
    kinds = [(constant(1.2), EXACT), (halfway(1.0, 2.0), EXACT), (constant(1.2, 1.0), EXACT),
             (halfway(1.0, 1.6), FLOORED), (halfway(1.0, 1.6), NOISY)]  # fmt: skip
    gaps, bands = [], []
    for draw, voice in kinds:
        for told, _, _ in series(draw, voice, 4, 4):
            fast, full = reconstructed(told), reconstructed(told, "full")
            a, b = fast.changes, full.changes
            gaps.append([a.constant - b.constant, a.no_change - b.no_change])
            bands.append(np.abs(fast.cumulative - full.cumulative).max().max())
    worst = np.abs(gaps).max(axis=0)
    assert worst[0] < 0.05
    assert worst[1] < 0.1
    assert np.mean(np.array(bands) <= 1) >= 0.8
