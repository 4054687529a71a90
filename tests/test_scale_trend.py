from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import escalation as esc
from escalation.scale.link.link import NotIdentified
from escalation.scale.trend import scale_trend

LEVELS = ("drone", "rocket", "ballistic_missile")
FIVE = esc.load_case("five-documents").incidents
CASE = esc.load_case("iraq-syria-2023").incidents
WINDOW = {"start": "2023-10-17", "end": "2024-02-20"}


def simulated(seed, n=40, days=60, unknown=0.2):
    rng = np.random.default_rng(seed)
    held = [rng.choice(LEVELS, size=rng.integers(1, 3), replace=False).tolist() for _ in range(n)]
    weapons = ["" if rng.random() < unknown else "+".join(some) for some in held]
    day = pd.Timestamp("2023-11-20") + pd.to_timedelta(rng.integers(0, days, n), "D")
    return pd.DataFrame({
        "incident_id": [f"inc-{i}" for i in range(n)], "date": day,
        "date_end": [d + pd.Timedelta(int(rng.integers(0, 4)), "D") if rng.random() < 0.2 else pd.NaT for d in day],
        "weapons": weapons, "confirmed": rng.random(n) < 0.7, "claimed": rng.random(n) < 0.5,
        "source_ids": [";".join(f"s{j}" for j in range(rng.integers(1, 5))) for _ in range(n)],
    })  # fmt: skip


def frames(trend, codes=None):
    """Every table of a result, with the names of the levels replaced by their position."""
    place = {code: k for k, code in enumerate(trend.scale.codes)}
    out = [trend.shares, trend.comparisons, trend.tests, trend.recurrence, trend.summary().reset_index()]
    out += [trend.uses(code).sort_values("incident", ignore_index=True) for code in trend.scale.codes[1:]]
    change = [pd.DataFrame({"daily": line.change.daily}) for line in trend.lines.values()]
    mix = [pd.DataFrame(line.change.shares) for line in trend.lines.values()]
    return [f.assign(level=f["level"].map(place)) if "level" in f else f for f in (*out, *change, *mix)]


def same(one, other, drop=()):
    for a, b in zip(frames(one), frames(other), strict=True):
        assert_frame_equal(a.drop(columns=list(drop), errors="ignore"), b.drop(columns=list(drop), errors="ignore"))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_no_number_moves_under_an_increasing_relabelling(seed):
    rows = simulated(seed)
    names = {"drone": "z_first", "rocket": "m_then", "ballistic_missile": "a_last"}
    other = rows.assign(weapons=["+".join(names[w] for w in cell.split("+") if w) for cell in rows["weapons"]])
    scale = esc.EscalationScale(list(names.values()), basis="other words in the same order")
    same(scale_trend(rows), scale_trend(other, scale=scale), drop=("sentence",))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_no_number_depends_on_the_order_of_rows(seed, random):
    rows = simulated(seed)
    order = list(range(len(rows)))
    random.shuffle(order)
    same(scale_trend(rows), scale_trend(rows.iloc[order]))


def test_no_number_depends_on_how_sources_are_listed():
    rows = simulated(3)
    split = rows.assign(source_ids=[cell.replace(";", "-a;") + "-b;another" for cell in rows["source_ids"]])
    same(scale_trend(rows), scale_trend(split))
    same(scale_trend(rows), scale_trend(rows.drop(columns="source_ids")))


def test_ties_on_the_scale_are_the_same_as_one_word_for_both():
    rows = simulated(5)
    one_word = rows.assign(weapons=[cell.replace("rocket", "drone") for cell in rows["weapons"]])
    one_word["weapons"] = ["+".join(sorted(set(cell.split("+")))) for cell in one_word["weapons"]]
    scale = esc.EscalationScale(["drone", "ballistic_missile"], basis="test")
    same(scale_trend(rows, scale=esc.COARSE_SCALE), scale_trend(one_word, scale=scale))


def test_two_runs_agree_and_another_seed_does_not():
    rows = simulated(7)
    same(scale_trend(rows), scale_trend(rows))
    assert not scale_trend(rows).comparisons.equals(scale_trend(rows, rng=1).comparisons)


def test_five_documents_give_the_second_confirmed_use_third_if_claims_count():
    trend = scale_trend(FIVE, evidence=("described",))
    said = trend.uses()["sentence"].tolist()
    assert said == [
        "Ballistic missile, 6 Nov 2023: not confirmed; first use if claims count.",
        "Ballistic missile, 21 Nov 2023: first confirmed use, second if claims count.",
        "Ballistic missile, 20 Jan 2024: second confirmed use, third if claims count.",
    ]


def test_five_documents_give_no_evidence_of_a_trend():
    trend = scale_trend(FIVE, evidence=("described",))
    day = [0, 9, 14, 14, 15, 75]
    rung = (2, 1, 1, 0, 2, 2)

    def score(levels):
        return sum(np.sign(day[j] - day[i]) * np.sign(levels[j] - levels[i]) for i in range(6) for j in range(i + 1, 6))

    every = [abs(score(p)) >= abs(score(rung)) for p in permutations(rung)]
    found = trend.lines["described"].kendall
    assert found.score == score(rung) == 2
    assert found.tau == pytest.approx(2 / np.sqrt(14 * 11))
    assert found.p == pytest.approx(np.mean(every))
    assert trend.sentences()[0].endswith("no evidence of a trend among them.")


@pytest.mark.parametrize("scale", [esc.DEFAULT_SCALE, esc.COARSE_SCALE])
def test_the_bundled_incidents_are_all_accounted_for(scale):
    trend = scale_trend(CASE, scale=scale, evidence=("confirmed", "claimed", "described"), **WINDOW)
    middle = (
        pd.to_datetime(CASE["date"])
        + (pd.to_datetime(CASE["date_end"]) - pd.to_datetime(CASE["date"])).fillna(pd.Timedelta(0)) // 2
    )
    inside = (middle >= WINDOW["start"]) & (middle < "2024-02-21")
    assert trend.outside == (~inside).sum()
    for name, flag in (("confirmed", CASE["confirmed"]), ("claimed", CASE["claimed"]), ("described", True)):
        own = inside & flag
        assert trend.summary().loc[name, "described"] == own.sum()
        typed = own & (CASE["weapons"].fillna("") != "")
        assert trend.summary().loc[name, "typed"] == typed.sum()
        top = typed & CASE["weapons"].fillna("").str.contains("ballistic")
        rows = trend.shares.query("evidence == @name and level == 'ballistic_missile'")
        assert rows["at_least"].sum() == top.sum()
        assert rows["typed"].sum() == typed.sum()


def test_claims_are_a_line_of_their_own_and_never_added():
    rows = simulated(11)
    both = scale_trend(rows)
    for name in ("confirmed", "claimed"):
        alone = scale_trend(rows[rows[name].to_numpy()], evidence=(name,), start=rows["date"].min(), end="2024-01-18")
        again = scale_trend(rows, evidence=(name,), start=rows["date"].min(), end="2024-01-18")
        same_shares = alone.shares.drop(columns="days"), again.shares.drop(columns="days")
        assert_frame_equal(*same_shares)
    assert set(both.lines) == {"confirmed", "claimed"}


def test_split_makes_one_record_per_weapon_and_any_is_max_where_order_is_asked():
    rows = simulated(13, unknown=0.0)
    weapons = rows["weapons"].str.split("+")
    split = scale_trend(rows, mixed="split", evidence=("described",))
    assert split.lines["described"].typed == weapons.map(len).sum()
    same(scale_trend(rows, mixed="any"), scale_trend(rows))


def test_one_incident_all_unknown_one_level_and_one_day_have_clear_answers():
    one = scale_trend(pd.DataFrame({"date": ["2024-01-20"], "weapons": ["rocket"]}))
    assert "nothing can be said of a trend" in one.sentences()[0]
    assert one.uses("rocket")["sentence"].tolist() == ["Rocket or higher, 20 Jan 2024: first described use."]
    unknown = scale_trend(pd.DataFrame({"date": ["2024-01-20", "2024-01-25"], "weapons": ["", ""]}))
    assert unknown.summary().loc["described", ["typed", "unknown"]].tolist() == [0, 2]
    assert unknown.shares["share"].isna().all()
    assert unknown.shares[["lower", "upper"]].drop_duplicates().to_numpy().tolist() == [[0.0, 1.0]]
    assert unknown.sentences()[0].endswith("0 of 2 incidents have a known level: nothing can be said of their levels.")
    assert unknown.lines["described"].change.bayes_factor == pytest.approx(1.0)
    same_level = scale_trend(pd.DataFrame({"date": pd.date_range("2024-01-01", periods=30), "weapons": "drone"}))
    assert np.isnan(same_level.lines["described"].kendall.tau)
    assert same_level.uses().empty
    one_day = scale_trend(pd.DataFrame({"date": ["2024-01-20"] * 3, "weapons": ["drone", "rocket", ""]}))
    assert one_day.lines["described"].kendall.p == 1.0
    assert len(one_day.periods) == 1
    for trend in (one, unknown, same_level, one_day):
        assert trend._repr_html_()
        with pytest.raises(NotIdentified):
            trend.link()


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="no incident was given"):
        scale_trend(FIVE.iloc[:0])
    with pytest.raises(ValueError, match=r"evidence must be.*scale must be.*prob must.*draws must"):
        scale_trend(FIVE, evidence="rumour", scale=["drone", "rocket"], prob=90, draws=3)
    with pytest.raises(ValueError, match="start: a day such as 2024-01-20"):
        scale_trend(FIVE, start="soon")
    with pytest.raises(ValueError, match=r"row 7 .*weapons.*expected weapons on this scale \(drone, rocket\)"):
        scale_trend(FIVE, scale=esc.EscalationScale(["drone", "rocket"], basis="test"))
    with pytest.raises(ValueError, match="level must be one of rocket, ballistic_missile"):
        scale_trend(FIVE).uses("drone")
    with pytest.raises(ValueError, match="evidence must be one of confirmed, claimed"):
        scale_trend(FIVE).link("described")


def test_an_own_ordered_categorical_brings_its_own_scale():
    level = pd.Categorical(["low", "high", None], categories=["low", "mid", "high"], ordered=True)
    trend = scale_trend(pd.DataFrame({"date": ["2024-01-01", "2024-01-09", "2024-01-10"], "level": level}))
    assert trend.scale.codes == ("low", "mid", "high")
    assert trend.lines["described"].kendall.score == 1


def test_a_planted_rise_is_found_and_a_constant_mix_is_not_called_one():
    rng = np.random.default_rng(17)
    date = pd.date_range("2023-11-01", periods=120)
    flat = pd.DataFrame({"date": date, "weapons": rng.choice(LEVELS, 120, p=[0.6, 0.3, 0.1])})
    rise = flat.assign(
        weapons=np.where(np.arange(120) < 60, flat["weapons"], rng.choice(LEVELS, 120, p=[0.1, 0.2, 0.7]))
    )
    found, none = scale_trend(rise, evidence="described"), scale_trend(flat, evidence="described")
    assert found.lines["described"].change.no_change < 0.01
    assert found.lines["described"].kendall.p < 0.001
    assert found.comparisons.query("earlier == '2023-11' and later == '2024-02'")["p_rises"].item() > 0.95
    assert none.lines["described"].change.no_change > 0.5
    start = found.lines["described"].change.candidates(width=14, n=1).iloc[0]
    assert start["start"] <= 60 <= start["end"]


def test_text_from_outside_is_escaped():
    scale = esc.EscalationScale(["<b>low</b>", "high"], basis="<script>x</script>")
    trend = scale_trend(pd.DataFrame({"date": ["2024-01-01"], "weapons": ["high"]}), scale=scale)
    assert "<script>" not in trend._repr_html_()
    assert "<b>low" not in trend._repr_html_()


def test_a_line_and_a_period_have_the_same_numbers_whatever_else_is_asked():
    rows = simulated(19)
    window = {"start": "2023-11-20", "end": "2024-01-30"}
    both, alone = scale_trend(rows, **window), scale_trend(rows, evidence=("claimed",), **window)
    assert_frame_equal(both.summary().loc[["claimed"]], alone.summary())
    claims = both.comparisons.query("evidence == 'claimed'").reset_index(drop=True)
    assert_frame_equal(claims, alone.comparisons)
    cut = scale_trend(rows, evidence=("claimed",), periods=["2023-12-01", "2024-01-01", "2024-01-15"], **window)
    same_pair = cut.comparisons.iloc[[0]]
    months = alone.comparisons.query("earlier == '2023-11' and later == '2023-12'")
    assert same_pair["p_rises"].item() == pytest.approx(months["p_rises"].item(), abs=0.05)
    assert same_pair["p_same"].item() == months["p_same"].item()


def test_a_table_without_flags_has_one_line_and_no_word_of_claims():
    rows = simulated(23).drop(columns=["confirmed", "claimed"])
    trend = scale_trend(rows)
    assert list(trend.lines) == ["described"]
    assert not any("onfirmed" in sentence or "laim" in sentence for sentence in trend.sentences())
    assert trend.uses()["sentence"].str.contains("described use").all()
    only = scale_trend(rows.assign(confirmed=True))
    assert list(only.lines) == ["confirmed"]
    assert_frame_equal(only.shares.drop(columns="evidence"), trend.shares.drop(columns="evidence"))


def test_the_incidents_as_read_are_all_there():
    trend = scale_trend(CASE, **WINDOW)
    read = trend.incidents
    assert read["incident"].tolist() == CASE["incident_id"].tolist()
    assert read["in_window"].sum() == len(CASE) - trend.outside
    cells = CASE["weapons"].fillna("").tolist()
    rungs = [[LEVELS.index(word) for word in cell.split("+") if word] for cell in cells]
    top = [max(held, default=-1) for held in rungs]
    assert read["level"].tolist() == [LEVELS[k] if k >= 0 else "" for k in top]
    counted = read[read["in_window"] & read["confirmed"] & (read["level"] == "ballistic_missile")]
    rows = trend.shares.query("evidence == 'confirmed' and level == 'ballistic_missile'")
    assert len(counted) == rows["at_least"].sum()


def test_rates_per_day_need_a_window_that_is_given():
    rng = np.random.default_rng(29)
    date = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 100, 12), "D")
    rows = pd.DataFrame({"date": date, "weapons": "rocket"})
    own, given_one = scale_trend(rows), scale_trend(rows, start="2024-01-01", end="2024-04-09")
    assert own.recurrence[["hazard", "hazard_lower", "wait", "within"]].isna().all(axis=None)
    assert given_one.recurrence.query("level == 'rocket'")["hazard"].item() == pytest.approx(12 / 100)
    assert not any("a day" in sentence for sentence in own.sentences())
    assert own.recurrence["share"].tolist() == given_one.recurrence["share"].tolist()


def test_a_range_of_days_is_not_cut_by_the_default_window():
    rows = pd.DataFrame({"date": ["2024-01-10", "2024-01-20"], "date_end": ["2024-01-30", None], "weapons": "rocket"})
    trend = scale_trend(rows)
    assert trend.lines["described"].recurrence["rocket"].waits == ((0, 10),)
    assert str(trend.periods.frame()["first"].iloc[0].date()) == "2024-01-10"


def test_levels_that_nobody_used_change_no_probability():
    rows = simulated(31)
    longer = esc.EscalationScale([*LEVELS, "cruise_missile", "hypersonic"], basis="test")
    one, other = scale_trend(rows), scale_trend(rows, scale=longer)
    for name in ("confirmed", "claimed"):
        assert one.lines[name].change.no_change == other.lines[name].change.no_change
    columns = ["p_same", "p_rises", "p_falls", "p_crosses", "superiority"]
    assert_frame_equal(one.comparisons[columns], other.comparisons[columns])


def test_records_of_split_attacks_are_called_records():
    rows = pd.DataFrame({"date": ["2024-01-10", "2024-01-20"], "weapons": ["drone+rocket", "drone"]})
    assert "3 of 3 records" in scale_trend(rows, mixed="split").sentences()[0]
    assert "2 of 2 incidents" in scale_trend(rows).sentences()[0]


def test_one_level_alone_favours_neither_direction():
    date = pd.to_datetime(["2024-01-01"] * 2 + ["2024-02-01"] * 40)
    for weapon in LEVELS:
        found = scale_trend(pd.DataFrame({"date": date, "weapons": weapon})).comparisons.iloc[0]
        assert found["superiority"] == pytest.approx(0.5)
        assert found["p_rises"] == pytest.approx(found["p_falls"], abs=0.02)
        assert found["p_same"] > 0.5


def test_shares_of_a_changing_mix_have_a_column_for_every_level():
    rows = pd.DataFrame(
        {"date": pd.date_range("2024-01-01", periods=60), "weapons": ["drone", "ballistic_missile"] * 30}
    )
    shares = scale_trend(rows).lines["described"].change.shares
    assert shares.shape == (60, 3)
    assert (shares[:, 0] == 1).all()
    assert (shares[:, 1] == shares[:, 2]).all()
    low = scale_trend(rows.assign(weapons=["drone", "rocket"] * 30)).lines["described"].change.shares
    assert (low[:, 2] == 0).all()
    assert 0 < low[:, 1].min() <= low[:, 1].max() < 1


def test_a_table_with_claims_alone_keeps_them_claims():
    rows = simulated(37).drop(columns="confirmed")
    trend = scale_trend(rows)
    assert list(trend.lines) == ["described", "claimed"]
    used, read = trend.uses().set_index("incident"), trend.incidents.set_index("incident")
    assert not used["confirmed"].any()
    assert (used["claimed"] == read.loc[used.index, "claimed"]).all()
    assert used["confirmed_low"].isna().all()
    assert used["described_low"].notna().all()


def test_incidents_outside_the_window_are_said():
    rows = pd.DataFrame({"date": ["2023-12-01", "2024-01-10"], "weapons": "drone"})
    said = scale_trend(rows, start="2024-01-01", end="2024-01-31").sentences()
    assert "Outside these dates, and left out: 1." in said
