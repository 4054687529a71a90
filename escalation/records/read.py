"""Read a case folder into typed tables, or name everything that is wrong with it at once.

Cells are read as text, checked against `tables`, and only then given a type: nothing is coerced or dropped.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from escalation.records.case import Case
from escalation.records.checks import (
    Sheet,
    cell_problems,
    cycle_problems,
    header_problems,
    key_problems,
    parents_of,
    reference_problems,
    roots_of,
)
from escalation.records.declaration import PACKAGE, series_problems, shape_problems
from escalation.records.problems import CaseError, Problem
from escalation.records.tables import REPORTS, SOURCES, TABLES, Column, Table

__all__ = ["check_case", "read_case"]


def read_case(folder: str | Path) -> Case:
    """Read a case from its folder.

    The folder holds ``datapackage.json``, ``reports.csv``, ``sources.csv`` and, if there are such,
    ``incidents.csv`` and ``interventions.csv``.

    Parameters
    ----------
    folder : str or Path
        The folder.

    Returns
    -------
    Case
        All rows of all files, typed.

    Raises
    ------
    CaseError
        If anything is wrong; it lists every problem as file, row, column, value and what is expected.

    Warns
    -----
    UserWarning
        If an unknown column may be a slip of an optional one that is missing. It is kept as it is.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> read_case(load_case("iraq-syria-2023").folder).name
    'iraq-syria-2023'
    """
    folder = Path(folder)
    meta, sheets, problems = _examine(folder)
    if problems:
        raise CaseError(problems, str(folder))
    frames = {sheet.table.name: _frame(sheet) for sheet in sheets.values()}
    roots = roots_of(parents_of(sheets["sources"]))
    derived = pd.Series([roots[source] for source in frames["reports"]["source_id"]], dtype="string")
    frames["reports"].insert(len(REPORTS.columns), "derived_from", derived)
    name = str(meta.get("name", folder.resolve().name))
    return Case(name, str(meta.get("title", name)), folder, **frames, meta=MappingProxyType(meta))


def check_case(folder: str | Path) -> tuple[Problem, ...]:
    """List everything that is wrong with a case folder.

    Parameters
    ----------
    folder : str or Path
        The folder.

    Returns
    -------
    tuple of Problem
        By file and row; empty if the case can be read.

    Examples
    --------
    >>> for problem in check_case("no-such-folder"):
    ...     print(problem)
    no-such-folder: expected a folder with datapackage.json, reports.csv and sources.csv
    """
    return _examine(Path(folder))[2]


def _examine(folder: Path) -> tuple[dict[str, Any], dict[str, Sheet], tuple[Problem, ...]]:
    """Read everything and collect all problems; what could not be read is left out of the first two."""
    if not folder.is_dir():
        what = f"a folder with {PACKAGE}, {REPORTS.file} and {SOURCES.file}"
        return {}, {}, (Problem(str(folder), None, None, None, what),)
    problems: list[Problem] = []
    meta = _read_meta(folder, problems)
    read = {table.name: _read_sheet(folder, table, problems) for table in TABLES}
    sheets = {name: sheet for name, sheet in read.items() if sheet is not None}
    for sheet in sheets.values():
        problems += header_problems(sheet)
        problems += cell_problems(sheet, meta or {})
        problems += key_problems(sheet)
        problems += reference_problems(sheet, sheets.get("sources"))
    if "sources" in sheets:
        problems += cycle_problems(sheets["sources"])
    if meta is not None:
        shape = shape_problems(meta)
        problems += shape
        if "reports" in sheets and not shape:
            problems += series_problems(meta["escalation"], sheets["reports"])
    files = [PACKAGE, *(table.file for table in TABLES)]
    return meta or {}, sheets, tuple(sorted(problems, key=lambda p: (files.index(p.file), p.row or 0)))


def _read_text(path: Path, problems: list[Problem], needed: bool) -> str | None:
    """Return the text of a file, or None with the problem noted."""
    if not path.is_file():
        if needed or path.exists():
            problems.append(Problem(path.name, None, None, None, "a file of this name in the folder"))
        return None
    raw = path.read_bytes()
    expected = "text in UTF-8" + (" (save it as 'CSV UTF-8')" if path.suffix == ".csv" else "")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        found = repr(raw[error.start : error.start + 1])[2:-1]
        problems.append(Problem(path.name, row, None, found, expected))
        return None
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        problems.append(Problem(path.name, row, None, "\0", expected))
        return None
    return text


def _read_meta(folder: Path, problems: list[Problem]) -> dict[str, Any] | None:
    text = _read_text(folder / PACKAGE, problems, needed=True)
    if text is None:
        return None
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        row = error.lineno if isinstance(error, json.JSONDecodeError) else None
        problems.append(Problem(PACKAGE, row, None, None, f"valid JSON ({error})"))
        return None
    if not isinstance(meta, dict):
        problems.append(Problem(PACKAGE, None, None, text.strip(), "a JSON object, {…}"))
        return None
    return meta


def _read_sheet(folder: Path, table: Table, problems: list[Problem]) -> Sheet | None:
    path = folder / table.file
    if not table.needed and not path.exists():
        return Sheet(table, table.names)
    text = _read_text(path, problems, needed=True)
    if text is None:
        return None
    # Strict: otherwise a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        rows.extend((row, tuple(cells)) for row, cells in enumerate(reader, start=1) if cells)
    except csv.Error as error:
        row = rows[-1][0] + 1 if rows else 1
        problems.append(Problem(table.file, row, None, None, f"comma-separated cells with closed quotes ({error})"))
        return None
    if not rows or (len(rows[0][1]) == 1 and set(rows[0][1][0]) & set(";\t")):
        found = rows[0][1][0] if rows else None
        problems.append(Problem(table.file, 1, None, found, f"a header line with commas: {','.join(table.names)}"))
        return None
    return _even(table, rows[0][1], rows[1:], problems)


def _even(
    table: Table, header: tuple[str, ...], rows: list[tuple[int, tuple[str, ...]]], problems: list[Problem]
) -> Sheet:
    """Set aside the rows that are empty or not as long as the header, each with its problem."""
    good, stray, n = [], set[str](), len(header)
    for row, cells in rows:
        if not any(cells):
            problems.append(Problem(table.file, row, None, "", "a row with values; remove the empty row"))
        elif len(cells) != n:
            what = f"{n} cells as in the header (a comma inside a text needs quotes around it)"
            problems.append(Problem(table.file, row, None, f"{len(cells)} cells", what))
            stray |= set(cells)
        else:
            good.append((row, cells))
    return Sheet(table, header, tuple(good), frozenset(stray))


def _frame(sheet: Sheet) -> pd.DataFrame:
    """Give every column its type: the declared ones first, then the others as text."""
    n, columns = len(sheet.rows), list(sheet.table.columns)
    columns += [Column(name, "text", "any text") for name in sheet.header if name not in sheet.table.names]
    data = {
        column.name: _typed(column, [cell for _, cell in sheet.cells(column.name)] or [""] * n) for column in columns
    }
    return pd.DataFrame(data, index=pd.RangeIndex(n))


def _typed(column: Column, cells: list[str]) -> pd.Series[Any]:
    values = [column.value(cell) for cell in cells]
    if column.kind == "date":
        # A day that is always there makes pandas choose the resolution that it chooses for dates elsewhere.
        days = pd.to_datetime(pd.Series([*values, "2000-01-01"], dtype="object"), format="%Y-%m-%d")
        return pd.Series(days.iloc[:-1])
    if column.kind == "integer":
        return pd.Series(values, dtype=pd.Int64Dtype())
    return pd.Series(values, dtype=pd.BooleanDtype() if column.kind == "boolean" else pd.StringDtype())
