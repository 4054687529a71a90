"""What a dossier is about: the words and tables beside a reconstruction, from a case or from a single file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from escalation.records import Case
from escalation.records.tables import TABLES
from escalation.scale.levels import COARSE_SCALE, DEFAULT_SCALE, EscalationScale
from escalation.study.scales import scales_of

__all__ = ["Subject"]

_PACKAGE = "datapackage.json"
_SAME_IN_PLURAL = {"injured", "killed", "wounded"}


def _incidents() -> pd.DataFrame:
    return pd.DataFrame({"date": [], "date_end": [], "weapons": [], "confirmed": [], "claimed": []})


def _interventions() -> pd.DataFrame:
    return pd.DataFrame({"date": [], "date_end": [], "actor": [], "kind": [], "target": [], "notes": []})


@dataclass(frozen=True)
class Subject:
    """The words and tables that stand beside a reconstruction in a dossier.

    Parameters
    ----------
    name, title : str
        A short name, and what readers see.
    source_line : str
        Credit line of the figure.
    unit : str, default "incident"
        What is counted, in the singular.
    series : str, default ""
        Counter and scope in words.
    incidents, interventions : DataFrame
        With the columns of a case; may have no rows.
    described : bool, default False
        Whether incidents are part of the subject at all: a file of reports has none to show, a case may have none.
    inputs : mapping of str to str
        Name and SHA-256 of every file that was read.
    scales : tuple of EscalationScale
        The orders of weapons, the one that is drawn first: those a case declares, else the default one and the coarser
        one.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> Subject.of_case(load_case("five-documents")).units
    'attacks'
    """

    name: str
    title: str
    source_line: str
    unit: str = "incident"
    series: str = ""
    incidents: pd.DataFrame = field(default_factory=_incidents, repr=False)
    interventions: pd.DataFrame = field(default_factory=_interventions, repr=False)
    described: bool = False
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scales: tuple[EscalationScale, ...] = (DEFAULT_SCALE, COARSE_SCALE)

    @property
    def units(self) -> str:
        """The unit in the plural."""
        words = self.unit.replace("_", " ")
        return words if words in _SAME_IN_PLURAL or words.endswith("s") else f"{words}s"

    @classmethod
    def of_case(cls, case: Case) -> Subject:
        """Return the subject of a case: its main series with its incidents and interventions."""
        main = case.main
        first, *others = main["scope"]
        scope = f"{first} (with {', '.join(others)})" if others else first
        names = [_PACKAGE, *(table.file for table in TABLES)]
        paths = [path for path in (case.folder / name for name in names) if path.is_file()]
        return cls(
            case.name,
            case.title,
            case.source_line,
            main["unit"],
            f"counter {main['counter']}, {scope}",
            case.incidents,
            case.interventions,
            described=len(case.incidents) > 0,
            inputs=digests(paths),
            scales=scales_of(case),
        )

    @classmethod
    def of_file(cls, path: Path, reports: pd.DataFrame) -> Subject:
        """Return the subject of a single file of reports; `reports` are those that belong to the series."""
        said = {
            name: [str(v) for v in pd.unique(reports[name].dropna())] if name in reports else []
            for name in ("counter", "unit", "scope")
        }
        parts = [f"counter {' or '.join(said['counter'])}" if said["counter"] else "", ", ".join(said["scope"])]
        unit = said["unit"][0] if len(said["unit"]) == 1 else "incident"
        return cls(
            path.stem,
            path.name,
            f"Reports: {path.name}",
            unit,
            ", ".join(filter(None, parts)),
            inputs=digests([path]),
        )


def digests(paths: list[Path]) -> Mapping[str, str]:
    """Return the SHA-256 of each file by its name alone, so that no folder of a machine is published."""
    return MappingProxyType({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})
