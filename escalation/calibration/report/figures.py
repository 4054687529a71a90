"""The figures of the calibration study, from its frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from escalation.calibration.report.alarmsfigure import draw_alarms
from escalation.calibration.report.coveragefigure import draw_coverage
from escalation.calibration.report.page import Drawing
from escalation.calibration.report.rankfigure import draw_ranks
from escalation.calibration.report.realfigure import draw_real
from escalation.charts import ManifestRow, save_figure

__all__ = ["FIGURES", "draw_figures", "save_figures"]

#: Name of each figure: the frames it needs, in the order in which its function takes them.
FIGURES: dict[str, tuple[Callable[..., Drawing], tuple[str, ...]]] = {
    "sbc": (draw_ranks, ("sbc_ranks", "sbc")),
    "coverage": (draw_coverage, ("worlds",)),
    "alarms": (draw_alarms, ("alarms", "power")),
    "real": (draw_real, ("real", "real_summary")),
}


def draw_figures(frames: Mapping[str, pd.DataFrame], *, source: str) -> dict[str, Drawing]:
    """Draw every figure whose frames are there and have rows.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        As for `escalation.calibration.report.write_report`.
    source : str
        Credit line of each figure.

    Returns
    -------
    dict of str to Drawing
        By name.

    Examples
    --------
    >>> worlds = pd.DataFrame({"world": ["step", "pause"], "voice": "exact", "series": 200, "rate": [0.9, 0.8],
    ...                        "rate_se": 0.01, "total": 0.93, "total_se": 0.01})
    >>> list(draw_figures({"worlds": worlds}, source="made up"))
    ['coverage']
    """
    return {
        name: draw(*(frames[frame] for frame in needed), source=source)
        for name, (draw, needed) in FIGURES.items()
        if all(frame in frames and len(frames[frame]) for frame in needed)
    }


def save_figures(drawings: Mapping[str, Drawing], folder: Path) -> list[ManifestRow]:
    """Write figures as ``figure-<name>`` in SVG, PNG, CSV and TXT into a folder that exists.

    The prefix keeps the numbers of a figure apart from the frame of the same name.
    """
    return [
        row
        for name, one in drawings.items()
        for row in save_figure(one.fig, folder / f"figure-{name}", numbers=one.numbers, alt=one.alt, title=one.title)
    ]
