"""Reports from a single CSV file, without a case around them."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from escalation.records import Problem
from escalation.records.tables import REPORTS, like

__all__ = ["read_reports"]

Rows = list[tuple[int, list[str]]]

_NEEDED = ("as_of", "count")
_CHECKED = (*_NEEDED, "as_of_precision", "published", "count_high", "bound", "since")
#: Names that other tables give to the needed columns. They are hints in an error and never taken silently.
_OTHER_NAMES = {
    "as_of": ("date", "asof", "as of", "day", "datum", "reported"),
    "count": ("total", "n", "cumulative", "attacks", "number", "value", "counts"),
}


def read_reports(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a CSV file of reports: at least ``as_of`` and ``count``.

    Parameters
    ----------
    path : path-like
        UTF-8, commas, one header line, dates YYYY-MM-DD. Every column of a case's ``reports.csv`` may be there.

    Returns
    -------
    DataFrame
        All cells as text, empty ones missing, for `reconstruct`. The index `row` is the row in the file, the
        header being 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a file; all problems at once, by row and column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "totals.csv"
    ...     _ = path.write_text("as_of,count\n2024-01-10,10\n2024-01-15,14\n")
    ...     read_reports(path)["count"].to_dict()
    {2: '10', 3: '14'}
    """
    path = Path(path)
    header, rows = _table(path.name, _text(path))
    even = [(row, cells) for row, cells in rows if len(cells) == len(header)]
    problems = [*_columns(path.name, header), *_ragged(path.name, header, rows), *_cells(path.name, header, even)]
    if problems:
        raise ValueError(_said(path.name, problems))
    index = pd.Index([row for row, _ in rows], name="row")
    cells = [[cell or None for cell in cells] for _, cells in rows]
    return pd.DataFrame(cells, index=index, columns=header, dtype="string")


def _said(file: str, problems: list[Problem]) -> str:
    """Return one message for all problems; the first 50 in words."""
    if len(problems) == 1:
        return str(problems[0])
    lines = [f"{file} has {len(problems)} problems:", *map(str, problems[:50])]
    return "\n  ".join(lines + [f"… and {len(problems) - 50} more"] * (len(problems) > 50))


def _text(path: Path) -> str:
    """Return the text of a file, or say what it is instead."""
    if path.is_dir():
        raise ValueError(f"{path.name} is a folder; needed is one CSV file of reports")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {os.fspath(path)!r}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not text in UTF-8 ({error.reason} at byte {error.start})") from error
    if "\0" in text:
        raise ValueError(f"{path.name} is not a text file: it holds NUL characters")
    return text


def _table(file: str, text: str) -> tuple[list[str], Rows]:
    """Split a text into header and numbered rows; blank lines count, as in a spreadsheet."""
    # Strict: otherwise a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: Rows = []
    try:
        rows.extend((row, cells) for row, cells in enumerate(reader, start=1) if cells)
    except csv.Error as error:
        at = rows[-1][0] + 1 if rows else 1
        raise ValueError(f"{file}, row {at}: expected comma-separated cells with closed quotes ({error})") from error
    if not rows:
        raise ValueError(f"{file} is empty; needed is a header line with as_of and count, and rows below it")
    (_, header), *rest = rows
    if len(header) == 1 and set(header[0]) & set(";\t"):
        raise ValueError(f"{file}, row 1: cells must be separated by commas; found {header[0][:60]!r}")
    if not rest:
        raise ValueError(f"{file} has a header line and no rows; at least one report is needed")
    return header, rest


def _columns(file: str, header: list[str]) -> Iterator[Problem]:
    """Find needed columns that are missing, and names that stand twice."""
    for name in _NEEDED:
        if name not in header:
            meant = next((h for h in header if h.strip().lower() in _OTHER_NAMES[name] or like(h, [name])), None)
            hint = f" (if {meant!r} is meant, rename it to {name!r})" if meant else ""
            yield Problem(file, 1, name, ",".join(header), f"a column of this name{hint}")
    for at, name in enumerate(header):
        if name in header[:at]:
            yield Problem(file, 1, name, name, "each column name once")


def _ragged(file: str, header: list[str], rows: Rows) -> Iterator[Problem]:
    """Find rows that are not as long as the header."""
    what = f"{len(header)} cells as in the header (a comma inside a text needs quotes around it)"
    for row, cells in rows:
        if len(cells) != len(header):
            yield Problem(file, row, None, f"{len(cells)} cells", what)


def _cells(file: str, header: list[str], rows: Rows) -> Iterator[Problem]:
    """Find cells that cannot be read as a case would read them; an empty bound means exact."""
    columns = [column for column in REPORTS.columns if column.name in _CHECKED and column.name in header]
    for row, cells in rows:
        # Reversed, so that the first of two columns of one name is the one that counts.
        found = dict(zip(reversed(header), reversed(cells), strict=True))
        dozens = found.get("bound") == "dozens"
        for column in columns:
            cell = found[column.name]
            # Programs that know no missing whole number write 99 as 99.0.
            bare = re.sub(r"\.0+$", "", cell) if column.kind == "integer" else cell
            free = cell in ("", "dozens") if column.name == "bound" else dozens and column.name == "count"
            if not free and not column.accepts(bare):
                yield Problem(file, row, column.name, cell, column.expected(cell))
