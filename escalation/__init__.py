"""Incident-count series, rate changes and an ordinal scale from reported cumulative totals.

Examples
--------
>>> import escalation as esc
>>> case = esc.load_case("five-documents")
>>> rec = esc.reconstruct(case, models="fast", draws=200)
>>> rec.changes.verdict
'the reports cannot tell'
"""

from escalation.changes.find import find_changes
from escalation.changes.monitor import Monitor
from escalation.changes.result import Changes
from escalation.lattice.prior import Prior
from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case, CaseError, Problem, check_case, list_cases, load_case, read_case
from escalation.scale.levels import DEFAULT_SCALE, EscalationScale

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_SCALE",
    "Case",
    "CaseError",
    "Changes",
    "EscalationScale",
    "Monitor",
    "Prior",
    "Problem",
    "Reading",
    "Reconstruction",
    "check_case",
    "find_changes",
    "list_cases",
    "load_case",
    "read_case",
    "reconstruct",
]
