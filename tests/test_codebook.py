"""The codebook names every column of every CSV of a build and no other, and the builds bear its meanings out."""

from __future__ import annotations

import csv
import inspect

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.dossier import build
from escalation.dossier.codebook import CODEBOOK, codebook_frame

FILES = {
    "bounds", "changes", "coded", "comparisons", "conflicts", "cumulative", "daily", "effects", "habits", "levels",
    "models", "overview", "pairing", "rate", "reports", "summary", "trend", "uses",
}  # fmt: skip
KEY = ["scale", "evidence", "level", "period"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    names = ("five-documents", "iraq-syria-2023")
    places = {name: tmp_path_factory.mktemp(name) for name in names}
    for name, folder in places.items():
        build(esc.load_case(name), folder, models="fast")
    return places


@pytest.fixture(scope="module", params=["five-documents", "iraq-syria-2023"])
def tables(request, folders):
    """All CSV files of one build, by stem."""
    return {path.stem: pd.read_csv(path) for path in folders[request.param].glob("*.csv")}


def header(path):
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def test_every_column_of_a_build_is_in_the_codebook(folders):
    lacking = [
        f"{path.parent.name}: {path.stem}.{column}"
        for folder in folders.values()
        for path in sorted(folder.glob("*.csv"))
        if path.stem != "codebook"  # the codebook among the files does not describe itself
        for column in header(path)
        if column not in CODEBOOK.get(path.stem, {})
    ]
    assert not lacking


def test_every_entry_is_a_column_of_a_build_in_the_order_of_the_file(folders):
    for stem, entries in CODEBOOK.items():
        headers = [header(folder / f"{stem}.csv") for folder in folders.values() if (folder / f"{stem}.csv").is_file()]
        assert list(entries) in headers, stem


def test_files_are_those_of_a_build(folders):
    written = {path.stem for folder in folders.values() for path in folder.glob("*.csv")}
    assert set(CODEBOOK) == FILES == written - {"codebook"}


@pytest.mark.parametrize("stem", sorted(CODEBOOK))
def test_meanings_are_one_line_without_a_full_stop(stem):
    for column, words in CODEBOOK[stem].items():
        assert words == words.strip(), column
        assert len(words) > 2, column
        assert words.isprintable(), column  # no line break, no tab
        assert not words.endswith((".", ":", ";", ",")), column
        assert "  " not in words, column
        assert words.count("(") == words.count(")"), column


def test_the_frame_is_by_file_and_then_in_the_order_of_the_columns():
    frame = codebook_frame()
    assert list(frame.columns) == ["file", "column", "meaning"]
    assert frame["file"].is_monotonic_increasing
    assert frame["file"].drop_duplicates().tolist() == sorted(FILES)
    assert not frame.duplicated(["file", "column"]).any()
    for file, rows in frame.groupby("file"):
        assert list(zip(rows["column"], rows["meaning"], strict=True)) == list(CODEBOOK[file].items())


def test_days_named_in_words_are_those_of_a_build():
    assert inspect.signature(esc.effects).parameters["before"].default == 14
    assert "14 days before" in CODEBOOK["effects"]["rate_before"]


def test_lead_line_only(tables):
    levels = tables["levels"]
    lead = (levels["evidence"] == "confirmed").to_numpy()
    said = [column for column, words in CODEBOOK["levels"].items() if "(lead line only)" in words]
    ends = [f"{column}_{end}" for column in ("total", "rate", "level_rate") for end in ("lower", "upper")]
    assert {"total", "days", "rate", "level_rate", "number_least", "number_most"} == set(said)
    assert levels.loc[~lead, said + ends].isna().all(axis=None)
    assert levels.loc[lead, [c for c in said + ends if c != "level_rate"]].notna().all(axis=None)
    assert (tables["comparisons"]["evidence"] == "confirmed").all()


def test_sizes_are_about_all_levels(tables):
    said = [column for column, words in CODEBOOK["levels"].items() if "of all levels" in words]
    assert {"salvos", "salvo_low", "salvo_high", "intercepted_low", "intercepted_high"} < set(said)
    once = tables["levels"].groupby(["scale", "evidence", "period"])[said].nunique(dropna=False)
    assert (once == 1).all(axis=None)


def test_bounds_of_lines(tables):
    bounds, levels = tables["bounds"], tables["levels"]
    other = bounds[(bounds["evidence"] != "confirmed").to_numpy()]
    assert (other["total"] == other["described"]).all()
    assert (other["excess"] == 0).all()
    interval = bounds["assumption"] == "missing at random"
    assert (bounds["kind"] == np.where(interval, "interval", "identified set")).all()
    assert bounds.loc[~interval, "estimate"].isna().all()
    assert (bounds["ratio"].notna() == (bounds["assumption"] == "monotone selection")).all()
    rows = bounds[(bounds["assumption"] == "no assumption").to_numpy()]
    both = levels.merge(rows, on=KEY, suffixes=("", "_of"), validate="one_to_one")
    assert len(both) == len(levels)
    assert both["bound_lower"].equals(both["lower_of"])
    assert both["bound_upper"].equals(both["upper_of"])
    # The set with the uncertainty of the total holds the one at its median.
    known = bounds["lower"].notna() & ~interval
    assert (bounds["lower"] <= bounds["lower_mid"])[known].all()
    assert (bounds["upper"] >= bounds["upper_mid"])[known].all()


def test_rate_of_the_process_and_numbers_without_assumption(tables):
    levels = tables["levels"]
    lead = levels[(levels["evidence"] == "confirmed").to_numpy() & (levels["typed"] > 0).to_numpy()]
    np.testing.assert_allclose(lead["share"], lead["at_least"] / lead["typed"], rtol=1e-5)
    np.testing.assert_allclose(lead["level_rate"], lead["rate"] * lead["share"], rtol=1e-5)
    assert (lead["number_least"] == lead["at_least"]).all()
    assert (lead["number_most"] >= lead["at_least"] + lead["unknown"]).all()
    assert (levels["unknown"] >= levels["described"] - levels["typed"]).all()


def test_order_between_periods(tables):
    found = tables["comparisons"]
    np.testing.assert_allclose(found["p_both"], found["p_more_often"] * found["p_rises"], rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found[["p_same", "p_rises", "p_falls", "p_crosses"]].sum(axis=1), 1, atol=1e-4)
    some = found[found["sample_superiority"].notna().to_numpy()]
    inside = some[["all_least", "described_least", "sample_superiority", "described_most", "all_most"]]
    assert (inside.diff(axis=1).iloc[:, 1:] >= -1e-6).all(axis=None)


def test_levels_of_incidents_and_their_uses(tables):
    coded, uses, trend = (tables[name] for name in ("coded", "uses", "trend"))
    inside = coded["in_window"]
    assert coded["period"].notna().equals(inside)
    for row in trend.itertuples():
        own = coded[(coded["scale"] == row.scale).to_numpy() & coded[row.evidence].to_numpy() & inside.to_numpy()]
        assert (row.described, row.typed) == (len(own), own["level"].notna().sum())
        assert row.unknown == row.described - row.typed
    for (scale, level), rows in uses.groupby(["scale", "level"]):
        codes = scale.split(" < ")
        high = codes[codes.index(level) :]
        own = coded[(coded["scale"] == scale).to_numpy() & coded["level"].isin(high).to_numpy()]
        assert sorted(rows["incident"]) == sorted(own["incident"])
    assert uses["confirmed_low"].notna().equals(uses["confirmed"])
    assert uses["claims_low"].notna().equals(uses["confirmed"] | uses["claimed"])
    assert (uses[["confirmed_low", "claims_low"]].min() == 1).all()


def test_panels_of_the_figures(tables):
    for name in ("overview", "pairing"):
        for panel in tables[name]["panel"].unique():
            assert panel in CODEBOOK[name]["panel"]
    overview, pairing = tables["overview"], tables["pairing"]
    reports = overview[(overview["panel"] == "reports").to_numpy()]
    assert reports["weight"].notna().tolist() == (reports["used"].astype(str).str.lower() == "true").tolist()
    munitions = pairing[(pairing["panel"] == "munitions").to_numpy()].set_index("incident")
    scale = tables["coded"]["scale"].iloc[0]
    coded = tables["coded"][(tables["coded"]["scale"] == scale).to_numpy()].set_index("incident").loc[munitions.index]
    assert munitions["level"].fillna("").tolist() == coded["level"].fillna("").tolist()
    assert munitions["date"].tolist() == coded["first"].tolist()
    assert munitions["period"].tolist() == coded["period"].tolist()


def test_reports_changes_and_effects(tables):
    reports, changes, effects = (tables[name] for name in ("reports", "changes", "effects"))
    read = reports[["p_fresh", "p_rounded", "p_stale", "p_wrong"]].sum(axis=1, min_count=1)
    np.testing.assert_allclose(read[reports["used"]], 1, atol=1e-4)
    assert read[~reports["used"]].isna().all()
    assert reports["statement"].notna().equals(reports["used"])
    candidate = changes["kind"] == "candidate"
    assert changes["date"].isna().equals(candidate)
    days = (pd.to_datetime(changes["upper"]) - pd.to_datetime(changes["lower"])).dt.days + 1
    assert (days[candidate] == 14).all()
    span = (pd.to_datetime(effects["end"]) - pd.to_datetime(effects["start"])).dt.days + 1
    assert span.tolist() == effects["days"].tolist()
    assert set(effects["term"]) <= {"step", "window"}
    assert effects.loc[effects["posterior_ratio"].isna(), "note"].notna().all()
