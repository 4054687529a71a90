"""Simulation-based calibration: the sampler against the likelihood, paths against the prior, one replicate."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from escalation.calibration import sbc
from escalation.lattice.prior import Prior
from escalation.reconstruct.evidence import Spoken, components
from escalation.reconstruct.reading import HABITS, Habit, Reading

#: Draws per case, and the largest number that has a cell of its own before cells are pooled.
N, MOST = 20_000, 400
TOTALS = (0, 7, 43)
SMALL = Prior(centre=(0.3, 1.0, 3.0), hazard=(1 / 30, 1 / 90), phi=(0.0, 1.0, 3.0), sigma=(0.1, 0.25))


class Quick:
    """A generator whose weighted `choice` is fast for one draw at a time."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.random, self.geometric, self.negative_binomial = rng.random, rng.geometric, rng.negative_binomial
        self._runs: dict[tuple[float, ...], list[float]] = {}

    def choice(self, values, p):
        run = self._runs.setdefault(tuple(p), list(itertools.accumulate(p)))
        mark = self.random() * run[-1]
        at = next(i for i, upto in enumerate(run) if mark < upto)
        return at if isinstance(values, int) else values[at]


def law(bound: str, reading: Reading) -> np.ndarray:
    """P(n | c) by the likelihood for n = 0..MOST, one number at a time, at each of `TOTALS`; shape (MOST + 1, 3)."""
    lags = tuple(lag for lag, _ in reading.lag_day)  # one incident a day
    said = (Spoken(n, None, (bound,), False, 1, False, 0, False, 1.0, lags) for n in range(MOST + 1))
    return np.array([components(s, max(TOTALS) + 1, reading).sum(axis=0)[list(TOTALS)] for s in said])


def pooled(found: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbouring cells until each expects at least 5."""
    out: list[list[float]] = []
    for f, e in zip(found, expected, strict=True):
        if out and out[-1][1] < 5:
            out[-1] = [out[-1][0] + f, out[-1][1] + e]
        else:
            out.append([f, e])
    if out[-1][1] < 5:
        last = out.pop()
        out[-1] = [out[-1][0] + last[0], out[-1][1] + last[1]]
    return np.array(out)[:, 0], np.array(out)[:, 1]


@pytest.mark.parametrize(("bound", "habit"), list(itertools.product(sbc.BOUNDS, HABITS)))
def test_what_is_said_follows_the_likelihood(bound, habit):
    """Chi-square, 20,000 draws for each total; the 27 p values were .037 to .993 with these seeds."""
    reading = Reading().under(habit)
    for c, p in zip(TOTALS, law(bound, reading).T, strict=True):
        rng = Quick(c)
        numbers = np.array([sbc.state(c, bound, reading, rng) for _ in range(N)])
        assert numbers.min() >= 0
        found = np.bincount(np.minimum(numbers, MOST + 1), minlength=MOST + 2)
        assert 0.95 < p.sum() <= 1.0 + 1e-12
        found, expected = pooled(found, N * np.append(p, 1.0 - p.sum()))
        value = stats.chisquare(found, expected).pvalue
        assert value > 1e-4, (c, value)


def test_the_chi_square_test_would_see_another_reading():
    """Draws of the loose habit against the law of the careful one."""
    loose, careful = (Reading().under(habit) for habit in HABITS[:2])
    rng = Quick(1)
    numbers = np.array([sbc.state(43, "exact", loose, rng) for _ in range(2000)])
    p = law("exact", careful)[:, 2]
    found, expected = pooled(
        np.bincount(numbers.clip(max=MOST + 1), minlength=MOST + 2), 2000 * np.append(p, 1 - p.sum())
    )
    assert stats.chisquare(found, expected).pvalue < 1e-10


def near(hits: np.ndarray, share: float) -> bool:
    return abs(hits.mean() - share) < 4 * np.sqrt(share * (1 - share) / hits.size)


def test_paths_have_the_moments_of_the_prior():
    """4,000 paths; shares and means within four standard errors of their closed forms."""
    rng = np.random.default_rng(4)
    paths = [sbc.draw_path(SMALL, rng) for _ in range(4000)]
    models = SMALL.models()
    jumped = np.array([path.new.any() for path in paths])
    moved = np.array([(np.diff(path.rate) != 0).any() for path in paths])
    still = {drift: sum(m.weight * (1 - m.hazard) ** (sbc.T - 1) for m in models if (m.sigma > 0) in drift)
             for drift in ((False,), (True,), (False, True))}  # fmt: skip
    assert near(~jumped, still[False, True])
    assert near(~jumped & ~moved, still[False,])
    assert near(~jumped & moved, still[True,])
    starts = np.array([path.new.sum() for path in paths])
    mean = sum(m.weight * m.hazard for m in models) * (sbc.T - 1)
    assert abs(starts.mean() - mean) < 4 * starts.std() / np.sqrt(starts.size)
    assert not any(path.new[0] for path in paths)


def test_first_rates_and_counts_have_the_moments_of_the_prior():
    rng = np.random.default_rng(5)
    paths = [sbc.draw_path(SMALL, rng) for _ in range(3000)]
    first = np.log([path.rate[0] for path in paths])
    low, high = np.log(SMALL.grid[0]), np.log(SMALL.grid[1])
    x = (np.arange(20_000) + 0.5) / 20_000
    parts = [np.clip(np.log(c) + s * stats.norm.ppf(x), low, high) for c in SMALL.centre for s in SMALL.spread]
    assert abs(first.mean() - np.mean(parts)) < 4 * first.std() / np.sqrt(first.size)
    assert stats.kstest(first, np.sort(np.concatenate(parts))).pvalue > 1e-3
    weight = np.array([1.0, 1 / 4, 1 / 16])  # (1 + phi) ** -2 for phi = 0, 1, 3
    spread = 1 + weight @ [0.0, 1.0, 3.0] / weight.sum()
    squares = np.array([np.mean((path.counts - path.rate) ** 2 / path.rate) for path in paths if path.rate.min() > 0.5])
    assert squares.size > 500
    assert abs(squares.mean() - spread) < 4 * squares.std() / np.sqrt(squares.size)


def test_rank_by_hand():
    rng = np.random.default_rng(1)
    sample = np.array([3.0, 1.0, 8.0, 5.0, 5.0])
    assert sbc._rank(4.0, sample, rng) == 2
    assert sbc._rank(0.0, sample, rng) == 0
    assert sbc._rank(9.0, sample, rng) == 5
    tied = np.bincount([sbc._rank(5.0, sample, rng) for _ in range(3000)], minlength=6)
    assert tied[[0, 1, 5]].sum() == 0  # two below, two ties: 2, 3 or 4
    assert stats.chisquare(tied[2:5]).pvalue > 1e-3


def test_one_replicate():
    ranks, cover = sbc.replicate(((1, 7), "fast"))
    assert [row["quantity"] for row in ranks] == ["rate", "total", "number of changes", "first change"]
    assert all(row.keys() == {"replicate", "quantity", "rank", "of"} for row in ranks)
    assert all(row["replicate"] == 7 and row["of"] == sbc.DRAWS and 0 <= row["rank"] <= sbc.DRAWS for row in ranks)
    assert cover.keys() == {
        "replicate", "rate", "daily count (plain)", "daily count (randomised PIT)", "total (plain)",
        "total (randomised PIT)",
    }  # fmt: skip
    assert all(0.0 <= cover[name] <= 1.0 for name in cover.keys() - {"replicate"})
    assert sbc.replicate(((1, 7), "fast")) == (ranks, cover)


def test_reports_are_accepted_by_what_is_reported():
    rng = np.random.default_rng(6)
    readings = [Reading().under(Habit("one", 1.0, 1.0))]
    for _ in range(20):
        path, day, bounds, numbers = sbc._accepted(SMALL, readings, [1.0], rng)
        assert 1 <= max(numbers) <= sbc.MOST
        assert len(numbers) == len(bounds) == sbc.REPORTS
        assert day[-1] == sbc.T - 1
        assert (np.diff(day) > 0).all()
        assert path.counts.shape == (sbc.T,)
