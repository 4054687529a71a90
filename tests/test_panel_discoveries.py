"""e-BH: against brute force with exact fractions, its guarantee under dependence, and what the panel makes of it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from escalation.charts.boxes import text_boxes_clear
from escalation.charts.canvas import new_axes
from escalation.charts.discoveries import discoveries_panel
from escalation.study.panel.discoveries import e_bh
from escalation.study.panel.panel import panel


def brute(e: list[float], fdr: Fraction) -> set[int]:
    """Follow the definition word by word: the largest k with e_(k) >= n / (k fdr), in exact arithmetic."""
    known = [i for i, value in enumerate(e) if value == value]
    n, best = len(known), 0
    ranked = sorted(known, key=lambda i: -e[i])
    for k in range(1, n + 1):
        value = e[ranked[k - 1]]
        if value == np.inf or Fraction(value) * k * fdr >= n:
            best = k
    return set(ranked[:best])


@pytest.mark.parametrize("fdr", [Fraction(1, 4), Fraction(1, 16), Fraction(5, 8)])
def test_discoveries_are_those_of_the_definition(fdr):
    rng = np.random.default_rng(4)
    for case in range(200):
        n = int(rng.integers(1, 12))
        e = np.exp(rng.normal(1.0, 2.5, n)).round(int(rng.integers(0, 3))).tolist()
        if case % 3 == 0:
            e[int(rng.integers(n))] = float(rng.choice([np.inf, np.nan, 0.0]))
        discovery, _ = e_bh(e, float(fdr))
        assert set(np.flatnonzero(discovery)) == brute(e, fdr), e


def test_ties_on_the_line_are_discoveries():
    # n / (k fdr) is 4 at k = 4 and fdr = 1/4: four e-values of exactly 4 are enough, three are not.
    assert e_bh([4.0, 4.0, 4.0, 4.0], 0.25)[0].all()
    assert not e_bh([4.0, 4.0, 4.0, 3.9], 0.25)[0].any()


def test_q_is_the_smallest_rate_at_which_a_series_is_a_discovery():
    rng = np.random.default_rng(5)
    e = np.exp(rng.normal(2.0, 2.0, 30))
    e[[3, 8]], e[11] = np.nan, np.inf
    _, q = e_bh(e, 0.5)
    assert np.isnan(q[[3, 8]]).all()
    assert q[11] == 0.0
    for i in np.flatnonzero(q < 1.0):
        for fdr, found in ((q[i] * (1 + 1e-9), True), (q[i] * (1 - 1e-9), False)):
            if 0.0 < fdr < 1.0:
                assert e_bh(e, float(fdr))[0][i] == found
    known = ~np.isnan(e)
    assert (np.diff(q[known][np.argsort(-e[known])]) >= 0).all()
    permuted = rng.permutation(30)
    np.testing.assert_array_equal(e_bh(e[permuted], 0.5)[1], q[permuted])


def test_nothing_to_choose_from():
    for e in ([], [np.nan, np.nan]):
        discovery, q = e_bh(e, 0.1)
        assert not discovery.any()
        assert np.isnan(q).all()


def test_all_problems_in_one_error():
    with pytest.raises(
        ValueError, match=r"(?s)fdr must be .* got 1\.5; e-values must be 0 or more, 1 are negative \(number 1"
    ):
        e_bh([1.0, -2.0], 1.5)
    with pytest.raises(ValueError, match="list of numbers"):
        e_bh(["a"], 0.1)
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        e_bh([[1.0, 2.0]], 0.1)


@pytest.mark.parametrize("shared", [0.0, 0.6, 0.95])
def test_the_false_discovery_rate_is_kept_under_dependence(shared):
    """Likelihood ratios of a normal mean, correlated by a common factor; a fifth of 100 series has the mean."""
    rng, runs, n, mean, fdr = np.random.default_rng(6), 2000, 100, 3.0, 0.2
    changed = np.arange(n) < n // 5
    proportion, power = np.zeros(runs), np.zeros(runs)
    for r in range(runs):
        z = np.sqrt(shared) * rng.normal() + np.sqrt(1 - shared) * rng.normal(size=n) + mean * changed
        found, _ = e_bh(np.exp(mean * z - mean**2 / 2), fdr)
        proportion[r] = (found & ~changed).sum() / max(found.sum(), 1)
        power[r] = found[changed].mean()
    error = proportion.std() / np.sqrt(runs)
    assert proportion.mean() <= fdr + 3 * error
    assert power.mean() > 0.15  # the guarantee is not kept by finding nothing


def test_e_values_with_too_large_a_mean_do_break_the_rate():
    """The check above is able to fail: without the normalising constant the proportion is far above the rate."""
    rng, changed = np.random.default_rng(7), np.arange(100) < 20
    shares = []
    for _ in range(300):
        found, _ = e_bh(np.exp(3.0 * (rng.normal(size=100) + 3.0 * changed)), 0.2)
        shares.append((found & ~changed).sum() / max(found.sum(), 1))
    assert np.mean(shares) > 0.4


@pytest.mark.parametrize("n", [0, 1, 12, 3000])
def test_the_figure_is_clear(n):
    rng = np.random.default_rng(8)
    e = np.exp(rng.normal(0.0, 4.0, n))
    if n > 10:
        e[0], e[1], e[2] = np.inf, np.nan, 0.0
    discovery, _ = e_bh(e, 0.1)
    ax = discoveries_panel(new_axes(), e, discovery, fdr=0.1, title="Evidence", note="A change is found in some.")
    assert text_boxes_clear(ax.figure) == []
    drawn = sum(len(line.get_xdata()) for line in ax.lines if line.get_zorder() >= 3.0)  # the key lies lower
    assert drawn == int((~np.isnan(e)).sum())
    plt.close(ax.figure)


def test_the_figure_wants_one_flag_for_each_value():
    with pytest.raises(ValueError, match="one shape"):
        discoveries_panel(new_axes(), [1.0, 2.0], [True], fdr=0.1, title="Evidence")
    plt.close("all")


def mixture(n: int, changed: int, rng: np.random.Generator) -> dict[str, pd.Series]:
    """Make daily counts over a year: constant, half of them clumped with phi 1; the first ones step by 2 to 4."""
    index = pd.date_range("2023-01-01", periods=365)
    out = {}
    for i in range(n):
        rate = np.full(365, np.exp(rng.uniform(np.log(0.3), np.log(4.0))))
        if i < changed:
            rate[int(rng.integers(60, 305)) :] *= rng.uniform(2.0, 4.0) ** rng.choice([-1.0, 1.0])
        y = rng.poisson(rate) if i % 2 else rng.negative_binomial(rate, 0.5)  # variance twice the mean
        out[f"{i}"] = pd.Series(y, index=index)
    return out


@pytest.mark.slow
def test_few_discoveries_without_a_change_and_few_false_ones_with(capsys):
    """One thousand constant series, and as many of which a fifth steps."""

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        null = panel(mixture(1000, 0, np.random.default_rng(9)), executor=pool)
        mixed = panel(mixture(1000, 200, np.random.default_rng(10)), executor=pool)
    e, clumped = null.table["e_value"].to_numpy(), np.arange(1000) % 2 == 0
    found, changed = mixed.table["discovery"].to_numpy(), np.arange(1000) < 200
    false, power = float((found & ~changed).sum() / max(found.sum(), 1)), float(found[changed].mean())
    with capsys.disabled():
        print(f"\nnull: {null.table['discovery'].sum()} discoveries; mean e {e.mean():.3f} (Poisson"
              f" {e[~clumped].mean():.3f}, clumped {e[clumped].mean():.3f}), median {np.median(e):.3f}"
              f" mixture: {found.sum()} discoveries, false {false:.3f}, power {power:.3f}")  # fmt: skip
    assert null.table["error"].eq("").all()
    assert null.table["discovery"].sum() == 0
    assert e.mean() <= 1.0
    assert false <= 0.12
    assert power >= 0.7
