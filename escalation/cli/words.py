"""What every command shares: words of the command line read and written, progress, and which case is meant."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from escalation.dossier import BuildReport
from escalation.records import Case, list_cases, load_case, read_case

__all__ = [
    "DEFAULT_CASE",
    "filed",
    "find_case",
    "listed",
    "progress",
    "read_day",
    "read_number",
    "read_share",
    "readable",
    "warn",
]

DEFAULT_CASE = "iraq-syria-2023"


def readable(error: Exception) -> str:
    """Return the message of an expected error, in the words of the command line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return re.sub(r"choose with (\w+)=\.\.\.", r"choose with --\1", str(error))


def warn(message: Warning | str, *_: Any) -> None:
    """Tell advice to the user on standard error."""
    print(f"escalation: warning: {message}", file=sys.stderr)


def read_day(word: str) -> pd.Timestamp:
    """Read a date of the command line; only one way of writing it has one meaning."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
        with suppress(ValueError):
            return pd.Timestamp(date.fromisoformat(word))
    raise argparse.ArgumentTypeError(f"{word!r} is not a date YYYY-MM-DD")


def read_share(word: str) -> float:
    """Read a number between 0 and 1."""
    with suppress(ValueError):
        if 0.0 < float(word) < 1.0:
            return float(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a number between 0 and 1")


def read_number(word: str) -> int:
    """Read a whole number of at least 0."""
    if re.fullmatch(r"\d{1,9}", word):
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a whole number of at least 0")


def progress(quiet: bool) -> Callable[[str], None]:
    """Return what tells a step on standard error; the clock is for people who watch."""
    begun, watched = time.monotonic(), sys.stderr.isatty()

    def tell(step: str) -> None:
        if not quiet:
            clock = f"{time.monotonic() - begun:6.1f} s  " if watched else ""
            print(f"{clock}{step}", file=sys.stderr, flush=True)

    return tell


def find_case(word: str) -> Case:
    """Return a bundled case by its name, or the case in a folder."""
    if word in list_cases():
        return load_case(word)
    path = Path(word)
    if path.is_file():
        raise ValueError(
            f"{word!r} is a file; build needs a case folder. For one file of reports: escalation reconstruct {word}"
        )
    if not path.is_dir():
        raise ValueError(f"no bundled case and no folder {word!r}; bundled cases: {', '.join(list_cases())}")
    return read_case(path)


def listed(report: BuildReport) -> list[str]:
    """Return a line for each file of a build: what became of it, and where it is."""
    return [f"{file.state:<9}  {(report.folder / file.name).as_posix()}" for file in report.files]


def filed(report: BuildReport) -> dict[str, Any]:
    """Return the files of a build for programs."""
    return {"title": report.title, "folder": str(report.folder), "files": [vars(file) for file in report.files],
            "build_notes": list(report.notes)}  # fmt: skip
