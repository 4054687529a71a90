"""The whole study with a few replicates of one part: the files, the seeds, the workers, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from escalation.calibration import misfit, run
from escalation.calibration.run import PARTS, Sizes, calibrate
from escalation.calibration.voices import EXACT
from escalation.calibration.worlds import WORLDS

SMALL = Sizes(sbc=100, detection=1, detection_full=0, worlds=2, real=1)


@pytest.fixture
def few(monkeypatch):
    """Two worlds told exactly; the jobs are made in this process."""
    every = misfit.jobs
    monkeypatch.setattr(misfit, "jobs", lambda n, models, seed: every(n, models, seed, WORLDS[:2], (EXACT,)))


def test_one_part_is_run_and_reported(few, tmp_path):
    said = []
    report = calibrate(tmp_path / "one", parts=("worlds",), sizes=SMALL, seed=3, workers=1, progress=said.append)
    assert report.folder == tmp_path / "one"
    table = pd.read_csv(report.folder / "worlds.csv")
    assert table[["world", "voice", "series"]].to_numpy().tolist() == [[world.name, "exact", 2] for world in WORLDS[:2]]
    assert table[["rate", "total"]].map(lambda share: 0.0 <= share <= 1.0).all(axis=None)
    assert said[-1] == "misfit: 4 of 4"
    assert not (report.folder / "alarms.csv").exists()
    measured = report.summary().set_index("target")["settings"]
    assert measured.to_dict() == {
        target: 2 * target.startswith("Coverage in other worlds") for target in measured.index
    }
    for name in ("README.md", "targets.csv", "manifest.json"):
        assert (report.folder / name).stat().st_size > 0
    two = calibrate(tmp_path / "two", parts=("worlds",), sizes=SMALL, seed=3, workers=2)
    for file in report.files:
        name = file.path.rsplit("/", 1)[-1]
        assert (report.folder / name).read_bytes() == (two.folder / name).read_bytes(), name


def test_each_part_has_a_seed_of_its_own(tmp_path, monkeypatch):
    """The seed of a part does not depend on which other parts are run."""
    asked: list[tuple[str, int, int]] = []

    def fake(name):
        def part(_run, sizes, seed):
            asked.append((name, sizes.worlds, seed))
            return {}

        return part

    monkeypatch.setattr(run, "PARTS", {name: fake(name) for name in PARTS})
    calibrate(tmp_path, sizes=SMALL, seed=7, workers=1)
    every = {name: seed for name, _, seed in asked}
    assert list(every) == list(PARTS)
    assert len(set(every.values())) == len(PARTS)
    asked.clear()
    calibrate(tmp_path, parts=("changes", "worlds"), seed=7, workers=1)
    calibrate(tmp_path, parts=("worlds",), seed=7, workers=1, full=True)
    usual, full = run.USUAL.worlds, run.FULL.worlds
    assert asked == [
        ("worlds", usual, every["worlds"]), ("changes", usual, every["changes"]), ("worlds", full, every["worlds"]),
    ]  # fmt: skip


def test_unknown_parts_are_named(tmp_path):
    with pytest.raises(ValueError, match="unknown parts word, alarm; known are real, ranks, worlds, changes"):
        calibrate(tmp_path / "no", parts=("word", "worlds", "alarm"), sizes=SMALL)
    assert not (tmp_path / "no").exists()
