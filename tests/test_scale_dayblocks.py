from itertools import permutations

import numpy as np
import pytest

from escalation.scale.order.association import association
from escalation.scale.order.dayblocks import _variance, day_block_p
from escalation.scale.order.permutation import block_scores


def score(days):
    """Kendall's score of levels, day after day, by counting pairs."""
    return sum(np.sign(y - x) for i, one in enumerate(days) for other in days[i + 1 :] for x in one for y in other)


def drawn(rng, most=6):
    days = [rng.integers(0, 3, rng.integers(1, 4)).tolist() for _ in range(rng.integers(1, most + 1))]
    day = np.repeat(np.arange(len(days)) * 3 + 5, [len(d) for d in days])
    return days, day, np.concatenate(days).astype(int)


def test_p_is_that_of_all_orders_of_the_days():
    rng = np.random.default_rng(1)
    for _ in range(60):
        days, day, rung = drawn(rng)
        every = [abs(score(order)) for order in permutations(days)]
        p, error = day_block_p(day, rung, 3, rng=rng)
        assert error == 0.0
        assert p == pytest.approx(np.mean([s >= abs(score(days)) for s in every]))


def test_the_score_is_that_of_the_association_of_exact_days():
    rng = np.random.default_rng(2)
    for _ in range(60):
        _, day, rung = drawn(rng, 9)
        unique, at = np.unique(day, return_inverse=True)
        blocks = np.zeros((unique.size, 3), dtype=np.int64)
        np.add.at(blocks, (at, rung), 1)
        found = block_scores(blocks, np.arange(unique.size)[None])[0]
        assert found == association(day, day, rung, rng=rng).score


def test_the_variance_is_that_of_all_orders():
    rng = np.random.default_rng(3)
    for _ in range(40):
        blocks = rng.integers(0, 4, (int(rng.integers(3, 7)), 3))
        orders = np.array(list(permutations(range(len(blocks)))))
        assert _variance(blocks) == pytest.approx((block_scores(blocks, orders).astype(float) ** 2).mean())


def test_one_incident_a_day_gives_the_permutation_of_incidents():
    rng = np.random.default_rng(4)
    rung = np.array([0, 0, 1, 0, 2, 1, 2, 1, 2, 2, 1, 2])
    whole, error = day_block_p(np.arange(12), rung, 3, rng=rng)
    assert whole == pytest.approx(association(np.arange(12), np.arange(12), rung, rng=rng).p, abs=5 * error)


def test_pairs_of_one_weapon_do_not_make_a_trend():
    rng = np.random.default_rng(5)
    low = {"days": 0, "incidents": 0}
    for _ in range(300):
        day, rung = np.repeat(np.sort(rng.choice(120, 20, replace=False)), 3), np.repeat(rng.integers(0, 3, 20), 3)
        low["days"] += day_block_p(day, rung, 3, rng=rng, replicates=499)[0] <= 0.1
        low["incidents"] += association(day, day, rung, rng=rng, replicates=499).p <= 0.1
    assert low["days"] / 300 < 0.1 + 3 * np.sqrt(0.09 / 300)
    assert low["incidents"] / 300 > 0.25


def test_same_days_in_any_order_of_rows_and_the_normal_law_for_many_days():
    rng = np.random.default_rng(6)
    day, rung = rng.integers(0, 60, 80), rng.integers(0, 3, 80)
    order = rng.permutation(80)
    one = day_block_p(day, rung, 3, rng=np.random.default_rng(1))
    assert one == day_block_p(day[order], rung[order], 3, rng=np.random.default_rng(1))
    day, rung = np.arange(3000), rng.integers(0, 3, 3000)
    p, error = day_block_p(day, rung, 3, rng=rng)
    assert np.isnan(error)
    assert p == pytest.approx(association(day, day, rung, rng=rng).p, abs=1e-9)


def test_none_and_one_incident():
    rng = np.random.default_rng(7)
    assert day_block_p([], [], 3, rng=rng) == (1.0, 0.0)
    assert day_block_p([4], [2], 3, rng=rng) == (1.0, 0.0)
