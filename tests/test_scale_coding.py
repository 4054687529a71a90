import numpy as np
import pandas as pd
import pytest

from escalation.scale import COARSE_SCALE, DEFAULT_SCALE, EscalationScale
from escalation.scale.coding import code_incidents
from escalation.scale.periods import day_number, make_periods

DAY = np.datetime64("2023-11-20").astype(int)


def table(**columns):
    return pd.DataFrame(columns)


def test_a_mixed_attack_is_read_as_its_highest_level_as_all_it_holds_or_as_one_record_per_weapon():
    weapons = "ballistic_missile+rocket+drone"
    assert DEFAULT_SCALE.code(weapons) == "ballistic_missile"
    assert DEFAULT_SCALE.code(weapons, "any") == ("drone", "rocket", "ballistic_missile")
    assert COARSE_SCALE.code(weapons, "any") == ("drone|rocket", "ballistic_missile")
    assert COARSE_SCALE.code(weapons, "split") == ("drone|rocket", "drone|rocket", "ballistic_missile")
    assert DEFAULT_SCALE.code("", "any") == () == DEFAULT_SCALE.code(None, "split")
    with pytest.raises(ValueError, match="max, any, split"):
        DEFAULT_SCALE.code(weapons, "mean")


def test_records_keep_row_and_days_and_order_of_rungs():
    rows = table(date=["2023-11-20", "2023-11-21", "2023-11-22"], date_end=["2023-11-21", None, None],
                 weapons=["rocket+drone", "", "ballistic_missile"], confirmed=[True, False, None],
                 claimed=["true", "False", ""])  # fmt: skip
    one = code_incidents(rows, DEFAULT_SCALE)
    assert one.rung.tolist() == [1, -1, 2]
    assert (one.first - DAY).tolist() == [0, 1, 2]
    assert (one.last - DAY).tolist() == [1, 1, 2]
    assert one.confirmed.tolist() == [True, False, False]
    assert one.claimed.tolist() == [True, False, False]
    split = code_incidents(rows, DEFAULT_SCALE, "split")
    assert split.row.tolist() == [0, 0, 1, 2]
    assert split.rung.tolist() == [0, 1, -1, 2]


def test_any_way_of_writing_a_set_of_weapons_gives_the_same_rung():
    cells = ["rocket+drone", {"drone", "rocket"}, ("rocket",), ["drone", "rocket"], frozenset({"rocket"})]
    rows = table(date=["2023-11-20"] * len(cells), weapons=pd.Series(cells, dtype="object"))
    assert set(code_incidents(rows, DEFAULT_SCALE).rung) == {1}


@pytest.mark.parametrize("nothing", [None, "", float("nan"), pd.NA, " ", "nan"])
def test_an_unreported_weapon_is_kept_as_unknown(nothing):
    rows = table(date=["2023-11-20", "2023-11-20"], weapons=pd.Series(["drone", nothing], dtype="object"))
    assert code_incidents(rows, DEFAULT_SCALE).rung.tolist() == [0, -1]


def test_without_flags_no_incident_is_called_confirmed_or_claimed():
    coded = code_incidents(table(date=["2023-11-20"], weapons=["drone"]), DEFAULT_SCALE)
    assert len(coded.known_by("confirmed")) == len(coded.known_by("claimed")) == 0
    assert len(coded.known_by("described")) == 1
    with pytest.raises(ValueError, match="confirmed, claimed, described"):
        coded.known_by("rumoured")


def test_levels_may_come_as_an_ordered_categorical_and_go_back():
    own = EscalationScale(["threat", "seizure", "fire"], basis="test")
    level = pd.Series(["fire", None, "threat"], dtype=own.dtype)
    assert code_incidents(table(date=["2023-11-20"] * 3, level=level), own).rung.tolist() == [2, -1, 0]
    assert EscalationScale.from_categorical(level, basis="test").codes == own.codes
    assert EscalationScale.from_categorical(COARSE_SCALE.dtype, basis="test").ties == (("drone", "rocket"),)
    with pytest.raises(ValueError, match="ordered categorical"):
        EscalationScale.from_categorical(pd.Series(["a", "b"], dtype="category"), basis="test")


def test_every_bad_cell_is_listed_with_row_incident_column_value_and_what_is_expected():
    rows = table(incident_id=["a", "b", "c"], date=["2023-11-20", "yesterday", None],
                 date_end=["2023-11-01", None, "soon"], weapons=["mortar+drone", "drone", "rocket"],
                 confirmed=["maybe", True, False])  # fmt: skip
    with pytest.raises(ValueError, match="incidents cannot be read") as caught:
        code_incidents(rows, DEFAULT_SCALE)
    said = str(caught.value)
    for part in ("row 2 (b), date: 'yesterday'", "row 3 (c), date: empty", "row 3 (c), date_end: 'soon'",
                 "row 1 (a), date_end: '2023-11-01'; expected a day not before date",
                 "row 1 (a), weapons: 'mortar+drone'; expected weapons on this scale (drone, rocket,",
                 "row 1 (a), confirmed: 'maybe'; expected true or false"):  # fmt: skip
        assert part in said


def test_a_level_off_the_scale_and_a_table_without_columns_are_errors():
    with pytest.raises(ValueError, match=r"row 1, level: 'nuclear'; expected one of drone, rocket"):
        code_incidents(table(date=["2023-11-20"], level=["nuclear"]), DEFAULT_SCALE)
    with pytest.raises(ValueError, match=r"column date and weapons \(or level\) needed; given: place"):
        code_incidents(table(place=["here"]), DEFAULT_SCALE)
    with pytest.raises(ValueError, match="DataFrame"):
        code_incidents([1, 2], DEFAULT_SCALE)


def test_months_fill_the_window_and_are_cut_at_it():
    first, last = (int(np.datetime64(d).astype(int)) for d in ("2023-10-17", "2024-02-20"))
    months = make_periods("month", first, last)
    assert months.labels == ("2023-10", "2023-11", "2023-12", "2024-01", "2024-02")
    assert months.days.tolist() == [15, 30, 31, 31, 20]
    assert months.days.sum() == last - first + 1
    assert months.of([first - 1, first, last, last + 1]).tolist() == [-1, 0, 4, -1]
    every = months.of(np.arange(first, last + 1))
    assert np.bincount(every).tolist() == months.days.tolist()


@pytest.mark.parametrize("unit", ["week", "month", "quarter", "year", "whole"])
def test_every_day_of_a_window_lies_in_exactly_one_period(unit):
    first = int(np.datetime64("2022-11-27").astype(int))
    periods = make_periods(unit, first, first + 500)
    assert periods.first[0] == first
    assert periods.last[-1] == first + 500
    assert (periods.first[1:] == periods.last[:-1] + 1).all()
    assert len(set(periods.labels)) == len(periods)


def test_cuts_start_new_periods_and_bad_ones_are_named():
    first = int(np.datetime64("2024-01-01").astype(int))
    periods = make_periods(["2024-01-20", pd.Timestamp("2024-01-10")], first, first + 30)
    assert periods.days.tolist() == [9, 10, 12]
    assert periods.labels[0] == "2024-01-01 to 2024-01-09"
    with pytest.raises(ValueError, match="periods: a day such as 2024-01-20 is needed, got 'soon'"):
        make_periods(["soon"], first, first + 30)
    for cuts in (["2024-01-01"], ["2024-03-01"], ["2024-01-10", "2024-01-10"]):
        with pytest.raises(ValueError, match="must be different and lie after 2024-01-01"):
            make_periods(cuts, first, first + 30)
    with pytest.raises(ValueError, match="week, month, quarter, year, whole"):
        make_periods("fortnight", first, first + 30)


def test_what_is_no_day_no_set_of_words_and_no_identifier_is_refused():
    for bad, said in (
        (
            table(date=["2024-02", "2024-01-01"], weapons=["drone", ""]),
            r"row 1, date: '2024-02'; expected a day such as",
        ),
        (table(date=[20240101], weapons=["drone"]), r"row 1, date: '20240101'; expected a day such as"),
        (table(date=["2024-01-01"] * 2, weapons=[3, "drone"]), r"row 1, weapons: '3'; expected weapons on this scale"),
        (table(date=["2024-01-01"], weapons=[{"drone", None}]), r"row 1, weapons: .*expected weapons on this scale"),
        (
            table(incident_id=["a", "a"], date=["2024-01-01"] * 2, weapons=""),
            r"row 2 \(a\), incident_id: 'a'; expected",
        ),
    ):
        with pytest.raises(ValueError, match=said):
            code_incidents(bad, DEFAULT_SCALE)
    twice = pd.concat([table(date=["2024-01-01"], weapons=["drone"])] * 2, axis=1)
    with pytest.raises(ValueError, match="column date, weapons stands more than once"):
        code_incidents(twice, DEFAULT_SCALE)


def test_levels_named_by_numbers_are_read_by_their_words():
    level = pd.Categorical([2, 1, None], categories=[1, 2], ordered=True)
    scale = EscalationScale.from_categorical(level, basis="test")
    coded = code_incidents(table(date=["2024-01-01"] * 3, level=level), scale)
    assert coded.rung.tolist() == [1, 0, -1]


def test_a_time_zone_keeps_its_own_day():
    night = pd.Timestamp("2024-01-02 01:00", tz="Asia/Baghdad")
    assert day_number(night, "start") == day_number("2024-01-02", "start") == day_number(night.date(), "start")
    rows = table(date=[night], weapons=["drone"])
    assert code_incidents(rows, DEFAULT_SCALE).first.tolist() == [day_number("2024-01-02", "start")]
    words = ("2024", "2024-02", "January 2024", "12:30:00", "01/02/2024", "2024-02-30")
    for bad in (20240101, *words, ["2024-01-01"], None, np.datetime64("2024-01"), pd.Period("2024-01"), pd.NaT):
        with pytest.raises(ValueError, match="start: a day such as"):
            day_number(bad, "start")


def test_periods_may_be_pandas_periods():
    first = day_number("2024-01-10", "first")
    cuts = pd.period_range("2024-02", "2024-03", freq="M")
    assert make_periods(cuts, first, first + 80).labels[1] == "2024-02-01 to 2024-02-29"
    with pytest.raises(ValueError, match="periods must be"):
        make_periods(5, first, first + 80)


def test_odd_cells_are_named_and_blank_names_are_none():
    rows = table(incident_id=["", ""], date=["2024-01-01", "2024-01-02T23:59+02:00"], weapons=["drone", "rocket"],
                 confirmed=[True, [False]])  # fmt: skip
    with pytest.raises(ValueError, match=r"row 2 \(\), confirmed: '\[False\]'; expected true or false"):
        code_incidents(rows, DEFAULT_SCALE)
    fine = code_incidents(rows.assign(confirmed=True), DEFAULT_SCALE)
    assert (fine.first - day_number("2024-01-01", "day")).tolist() == [0, 1]
    with pytest.raises(ValueError, match="row 1, level"):
        code_incidents(table(date=["2024-01-01"], level=[["drone"]]), DEFAULT_SCALE)
