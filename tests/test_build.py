"""What a dossier holds: the same bytes everywhere, numbers that agree with each other, nothing left out unsaid."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.dossier import Subject, build, write_dossier
from escalation.dossier.effects import alt_text as effects_text
from escalation.dossier.effects import compare, draw_effects
from escalation.records.labels import short_label
from escalation.study.overview.figure import draw_overview
from escalation.study.overview.frames import frames_of
from escalation.study.overview.wording import alt_text, finding

EVIL = 'Raids $x^2$ & <script>alert("1")</script>'
FORMULA = "=HYPERLINK(0)"
TABLES = [
    "bounds", "changes", "codebook", "coded", "comparisons", "conflicts", "cumulative", "daily", "habits", "levels",
    "models", "rate", "reports", "summary", "trend", "uses",
]  # fmt: skip
FIGURES = ["effects", "overview", "pairing"]
EFFECTS = {f"effects.{end}" for end in ("csv", "png", "svg", "txt")}
NAMES = sorted(
    [f"{name}.csv" for name in TABLES] + [f"{name}.{end}" for name in FIGURES for end in ("csv", "png", "svg", "txt")]
)
BUILD = "import sys, escalation as esc; from escalation.dossier import build; " \
    "build(esc.load_case('five-documents'), sys.argv[1], models='fast')"  # fmt: skip


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Two builds of one case by two processes, in two folders, with two orders of hashing."""
    folders = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two") / "deep" / "er"]
    runs = []
    for seed, folder in zip(("1", "77"), folders, strict=True):
        env = os.environ | {"PYTHONHASHSEED": seed}
        runs.append(subprocess.Popen([sys.executable, "-W", "error", "-c", BUILD, str(folder)], env=env))
    assert [run.wait() for run in runs] == [0, 0]
    return folders


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A case of twenty days with markup, a formula, a weapon off the scale and rows that are not drawn."""
    folder = tmp_path_factory.mktemp("tiny")
    schema = {"fields": [{"name": "weapons", "constraints": {"enum": ["cruise_missile"]}}]}
    meta = {
        "name": "tiny",
        "title": EVIL,
        "resources": [{"name": "incidents", "schema": schema}],
        "escalation": {
            "main_series": {"counter": "us", "unit": "attack", "scope": "A"},
            "window": ["2024-01-01", "2024-01-20"],
        },
    }
    (folder / "datapackage.json").write_text(json.dumps(meta))
    write(folder / "sources.csv", "source_id,publisher", ["s1,P"])
    head = "report_id,counter,unit,scope,as_of,count,bound,source_id,notes"
    rows = [
        f"r1,us,attack,A,2024-01-05,5,exact,s1,{FORMULA}",
        "r2,us,attack,A,2024-01-10,9,more_than,s1,",
        "r3,us,attack,A,2024-01-20,21,exact,s1,",
        "r4,us,attack,B,2024-01-20,3,exact,s1,",
        "r5,us,injured,A,2024-01-20,40,exact,s1,",
        "r6,us,attack,A,2024-02-20,50,exact,s1,",
    ]
    write(folder / "reports.csv", head, rows)
    rows = [
        "i1,2024-01-02,,drone,true,true",
        "i2,2024-01-03,2024-01-06,drone+rocket,false,true",
        "i3,2024-01-04,,,true,false",
        "i4,2024-01-05,,drone,false,false",
        "i5,2024-01-05,,cruise_missile,true,false",
        "i6,2024-03-05,,rocket,true,false",
        "i7,2023-12-20,2024-01-01,rocket,true,false",
    ]
    write(folder / "incidents.csv", "incident_id,date,date_end,weapons,confirmed,claimed", rows)
    rows = ["v1,2024-01-08,2024-01-11,<b>A</b>,truce,Gaza,", "v2,2024-01-12,,US,airstrike,$\\alpha$,doubtful"]
    write(folder / "interventions.csv", "intervention_id,date,date_end,actor,kind,target,notes", rows)
    return esc.read_case(folder)


@pytest.fixture(scope="module")
def built(tiny, tmp_path_factory):
    return build(tiny, tmp_path_factory.mktemp("built"), models="fast")


@pytest.fixture(scope="module")
def stepped():
    """A series whose rate jumps tenfold, known every day."""
    days = pd.date_range("2024-01-01", periods=40)
    totals = np.cumsum(np.where(np.arange(40) < 20, 1, 10))
    reports = pd.DataFrame({"as_of": days, "count": totals, "since": days[0], "bound": "exact"})
    return esc.reconstruct(reports, models="fast")


def write(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n")


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_two_processes_write_the_same_bytes_in_any_folder(twice):
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in twice)
    assert sorted(one) == sorted([*NAMES, "manifest.json"])
    assert [name for name in one if one[name] != two.get(name)] == []


def test_the_manifest_names_every_file_with_its_digest_and_no_place_or_time(twice):
    folder = twice[0]
    text = (folder / "manifest.json").read_text()
    manifest = json.loads(text)
    found = {row["path"]: row["sha256"] for row in manifest["files"]}
    assert sorted(found) == NAMES
    assert found == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}
    case = esc.load_case("five-documents")
    assert set(manifest["inputs"]) == {path.name for path in case.folder.iterdir()}
    for name, digest in manifest["inputs"].items():
        assert digest == hashlib.sha256((case.folder / name).read_bytes()).hexdigest()
    assert {"escalation", "python", "numpy", "scipy", "pandas", "matplotlib", "numba"} <= set(manifest["versions"])
    assert manifest["versions"]["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert manifest["choices"]["models"] == "fast"
    assert isinstance(manifest["seed"], int)
    for name in [*NAMES, "manifest.json"]:
        data = (folder / name).read_bytes()
        assert str(folder).encode() not in data
        assert str(case.folder).encode() not in data


def test_the_audit_has_every_report_as_it_was_given(twice):
    case = esc.load_case("five-documents")
    audit = rows_of(twice[0] / "reports.csv")
    given = rows_of(case.folder / "reports.csv")
    assert [{name: row[name] for name in given[0]} for row in audit] == given
    for row in audit:
        shares = [row[f"p_{part}"] for part in ("fresh", "rounded", "stale", "wrong")]
        if row["used"] == "true":
            assert sum(map(float, shares)) == pytest.approx(1, abs=1e-4)
            assert row["statement"]
            assert row["predicted"]
        else:
            assert row["reason"]
            assert shares == [""] * 4


def test_the_numbers_of_the_figure_are_those_of_the_tables(twice):
    figure = rows_of(twice[0] / "overview.csv")
    for name in ("cumulative", "rate"):
        table = rows_of(twice[0] / f"{name}.csv")
        drawn = [{k: row[k] for k in table[0]} for row in figure if row["panel"] == name]
        assert drawn == table


def same_table(path, table):
    """Compare a CSV of six digits with the frame it was written from."""
    rows = rows_of(path)
    assert list(rows[0]) == list(table.columns)
    assert len(rows) == len(table)
    for name in table:
        cells = [row[name] for row in rows]
        if pd.api.types.is_numeric_dtype(table[name]):
            found = np.array([float(cell) if cell else np.nan for cell in cells])
            np.testing.assert_allclose(found, table[name].to_numpy(dtype=float, na_value=np.nan), rtol=1e-5)
        elif pd.api.types.is_datetime64_any_dtype(table[name]):
            assert cells == [f"{day:%Y-%m-%d}" for day in table[name]]
        else:
            assert cells == table[name].tolist()


def test_the_table_of_effects_is_the_summary_and_the_figure_is_drawn_from_it(twice):
    case = esc.load_case("five-documents")
    rec = esc.reconstruct(case, models="fast")
    table = esc.effects(rec, case.interventions).summary()
    same_table(twice[0] / "effects.csv", table)
    assert len(table) == len(case.interventions) == 3
    subject = Subject.of_case(case)
    found = compare(rec, subject)
    (ax,) = draw_effects(found, rec, subject, "1").axes
    for marker, name in (("o", "glm_ratio"), ("D", "posterior_ratio")):
        dots = [line for line in ax.lines if line.get_marker() == marker and line.get_transform() == ax.transData]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx(table[name].tolist())
        assert [round(dot.get_ydata()[0]) for dot in dots] == [0, 1, 2]  # each on its row
    words = [text.get_text() for text in ax.texts]
    assert frames_of(rec, subject).interventions["label"].tolist() == [word for word in words if word[:2] == "US"]
    assert effects_text(found, rec, subject) + "\n" == (twice[0] / "effects.txt").read_text().replace("\r", "")


def test_rows_without_an_estimate_are_named_and_said(tiny, built):
    rows = rows_of(built.folder / "effects.csv")
    assert [row["label"] for row in rows] == ["Gaza truce", "US airstrike, $\\alpha$ (doubtful)"]
    assert {row["posterior_ratio"] for row in rows} == {""}
    assert all("the 14 days before start" in row["note"] for row in rows)
    said = (built.folder / "effects.txt").read_text()
    assert "Not estimated: 2 of 2 rows" in said
    assert EVIL in said


def test_what_is_drawn_and_what_is_not_adds_up(tiny, built):
    count = {row["quantity"]: int(row["value"]) for row in rows_of(built.folder / "overview.csv") if row["quantity"]}
    assert count["reports given"] == 6
    assert count["reports used"] == 3
    assert count["reports of the series, not used"] == 1
    assert count["reports of other counters, units or places, not drawn"] == 2
    shown = {row["incident_id"]: row["shown"] for row in rows_of(built.folder / "overview.csv") if row["incident_id"]}
    assert shown == {
        "i1": "drawn", "i2": "drawn", "i3": "drawn", "i4": "neither confirmed nor claimed",
        "i5": "weapon not on the scale", "i6": "outside the dates", "i7": "drawn",
    }  # fmt: skip
    lanes = {row["lane"]: row for row in rows_of(built.folder / "overview.csv") if row["panel"] == "lanes"}
    assert (lanes["drone"]["confirmed"], lanes["drone"]["claimed"], lanes["drone"]["both"]) == ("1", "2", "1")
    assert (lanes["rocket"]["confirmed"], lanes["rocket"]["claimed"], lanes[""]["confirmed"]) == ("1", "1", "1")
    said = (built.folder / "overview.txt").read_text()
    assert "1 outside the dates, 1 weapon not on the scale, 1 neither confirmed nor claimed" in said
    assert 3 <= len(said.splitlines()) <= 5


def test_outside_text_is_harmless_and_verbatim(tiny, built):
    for name in ("effects", "overview"):  # a weapon off the scale: no pairing
        tree = ElementTree.fromstring((built.folder / f"{name}.svg").read_bytes())
        assert not [node for node in tree.iter() if node.tag.endswith(("script", "}b"))]
        assert EVIL in (tree[0].text or "")
    assert EVIL in (built.folder / "overview.txt").read_text()
    fig = draw_overview(built.reconstruction, Subject.of_case(tiny), frames_of(built.reconstruction,
                        Subject.of_case(tiny)), "1")  # fmt: skip
    drawn = " ".join(text.get_text() for ax in fig.axes for text in ax.texts).replace("\N{NO-BREAK SPACE}", " ")
    assert EVIL in drawn
    assert "US airstrike, $\\alpha$ (doubtful)" in drawn
    assert not [text for ax in fig.axes for text in ax.texts if text.get_parse_math()]
    assert "<script>" not in built._repr_html_()
    assert rows_of(built.folder / "reports.csv")[0]["notes"] == FORMULA


def test_text_neither_clips_nor_overlaps(tiny, built, stepped):
    subjects = [(built.reconstruction, Subject.of_case(tiny)), (stepped, Subject("step", "Step", "Source: none"))]
    for rec, subject in subjects:
        fig = draw_overview(rec, subject, frames_of(rec, subject), "1")
        assert len(fig.axes) == (3 if subject.described else 2)
        assert text_boxes_clear(fig) == []
    long = "a raid on a place whose name goes on and on " * 4
    dates = pd.date_range("2024-01-16", periods=9, freq="2D")
    events = pd.DataFrame({"date": dates, "label": [long, *[f"raid {i}" for i in range(8)]]})
    many = replace(Subject("step", EVIL, f"Source: {long}"), interventions=events)
    for rec, subject in [subjects[0], (stepped, many)]:
        found = compare(rec, subject)
        fig = draw_effects(found, rec, subject, "1")
        assert text_boxes_clear(fig) == []
        assert not [text for text in fig.axes[0].texts if text.get_parse_math()]
        assert any("drawn with escalation 1" in text.get_text() for text in fig.axes[0].texts)


def test_only_files_whose_bytes_change_are_written_again(tiny, built):
    rec, folder = built.reconstruction, built.folder
    assert {file.state for file in built.files} == {"wrote"}
    again = folder / "rate.csv"
    again.write_text("something else")
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    report = write_dossier(rec, Subject.of_case(tiny), folder, models="fast")
    assert {file.name for file in report.files if file.state == "wrote"} == {"rate.csv"}
    assert {path.name for path in folder.iterdir() if path.stat().st_mtime != 1} == {"rate.csv"}
    assert [file.sha256 for file in report.files] == [file.sha256 for file in built.files]
    assert "19 files, 1 of them new or changed" in repr(report)
    assert list(report.summary().columns) == ["file", "state", "bytes", "sha256"]


def test_changes_are_listed_or_else_candidates(built, stepped, tmp_path):
    assert {row["kind"] for row in rows_of(built.folder / "changes.csv")} == {"candidate"}
    write_dossier(stepped, Subject("step", "Step", "Source: none"), tmp_path, models="fast")
    changes = rows_of(tmp_path / "changes.csv")
    assert {row["kind"] for row in changes} == {"change"}
    assert changes[0]["lower"] <= "2024-01-21" <= changes[0]["upper"]
    assert [row["date"] for row in rows_of(tmp_path / "overview.csv") if row["panel"] == "changes"] == [
        row["date"] for row in changes
    ]
    said = (tmp_path / "overview.txt").read_text()
    assert "Evidence of change" in said
    assert "change points: " in said


def test_an_interpolator_has_no_band_no_changes_and_no_models(tmp_path):
    reports = pd.DataFrame({"as_of": ["2024-01-05", "2024-01-20"], "count": [3, 9], "since": "2024-01-01"})
    rec = esc.reconstruct(reports, "linear")
    subject = Subject("line", "Line", "Source: none")
    report = write_dossier(rec, subject, tmp_path, models="full")
    assert not {"changes.csv", "models.csv"} & {file.name for file in report.files}
    events = pd.DataFrame({"date": pd.to_datetime(["2024-01-16"]), "date_end": [pd.NaT], "kind": ["truce"]})
    report = write_dossier(rec, replace(subject, interventions=events), tmp_path, models="full")
    assert not EFFECTS & {file.name for file in report.files}
    assert "no band" in finding(rec)
    assert "does not say whether the rate changed" in alt_text(rec, subject, frames_of(rec, subject))


def test_a_case_without_incidents_and_interventions_has_two_panels(tiny, built, tmp_path):
    for name in ("datapackage.json", "reports.csv", "sources.csv"):
        (tmp_path / name).write_bytes((tiny.folder / name).read_bytes())
    subject = Subject.of_case(esc.read_case(tmp_path))
    frames = frames_of(built.reconstruction, subject)
    assert len(draw_overview(built.reconstruction, subject, frames, "1").axes) == 2
    assert "Two panels" in alt_text(built.reconstruction, subject, frames)
    assert set(subject.inputs) == {"datapackage.json", "reports.csv", "sources.csv"}


def test_without_interventions_there_are_no_effects_and_those_of_an_earlier_build_are_left(tiny, built, tmp_path):
    (tmp_path / "effects.csv").write_text("mine")
    subject = replace(Subject.of_case(tiny), interventions=tiny.interventions.iloc[:0])
    told: list[str] = []
    report = write_dossier(built.reconstruction, subject, tmp_path, models="fast", progress=told.append)
    assert told[0] == "drawing the overview"
    assert told[-1] == "files of an earlier build, not part of this one: effects.csv"
    assert report.notes[-1] == told[-1]
    assert not any("comparing" in words for words in told)
    assert not EFFECTS & {file.name for file in report.files}
    assert not EFFECTS & {row["path"] for row in json.loads((tmp_path / "manifest.json").read_text())["files"]}
    assert {path.name for path in tmp_path.iterdir()} & EFFECTS == {"effects.csv"}
    assert (tmp_path / "effects.csv").read_text() == "mine"


def test_no_incident_within_the_dates_leaves_empty_lanes(tiny, built):
    subject = replace(Subject.of_case(tiny), incidents=tiny.incidents.iloc[5:6])
    frames = frames_of(built.reconstruction, subject)
    assert text_boxes_clear(draw_overview(built.reconstruction, subject, frames, "1")) == []
    assert "0 confirmed, 0 claimed (0 both)" in alt_text(built.reconstruction, subject, frames)


def test_dozens_are_drawn_as_a_range():
    reports = pd.DataFrame(
        {"as_of": ["2024-01-05", "2024-01-20"], "count": [3, None], "bound": ["", "dozens"], "since": "2024-01-01"}
    )
    frames = frames_of(esc.reconstruct(reports, "linear"), Subject("line", "Line", "Source: none"))
    assert frames.reports[["count", "count_high", "bound"]].iloc[1].tolist() == [24, 99, "about"]
    assert frames.reports["bound"].iloc[0] == "exact"


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        ((None, "truce", None), "Truce"),
        ((pd.NA, "lull", "Iraq, Syria, Jordan"), "Iraq, Syria, Jordan lull (read off the series)"),
        (("US (CJTF-OIR)", "drone_strike", "five militants preparing a drone"), "US drone strike"),
        (("militia", "announcement", "reduced pace of operations until the end of it"), None),
    ],
)
def test_labels_are_short(cells, label):
    found = short_label(*cells)
    assert found == (label or "Militia announcement: reduced pace of operations…")


def test_progress_is_told_step_by_step(tiny, built, tmp_path):
    told: list[str] = []
    report = write_dossier(
        built.reconstruction, Subject.of_case(tiny), tmp_path / "a" / "b", models="fast", progress=told.append
    )
    *steps, last, left = told
    assert steps == ["drawing the overview", "comparing the rate around 2 interventions",
                     "pairing the rate with the levels of 7 incidents"]  # fmt: skip
    assert left.startswith("levels left out: incidents cannot be read:; row 5 (i5), weapons: 'cruise_missile'; ")
    assert left.endswith("(a case declares its own order as escalation.scale in datapackage.json)")
    assert report.notes == (left,)
    assert last == "writing the tables"
    choices = json.loads((tmp_path / "a" / "b" / "manifest.json").read_text())["choices"]
    assert choices["scale"].startswith("none: incidents cannot be read")


def scaled(tiny, folder, scale):
    """The tiny case with a scale of its own."""
    for path in tiny.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    meta = json.loads((folder / "datapackage.json").read_text())
    meta["escalation"]["scale"] = scale
    (folder / "datapackage.json").write_text(json.dumps(meta))
    return folder


def test_a_case_may_declare_its_own_scale(tiny, built, tmp_path):
    levels = ["drone", "rocket", "cruise_missile"]
    folder = scaled(tiny, tmp_path, {"levels": levels, "basis": EVIL, "ties": [["drone", "rocket"]]})
    subject = Subject.of_case(esc.read_case(folder))
    assert [scale.codes for scale in subject.scales] == [tuple(levels), ("drone|rocket", "cruise_missile")]
    report = write_dossier(built.reconstruction, subject, tmp_path / "out", models="fast")
    assert {"pairing.png", "levels.csv", "bounds.csv"} <= {file.name for file in report.files}
    levels = rows_of(tmp_path / "out" / "levels.csv")
    assert {row["scale"] for row in levels} == {"drone < rocket < cruise_missile", "drone|rocket < cruise_missile"}
    tree = ElementTree.fromstring((tmp_path / "out" / "pairing.svg").read_bytes())
    assert not [node for node in tree.iter() if node.tag.endswith(("script", "}b"))]
    assert EVIL in (tree[0].text or "")
    shown = {row["incident_id"]: row["shown"] for row in rows_of(tmp_path / "out" / "overview.csv")}
    assert shown["i5"] == "drawn"


@pytest.mark.parametrize(
    "scale",
    [
        {"levels": ["drone"], "basis": "b"},
        {"levels": ["drone", "drone"], "basis": "b"},
        {"levels": ["drone", "rocket"]},
        {"levels": "drone", "basis": "b"},
        {"levels": ["drone", 3], "basis": "b"},
        {"levels": ["drone", "rocket"], "basis": "b", "ties": ["drone"]},
        {"levels": ["drone", "rocket", "cruise_missile"], "basis": "b", "ties": [["drone", "cruise_missile"]]},
        {"levels": ["drone", "rocket", "cruise_missile"], "basis": "b", "ties": [["rocket", "x"]]},
        {"levels": ["drone", "rocket", "cruise_missile"], "basis": "b", "ties": [["drone"]]},
        {"levels": ["drone", "none"], "basis": "b"},
        {"levels": [" drone", "rocket"], "basis": "b"},
        {"levels": list("abcdefghij"), "basis": "b"},
        {
            "levels": ["drone", "rocket", "cruise_missile"],
            "basis": "b",
            "ties": [["drone", "rocket", "cruise_missile"]],
        },
        {"levels": ["drone", "rocket", "cruise_missile"], "basis": "b", "tie": [["drone", "rocket"]]},
        ["drone", "rocket"],
    ],
)
def test_a_scale_that_is_none_is_named_where_it_stands(tiny, tmp_path, scale):
    problems = esc.check_case(scaled(tiny, tmp_path, scale))
    assert [problem.column for problem in problems if problem.file == "datapackage.json"] == ["escalation.scale"]
    with pytest.raises(esc.CaseError, match=r"escalation\.scale"):
        esc.read_case(tmp_path)


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        build(tiny, tmp_path / "file")


def test_a_folder_with_other_files_keeps_them(tiny, built, tmp_path):
    (Path(tmp_path) / "notes.txt").write_text("mine")
    write_dossier(built.reconstruction, Subject.of_case(tiny), tmp_path, models="fast")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_weapon_off_the_declared_scale_and_a_slip_of_a_property_are_named_by_check(tiny, tmp_path):
    problems = esc.check_case(scaled(tiny, tmp_path, {"levels": ["drone", "rocket"], "basis": "b"}))
    assert [(p.file, p.row, p.column, p.value) for p in problems] == [("incidents.csv", 6, "weapons", "cruise_missile")]
    assert "drone, rocket;" in problems[0].expected
    meta = json.loads((tmp_path / "datapackage.json").read_text())
    meta["escalation"]["scales"] = meta["escalation"].pop("scale")
    (tmp_path / "datapackage.json").write_text(json.dumps(meta))
    problems = esc.check_case(tmp_path)
    assert [(p.column, p.expected.endswith("(did you mean 'scale'?)")) for p in problems] == [
        ("escalation.scales", True)
    ]
