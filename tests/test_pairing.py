"""Rate and levels beside each other: what is independent, what is bounded, and what is refused."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.dossier.levels import alt_text, pair_levels, save_levels
from escalation.reconstruct.pairing import pairing
from escalation.reconstruct.timing import nearness
from escalation.study.overview.subject import Subject

CASE = esc.load_case("iraq-syria-2023")


@pytest.fixture(scope="module")
def rec():
    return esc.reconstruct(CASE, models="fast", draws=500)


@pytest.fixture(scope="module")
def found(rec):
    return pairing(rec, CASE.incidents, draws=500)


def uniform_within(days, d):
    """P(|U - V| <= d) for U and V uniform on 1..days - 1."""
    m = days - 1
    return (m + 2 * sum(m - j for j in range(1, min(d, m - 1) + 1))) / m**2


def test_nearness_is_a_count_of_all_pairs_of_draws():
    rng = np.random.default_rng(3)
    for _ in range(40):
        T, d = int(rng.integers(4, 30)), int(rng.integers(0, 9))
        one = rng.integers(0, 5, 8), rng.integers(1, T, 8)
        other = rng.integers(0, 4, 6), rng.integers(1, T, 6)
        sets = [[set(days[draw == k]) for k in np.unique(draw)] for draw, days in (one, other)]
        near = [any(abs(x - y) <= d for x in a for y in b) for a, b in product(*sets)]
        assert nearness(one, other, T, [d], rng=rng)["probability"].item() == pytest.approx(np.mean(near), abs=1e-6)


def test_unrelated_dates_are_those_of_the_closed_form():
    rng = np.random.default_rng(4)
    day = rng.integers(1, 120, 3000)
    near = nearness((np.arange(3000), day), (np.arange(3000), np.full(3000, 60)), 120, [0, 7, 30, 200], rng=rng)
    assert near["unrelated"].tolist() == pytest.approx([uniform_within(120, d) for d in (0, 7, 30, 200)], abs=0.01)
    # Dates that coincide are told from dates that do not.
    same = nearness((np.arange(900), day[:900]), ([0], [int(day[0])]), 120, [0], rng=rng)
    assert same["probability"].item() == pytest.approx((day[:900] == day[0]).mean(), abs=1e-6)


def test_unrelated_dates_keep_the_number_of_changes_of_each_draw():
    rng = np.random.default_rng(5)
    draw = np.repeat(np.arange(2000), 3)
    one = draw, np.tile([1, 2, 3], 2000)
    near = nearness(one, (np.arange(2000), np.full(2000, 10)), 40, [0], rng=rng)
    # Three different days of 39 hit one given day with probability 3/39.
    assert near["unrelated"].item() == pytest.approx(3 / 39, abs=0.01)


def test_nearness_without_changes_or_out_of_range():
    rng = np.random.default_rng(6)
    assert nearness(([], []), ([0], [3]), 10, [2], rng=rng)["probability"].isna().all()
    with pytest.raises(ValueError, match="days 1 to 9; got days 0 to 0"):
        nearness(([0], [0]), ([0], [3]), 10, [2], rng=rng)
    with pytest.raises(ValueError, match="at least 0 days"):
        nearness(([0], [1]), ([0], [3]), 10, [-2], rng=rng)


def test_both_is_the_product_of_the_two(found, rec):
    assert found.p_rate == pytest.approx(1 - rec.changes.constant)
    assert found.p_level == pytest.approx(1 - found.trend.lines["confirmed"].change.no_change)
    assert found.summary().loc["P(both changed), independent", "value"] == pytest.approx(found.p_rate * found.p_level)
    frame = found.comparisons
    assert (frame["p_both"] == frame["p_more_often"] * frame["p_rises"]).all()
    assert ((frame["p_more_often"] + frame["p_less_often"]) <= 1).all()
    assert any("taken as independent" in sentence for sentence in found.sentences())


def test_the_table_holds_every_incident_once_and_both_lines_apart(found):
    table = found.table()
    whole = table[table["period"] == "all"].set_index(["evidence", "level"])
    parts = table[table["period"] != "all"].groupby(["evidence", "level"])[["described", "typed", "at_least"]].sum()
    assert_frame_equal(whole[["described", "typed", "at_least"]].sort_index(), parts.sort_index(), check_dtype=False)
    assert whole.loc[("confirmed", "rocket"), "described"] == found.trend.summary().loc["confirmed", "described"]
    assert table.loc[table["evidence"] == "claimed", "total"].isna().all()


def test_bounds_hold_what_the_typed_incidents_alone_show(found):
    table = found.table().query("evidence == 'confirmed'")
    unknown = np.maximum(found.number, table.query("level == 'rocket' and period != 'all'")["described"].to_numpy())
    for code in ("rocket", "ballistic_missile"):
        rows = table[(table["level"] == code) & (table["period"] != "all")]
        m, typed = rows["at_least"].to_numpy(), rows["typed"].to_numpy()
        lower, upper = m / unknown, (m + unknown - typed) / unknown
        inside = (lower >= rows["bound_lower"].to_numpy() - 1e-12) & (upper <= rows["bound_upper"].to_numpy() + 1e-12)
        assert (inside.mean(axis=0) >= found.reconstruction.prob).all()
        assert (rows["number_least"] == m).all()
        assert (rows["number_most"] >= rows["bound_upper"] * rows["total"]).all()


@pytest.mark.parametrize("more", [1, 25])
def test_more_unknown_weapons_only_widen_the_bounds(rec, found, more):
    extra = pd.DataFrame({"date": ["2023-11-05"] * more, "weapons": "", "confirmed": True, "claimed": False})
    wider = pairing(rec, pd.concat([CASE.incidents, extra], ignore_index=True), draws=500)
    before, after = found.bounds["confirmed"], wider.bounds["confirmed"]
    assert (after.lower[..., 0] <= before.lower[..., 0] + 1e-12).all()
    assert (after.upper[..., 0] >= before.upper[..., 0] - 1e-12).all()
    assert after.described[-1] == before.described[-1] + more


def test_more_described_than_reconstructed_is_flagged(rec):
    crowd = pd.DataFrame({"date": ["2023-11-05"] * 300, "weapons": "drone", "confirmed": True, "claimed": False})
    many = pairing(rec, crowd, draws=200)
    row = many.table().query("evidence == 'confirmed' and level == 'rocket' and period == '2023-11'").iloc[0]
    assert row["excess"] == 1.0
    assert row["unknown"] == 0
    assert any("More were described than reconstructed in 2023-11" in s for s in many.sentences())


def test_the_rate_at_a_level_is_the_rate_times_the_share(rec):
    rng = np.random.default_rng(8)
    weapons = np.where(rng.random(400) < 0.3, "rocket", "drone")
    date = pd.Timestamp("2023-10-17") + pd.to_timedelta(rng.integers(0, 127, 400), "D")
    many = pairing(rec, pd.DataFrame({"date": date, "weapons": weapons}), draws=500)
    row = many.rates.query("period == 'all' and level == 'rocket'").iloc[0]
    assert row["level_rate"] == pytest.approx(row["rate"] * (weapons == "rocket").mean())
    assert row["level_rate_lower"] < row["level_rate"] < row["level_rate_upper"]
    # With so many typed, the width is that of the rate, and a little more.
    assert 0 < row["level_rate_upper"] / row["level_rate"] - row["rate_upper"] / row["rate"] < 0.15


def test_no_prior_speaks_where_nothing_is_typed(found):
    rows = found.table().query("evidence == 'confirmed' and level == 'ballistic_missile'").set_index("period")
    february = rows.loc["2024-02"]
    assert (february["typed"], february["at_least"]) == (1, 0)
    assert february["level_rate"] == february["level_rate_lower"] == 0.0
    few = pairing(found.reconstruction, CASE.incidents.assign(weapons=""), draws=200).rates
    assert few["level_rate"].isna().all()
    assert (few["level_rate_lower"] == 0).all()
    assert np.allclose(few["level_rate_upper"], few["rate_upper"])


def test_a_table_without_flags_is_held_against_the_number_as_described(rec):
    plain = pairing(rec, CASE.incidents.drop(columns=["confirmed", "claimed"]), draws=200)
    assert set(plain.table()["evidence"]) == {"described"}
    assert plain.table()["total"].notna().all()
    assert len(plain.plot(source="S").axes) == 4
    assert not any("onfirmed" in sentence for sentence in plain.sentences())


def test_two_runs_agree_in_every_digit(rec, found):
    again = pairing(rec, CASE.incidents, draws=500)
    for name in ("table", "summary"):
        assert_frame_equal(getattr(found, name)(), getattr(again, name)())
    for name in ("comparisons", "timing", "rates", "salvos", "salvo_trend"):
        assert_frame_equal(getattr(found, name), getattr(again, name))


def test_what_cannot_be_paired_is_refused():
    with pytest.raises(AttributeError, match="method='linear'"):
        pairing(esc.reconstruct(CASE, method="linear"), CASE.incidents)
    hurt = esc.reconstruct(CASE, unit="injured", models="fast", draws=100)
    with pytest.raises(ValueError, match="this series counts injured"):
        pairing(hurt, CASE.incidents)
    rec = esc.reconstruct(esc.load_case("five-documents"), models="fast", draws=100)
    with pytest.raises(ValueError, match="split"):
        pairing(rec, CASE.incidents, mixed="split")
    with pytest.raises(ValueError, match="expected weapons on this scale"):
        pairing(rec, pd.DataFrame({"date": ["2024-01-01"], "weapons": ["mortar"]}))


def test_a_window_without_incidents_and_one_without_munitions_have_answers(rec):
    nothing = pairing(rec, pd.DataFrame({"date": ["2020-01-01"], "weapons": ["drone"], "confirmed": True}), draws=200)
    row = nothing.table().query("evidence == 'confirmed' and level == 'rocket' and period == 'all'").iloc[0]
    assert row[["described", "typed"]].tolist() == [0, 0]
    assert row[["bound_lower", "bound_upper"]].tolist() == [0.0, 1.0]
    assert nothing.trend.outside == 1
    assert any("No confirmed incident has its munitions reported" in s for s in nothing.sentences())
    assert any("Outside these dates, and left out: 1." in s for s in nothing.sentences())
    assert nothing._repr_html_()


def test_figure_and_tables_of_the_dossier(rec, tmp_path):
    subject = Subject.of_case(CASE)
    levels = pair_levels(rec, subject)
    names = {row.path.rsplit("/", 1)[-1] for row in save_levels(levels, rec, subject, tmp_path, "0")}
    assert names == {"pairing.csv", "pairing.png", "pairing.svg", "pairing.txt", "bounds.csv", "coded.csv",
                     "comparisons.csv", "levels.csv", "trend.csv", "uses.csv"}  # fmt: skip
    fig = levels.pairings[0].plot(source="S")
    assert len(fig.axes) == 4
    text_boxes_clear(fig)
    tables = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in ("levels", "bounds", "uses", "trend")}
    for frame in tables.values():
        assert set(frame["scale"]) == {"drone < rocket < ballistic_missile", "drone|rocket < ballistic_missile"}
    for name in ("levels", "bounds", "trend"):
        assert set(tables[name]["evidence"]) == {"confirmed", "claimed"}
    # The highest level holds the same incidents under both orders.
    top = tables["levels"].query("level == 'ballistic_missile'").groupby("scale")[["at_least", "typed"]].sum()
    assert top.iloc[0].tolist() == top.iloc[1].tolist()
    assert "ballistic missile" in alt_text(levels.pairings[0], subject).lower()


def test_the_rate_at_a_level_does_not_depend_on_its_name(rec, found):
    names = {"drone": "z", "rocket": "m", "ballistic_missile": "a"}
    weapons = CASE.incidents["weapons"].fillna("")
    other = CASE.incidents.assign(weapons=["+".join(names[w] for w in cell.split("+") if w) for cell in weapons])
    scale = esc.EscalationScale(list(names.values()), basis="other words in the same order")
    again = pairing(rec, other, scale=scale, draws=500)
    for name in ("rates", "timing", "salvos"):
        one, two = getattr(found, name), getattr(again, name)
        assert_frame_equal(one.drop(columns="level", errors="ignore"), two.drop(columns="level", errors="ignore"))
    top = found.rates.query("level == 'ballistic_missile'").drop(columns="level").reset_index(drop=True)
    tied = pairing(rec, CASE.incidents, scale=esc.COARSE_SCALE, draws=500).rates.drop(columns="level")
    assert_frame_equal(top, tied)


def test_munitions_that_cannot_be_read_are_listed_with_their_rows(rec):
    rows = CASE.incidents.astype({"munitions_low": "object"}).copy()
    rows.loc[3, "munitions_low"] = "some"
    rows.loc[5, ["munitions_high", "munitions_low"]] = [1, 4]
    rows.loc[7, ["munitions_high", "munitions_low", "intercepted"]] = [2, 1, 9]
    with pytest.raises(
        ValueError, match=r"row 4 \(inc-.*'some'.*\n.*row 6 .*at least munitions_low, 4\n.*row 8 .*at most"
    ):
        pairing(rec, rows, draws=100)


def test_a_salvo_without_a_least_number_is_drawn_from_one(rec):
    rows = CASE.incidents.copy()
    some = rows["munitions_low"].notna()
    rows.loc[some, "munitions_high"] = rows.loc[some, "munitions_high"].fillna(20)
    rows.loc[some, "munitions_low"] = pd.NA
    low = pairing(rec, rows, draws=200)
    assert (low.numbers()["munitions"]["munitions_low"] == 1).all()
    assert len(low.plot().axes) == 4
    assert len(pairing(rec, rows.assign(munitions_low=0), draws=200).plot().axes) == 4


@pytest.mark.parametrize(
    ("unit", "fine"), [("rocket_attack", True), ("shelling", True), ("fatalities", False), ("munitions", False)]
)
def test_units_that_are_no_incidents_are_refused(unit, fine):
    days = pd.date_range("2024-01-05", periods=5, freq="5D")
    reports = pd.DataFrame({"as_of": days, "count": [3, 6, 9, 12, 15], "since": "2024-01-01", "unit": unit})
    rec = esc.reconstruct(reports, models="fast", draws=100)
    rows = pd.DataFrame({"date": ["2024-01-10"], "weapons": ["drone"]})
    if fine:
        assert pairing(rec, rows, draws=100).p_both >= 0
    else:
        with pytest.raises(ValueError, match=f"this series counts {unit}"):
            pairing(rec, rows, draws=100)
