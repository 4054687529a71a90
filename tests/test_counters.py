"""Counters beside each other: ratios of known truth, sums of parts, nothing merged, nothing dropped."""

from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.charts.counters import CountCell, RatioCell, counters_figure
from escalation.charts.style import INK, MODEL
from escalation.records import Case
from escalation.study.choices import Choices
from escalation.study.counters.arguments import read_arguments
from escalation.study.counters.compare import compare_counters
from escalation.study.counters.ratios import ratio_interval, ratio_rows, windows
from escalation.study.counters.words import detail_words, span, value

DAYS = 56
START = pd.Timestamp("2024-01-01")
FAST = Choices(models="fast", draws=1000)
QUICK = FAST.but(draws=400, hazard=(1 / 60,), phi=(0.0,), sigma=(0.1,))  # where the numbers are not the point
BUNDLED = esc.load_case("iraq-syria-2023")


def case_of(*frames, days=DAYS, scope="X", nested=()):
    end = START + pd.Timedelta(days=days - 1)
    block = {
        "main_series": {"counter": "a", "unit": "attack", "scope": scope},
        "window": [f"{START:%Y-%m-%d}", f"{end:%Y-%m-%d}"],
        "nested_scopes": [list(nested)] if nested else [],
    }
    none = pd.DataFrame()
    reports = pd.concat(frames, ignore_index=True)
    meta = MappingProxyType({"escalation": block})
    return Case("made", "Made", Path("made"), reports, none, none, pd.DataFrame({"source_id": []}), meta)


def totals(daily, days, counter, scope="X", unit="attack", since=START):
    """Exact totals of daily counts, as of the ends of some days counted from 1."""
    day = np.asarray(days)
    return pd.DataFrame({
        "as_of": START + pd.to_timedelta(day - 1, "D"), "count": np.cumsum(daily)[day - 1], "bound": "exact",
        "since": since, "counter": counter, "unit": unit, "scope": scope,
    })  # fmt: skip


def thinned(seed, n=75):
    """A counter that sees everything and one that sees exactly 80 % of it, each with totals of its own dates."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, DAYS, n)
    seen = day[rng.permutation(n) < 4 * n // 5]
    both = [np.bincount(part, minlength=DAYS) for part in (day, seen)]
    dates = [np.append(np.sort(rng.choice(np.arange(1, DAYS), k, replace=False)), DAYS) for k in (11, 7)]
    frames = [totals(daily, when, name) for daily, when, name in zip(both, dates, "ab", strict=True)]
    return *both, case_of(*frames)


def covered(seed):
    """Whether the ratios up to four dates, in four windows, and of the halves are in their intervals."""
    all_of, seen, case = thinned(seed)
    frame = compare_counters(case, choices=FAST, window=14).ratios
    run = frame[frame["kind"] == "cumulative"].set_index("days")
    up_to = {d: seen[:d].sum() / all_of[:d].sum() for d in (14, 28, 42, DAYS)}
    assert up_to[DAYS] == 0.8
    hits = [run["lower"][d] <= truth <= run["upper"][d] for d, truth in up_to.items()]
    for _, row in frame[frame["kind"] == "window"].iterrows():
        a = (row["first"] - START).days
        truth = seen[a : a + row["days"]].sum() / all_of[a : a + row["days"]].sum()
        hits.append(row["lower"] <= truth <= row["upper"])
    half = DAYS // 2
    truth = np.divide(*(seen[part].sum() / all_of[part].sum() for part in (slice(half, None), slice(half))))
    last = frame[frame["kind"] == "second over first half"].iloc[0]
    return [*hits, last["lower"] <= truth <= last["upper"]], run.loc[DAYS]


def test_the_interval_of_the_ratio_holds_the_truth():
    hits, ends = zip(*(covered(seed) for seed in range(6)), strict=True)
    # Independent draws of two that see the same events err on the wide side: at least 90 %.
    assert np.mean(hits) >= 0.9
    width = np.median([end["upper"] - end["lower"] for end in ends])
    assert 0.01 < width < 0.1  # exact totals of the last day leave little room
    assert all(end["p_less"] > 0.99 for end in ends)


@pytest.mark.slow
def test_the_interval_of_the_ratio_holds_the_truth_in_a_hundred_series():
    hits = np.array([covered(seed)[0] for seed in range(100, 200)])
    assert (hits.mean(axis=0) >= 0.83).all()  # of 100 at .9, 2.3 standard errors below


def test_a_ratio_of_another_truth_is_not_covered():
    """The check can fail: equal counters do not have a ratio of .8."""
    rng = np.random.default_rng(1)
    daily = rng.poisson(1.4, DAYS)
    case = case_of(totals(daily, [9, 20, 33, 47, 56], "a"), totals(daily, [12, 30, 56], "b"))
    end = compare_counters(case, choices=QUICK).ratios.query("kind == 'cumulative'").iloc[-1]
    assert end["lower"] > 0.85
    assert end["lower"] <= 1 <= end["upper"]


def test_quantiles_are_those_of_all_ratios_written_out():
    rng = np.random.default_rng(2)
    for _ in range(30):
        top, bottom = rng.integers(0, 6, 41), rng.integers(1, 6, 41)
        exact = sorted(Fraction(int(a), int(b)) for a, b in zip(top, bottom, strict=True))
        found = ratio_interval(top, bottom, 0.9)
        assert [found["lower"], found["ratio"], found["upper"]] == [float(exact[k]) for k in (2, 20, 38)]
        assert found["p_more"] == np.mean([x > 1 for x in exact])
        assert found["p_less"] == np.mean([x < 1 for x in exact])
        assert found["p_zero"] == 0


def test_zero_over_zero_widens_and_never_hides():
    top, bottom = np.array([0] * 6 + [3] * 14), np.array([0] * 8 + [3] * 12)
    found = ratio_interval(top, bottom, 0.9)
    # Six draws of 0/0, two of 3/0, twelve of 3/3.
    assert (found["lower"], found["ratio"], found["upper"], found["p_zero"]) == (0.0, 1.0, np.inf, 0.4)
    nothing = ratio_interval(np.zeros(20), np.zeros(20), 0.9)
    assert np.isnan(nothing["ratio"])
    assert (nothing["lower"], nothing["upper"], nothing["p_zero"]) == (0.0, np.inf, 1.0)
    assert np.isnan(
        ratio_interval(np.append(np.ones(9), np.zeros(11)), np.append(np.ones(9), np.zeros(11)), 0.9)["ratio"]
    )


@pytest.mark.parametrize(("days", "window"), [(1, 2), (2, 2), (127, 28), (28, 28), (41, 28), (42, 28), (5, 3700)])
def test_windows_cover_every_day_once(days, window):
    spans = windows(days, window)
    assert [d for a, b in spans for d in range(a, b)] == list(range(days))
    assert all(b - a < 1.5 * window for a, b in spans)
    assert all(b - a >= window / 2 for a, b in spans[1:])


def test_rows_of_known_draws():
    top, bottom = np.array([[1, 1, 0, 4]]), np.array([[1, 3, 2, 2]])
    frame = ratio_rows(top, bottom, pd.date_range(START, periods=4), 2, 0.9).set_index("kind")["ratio"]
    assert frame["cumulative"].tolist() == [1, 2 / 4, 2 / 6, 6 / 8]
    assert frame["window"].tolist() == frame["half"].tolist() == [2 / 4, 4 / 4]
    assert frame["second over first half"] == 2.0


@pytest.fixture(scope="module")
def scoped():
    """Three counters, two scopes and their whole; the third counter counts claims, once."""
    rng = np.random.default_rng(3)
    x, y = rng.poisson(0.6, DAYS), rng.poisson(0.9, DAYS)
    hurt = pd.DataFrame({"as_of": [START + pd.Timedelta(days=9)], "count": 40, "bound": "exact", "counter": "a",
                         "unit": "injured", "scope": "X+Y", "since": START})  # fmt: skip
    return case_of(
        totals(x, [11, 30, 45, 56], "a", "X"), totals(y, [11, 30, 45, 56], "a", "Y"),
        totals(x + y, [8, 11, 21, 30, 45, 56], "a", "X+Y"), totals(x + y, [20, 50], "b", "X+Y"),
        totals(x + y + 1, [40], "c", "X+Y", "claim"), totals(y, [25, 50], "b", "Y"), hurt, scope="X+Y",
    ), x, y  # fmt: skip


@pytest.fixture(scope="module")
def found(scoped):
    return compare_counters(scoped[0], choices=QUICK)


def test_parts_add_up_to_the_whole(found, scoped):
    _, x, y = scoped
    whole = found.scopes.set_index("whole")
    row = whole.loc["a/attack/X+Y"]
    assert row["parts"] == "X + Y"
    assert row["days"] == DAYS
    truth = (x + y).sum()
    assert row["sum_lower"] <= truth <= row["sum_upper"]
    assert row["total_lower"] <= truth <= row["total_upper"]
    assert row["difference_lower"] <= 0 <= row["difference_upper"]
    assert row["p_more"] + row["p_less"] <= 1
    run = found.sums.set_index("date")
    inside = (run["difference_lower"] <= 0) & (run["difference_upper"] >= 0)
    assert inside.mean() >= 0.9
    assert "no reconstruction of X by this counter" in whole.loc["b/attack/X+Y", "note"]
    assert any("the difference" in said and "includes 0" in said for said in found.sentences())


def test_parts_that_do_not_add_up_are_told(scoped):
    _, x, y = scoped
    more = x + y + np.repeat([0, 1], [DAYS - 25, 25])  # 25 events that neither part has
    case = case_of(totals(x, [11, 30, 56], "a", "X"), totals(y, [11, 30, 56], "a", "Y"),
                   totals(more, [11, 30, 45, 56], "a", "X+Y"), scope="X+Y")  # fmt: skip
    row = compare_counters(case, choices=QUICK).scopes.iloc[0]
    assert row["difference_upper"] < 0
    assert row["p_less"] > 0.99


def test_every_series_has_a_row_and_its_reason(found, scoped):
    rows = found.series.set_index("label")
    assert rows["reports"].sum() == len(scoped[0].reports)
    assert rows["done"].to_dict() == {
        "a/attack/X+Y": "main", "a/injured/X+Y": "not reconstructed", "b/attack/X+Y": "compared",
        "c/claim/X+Y": "compared", "a/attack/X": "reconstructed", "a/attack/Y": "reconstructed",
        "b/attack/Y": "compared",
    }  # fmt: skip
    assert "counts injured, not attacks" in rows.loc["a/injured/X+Y", "note"]
    assert rows.loc["b/attack/Y", "reference"] == "a/attack/Y"
    assert rows.loc["c/claim/X+Y", ["reports", "statements"]].tolist() == [1, 1]
    assert "how its one total is spread over the days before is estimated" in rows.loc["c/claim/X+Y", "note"]
    assert set(found.ratios.query("series == 'c/claim/X+Y'")["measure"]) == {"claims per attack"}
    assert list(found.reconstructions) == [label for label in rows.index if rows.loc[label, "statements"]]


def test_nothing_of_another_counter_enters(scoped, found):
    case = scoped[0]
    changed = case.reports.copy()
    changed.loc[changed["counter"] == "b", "count"] *= 3
    other = compare_counters(case_of(changed, scope="X+Y"), choices=QUICK)
    for label in ("a/attack/X+Y", "a/attack/X", "c/claim/X+Y"):
        one, two = found.reconstructions[label], other.reconstructions[label]
        for name in ("daily", "cumulative", "rate", "models", "reports"):
            assert_frame_equal(getattr(one, name), getattr(two, name))
    assert_frame_equal(found.sums, other.sums)
    untouched = [frame[frame["series"] == "c/claim/X+Y"] for frame in (found.ratios, other.ratios)]
    assert_frame_equal(*untouched)
    assert not found.ratios["ratio"].equals(other.ratios["ratio"])
    alone = esc.reconstruct(
        case.reports, counter="a", unit="attack", scope="X+Y", start=START, models="fast", prior=QUICK.prior
    )
    assert_frame_equal(alone.cumulative, found.reconstructions["a/attack/X+Y"].cumulative)


def test_the_order_of_reports_does_not_matter(scoped, found):
    mixed = scoped[0].reports.sample(frac=1, random_state=4)
    other = compare_counters(case_of(mixed, scope="X+Y"), choices=QUICK)
    for name in ("series", "ratios", "scopes", "sums"):
        assert_frame_equal(getattr(found, name), getattr(other, name))


def test_what_was_asked_for(scoped):
    few = compare_counters(scoped[0], counters=["c"], scopes="X+Y", choices=QUICK)
    assert list(few.reconstructions) == ["a/attack/X+Y", "c/claim/X+Y"]
    assert len(few.series) == 7
    assert (few.series["note"] == "another counter or scope was asked for").sum() == 5
    hurt = compare_counters(scoped[0], counters="a/injured", choices=QUICK)
    assert set(hurt.ratios["measure"]) == {"injured per attack"}
    with pytest.raises(ValueError, match=r"'z' has no report; scopes: 'Q' has no report.*b/attack/Y"):
        compare_counters(scoped[0], counters=["z"], scopes=["Q"])
    with pytest.raises(ValueError, match="window must be a whole number"):
        compare_counters(scoped[0], window=1)
    with pytest.raises(TypeError, match="case must be a Case"):
        compare_counters(scoped[0].reports)
    with pytest.raises(ValueError, match="no report has q/attack"):
        compare_counters(scoped[0], choices=QUICK.but(counter="q"))


def test_single_choices_and_mappings():
    daily = np.ones(10, dtype=int)
    case = case_of(totals(daily, [4, 10], "a"), totals(daily, [6, 10], "b"), days=10)
    own = {name: getattr(QUICK, name) for name in ("models", "hazard", "phi", "sigma")}
    one = compare_counters(case, choices=QUICK)
    for choices, changed in ((own | {"draws": 300}, {"draws": 400}), (None, own | {"draws": 400})):
        other = compare_counters(case, choices=choices, **changed)
        for name in ("series", "ratios", "scopes", "sums"):
            assert_frame_equal(getattr(one, name), getattr(other, name))
    asked = read_arguments(case, {"b", "a"}, iter(["X"]), QUICK, {"draws": 300}, 28, None)
    assert asked == (["a", "b"], ["X"], QUICK.but(draws=300))


def test_all_problems_of_the_arguments_are_told(scoped):
    case = scoped[0]
    with pytest.raises(TypeError, match=r"scopes must be a name, a list of names or None, got int 5"):
        compare_counters(case, scopes=5)
    with pytest.raises(TypeError, match=r"counters must hold names; not a name: 1, None"):
        compare_counters(case, counters=["a", 1, None])
    with pytest.raises(TypeError, match=r"counters must be a name.*got dict"):
        compare_counters(case, counters={"a": 1})
    with pytest.raises(TypeError, match=r"counters.*no choice is called 'modles'.*executor must have.*window must be"):
        compare_counters(case, counters=5, window=0, executor=3, modles="fast")
    with pytest.raises(TypeError, match=r"choices must be Choices, a mapping"):
        compare_counters(case, choices="fast")
    with pytest.raises(ValueError, match=r"models.*window must be"):
        compare_counters(case, models="quick", window=1)
    # The same words whatever the order in which a set is kept.
    with pytest.raises(ValueError, match=r"'q' has no report; counters: 'r' has no report; counters: 's' has"):
        compare_counters(case, counters={"s", "q", "r"})


def test_origins_of_their_own():
    """One counter begins twenty days later: common days, and counts since the first of them."""
    daily = np.ones(DAYS, dtype=int)
    late = daily * (np.arange(DAYS) >= 20)
    old = totals(daily, [30], "old", since=START - pd.Timedelta(days=900))
    bare = totals(daily, [30], "bare").assign(since=pd.NaT)
    twice = totals(daily, [30, 50], "twice").assign(since=pd.NaT)
    second = totals(late, range(24, 57, 4), "b", since=START + pd.Timedelta(days=20))
    case = case_of(totals(daily, range(4, 57, 4), "a"), second, old, bare, twice)
    found = compare_counters(case, choices=QUICK)
    run = found.ratios.query("kind == 'cumulative' and series == 'b/attack/X'")
    assert run["first"].iloc[0] == START + pd.Timedelta(days=20)
    assert run["days"].iloc[-1] == DAYS - 20
    assert run["lower"].iloc[-1] <= 1 <= run["upper"].iloc[-1]
    rows = found.series.set_index("label")
    assert "how much of it falls on the days from 2024-01-01 on is not reported" in rows.loc["old/attack/X", "note"]
    assert "no day from which it is counted" in rows.loc["bare/attack/X", "note"]
    assert rows.loc["twice/attack/X", "first"] == START + pd.Timedelta(days=30)
    assert "begins the day after its first report" in rows.loc["twice/attack/X", "note"]


def test_a_series_that_cannot_be_reconstructed_sinks_no_other():
    daily = np.ones(DAYS, dtype=int)
    bad = totals(daily, [30, 40], "b").assign(count=9000)
    found = compare_counters(case_of(totals(daily, [20, 56], "a"), bad), choices=QUICK)
    row = found.series.set_index("label").loc["b/attack/X"]
    assert row["done"] == "not reconstructed"
    assert "at most 5000" in row["note"]
    assert found.ratios.empty
    assert found.sums.empty
    assert len(found.plot().axes) == 1
    assert found.summary().loc["a/attack/X", "total"] > 0


def test_nested_scopes_are_one_series():
    daily = np.ones(DAYS, dtype=int)
    case = case_of(totals(daily, [10, 20], "a", "X+Y"), totals(daily, [40, 56], "a", "X+Y+Z"),
                   totals(daily, [30], "b", "X+Y+Z"), scope="X+Y", nested=("X+Y", "X+Y+Z"))  # fmt: skip
    found = compare_counters(case, choices=QUICK)
    assert found.series["label"].tolist() == ["a/attack/X+Y", "b/attack/X+Y"]
    assert found.series["scope"].tolist() == ["X+Y, X+Y+Z", "X+Y+Z"]
    assert found.series["used"].tolist() == [4, 1]
    only = compare_counters(case, choices=QUICK.but(scope=("X+Y",)))
    assert only.series["label"].tolist() == ["a/attack/X+Y", "a/attack/X+Y+Z", "b/attack/X+Y+Z"]


def test_result_and_figure(found):
    again = found.summary()
    assert again.loc["b/attack/X+Y", "ratio_lower"] <= again.loc["b/attack/X+Y", "ratio"]
    final = found.ratios.query("series == 'b/attack/X+Y' and kind == 'cumulative'").iloc[-1]
    assert again.loc["b/attack/X+Y", "ratio_upper"] == final["upper"]
    assert set(found.numbers()) == {"series", "cumulative", "ratios", "scopes", "sums"}
    assert len(found.numbers()["cumulative"]) == sum(len(rec.dates) for rec in found.reconstructions.values())
    assert repr(found).startswith("CounterComparison(7 series, 6 reconstructed, 3 compared with a/attack/X+Y)")
    fig = found.plot(source="Source: none")
    assert len(fig.axes) == 6 + 3 + 2
    assert len({ax.get_xlim() for ax in fig.axes}) == 1
    assert len({ax.get_ylim() for ax in fig.axes[:6]}) == 1
    assert len({ax.get_ylim() for ax in fig.axes[6:9]}) == 1
    assert text_boxes_clear(fig) == []
    assert text_boxes_clear(found.plot(width=5.0)) == []
    with pytest.raises(ValueError, match="too narrow"):
        found.plot(width=2.0)


def ratio_cell(lower, ratio, upper, n=20):
    """A ratio whose ends are flat, and one window."""
    last = pd.date_range(START, periods=n)
    run = pd.DataFrame({"kind": "cumulative", "first": START, "last": last, "lower": lower, "ratio": ratio,
                        "upper": upper})  # fmt: skip
    bar = {"kind": "window", "first": START, "last": last[-1], "lower": run["lower"].iloc[-1],
           "ratio": run["ratio"].iloc[-1], "upper": run["upper"].iloc[-1]}  # fmt: skip
    return RatioCell("b / a", "", pd.concat([run, pd.DataFrame([bar])], ignore_index=True))


def drawn(*cells):
    """The axes of the ratios, the words of their key, and the triangles (marker, colour, day and height) of the first.

    Arrows are told from the plus of a window and from strokes by their marker.
    """
    index = pd.date_range(START, periods=20)
    curve = pd.DataFrame({"median": 1.0, "lower": 0.5, "upper": 2.0}, index=index)
    none = pd.DataFrame({"as_of": index[:1], "count": [1], "used": [True]})
    fig = counters_figure([CountCell("a", "", none, curve, None)], cells, [])
    assert text_boxes_clear(fig) == []
    words = {text.get_text() for ax in fig.axes for text in ax.texts}
    marks = [(line.get_marker(), line.get_color(), float(x), float(y)) for line in fig.axes[1].lines
             for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
             if line.get_marker() in {"v", "^"} and 0 <= x - DAY_ONE < 20]  # fmt: skip
    return fig.axes[1:], words, marks


DAY_ONE = (START - pd.Timestamp("1970-01-01")).days
BEYOND = "at an edge: goes on beyond the axis"


@pytest.mark.parametrize("ratio", [1 / 3000, 0.03, 0.124, 0.8, 7.9, 30.0, 5000.0])
def test_the_last_ratio_is_on_the_axis(ratio):
    axes, words, marks = drawn(ratio_cell(ratio * 0.9, ratio, ratio * 1.1))
    low, high = axes[0].get_ylim()
    assert low < ratio / 1.2
    assert high > ratio * 1.2
    assert low < 1 < high
    ticks = [text.get_text() for text in axes[0].get_yticklabels()]
    assert "1" in ticks
    assert len(ticks) <= 8
    assert BEYOND not in words
    assert marks == []


def test_what_goes_on_beyond_the_axis_is_marked():
    upper = np.where(np.arange(20) < 5, np.inf, 1.2)
    axes, words, marks = drawn(ratio_cell(0.9, 1.0, upper), ratio_cell(0.9, 1.0, 1.2))
    assert BEYOND in words
    assert marks == [("^", MODEL, DAY_ONE + 2.0, axes[0].get_ylim()[1])]
    # A ratio over nothing cannot be on the axis: both the band and the window are marked.
    axes, words, marks = drawn(ratio_cell(0.0, np.inf, np.inf))
    assert BEYOND in words
    assert {mark[0] for mark in marks} == {"v", "^"}
    assert {mark[1] for mark in marks} == {MODEL, INK}
    assert "in 28 days, 90\u00a0% interval" in words
    assert not any("without a statement" in said for said in words)


def test_names_from_outside_are_escaped():
    daily = np.ones(DAYS, dtype=int)
    found = compare_counters(case_of(totals(daily, [20, 56], "a"), totals(daily, [30], "<b>x/y</b>")), choices=QUICK)
    assert "<b>x" not in found._repr_html_()
    assert "<b>x/y</b>, X" in found.sentences()[0]
    assert found.plot().axes[1].texts[0].get_text() == "<b>x/y</b>, X"
    assert text_boxes_clear(found.plot()) == []


def test_the_bundled_case():
    found = compare_counters(BUNDLED, counters=["thinktank", "sohr", "biden_term"], choices=QUICK)
    rows = found.series.set_index("label")
    assert rows["reports"].sum() == len(BUNDLED.reports)
    assert "not reported" in rows.loc["biden_term/attack/Iraq+Syria", "note"]
    assert rows.loc["sohr/attack/Syria", "reference"] == "pentagon/attack/Syria"
    main = esc.reconstruct(BUNDLED, models="fast", prior=QUICK.prior)
    assert_frame_equal(found.reconstructions["pentagon/attack/Iraq+Syria"].cumulative, main.cumulative)
    # The think tank's total of 31 December is far above the Pentagon's of those days.
    final = found.summary().loc["thinktank/attack/Iraq+Syria"]
    assert final["ratio_lower"] > 1.2
    assert text_boxes_clear(found.plot()) == []


def test_a_small_count_keeps_its_digits():
    """Five of two hundred: the interval of the ratio is not .03 to .03; large totals are separated alike."""
    row = pd.Series({"lower": 0.0251, "upper": 0.0312, "total": 2240.0, "total_lower": 2235.0, "total_upper": 2301.0,
                     "unit": "attack", "statements": 2})  # fmt: skip
    assert span(row) == "0.025–0.031"
    assert [value(x) for x in (0.0, 0.0022, 0.0999, 0.1, 12.34)] == ["0", "0.0022", "0.1", "0.10", "12.3"]
    assert detail_words(row) == "2 statements; 2,240 attacks (2,235–2,301)"


def test_the_words_of_notes(found):
    said = " ".join(found.sentences()) + " ".join(found.series["note"])
    assert "model's" not in said
    early = totals(np.ones(DAYS + 5, dtype=int), [30], "b", since=START - pd.Timedelta(days=5))
    case = case_of(totals(np.ones(DAYS, dtype=int), [20, 56], "a"), early)
    note = compare_counters(case, choices=QUICK).series.set_index("label").loc["b/attack/X", "note"]
    assert note == (
        "how its one total is spread over the days before is estimated, not reported; it counts from 2023-12-27: "
        "how many attacks fall before 2024-01-01 is estimated, not reported"
    )
