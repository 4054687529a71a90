"""The overview figure of a dossier, with its numbers and its words beside it."""

from __future__ import annotations

from pathlib import Path

from escalation.charts import ManifestRow, save_figure
from escalation.reconstruct.result import Reconstruction
from escalation.study.overview.figure import draw_overview
from escalation.study.overview.frames import Frames
from escalation.study.overview.subject import Subject
from escalation.study.overview.wording import alt_text

__all__ = ["save_overview"]


def save_overview(
    rec: Reconstruction, subject: Subject, frames: Frames, folder: Path, version: str
) -> list[ManifestRow]:
    """Draw the figure and write it as ``overview`` in SVG, PNG, CSV and TXT."""
    return save_figure(
        draw_overview(rec, subject, frames, version),
        folder / "overview",
        numbers=frames.numbers(subject.described),
        alt=alt_text(rec, subject, frames),
        title=f"{subject.title}: overview",
    )
