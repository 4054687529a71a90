import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from escalation.charts import ManifestRow, save_figure, write_if_changed, write_manifest

SVG = "{http://www.w3.org/2000/svg}"
ALT = 'Totals rise to <170> & "flatten" \N{EN DASH} $x$.'
DRAW = """
import sys
sys.path.insert(0, sys.argv[1])
from test_charts import made_up
from escalation.charts import overview, save_figure
parts = made_up(changes=2)
frames = {k: v for k, v in parts.items() if hasattr(v, "columns")}
save_figure(overview(**parts), sys.argv[2] + "/figure", numbers=frames, alt="A figure.", title="Figure")
"""


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def saved(folder, **more):
    fig = Figure((2, 2))
    fig.add_subplot().plot([1, 2], [3, 4])
    words = {"alt": ALT, "title": "Totals & more", "numbers": pd.DataFrame({"n": [1]})}
    return save_figure(fig, folder / "totals", **(words | more))


def test_two_processes_write_the_same_bytes(tmp_path):
    found = []
    for seed, settings in (("1", ""), ("2", "font.size: 20\nsvg.fonttype: none\naxes.facecolor: red\n")):
        folder = tmp_path / seed
        folder.mkdir()
        (tmp_path / "matplotlibrc").write_text(settings)
        env = os.environ | {"PYTHONHASHSEED": seed, "MATPLOTLIBRC": str(tmp_path)}
        run = [sys.executable, "-c", DRAW, str(Path(__file__).parent), str(folder)]
        subprocess.run(run, check=True, env=env)
        found.append(digests(folder))
    assert found[0] == found[1]
    assert sorted(found[0]) == ["figure.csv", "figure.png", "figure.svg", "figure.txt"]


def test_the_words_are_in_every_file(tmp_path):
    rows = saved(tmp_path)
    root = ElementTree.fromstring((tmp_path / "totals.svg").read_bytes())
    assert [child.tag for child in root[:2]] == [SVG + "title", SVG + "desc"]
    assert [child.text for child in root[:2]] == ["Totals & more", ALT]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [child.get("id") for child in root[:2]]
    with Image.open(tmp_path / "totals.png") as image:
        assert image.size == (400, 400)
        assert image.text == {"Title": "Totals & more", "Description": ALT}
    assert (tmp_path / "totals.txt").read_text() == ALT + "\n"
    assert [Path(row.path).name for row in rows] == ["totals.csv", "totals.png", "totals.svg", "totals.txt"]
    for row in rows:
        data = Path(row.path).read_bytes()
        assert (row.sha256, row.bytes) == (hashlib.sha256(data).hexdigest(), len(data))


def test_no_date_and_no_version_is_stamped(tmp_path):
    saved(tmp_path)
    text = (tmp_path / "totals.svg").read_text()
    assert "dc:date" not in text
    assert "Matplotlib v" not in text


def test_unchanged_files_are_left_alone_and_changed_ones_replaced(tmp_path):
    saved(tmp_path)
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))
    saved(tmp_path, alt="Other words.")
    kept = {path.name: path.stat().st_mtime == 1 for path in tmp_path.iterdir()}
    assert kept == {"totals.csv": True, "totals.png": False, "totals.svg": False, "totals.txt": False}


def test_numbers_are_written_tidy_and_alike_everywhere(tmp_path):
    day = pd.DatetimeIndex(["2024-01-02"])
    frames = {
        "rate": pd.DataFrame({"mean": [1 / 3], "n": [1234567], "big": [2.0e6]}, index=day),
        "incidents": pd.DataFrame(
            {"date": day, "levels": [("drone", "rocket")], "confirmed": [True], "mean": [np.nan]}
        ),
    }
    saved(tmp_path, numbers=frames)
    assert (tmp_path / "totals.csv").read_bytes().decode().splitlines() == [
        "panel,date,mean,n,big,levels,confirmed",
        "rate,2024-01-02,0.333333,1234567,2000000,,",
        "incidents,2024-01-02,,,,drone+rocket,true",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"alt": " "}, "must not be empty"),
        ({"title": ""}, "must not be empty"),
        ({"numbers": {"rate": pd.DataFrame({"panel": [1]})}}, "rename it"),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(tmp_path, more, message):
    with pytest.raises(ValueError, match=message):
        saved(tmp_path, **more)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="make it first"):
        saved(tmp_path / "none")


def test_the_manifest_is_stable_and_relative(tmp_path):
    (tmp_path / "deep").mkdir()
    rows = [write_if_changed(tmp_path / name, b"x") for name in ("b.txt", "deep/a.txt")]
    more = {"inputs": {"reports.csv": "1" * 64}, "versions": {"numpy": "2", "matplotlib": "3"}, "seed": 5}
    first = write_manifest(tmp_path, rows, **more)
    assert write_manifest(tmp_path, rows[::-1], **more) == first
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert [row["path"] for row in content["files"]] == ["b.txt", "deep/a.txt"]
    assert list(content["versions"]) == ["matplotlib", "numpy"]
    assert str(tmp_path) not in (tmp_path / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("rows", "inputs", "message"),
    [
        ([ManifestRow("/elsewhere/a.csv", "0", 1)], {}, "lies outside"),
        ([], {"/home/me/reports.csv": "0"}, "relative to the case"),
        ([], {"C:\\me\\reports.csv": "0"}, "relative to the case"),
    ],
)
def test_a_manifest_holds_no_absolute_path(tmp_path, rows, inputs, message):
    with pytest.raises(ValueError, match=message):
        write_manifest(tmp_path, rows, inputs=inputs, versions={}, seed=None)


def test_one_name_for_two_contents_is_refused(tmp_path):
    rows = [write_if_changed(tmp_path / "a.txt", data) for data in (b"1", b"2")]
    with pytest.raises(ValueError, match="written twice"):
        write_manifest(tmp_path, rows, inputs={}, versions={}, seed=None)
