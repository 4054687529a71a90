"""The file of a panel: cut off at any byte or killed at any moment, it is taken up again without loss or repeat."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from escalation.study.panel import jobs
from escalation.study.panel import settings as settings_module
from escalation.study.panel.panel import panel
from escalation.study.panel.row import COLUMNS, frame_of, row_of
from escalation.study.panel.settings import Settings, as_seed
from escalation.study.panel.store import FINISHED, RowsFile, settings_path

NASTY = ['comma, "quotes"', "line\nend", "carriage\rreturn", "", "naïve ’ 漢", "=1+1", "nul\x00", " spaced "]


def series(n: int = 6, days: int = 20) -> dict[str, pd.Series]:
    index = pd.date_range("2024-01-01", periods=days)
    names = NASTY + [f"s{i}" for i in range(n)]
    return {names[i]: pd.Series(np.random.default_rng((31, i)).poisson(1.0, days), index=index) for i in range(n)}


@pytest.fixture
def counted(monkeypatch):
    """Names of the series that are worked out."""
    names: list[str] = []
    run = jobs._run
    monkeypatch.setattr(jobs, "_run", lambda job: names.append(job.series) or run(job))
    return names


def test_cells_come_back_as_they_were():
    rng = np.random.default_rng(32)
    reals = [0.1, 1 / 3, 1e-300, 5e-324, np.inf, 1e22, *np.exp(rng.normal(0, 50, 200))]
    rows = [row_of({"number": i, "series": "x", "e_value": value, "days": 2**53 + i}) for i, value in enumerate(reals)]
    frame = frame_of(rows)
    assert frame["e_value"].tolist() == reals
    assert frame["days"].tolist() == [2**53 + i for i in range(len(reals))]
    assert frame_of([row_of({"e_value": np.nan})])["e_value"].isna().all()


def test_the_file_is_the_table(tmp_path):
    out, data = tmp_path / "panel.csv", {**series(10), "bad": [1, -1]}
    found = panel(data, draws=100, out=out)
    assert found.out == out
    with out.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == list(FINISHED) == list(found.table)
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        given = found.table[name]
        if pd.api.types.is_float_dtype(given.dtype) and not pd.api.types.is_extension_array_dtype(given.dtype):
            np.testing.assert_array_equal([float(cell or "nan") for cell in cells], given)
        else:
            assert list(cells) == ["" if value is pd.NA else str(value) for value in given]
    assert found.table["series"].tolist() == list(data)
    assert Settings.from_json(settings_path(out).read_text()) == found.settings


def test_a_file_cut_at_any_byte_is_taken_up(tmp_path, counted):
    data = series(8)
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    panel(data, draws=100, out=whole)
    wanted, head = whole.read_bytes(), len(whole.read_bytes().split(b"\n")[0]) + 1
    for cut in np.linspace(head, len(wanted) - 1, 12).astype(int):
        part.write_bytes(wanted[:cut])
        settings_path(part).write_bytes(settings_path(whole).read_bytes())
        counted.clear()
        found = panel(data, draws=100, out=part)
        assert part.read_bytes() == wanted
        assert found.resumed + len(counted) == len(data)
    assert counted == list(data)[-1:]  # the last cut takes only the last line end


def test_noise_behind_the_last_row_is_cut(tmp_path):
    data, out = series(4), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    wanted = out.read_bytes()
    for noise in (b"\x00" * 300, b'4,"s4,', b"4,s4,counts\n", b"\xff\xfe,\n", b'"a"b",\n'):
        out.write_bytes(wanted + noise)
        assert panel(data, draws=100, out=out).resumed == 4
        assert out.read_bytes() == wanted


def test_only_what_is_new_or_changed_is_computed(tmp_path, counted):
    data, out = series(6), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    before = out.read_bytes()
    counted.clear()
    assert panel(data, draws=100, out=out).resumed == 6
    assert counted == []
    assert out.read_bytes() == before
    changed = {**data, list(data)[2]: list(data.values())[2] + 1, "new": [1, 2, 3]}
    found = panel(changed, draws=100, out=out)
    assert counted == [list(data)[2], "new"]
    pd.testing.assert_frame_equal(found.table, panel(changed, draws=100).table)
    panel(changed, draws=100, out=tmp_path / "fresh.csv")
    assert out.read_bytes() == (tmp_path / "fresh.csv").read_bytes()


def test_a_series_at_another_place_has_another_stream_and_is_computed_anew(tmp_path, counted):
    data, out = series(4), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    counted.clear()
    turned = dict(reversed(data.items()))
    found = panel(turned, draws=100, out=out)
    assert len(counted) == 4
    pd.testing.assert_frame_equal(found.table, panel(turned, draws=100).table)


def test_another_rate_of_false_discoveries_needs_no_new_run(tmp_path):
    data, out = series(4), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    assert panel(data, draws=100, out=out, fdr=0.5).resumed == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": "jumps"}, "models was 'fast', now it is 'jumps'"),
        ({"prob": 0.8}, "prob was 0.9, now it is 0.8"),
        ({"draws": 101}, "draws was 100, now it is 101"),
        ({"rng": 1}, "seed was 20231017, now it is 1"),
    ],
)
def test_other_settings_are_refused(tmp_path, options, words):
    data, out = series(2), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    before = out.read_bytes()
    with pytest.raises(ValueError, match=words):
        panel(data, **{"draws": 100, "out": out, **options})
    assert out.read_bytes() == before


def test_another_kind_and_another_version_are_refused(tmp_path, monkeypatch):
    data, out = series(2), tmp_path / "panel.csv"
    panel(data, draws=100, out=out)
    frame = pd.DataFrame({"series": ["a", "a"], "date": ["2024-01-01", "2024-01-02"], "count": [1, 2]})
    with pytest.raises(ValueError, match="kind was 'objects', now it is 'counts'"):
        panel(frame, draws=100, out=out)
    monkeypatch.setattr(settings_module, "version", lambda _: "9.9")
    with pytest.raises(ValueError, match=r"version was '.*', now it is '9\.9'"):
        panel(data, draws=100, out=out)


def test_the_file_of_something_else_is_not_touched(tmp_path):
    out = tmp_path / "mine.csv"
    out.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="not the file of a panel"):
        panel(series(1), draws=100, out=out)
    assert out.read_text() == "a,b\n1,2\n"
    out.write_text(",".join(FINISHED) + "\n")
    with pytest.raises(ValueError, match=r"its settings .* are not"):
        panel(series(1), draws=100, out=out)
    settings_path(out).write_text("[1]")
    with pytest.raises(ValueError, match="not the settings of a panel"):
        panel(series(1), draws=100, out=out)


def test_rows_are_written_as_they_come(tmp_path):
    settings = Settings.of("counts", "fast", 0.9, 400, as_seed(None))
    row = row_of({"number": 0, "series": 'a "b"\r\n,', "e_value": 0.1})
    with RowsFile(tmp_path / "panel.csv", settings) as file:
        file.append([row])
        on_disk = (tmp_path / "panel.csv").read_bytes()  # before the file is closed
    assert on_disk.startswith(",".join(FINISHED).encode())
    with RowsFile(tmp_path / "panel.csv", settings) as file:
        assert file.done == {("0", 'a "b"\r\n,', ""): row}
    assert len(row) == len(COLUMNS)


_RUN = """
import sys, time
sys.path.insert(0, {tests!r})
from test_panel_store import series
from escalation.study.panel import jobs
from escalation.study.panel import settings as settings_module
from escalation.study.panel.panel import panel
def say(line):
    print(line, flush=True)
    time.sleep(0.05)
panel(series(30), draws=100, chunk=1, out={out!r}, progress=say)
"""


def test_a_run_that_was_killed_is_taken_up_without_loss_or_repeat(tmp_path, counted):
    out, whole = tmp_path / "panel.csv", tmp_path / "whole.csv"
    code = _RUN.format(tests=os.path.dirname(__file__), out=str(out))  # noqa: PTH120
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for _ in range(7):
            assert "of 30 series" in run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        run.wait(10)
    assert run.returncode == -signal.SIGKILL
    time.sleep(0.01)
    with out.open(newline="", encoding="utf-8") as file:
        done = [row["series"] for row in csv.DictReader(file)]
    data = series(30)
    assert 7 <= len(done) < 30
    assert done == list(data)[: len(done)]
    lines: list[str] = []
    found = panel(data, draws=100, chunk=4, out=out, progress=lines.append)
    assert counted == list(data)[len(done) :]
    assert found.resumed == len(done)
    assert f"30 of 30 series, {len(done)} done before" in lines[-1]
    panel(data, draws=100, out=whole)
    assert out.read_bytes() == whole.read_bytes()
