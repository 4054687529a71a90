import time
from itertools import product
from math import factorial, log, prod

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from escalation.changes.scan.null import constant_rate
from escalation.changes.scan.scan import scan
from escalation.charts import text_boxes_clear

# Coal-mining disasters in Britain with ten or more deaths, by year, 1851 to 1962 (Jarrett 1979, data set boot::coal).
COAL = [
    4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1,
    3, 2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0,
    1, 1, 0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip


def log_likelihood(counts, exposure):
    """Poisson log-likelihood at the best single rate, without the terms that no split changes."""
    n, e = sum(counts), sum(exposure)
    return n * log(n / e) if n else 0.0


def by_hand(counts, exposure):
    """The statistic of every split, from the definition."""
    return [
        2
        * (
            log_likelihood(counts[:t], exposure[:t])
            + log_likelihood(counts[t:], exposure[t:])
            - log_likelihood(counts, exposure)
        )
        for t in range(1, len(counts))
    ]


def nb1(rng, rates, phi):
    """NB1 counts as a gamma mixture of Poisson counts: variance (1 + phi) mean."""
    return rng.poisson(phi * rng.standard_gamma(np.asarray(rates) / phi)) if phi else rng.poisson(rates)


def rejected(series, rates, phi, family, seed, replicates=199):
    """Share of simulated series in which a constant rate is rejected at 5 %, and its Monte-Carlo error."""
    rng = np.random.default_rng(seed)
    count = tried = 0
    for _ in range(series):
        counts = nb1(rng, rates, phi)
        if counts.sum():
            tried += 1
            count += scan(counts, family=family, replicates=replicates, rng=rng).p_value <= 0.05
    share = count / tried
    return share, np.sqrt(0.05 * 0.95 / tried)


@pytest.mark.parametrize("seed", range(5))
def test_profile_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    counts, exposure = rng.poisson(2.0, 30), rng.uniform(0.2, 3.0, 30)
    found = scan(counts, exposure=exposure, replicates=19)
    np.testing.assert_allclose(found.profile, by_hand(counts.tolist(), exposure.tolist()), atol=1e-9)
    assert found.statistic == found.profile.max()
    assert found.date == found.profile.idxmax()
    assert found.rate_before == pytest.approx(counts[: found.date].sum() / exposure[: found.date].sum())
    assert found.rate_after == pytest.approx(counts[found.date :].sum() / exposure[found.date :].sum())
    assert found.ratio == pytest.approx(found.rate_after / found.rate_before)


def test_coal_mining_disasters():
    assert (len(COAL), sum(COAL)) == (112, 191)
    found = scan(pd.Series(COAL, index=range(1851, 1963)))
    assert (found.last_before, found.date) == (1891, 1892)
    assert found.statistic == pytest.approx(69.99, abs=0.005)
    # 127 disasters in 41 years, 64 in 71: the closed form of the maximum.
    assert found.statistic == pytest.approx(2 * (127 * log(127 / 41) + 64 * log(64 / 71) - 191 * log(191 / 112)))
    assert (found.rate_before, found.rate_after) == (pytest.approx(127 / 41), pytest.approx(64 / 71))
    assert found.p_value == 1 / 2000  # no replicate comes near
    assert found.phi == 0.0


@pytest.mark.parametrize(
    ("counts", "exposure"), [((2, 1, 0), (1, 1, 1)), ((0, 0, 3), (1, 1, 1)), ((0, 2, 1), (1, 2, 4))]
)
def test_p_value_is_exact_for_three_days_and_three_incidents(counts, exposure):
    share = np.array(exposure) / sum(exposure)
    at_least = 0.0
    for y in product(range(4), repeat=3):
        if sum(y) == 3 and max(by_hand(y, exposure)) >= max(by_hand(counts, exposure)) - 1e-9:
            at_least += factorial(3) / prod(map(factorial, y)) * float(np.prod(share**y))
    found = scan(counts, exposure=exposure, replicates=40_000)
    assert found.p_value == pytest.approx(at_least, abs=4 * np.sqrt(at_least * (1 - at_least) / 40_000) + 1e-4)


def test_days_without_count_are_left_out_and_mapped_back():
    whole = [1, 0, 1, 1, 0, 5, 4, 6]
    index = pd.date_range("2024-01-01", periods=11)
    gaps = pd.Series([1, 0, 1, np.nan, 1, 0, np.nan, np.nan, 5, 4, 6], index=index)
    found, closed = scan(gaps), scan(whole)
    np.testing.assert_allclose(found.profile, closed.profile)
    assert (found.statistic, found.p_value) == (closed.statistic, closed.p_value)
    assert (found.last_before, found.date) == (index[5], index[8])  # the days between were not observed
    assert list(found.profile.index) == [index[i] for i in (1, 2, 4, 5, 8, 9, 10)]


def test_exposure_of_twice_the_length_is_not_a_change():
    found = scan([2] * 20 + [4] * 20, exposure=[1] * 20 + [2] * 20)
    assert found.statistic == pytest.approx(0.0, abs=1e-9)
    assert (found.p_value, found.ratio) == (1.0, pytest.approx(1.0))


def test_phi_is_pearson_over_its_degrees_of_freedom():
    counts = np.array([0, 7, 0, 0, 9, 1, 0, 12, 0, 1])
    pearson = ((counts - 3.0) ** 2 / 3.0).sum() / 9
    found, poisson = scan(counts, family="nb1"), scan(counts)
    assert found.phi == pytest.approx(pearson - 1)
    assert found.statistic == pytest.approx(poisson.statistic / pearson)
    assert scan([3, 3, 3, 2, 3, 3], family="nb1").phi == 0.0  # less varied than Poisson: not below 0


def test_bootstrap_of_nb1_has_its_variance_and_total():
    share, total, phi = np.array([0.1, 0.2, 0.3, 0.4]), 60, 2.0
    rows = constant_rate(total, share, phi, 40_000, np.random.default_rng(1))
    assert (rows.sum(axis=1) == total).all()
    np.testing.assert_allclose(rows.mean(axis=0), total * share, rtol=0.02)
    # Dirichlet-multinomial with concentration total / phi, the law of independent NB1 counts given their sum.
    concentration = total / phi
    variance = total * share * (1 - share) * (total + concentration) / (1 + concentration)
    np.testing.assert_allclose(rows.var(axis=0), variance, rtol=0.04)


def test_bootstrap_of_nb1_with_all_incidents_on_one_day():
    found = scan([0] * 200 + [300] + [0] * 199, family="nb1", replicates=199)
    assert np.isfinite(found.profile).all()
    assert found.p_value > 0.05


def test_same_seed_same_answer():
    counts = np.random.default_rng(3).poisson(1.0, 80)
    assert scan(counts).p_value == scan(counts).p_value
    assert scan(counts, rng=5).p_value == scan(counts, rng=np.random.default_rng(5)).p_value
    few, many = (scan(counts, rng=5, replicates=n) for n in (199, 9999))
    assert many.p_error < few.p_error
    assert few.p_error == pytest.approx(np.sqrt(few.p_value * (1 - few.p_value) / 199))


def test_critical_value_and_p_value_agree():
    for seed in range(20):
        found = scan(np.random.default_rng(seed).poisson(1.0, 60), replicates=199, rng=seed)
        if abs(found.statistic - found.critical) > 1e-6:
            assert (found.p_value <= 0.05) == (found.statistic > found.critical)


@pytest.mark.parametrize(("rate", "phi", "family"), [(1.5, 0.0, "poisson"), (1.5, 1.0, "nb1")])
def test_size_is_five_per_cent_quick(rate, phi, family):
    share, error = rejected(600, np.full(120, rate), phi, family, seed=1, replicates=99)
    assert abs(share - 0.05) < 3 * error


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "phi", "family"),
    [(rate, phi, family) for rate in (0.3, 1.5, 10.0) for phi, family in ((0.0, "poisson"), (1.0, "nb1"))],
)
def test_size_is_five_per_cent(rate, phi, family):
    share, error = rejected(6000, np.full(120, rate), phi, family, seed=2)
    assert error <= 0.004
    assert 0.04 <= share <= 0.06


def test_doubling_is_found_and_poisson_is_no_test_for_clumped_counts():
    doubling = np.repeat([1.0, 2.0], 60)
    assert rejected(100, doubling, 0.0, "poisson", seed=3, replicates=99)[0] > 0.85
    assert rejected(100, doubling, 1.0, "nb1", seed=3, replicates=99)[0] > 0.5
    assert rejected(100, np.full(120, 1.5), 2.0, "poisson", seed=3, replicates=99)[0] > 0.3


def test_no_incident_before_gives_an_infinite_ratio():
    found = scan([0, 0, 0, 0, 3, 4])
    assert (found.rate_before, found.ratio) == (0.0, float("inf"))
    assert "ratio inf" in found.sentence()


@pytest.mark.parametrize(
    ("counts", "arguments", "words"),
    [
        ([3], {}, "1 of 1 days"),
        ([3, None, None], {}, "1 of 3 days"),
        ([0, 0, 0], {}, "no incident"),
        ([1, -2, 3], {}, "negative"),
        ([1, 2], {"family": "nb2"}, "'nb2' is not one of 'poisson', 'nb1'"),
        ([1, 2], {"replicates": 10}, "10 is not a whole number of 19 or more"),
        ([1, 2], {"replicates": True}, "True is not a whole number"),
        ([1, 2], {"replicates": 99.0}, "99.0 is not a whole number"),
        ([1, 2], {"exposure": [1, 0]}, "exposure"),
        ([1], {"family": "x", "replicates": 0}, "family.*replicates.*1 of 1 days"),
    ],
)
def test_bad_input(counts, arguments, words):
    with pytest.raises(ValueError, match=words):
        scan(counts, **arguments)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2023-10-17", periods=112),
        pd.date_range("2023-10-17", periods=112, tz="UTC"),
        pd.period_range("1851", periods=112, freq="Y"),
        range(1851, 1963),
    ],
)
def test_figure_shows_profile_critical_value_and_maximum(index):
    found = scan(pd.Series(COAL, index=index), replicates=199)
    ax = found.plot()
    drawn, line, dot = ax.lines[:3]
    np.testing.assert_allclose(drawn.get_ydata(), found.profile)
    assert set(line.get_ydata()) == {found.critical}
    assert dot.get_ydata() == [found.statistic]
    assert not text_boxes_clear(ax.figure)
    plt.close(ax.figure)


def test_two_days_and_words():
    found = scan(pd.Series([1, 9], index=pd.to_datetime(["2024-02-03", "2024-02-04"])))
    assert found.summary().loc[0, "date"] == pd.Timestamp("2024-02-04")
    assert "2024-02-04" in repr(found)
    assert found.sentence() in repr(found)
    ax = found.plot()
    assert not text_boxes_clear(ax.figure)
    plt.close(ax.figure)


def test_html_is_escaped():
    found = scan(pd.Series([1, 9, 9], index=["<b>a", "<b>b", "<b>c"]))
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()


def test_speed():
    counts = np.random.default_rng(0).poisson(1.5, 365)
    scan(counts, replicates=19)
    start = time.process_time()  # of this process alone: others may use the machine
    scan(counts)
    assert time.process_time() - start < 0.5
