"""Power by simulation: between two oracles, with exact intervals, and the same whoever runs it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from pandas.testing import assert_frame_equal
from scipy import stats

from escalation.changes.find import find_changes
from escalation.charts import new_axes, text_boxes_clear
from escalation.charts.power import power_panel
from escalation.study.power.cells import seed_of
from escalation.study.power.power import power
from escalation.study.power.powerresult import OBSERVED, Power, tabulate
from escalation.study.simulate.simulate import simulate

CLEAN = {"hedged": 0.0, "lag": 0, "approx": 0.0, "stale": 0.0, "wrong": 0.0, "copies": 0.0}


def oracle(rate: float, ratio: float, before: int, after: int, alpha: float) -> float:
    """Power of the test that knows the day of the change: given the total, the later count is binomial."""
    one, two = np.arange(600)[:, None], np.arange(900)[None, :]
    share, total = after / (before + after), one + two
    tail = np.minimum(stats.binom.cdf(two, total, share), stats.binom.sf(two - 1, total, share))
    chance = stats.poisson.pmf(one, rate * before) * stats.poisson.pmf(two, rate * ratio * after)
    return float(chance[2 * tail <= alpha].sum())


def not_beyond(found: Power, ratio: float) -> None:
    """Both rules stay below an oracle that knows the day; "any change" reaches one that pays for all days.

    A jump is asked for rather than a drift, of which the second oracle knows nothing: that rule may fall below it.
    """
    row = found.table.query("ratio == @ratio and reports.isna()").iloc[0]
    days, changed, n = found.scenario["days"], found.scenario["changed"], int(row["n"])
    high, low = (oracle(found.scenario["rate"], ratio, changed, days - changed, a) for a in (0.05, 0.05 / days))
    jump, change = (round(row[name] * n) for name in ("p_jump", "bayes_factor"))
    assert stats.binom.sf(max(jump, change) - 1, n, high) > 1e-3
    assert stats.binom.cdf(change, n, low) > 1e-3


@pytest.fixture(scope="module")
def small():
    """Return a study in which every day has an exact total, beside the counts themselves."""
    return power(reports=50, ratios=[0.2, 4.0], days=50, n=3, rng=2, **CLEAN)


def made_up(hits, decide="p_jump"):
    """Make a result of 20 series per cell from numbers of series found."""
    rows = [
        {"reports": m, "ratio": ratio, "replicate": i, "p_jump": 0.9 if i < k else 0.1,
         "bayes_factor": 3.0 if i < k // 2 else 1.0, "error_days": float(i) if i < k and ratio != 1 else np.nan}
        for (m, ratio), k in hits.items() for i in range(20)
    ]  # fmt: skip
    runs = pd.DataFrame(rows).astype({"reports": "Int64"})
    given = {"days": 120, "rate": 1.5, "changed": 60, "models": "fast", "voice": {"stale": 0.2}}
    return Power(tabulate(runs, decide, 0.95), runs, decide, 0.95, given)


HITS = {
    (10, 0.25): 12, (10, 0.5): 3, (10, 1.0): 1, (10, 2.0): 9, (10, 3.0): 15,
    (None, 0.25): 20, (None, 0.5): 16, (None, 1.0): 0, (None, 2.0): 19, (None, 3.0): 20,
}  # fmt: skip


def test_the_oracle_is_that_of_a_simulation():
    rng = np.random.default_rng(1)
    one, two = rng.poisson(30, 4000), rng.poisson(50, 4000)
    hits = sum(2 * min(stats.binom.cdf(b, a + b, 0.5), stats.binom.sf(b - 1, a + b, 0.5)) <= 0.05
               for a, b in zip(one, two, strict=True))  # fmt: skip
    assert stats.binomtest(hits, 4000, oracle(1.0, 5 / 3, 30, 30, 0.05)).pvalue > 1e-3


def test_power_lies_between_an_oracle_that_knows_the_day_and_one_that_pays_for_all():
    found = power(reports=None, ratios=[0.5], n=20, rng=5)
    not_beyond(found, 0.5)
    alarms = found.table.query("ratio == 1").iloc[0]
    assert stats.binom.sf(alarms["found"] - 1, 20, 0.1) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.4, 0.5, 1.6, 2.0])
def test_power_lies_between_the_oracles_in_many_series(ratio):
    not_beyond(power(reports=None, ratios=[ratio], n=200, rng=6), ratio)


def test_exact_totals_of_every_day_are_as_good_as_the_counts(small):
    runs = small.runs.pivot_table(
        index=["ratio", "replicate"], columns=small.runs["reports"].fillna(0), values="p_jump"
    )
    assert (np.abs(runs[50] - runs[0]) < 0.25).all()
    assert np.abs(runs[50] - runs[0]).mean() < 0.1


@pytest.mark.slow
def test_exact_totals_of_every_day_find_as_much_as_the_counts():
    table = power(reports=60, ratios=[0.4, 2.5], days=60, n=40, rng=3, **CLEAN).table
    both = table.pivot_table(index="ratio", columns=table["reports"].fillna(0), values="found")
    # The same incidents stand behind both: what differs is that a total may have been told late.
    assert (np.abs(both[60] - both[0]) <= 6).all()


def test_every_number_of_reports_looks_at_the_same_incidents(small):
    entropy = int(np.random.default_rng(2).integers(2**62))
    for replicate in range(2):
        count = simulate(50, changes=[(25, 4.0)], incidents=0, rng=seed_of(entropy, 4.0, replicate)).truth["count"]
        found = find_changes(count, models="fast", draws=400)
        row = small.runs[small.runs["reports"].isna()].query("ratio == 4 and replicate == @replicate").iloc[0]
        assert found.jump == pytest.approx(row["p_jump"], abs=1e-12)
        assert found.bayes_factor == pytest.approx(row["bayes_factor"], rel=1e-12)


def test_results_depend_neither_on_who_runs_them_nor_on_what_else_is_asked_for():
    options = {"reports": None, "days": 20, "rate": 2.0, "n": 2, "rng": 9}
    alone, told = power(ratios=[0.3, 5.0], progress=(lines := []).append, **options), lines
    for pool in (ThreadPoolExecutor(2), ProcessPoolExecutor(2)):
        with pool as executor:
            assert_frame_equal(power(ratios=[0.3, 5.0], executor=executor, **options).runs, alone.runs)
    fewer = power(ratios=[5.0], **{**options, "n": 1}).runs
    same = alone.runs.query("ratio != .3 and replicate == 0").reset_index(drop=True)
    assert_frame_equal(fewer, same)
    assert told[-1] == "power: 6 of 6 simulated series"
    assert not power(ratios=[5.0], **{**options, "rng": 10}).runs["p_jump"].equals(fewer["p_jump"])


def test_intervals_are_those_of_clopper_and_pearson():
    table = made_up(HITS).table.set_index(["reports", "ratio"])
    for (_, _), row in table.iterrows():
        k, n = row["found"], row["n"]
        low, high = stats.beta.ppf(0.025, k, n - k + 1), stats.beta.ppf(0.975, k + 1, n - k)
        assert row["share_lower"] == pytest.approx(0.0 if k == 0 else low)
        assert row["share_upper"] == pytest.approx(1.0 if k == n else high)
        assert row["share"] == k / n


def test_the_rule_decides_which_share_is_told():
    jump, factor = made_up(HITS).table, made_up(HITS, "bayes_factor").table
    assert (jump["share"] == jump["p_jump"]).all()
    assert (factor["share"] == factor["bayes_factor"]).all()
    assert factor["found"].tolist() == [k // 2 for k in HITS.values()]
    row = jump.query("reports == 10 and ratio == 3").iloc[0]
    assert (row["located"], row["error_days"]) == (15, 7.0)


def test_the_smallest_changes_that_are_found():
    found = made_up(HITS)
    frame = found.detectable()
    assert frame.loc["10 reports"].isna().all()
    assert frame.loc[OBSERVED].tolist() == [0.5, 2.0]
    assert found.detectable(0.7).loc["10 reports", "rise"] == 3.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        found.detectable(80)


def test_sentences_tables_and_figure():
    found = made_up(HITS)
    ten, observed, assumed = found.sentences()
    assert (
        "a rise to 3 times the rate is found in 15 of 20 series (75 %, 51–91 %), the largest rise tried, below 80 % "
        "but not clearly so"
    ) in ten
    assert "without a change, one is found in 1 of 20 series (5 %, 0–25 %)" in ten
    assert (
        "a fall to 0.5 times the rate is found in 16 of 20 series (80 %, 56–94 %), the smallest fall tried with at "
        "least 80 % by the estimate, though its interval begins below 80 %"
    ) in observed
    assert "stale 0.2" in assumed
    assert "20 simulated series per point" in assumed
    assert "overlap, their order is not certain" in assumed
    # A share whose whole interval is on one side is said without doubt.
    few, sure = made_up({(10, 0.2): 1, (10, 1.0): 0, (10, 2.0): 20}).sentences(0.5)[0].split("; ")[:2]
    assert few.endswith("the largest fall tried, below 50 %")
    assert sure.endswith("the smallest rise tried with at least 50 %")
    assert "10 reports: none; every day observed: 0.5 and 2" in repr(found)
    assert found.summary().loc[("10 reports", 3.0), "share"] == 0.75
    assert "<p>" in found._repr_html_()
    ax = found.plot()
    assert not text_boxes_clear(ax.figure)
    free = ax.figure.bbox.height - ax.get_tightbbox().y1
    assert 0 < free * 72 / ax.figure.dpi < 12
    shares = [line.get_ydata() for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(shares[0], np.array([12, 3, 1, 9, 15]) / 20)
    # Moved aside by a few points only.
    places = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
    assert np.abs(np.exp(places[0]) / [0.25, 0.5, 1, 2, 3] - 1).max() < 0.03
    plt.close(ax.figure)


def test_a_crowded_figure_keeps_its_words_clear():
    ratios = [0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 2.0]
    frame = pd.DataFrame({"line": f"{n} reports", "ratio": r, "share": 1.0, "lower": 0.9, "upper": 1.0}
                         for n in range(10, 80, 10) for r in ratios)  # fmt: skip
    ax = power_panel(new_axes(), frame, title="Power", subtitle="share", ceiling="70 reports")
    assert not text_boxes_clear(ax.figure)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "0.8", "0.9", "1", "1.1", "1.25", "2"]
    plt.close(ax.figure)
    for wrong in (frame.iloc[:0], frame.assign(ratio=0.0), frame.assign(upper=1.5), frame.assign(share=np.nan)):
        with pytest.raises(ValueError, match="shares between 0 and 1"):
            power_panel(ax, wrong, title="", subtitle="")
    with pytest.raises(ValueError, match="needs the columns lower"):
        power_panel(ax, frame.drop(columns="lower"), title="", subtitle="")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError, match="power: ") as error:
        power(
            reports=[0], ratios=[-1], days=120, rate=0, changed=120, n=0, models="best", decide="p", prob=1, hedge=0.1
        )
    for word in ("reports must", "ratios must", "rate must", "changed must", "n must", "models must", "decide must",
                 "prob must", "unknown options hedge"):  # fmt: skip
        assert word in str(error.value)
    with pytest.raises(ValueError, match="give a lower rate"):
        power(ratios=[50.0])
    with pytest.raises(TypeError, match=r"\.map"):
        power(reports=None, executor=3)
    with pytest.raises(ValueError, match=r"reports must .*got 5\.0; rng must .*got 'x'; stale must be a share .*; phi"):
        power(reports=5.0, n=1, stale=2.0, phi=-1, rng="x")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reports": "10"}, "reports must be whole numbers of at least 1, or None; got '10'"),
        ({"ratios": "2"}, "ratios must be numbers above 0, got '2'"),
        ({"report": 10, "outlet": 3}, r"report \(did you mean 'reports'\?\), outlet \(did you mean 'outlets'\?\)"),
        ({"decide": []}, r"decide must be one of p_jump, bayes_factor; got \[\]"),
        ({"observed": "no"}, "observed must be True or False"),
        ({"copies": 3, "outlets": 2}, "3 copies per report need at least 4 outlets"),
    ],
)
def test_bad_values_are_said_clearly(options, said):
    with pytest.raises(ValueError, match=f"power: .*{said}"):
        power(**options)


def test_a_single_ratio_and_what_cannot_be_called():
    options = {"reports": None, "days": 10, "n": 1}
    assert_frame_equal(power(ratios=2, **options).runs, power(ratios=[2.0], **options).runs)
    with pytest.raises(TypeError, match="progress must be a function"):
        power(ratios=2, progress=5, **options)
