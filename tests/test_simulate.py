"""Simulated cases: their truth against closed forms, their reports against their truth, their files read back."""

from __future__ import annotations

import ast
import pickle

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from pandas.testing import assert_frame_equal, assert_series_equal
from scipy import stats

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.reconstruct.pairing import pairing
from escalation.scale.streams import Streams
from escalation.study.simulate.checks import EVENTS
from escalation.study.simulate.outlets import Voice, report_days, tell
from escalation.study.simulate.simulate import simulate

TABLES = ("reports", "incidents", "interventions", "sources")
RICH = {
    "changes": [("2024-02-20", 2.0), (80, 90, 0.2)], "scopes": {"North": 0.6, "South": 0.4},
    "counters": {"monitor": 0.8}, "revised": 0.05,
    "levels": [(0, {"mortar": 0.9, "car_bomb": 0.1}), ("2024-03-01", {"mortar": 0.5, "car_bomb": 0.5})],
}  # fmt: skip
CLEAN = {"hedged": 0.0, "lag": 0, "approx": 0.0, "stale": 0.0, "wrong": 0.0, "copies": 0.0}


def own(made):
    """Reports that copy no other, with what is true of each."""
    told = made.told[made.told["copy_of"].isna()]
    return told.join(
        made.case.reports.set_index("report_id")[["as_of", "as_of_precision", "published", "count", "bound"]]
    )


@pytest.fixture(scope="module")
def large():
    """Return many reports of one long series, so that shares are sharp."""
    return simulate(3000, reports=3000, revised=0.1, copies=0.5, rng=4)


# The truth.


@pytest.mark.parametrize("phi", [0.0, 2.0])
def test_mean_and_variance_of_daily_counts_are_those_of_the_closed_form(phi):
    counts = simulate(20_000, rate=1.5, phi=phi, reports=1, incidents=0, rng=1).truth["count"].to_numpy()
    mean, variance, n = 1.5, 1.5 * (1 + phi), counts.size
    assert abs(counts.mean() - mean) < 4 * np.sqrt(variance / n)
    # NB1 is a negative binomial of size rate / phi; its fourth moment gives the error of the variance.
    known = stats.nbinom(mean / phi, 1 / (1 + phi)) if phi else stats.poisson(mean)
    fourth = float(known.stats("k")) * variance**2 + 3 * variance**2
    assert abs(counts.var() - variance) < 4 * np.sqrt((fourth - variance**2) / n)
    observed = np.bincount(np.minimum(counts, 8), minlength=9)
    expected = n * np.append(known.pmf(np.arange(8)), known.sf(7))
    assert stats.chisquare(observed, expected).pvalue > 1e-4


def test_the_rate_has_its_steps_windows_and_drift():
    made = simulate(10, rate=2.0, changes=[(3, 2.0), ("2024-01-06", "2024-01-07", 0.5)], drift=0.1, rng=1)
    factor = np.array([1, 1, 1, 2, 2, 1, 1, 2, 2, 2])
    np.testing.assert_allclose(made.truth["rate"], 2 * factor * np.exp(0.1 * np.arange(10)))
    assert made.changes["date"].dt.day.tolist() == [4, 6, 8]
    assert made.changes["factor"].tolist() == [2.0, 0.5, 2.0]
    np.testing.assert_allclose(made.changes["rate_before"], made.truth["rate"].iloc[[2, 4, 6]])
    truce = made.case.interventions.iloc[1]
    assert (truce["kind"], truce["date"].day, truce["date_end"].day) == ("truce", 6, 7)
    paused = simulate(9, changes=[(3, 5, 0.0)], rng=1)
    assert paused.truth["count"].iloc[3:6].sum() == 0
    assert paused.changes["factor"].tolist() == [0.0, np.inf]


def test_scopes_add_up_and_other_counters_are_thinned():
    made = simulate(4000, scopes={"North": 0.7, "South": 0.3}, counters={"monitor": 0.8}, reports=1, incidents=0, rng=2)
    truth = made.truth
    assert (truth["count"] == truth["count_official_North"] + truth["count_official_South"]).all()
    assert (truth["count_monitor_North"] <= truth["count_official_North"]).all()
    assert_series_equal(
        made.total("monitor", "North+South"), truth["count_monitor_North+South"].cumsum(), check_names=False
    )
    whole = int(truth["count"].sum())
    for name, share in (("official_North", 0.7), ("monitor_North+South", 0.8)):
        assert stats.binomtest(int(truth[f"count_{name}"].sum()), whole, share).pvalue > 1e-3
    with pytest.raises(ValueError, match=r"no series .*there are .*'monitor', 'South'"):
        made.total("monitor", "West")


# The reports.


def test_reports_that_are_not_off_say_the_true_total_of_their_day(large):
    rows = own(large)
    total = large.total()
    assert (rows["true"].to_numpy() == total.loc[rows["meant"]].to_numpy()).all()
    gap = (rows["as_of"] - rows["meant"]).dt.days
    fresh, day = rows["kind"] == "fresh", rows["as_of_precision"] == "day"
    assert set(gap[fresh & day]) == {0, 1}
    assert set(gap[fresh & ~day]) == {0, 1, 2, 3}
    assert set(gap[rows["kind"] == "stale"]) == set(range(3, 25))
    assert (rows["true"] > 0)[rows["kind"] == "stale"].all()
    right, exact = rows["kind"].isin(["fresh", "stale"]), rows["bound"] == "exact"
    assert (rows["count"] == rows["true"])[right & exact].all()
    assert (rows["count"] < rows["true"])[right & (rows["bound"] == "more_than")].all()
    assert (rows["count"] <= rows["true"])[right & (rows["bound"] == "at_least")].all()
    assert (rows["count"] != rows["true"])[(rows["kind"] == "wrong") & exact].all()
    assert set((rows["count"] - rows["true"])[(rows["kind"] == "revised") & exact]) == {1, 2, 3}
    wait = (rows["published"] - rows["as_of"]).dt.days
    assert set(wait) == {1, 2}


def test_shares_of_reports_are_those_asked_for(large):
    rows = own(large)
    asked = {"stale": 0.1, "wrong": 0.05, "revised": 0.1}
    for kind, share in asked.items():
        assert stats.binomtest(int((rows["kind"] == kind).sum()), len(rows), share).pvalue > 1e-3
    for hit, share in ((rows["bound"] != "exact", 0.3), (rows["bound"] == "more_than", 0.15),
                       (rows["as_of_precision"] == "approx", 0.2)):  # fmt: skip
        assert stats.binomtest(int(hit.sum()), len(rows), share).pvalue > 1e-3
    copies = large.told["copy_of"].notna().sum()
    assert abs(copies - 0.5 * len(rows)) < 4 * np.sqrt(0.5 * len(rows))
    status = large.case.reports.set_index("report_id")["status"]
    assert (status[large.told.index[large.told["kind"] == "stale"]] == "stale").all()
    assert (status[large.told.index[large.told["kind"] == "wrong"]] == "other").all()


def test_hedged_numbers_are_round_by_size(large):
    rows = own(large)
    more = rows[(rows["bound"] == "more_than") & (rows["true"] > 1000) & (rows["kind"] == "fresh")]
    assert len(more) > 100
    assert (more["count"] % 100 == 0).all()
    assert ((more["true"] - more["count"]).between(1, 100)).all()


def test_a_copy_repeats_what_it_copies_and_shares_its_root(large):
    reports = large.case.reports.set_index("report_id")
    copies = large.told["copy_of"].dropna()
    of = reports.loc[copies]
    mine = reports.loc[copies.index]
    same = ["as_of", "as_of_precision", "count", "bound", "counter", "scope", "since", "derived_from"]
    assert_frame_equal(mine[same].reset_index(drop=True), of[same].reset_index(drop=True))
    assert (mine["published"].to_numpy() >= of["published"].to_numpy()).all()
    sources = large.case.sources.set_index("source_id")
    assert (sources.loc[mine["source_id"], "derived_from"].to_numpy() == of["source_id"].to_numpy()).all()
    publishers = sources["publisher"].loc[reports["source_id"]].to_numpy()
    assert not pd.DataFrame({"root": reports["derived_from"], "publisher": publishers}).duplicated().any()
    roots = reports["derived_from"].nunique()
    assert roots == large.told["copy_of"].isna().sum()


@pytest.mark.parametrize(("days", "n"), [(30, 1), (30, 7), (30, 30), (30, 31), (30, 75), (2, 5)])
def test_there_are_as_many_reports_as_asked_for_and_the_last_is_of_the_last_day(days, n):
    found = report_days(days, n, np.random.default_rng(days + n))
    assert (found.size, found.max(), found.min() >= 0) == (n, days - 1, True)
    times = np.bincount(found, minlength=days)
    assert times.max() - times.min() <= 1 + (n > days)


def test_small_totals_are_hedged_without_becoming_nothing():
    told = tell(np.arange(1, 8), Voice(reports=7, hedged=1.0, lag=0, stale=0, wrong=0, copies=0), Streams(3))
    assert (told["count"] >= 1).all()
    assert (told["bound"] != "exact").all()


# Streams.


def test_each_part_has_random_numbers_of_its_own():
    base = simulate(rng=5)
    for more in ({"outlets": 40}, {"copies": 2.0}, {"reports": 11}, {"stale": 0.0}, {"incidents": 1.0},
                 {"counters": {"monitor": 0.5}}):  # fmt: skip
        other = simulate(rng=5, **more)
        assert_frame_equal(base.truth, other.truth[["rate", "count", "total"]])
        if not more.keys() & {"reports", "stale"}:
            said = [own(m).query("counter == 'official'")[["as_of", "count", "bound"]] for m in (base, other)]
            said = [rows.sort_values(list(rows)).reset_index(drop=True) for rows in said]
            assert_frame_equal(*said)
        if "incidents" not in more and "outlets" not in more:
            assert_frame_equal(base.case.incidents, other.case.incidents)


def test_the_same_seed_gives_the_same_case_and_another_another():
    for seed in (None, 7, np.random.SeedSequence(3)):
        one, two = simulate(rng=seed, **RICH), simulate(rng=seed, **RICH)
        for table in TABLES:
            assert_frame_equal(getattr(one.case, table), getattr(two.case, table))
        assert_frame_equal(one.told, two.told)
    assert not simulate(rng=7).truth.equals(simulate(rng=8).truth)
    again = pickle.loads(pickle.dumps(simulate(rng=7)))
    assert_frame_equal(again.truth, simulate(rng=7).truth)


# The case.


@pytest.mark.parametrize("options", [{}, RICH, {**CLEAN, "reports": 1, "incidents": 0}, {"rate": 0.0, "incidents": 1}])
def test_what_is_written_is_found_without_fault_and_read_back_equal(tmp_path, options):
    made = simulate(rng=6, **options)
    folder = made.write(tmp_path / "case")
    assert esc.check_case(folder) == ()
    back = esc.read_case(folder)
    for table in TABLES:
        assert_frame_equal(getattr(back, table), getattr(made.case, table))
    assert dict(back.meta) == dict(made.case.meta)
    assert back.main == made.case.main
    with pytest.raises(FileExistsError, match="overwrite=True"):
        made.write(folder)
    before = (folder / "reports.csv").read_bytes()
    made.write(folder, overwrite=True)
    assert (folder / "reports.csv").read_bytes() == before


def test_tables_have_the_types_of_a_case_that_was_read():
    read, made = esc.load_case("iraq-syria-2023"), simulate(rng=1).case
    for table in TABLES:
        assert_series_equal(getattr(made, table).dtypes, getattr(read, table).dtypes)
        key = getattr(made, table).iloc[:, 0]
        assert key.is_unique
        assert key.notna().all()


def test_described_incidents_are_a_share_of_those_that_happened():
    mixes = [(0, {"drone": 1.0}), (1000, {"drone": 0.5, "ballistic_missile": 0.5})]
    made = simulate(2000, rate=2.0, incidents=0.4, untyped=0.25, levels=mixes, rng=3)
    rows, count = made.case.incidents, made.truth["count"]
    assert stats.binomtest(len(rows), int(count.sum()), 0.4).pvalue > 1e-3
    assert stats.binomtest(int(rows["weapons"].isna().sum()), len(rows), 0.25).pvalue > 1e-3
    certain = rows[rows["date_end"].isna()]
    assert (certain.groupby("date").size() <= count.reindex(certain["date"].unique())).all()
    later = certain[(certain["date"] >= count.index[1000]) & certain["weapons"].notna()]
    assert set(certain.loc[certain["date"] < count.index[1000], "weapons"].dropna()) == {"drone"}
    single = later[~later["weapons"].str.contains("+", regex=False)]
    assert stats.binomtest(int((single["weapons"] == "drone").sum()), len(single), 0.5).pvalue > 1e-3
    assert not set(rows["source_ids"]) - set(made.case.sources["source_id"])


def test_interventions_may_be_given():
    made = simulate(20, interventions=["2024-01-05", (7, 9), (12, "raid"), (13, 15, "truce")])
    rows = made.case.interventions
    assert rows["kind"].tolist() == ["event", "event", "raid", "truce"]
    assert rows["date"].dt.day.tolist() == [5, 8, 13, 14]
    assert rows["date_end"].dt.day.fillna(0).tolist() == [0, 10, 0, 16]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError, match="simulate: ") as error:
        simulate(
            30, rate=[1.0, 2.0], reports=0, hedged=1.5, stale=0.7, wrong=0.7, copies=-1, incidents=2,
            changes=[(0, 2.0), (40, 2.0), (3,), (9, 4, 1.0)], scopes=["North"], counters={"official": 0.5},
            levels={"a+b": 1.0}, interventions=[(5, 2)],
        )  # fmt: skip
    said = str(error.value)
    for word in ("30 of them, one per day", "reports must", "hedged must", "copies must", "incidents must",
                 "begins on the first day", "(40, 2.0) needs days 0 to 29", "(3,) is not", "(9, 4, 1.0) needs",
                 "scopes must", "counters must", "levels must", "interventions: (5, 2)"):  # fmt: skip
        assert word in said
    with pytest.raises(ValueError, match="must not add up to more than 1"):
        simulate(stale=0.7, wrong=0.7)
    with pytest.raises(ValueError, match=r"days must be .*; start must be"):
        simulate(1, start="soon")
    with pytest.raises(ValueError, match="the rate of some day is above"):
        simulate(drift=1.0)
    with pytest.raises(ValueError, match="2 outlets"):
        simulate(outlets=1)
    assert len(simulate(outlets=1, copies=0, reports=5).case.reports) == 5
    with pytest.raises(ValueError, match=r"stale must .*; scopes must .*; rng must .*; start must .*'01/12/2023'"):
        simulate(start="01/12/2023", stale=3, scopes=[["A"], ["B"]], rng="x")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"levels": []}, r"levels must be .* one or more .*got \[\]"),
        ({"levels": {"drone": True}}, "levels must be"),
        ({"scopes": [["A"], ["B"]]}, r"scopes must be .*got \[\['A'\], \['B'\]\]"),
        ({"scopes": {"North", "South"}}, "scopes must be a list"),
        ({"rng": "x"}, "rng must be None, a whole number .*got 'x'"),
        ({"rng": -1}, "rng must be None, a whole number .*got -1"),
        ({"rate": True}, "rate must be a number"),
        ({"changes": [("01/02/2024", 2.0)]}, "needs days 0 to 119 or dates 2024-01-01"),
        ({"changes": {(5, 2.0)}}, r"changes must be a list of .*such as \[\('2024-03-01', 2.0\)\]"),
        ({"copies": 3, "outlets": 2}, "3 copies per report need at least 4 outlets, got 2"),
        ({"copies": 1.5, "outlets": 2}, "1.5 copies per report need at least 3 outlets"),
    ],
)
def test_bad_values_are_said_clearly(options, said):
    with pytest.raises(ValueError, match=f"simulate: .*{said}"):
        simulate(**options)


def test_an_unknown_name_is_said_with_the_one_near_it():
    with pytest.raises(TypeError, match=r"'report' \(did you mean 'reports'\?\), 'xyz'; options are days, start"):
        simulate(report=10, xyz=1)
    assert simulate.__name__ == "simulate"


def test_the_interventions_that_an_error_shows_are_taken():
    made = simulate(interventions=ast.literal_eval(EVENTS))
    rows = made.case.interventions
    assert rows["kind"].tolist() == ["truce", "strike", "event", "event"]
    assert rows["date"].dt.strftime("%m-%d").tolist() == ["02-01", "03-10", "03-11", "03-31"]
    assert EVENTS in simulate.__doc__
    # A date that is outside, or can be read in two ways, is no kind of event.
    for given in ({"a": 1}, [("2024-02-05", "2030-01-01")], [(5, "01/02/2024")], [(5, "Jan 9, 2024")], "soon"):
        with pytest.raises(ValueError, match=r"interventions.*such as \[\(|interventions.*a list such as") as error:
            simulate(interventions=given)
        assert EVENTS in str(error.value)
    with pytest.raises(ValueError, match="an empty kind"):
        simulate(interventions=[(5, "  ")])


@pytest.mark.parametrize(("copies", "outlets"), [(0.5, 2), (1.0, 2), (2.5, 4), (3.0, 12)])
def test_there_are_as_many_copies_as_asked_for_however_few_the_outlets(copies, outlets):
    """Each other outlet copies or not: the number is binomial, and its mean is that asked for."""
    n, others = 3000, outlets - 1
    voice = Voice(reports=n, outlets=outlets, copies=copies)
    told = tell(np.arange(1, n + 1), voice, Streams(8))
    number = (told["copy_of"] >= 0).sum()
    assert stats.binomtest(int(number), n * others, copies / others).pvalue > 1e-3


def test_a_case_is_not_written_where_a_file_is(tmp_path):
    made, file = simulate(20, reports=3), tmp_path / "note.txt"
    file.write_text("kept")
    for path in (file, file / "case"):
        with pytest.raises(NotADirectoryError, match=r"note\.txt is a file.*choose another path"):
            made.write(path)
    for path in ("", None, 5):
        with pytest.raises(ValueError, match="folder must be the path of a folder"):
            made.write(path)
    assert file.read_text() == "kept"


def test_summary_words_and_figure():
    made = simulate(changes=[(60, 2.0)], rng=1)
    frame = made.summary()["value"]
    assert frame["reports"] == len(made.case.reports)
    assert frame[["fresh reports", "stale reports", "wrong reports", "revised reports"]].sum() == 40
    assert frame["incidents"] == made.truth["count"].sum()
    assert "40 reports" in repr(made)
    assert "<script" not in made._repr_html_()
    ax = made.plot()
    words = " ".join(text.get_text() for text in ax.texts)
    assert "true total" in words
    assert "stale or wrong" in words
    assert "read as" not in words
    # No empty strip above the title, and nothing cut off.
    free = ax.figure.bbox.height - ax.get_tightbbox().y1
    assert 0 < free * 72 / ax.figure.dpi < 12
    assert not text_boxes_clear(ax.figure)
    plt.close(ax.figure)


# What our own methods find.


def test_the_case_goes_through_reconstruction_effects_and_pairing():
    made = simulate(100, rate=3.0, changes=[(40, 60, 0.1)], rng=2)
    rec = esc.reconstruct(made.case, models="fast", draws=300)
    assert rec.dates.equals(made.truth.index)
    found = esc.effects(rec, made.case.interventions, placebo=False).summary()
    assert found["posterior_ratio"].iloc[0] < 0.5
    both = pairing(rec, made.case.incidents, draws=200)
    assert both.p_rate > 0.9


def held(seed: int) -> bool:
    made = simulate(rng=(41, seed), incidents=0)
    end = esc.reconstruct(made.case, models="fast", draws=1).cumulative.iloc[-1]
    return bool(end["lower"] <= made.truth["total"].iloc[-1] <= end["upper"])


def test_clean_totals_are_found_again():
    """A total stated again may be a copy: on days without an incident the reconstruction need not follow it."""
    made = simulate(80, rng=9, reports=80, incidents=0, **CLEAN)
    total = made.truth["total"]
    assert (made.case.reports["count"].to_numpy() == total.to_numpy()).all()
    found = esc.reconstruct(made.case, models="fast", draws=1).cumulative
    new = made.truth["count"] > 0
    assert (found["median"] == total)[new].all()
    assert ((found["lower"] <= total) & (total <= found["upper"])).mean() >= 0.9


def test_the_interval_of_the_total_holds_the_truth():
    """With a probability of .9 each, fewer than 5 of 8 have probability .005."""
    assert sum(held(seed) for seed in range(8)) >= 5


@pytest.mark.slow
def test_the_interval_of_the_total_holds_the_truth_in_many_cases():
    """With a probability of .9 each, fewer than 44 of 60 have probability .0001."""
    assert sum(held(seed) for seed in range(60)) >= 44
