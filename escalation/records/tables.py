"""The declared tables of a case: which columns there are and what each cell may hold. Knows no files.

A cell is text here, as it stands in a CSV file. An empty cell means "missing".
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Literal

__all__ = ["INCIDENTS", "INTERVENTIONS", "REPORTS", "SOURCES", "TABLES", "Column", "Table", "like"]

Kind = Literal["text", "date", "integer", "boolean", "enum", "set", "id", "ids"]
Value = str | int | bool | None

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"[0-9]{1,9}")
_ID = re.compile(r"[^\s;]+")
# Programs write these for "missing"; as an identifier they would silently join rows that have none.
_NOT_IDS = {"nan", "na", "n/a", "<na>", "nat", "none", "null"}
# Spreadsheets write TRUE and FALSE on saving, other programs True and False.
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
# Days that every resolution of pandas can hold.
_YEARS = range(1700, 2200)


def like(word: str, words: Collection[str]) -> str | None:
    """Return the one of `words` that `word` may be a slip of, or None.

    Examples
    --------
    >>> like("As-of", ["as_of", "count"])
    'as_of'
    >>> like("colour", ["as_of", "count"]) is None
    True
    """
    near = get_close_matches(word.strip().lower(), words, n=1, cutoff=0.8)
    return near[0] if near else None


def _is_date(cell: str) -> bool:
    if not _DATE.fullmatch(cell) or int(cell[:4]) not in _YEARS:
        return False
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _is_id(cell: str) -> bool:
    return _ID.fullmatch(cell) is not None and cell.lower() not in _NOT_IDS


def _are(cell: str, joint: str) -> bool:
    """Whether the parts of a joined cell are there, trimmed and different."""
    parts = cell.split(joint)
    return all(part and part == part.strip() for part in parts) and len(set(parts)) == len(parts)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        The name in the header line.
    kind : {"text", "date", "integer", "boolean", "enum", "set", "id", "ids"}
        How a cell is read: ``set`` is words joined by ``+``, ``ids`` identifiers joined by ``;``.
    help : str
        What is expected, in words that complete "expected …".
    required : bool, default False
        The column must be in the file. Its cells may still be empty.
    filled : bool, default False
        No cell may be empty. Needs `required`.
    allowed : tuple of str, default ()
        The words of an ``enum`` or ``set``; a set without them takes any word.
    opens : bool, default False
        A case may declare more words than `allowed`.
    refers : str, default ""
        The table whose key the cell names.
    at_least, at_most : str, default ""
        A column of the same row that this one must not be below, or not above.

    Examples
    --------
    >>> count = Column("count", "integer", "a whole number, 0 or more", required=True, filled=True)
    >>> count.accepts("13"), count.accepts("13.5"), count.accepts("")
    (True, False, False)
    >>> count.value("13")
    13
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    filled: bool = False
    allowed: tuple[str, ...] = ()
    opens: bool = False
    refers: str = ""
    at_least: str = ""
    at_most: str = ""

    def accepts(self, cell: str, more: Collection[str] = ()) -> bool:
        """Whether `cell` can be read; `more` are further allowed words."""
        if not cell:
            return not self.filled
        match self.kind:
            case "date":
                return _is_date(cell)
            case "integer":
                return _INTEGER.fullmatch(cell) is not None
            case "boolean":
                return cell in _BOOLEANS
            case "enum":
                return cell in self.allowed or cell in more
            case "set":
                known = not self.allowed or set(cell.split("+")) <= {*self.allowed, *more}
                return known and _are(cell, "+")
            case "id":
                return _is_id(cell)
            case "ids":
                return _are(cell, ";") and all(map(_is_id, cell.split(";")))
            case _:
                return bool(cell.strip()) or not self.filled

    def value(self, cell: str) -> Value:
        """Return an accepted cell as a Python value: text stays as it is, an empty cell is None."""
        if not cell:
            return None
        if self.kind == "integer":
            return int(cell)
        return _BOOLEANS[cell] if self.kind == "boolean" else cell

    def expected(self, cell: str = "", more: Collection[str] = ()) -> str:
        """Return what is expected, with a hint where `cell` is a slip of an allowed word."""
        words = [*self.allowed, *(word for word in more if word not in self.allowed)]
        near = like(cell, words) if self.kind == "enum" else None
        listed = f": {', '.join(words)}" if words else ""
        empty = "" if self.filled else "; empty if unknown"
        return f"{self.help}{listed}{empty}" + (f" (did you mean {near!r}?)" if near else "")


@dataclass(frozen=True)
class Table:
    """One table of a case; its first column is its key.

    Parameters
    ----------
    name : str
        The name of the table; its file is ``<name>.csv``.
    columns : tuple of Column
        In the order of the file.
    needed : bool, default False
        A case has this table. The others may be missing.

    Examples
    --------
    >>> REPORTS.file, REPORTS.key, len(REPORTS.columns)
    ('reports.csv', 'report_id', 16)
    """

    name: str
    columns: tuple[Column, ...]
    needed: bool = False

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.name}.csv"

    @property
    def key(self) -> str:
        """The column whose values identify a row."""
        return self.columns[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the file."""
        return tuple(column.name for column in self.columns)


def _key(name: str) -> Column:
    return Column(name, "id", "an identifier without spaces, used once in this table", True, True)


def _day(name: str, of: str, required: bool = False, at_least: str = "", at_most: str = "") -> Column:
    help_ = f"{of}, a date YYYY-MM-DD"
    return Column(name, "date", help_, required, required, at_least=at_least, at_most=at_most)


def _number(name: str, of: str, required: bool = False, at_least: str = "") -> Column:
    help_ = f"{of}, a whole number of 0 or more in digits alone"
    return Column(name, "integer", help_, required, required, at_least=at_least)


def _text(name: str, of: str, required: bool = False) -> Column:
    return Column(name, "text", of, required, required)


_WEAPONS = ("drone", "rocket", "ballistic_missile")
_BOUNDS = ("exact", "at_least", "more_than", "about", "up_to")
_SOURCE_IDS = Column("source_ids", "ids", "source_id of sources.csv, joined with ';'", refers="sources")
_NOTES = _text("notes", "any text")

#: One row per published statement of a cumulative total.
REPORTS = Table(
    "reports",
    (
        _key("report_id"),
        _text("counter", "who counts, a short name such as pentagon", True),
        Column(
            "unit",
            "enum",
            "what is counted, one of",
            True,
            True,
            ("attack", "injured", "claim", "munition"),
            True,
        ),
        Column("scope", "set", "places joined with '+', each once, such as Iraq+Syria", True, True),
        _day("as_of", "the day whose end the count describes", True, at_most="published"),
        Column("as_of_precision", "enum", "one of", allowed=("day", "approx")),
        _day("published", "the day of publication"),
        _number("count", "the reported total", True),
        _number("count_high", "the upper end of a reported range", at_least="count"),
        Column("bound", "enum", "how the count is to be read, one of", True, True, _BOUNDS),
        _day("since", "the day the count is said to start", at_most="as_of"),
        _text("since_text", "how the origin was worded"),
        _text("attribution", "who is quoted"),
        Column("source_id", "id", "a source_id of sources.csv", True, True, refers="sources"),
        Column("status", "enum", "one of", allowed=("current", "stale", "other", "excluded")),
        _NOTES,
    ),
    needed=True,
)

#: One row per individually described event.
INCIDENTS = Table(
    "incidents",
    (
        _key("incident_id"),
        _day("date", "the day, or the first possible day", True),
        _day("date_end", "the last possible day", at_least="date"),
        _text("place", "the place"),
        _text("country", "the country"),
        Column("weapons", "set", "words joined with '+', each once, from", True, False, _WEAPONS, True),
        _number("munitions_low", "the least number of munitions"),
        _number("munitions_high", "the largest number of munitions", at_least="munitions_low"),
        _number("intercepted", "the number of munitions intercepted"),
        Column("confirmed", "boolean", "true or false", True),
        Column("claimed", "boolean", "true or false", True),
        _text("claimed_by", "who claimed it"),
        _SOURCE_IDS,
        _NOTES,
    ),
)

#: One row per dated outside event whose association with the rate may be asked about.
INTERVENTIONS = Table(
    "interventions",
    (
        _key("intervention_id"),
        _day("date", "the day, or the first day", True),
        _day("date_end", "the last day", at_least="date"),
        _text("actor", "who acted"),
        _text("kind", "the kind of event, a short name such as airstrike", True),
        _text("target", "the target"),
        _SOURCE_IDS,
        _NOTES,
    ),
)

#: One row per page or document, and per root that others copy from.
SOURCES = Table(
    "sources",
    (
        _key("source_id"),
        _text("publisher", "who published it", True),
        _text("title_or_url", "the title or the address"),
        _day("published", "the day of publication"),
        Column("ai_generated", "boolean", "true or false"),
        Column("derived_from", "id", "the source_id of the source it copies from", refers="sources"),
        Column("source_reliability", "enum", "one of", allowed=tuple("ABCDEF")),
        Column("information_credibility", "enum", "one of", allowed=tuple("123456")),
    ),
    needed=True,
)

#: All tables, in the order in which problems are listed.
TABLES = (REPORTS, INCIDENTS, INTERVENTIONS, SOURCES)
