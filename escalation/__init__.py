"""Incident-count series, rate changes and an ordinal scale from reported cumulative totals.

Examples
--------
>>> import escalation as esc
>>> case = esc.load_case("five-documents")
>>> rec = esc.reconstruct(case, models="fast", draws=200)
>>> rec.changes.verdict
'the reports cannot tell'
"""

from escalation.changes.effects.result import Effects
from escalation.changes.find import find_changes
from escalation.changes.monitor import Monitor
from escalation.changes.result import Changes
from escalation.changes.scan.scan import Scan, scan
from escalation.changes.segment.crops import SegmentationPath
from escalation.changes.segment.segment import segment
from escalation.changes.segment.segmentation import Segmentation
from escalation.lattice.prior import Prior
from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.effects import effects
from escalation.reconstruct.pairing import pairing
from escalation.reconstruct.pairingresult import Pairing
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case, CaseError, Problem, check_case, list_cases, load_case, read_case
from escalation.records.acled import read_acled
from escalation.records.exportfile import ExportError
from escalation.records.exports import Events
from escalation.records.ucdp import read_ucdp_ged
from escalation.scale.bounds import Bounds, share_bounds
from escalation.scale.level import Level
from escalation.scale.levels import COARSE_SCALE, DEFAULT_SCALE, EscalationScale
from escalation.scale.trend import scale_trend
from escalation.scale.trendresult import ScaleTrend
from escalation.study.choices import Choices
from escalation.study.counters.compare import compare_counters
from escalation.study.counters.result import CounterComparison
from escalation.study.panel.panel import panel
from escalation.study.panel.result import Panel
from escalation.study.power.power import power
from escalation.study.power.powerresult import Power
from escalation.study.replay.replay import replay
from escalation.study.replay.result import Replay
from escalation.study.sensitivity import sensitivity
from escalation.study.sensitivityresult import Sensitivity
from escalation.study.simulate.simulate import simulate
from escalation.study.simulate.simulated import Simulated
from escalation.study.study import Study, study

__version__ = "0.1.0"

__all__ = [
    "COARSE_SCALE",
    "DEFAULT_SCALE",
    "Bounds",
    "Case",
    "CaseError",
    "Changes",
    "Choices",
    "CounterComparison",
    "Effects",
    "EscalationScale",
    "Events",
    "ExportError",
    "Level",
    "Monitor",
    "Pairing",
    "Panel",
    "Power",
    "Prior",
    "Problem",
    "Reading",
    "Reconstruction",
    "Replay",
    "ScaleTrend",
    "Scan",
    "Segmentation",
    "SegmentationPath",
    "Sensitivity",
    "Simulated",
    "Study",
    "check_case",
    "compare_counters",
    "effects",
    "find_changes",
    "list_cases",
    "load_case",
    "pairing",
    "panel",
    "power",
    "read_acled",
    "read_case",
    "read_ucdp_ged",
    "reconstruct",
    "replay",
    "scale_trend",
    "scan",
    "segment",
    "sensitivity",
    "share_bounds",
    "simulate",
    "study",
]
