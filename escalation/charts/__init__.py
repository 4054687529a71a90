"""Figures: arrays and frames in, axes out. Nothing here knows cases, models or scales.

Panels draw on axes they are given; `overview` and `escalating` put several on one time axis; `save_figure` writes a
figure beside its numbers and its words.
"""

from escalation.charts.boxes import text_boxes_clear
from escalation.charts.canvas import new_axes
from escalation.charts.counts import counts_panel
from escalation.charts.effects import effects_panel
from escalation.charts.escalating import escalating
from escalation.charts.incidents import lane_counts
from escalation.charts.lanes import lanes_panel
from escalation.charts.munitions import munitions_panel
from escalation.charts.overview import HEADINGS, overview
from escalation.charts.panels import cumulative_panel, rate_panel
from escalation.charts.save import ManifestRow, save_figure, write_if_changed, write_manifest
from escalation.charts.shares import shares_panel
from escalation.charts.style import STYLE, style

__all__ = [
    "HEADINGS",
    "STYLE",
    "ManifestRow",
    "counts_panel",
    "cumulative_panel",
    "effects_panel",
    "escalating",
    "lane_counts",
    "lanes_panel",
    "munitions_panel",
    "new_axes",
    "overview",
    "rate_panel",
    "save_figure",
    "shares_panel",
    "style",
    "text_boxes_clear",
    "write_if_changed",
    "write_manifest",
]
