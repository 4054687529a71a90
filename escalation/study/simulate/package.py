"""A simulated case as a data package: its declaration, and its files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from escalation.records.case import Case
from escalation.records.declaration import PACKAGE
from escalation.records.tables import TABLES, Column, Table
from escalation.study.simulate.tables import UNIT
from escalation.study.simulate.truth import OFFICIAL

__all__ = ["declare", "describe", "write_package"]

_KINDS = {"date": "date", "integer": "integer", "boolean": "boolean"}
_GRADES = ("source_reliability", "information_credibility")


def declare(scope: str, dates: pd.DatetimeIndex, words: Sequence[str], said: str) -> dict[str, Any]:
    """Return the content of ``datapackage.json``.

    Parameters
    ----------
    scope
        Scope of the main series.
    dates
        The days, shape (T,).
    words
        Weapons of one's own from low to high; none for those of the default scale.
    said
        How the case was simulated, in a sentence.
    """
    block: dict[str, Any] = {
        "main_series": {"counter": OFFICIAL, "unit": UNIT, "scope": scope},
        "window": [f"{dates[0]:%Y-%m-%d}", f"{dates[-1]:%Y-%m-%d}"],
        "source_line": "escalation, simulated case",
    }
    if words:
        block["scale"] = {"levels": list(words), "basis": "the order given to the simulation"}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "simulated", "title": "Simulated case", "description": said,
        "resources": [_resource(table) for table in TABLES],
        "escalation": block,
    }  # fmt: skip


def _resource(table: Table) -> dict[str, Any]:
    return {
        "name": table.name, "path": table.file, "type": "table", "format": "csv", "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(table, column) for column in table.columns],
            "missingValues": [""], "primaryKey": [table.key], **_foreign(table),
        },
    }  # fmt: skip


def _field(table: Table, column: Column) -> dict[str, Any]:
    rules: dict[str, Any] = {"required": True} if column.filled else {}
    rules |= {"unique": True} if column.name == table.key else {}
    # A set is several words in one cell, which an enum would refuse.
    rules |= {"enum": list(column.allowed)} if column.kind == "enum" else {}
    rules |= {"minimum": 0} if column.kind == "integer" else {}
    ordered = {"categories": list(column.allowed), "categoriesOrdered": True} if column.name in _GRADES else {}
    kind = {"name": column.name, "type": _KINDS.get(column.kind, "string"), "description": column.help}
    return {**kind, **ordered, **({"constraints": rules} if rules else {})}


def _foreign(table: Table) -> dict[str, Any]:
    """Return the references of single cells to sources; of its own table a reference names no resource."""
    keys = [
        {"fields": [c.name], "reference": {"fields": ["source_id"]} if c.refers == table.name
         else {"resource": c.refers, "fields": ["source_id"]}}
        for c in table.columns if c.refers and c.kind == "id"
    ]  # fmt: skip
    return {"foreignKeys": keys} if keys else {}


def write_package(case: Case, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a case as a folder that `read_case` reads; see `Simulated.write`."""
    given: Any = folder
    if not isinstance(given, (str, PathLike)) or not str(given).strip():
        raise ValueError(f"folder must be the path of a folder, such as 'simulated'; got {folder!r}")
    folder = Path(folder)
    blocking = [part for part in (folder, *folder.parents) if part.exists() and not part.is_dir()]
    if blocking:
        raise NotADirectoryError(f"{blocking[0]} is a file, and a case is a folder of files: choose another path")
    names = [PACKAGE, *(table.file for table in TABLES)]
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise FileExistsError(f"{folder} already has {', '.join(there)}: choose another folder, or overwrite=True")
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(case.meta), indent=2, ensure_ascii=False)
    (folder / PACKAGE).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    for table in TABLES:
        frame = getattr(case, table.name)[list(table.names)]
        with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.names)
            writer.writerows([[_cell(value) for value in row] for row in frame.astype("object").to_numpy()])
    return folder


def _cell(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def describe(options: Mapping[str, Any]) -> str:
    """Say in a sentence how a case was simulated.

    Examples
    --------
    >>> describe({"days": 9, "scopes": None, "rate": [1, 2]})
    'Simulated by escalation with days=9, rate=[1, 2].'
    """
    said = {name: _plain(value) for name, value in options.items() if value is not None}
    return "Simulated by escalation with " + ", ".join(f"{name}={value!r}" for name, value in said.items()) + "."


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
