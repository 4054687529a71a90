"""The report of the study: tables, figures, and which targets are met."""

from escalation.calibration.report.readme import Settings
from escalation.calibration.report.write import CalibrationReport, write_report

__all__ = ["CalibrationReport", "Settings", "write_report"]
