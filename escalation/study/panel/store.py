"""The file of rows: appended chunk by chunk, safe against a kill at any moment, and picked up again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from escalation.study.panel.earlier import Earlier
from escalation.study.panel.row import COLUMNS, Row
from escalation.study.panel.settings import Settings

__all__ = ["FINISHED", "RowsFile", "settings_path"]

#: Columns that are known only when all series are; empty until then.
AT_THE_END = ("q", "discovery")
#: Columns of a file.
FINISHED = (*COLUMNS, *AT_THE_END)


def settings_path(path: Path) -> Path:
    """Return where the settings lie: beside the rows.

    Examples
    --------
    >>> settings_path(Path("panel.csv")).name
    'panel.csv.settings.json'
    """
    return path.with_name(f"{path.name}.settings.json")


class RowsFile:
    """Rows of a panel in a file.

    Parameters
    ----------
    path
        Of the CSV. One that is there must be a panel's, with the same settings.
    settings
        Of this run.
    names
        Of all series of the data; None if they are not known yet.

    Attributes
    ----------
    done
        Rows that were there, by number, series and digest of the input.
    earlier
        The same rows, against the series of this run.

    Raises
    ------
    ValueError
        If the file is another's, was begun with other settings, or holds series that the data does not have; it is
        not touched.
    """

    def __init__(self, path: Path, settings: Settings, names: Iterable[str] | None = None) -> None:
        self.path = path
        self.done: dict[tuple[str, str, str], Row] = {}
        beside = settings_path(path)
        if path.exists() and path.stat().st_size:
            _check(path, beside, settings)
            self.done, whole = _read(path)
            self.earlier = Earlier(path, self.done, names)
            os.truncate(path, whole)
        else:
            self.earlier = Earlier(path, self.done, names)
            _replace(beside, settings.to_json().encode())
            _replace(path, _bytes([FINISHED]))
        self._file: IO[bytes] = path.open("ab")

    def append(self, rows: Iterable[Row]) -> None:
        """Write rows and see them onto the disk."""
        self._file.write(_bytes([(*row, "", "") for row in rows]))
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self, rows: Iterable[Sequence[str]]) -> None:
        """Put all rows, in order and complete, in place of those that came one by one."""
        self._file.close()
        _replace(self.path, _bytes([FINISHED, *rows]))

    def __enter__(self) -> RowsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _check(path: Path, beside: Path, settings: Settings) -> None:
    """Refuse a file that no panel wrote, or one with other settings."""
    other = "choose another out="
    with path.open("rb") as file:
        begun = file.readline()
    if begun != _bytes([FINISHED]):
        raise ValueError(f"out: {path} is there and is not the file of a panel; {other}")
    if not beside.exists():
        raise ValueError(f"out: {path} is there, but its settings {beside} are not; {other} or delete the file")
    found = Settings.from_json(beside.read_text("utf-8")).differences(settings)
    if found:
        raise ValueError(
            f"out: {path} was begun with other settings: {'; '.join(found)}; use the same, {other} or delete the file"
        )


def _read(path: Path) -> tuple[dict[tuple[str, str, str], Row], int]:
    """Read the rows that are whole, the last one of each series, and return where they end."""
    done: dict[tuple[str, str, str], Row] = {}
    whole = 0
    with path.open("rb") as file:
        for record in _records(file):
            cells = _cells(record)
            if cells is None:
                break
            whole += len(record)
            if cells != list(FINISHED):
                row = tuple(cells[: len(COLUMNS)])
                done[row[0], row[1], row[COLUMNS.index("input")]] = row
    return done, whole


def _records(file: Iterable[bytes]) -> Iterator[bytes]:
    """Join the lines of one record: a quoted cell may hold line ends, and an open quote is an odd number of quotes."""
    record = b""
    for line in file:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def _cells(record: bytes) -> list[str] | None:
    """Read the cells of a record; None if it was torn."""
    if not record.endswith(b"\n"):
        return None
    try:
        rows = list(csv.reader(io.StringIO(record.decode("utf-8", "surrogatepass"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return rows[0] if len(rows) == 1 and len(rows[0]) == len(FINISHED) else None


def _bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as CSV, one line each."""
    return b"".join(map(_line, rows))


def _line(row: Sequence[str]) -> bytes:
    """Write one row. Cells with either sign of a line end are quoted only if both are in the line end of the writer."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(row)
    return f"{out.getvalue()[:-2]}\n".encode("utf-8", "surrogatepass")


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its place, and put it there in one step."""
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
