"""Replay: nothing published later may move a number, and what became of each conclusion is told as it is."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.charts.revisions import revisions
from escalation.records.case import Case
from escalation.study.choices import Choices
from escalation.study.replay.judging import alarms_of, calm_of
from escalation.study.replay.known import Library, when_known
from escalation.study.replay.replay import replay
from escalation.study.replay.vintages import Jumps, Vintage

FAST = Choices(models="fast", draws=200, hazard=(1 / 60,), phi=(0.0, 1.0), centre=(1.0,))
DATES = ["2024-01-20", "2024-02-05", "2024-02-20"]
DAY0 = pd.Timestamp("2024-01-01")


def day(n):
    """The day number n; 1 is the first of January 2024."""
    return DAY0 + pd.Timedelta(days=n - 1)


def make(rows, sources=None, interventions=None, window=("2024-01-01", "2024-02-20")):
    """Make a case of one series; rows are dicts, dates in them are numbers of days."""
    base = {
        "counter": "c", "unit": "attack", "scope": "A", "bound": "exact", "as_of_precision": "day",
        "since": DAY0, "published": pd.NaT, "source_id": "s0", "derived_from": None,
    }  # fmt: skip
    dates = ("as_of", "published", "since")
    frame = pd.DataFrame(
        [{**base, **{k: day(v) if k in dates and isinstance(v, int) else v for k, v in row.items()}} for row in rows]
    )
    frame["derived_from"] = frame["derived_from"].fillna(frame["source_id"])
    names = sorted(set(frame["source_id"]))
    if sources is None:
        sources = pd.DataFrame({"source_id": names, "published": pd.NaT, "derived_from": pd.NA})
    if interventions is None:
        interventions = pd.DataFrame({"date": [], "date_end": [], "kind": []})
    block = {"main_series": {"counter": "c", "unit": "attack", "scope": "A"}, "nested_scopes": [["A", "A+B"]]}
    if window:
        block["window"] = list(window)
    incidents = pd.DataFrame({"date": pd.to_datetime(["2024-01-04"]), "weapons": ["drone"]})
    meta = MappingProxyType({"escalation": block})
    return Case("made", "Made", Path(), frame, incidents, interventions, sources, meta)


def totals(n=50, every=4, rate=1.4, seed=5):
    """Totals of a Poisson series every few days, published a day later."""
    count = np.random.default_rng(seed).poisson(rate, n).cumsum()
    return [{"as_of": t, "count": int(count[t - 1]), "published": t + 1} for t in range(every, n, every)]


@pytest.fixture(scope="module")
def plain():
    return replay(make(totals()), DATES, choices=FAST)


def same_until(one, other, date):
    """Whether all numbers of vintages before a date are the same, to the last bit."""
    for name, column in (("table", "date"), ("rates", "vintage")):
        a, b = (getattr(x, name) for x in (one, other))
        a, b = (f[(f[column] < pd.Timestamp(date)).to_numpy()].reset_index(drop=True) for f in (a, b))
        assert len(a)
        assert_frame_equal(a, b, check_exact=True)


def differ_from(one, other, date):
    """Whether some probability of a vintage from a date on is another."""
    a, b = (x.table[(x.table["date"] >= pd.Timestamp(date)).to_numpy()] for x in (one, other))
    return (a[["p_constant", "p_jump"]].to_numpy() != b[["p_constant", "p_jump"]].to_numpy()).any()


LATER = {
    "huge": {"as_of": 10, "count": 900, "published": 42},
    "contradicting": {"as_of": 16, "count": 1, "published": 42},
    "by_source": {"as_of": 12, "count": 60, "source_id": "late"},
    "assumed": {"as_of": 38, "count": 160, "as_of_precision": "approx"},
    "new_scope": {"as_of": 40, "count": 120, "published": 42, "scope": "A+B"},
}


@pytest.mark.parametrize("name", LATER)
def test_a_report_published_later_moves_no_earlier_number(plain, name):
    rows = [*totals(), LATER[name]]
    sources = pd.DataFrame({"source_id": ["s0", "late"], "published": [pd.NaT, day(42)], "derived_from": pd.NA})
    told = replay(make(rows, sources), DATES, choices=FAST)
    # Undated and approximate, it counts as known from 38 + 1 + 3 = 42, the 11th of February.
    same_until(plain, told, day(42))
    assert told.table["known"].tolist() == [a + b for a, b in zip(plain.table["known"], [0, 0, 1], strict=True)]
    assert told.table["assumed"].tolist() == [0, 0, int(name == "assumed")]
    assert differ_from(plain, told, day(42))


def test_a_source_published_later_is_no_earlier_root():
    # Two pages with the same total; that both copy a third one is seen only once this is out.
    twice = [{**row, "source_id": source} for row in totals() for source in ("s1", "s2")]
    twice += [{"as_of": 30, "count": 30, "published": 31, "source_id": source} for source in ("s1", "s2")]
    apart = pd.DataFrame({"source_id": ["s1", "s2"], "published": pd.NaT, "derived_from": pd.NA})
    joined = pd.DataFrame(
        {
            "source_id": ["s1", "s2", "root"],
            "published": [pd.NaT, pd.NaT, day(42)],
            "derived_from": ["root", "root", None],
        }
    )
    one = replay(make(twice, apart), DATES, choices=FAST)
    other = replay(make([{**row, "derived_from": "root"} for row in twice], joined), DATES, choices=FAST)
    same_until(one, other, day(42))
    assert differ_from(one, other, day(42))


def test_an_origin_stated_later_moves_no_earlier_start():
    rows = totals()
    late = [
        {"as_of": t, "count": 90 + t, "since": DAY0 - pd.Timedelta(days=20), "published": 42} for t in range(20, 41)
    ]
    one, other = (replay(make(r, window=None), DATES, choices=FAST) for r in (rows, rows + late))
    same_until(one, other, day(42))
    assert one.rates["date"].min() == DAY0
    starts = other.rates.groupby("vintage")["date"].min()
    assert (starts.iloc[:2] == DAY0).all()
    assert starts.iloc[2] < DAY0


def test_every_vintage_is_that_of_a_case_that_ends_there():
    case = esc.load_case("iraq-syria-2023")
    dates = ["2023-11-28", "2023-12-05"]
    choices = Choices(models="fast", draws=200)
    told = replay(case, dates, choices=choices)
    known = when_known(case, 1)["known"].to_numpy()
    for date in dates:
        then = (known <= np.datetime64(date)) & (case.reports["as_of"] <= pd.Timestamp(date)).to_numpy()
        reports = case.reports[then]
        sources = case.sources[case.sources["source_id"].isin(reports["source_id"])]
        cut = replace(case, reports=reports, sources=sources, incidents=case.incidents.iloc[:0])
        alone = replay(cut, [date], choices=choices)
        row = told.table[(told.table["date"] == date).to_numpy()].reset_index(drop=True)
        assert_frame_equal(alone.table, row, check_exact=True)
        rates = told.rates[(told.rates["vintage"] == date).to_numpy()].reset_index(drop=True)
        assert_frame_equal(alone.rates, rates, check_exact=True)
    # And it is the plain reconstruction of reports filtered by hand.
    when = pd.Timestamp(dates[1])
    r = case.reports
    waits = pd.Series(1, index=r.index).where(r["as_of_precision"] != "approx", 4)
    known_from = r["published"].fillna(r["as_of"] + pd.to_timedelta(waits, unit="D"))
    rec = esc.reconstruct(
        r[(known_from <= when).to_numpy()], counter="pentagon", unit="attack", scope="Iraq+Syria", start="2023-10-17",
        end=when, models="fast", draws=200,
    )  # fmt: skip
    row, n, near = told.table.iloc[1], len(rec.dates), 14 - (when - rec.dates[-1]).days
    assert (row["p_constant"], row["p_jump"]) == (rec.changes.constant, rec.changes.jump)
    assert (row["rate"], row["rate_lower"], row["rate_upper"]) == tuple(rec.rate.iloc[-1][["median", "lower", "upper"]])
    assert (row["total"], row["used"]) == (rec.cumulative["median"].iloc[-1], rec.reports["used"].sum())
    assert row["covered"] == near == 9
    jumps = rec.changes.draws
    assert row["p_recent"] == np.unique(jumps.draw[jumps.changes >= n - near]).size / 200
    daily = rec.changes.rates
    ratio = daily[:, n - near :].mean(axis=1) / daily[:, n - near - 14 : n - near].mean(axis=1)
    found = row[["ratio", "ratio_lower", "ratio_upper"]].tolist()
    assert found == pytest.approx(np.quantile(ratio, [0.5, 0.05, 0.95]).tolist(), rel=1e-12)
    assert found[0] < 0.9


def test_a_scope_that_is_not_yet_in_the_admitted_reports_is_not_asked_for(plain):
    rows = [
        *totals(),
        {**LATER["new_scope"], "bound": "exact"},
        {"as_of": 6, "count": 9, "scope": "A+B", "bound": "about"},
    ]
    both = FAST.but(scope=("A", "A+B"), bounds=("exact",))
    told = replay(make(rows), DATES, choices=both)
    assert (told.table["reason"] == "").all()
    assert told.table["p_jump"].tolist()[:2] == plain.table["p_jump"].tolist()[:2]
    assert (told.table["known"] - plain.table["known"]).tolist() == [1, 1, 2]
    assert (told.table["used"] - plain.table["used"]).tolist() == [0, 0, 1]


def test_the_order_of_rows_is_irrelevant(plain):
    case = make(totals())
    order = np.random.default_rng(2).permutation(len(case.reports))
    told = replay(replace(case, reports=case.reports.iloc[order]), DATES[::-1], choices=FAST)
    assert_frame_equal(told.table, plain.table, check_exact=True)
    assert_frame_equal(told.rates, plain.rates, check_exact=True)


def test_the_numbers_are_the_same_on_threads_and_processes(plain):
    case = make(totals())
    with ThreadPoolExecutor(2) as threads:
        one = replay(case, DATES, choices=FAST, executor=threads)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        two = replay(case, DATES, choices=FAST, executor=processes)
    for told in (one, two):
        for name in ("table", "rates", "alarms", "calm"):
            assert_frame_equal(getattr(told, name), getattr(plain, name), check_exact=True)


def test_when_a_report_counts_as_known():
    rows = [
        {"as_of": 5, "count": 1, "published": 9, "source_id": "s1"},  # its own day, not that of its source
        {"as_of": 5, "count": 1, "source_id": "s1"},  # that of its source
        {"as_of": 8, "count": 2, "source_id": "s1"},  # the source is older than the as-of date: assumed
        {"as_of": 5, "count": 1},  # assumed
        {"as_of": 5, "count": 1, "as_of_precision": "approx"},  # assumed, and three days more
    ]
    sources = pd.DataFrame({"source_id": ["s0", "s1"], "published": [pd.NaT, day(7)], "derived_from": pd.NA})
    found = when_known(make(rows, sources), 2)
    assert found["known"].tolist() == [day(9), day(7), day(10), day(7), day(10)]
    assert found["assumed"].tolist() == [False, False, True, True, True]
    told = replay(make([*rows, *totals()], sources), [day(7), day(20)], choices=FAST, lag=2)
    assert told.table["assumed"].tolist() == [1, 3]


def test_dates_on_which_nothing_can_be_reconstructed_have_a_reason():
    told = replay(make(totals()), ["2023-12-30", day(4), day(5), day(30)], choices=FAST)
    none = told.table.iloc[:2]
    assert (none["reason"] == "no report of this series was known").all()
    assert none[["p_jump", "rate", "ratio", "p_recent"]].isna().all().all()
    assert none["silent"].isna().all()
    assert (told.table["reason"].iloc[2:] == "").all()
    assert any("nothing could be reconstructed" in sentence for sentence in told.sentences())
    assert not text_boxes_clear(told.plot())
    with pytest.raises(ValueError, match="nothing could be reconstructed on any of the 2 dates"):
        replay(make(totals()), ["2023-12-30", day(4)], choices=FAST)


def test_weekly_dates_start_where_something_can_be_reconstructed_and_end_with_the_window():
    # One total without an origin is no series: the first date is that of the second one.
    rows = [{**row, "since": pd.NaT} for row in totals()]
    told = replay(make(rows, window=None), choices=FAST)
    assert told.table["date"].tolist() == [*pd.date_range(day(9), day(48), freq="7D"), day(49)]
    assert told.skipped["date"].tolist() == [day(5)]
    assert "nothing to reconstruct" in told.skipped["reason"].item()
    assert any("Left out: 1 earlier day" in sentence for sentence in told.sentences())
    daily = replay(make(totals(), window=("2024-01-01", "2024-01-07")), "D", choices=FAST)
    assert daily.table["date"].tolist() == [day(5), day(6), day(7)]
    assert daily.table["silent"].tolist() == [1, 2, 3]
    assert daily.table["covered"].tolist() == [4, 4, 4]
    with pytest.raises(ValueError, match="any date up to 2024-01-04, by when 0 of 12 reports"):
        replay(make(totals(), window=("2024-01-01", "2024-01-04")), choices=FAST)


def test_days_beyond_the_last_report_are_silent_and_not_counted():
    rows = [row for row in totals() if row["as_of"] <= 20]
    told = replay(make(rows), [day(24), day(33), day(40)], choices=FAST)
    assert told.table["silent"].tolist() == [4, 13, 20]
    assert told.table["covered"].tolist() == [10, 1, 0]
    assert told.table["p_recent"].isna().tolist() == [False, False, True]
    assert told.table["p_jump"].notna().all()
    assert told.table["p_recent"].iloc[1] <= told.table["p_recent"].iloc[0]
    fig = told.plot()
    assert not text_boxes_clear(fig)
    assert any("no estimate" in text.get_text() for text in fig.axes[1].texts)


def vintage(date, chance, jumps, covered=14, last=None):
    row = {"date": day(date), "p_recent": chance, "covered": covered, "last_as_of": day(last or date)}
    return Vintage(row, None, jumps)


def test_alarms_are_judged_by_the_last_vintage():
    # Of ten draws of the last vintage, six jump on the day number 33 (index 32), four nowhere.
    final = Jumps(DAY0, 80, 10, np.arange(6), np.full(6, 32))
    none = Jumps(DAY0, 80, 10, np.array([], dtype=int), np.array([], dtype=int))
    vintages = [
        vintage(20, 0.6, none),  # days 7 to 20, with slack to 27: not confirmed
        vintage(26, 0.6, none),  # to 33: confirmed
        vintage(40, 0.5, none),  # not above .5: no alarm
        vintage(53, 0.7, none),  # days 40 to 53, with slack from 33: confirmed
        vintage(54, 0.7, none),  # from 34: not
        vintage(60, 0.7, none, covered=3, last=45),  # days 43 to 45, with slack from 36
        Vintage({"date": day(61)}, None, None),
        vintage(80, 0.9, final),
    ]
    found = alarms_of(vintages, 0.5)
    assert found["date"].tolist() == [day(n) for n in (20, 26, 53, 54, 60, 80)]
    no, yes = "not confirmed", "confirmed"
    assert found["judged"].tolist() == [no, yes, yes, no, no, "not judged"]
    assert found["p_final"].tolist()[:5] == [0.0, 0.6, 0.6, 0.0, 0.0]
    assert found["later"].tolist()[:2] == [60, 54]
    assert found["first"].iloc[4] == day(43)


def test_calm_stretches_take_the_highest_of_their_own_vintages():
    table = pd.DataFrame({"date": [day(n) for n in (7, 14, 21, 28, 35)], "p_recent": [0.1, 0.3, np.nan, 0.9, 0.2]})
    table = table.assign(ratio=[1.0, 2.0, np.nan, 0.5, 1.0], ratio_lower=0.1, ratio_upper=3.0)
    events = pd.DataFrame({
        "date": [day(10), day(20), day(1), day(34)], "date_end": [day(14), day(22), day(2), pd.NaT],
        "kind": ["truce", "Truce", "airstrike", "lull"], "label": ["one", "two", "raid", "three"],
    })  # fmt: skip
    found = calm_of(table, events)
    assert found["label"].tolist() == ["all dates", "one", "one", "two", "two", "three"]
    assert found["stretch"].tolist() == ["all", "during", "after", "during", "after", "during"]
    assert found["vintages"].tolist() == [4, 1, 1, 0, 2, 1]  # the 28th is 14 days after the 14th
    assert found["p_recent"].tolist() == pytest.approx([0.9, 0.3, 0.9, np.nan, 0.9, 0.2], nan_ok=True)
    assert found["ratio"].iloc[2] == 0.5
    assert calm_of(table, pd.DataFrame())["label"].tolist() == ["all dates"]


def test_revisions_are_those_of_a_loop_over_days(plain):
    rng = np.random.default_rng(4)
    rates = plain.rates.sample(frac=0.9, random_state=rng)
    rates[["lower", "median", "upper"]] = np.sort(rng.gamma(2.0, 1.0, (len(rates), 3)), axis=1)
    last = rates["vintage"].max()
    rows = []
    for date in sorted(rates["date"].unique()):
        mine = rates[(rates["date"] == date).to_numpy()].sort_values("vintage")
        first, final = mine.iloc[0], mine.iloc[-1]
        if final["vintage"] == last and first["vintage"] < last:
            inside = first["lower"] <= final["median"] <= first["upper"]
            rows.append((date, first["vintage"], final["median"] / first["median"], inside))
    told = replace(plain, rates=rates)
    moved = told.revisions()
    assert list(moved[["date", "vintage", "ratio", "inside"]].itertuples(index=False, name=None)) == rows
    assert (moved["age"] == (moved["vintage"] - moved["date"]).dt.days).all()
    assert len(moved) < rates["date"].nunique()
    share = told.summary().loc["share of final rates in the first interval", "value"]
    assert 0 < share < 1
    assert share == np.mean([row[3] for row in rows])


def paged(pages, **columns):
    """Sources as a frame; pages is name -> (day of publication or None, what it copies from or None)."""
    rows = [(name, pd.NaT if when is None else day(when), above) for name, (when, above) in pages.items()]
    return pd.DataFrame(rows, columns=["source_id", "published", "derived_from"]).assign(**columns)


def test_a_report_without_a_date_is_not_known_before_the_pages_it_copies_from():
    rows = [
        {"as_of": 10, "count": 14, "source_id": "blog"},  # copies a page of day 42, by way of an undated one
        {"as_of": 10, "count": 14, "source_id": "old"},  # copies a page of day 5: assumed as before
        {"as_of": 10, "count": 14, "source_id": "live"},  # its own page is of day 12, what that copies of day 42
        {"as_of": 10, "count": 14, "source_id": "blog", "published": 12},  # has a day of its own
        {"as_of": 10, "count": 14, "source_id": "tale"},  # copies a page that only its own reports date
        {"as_of": 10, "count": 14, "source_id": "wire"},  # is on that page
        {"as_of": 40, "count": 60, "source_id": "wire", "published": 43},
        {"as_of": 41, "count": 61, "source_id": "wire", "published": 42},
        {"as_of": 10, "count": 14, "source_id": "loop"},  # pages that copy from each other
    ]
    pages = {
        "blog": (None, "between"), "between": (None, "late"), "late": (42, None), "old": (None, "early"),
        "early": (5, None), "live": (12, "late"), "tale": (None, "wire"), "wire": (None, None), "loop": (None, "pool"),
        "pool": (13, "loop"),
    }  # fmt: skip
    for dated in (rows, rows[::-1]):
        found = when_known(make(dated, paged(pages)), 1)
        found = found if dated is rows else found.iloc[::-1]
        assert found["known"].tolist() == [day(n) for n in (42, 11, 42, 12, 42, 42, 43, 42, 13)]
        assert found["assumed"].tolist() == [True, True, False, False, True, True, False, False, True]
    # Where no source says what it copies from, the reports do.
    bare = pd.DataFrame({"source_id": ["blog", "late"], "published": [pd.NaT, day(42)]})
    copy = {"as_of": 10, "count": 14, "source_id": "blog", "derived_from": "late"}
    assert when_known(make([copy], bare), 1)["known"].tolist() == [day(42)]
    assert when_known(replace(make([copy], bare), sources=pd.DataFrame()), 1)["known"].tolist() == [day(11)]


def test_an_undated_copy_of_a_later_page_moves_no_earlier_number(plain):
    pages = paged({"s0": (None, None), "blog": (None, "late"), "late": (42, None)})
    copy = {"as_of": 10, "count": 45, "source_id": "blog", "derived_from": "late"}
    told = replay(make([*totals(), copy], pages), DATES, choices=FAST)
    same_until(plain, told, day(42))
    assert told.table["assumed"].tolist() == [0, 0, 1]
    assert differ_from(plain, told, day(42))


def test_a_page_that_only_its_reports_date_is_no_earlier_root():
    # Six pages with one total copy from a seventh, which is known only by its own report, of day 42.
    rows = [{"as_of": 16, "count": 40, "published": 17, "source_id": f"s{i}"} for i in range(1, 7)]
    late = {"as_of": 40, "count": 60, "published": 42, "source_id": "root"}
    apart = paged({f"s{i}": (None, None) for i in range(7)} | {"root": (None, None)})
    joined = paged({f"s{i}": (None, "root") for i in range(1, 7)} | {"s0": (None, None), "root": (None, None)})
    one = replay(make([*totals(), *rows, late], apart), DATES, choices=FAST)
    copies = [{**row, "derived_from": "root"} for row in rows]
    other = replay(make([*totals(), *copies, late], joined), DATES, choices=FAST)
    same_until(one, other, day(42))
    assert differ_from(one, other, day(42))
    # Its date is the earliest known, by whichever of its reports or by the table of sources.
    for when, more, root in ((None, [], "s1"), (None, [9], "root"), (9, [], "root"), (45, [9], "root"), (45, [], "s1")):
        sources = joined.assign(published=joined["published"].mask(joined["source_id"] == "root", day(when or 1)))
        sources = sources if when else joined
        case = make([*copies, late, *({**late, "as_of": 8, "published": n} for n in more)], sources)
        known = Library.of(case, "c", "attack", ("A",), 1).by(day(20)).reports
        assert known.loc[(known["source_id"] == "s1").to_numpy(), "derived_from"].tolist() == [root]


def test_choices_may_be_a_mapping_or_single_ones(plain):
    case, own = make(totals()), {"draws": 200, "hazard": (1 / 60,), "phi": (0.0, 1.0), "centre": (1.0,)}
    told = (
        replay(case, DATES, choices={"models": "fast", **own}),
        replay(case, DATES, models="fast", **own),
        replay(case, DATES, choices=FAST.but(models="full", draws=300), models="fast", draws=200),
    )
    for one in told:
        assert_frame_equal(one.table, plain.table, check_exact=True)
    with pytest.raises(
        TypeError, match=r"no choice is called 'alram'; .*options of replay are dates, lag, days, alarm"
    ):
        replay(case, DATES, alram=0.3)
    with pytest.raises(TypeError, match="choices must be Choices, a mapping of some of them or None, got int"):
        replay(case, DATES, choices=5)
    with pytest.raises(ValueError, match=r"days must be.*0; Choices: draws must be"):
        replay(case, DATES, days=0, draws=-1)


def test_the_figure_names_what_is_counted_and_which_dates_the_greys_are():
    case = make([{**row, "unit": "drone_strike"} for row in totals()])
    block = {**case.meta["escalation"], "main_series": {"counter": "c", "unit": "drone_strike", "scope": "A"}}
    case = replace(case, meta=MappingProxyType({"escalation": block}))
    told = replay(case, ["2024-01-13", *DATES], choices=FAST)
    fig = told.plot()
    words = " ".join(" ".join(text.get_text().split()) for ax in fig.axes for text in ax.texts)
    assert "Rate of drone strikes as estimated on successive dates" in words
    assert "Drone strikes per day; one line per date" in words
    assert "incident" not in words.lower()
    assert "events in grey" not in words
    assert "estimated on 13 Jan (earliest)" in words
    assert "… to 5 Feb (latest before the last)" in words
    assert not text_boxes_clear(fig)
    two = replay(case, DATES, choices=FAST).plot()
    words = [text.get_text() for text in two.axes[0].texts]
    assert {"estimated on 20 Jan", "estimated on 5 Feb"} <= set(words)
    assert "called a vintage" in told.sentences()[0]


def test_everything_wrong_is_told_at_once():
    case = make(totals())
    with pytest.raises(
        ValueError, match=r"lag must be.*-1; days must be.*0; alarm must be.*1\.5; .*status.*; dates\[1\]"
    ):
        replay(case, ["2024-01-20", "soon"], lag=-1, days=0, alarm=1.5, choices=Choices(status=("current",)))
    for word in ("weekly", "M", "2024-01-20", 5):
        with pytest.raises(
            ValueError, match=rf"dates must be 'W' \(every week\), 'D' .* list of dates .*; got {word!r}"
        ):
            replay(case, word)
    with pytest.raises(ValueError, match=r"dates\[0\] must be a date such as '2023-11-21', got '01/12/2023'"):
        replay(case, ["01/12/2023"])
    with pytest.raises(TypeError, match="progress must be a function that takes a text, such as print, or None; got 5"):
        replay(case, progress=5)
    with pytest.raises(ValueError, match="at least one date"):
        replay(case, [])
    with pytest.raises(TypeError, match="case must be a Case"):
        replay(case.reports)
    with pytest.raises(TypeError, match="executor must have a"):
        replay(case, executor=3)
    with pytest.raises(ValueError, match="no report of the case has counter other"):
        replay(case, choices=FAST.but(counter="other"))
    with pytest.raises(ValueError, match="row 1, column 'count'"):
        replay(replace(case, reports=case.reports.assign(count=[4, "x", *[9] * 10])), choices=FAST)


def test_words_figure_and_numbers_tell_the_same(plain):
    summary, said = plain.summary(), " ".join(plain.sentences())
    assert summary.loc["vintages", "value"] == 3
    top = plain.table.loc[plain.table["p_recent"].idxmax()]
    assert f"The highest is {top['p_recent']:.2f} on {top['date']:%Y-%m-%d}" in said
    assert "no truth" in said
    assert "not replayed" in said
    assert "cause" not in said
    assert set(plain.numbers()) == {"rate", "alarms", "interventions", "calm", "summary"}
    assert repr(plain).startswith("Replay(3 dates from 2024-01-20 to 2024-02-20.")
    hostile = replace(
        plain, calm=plain.calm.assign(label="<b>"), skipped=pd.DataFrame({"date": [day(1)], "reason": "<i>"})
    )
    assert "<i>" not in hostile._repr_html_()
    fig = plain.plot()
    assert not text_boxes_clear(fig)
    dots = [line for line in fig.axes[0].lines if line.get_marker() == "o" and line.get_zorder() == 4.0]
    assert len(dots) == 2
    with pytest.raises(ValueError, match="events must be calm, all or none; got 'some'"):
        plain.plot(events="some")


def test_the_figure_tells_alarms_by_what_became_of_them(plain):
    judged = ["confirmed", "not confirmed", "not judged"]
    vintages = plain.table.assign(judged=judged, p_recent=[0.6, 1.0, 0.7])
    events = pd.DataFrame({"date": [day(8), day(30)], "date_end": [day(12), pd.NaT], "label": ["truce", "raid"]})
    fig = revisions(plain.rates, vintages, events, source="S", note="A finding", size=(7.0, 5.0))
    assert not text_boxes_clear(fig)
    words = [text.get_text() for text in fig.axes[1].texts]
    assert "5 Feb: 1.00" in words
    marks = [line for line in fig.axes[1].findobj() if getattr(line, "get_marker", lambda: "")() == "o"]
    assert {line.get_markerfacecolor() for line in marks} >= {"#222222", "white", "#9A9A9A"}
    with pytest.raises(ValueError, match=r"judged is 'maybe'.*; p_recent must lie"):
        revisions(plain.rates, vintages.assign(judged="maybe", p_recent=2.0), events)
    with pytest.raises(ValueError, match="at least one estimate"):
        revisions(plain.rates.iloc[:0], vintages, events)
    with pytest.raises(ValueError, match="rows have no vintage"):
        revisions(plain.rates.assign(vintage=pd.NaT), vintages, events)


def simulated(rng, before, after, n=90, change=60):
    """A case of exact totals every three days, whose rate changes on one day."""
    count = rng.poisson(np.where(np.arange(1, n + 1) < change, before, after)).cumsum()
    rows = [{"as_of": t, "count": int(count[t - 1]), "published": t + 1} for t in range(3, n + 1, 3)]
    return make(rows, window=("2024-01-01", f"{day(n + 1):%Y-%m-%d}"))


@pytest.mark.slow
def test_a_step_is_alarmed_in_time_and_a_constant_rate_seldom():
    rng = np.random.default_rng(20231017)
    choices = Choices(models="fast", draws=500)
    dates = [day(n) for n in range(34, 92, 4)]
    with ThreadPoolExecutor(2) as threads:
        steps = [replay(simulated(rng, 1.0, 4.0), dates, choices=choices, executor=threads) for _ in range(20)]
        still = [replay(simulated(rng, 1.5, 1.5), dates, choices=choices, executor=threads) for _ in range(10)]
    first = [told.alarms.loc[(told.alarms["date"] >= day(60)).to_numpy(), "date"].min() for told in steps]
    delay = (pd.Series(first) - day(60)).dt.days  # NaN where there is none
    assert (delay <= 14).mean() >= 0.8
    early = sum((told.alarms["date"] < day(60)).sum() for told in steps)
    constant = sum(len(told.alarms) for told in still)
    assert early <= 0.05 * 20 * sum(date < day(60) for date in dates)
    assert constant <= 0.05 * 10 * len(dates)
    confirmed = pd.concat([told.alarms for told in steps])["judged"].value_counts(normalize=True)
    assert confirmed["confirmed"] >= 0.8
