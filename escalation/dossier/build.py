"""Build a dossier: the figures and tables of one reconstruction, with a manifest."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import escalation
from escalation.charts import ManifestRow, write_if_changed, write_manifest
from escalation.charts.numbers import numbers_csv
from escalation.dossier.codebook import codebook_frame
from escalation.dossier.effects import compare, save_effects
from escalation.dossier.figure import save_overview
from escalation.dossier.levels import TABLES as LEVEL_TABLES
from escalation.dossier.levels import pair_levels, save_levels
from escalation.dossier.report import BuildReport, BuiltFile
from escalation.dossier.tables import TABLES, write_tables
from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.result import SEED, Reconstruction
from escalation.records import Case
from escalation.study.overview.frames import frames_of
from escalation.study.overview.subject import Subject

__all__ = ["BuildReport", "BuiltFile", "build", "write_dossier"]

Progress = Callable[[str], object]
#: Packages whose version can move a digit or a pixel.
_PACKAGES = ("matplotlib", "numba", "numpy", "pandas", "scipy")
_NAMES = (
    "manifest.json",
    *(f"{figure}.{end}" for figure in ("effects", "overview", "pairing") for end in ("csv", "png", "svg", "txt")),
    *(f"{name}.csv" for name in ("codebook", *TABLES, *LEVEL_TABLES)),
)


def build(
    case: Case, out: str | os.PathLike[str], *, progress: Progress | None = None, models: str = "full"
) -> BuildReport:
    """Reconstruct the main series of a case and write its figures, tables and manifest.

    Two builds of one case with the same versions give the same bytes, in any folder. A case with interventions has
    the figure and table ``effects`` beside the others, one with incidents ``pairing`` and the tables of their levels.

    Parameters
    ----------
    case : Case
        From `load_case` or `read_case`.
    out : path-like
        The folder; it is made if need be, and files go directly into it. Other files in it are left alone.
    progress : callable, optional
        Called with a few words before each step.
    models : {"full", "jumps", "fast"}, default "full"
        As for `reconstruct`.

    Returns
    -------
    BuildReport

    Raises
    ------
    ValueError
        As `reconstruct` raises it.
    OSError
        If the folder cannot be made or written.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> report = build(load_case("five-documents"), "figures")  # doctest: +SKIP
    >>> report.summary()["state"].value_counts()  # doctest: +SKIP
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)  # before the long work, so that a bad place is told at once
    tell = progress or (lambda _: None)
    tell(f"reconstructing {case.name} from {len(case.reports)} reports (models: {models})")
    rec = reconstruct(case, models=models)
    return write_dossier(rec, Subject.of_case(case), folder, models=models, progress=progress)


def write_dossier(
    rec: Reconstruction,
    subject: Subject,
    out: str | os.PathLike[str],
    *,
    models: str,
    progress: Progress | None = None,
) -> BuildReport:
    """Write figures, tables and manifest of a reconstruction that is there already.

    Files of an earlier dossier that this one does not have, such as ``effects`` without interventions, are left alone;
    the manifest lists what belongs to this one.

    Parameters
    ----------
    rec : Reconstruction
        By any method.
    subject : Subject
        Its words, incidents and interventions, and the digests of what was read. The rate is compared around each
        intervention if `rec` has draws.
    out : path-like
        The folder; it is made if need be.
    models : str
        The models asked for, for the manifest.
    progress : callable, optional
        Called with a few words before each step.

    Returns
    -------
    BuildReport

    Raises
    ------
    OSError
        If the folder cannot be made or written.

    Examples
    --------
    >>> import tempfile
    >>> from escalation.records import load_case
    >>> case = load_case("five-documents")
    >>> rec = reconstruct(case, method="linear")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = write_dossier(rec, Subject.of_case(case), folder, models="full")
    >>> [file.name for file in report.files][:3]
    ['codebook.csv', 'conflicts.csv', 'cumulative.csv']
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _: None)
    before = _digests(folder)
    rows = _save_figures(rec, subject, folder, tell)
    paired, scale, notes = _save_levels(rec, subject, folder, tell)
    tell("writing the tables")
    rows += paired + write_tables(rec, folder)
    rows.append(_write_codebook(rows, folder))
    choices = {"case": subject.name, "method": rec.method, "models": models, "prob": f"{rec.prob:g}"} | scale
    rows.append(write_manifest(folder, rows, inputs=subject.inputs, versions=_versions(), seed=SEED, choices=choices))
    stale = sorted(set(before) - {Path(row.path).name for row in rows})
    if stale:
        notes.append(f"files of an earlier build, not part of this one: {', '.join(stale)}")
    for note in notes:
        tell(note)
    return BuildReport(subject.title, folder, _compared(rows, before), rec, tuple(notes))


def _save_figures(rec: Reconstruction, subject: Subject, folder: Path, tell: Progress) -> list[ManifestRow]:
    """Write the overview, and the effects of interventions where there are any and draws to compare them by."""
    tell("drawing the overview")
    rows = save_overview(rec, subject, frames_of(rec, subject), folder, escalation.__version__)
    events = len(subject.interventions)
    if events and rec.method == "joint":
        tell(f"comparing the rate around {events} intervention{'s' * (events > 1)}")
        rows += save_effects(compare(rec, subject), rec, subject, folder, escalation.__version__)
    return rows


def _save_levels(
    rec: Reconstruction, subject: Subject, folder: Path, tell: Progress
) -> tuple[list[ManifestRow], dict[str, str], list[str]]:
    """Write the pairing of rate and levels where there is one; say which scales were used, or why none was."""
    if not subject.described or rec.method != "joint":
        return [], {"scale": repr(subject.scales[0])} if subject.described else {}, []
    tell(f"pairing the rate with the levels of {len(subject.incidents)} incidents")
    try:
        levels = pair_levels(rec, subject)
    except ValueError as error:
        # A case may hold weapons that these scales do not order; its totals are no worse for it.
        why = "; ".join(line.strip() for line in str(error).splitlines())
        order = "weapons on this scale" in why
        hint = " (a case declares its own order as escalation.scale in datapackage.json)" if order else ""
        return [], {"scale": f"none: {why}"}, [f"levels left out: {why}{hint}"]
    rows = save_levels(levels, rec, subject, folder, escalation.__version__)
    return rows, {"scale": "; ".join(map(repr, subject.scales))}, []


def _write_codebook(rows: list[ManifestRow], folder: Path) -> ManifestRow:
    """Write what each column of the CSV files of this dossier means."""
    frame = codebook_frame()
    stems = {Path(row.path).stem for row in rows if row.path.endswith(".csv")}
    return write_if_changed(folder / "codebook.csv", numbers_csv(frame[frame["file"].isin(stems).to_numpy()]))


def _versions() -> dict[str, str]:
    """Return the versions of what can move a digit or a pixel; of Python the minor version is enough."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"escalation": escalation.__version__, "python": python} | {name: version(name) for name in _PACKAGES}


def _digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a dossier that is in the folder already."""
    paths = (folder / name for name in _NAMES)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def _compared(rows: list[ManifestRow], before: dict[str, str]) -> tuple[BuiltFile, ...]:
    """Say of each file whether its bytes are new."""
    files = [(Path(row.path).name, row) for row in rows]
    return tuple(
        BuiltFile(name, "unchanged" if before.get(name) == row.sha256 else "wrote", row.sha256, row.bytes)
        for name, row in sorted(files)
    )
