"""Dossiers: what is written to disk about one reconstruction, byte for byte the same on every run."""

from escalation.dossier.build import BuildReport, BuiltFile, build, write_dossier
from escalation.dossier.loose import read_reports
from escalation.study.overview.subject import Subject

__all__ = ["BuildReport", "BuiltFile", "Subject", "build", "read_reports", "write_dossier"]
