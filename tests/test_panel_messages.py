"""What a panel says of data that it cannot read, and of series that failed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from escalation.study.panel.panel import panel

RISEN = [1, 0, 1, 0] * 4 + [5, 8, 6, 7] * 4
DAYS = pd.date_range("2024-01-01", periods=32)


@pytest.mark.parametrize("day", ["as_of", "date"])
def test_a_frame_of_several_series_in_a_mapping_is_a_row_with_the_reason(day):
    frame = pd.DataFrame({"series": ["a", "b"] * 16, day: DAYS, "count": np.cumsum(RISEN)})
    for held, words in ((["a", "b"] * 16, "2 series ('a', 'b'), need one"), (["a"] * 31 + [None], "2 series")):
        row = panel({"x": frame.assign(series=held)}, draws=100).table.iloc[0]
        assert words in row["error"]
        assert np.isnan(row["e_value"])
    one = panel({"x": frame.assign(series="a")}, draws=100).table
    assert one.loc[0, "error"] == ""
    pd.testing.assert_frame_equal(one, panel({"x": frame.drop(columns="series")}, draws=100).table)


@pytest.mark.parametrize(
    ("cell", "said"),
    [("01/12/2023", "'01/12/2023'"), (20240131.0, "20240131"), (None, "None")],
)
def test_a_date_that_cannot_be_read_is_shown_with_the_format(cell, said):
    frame = pd.DataFrame({"series": "a", "date": pd.Series([cell, cell], dtype="object"), "count": [1, 2]})
    error = panel(frame).table.loc[0, "error"]
    wanted = f"date: 2 of 2 rows have none that can be read, the first is {said}; write dates as YYYY-MM-DD, such as"
    assert error.startswith(wanted)


def test_whole_dates_in_a_column_of_numbers_are_shown_as_written():
    frame = pd.DataFrame({"series": ["a", "a", "b"], "date": [20240101, 20240102, np.nan], "count": [1, 2, 3]})
    assert "the first is 20240101;" in panel(frame).table.loc[0, "error"]


def test_a_summary_shows_one_whole_message_for_those_alike():
    long = "x" * 90
    data = {"a": [1, -1], "b": [1, -7, 3], "c": [1, -1, -2], long: [1, "many"], "d": RISEN, "e": {}, "f": {}}
    found = panel(data, draws=100)
    summary = found.summary()["value"]
    assert summary["failed: counts: 1 is negative (day 1: -1) (the first of those alike)"] == 2
    assert summary["failed: counts: 2 are negative (day 1: -1, day 2: -2)"] == 1
    error = found.table.loc[3, "error"]
    assert summary[f"failed: {error}"] == 1
    assert summary[f"failed: {found.table.loc[5, 'error']}"] == 2
    assert "…" not in "".join(summary.index)
    assert list(summary.index[-4:]) == [name for name in summary.index if name.startswith("failed: ")]
    assert summary[-4:].tolist() == [2, 2, 1, 1]


def test_a_summary_keeps_a_long_message_whole():
    class Wide:
        """Something whose name is long."""

    Wide.__name__ = "W" * 120
    summary = panel({"a": Wide()}).summary()
    assert "W" * 120 in summary.index[-1]


def test_counts_are_whole_numbers_in_a_summary():
    text = panel({"d": RISEN, "bad": [1, -1]}, draws=100).summary()["value"]
    wanted = {"series": 2, "answered": 1, "failed": 1}
    assert {name: text[name] for name in wanted} == wanted
    assert all(type(n) is int for name, n in text.items() if "posterior" not in name)
    assert " 2\n" in text.to_string() or text.to_string().splitlines()[0].endswith(" 2")


def test_unknown_columns_are_answered_with_those_that_are_needed():
    frame = pd.DataFrame({"district": ["a"], "date": ["2024-01-01"], "incidents": [1]})
    with pytest.raises(ValueError, match="no column series; no column count") as said:
        panel(frame)
    for words in (
        "series, as_of, count (reports of cumulative totals)", "series, date, count (daily counts)",
        "series is the name of the place", "rename those", "['district', 'date', 'incidents']",
    ):  # fmt: skip
        assert words in str(said.value)


@pytest.mark.parametrize("end", ["", "/", "new/"])
def test_a_folder_is_no_place_for_a_table(tmp_path, end):
    with pytest.raises(ValueError, match=r"out must be a CSV file, .*add the name of a file"):
        panel({"a": RISEN}, out=f"{tmp_path}/{end}")
    assert list(tmp_path.iterdir()) == []
