"""The command line: what it prints, where, and with which status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import escalation as esc
from escalation.cli import main
from escalation.reconstruct.interpolate import ASSUMES

GOOD = "as_of,count,bound,since\n2024-01-10,10,,2024-01-01\n2024-01-15,14,more_than,\n2024-01-20,20,exact,\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "totals.csv"
    path.write_text(GOOD)
    return path


def run(capsys, *words):
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


def test_cases_lists_the_bundled_ones(capsys):
    status, out, err = run(capsys, "cases")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == esc.list_cases()
    content = json.loads(run(capsys, "cases", "--json")[1])
    assert [case["name"] for case in content["cases"]] == esc.list_cases()


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"escalation {esc.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["build", "--models", "all"],
        ["reconstruct"],
        ["reconstruct", "a.csv", "--start", "1/2/2024"],
        ["reconstruct", "a.csv", "--end", "2024-02-30"],
        ["reconstruct", "a.csv", "--prob", "90"],
        ["reconstruct", "a.csv", "--method", "spline"],
        ["check"],
    ],
)
def test_a_command_that_is_not_understood_has_status_2(capsys, words):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: escalation")


def test_reconstruct_prints_the_summary_the_verdict_and_the_reports(capsys, table):
    status, out, err = run(capsys, "reconstruct", table, "--models", "fast")
    assert status == 0
    assert "total at the end of 2024-01-20" in out
    assert "reports used" in out
    assert "reports read as stale or wrong" in out
    assert "Bayes factor for a change" in out
    assert err.splitlines()[0].startswith("reconstructing from 3 reports")


def test_reconstruct_writes_figure_and_tables(capsys, table, tmp_path):
    out_folder = tmp_path / "new" / "out"
    words = ("reconstruct", table, "--models", "fast", "-o", out_folder, "--json", "--quiet")
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    content = json.loads(out)
    assert {file["name"] for file in content["files"]} == {path.name for path in out_folder.iterdir()}
    assert {file["state"] for file in content["files"]} == {"wrote"}
    assert len(content["cumulative"]) == len(content["daily"]) == len(content["rate"]) == 20
    assert content["cumulative"][-1]["date"] == "2024-01-20"
    assert "row,as_of,count" in (out_folder / "reports.csv").read_text().splitlines()[0]
    assert {file["state"] for file in json.loads(run(capsys, *words)[1])["files"]} == {"unchanged"}


def test_a_method_without_a_posterior_says_what_it_assumes(capsys, table):
    status, out, _ = run(capsys, "reconstruct", table, "--method", "linear", "--quiet")
    assert status == 0
    assert "Assumes that " + ASSUMES["linear"] in " ".join(out.split())
    content = json.loads(run(capsys, "reconstruct", table, "--method", "linear", "--json")[1])
    assert "verdict" not in content
    assert content["cumulative"][0]["lower"] is None


def test_options_choose_series_and_window(capsys, tmp_path):
    path = tmp_path / "many.csv"
    head = "as_of,count,counter,unit,scope,since\n"
    rows = [f"2024-01-{day},{n},{who},attack,{where},2024-01-01\n" for day, n, who, where in
            [(10, 5, "us", "A"), (12, 6, "us", "A+B"), (14, 30, "them", "A"), (16, 3, "us", "C")]]  # fmt: skip
    path.write_text(head + "".join(rows))
    words = ["reconstruct", path, "--method", "linear", "--json", "--quiet"]
    status, _, err = run(capsys, *words)
    assert status == 1
    assert "more than one counter: them, us" in err
    assert "--counter" in err
    for scope in (["--scope", "A,A+B"], ["--scope", "A", "--scope", "A+B"]):
        more = ["--counter", "us", *scope, "--start", "2024-01-02", "--end", "2024-01-20"]
        content = json.loads(run(capsys, *words, *more)[1])
        dates = [row["date"] for row in content["cumulative"]]
        assert (dates[0], dates[-1]) == ("2024-01-02", "2024-01-12")  # nothing is reported after that
        assert {row["quantity"]: row["value"] for row in content["summary"]}["reports used"] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"date,count\n2024-01-01,3\n", "if 'date' is meant, rename it to 'as_of'"),
        (b"as_of,total\n2024-01-01,3\n", "if 'total' is meant, rename it to 'count'"),
        (b"as_of;count\n2024-01-01;3\n", "separated by commas"),
        (b"as_of,count\n01/02/2024,3\n", "row 2, as_of: found '01/02/2024'"),
        (b"as_of,count\n2024-01-01,12.5\n", "row 2, count: found '12.5'"),
        (b"as_of,count,bound\n2024-01-01,3,maybe\n", "row 2, bound: found 'maybe'"),
        (b"as_of,count\n2024-01-01,3,4\n", "row 2: found '3 cells'"),
        (b'as_of,count\n2024-01-01,"3\n', "closed quotes"),
        (b"as_of,count,count\n2024-01-01,3,4\n", "each column name once"),
        (b"as_of,count\n", "no rows"),
        (b"", "is empty"),
        (b"as_of,count\n2024-01-01,\xff\n", "not text in UTF-8"),
        (b"as_of,count\n2024-01-01,\0\n", "NUL"),
        (b"as_of,count\n2024-01-01,3\n", "nothing to reconstruct"),
    ],
)
def test_a_bad_file_is_one_readable_message(capsys, tmp_path, content, said):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    status, out, err = run(capsys, "reconstruct", path, "--quiet")
    assert (status, out) == (1, "")
    assert err.startswith("escalation: ")
    assert said in err
    assert "Traceback" not in err


def test_all_problems_of_a_file_are_told_at_once(capsys, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("as_of,count\nx,3\n\n2024-01-03,y\n2024-01-04\n")
    err = run(capsys, "reconstruct", path)[2]
    assert "bad.csv has 3 problems" in err
    assert "row 2, as_of" in err
    assert "row 4, count" in err
    assert "row 5: found '1 cells'" in err


def test_whole_numbers_written_with_a_point_are_read(capsys, tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("as_of,count,count_high,since\n2024-01-10,24.0,99.0,2024-01-01\n2024-01-12,30,,2024-01-01\n")
    assert run(capsys, "reconstruct", path, "--method", "linear", "--quiet")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reconstruct", "none.csv"], "there is no file"),
        (["reconstruct", "."], "is a folder"),
        (["build", "no-such-case"], "bundled cases: five-documents"),
        (["build", "."], "datapackage.json: expected a file"),
        (["build", "totals.csv"], "escalation reconstruct totals.csv"),
        (["build", "five-documents", "--models", "fast", "-o", "totals.csv"], "totals.csv: File exists"),
    ],
)
def test_a_wrong_place_is_one_readable_message(capsys, table, monkeypatch, words, said):
    monkeypatch.chdir(table.parent)
    status, out, err = run(capsys, *words, "--quiet")
    assert (status, out) == (1, "")
    assert err.startswith("escalation: ")
    assert said in err


def test_check_lists_every_problem_with_its_place(capsys, tmp_path):
    good = esc.load_case("five-documents").folder
    assert run(capsys, "check", good)[:2] == (0, f"{good}: no problems\n")
    for path in good.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "reports.csv").read_text()
    (tmp_path / "reports.csv").write_text(text.replace("2024-01-18,day,,143", "18.1.2024,day,,many"))
    status, out, _ = run(capsys, "check", tmp_path)
    assert status == 1
    assert [line.split(" ")[0] for line in out.splitlines()] == ["reports.csv:3:as_of:", "reports.csv:3:count:"]
    assert "'18.1.2024' — expected " in out
    content = json.loads(run(capsys, "check", tmp_path, "--json")[1])
    assert [(p["file"], p["row"], p["column"]) for p in content["problems"]] == [
        ("reports.csv", 3, "as_of"),
        ("reports.csv", 3, "count"),
    ]


def test_a_warning_is_one_line_on_standard_error(capsys, tmp_path):
    for path in esc.load_case("five-documents").folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "reports.csv").read_text()
    (tmp_path / "reports.csv").write_text(text.replace("attribution", "atribution", 1))
    status, out, err = run(capsys, "check", tmp_path)
    assert (status, out) == (0, f"{tmp_path}: no problems\n")
    assert err.startswith("escalation: warning: reports.csv: unknown column 'atribution'")
    assert len(err.splitlines()) == 1


def test_build_prints_the_result_and_the_files(capsys, tmp_path, monkeypatch):
    seen = {}

    def quick(case, out, *, progress, models):
        from escalation.dossier import Subject, write_dossier

        seen.update(case=case.name, out=str(out), models=models)
        rec = esc.reconstruct(case, "linear")
        return write_dossier(rec, Subject.of_case(case), out, models=models, progress=progress)

    monkeypatch.setattr("escalation.cli.casecommands.build", quick)
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "build")
    assert status == 0
    assert seen == {"case": "iraq-syria-2023", "out": "figures", "models": "full"}
    assert "wrote      figures/overview.svg" in out
    assert err.splitlines()[-1] == "done"
    content = json.loads(run(capsys, "build", "--json", "--quiet")[1])
    assert {file["state"] for file in content["files"]} == {"unchanged"}


def test_a_reader_who_leaves_early_gets_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    run = [sys.executable, "-c", "import sys; from escalation.cli import main; sys.exit(main(['cases']))"]
    done = subprocess.run(run, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_the_letters_is_no_failure(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check", "no\N{EM DASH}folder"]) == 1
    assert b"\\u2014folder" in out.buffer.getvalue()


def test_what_is_not_expected_is_not_hidden(monkeypatch):
    def broken(*_args, **_more):
        raise TypeError("a mistake of ours")

    monkeypatch.setattr("escalation.cli.casecommands.check_case", broken)
    with pytest.raises(TypeError, match="a mistake of ours"):
        main(["check", "."])


@pytest.fixture
def calibrated(monkeypatch):
    """Stand in for the study, which takes long; keeps what it was asked for."""
    from escalation.calibration.report import Settings, write_report

    seen = {}

    def study(folder, *, progress, **options):
        seen.update(folder=str(folder), **options)
        progress("worlds: 1 of 1")
        worlds = {
            "world": ["step"], "voice": ["exact"], "series": [24], "rate": [0.91], "rate_se": [0.01],
            "total": [0.93], "total_se": [0.01],
        }  # fmt: skip
        return write_report({"worlds": pd.DataFrame(worlds)}, folder, Settings(seed=1, full=options["full"]))

    monkeypatch.setattr("escalation.cli.casecommands.calibrate", study)
    return seen


def test_calibrate_runs_the_parts_asked_for(capsys, tmp_path, monkeypatch, calibrated):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "calibrate", "--part", "worlds")
    assert status == 0
    assert calibrated == {"folder": "calibration", "full": False, "parts": ("worlds",), "workers": None}
    assert err.splitlines() == ["worlds: 1 of 1", "done"]
    assert len(out.splitlines()) > 5
    assert (tmp_path / "calibration" / "worlds.csv").exists()


def test_calibrate_passes_its_options_on(capsys, tmp_path, calibrated):
    words = ["--part", "ranks", "--part", "real", "--full", "--workers", "3", "--quiet", "--json", "-o", tmp_path / "x"]
    status, out, err = run(capsys, "calibrate", *words)
    assert (status, err) == (0, "")
    assert calibrated == {"folder": str(tmp_path / "x"), "full": True, "parts": ("ranks", "real"), "workers": 3}
    content = json.loads(out)
    assert content["folder"] == str(tmp_path / "x")
    values = {target["target"]: target["value"] for target in content["targets"]}
    assert values["Coverage in other worlds: rate"] == 0.91
    assert values["Coverage under the model: rate"] is None  # not measured
    assert run(capsys, "calibrate", "--quiet", "-o", tmp_path / "x")[0] == 0
    assert calibrated["parts"] == ("real", "ranks", "worlds", "changes")


def test_calibrate_refuses_an_unknown_part(capsys, calibrated):
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", "--part", "word"])
    assert stop.value.code == 2
    assert "'real', 'ranks', 'worlds', 'changes'" in capsys.readouterr().err
    assert calibrated == {}


DAILY = "series,date,count\n" + "".join(
    f"{name},2024-01-{day:02d},{count}\n"
    for name, counts in (("risen", [0, 1] * 7 + [6, 8] * 7), ("bad", [-1] * 3), ("worse", [-2] * 4 + [3]))
    for day, count in enumerate(counts, 1)
)


def test_panel_prints_whole_numbers_and_one_reason_of_those_alike(capsys, tmp_path):
    path, out_file = tmp_path / "daily.csv", tmp_path / "rows.csv"
    path.write_text(DAILY)
    status, out, err = run(capsys, "panel", path, "--workers", 1, "--quiet", "-o", out_file)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("A change is found in 1 of 1 series with an answer")
    for words in (["series", "3"], ["answered", "1"], ["failed", "2"]):
        assert words in [line.split() for line in lines]
    failed = [line for line in lines if line.startswith("failed, ")]
    first = "counts: 3 are negative (2024-01-01: -1, 2024-01-02: -1, 2024-01-03: -1)"
    assert failed == [f"failed, 2 series: {first} (the first of those alike)"]
    assert ".0 " not in out.replace("0.1", "")
    assert lines[-1] == out_file.as_posix()
    status, out, _ = run(capsys, "panel", path, "--workers", 1, "--quiet", "--json")
    assert status == 0
    assert [row["days"] for row in json.loads(out)["series"]] == [28, None, None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "series,date,count\na,01/12/2023,3\nb,2024-01-01,-1\n",
            "the first, 'a': date: 1 of 1 rows have none that can",
        ),
        ("series,as_of,count\na,01/12/2023,3\n", "the first, 'a': 1 problem(s) in the reports: row 0, column 'as_of'"),
        ("series,date,count\n", "daily.csv has no rows below its header"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_panel_without_an_answer_has_status_1(capsys, tmp_path, content, said, more):
    path = tmp_path / "daily.csv"
    path.write_text(content)
    status, out, err = run(capsys, "panel", path, "--workers", 1, "--quiet", *more)
    assert status == 1
    assert err.startswith("escalation: no series has an answer")
    assert said in err
    assert len(err.splitlines()) == 1
    assert json.loads(out)["sentence"] if more else out.startswith("A change is found in 0 of 0 series")


def test_a_panel_wants_files(capsys, tmp_path):
    path = tmp_path / "daily.csv"
    path.write_text(DAILY)
    for words, said in (
        ([tmp_path], "this is a folder; a CSV file is needed, with the columns series, as_of, count or series, date"),
        ([tmp_path / "none.csv"], "no such file; a CSV file is needed"),
        ([path, "-o", tmp_path], "is a folder: add the name of a file"),
    ):
        status, out, err = run(capsys, "panel", *words, "--workers", 1, "--quiet")
        assert (status, out) == (1, "")
        assert said in err
    assert [found.name for found in tmp_path.iterdir()] == ["daily.csv"]


def test_sensitivity_and_replay_write_their_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "study")
    common = ["five-documents", "--models", "fast", "--workers", "1", "--quiet", "-o", out]
    assert main(["sensitivity", *common, "--only", "merge,phi", "--no-grid"]) == 0
    assert "lead to the same verdict" in capsys.readouterr().out
    assert main(["replay", *common, "--dates", "2024-01-19,2024-01-21", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["vintages"]) == 2
    assert len(said["files"]) == 7
    names = {path.name for path in (tmp_path / "study").iterdir()}
    assert {"sensitivity.svg", "sensitivity-grid.csv", "choices.json", "replay.png", "replay-vintages.csv"} <= names
    choices = tmp_path / "choices.json"
    choices.write_text((tmp_path / "study" / "choices.json").read_text())
    again = ["sensitivity", "five-documents", "--choices", str(choices), "--workers", "1", "--quiet", "--only", "merge"]
    assert main([*again, "--no-grid"]) == 0


@pytest.mark.parametrize(("words", "said"), [
    (["sensitivity", "five-documents", "--only", "mergee"], "did you mean 'merge'"),
    (["replay", "five-documents", "--dates", "weekly"], "W"),
    (["replay", "five-documents", "--dates", "01/02/2024"], "must be a date such as"),
])  # fmt: skip
def test_slips_of_studies_are_one_readable_message(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--quiet", "--workers", "1"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_check_knows_bundled_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "five-documents"]) == 0
