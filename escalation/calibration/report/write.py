"""The calibration study as a folder: its frames, its figures, and a page that says which targets are met."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

import escalation
from escalation.calibration.report.figures import draw_figures, save_figures
from escalation.calibration.report.readme import Settings, finding, readme
from escalation.calibration.report.verdict import by_target, judged
from escalation.charts import ManifestRow, write_if_changed, write_manifest
from escalation.charts.numbers import numbers_csv

__all__ = ["COLUMNS", "CalibrationReport", "Settings", "write_report"]

#: Frames of the study and the columns that each needs at least.
COLUMNS = {
    "sbc_ranks": "replicate quantity rank of",
    "sbc": "quantity replicates chi_square_p ecdf_p inside_band",
    "model_coverage": "quantity nominal value se replicates",
    "worlds": "world voice series rate rate_se total total_se",
    "alarms": "world phi totals voice method series any_change any_change_se strong strong_se changes",
    "power": "world totals voice method series changed changed_se jump jump_se error_days covered covered_se",
    "real": "series voice reports method replicates crps_rate cover_rate crps_total cover_total",
    "real_summary": (
        "which voice method n_series crps_rate crps_rate_se ratio_to_best_baseline paired_difference paired_se "
        "cover_rate cover_total cover_total_se"
    ),
}
#: Packages whose version can move a digit or a pixel.
_PACKAGES = ("matplotlib", "numba", "numpy", "pandas", "ruptures", "scipy")


@dataclass(frozen=True, repr=False)
class CalibrationReport:
    """What `write_report` wrote.

    Parameters
    ----------
    folder : Path
        Where the files are, as it was given.
    verdicts : DataFrame
        One row per target and setting, as from `judged`.
    files : tuple of ManifestRow
        Every file, the manifest last.
    """

    folder: Path
    verdicts: pd.DataFrame
    files: tuple[ManifestRow, ...]

    def summary(self) -> pd.DataFrame:
        """List the targets: in how many settings each was measured and missed, and the worst setting."""
        return by_target(self.verdicts)

    def __repr__(self) -> str:
        return f"<CalibrationReport: {finding(self.verdicts)}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(finding(self.verdicts))}</p>" + self.summary().to_html(index=False, escape=True, border=0)


def write_report(
    frames: Mapping[str, pd.DataFrame], folder: str | os.PathLike[str], settings: Settings
) -> CalibrationReport:
    """Write frames, figures, ``README.md`` and a manifest; the same frames give the same bytes.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Those of `COLUMNS`, with at least these columns; their index is not written. What depends on a frame that is not
        given, or has no rows, is reported as not measured.
    folder : path-like
        It is made if need be; other files in it are left alone.
    settings : Settings
        How the study was run.

    Returns
    -------
    CalibrationReport

    Raises
    ------
    ValueError
        If a frame is unknown, lacks columns, or has rows without method, world, voice or quantity; all problems are
        listed.
    OSError
        If the folder cannot be made or written.

    Examples
    --------
    >>> import tempfile
    >>> coverage = pd.DataFrame({"quantity": ["rate"], "nominal": 0.9, "value": 0.897, "se": 0.004, "replicates": 800})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = write_report({"model_coverage": coverage}, folder, Settings(seed=1, full=False))
    >>> report
    <CalibrationReport: Of 22 targets 1 are met and 0 are missed; 21 were not measured.>
    >>> [Path(file.path).name for file in report.files]
    ['model_coverage.csv', 'targets.csv', 'README.md', 'manifest.json']
    """
    _check(frames)
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    verdicts = judged(frames)
    # Numbers first: should a figure fail, hours of simulation are on disk.
    tables = {name: frames[name].reset_index(drop=True) for name in COLUMNS if name in frames}
    tables["targets"] = verdicts.replace([np.inf, -np.inf], np.nan)
    rows = [write_if_changed(home / f"{name}.csv", numbers_csv(table)) for name, table in tables.items()]
    run = "full" if settings.full else "usual"
    source = f"escalation calibrate, {run} number of replicates, seed {settings.seed}; drawn with escalation "
    drawings = draw_figures(frames, source=source + escalation.__version__)
    rows += save_figures(drawings, home)
    rows.append(write_if_changed(home / "README.md", readme(frames, verdicts, drawings, settings).encode()))
    choices = {"replicates": run}
    rows.append(write_manifest(home, rows, inputs={}, versions=_versions(), seed=settings.seed, choices=choices))
    return CalibrationReport(home, verdicts, tuple(rows))


def _check(frames: Mapping[str, pd.DataFrame]) -> None:
    """Raise a ValueError that lists every unknown frame, lacking column and missing name."""
    problems = [f"{name!r} is not a frame of the study" for name in frames if name not in COLUMNS]
    for name in frames.keys() & COLUMNS.keys():
        frame = frames[name]
        lacking = [column for column in COLUMNS[name].split() if column not in frame.columns]
        if lacking:
            problems.append(
                f"{name} needs the columns {', '.join(lacking)}; given: {', '.join(map(str, frame.columns))}"
            )
        named = [c for c in ("quantity", "world", "voice", "method", "series") if c in frame]
        problems += [f"{name} has rows without {column}" for column in named if frame[column].isna().any()]
    if problems:
        raise ValueError(f"{'; '.join(sorted(problems))}. Known frames: {', '.join(COLUMNS)}.")


def _versions() -> dict[str, str]:
    """Return the versions of what can move a digit or a pixel; of Python the minor version is enough."""
    found = {"escalation": escalation.__version__, "python": ".".join(platform.python_version_tuple()[:2])}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # only a part of the study needs it
            found[name] = "not installed"
    return found
