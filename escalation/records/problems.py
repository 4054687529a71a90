"""What is wrong with a case: one `Problem` a fault, all of them in one `CaseError`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CaseError", "Problem"]

_LINES = 50  # of an error message; `.problems` holds them all


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a case folder.

    Parameters
    ----------
    file : str
        The name of the file.
    row : int or None
        The line as a spreadsheet numbers it, the header being 1. None: the whole file.
    column : str or None
        The column, or the dotted path of a property in ``datapackage.json``. None: the whole row.
    value : str or None
        What was found. None: nothing was.
    expected : str
        What is needed instead.

    Examples
    --------
    >>> print(Problem("reports.csv", 7, "count", "12.5", "a whole number"))
    reports.csv, row 7, count: found '12.5', expected a whole number
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: str

    def __str__(self) -> str:
        where = [
            self.file,
            *([f"row {self.row}"] if self.row else []),
            *([self.column] if self.column else []),
        ]
        value = self.value if self.value is None or len(self.value) <= 60 else f"{self.value[:59]}…"
        found = "" if value is None else "an empty cell" if value == "" else repr(value)
        return f"{', '.join(where)}: " + (f"found {found}, " if found else "") + f"expected {self.expected}"


class CaseError(ValueError):
    """A case folder cannot be read.

    Parameters
    ----------
    problems : iterable of Problem
        All that is wrong, kept in `problems`; the message prints the first 50.
    folder : str, default ""
        The folder, for the message.

    Attributes
    ----------
    problems : tuple of Problem
        Everything that is wrong.
    """

    def __init__(self, problems: Iterable[Problem], folder: str = "") -> None:
        self.problems = tuple(problems)
        self.folder = folder
        n = len(self.problems)
        lines = [f"case folder {folder!r} has {n} problem{'s' if n != 1 else ''}:"]
        lines += [str(problem) for problem in self.problems[:_LINES]]
        if n > _LINES:
            lines.append(f"… and {n - _LINES} more (all in .problems)")
        super().__init__("\n  ".join(lines))

    def __reduce__(self) -> tuple[type[CaseError], tuple[tuple[Problem, ...], str]]:
        return CaseError, (self.problems, self.folder)
