"""Worlds by their closed forms, voices by their rules, tables by hand, results that depend on the seed alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import i0

from escalation.calibration import detection, misfit
from escalation.calibration.detection import FAST, KNOWS_EXACT, KNOWS_RATES, OURS, alarm_table, power_table
from escalation.calibration.misfit import coverage_table
from escalation.calibration.voices import EXACT, FLOORED, LAGGED, NOISY, ROUNDED, START, VOICES, Voice, report_days
from escalation.calibration.worlds import WORLDS, clumped_counts, constant, exciting, halfway, weekly, window

T = 120
BY_NAME = {world.name: world for world in WORLDS}


def near(values, expected, errors=4.0) -> bool:
    values = np.asarray(values, dtype=float)
    return abs(values.mean() - expected) < errors * values.std() / math.sqrt(values.size)


def many(draw, n, seed=1, days=T):
    rng = np.random.default_rng(seed)
    return [draw(days, rng) for _ in range(n)]


# Worlds


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_counts_have_the_rate_as_their_mean(world):
    truths = many(world.draw, 300)
    assert near([(t.counts - t.rate).sum() for t in truths], 0.0)
    for truth in truths[:3]:
        assert truth.rate.shape == truth.counts.shape == (T,)
        assert (truth.rate > 0).all()
        assert truth.counts.dtype == np.int64
        np.testing.assert_array_equal(np.diff(truth.total), truth.counts[1:])


@pytest.mark.parametrize("phi", [0.0, 1.0, 3.0])
def test_clumped_counts_are_nb1(phi):
    rng = np.random.default_rng(2)
    for rate in (0.4, 1.2, 5.0):
        y = clumped_counts(np.full(40_000, rate), phi, rng)
        assert near(y, rate)
        assert near((y - rate) ** 2, (1 + phi) * rate)
    assert near([t.counts.var(ddof=1) / 1.2 for t in many(constant(1.2, phi), 500)], 1 + phi)


def test_the_clumped_world_is_nb2():
    """At a constant rate the variance is 2 to 4 times the rate, 3 on average; after a step it grows with the square."""
    truths = many(BY_NAME["clumped"].draw, 3000)
    still = [t for t in truths if np.ptp(t.rate) == 0]
    assert near([np.ptp(t.rate) == 0 for t in truths], 0.5)
    assert near([np.mean((t.counts - t.rate) ** 2) / t.rate[0] for t in still], 3.0)
    stepped = [t for t in truths if t.rate.max() > 1.4 * t.rate.min()]
    squares = [((t.counts - t.rate) ** 2 / t.rate, t.rate > (t.rate.max() + t.rate.min()) / 2) for t in stepped]
    high, low = (np.mean([square[above == which].mean() for square, above in squares]) for which in (True, False))
    assert high > low + 0.5


@pytest.mark.parametrize("ratio", [0.2, 0.5])
def test_self_exciting_worlds_are_stationary(ratio):
    """Mean base / (1 - ratio), the base .6 to 1.2, from the first day to the last."""
    truths = many(exciting(ratio), 1500)
    counts = np.array([t.counts for t in truths])
    mean = 0.9 / (1 - ratio)
    assert near(counts.mean(axis=1), mean)
    assert near(counts[:, 0], mean)
    assert near(counts[:, -20:].mean(axis=1), mean)
    decay = math.sqrt(0.5)
    for t in truths[:20]:  # half-life two days; the raised rates of all later days sum to the ratio
        base = (t.rate[1:] - decay * t.rate[:-1] - ratio * (1 - decay) * t.counts[:-1]) / (1 - decay)
        assert np.ptp(base) < 1e-9
        assert 0.6 <= base[0] <= 1.2


@pytest.mark.parametrize("rest", [0.9, 0.6])
def test_weekly_worlds_rest_on_two_days_of_seven(rest):
    truths = many(weekly(rest), 600)
    assert near([t.rate[:119].mean() for t in truths], 1.35 * (5 + 2 * rest) / 7)
    for t in truths[:20]:
        low = t.rate < t.rate.max() - 1e-9
        assert t.rate.min() / t.rate.max() == pytest.approx(rest)
        assert all(low[i : i + 7].sum() == 2 for i in range(T - 6))
        np.testing.assert_array_equal(t.rate[7:], t.rate[:-7])


def test_the_smooth_world_has_the_mean_of_its_sine():
    """The mean of 2 ** sin over a phase is I0(log 2)."""
    truths = many(BY_NAME["smooth"].draw, 1000)
    assert near([t.rate.mean() for t in truths], 1.3 * i0(math.log(2)))
    rates = np.array([t.rate for t in truths])
    assert 0.65 <= rates.min() < 0.66
    assert 2.58 < rates.max() <= 2.6


def test_steps_and_windows_are_where_they_are_said_to_be():
    (half,) = many(halfway(1.0, 2.0), 1)
    assert np.flatnonzero(np.diff(half.rate)).tolist() == [59]
    assert half.rate[[0, -1]].tolist() == [1.0, 2.0]
    first = []
    for t in many(window(1.5, 0.0, 10), 2000):
        inside = np.flatnonzero(t.rate == 0.0)
        assert inside.tolist() == list(range(inside[0], inside[0] + 10))
        assert t.counts[inside].sum() == 0
        first.append(inside[0])
    assert (min(first), max(first)) == (20, 90)
    ratios = []
    for t in many(BY_NAME["step"].draw, 1000):
        (day,) = np.flatnonzero(np.diff(t.rate)) + 1
        assert 30 <= day < 90
        assert 0.7 <= t.rate[0] <= 2.0
        ratios.append(t.rate[-1] / t.rate[0])
    up = np.array(ratios) > 1
    assert near(up, 0.5)
    factors = np.where(up, ratios, 1 / np.array(ratios))
    assert factors.min() >= 1.5 - 1e-9
    assert factors.max() <= 3.0 + 1e-9
    assert near(factors, 2.25)


# Voices


def told(voice: Voice, total, seed=3):
    day = np.arange(len(total))
    return voice.tell(np.asarray(total), day, np.random.default_rng(seed))


def test_exact_totals_are_told_as_they_are():
    frame = told(EXACT, [0, 2, 2, 7])
    assert frame["count"].tolist() == [0, 2, 2, 7]
    assert set(frame["bound"]) == {"exact"}
    assert (frame["as_of"] == START + pd.to_timedelta(np.arange(4), unit="D")).all()
    assert (frame["since"] == START).all()


def test_more_than_is_the_round_number_below():
    total = np.arange(2500)
    frame = told(ROUNDED, total)
    grain = np.select([total <= 50, total <= 200, total <= 1000], [5, 10, 50], 100)
    want = [max(g * k for k in range(600) if g * k < c) if c else 0 for c, g in zip(total, grain, strict=True)]
    assert frame["count"].tolist() == want
    assert frame["bound"].tolist() == ["exact"] + ["more_than"] * 2499  # of none, no round number lies below


def test_at_least_is_the_round_number_at_or_below():
    total = np.repeat(np.arange(1, 400), 20)
    frame = told(FLOORED, total)
    floored = frame["bound"] == "at_least"
    assert set(frame["bound"]) == {"at_least", "exact"}
    assert near(floored, 0.3)
    assert (frame.loc[floored, "count"] == total[floored] - total[floored] % 10).all()
    assert (frame.loc[~floored, "count"] == total[~floored]).all()


def test_lags_are_nought_one_or_two_days():
    total = 3 * np.arange(5000) + 1
    lag = (total - told(LAGGED, total)["count"].to_numpy())[2:] / 3
    assert set(lag) == {0, 1, 2}
    for days in (0, 1, 2):
        assert near(lag == days, 1 / 3)


def test_shares_of_stale_and_wrong_totals():
    total = 10**6 * (np.arange(6000) + 30)
    said = told(NOISY, total)["count"].to_numpy()[30:]
    truth, age = total[30:], (total[30:] - said) / 10**6
    whole = (age == np.rint(age)) & (age >= 0) & (age <= 24)
    stale, wrong = whole & (age > 0), ~whole
    assert near(stale, 0.2)
    assert near(wrong, 0.1)
    assert (age[stale].min(), age[stale].max()) == (3, 24)
    ratio = said[wrong] / truth[wrong]
    assert 0.5 <= ratio.min() < 0.55
    assert 1.75 < ratio.max() <= 1.8


def test_report_days_end_with_the_last():
    rng = np.random.default_rng(4)
    for _ in range(50):
        day = report_days(T, 12, rng)
        assert day.size == 12
        assert day[-1] == T - 1
        assert (np.diff(day) > 0).all()
        assert day[0] >= 0


# Tables


SAME = {"world": "w", "phi": 0.0, "totals": 40, "voice": "exact"}


def rows_of(method, jump, **columns):
    """One row per replicate: lists by column."""
    return [
        SAME | {"replicate": r, "method": method, "jump": j} | {name: values[r] for name, values in columns.items()}
        for r, j in enumerate(jump)
    ]


def test_alarm_table_by_hand():
    rows = rows_of(OURS, [0.6, 0.95, 0.5, 0.1], constant=[0.2] * 4, changes=[1, 2, 0, 0])
    rows += rows_of("pelt-l2", [1.0, 1.0, 1.0, 0.0], constant=[0, 0, 0, 1], changes=[7, 3, 2, 0])
    table = alarm_table(pd.DataFrame(rows)).set_index("method")
    ours, pelt = table.loc[OURS], table.loc["pelt-l2"]
    assert (ours["series"], ours["any_change"], ours["strong"], ours["changes"]) == (4, 0.5, 0.25, 0.75)
    assert ours["any_change_se"] == pytest.approx(math.sqrt(0.5 * 0.5 / 4))
    assert ours["strong_se"] == pytest.approx(math.sqrt(0.25 * 0.75 / 4))
    assert (pelt["any_change"], pelt["changes"]) == (0.75, 3.0)
    assert math.isnan(pelt["strong"])
    assert table.loc[OURS, ["world", "phi", "totals", "voice"]].tolist() == ["w", 0.0, 40, "exact"]


def power_rows():
    nan = math.nan
    return [
        *rows_of(OURS, [0.9, 0.8, 0.4, 0.7], constant=[0.0, 0.1, 0.3, 0.6], error=[2, 8, nan, 4],
                 covered=[True, False, None, True]),
        *rows_of(KNOWS_EXACT, [0.9, 0.9, 0.9, 0.2], constant=[0.1, 0.1, 0.1, 0.8]),
        *rows_of(KNOWS_RATES, [1.0] * 4, constant=[0.0] * 4, error=[1, 3, 50, 5], covered=[True, True, False, False]),
        *rows_of("pelt-l2", [1.0, 0.0, 1.0, 1.0], constant=[0, 1, 0, 0], error=[10, nan, 20, 60]),
    ]  # fmt: skip


def test_power_table_by_hand():
    table = power_table(pd.DataFrame(power_rows())).set_index("method")
    ours = table.loc[OURS]
    assert (ours["series"], ours["changed"], ours["jump"], ours["error_days"]) == (4, 0.75, 0.75, 4.0)
    assert ours["covered"] == pytest.approx(2 / 3)
    assert ours["covered_se"] == pytest.approx(math.sqrt(2 / 9 / 3))
    knows = table.loc[KNOWS_RATES]  # replicates 0, 1 and 3, where ours finds a jump; not 2, where it errs most
    assert knows["error_days"] == 3.0
    assert knows["covered"] == pytest.approx(2 / 3)
    assert knows[["changed", "jump"]].isna().all()
    exact = table.loc[KNOWS_EXACT]
    assert (exact["changed"], exact["jump"]) == (0.75, 0.75)
    assert exact[["error_days", "covered"]].isna().all()
    assert table.loc["pelt-l2", "error_days"] == 20.0
    assert math.isnan(table.loc["pelt-l2", "covered"])


def test_the_oracle_of_rates_follows_the_fast_average_where_there_is_no_other():
    rows = pd.DataFrame(power_rows())
    table = power_table(rows.replace({"method": {OURS: FAST}})).set_index("method")
    assert table.loc[KNOWS_RATES, "error_days"] == 3.0
    both = pd.concat([rows, rows[rows["method"] == OURS].assign(method=FAST, jump=1.0)])
    assert power_table(both).set_index("method").loc[KNOWS_RATES, "error_days"] == 3.0


def test_settings_are_not_mixed():
    """A second setting whose replicates have the same numbers."""
    rows = pd.DataFrame(power_rows())
    other = rows.assign(totals=12, jump=0.9, error=7.0, covered=True)
    table = power_table(pd.concat([rows, other])).set_index(["totals", "method"])
    assert table.loc[(40, KNOWS_RATES), "error_days"] == 3.0
    assert table.loc[(12, KNOWS_RATES), "error_days"] == 7.0
    assert table.loc[(12, OURS), "series"] == 4


def test_coverage_table_by_hand():
    rows = pd.DataFrame(
        {
            "world": ["a", "a", "a", "b", "b"], "voice": ["exact"] * 3 + ["noisy"] * 2, "replicate": [0, 1, 2, 0, 1],
            "rate": [0.8, 0.9, 1.0, 0.5, 0.7], "total": [1.0, 1.0, 0.7, 0.9, 0.9], "width": [1.0, 2.0, 3.0, 0.5, 1.5],
        }
    )  # fmt: skip
    table = coverage_table(rows)
    assert table[["world", "voice", "series"]].to_numpy().tolist() == [["a", "exact", 3], ["b", "noisy", 2]]
    np.testing.assert_allclose(table["rate"], [0.9, 0.6])
    np.testing.assert_allclose(table["rate_se"], [0.1 / math.sqrt(3), math.sqrt(0.02) / math.sqrt(2)])
    np.testing.assert_allclose(table["total"], [0.9, 0.9])
    np.testing.assert_allclose(table["total_se"], [math.sqrt(0.03) / math.sqrt(3), 0.0], atol=1e-12)
    np.testing.assert_allclose(table["width"], [2.0, 1.0])


# Seeds


def test_jobs_have_seeds_of_their_own():
    found = detection.jobs(detection.POWER, 3, 1, seed=5)
    assert len({seed for _, seed, _ in found}) == len(found) == 3 * len(detection.POWER)
    assert [models for _, (_, _, r), models in found if r == 0] == [("full", "fast")] * len(detection.POWER)
    assert all(models == ("fast",) for _, (_, _, r), models in found if r > 0)
    found = misfit.jobs(2, "fast", 5)
    assert len({seed for _, _, seed, _ in found}) == len(found) == 2 * len(WORLDS) * len(VOICES)


def test_coverage_depends_on_the_job_alone():
    jobs = misfit.jobs(1, "fast", 9, WORLDS[:2], (EXACT, NOISY))
    there = [misfit.cover(job) for job in jobs]
    back = [misfit.cover(job) for job in reversed(jobs)]
    assert there == back[::-1]
    assert len({row["rate"] for row in there}) > 1
    for row in there:
        assert all(0.0 <= row[name] <= 1.0 for name in ("rate", "total", "jump", "constant"))
        assert row["width"] > 0


def test_detection_depends_on_the_job_alone():
    pytest.importorskip("ruptures")
    pause = replace(detection.POWER[-1], totals=40)
    jobs = [*detection.jobs(detection.ALARMS[:1], 1, 0, 3), *detection.jobs([pause], 1, 0, 4)]
    there = [detection.detect(job) for job in jobs]
    back = [detection.detect(job) for job in reversed(jobs)]
    for mine, other in zip(there, reversed(back), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(mine), pd.DataFrame(other), check_exact=True)
    alarm, power = there
    assert [row["method"] for row in alarm] == [FAST, *detection.ROUTINES]
    assert {row["method"] for row in power} >= {FAST, KNOWS_EXACT, detection.KNOWS_PHI, detection.KNOWS_PAUSE}
    assert KNOWS_RATES not in {row["method"] for row in power}
    assert all("error" not in row for row in alarm)
