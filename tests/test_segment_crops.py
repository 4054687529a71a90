"""All penalties at once, against one search per penalty and against the best cost for each number of changes."""

from __future__ import annotations

import numpy as np
import pytest

from escalation.changes.segment.segment import segment
from tests.test_segment import COAL, nb2_cost, optimum, poisson_cost, random_series, sums


def test_path_is_optimal_at_every_penalty():
    rng = np.random.default_rng(3)
    for round_ in range(60):
        y, e = random_series(rng, 40)
        nb2 = round_ % 2 == 1
        path = segment(y, exposure=e, penalty=(0.05, 40.0), **({"family": "nb2", "size": 2.0} if nb2 else {}))
        table = sums(y, e, nb2_cost(2.0) if nb2 else poisson_cost)
        for penalty in np.geomspace(0.05, 40.0, 60):
            found = path.segmentation(float(penalty))
            best = optimum(table, penalty)
            assert found.cost + penalty * found.n_changes == pytest.approx(best, rel=1e-9, abs=1e-9)


def least_by_number(table):
    """Least cost for each number of regimes, Q[m] for m changes."""
    n = table.shape[0] - 1
    F = table[0].copy()
    out = [F[n]]
    for _ in range(1, n):
        F = np.array([np.inf] + [np.min(F[:t] + table[:t, t]) for t in range(1, n + 1)])
        out.append(F[n])
    return np.array(out)


def test_path_is_the_lower_hull_of_the_best_costs():
    y = np.array(COAL, np.int64)
    Q = least_by_number(sums(y, np.ones(y.size), poisson_cost))
    path = segment(y, penalty=(2.5, 200.0)).frame
    assert path["cost"].to_numpy() == pytest.approx(Q[path["changes"]], rel=1e-9)
    swaps = np.diff(path["cost"]) / -np.diff(path["changes"])
    assert path["penalty_high"].to_numpy()[:-1] == pytest.approx(swaps)
    assert (np.diff(path["penalty_low"]) > 0).all()
    assert path["penalty_high"].iloc[-1] == 200.0
    assert path["penalty_low"].iloc[0] == 2.5
    assert path["penalty_low"].iloc[-1] == pytest.approx(69.988, abs=1e-3)  # one change costs what it gains


def hull(y):
    """Changes and lowest penalties of all optima, Poisson, in extended precision."""
    n = y.size
    x0 = np.longdouble(y.sum()) / n
    table = np.full((n + 1, n + 1), np.longdouble(np.inf))
    for a in range(n):
        for b in range(a + 1, n + 1):
            S = np.longdouble(y[a:b].sum())
            table[a, b] = -2 * S * np.log(S / (b - a) / x0)
    Q, F = [table[0, n]], table[0].copy()
    for _ in range(1, n):
        F = np.array([np.inf] + [np.min(F[:t] + table[:t, t]) for t in range(1, n + 1)], np.longdouble)
        Q.append(F[n])
    at, m = [], 0
    while m < n - 1:
        steps = [(Q[m] - Q[k]) / (k - m) for k in range(m + 1, n)]
        best = max(steps)
        if best <= 0:
            break
        at.append(float(best))
        m += 1 + max(i for i, step in enumerate(steps) if step == best)
        yield m, at[-1]


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="needs floats longer than 64 bits")
def test_path_is_complete_where_counts_are_large():
    rng = np.random.default_rng(12)
    for round_ in range(150):
        y = rng.poisson(10.0 ** rng.uniform(4, 6), int(rng.integers(2, 16))).astype(np.int64)
        y = np.array([99774, 99707, 99920, 99853]) if round_ == 0 else y
        known = list(hull(y))
        path = segment(y, penalty=(0.0, 1000.0)).frame[::-1]
        found = list(zip(path["changes"].iloc[1:], path["penalty_high"].iloc[1:], strict=True))
        assert [m for m, _ in found] == [m for m, _ in known]
        assert [p for _, p in found] == pytest.approx([p for _, p in known], rel=1e-7)


def test_nb1_path_is_complete_where_counts_are_large():
    y = np.random.default_rng(13).poisson(1e5, 12)
    rates = np.linspace(99_000, 101_000, 400)
    path = segment(y, family="nb1", phi=0.5, rates=rates, penalty=(0.01, 50.0))
    for penalty in np.geomspace(0.01, 50.0, 300):
        alone = segment(y, family="nb1", phi=0.5, rates=rates, penalty=float(penalty))
        found = path.segmentation(float(penalty))
        assert found.cost + penalty * found.n_changes == pytest.approx(alone.penalised_cost, rel=0, abs=1e-7)


def test_nb1_and_zero_penalty():
    y = [0, 1, 0, 0, 5, 6, 4, 7, 0, 0]
    path = segment(y, family="nb1", phi=0.5, rates=[0.2, 1.0, 5.0], penalty=(0, 50))
    for penalty in (0.0, 0.7, 3.0, 9.0, 50.0):
        alone = segment(y, family="nb1", phi=0.5, rates=[0.2, 1.0, 5.0], penalty=penalty)
        found = path.segmentation(penalty)
        assert found.cost + penalty * found.n_changes == pytest.approx(alone.penalised_cost)


def test_one_penalty_is_a_path_of_one():
    path = segment(COAL, penalty=(9.0, 9.0))
    assert len(path) == 1
    assert path[0].changepoints.tolist() == segment(COAL, penalty=9.0).changepoints.tolist()


def test_path_shows_itself_and_names_its_range():
    path = segment(COAL, penalty=(5, 100))
    assert repr(path).startswith("SegmentationPath(")
    assert "<table" in path._repr_html_()
    assert path[-1].n_changes == 0
    assert path.summary().columns.tolist() == ["penalty_low", "penalty_high", "changes", "cost"]
    for penalty in (4.9, 101.0, float("nan")):
        with pytest.raises(ValueError, match="from 5 to 100 is needed"):
            path.segmentation(penalty)
