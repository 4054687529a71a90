"""What may be given to a panel, what its rows say, and what becomes of series that fail."""

from __future__ import annotations

import warnings
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.charts.boxes import text_boxes_clear
from escalation.reconstruct.call import reconstruct
from escalation.study.panel.digest import digest_counts, digest_reports
from escalation.study.panel.panel import panel
from escalation.study.panel.row import COLUMNS
from escalation.study.panel.settings import as_seed, child


def steps(days: int = 60, ratio: float = 8.0, seed: int = 0) -> pd.Series:
    rng = np.random.default_rng((11, seed))
    rate = np.where(np.arange(days) < days // 2, 0.7, 0.7 * ratio)
    return pd.Series(rng.poisson(rate), index=pd.date_range("2024-01-01", periods=days))


def reports(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng((12, seed))
    total = rng.poisson(1.0, 40).cumsum()
    day = np.array([5, 12, 20, 28, 39])
    return pd.DataFrame({
        "as_of": pd.Timestamp("2024-03-01") + pd.to_timedelta(day, unit="D"), "count": total[day],
        "bound": ["exact", "at_least", "exact", "exact", "exact"], "since": "2024-03-01", "notes": "as heard",
    })  # fmt: skip


def long_counts(series: dict[str, pd.Series]) -> pd.DataFrame:
    parts = [pd.DataFrame({"series": name, "date": s.index, "count": s.to_numpy()}) for name, s in series.items()]
    return pd.concat(parts, ignore_index=True)


COUNTS = {"b": steps(seed=1), "a": steps(ratio=1.0, seed=2), "c": steps(ratio=1.0, seed=3)}


def test_a_row_of_counts_says_what_find_changes_says():
    table = panel(COUNTS, rng=5).table
    assert table["series"].tolist() == ["b", "a", "c"]
    for i, (name, counts) in enumerate(COUNTS.items()):
        changes = esc.find_changes(counts, models="fast", draws=400, rng=np.random.SeedSequence(5).spawn(3)[i])
        row = table.iloc[i]
        assert (row["p_constant"], row["p_drift"], row["p_jump"]) == (
            changes.constant,
            changes.drift_only,
            changes.jump,
        )
        assert row["bayes_factor"] == row["e_value"] == changes.bayes_factor
        assert row["verdict"] == changes.verdict
        assert (row["total"], row["total_lower"], row["given"]) == (counts.sum(), counts.sum(), 60)
        assert row["mean_rate"] == pytest.approx(changes.rate["mean"].mean(), rel=1e-12)
        assert (row["first"], row["last"], row["days"]) == ("2024-01-01", "2024-02-29", 60)
        assert row["n_changes"] == changes.n_changes.idxmax()
        if name == "b":
            best = changes.summary().sort_values("probability").iloc[-1]
            assert row["change_is"] == "date"
            assert [row["change"], row["change_lower"], row["change_upper"]] == [
                f"{best[k]:%Y-%m-%d}" for k in ("date", "lower", "upper")
            ]
            assert row["change_probability"] == best["probability"]
        else:
            best = changes.candidates(1).iloc[0]
            assert row["change_is"] == "window"
            assert row["change"] == ""
            assert [row["change_lower"], row["change_upper"]] == [f"{best[k]:%Y-%m-%d}" for k in ("start", "end")]
        assert (row["ratio"], row["ratio_lower"]) == (best["ratio"], best["ratio_lower"])


def test_a_row_of_reports_says_what_reconstruct_says():
    table = panel({"x": reports(1), "y": reports(2)}, draws=150, prob=0.8).table
    rec = reconstruct(reports(2), models="fast", draws=150, prob=0.8, rng=np.random.SeedSequence(20231017).spawn(2)[1])
    row, end = table.iloc[1], rec.cumulative.iloc[-1]
    assert row["kind"] == "reports"
    assert (row["total"], row["total_lower"], row["total_upper"]) == (end["median"], end["lower"], end["upper"])
    assert (row["given"], row["used"], row["days"]) == (5, 5, 40)
    assert row["bayes_factor"] == rec.changes.bayes_factor
    assert row["mean_rate"] == pytest.approx(rec.rate["mean"].mean(), rel=1e-12)


def test_forms_of_input_agree():
    frame = long_counts(COUNTS)
    mixed = frame.sample(frac=1.0, random_state=1)  # the order of rows decides only that of the series
    mixed = mixed.sort_values("series", key=lambda s: s.map({"b": 0, "a": 1, "c": 2}), kind="stable")
    wanted = panel(COUNTS, draws=100).table
    for given in (
        frame, mixed, frame.assign(date=frame["date"].astype(str)), frame.astype({"count": "Int64"}),
        iter(COUNTS.items()), list(COUNTS.items()),
        {name: pd.DataFrame({"date": s.index, "count": s}) for name, s in COUNTS.items()},
    ):  # fmt: skip
        pd.testing.assert_frame_equal(panel(given, draws=100).table, wanted)


def test_frames_of_reports_agree():
    each = {"x": reports(1), "y": reports(2)}
    frame = pd.concat([part.assign(series=name) for name, part in each.items()])
    wanted = panel(each, draws=100).table
    pd.testing.assert_frame_equal(panel(frame, draws=100).table, wanted)
    pd.testing.assert_frame_equal(
        panel(((k, v.drop(columns="notes")) for k, v in each.items()), draws=100).table, wanted
    )


def small_case() -> esc.Case:
    """Take the bundled case's declaration, with other reports and a shorter window, beside a series not asked for."""
    case = esc.load_case("five-documents")
    main = {name: case.main[name] for name in ("counter", "unit")} | {"scope": case.main["scope"][0]}
    own = reports(2).assign(**main)
    block = {**case.meta["escalation"], "window": ["2024-03-01", "2024-04-04"]}
    rows = pd.concat([own, own.assign(unit="injured", count=own["count"] * 3)], ignore_index=True)
    return replace(case, reports=rows, meta={**case.meta, "escalation": block})


def test_cases_use_their_main_series():
    case = small_case()
    found = panel([case], draws=100)
    row = found.table.iloc[0]
    rec = reconstruct(case, models="fast", draws=100, rng=np.random.SeedSequence(20231017).spawn(1)[0])
    assert (row["series"], row["last"], row["given"], row["used"]) == ("five-documents", "2024-03-29", 10, 4)
    assert (row["bayes_factor"], row["total"]) == (rec.changes.bayes_factor, rec.cumulative["median"].iloc[-1])
    assert found.settings.kind == "objects"


def test_a_day_without_a_row_was_not_observed():
    frame = pd.DataFrame({"series": "a", "date": ["2024-01-01", "2024-01-03", "2024-01-04"], "count": [4, 6, 5]})
    row = panel(frame, draws=100).table.iloc[0]
    assert (row["days"], row["used"], row["total"]) == (4, 3, 15)
    assert row["bayes_factor"] == panel({"a": [4, np.nan, 6, 5]}, draws=100).table["bayes_factor"].iloc[0]
    assert row["bayes_factor"] != panel({"a": [4, 0, 6, 5]}, draws=100).table["bayes_factor"].iloc[0]


def test_labels_that_are_no_dates():
    years = pd.Series([0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 9, 8, 12, 9, 11, 10, 9, 12, 8, 10], index=range(1900, 1920))
    row = panel({"years": years}, draws=200).table.iloc[0]
    assert (row["first"], row["last"], row["change_is"], row["change"]) == ("1900", "1919", "date", "1910")


def test_series_that_fail_are_rows():
    good = steps(days=20)
    twice = pd.DataFrame({"series": "twice", "date": ["2024-01-01", "2024-01-01", "2024-01-02"], "count": [1, 2, 3]})
    undated = pd.DataFrame({"series": "undated", "date": ["2024-01-01", "soon"], "count": [1, 2]})
    words = pd.DataFrame({"series": "words", "date": ["2024-01-01", "2024-01-02"], "count": [1, "many"]})
    given = pd.concat([long_counts({"good": good}), twice, undated, words, long_counts({"negative": good - 5})])
    table = panel(given, draws=100).table.set_index("series")
    assert table.loc["good", "error"] == ""
    for name, reason in (
        ("twice", "2024-01-01"),
        ("undated", "soon"),
        ("words", "many"),
        ("negative", "is negative|are negative"),
    ):
        row = table.loc[name]
        assert pd.Series([row["error"]]).str.contains(reason).all(), row["error"]
        numbers = table.select_dtypes("number").drop(columns="number").loc[name]
        assert numbers.isna().all()
        assert not row["discovery"]
        assert row["verdict"] == row["first"] == row["change_is"] == ""
    alone = panel(long_counts({"good": good}), draws=100).table.set_index("series")
    assert alone.loc["good", "bayes_factor"] == table.loc["good", "bayes_factor"]


def test_objects_that_cannot_be_read_are_rows():
    bad = pd.DataFrame({"as_of": ["2024-01-01"], "count": ["lots"]})
    gaps = pd.Series([1, 2, 3], index=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-09"]))
    given = [("ok", [1, 2, 0, 1]), ("ok", [1, 2, 0, 1]), 5, ("thing", object()), ("bad", bad), ("none", pd.DataFrame()),
             ("empty", []), ("gaps", gaps)]  # fmt: skip
    found = panel(iter(given), draws=100)
    errors = found.table["error"].tolist()
    assert errors[0] == ""
    parts = ["has the name 'ok'", "got int", "got object", "got 'lots'", "no column count", "empty", "even steps"]
    for text, part in zip(errors[1:], parts, strict=True):
        assert part in text
    assert found.table["series"].tolist()[2] == "number 2"
    assert "\n" not in "".join(errors)
    summary = found.summary()["value"]
    assert (summary["series"], summary["answered"], summary["failed"]) == (8, 1, 7)
    assert summary[summary.index.str.startswith("failed: ")].sum() == 7


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"date": [1], "count": [1]}, "no column series"),
        ({"Series": [1], "date": [1], "count": [1]}, "did you mean your column 'Series'"),
        ({"series": [1], "date": [1], "as_of": [1], "count": [1]}, "both as_of and date"),
        ({"series": [1], "total": [1]}, "no column count.*no column as_of or date.*series, as_of, count"),
        ({"series": ["a", None], "date": ["2024-01-01"] * 2, "count": [1, 2]}, "1 rows have no series"),
    ],
)
def test_frames_that_cannot_be_divided(frame, words):
    with pytest.raises(ValueError, match=words):
        panel(pd.DataFrame(frame))


def test_what_holds_no_series():
    for data in ("panel.csv", steps(), 5, None, esc.load_case("five-documents")):
        with pytest.raises(TypeError, match="need a DataFrame with the columns"):
            panel(data)


def test_a_slip_in_a_column_is_said_once():
    each = pd.concat([reports(i).assign(series=f"s{i}") for i in range(3)]).rename(columns={"bound": "bounds"})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel(each, draws=100)
    assert [str(w.message) for w in caught] == ["column 'bounds' is not read; did you mean 'bound'?"]


def test_all_options_out_of_range_in_one_error(tmp_path):
    with pytest.raises(ValueError, match=r"models.*prob.*fdr.*draws.*chunk.*executor.*progress.*folder.*rng") as caught:
        panel(
            {},
            models="best",
            prob=1,
            fdr=0,
            draws=99,
            chunk=0,
            executor=5,
            progress=5,
            out=tmp_path / "no" / "a.csv",
            rng=-1,
        )
    assert str(caught.value).count(";") >= 8


def test_no_series_at_all():
    for data in ({}, [], pd.DataFrame({"series": [], "date": [], "count": []})):
        found = panel(data)
        assert len(found.table) == 0
        assert list(found.table)[: len(COLUMNS)] == list(COLUMNS)
        assert len(found.discoveries) == 0


def test_children_are_those_of_spawn():
    for seed in (
        as_seed(3),
        np.random.SeedSequence(8, spawn_key=(2,)),
        np.random.SeedSequence([1, 2**40]),
        as_seed(2**70),
    ):
        seed.spawn(2)  # a seed that gave children before gives others now
        mine = [child(seed, i).generate_state(4).tolist() for i in range(5)]
        before = seed.n_children_spawned
        assert mine == [s.generate_state(4).tolist() for s in seed.spawn(5)]
        assert before == 2


def test_seeds():
    two = {k: COUNTS[k] for k in ("b", "a")}
    by = {name: panel(two, draws=100, rng=rng).table for name, rng in {
        "none": None, "fixed": 20231017, "sequence": np.random.SeedSequence(20231017), "other": 1,
        "generator": np.random.default_rng(3), "again": np.random.default_rng(3)}.items()}  # fmt: skip
    for a, b in (("none", "fixed"), ("none", "sequence"), ("generator", "again")):
        pd.testing.assert_frame_equal(by[a], by[b])
    assert not by["none"]["ratio_upper"].equals(by["other"]["ratio_upper"])
    assert by["none"]["bayes_factor"].equals(by["other"]["bayes_factor"])  # exact, not drawn


def test_digests():
    base = reports(1)
    cell = base.copy()
    cell.loc[2, "count"] += 1
    assert digest_reports(base, {}) != digest_reports(cell, {})
    assert digest_reports(base, {}) != digest_reports(base.iloc[::-1], {})
    assert digest_reports(base, {}) != digest_reports(base, {"unit": "attack"})
    assert digest_reports(base, {}) != digest_reports(base.drop(columns="bound"), {})
    counts = steps()
    shifted = counts.copy()
    shifted.index = shifted.index + pd.Timedelta(days=1)
    some = {digest_counts(s) for s in (counts, shifted, counts.iloc[:-1], counts.reset_index(drop=True), -counts)}
    assert len(some) == 5
    assert digest_counts(counts) == digest_counts(counts.astype("int32"))


def test_names_are_shown_escaped_and_the_result_shows_itself():
    found = panel({"<b>x</b>": steps(), "still": steps(ratio=1.0)}, draws=100)
    assert "<b>x" not in found._repr_html_()
    assert "&lt;b&gt;x" in found._repr_html_()
    assert repr(found).startswith("Panel(2 series; A change is found in 1 of 2 series")
    assert found.discoveries["series"].tolist() == ["<b>x</b>"]
    summary = found.summary()["value"]
    assert summary["discoveries at a false discovery rate of 0.1"] == 1
    assert summary["series with a change, expected by the posterior"] == pytest.approx(
        (1 - found.table["p_constant"]).sum()
    )
    assert found.at(1e-15).table["discovery"].sum() == 0
    ax = found.plot()
    assert text_boxes_clear(ax.figure) == []
    plt.close(ax.figure)
