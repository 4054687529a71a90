"""Hiding and scoring against loops that spell out the definition, exact laws, and a truth that a curve knows best."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from escalation.calibration import real as module
from escalation.calibration.hiding import clumping, score, spread
from escalation.calibration.real import hide_and_score, jobs, real_frames
from escalation.calibration.series import RealSeries
from escalation.calibration.voices import EXACT, LAGGED, ROUNDED, report_days


def series(counts, name: str = "made") -> RealSeries:
    return RealSeries(name, "day", "none", "none", "all", pd.Series(np.asarray(counts, dtype=int)))


def poisson(T: int = 60, rate: float = 1.5, seed: int = 1) -> RealSeries:
    return series(np.random.default_rng(seed).poisson(rate, T), f"poisson {seed}")


def test_spread_is_multinomial_given_the_totals():
    """All outcomes of three events on two days and of two on three days, 20,000 draws, one chi-square test."""
    rng = np.random.default_rng(2)
    drawn = spread(np.array([1.0, 3.0, 2.0, 0.0, 2.0]), np.array([1, 4]), [3, 5], 20_000, rng)
    expected, found = [], []
    for first in itertools.product(range(4), repeat=2):
        for later in itertools.product(range(3), repeat=3):
            if sum(first) == 3 and sum(later) == 2 and later[1] == 0:
                law = stats.multinomial.pmf(first, 3, [0.25, 0.75]) * stats.multinomial.pmf(later, 2, [0.5, 0, 0.5])
                expected.append(20_000 * law)
                found.append((drawn == [*first, *later]).all(axis=1).sum())
    assert sum(found) == 20_000
    assert stats.chisquare(found, expected).pvalue > 0.01


def test_spread_goes_evenly_over_days_where_the_curve_is_zero():
    rng = np.random.default_rng(3)
    curve, days = np.array([0.0, 0.0, 1.0, 0.0]), np.array([1, 2, 3])
    drawn = spread(curve, days, [40_000, 40_000, 40_005], 3, rng)
    assert (np.abs(drawn[:, 0] - 20_000) < 5 * 100).all()
    assert drawn[:, 2:].tolist() == [[0, 5]] * 3


def by_definition(draws: np.ndarray, counts: np.ndarray, day: np.ndarray) -> dict[str, float]:
    """Window by window and day by day, in plain loops."""
    n, T = draws.shape
    ends, mean = {-1, *day.tolist()}, counts.mean()
    cases: dict[str, list[tuple[np.ndarray, float]]] = {"rate": [], "total": []}
    for middle in range(3, T - 3):
        days = range(middle - 3, middle + 4)
        if not (days[0] - 1 in ends and days[-1] in ends):
            cases["rate"].append((draws[:, days].mean(axis=1) / mean, counts[days].mean() / mean))
    for t in set(range(T)) - ends:
        cases["total"].append((draws[:, : t + 1].sum(axis=1) / counts.sum(), counts[: t + 1].sum() / counts.sum()))
    out = {}
    for name, case in cases.items():
        crps, inside = [], []
        for x, truth in case:
            apart = sum(abs(a - b) for a, b in itertools.combinations(x, 2)) / (n * (n - 1) / 2)
            crps.append(np.abs(x - truth).mean() - apart / 2)
            ordered = np.sort(x)
            low, high = ordered[int(np.ceil(0.05 * n)) - 1], ordered[int(np.ceil(0.95 * n)) - 1]
            inside.append(low - 1e-12 <= truth <= high + 1e-12)
        out |= {f"crps_{name}": np.mean(crps), f"cover_{name}": np.mean(inside)}
    return out


def test_scores_are_those_of_the_definition():
    rng = np.random.default_rng(4)
    for day in ([4, 11, 18, 24], [6, 24], [0, 7, 9, 16, 24]):  # with windows that two reports enclose
        counts, draws = rng.poisson(2, 25), rng.poisson(1.8, (30, 25))
        found, told = score(draws, counts, np.array(day)), by_definition(draws, counts, np.array(day))
        assert found == pytest.approx(told)


def test_a_window_between_two_reports_is_left_out():
    """The draws shift events from day 9 to day 8: of all windows, only days 2 to 8 hold another number."""
    counts, draws = np.full(12, 3), np.full((5, 12), 3)
    draws[:, 8] += np.arange(5) - 2
    draws[:, 9] -= np.arange(5) - 2
    assert score(draws, counts, np.array([1, 8, 11]))["crps_rate"] == 0.0
    assert score(draws, counts, np.array([8, 11]))["crps_rate"] > 0.0


def test_clumping_of_known_laws():
    """Poisson 1; NB1 with phi = 2 has 3; a step of the rate adds nothing. Standard errors are below .02."""
    rng = np.random.default_rng(5)
    step = np.repeat([1.0, 6.0], 50_000)
    assert clumping(rng.poisson(step)) == pytest.approx(1.0, abs=0.06)
    assert clumping(rng.poisson(rng.gamma(step / 2, 2.0))) == pytest.approx(3.0, abs=0.15)


def test_jobs_have_seeds_of_their_own_and_travel():
    every = jobs([poisson(), poisson(seed=2)], reports=(8, 16), replicates=3)
    assert len(every) == len({job.key for job in every}) == 2 * 3 * 2 * 3
    assert pickle.loads(pickle.dumps(every[3])) == every[3]
    assert jobs([poisson(), poisson(seed=2)], reports=(16,), replicates=1)[0].key in {job.key for job in every}
    assert not {job.key for job in every} & {job.key for job in jobs([poisson()], seed=1)}


def test_what_a_job_finds_depends_on_its_key_alone():
    every = jobs([poisson(30)], voices=(EXACT, LAGGED), reports=(8,), replicates=1, models="fast")
    forth, back = [hide_and_score(job) for job in every], [hide_and_score(job) for job in every[::-1]][::-1]
    for one, again in zip(forth, back, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(again))
    other = hide_and_score(replace(every[0], key=(9, 0, 0, 8, 0)))
    assert other[0]["crps_rate"] != forth[0][0]["crps_rate"]


def test_where_straight_lines_are_right_they_are_calibrated_and_cubics_worse():
    """Poisson counts of one rate, exact totals: given totals, days are multinomial, which is what lines spread.

    A hundred series. The score of lines is then the least possible on average. Intervals of counts hold more than .9.
    """
    rows = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        counts, day = rng.poisson(2.0, 60), report_days(60, 8, rng)
        for method in ("linear", "pchip"):
            totals = np.cumsum(counts)[day]
            daily = module.INTERPOLATORS[method](day, totals, 60, 0.0)[1]
            rows.append({"method": method} | score(spread(daily, day, totals, 400, rng), counts, day))
    mean = pd.DataFrame(rows).groupby("method").mean()
    assert (mean.loc["linear", ["crps_rate", "crps_total"]] < mean.loc["pchip", ["crps_rate", "crps_total"]]).all()
    assert mean.loc["linear", ["cover_rate", "cover_total"]].between(0.89, 0.97).all()
    assert (mean.loc["linear", ["cover_rate", "cover_total"]] > mean.loc["pchip", ["cover_rate", "cover_total"]]).all()


def test_exact_totals_of_one_rate_leave_the_joint_near_the_lines():
    """Four such series: the joint does not know that the rate is one and the totals exact; ratio measured 1.01."""
    every = [jobs([poisson(40, 2.0, s)], (EXACT,), (12,), 1, "fast", seed=s)[0] for s in range(4)]
    mean = pd.DataFrame([row for job in every for row in hide_and_score(job)]).groupby("method")["crps_rate"].mean()
    assert mean["joint"] < 1.3 * mean["linear"]


def test_a_curve_that_does_not_converge_is_replaced_and_counted(monkeypatch):
    def never(*_):
        raise RuntimeError("did not converge")

    job = jobs([poisson(40)], (ROUNDED,), (8,), 1, "fast")[0]
    monkeypatch.setitem(module.INTERPOLATORS, "pclm", never)
    rows = {row["method"]: row for row in hide_and_score(job)}
    assert [row["fallback"] for row in rows.values()] == [0, 0, 0, 1]
    assert rows["pclm"]["crps_rate"] == pytest.approx(rows["linear"]["crps_rate"], rel=0.1)


def made_rows() -> list[dict[str, object]]:
    """Three series, two replicates; the third is clumped. Curves are known offsets from the joint score."""
    rows = []
    for (i, name), voice, r in itertools.product(enumerate("abc"), ("exact", "lagged"), (0, 1)):
        for method, off in (("joint", 0.0), ("linear", 1.0 + i), ("pchip", 3.0), ("pclm", 9.0)):
            base = 10.0 * (i + 1) + r
            rows.append({
                "series": name, "clumping": (1.0, 4.0, 4.1)[i], "voice": voice, "reports": 8, "replicate": r,
                "method": method, "crps_rate": base + off, "cover_rate": 0.9, "crps_total": 1.0, "cover_total": 0.5 * r,
                "cover_band": 0.8 if method == "joint" else np.nan, "fallback": int(method == "pclm" and r == 1),
            })  # fmt: skip
    return rows


def test_frames_by_hand():
    real, summary = real_frames(made_rows())
    assert len(real) == 3 * 2 * 4
    assert (real["replicates"] == 2).all()
    assert real.groupby("method")["fallbacks"].first().to_dict() == {"joint": 0, "linear": 0, "pchip": 0, "pclm": 1}
    assert (real["cover_total"] == 0.25).all()
    rows = summary.set_index(["which", "voice", "method"])
    joint = rows.loc[("all", "lagged", "joint")]
    assert joint["best"] == "linear"  # offsets 1, 2, 3: mean 2 < 3
    assert joint["n_series"] == 3
    assert joint["crps_rate"] == 20.5
    assert joint["crps_rate_se"] == pytest.approx(10 / np.sqrt(3))
    assert joint["paired_difference"] == -2
    assert joint["paired_se"] == pytest.approx(1 / np.sqrt(3))
    assert joint["ratio_to_best_baseline"] == pytest.approx(20.5 / 22.5)
    left = np.array([10.5, 20.5, 30.5]) - 20.5 / 22.5 * np.array([11.5, 22.5, 33.5])  # ratio estimator, Cochran (1977)
    assert joint["ratio_se"] == pytest.approx(left.std(ddof=1) / np.sqrt(3) / 22.5)
    assert joint["cover_band"] == pytest.approx(0.8)
    assert np.isnan(rows.loc[("all", "lagged", "pchip"), "cover_band"])
    assert rows.loc[("all", "exact", "linear"), "paired_difference"] == 0
    within = rows.loc[("within prior", "exact", "joint")]
    assert within["n_series"] == 2
    assert within["paired_difference"] == -1.5
    again = real_frames(made_rows()[::-1])[1].set_index(["which", "voice", "method"]).loc[rows.index]
    pd.testing.assert_frame_equal(again, rows)


def test_one_series_within_the_prior_is_not_summarised():
    rows = [row | {"clumping": 9.0} if row["series"] != "a" else row for row in made_rows()]
    assert set(real_frames(rows)[1]["which"]) == {"all"}


def test_bad_input_is_named_all_at_once():
    with pytest.raises(ValueError, match=r"1 reports.*replicates is 0.*'made' has 3 events in 9 steps.*least 17"):
        jobs([series([0, 3, *[0] * 7])], reports=(1, 16), replicates=0)
    with pytest.raises(ValueError, match="0 events in 30 steps"):
        jobs([series([0] * 30)])
    with pytest.raises(ValueError, match="at least 2"):
        real_frames([row for row in made_rows() if row["series"] == "a"])
    with pytest.raises(ValueError, match="no rows"):
        real_frames([])
