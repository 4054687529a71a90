"""`find_changes` against enumeration of all segmentations, a published example, simulations and bad input."""

import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import gammaln

import escalation as esc
from escalation.changes.counts import as_counts
from escalation.lattice import observed
from escalation.lattice.band import Problem
from escalation.lattice.mesh import make_mesh
from escalation.lattice.observed import infer_observed
from escalation.lattice.posterior import infer
from escalation.lattice.scores import no_jump_evidence

HALF_DRIFT = (("constant", 0.5), ("jumps", 0.0), ("drift", 0.5), ("both", 0.0))
ONLY_JUMPS = (("constant", 0.0), ("jumps", 1.0), ("drift", 0.0), ("both", 0.0))
#: Explosions in British coal mines with ten or more deaths, 1851 to 1962 (Jarrett 1979).
COAL = [
    4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3,
    2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1,
    0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip


def _coal() -> pd.Series:
    return pd.Series(COAL, index=range(1851, 1963))


def _segment_evidence(y, exposure, phi, centre, spread):
    """Log evidence of every stretch of days under one rate, by quadrature; keys (first, one past the last)."""
    x = np.linspace(np.log(1e-4), np.log(500), 20_001)
    weight = np.exp(-0.5 * ((x - np.log(centre)) / spread) ** 2) / spread / np.sqrt(2 * np.pi) * (x[1] - x[0])
    day = []
    for count, time in zip(y, exposure, strict=True):
        mean = np.exp(x) * time
        if time == 0.0:
            day.append(np.zeros(x.size))
        elif phi == 0.0:
            day.append(count * np.log(mean) - mean - gammaln(count + 1))
        else:
            size = mean / phi
            day.append(
                gammaln(count + size) - gammaln(size) - gammaln(count + 1)
                - size * np.log1p(phi) + count * np.log(phi / (1 + phi))
            )  # fmt: skip
    run = np.concatenate([np.zeros((1, x.size)), np.cumsum(day, axis=0)])
    return {
        (a, b): float(np.log(np.sum(weight * np.exp(run[b] - run[a]))))
        for a in range(len(y)) for b in range(a + 1, len(y) + 1)
    }  # fmt: skip


def _enumerate(y, exposure, phi, hazard, centre, spread):
    """Evidence, P(k changes), P(change) on each day and on the last 3 days, from all 2**(T-1) segmentations."""
    T, piece = len(y), _segment_evidence(y, exposure, phi, centre, spread)
    total, number, change, late = 0.0, np.zeros(T), np.zeros(T), 0.0
    for bits in itertools.product([False, True], repeat=T - 1):
        starts = [0, *(np.flatnonzero(bits) + 1).tolist(), T]
        k = len(starts) - 2
        p = np.exp(sum(piece[ab] for ab in itertools.pairwise(starts))) * hazard**k * (1 - hazard) ** (T - 1 - k)
        total += p
        number[k] += p
        change[starts[1:-1]] += p
        late += p * any(s >= T - 3 for s in starts[1:-1])
    return np.log(total), number / total, change / total, late / total


@pytest.mark.parametrize("phi", [0.0, 1.0])
def test_equals_the_enumeration_of_all_segmentations(phi):
    y, exposure = np.array([2, 0, 1, 0, 5, 4, 6, 9, 3]), np.array([1.0, 1.0, 0.5, 0.0, 1.0, 1.0, 2.0, 2.0, 1.0])
    prior = esc.Prior(centre=(1.5,), spread=(0.8,), hazard=(0.1,), phi=(phi,), weights=ONLY_JUMPS)
    log_z, number, change, late = _enumerate(y, exposure, phi, 0.1, 1.5, 0.8)
    counts = np.where(exposure > 0, y, np.nan)
    found = esc.find_changes(counts, exposure=np.where(exposure > 0, exposure, 1.0), prior=prior, draws=40_000)
    assert found.models["log_evidence"].to_list() == pytest.approx([log_z], abs=1e-3)
    assert found.no_change == pytest.approx(number[0], abs=1e-3)
    np.testing.assert_allclose(found.daily, change, atol=1e-3)
    assert found.recent(3) == pytest.approx(late, abs=1e-3)
    k = found.n_changes
    np.testing.assert_allclose(k, number[: k.size], atol=4 * 0.5 / np.sqrt(40_000) + 1e-3)
    by_draw = np.bincount(found.draws.changes, minlength=y.size) / 40_000
    np.testing.assert_allclose(by_draw, change, atol=4 * 0.5 / np.sqrt(40_000))


@pytest.mark.parametrize("which", ["jumps", "full"])
def test_agrees_with_the_recursions_for_totals(which):
    """Totals stated exactly on every day are observed counts; the two implementations share no recursion."""
    rng = np.random.default_rng(4)
    y = np.concatenate([rng.poisson(1.0, 25), rng.poisson(2.5, 25)])
    total = np.concatenate([[0], np.cumsum(y)])
    evidence = np.full((total.size, total[-1] + 1), -np.inf)
    evidence[np.arange(total.size), total] = 0.0
    prior = esc.Prior(centre=(0.5, 2.0), spread=(1.0,), hazard=(1 / 30,), phi=(0.0, 1.0), sigma=(0.1,))
    old = infer([Problem(evidence)], prior, which=which, refine_all=True, mapper=map, events=float(total[-1]))
    new = infer_observed(y, np.ones(y.size), prior, which=which, rng=np.random.default_rng(1))
    np.testing.assert_allclose(new.log_evidence, old.log_evidence[0], atol=0.02)
    np.testing.assert_allclose(new.weights, old.weights[0], atol=0.005)
    if which == "jumps":  # with drift, the other one sums "no jump" on a coarser grid than the rest
        assert new.no_change == pytest.approx(old.marginals.no_change, abs=0.005)
    assert new.constant == pytest.approx(old.marginals.constant, abs=0.01)
    np.testing.assert_allclose(new.change, old.marginals.change, atol=0.006)
    np.testing.assert_allclose(new.mean, old.marginals.mean_rate, rtol=0.02)


def test_no_jump_is_the_same_forwards_and_backwards():
    y = np.random.default_rng(4).poisson(1.5, 40)
    found = infer_observed(y, np.ones(40), esc.Prior(), rng=np.random.default_rng(1))
    some = [m for i, m in enumerate(found.models) if i % 37 == 0]
    forwards = [found._tables.evidence(m, stop=1) for m in some]
    np.testing.assert_allclose(no_jump_evidence(found._tables, some), forwards, rtol=1e-10)
    assert found.recent(39) == pytest.approx(1.0 - found.no_change, abs=1e-9)


def test_draws_agree_with_the_exact_marginals():
    rng = np.random.default_rng(8)
    y = np.concatenate([rng.poisson(1.0, 60), rng.poisson(2.0, 60)])
    found = esc.find_changes(y, draws=8000)
    rates = found.draws.rates
    assert rates.shape == (8000, 120)
    assert (found.draws.number == 0).mean() == pytest.approx(found.no_change, abs=0.025)
    by_draw = np.bincount(found.draws.changes, minlength=120) / 8000
    np.testing.assert_allclose(by_draw, found.daily, atol=4 * np.sqrt(0.15 * 0.85 / 8000) + 0.002)
    np.testing.assert_allclose(rates.mean(axis=0), found.rate["mean"], rtol=0.04)
    np.testing.assert_allclose(np.quantile(rates, 0.05, axis=0), found.rate["lower"], rtol=0.06)
    np.testing.assert_allclose(np.quantile(rates, 0.95, axis=0), found.rate["upper"], rtol=0.06)


def test_coal_mining_disasters():
    """One change of a Poisson rate: last year of the old regime 1891, P = .24, 95 % interval 1886 to 1896.

    Raftery & Akman (1986) and Carlin, Gelfand & Smith (1992) on the 112 years with 191 explosions of Jarrett (1979).
    """
    counts = _coal()
    assert (len(counts), counts.sum()) == (112, 191)
    prior = esc.Prior(hazard=(1 / 120,), phi=(0.0,), weights=ONLY_JUMPS)
    found = esc.find_changes(counts, prior=prior, prob=0.95, draws=40_000)
    draws = found.draws
    which = draws.changes[np.isin(draws.draw, np.flatnonzero(draws.number == 1))]
    last_old = pd.Series(counts.index[which - 1])
    assert last_old.mode().to_list() == [1891]
    assert (last_old == 1891).mean() == pytest.approx(0.24, abs=0.02)
    assert last_old.quantile([0.025, 0.975], interpolation="nearest").to_list() == [1886, 1896]
    before, after = draws.sides(np.flatnonzero(np.isin(draws.draw, np.flatnonzero(draws.number == 1))), 14)
    assert before.mean() == pytest.approx(3.1, abs=0.05)
    assert after.mean() == pytest.approx(0.92, abs=0.03)
    assert found.no_change < 1e-6


def test_a_constant_rate_is_not_split_by_the_cells():
    """With steps of .10 in the log rate, 1e5 constant days favour a change; the cells must be fine where it counts."""
    for seed in range(3):
        y = np.random.default_rng(seed).poisson(1.3, 100_000)
        assert esc.find_changes(y, draws=100).no_change > 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("days", "series"), [(100_000, 60), (1_000_000, 20)])
def test_long_constant_series_are_called_constant(days, series):
    rates = np.random.default_rng(0).uniform(0.2, 8.0, series)
    called = [
        esc.find_changes(np.random.default_rng(seed).poisson(rate, days), draws=100).no_change > 0.5
        for seed, rate in enumerate(rates)
    ]
    assert np.mean(called) >= 0.95


def test_cells_are_as_fine_as_one_regime_needs():
    """The sum over a rate that lasts all days equals the integral, from ten incidents to ten million."""
    prior = esc.Prior()
    for n, days in ((10, 30), (500, 200), (40_000, 20_000), (10_000_000, 1_000_000)):
        values = np.full(days, n // days) + (np.arange(days) < n % days)
        mesh = make_mesh(values, np.ones(days), prior)
        log_p = n * np.log(mesh.rates) - days * mesh.rates
        got = np.log(np.sum(np.diff(mesh.edges) * np.exp(log_p - log_p.max()))) + log_p.max()
        want = gammaln(n) - n * np.log(days)  # the integral of rate**(n - 1) exp(-days rate)
        assert got == pytest.approx(want, abs=0.02)


def test_missing_days_are_not_zeros():
    rng = np.random.default_rng(2)
    y = rng.poisson(4.0, 90).astype(float)
    gap, zero = y.copy(), y.copy()
    gap[40:60], zero[40:60] = np.nan, 0.0
    assert esc.find_changes(gap).no_change > 0.5
    assert esc.find_changes(zero).no_change < 0.01


def test_exposure_scales_the_rate():
    rng = np.random.default_rng(3)
    y = rng.poisson(2.0, 80)
    one, two = esc.find_changes(y), esc.find_changes(y, exposure=np.full(80, 2.0))
    np.testing.assert_allclose(two.rate["median"] * 2, one.rate["median"], rtol=0.05)
    counts = rng.poisson(np.where(np.arange(80) < 40, 2.0, 8.0))
    exposure = np.where(np.arange(80) < 40, 1.0, 4.0)
    assert esc.find_changes(counts, exposure=exposure).no_change > 0.5 > esc.find_changes(counts).no_change


def test_the_index_is_kept():
    counts = pd.Series([1, 0, 2, 1, 0, 9, 8, 7, 9, 8], index=pd.date_range("2024-01-01", periods=10))
    row = esc.find_changes(counts, models="jumps").summary().iloc[0]
    assert row["date"] == pd.Timestamp("2024-01-06")
    assert row["lower"] <= row["date"] <= row["upper"]


def test_two_runs_are_identical():
    y = np.random.default_rng(1).poisson(2.0, 50)
    pd.testing.assert_frame_equal(esc.find_changes(y).candidates(), esc.find_changes(y).candidates())


def test_fast_is_near_full():
    for seed in range(6):
        rng = np.random.default_rng(seed)
        y = rng.poisson(np.where(np.arange(120) < 60, 1.0, 1.0 + 0.25 * seed))
        full, fast = esc.find_changes(y), esc.find_changes(y, models="fast")
        assert fast.constant == pytest.approx(full.constant, abs=0.03)
        assert fast.no_change == pytest.approx(full.no_change, abs=0.05)


def test_no_drift_above_ten_thousand_days():
    found = esc.find_changes(np.random.default_rng(0).poisson(0.05, 10_001), draws=100)
    assert set(found.models["family"]) == {"constant", "jumps"}
    assert found.drift_only == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([], "empty"),
        ([np.nan, np.nan], "none of the 2 days was observed"),
        ([1, -2, 0.5, np.inf], r"1 is infinite .*1 is negative \(day 1: -2\).*1 is not a whole number \(day 2: 0.5\)"),
        ([1, "x"], "1: x"),
        ([10**9] * 5, r"the mean is 1e\+09 .* rates go from 0.005 to 10000"),
        ([[1, 2]], "one dimension"),
        (pd.Series([1, 2, 3], index=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"])), "even steps"),
        (pd.Series([1, 2], index=[3, 3]), "must increase"),
    ],
)
def test_bad_counts_get_one_clear_error(counts, message):
    with pytest.raises(ValueError, match=message):
        esc.find_changes(counts)


def test_masked_days_are_missing():
    masked = np.ma.masked_array([0, 1, 0, 2, 1, 0, 1, 0, 50], mask=[0] * 8 + [1])
    assert as_counts(masked).seen.tolist() == [True] * 8 + [False]
    assert as_counts([1, 2], np.ma.masked_array([1.0, 2.0], mask=[0, 0])).exposure.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "index",
    [
        pd.to_timedelta([0, 1, 5, 6], unit="D"),
        pd.Index(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"]),
        pd.Index([date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)], dtype=object),
        pd.MultiIndex.from_tuples([(1, 2), (1, 3), (2, 1)]),
    ],
    ids=["timedelta", "text", "dates", "levels"],
)
def test_gaps_are_refused_in_any_index_of_time(index):
    with pytest.raises(ValueError, match=r"even steps|several levels"):
        as_counts(pd.Series(1, index=index))
    assert as_counts(pd.Series(1, index=[0.1, 0.2, 0.3, 0.4])).days == 4


def test_one_incident_in_a_long_time_works():
    counts = np.zeros(3000)
    counts[1200] = 1
    found = esc.find_changes(counts)
    assert found.no_change > 0.5
    assert found.rate["lower"].iloc[0] < 1 / 3000 < found.rate["upper"].iloc[0]


def test_long_drifting_series_are_as_exact_as_short_ones(monkeypatch):
    """Above 2,000 days only models near the best get a pass of their own; the answer must not depend on it."""
    rng = np.random.default_rng(107)
    path = np.cumsum(rng.normal(0.0, 0.05, 2001))
    path = np.clip((path - np.linspace(0, 1, 2001) * path[-1]) * 0.7, -2.5, 2.0)
    path[1200:1300] += 1.2
    y = rng.poisson(np.exp(path))
    prior = esc.Prior(spread=(1.0,), centre=(0.3, 1.0, 3.0), phi=(0.0, 1.0))
    near = esc.find_changes(y, prior=prior)
    monkeypatch.setattr(observed, "NEARLY", 10**9)
    every = esc.find_changes(y, prior=prior)
    assert near.jump == pytest.approx(every.jump, abs=1e-6)
    assert near.recent(60) == pytest.approx(every.recent(60), abs=1e-6)
    pd.testing.assert_frame_equal(near.rate, every.rate, rtol=1e-6)


def test_counts_beyond_a_sharp_prior():
    drift = esc.Prior(grid=(0.005, 1e4, 0.05), phi=(0.0,), weights=HALF_DRIFT)
    with pytest.raises(ValueError, match="no chance"):
        esc.find_changes([1] * 30 + [5000] * 3, prior=drift)
    sharp = esc.Prior(centre=(1.0,), spread=(0.2,), phi=(0.0,), grid=(0.005, 1000.0, 0.05))
    with pytest.raises(ValueError, match="no chance"):
        esc.find_changes([1] * 30 + [200] * 10, prior=sharp, models="jumps")


def test_a_prior_without_changes_leaves_no_question():
    prior = esc.Prior(weights=(("constant", 1.0), ("jumps", 0.0), ("drift", 0.0), ("both", 0.0)))
    found = esc.find_changes([1] * 37 + [6] * 3, prior=prior)
    assert np.isnan(found.bayes_factor)


def test_bad_arguments_are_named_together():
    with pytest.raises(ValueError, match=r"1 is negative.*prob must be a number.*draws must be"):
        esc.find_changes([1, -1], prob="0.9", draws=None)
    with pytest.raises(ValueError, match=r"models must be.*prob must be.*draws must be"):
        esc.find_changes([1, 2], models="best", prob=1.5, draws=3)
    with pytest.raises(ValueError, match="exposure"):
        esc.find_changes([1, 2], exposure=[1.0, 0.0])
    with pytest.raises(TypeError, match="Prior"):
        esc.find_changes([1, 2], prior="flat")


def test_extremes_work():
    nothing = esc.find_changes([0] * 60)
    assert nothing.no_change > 0.5
    assert nothing.rate["upper"].max() < 0.2
    one = esc.find_changes([3])
    assert (one.no_change, len(one.summary()), len(one.candidates())) == (pytest.approx(1.0), 0, 0)
    many = esc.Prior(grid=(1.0, 1e11, 0.05), centre=(1e8, 1e9, 1e10))
    counts = np.random.default_rng(0).poisson(np.repeat([1e9, 2e9], 10))
    row = esc.find_changes(counts, prior=many).summary().iloc[0]
    assert (row["date"], row["ratio"]) == (10, pytest.approx(2.0, rel=1e-3))


def _from_prior(prior, days, rng):
    """Counts, rates and number of jumps of a series drawn from the prior."""
    models = prior.models("full")
    weights = np.array([m.weight for m in models])
    m = models[rng.choice(len(models), p=weights / weights.sum())]

    def fresh():
        centre, spread = (m.centre, m.spread) if m.centre else (rng.choice(prior.centre), rng.choice(prior.spread))
        return np.log(centre) + spread * rng.normal()

    log_rate, jumps, x = np.empty(days), 0, fresh()
    for t in range(days):
        if t > 0:
            x += m.sigma * rng.normal()
            if rng.random() < m.hazard:
                x, jumps = fresh(), jumps + 1
        log_rate[t] = x
    rate = np.exp(log_rate)
    counts = rng.poisson(rate) if m.phi == 0.0 else rng.negative_binomial(rate / m.phi, 1.0 / (1.0 + m.phi))
    return counts, rate, jumps


@pytest.mark.slow
def test_ranks_of_truths_drawn_from_the_prior_are_uniform():
    """Simulation-based calibration (Talts et al. 2018), and P(jump) against how often there is one."""
    prior = esc.Prior(grid=(1e-4, 1e4, 0.05), centre=(0.1, 0.316, 1.0, 3.16, 10.0))
    rank, number, covered, said, jumped = [], [], [], [], []
    for seed in range(300):
        rng = np.random.default_rng([7, seed])
        counts, rate, jumps = _from_prior(prior, 120, rng)
        found = esc.find_changes(counts, prior=prior, draws=399)
        rank.append((found.draws.mean_rate(60, 61) < rate[60]).mean())
        below, same = (found.draws.number < jumps).mean(), (found.draws.number == jumps).mean()
        number.append(below + rng.random() * same)
        covered.append(((found.rate["lower"] <= rate) & (rate <= found.rate["upper"])).mean())
        said.append(found.jump)
        jumped.append(jumps > 0)
    assert stats.kstest(rank, "uniform").pvalue > 0.01
    assert stats.kstest(number, "uniform").pvalue > 0.01
    assert np.mean(covered) == pytest.approx(0.9, abs=3 * np.std(covered) / np.sqrt(300))
    spread = np.sqrt(np.sum(np.multiply(said, np.subtract(1, said))))
    assert np.sum(jumped) == pytest.approx(np.sum(said), abs=3 * spread)


@pytest.mark.slow
def test_intervals_of_dates_hold_what_they_say():
    """Three changes in 1,000 days; series in which three are found."""
    held = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        start = np.cumsum(rng.integers(100, 280, 3))
        rates = np.exp(np.cumsum([0.5, *(rng.choice([-1, 1], 3) * rng.uniform(0.3, 1.0, 3))]))
        counts = rng.poisson(np.repeat(rates, np.diff([0, *start, 1000])))
        found = esc.find_changes(counts, models="jumps").summary()
        if len(found) == 3:
            held += ((found["lower"] <= start) & (start <= found["upper"])).tolist()
    assert len(held) >= 120
    assert 0.86 <= np.mean(held) <= 0.94


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-03-25", periods=12, tz="Europe/Berlin"),  # the clocks change on the 31st
        pd.date_range("2024-01-31", periods=12, freq="ME"),
        pd.date_range("2020-02-29", periods=4, freq="4YS"),
        pd.period_range("2024-01", periods=5, freq="Q"),
        pd.Index(["a", "b", "c"]),
    ],
    ids=["clock", "month ends", "years", "quarters", "words"],
)
def test_steps_of_the_calendar_are_even(index):
    counts = pd.Series(1, index=index)
    assert as_counts(counts).days == len(index)
    if not pd.api.types.is_string_dtype(index.dtype):
        with pytest.raises(ValueError, match="even steps"):
            as_counts(counts.drop(index[2]))
