"""The likelihood of a report is a distribution over n for every c, and says what its words say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from escalation.reconstruct.evidence import Spoken, components
from escalation.reconstruct.reading import WEIGHTS, Reading

SIZE = 90


def said(n, bound="exact", *, high=None, approx=False, roots=1, repeat=0, per_day=1.4):
    lags = Reading().lag_approx if approx else Reading().lag_day
    return Spoken(
        n,
        high,
        (bound,),
        approx,
        roots,
        repeat > 0,
        max(repeat - 1, 0),
        False,
        per_day,
        tuple(per_day * lag for lag, _ in lags),
    )


@pytest.mark.parametrize(("bound", "approx", "roots"), list(itertools.product(WEIGHTS, (False, True), (1, 3))))
def test_sums_to_one_over_n_for_every_c(bound, approx, roots):
    most = 1500
    total = np.zeros((4, SIZE))
    for n in range(most):
        total += components(said(n, bound, approx=approx, roots=roots), SIZE, Reading())
    # The wrong component has a heavy upper tail; what lies above `most` is known in closed form.
    beyond = WEIGHTS[bound][3] / roots * 0.5 / (1 + (most - 1 - np.arange(SIZE)) / (1.4 * 30))
    np.testing.assert_allclose(total.sum(axis=0) + beyond, 1.0, atol=1e-10)
    for i, w in enumerate(WEIGHTS[bound][:3]):
        rest = (1 - WEIGHTS[bound][3] / roots) / (1 - WEIGHTS[bound][3])
        np.testing.assert_allclose(total[i], w * rest, atol=1e-10)


def test_ranges_that_cover_everything_sum_to_one():
    top = 10**7
    parts = [said(0, "about", high=23), said(24, "about", high=99), said(100, "about", high=top)]
    total = sum(components(p, SIZE, Reading()).sum(axis=0) for p in parts)
    np.testing.assert_allclose(total, 1.0, atol=1e-6)


def test_rounding_by_brute_force():
    """Round x down, or to nearest, one by one, and compare with the closed form of spans."""
    reading = Reading(grains=((10, 1.0),), lag_day=((0.0, 1.0),), ahead=0.0)
    rules = {
        "more_than": lambda x: 10 * max((x - 1) // 10, 0),
        "at_least": lambda x: 10 * (x // 10),
        "exact": lambda x: 10 * (x // 10),
        "about": lambda x: 10 * ((x + 5) // 10),
        "up_to": lambda x: 10 * -(-x // 10),
    }
    for bound, rule in rules.items():
        for n in (0, 10, 40, 43):
            one = Spoken(n, None, (bound,), False, 1, False, 0, False, 1.4, (0.0,))
            got = components(one, SIZE, reading)[1]
            want = [WEIGHTS[bound][1] if rule(c) == n else 0.0 for c in range(SIZE)]
            np.testing.assert_allclose(got, want, atol=1e-12, err_msg=f"{bound} {n}")


def test_a_lower_bound_is_not_a_value():
    """ "more than 140" speaks for 141 to 150, not for 140, and hardly against 145."""
    e = components(said(140, "more_than"), 400, Reading()).sum(axis=0)
    assert e[141:151].min() > 5 * e[140:141].max() * 0.2
    assert e[145] > 20 * e[130]
    exact = components(said(143), 400, Reading()).sum(axis=0)
    assert exact.argmax() == 143


def test_stale_is_one_sided_and_wrong_two_sided():
    e = components(said(60), 400, Reading())
    assert e[2, :60].max() == 0.0
    assert e[2, 61:].min() > 0.0
    assert e[3, :60].min() > 0.0
    assert e[3, 61:].min() > 0.0


def test_more_roots_make_wrong_less_likely_up_to_five():
    wrong = [components(said(60, roots=r), 200, Reading())[3, 80] for r in (1, 2, 5, 50)]
    assert wrong[0] == pytest.approx(2 * wrong[1])
    assert wrong[0] == pytest.approx(5 * wrong[2])
    assert wrong[2] == wrong[3]


def test_repeats_lose_their_voice():
    def voice(bound, r):
        e = components(said(60, bound, repeat=r), 200, Reading()).sum(axis=0)
        return np.log(e.max() / e.min())

    hedged = [voice("at_least", r) for r in range(1, 21)]
    assert (np.diff(hedged) < 0).all()
    assert sum(hedged[1:]) < 2 * hedged[0] + 0.1
    assert hedged[-1] < 1e-3
    firm = [voice("exact", r) for r in range(1, 21)]
    assert (np.diff(firm) <= 0).all()
    assert firm[-1] == pytest.approx(firm[5])
    assert 0.1 < firm[-1] < firm[0] / 2


def test_a_superseded_total_says_next_to_nothing():
    fresh, old = (
        Spoken(60, None, ("exact",), False, 1, True, 0, superseded, 1.4, (0.0, 0.7, 1.4))
        for superseded in (False, True)
    )
    spread = [np.ptp(np.log(components(s, 200, Reading()).sum(axis=0))) for s in (fresh, old)]
    assert spread[1] < 0.15 * spread[0]


def test_a_ceiling_lies_above():
    e = components(said(43, "up_to"), 200, Reading()).sum(axis=0)
    assert e[43] > e[40] > e[36] > e[50]
    assert e[30:44].sum() > 3 * e[44:].sum()


def test_reading_lists_all_problems():
    with pytest.raises(ValueError, match=r"weights.*lag_day.*repeat.*stale_days"):
        Reading(weights={**WEIGHTS, "exact": (1.0, 1.0, 0.0, 0.0)}, lag_day=((0.0, 0.5),), repeat=2.0, stale_days=-1.0)
