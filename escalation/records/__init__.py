"""What was reported: the tables of a case, read and checked. No statistics."""

from escalation.records.bundled import list_cases, load_case
from escalation.records.case import Case
from escalation.records.problems import CaseError, Problem
from escalation.records.read import check_case, read_case

__all__ = ["Case", "CaseError", "Problem", "check_case", "list_cases", "load_case", "read_case"]
