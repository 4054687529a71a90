"""A file that another run left: series that the data does not have are not lost, what changed is computed anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from escalation.study.panel import jobs
from escalation.study.panel.digest import digest_counts, digest_reports
from escalation.study.panel.panel import panel
from escalation.study.panel.store import settings_path


def series(n: int = 5, days: int = 20) -> dict[str, pd.Series]:
    index = pd.date_range("2024-01-01", periods=days)
    return {f"s{i}": pd.Series(np.random.default_rng((41, i)).poisson(1.0, days), index=index) for i in range(n)}


def long(data: dict[str, pd.Series]) -> pd.DataFrame:
    parts = [pd.DataFrame({"series": name, "date": s.index, "count": s.to_numpy()}) for name, s in data.items()]
    return pd.concat(parts, ignore_index=True)


FORMS = {"mapping": dict, "frame": long, "list": lambda d: list(d.items()), "iterator": lambda d: iter(d.items())}


@pytest.fixture
def counted(monkeypatch):
    """Names of the series that are worked out."""
    names: list[str] = []
    run = jobs._run
    monkeypatch.setattr(jobs, "_run", lambda job: names.append(job.series) or run(job))
    return names


@pytest.mark.parametrize("form", FORMS)
def test_other_data_is_refused_before_anything_is_computed(tmp_path, counted, form):
    out, given = tmp_path / "panel.csv", FORMS[form]
    panel(given(series()), draws=100, out=out)
    before = [out.read_bytes(), settings_path(out).read_bytes()]
    counted.clear()
    others = {f"other {name}": counts for name, counts in series().items()}
    with pytest.raises(ValueError, match=r"out: .*panel\.csv.*'s0'.*write to another file, or delete this one") as said:
        panel(given(others), draws=100, out=out)
    if form != "iterator":
        assert "holds 5 rows of series that the data does not have ('s0', 's1', 's2', …)" in str(said.value)
    assert [out.read_bytes(), settings_path(out).read_bytes()] == before
    assert counted == []
    assert panel(given(series()), draws=100, out=out).resumed == 5


@pytest.mark.parametrize("form", FORMS)
def test_part_of_the_data_is_refused_and_nothing_is_lost(tmp_path, form):
    out, given = tmp_path / "panel.csv", FORMS[form]
    panel(given(series(5)), draws=100, out=out)
    before = out.read_bytes()
    with pytest.raises(ValueError, match=r"holds 2 rows of series that the data does not have \('s3', 's4'\)"):
        panel(given(series(3)), draws=100, out=out)
    assert out.read_bytes() == before
    with pytest.raises(ValueError, match=r"holds 1 row of a series that the data does not have \('s4'\)"):
        panel(given(series(4)), draws=100, out=out)
    assert out.read_bytes() == before


def test_a_torn_file_that_is_refused_is_not_cut(tmp_path):
    out = tmp_path / "panel.csv"
    panel(series(), draws=100, out=out)
    out.write_bytes(out.read_bytes()[:-5])
    before = out.read_bytes()
    with pytest.raises(ValueError, match="holds 4 rows"):
        panel({"b": [1, 2, 3]}, draws=100, out=out)
    assert out.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
def test_data_that_grew_at_its_end_goes_on(tmp_path, counted, form):
    out, given = tmp_path / "panel.csv", FORMS[form]
    panel(given(series(3)), draws=100, out=out)
    counted.clear()
    found = panel(given(series(5)), draws=100, out=out)
    assert counted == ["s3", "s4"]
    assert (found.resumed, found.renewed) == (3, 0)
    pd.testing.assert_frame_equal(found.table, panel(given(series(5)), draws=100).table)


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_input_is_computed_anew_and_said(tmp_path, counted, form):
    out, given = tmp_path / "panel.csv", FORMS[form]
    panel(given(series()), draws=100, out=out)
    counted.clear()
    changed = series()
    changed["s2"] = changed["s2"] + 1
    lines: list[str] = []
    found = panel(given(changed), draws=100, out=out, progress=lines.append)
    assert counted == ["s2"]
    assert (found.resumed, found.renewed, found.at(0.2).renewed) == (4, 1, 1)
    assert "5 of 5 series, 4 done before, 1 computed anew (the input or the place is another" in lines[-1] or (
        form == "iterator" and "5 series, 4 done before, 1 computed anew" in lines[-1]
    )
    pd.testing.assert_frame_equal(found.table, panel(given(changed), draws=100).table)


def test_series_that_changed_places_are_said_to_be_computed_anew(tmp_path):
    out = tmp_path / "panel.csv"
    panel(series(4), draws=100, out=out)
    assert panel(dict(reversed(series(4).items())), draws=100, out=out).renewed == 4


def test_an_iterator_in_another_order_is_refused(tmp_path):
    out = tmp_path / "panel.csv"
    panel(series(4), draws=100, out=out)
    before = out.read_bytes()
    with pytest.raises(ValueError, match=r"has 's0' as series 0 \(from 0\), the data has 's3'"):
        panel(iter(reversed(series(4).items())), draws=100, out=out)
    assert out.read_bytes() == before


def test_an_empty_text_and_a_missing_cell_are_two_inputs(tmp_path):
    words = pd.Series(["1", "", "3"] * 5, dtype="object")
    gaps = pd.Series([1, None, 3] * 5, dtype="object")
    assert digest_counts(words) != digest_counts(gaps)
    assert digest_counts(gaps) == digest_counts(gaps.where(gaps.notna(), np.nan))
    frame = pd.DataFrame({"as_of": ["2024-01-02", "2024-01-09"], "count": [1, 5], "bound": ["", "exact"]})
    assert digest_reports(frame, {}) != digest_reports(frame.assign(bound=[None, "exact"]), {})
    assert digest_reports(frame, {"unit": ""}) != digest_reports(frame, {"unit": None})
    out = tmp_path / "panel.csv"
    assert panel({"s": words}, draws=100, out=out).table.loc[0, "error"] != ""
    again = panel({"s": gaps}, draws=100, out=out)
    assert again.table.loc[0, "error"] == ""
    pd.testing.assert_frame_equal(again.table, panel({"s": gaps}, draws=100).table)
