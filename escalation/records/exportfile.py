"""Read a file that an event data provider exported: the cells of the columns needed, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from escalation.records.problems import CaseError, Problem
from escalation.records.tables import like

__all__ = ["Export", "ExportError", "dates_of", "day_of", "read_export"]

_DELIMITERS = ",;"
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_WORDS = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})")
# Not strptime: its names of months follow the reader's locale.
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# Days that every resolution of pandas can hold.
_YEARS = range(1700, 2200)


class ExportError(CaseError):
    """An export cannot be read.

    Parameters
    ----------
    problems : iterable of Problem
        All that is wrong, kept in `problems`; the message prints the first 50.
    file : str, default ""
        The file, for the message.
    """

    def __init__(self, problems: Iterable[Problem], file: str = "") -> None:
        super().__init__(problems, file)
        self.args = (str(self).replace("case folder", "export", 1),)

    def __reduce__(self) -> tuple[type[ExportError], tuple[tuple[Problem, ...], str]]:
        return ExportError, (self.problems, self.folder)


@dataclass(frozen=True)
class Export:
    """The text of some columns of an export.

    Parameters
    ----------
    file : str
        The name of the file.
    rows : list of int
        The line of each row as a spreadsheet numbers it, the header being 1.
    columns : dict of str to list of str
        The cells of each column, trimmed.
    problems : tuple of Problem
        Rows that could not be taken apart; they are not among `rows`.
    """

    file: str
    rows: list[int]
    columns: dict[str, list[str]]
    problems: tuple[Problem, ...]

    def unreadable(self, column: str, accepts: Callable[[str], bool], expected: str) -> list[Problem]:
        """Name the cells of a column that are not accepted."""
        cells = self.columns[column]
        wrong = {cell for cell in set(cells) if not accepts(cell)}
        return [
            Problem(self.file, row, column, cell, expected)
            for row, cell in zip(self.rows, cells, strict=True)
            if cell in wrong
        ]

    def repeated(self, column: str) -> list[Problem]:
        """Name the identifiers that are empty or used twice."""
        found, first = [], dict[str, int]()
        for row, cell in zip(self.rows, self.columns[column], strict=True):
            if not cell:
                found.append(Problem(self.file, row, column, cell, "an identifier"))
            elif first.setdefault(cell, row) != row:
                expected = f"an identifier used once (first in row {first[cell]})"
                found.append(Problem(self.file, row, column, cell, expected))
        return found


def read_export(path: str | Path, needed: Sequence[str], optional: Sequence[str] = ()) -> Export:
    """Read the columns of an export; commas or semicolons between cells, UTF-8 with or without a mark.

    Parameters
    ----------
    path : str or Path
        The file.
    needed, optional : sequence of str
        Columns, in lower case; the header may be in capitals. An optional column that is not there is left out.

    Raises
    ------
    ExportError
        If the file, its text or a needed column is not there.
    """
    path = Path(path)
    text = _text(path)
    delimiter, header = _header(path, text, needed)
    names = [*needed, *(name for name in optional if name in header)]
    pick = itemgetter(*(header.index(name) for name in names), 0)  # 0: with one name it would not be a tuple
    rows: list[int] = []
    cells: list[tuple[str, ...]] = []
    bad: list[Problem] = []
    # Strict: otherwise a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for row, line in enumerate(reader, start=1):
            if row == 1 or not line:
                continue
            if len(line) != len(header):
                expected = (
                    f"{len(header)} cells as in the header (a {delimiter!r} inside a text needs quotes around it)"
                )
                bad.append(Problem(path.name, row, None, f"{len(line)} cells", expected))
            else:
                rows.append(row)
                cells.append(pick(line))
    except csv.Error as error:
        bad.append(Problem(path.name, row + 1, None, None, _expected(error)))
    columns = {name: [cell[i].strip() for cell in cells] for i, name in enumerate(names)}
    return Export(path.name, rows, columns, tuple(bad))


def _text(path: Path) -> str:
    """Return the text of a file."""
    if not path.is_file():
        raise ExportError([Problem(str(path), None, None, None, "a CSV file at this path")], str(path))
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row, found = _row(raw, error.start), repr(raw[error.start : error.start + 1])[2:-1]
        expected = "text in UTF-8 (save it as 'CSV UTF-8')"
        raise ExportError([Problem(path.name, row, None, found, expected)], str(path)) from None
    if "\0" in text:
        raise ExportError(
            [Problem(path.name, _row(raw, raw.index(b"\0")), None, "\0", "a CSV file, not a spreadsheet or archive")],
            str(path),
        )
    return text


def _row(raw: bytes, place: int) -> int:
    """Return the line of a place; lines end with LF, CR LF or CR."""
    return len((raw[:place] + b".").splitlines())


def _expected(error: csv.Error) -> str:
    """Say what is needed where the reader gave up."""
    if "field larger" not in str(error):
        return f"cells with closed quotes ({error})"
    return f"cells of at most {csv.field_size_limit():,} characters (a quote that is never closed makes one longer)"


def _header(path: Path, text: str, needed: Sequence[str]) -> tuple[str, list[str]]:
    """Return the delimiter under which most needed columns are found, and the names of all columns."""
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    try:
        cells = {mark: next(csv.reader([line], delimiter=mark), []) for mark in _DELIMITERS}
    except csv.Error as error:
        raise ExportError([Problem(path.name, 1, None, None, _expected(error))], str(path)) from None
    read = {mark: [name.strip().lower() for name in names] for mark, names in cells.items()}
    delimiter = max(_DELIMITERS, key=lambda mark: len(set(needed) & set(read[mark])))
    header = read[delimiter]
    bad = []
    for name in needed:
        slip = like(name, [other for other in header if other not in needed])
        if name not in header:
            bad.append(Problem(path.name, 1, name, slip, "a column of this name"))
        elif header.count(name) > 1:
            bad.append(Problem(path.name, 1, name, name, "each column name once"))
    if bad:
        raise ExportError(bad, str(path))
    return delimiter, header


def day_of(cell: str) -> date | None:
    """Read a day as the providers write it; None if it is none, or if day and month cannot be told apart.

    Examples
    --------
    >>> day_of("2024-01-05 00:00:00.000"), day_of("5 January 2024") == day_of("05-Jan-2024")
    (datetime.date(2024, 1, 5), True)
    >>> day_of("05/01/2024") is None
    True
    """
    if found := _ISO.fullmatch(cell):
        year, month, day = (int(part) for part in found.groups())
    elif found := _WORDS.fullmatch(cell):
        word = found[2].lower()
        month = next((i for i, name in enumerate(_MONTHS, 1) if word in (name, name[:3])), 0)
        year, day = int(found[3]), int(found[1])
    else:
        return None
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def dates_of(cells: Sequence[str]) -> pd.Series[Any]:
    """Return readable days as dates of pandas."""
    iso = {cell: f"{day_of(cell)}" for cell in set(cells)}
    return pd.to_datetime(pd.Series([iso[cell] for cell in cells], dtype="object"), format="%Y-%m-%d")
