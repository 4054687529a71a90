"""The overview figure of a reconstruction: totals, rate and, for a case, its incidents."""

from __future__ import annotations

from matplotlib.figure import Figure

from escalation.charts import overview
from escalation.reconstruct.result import Reconstruction
from escalation.study.overview.frames import Frames
from escalation.study.overview.subject import Subject
from escalation.study.overview.wording import finding, headings

__all__ = ["draw_overview"]


def draw_overview(rec: Reconstruction, subject: Subject, frames: Frames, version: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    rec : Reconstruction
        The reconstruction.
    subject : Subject
        Its words.
    frames : Frames
        Its numbers, from `frames_of`.
    version : str
        Of this package, for the source line.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels, or two if the subject has no incidents at all.
    """
    return overview(
        frames.reports,
        rec.cumulative,
        rec.rate,
        frames.changes,
        frames.interventions,
        frames.drawn if subject.described else None,
        frames.lanes,
        source=f"{subject.source_line}; drawn with escalation {version}",
        note=finding(rec),
        headings=headings(rec, subject, frames),
        window=(rec.dates[0], rec.dates[-1]),
        prob=rec.prob,
        size=(10.0, 11.5 if subject.described else 7.5),
    )
