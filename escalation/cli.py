"""The command line: parses, calls, prints. No statistics.

Exit status: 0 done, 1 something is wrong with the input, 2 the command was not understood.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

import escalation
from escalation.calibration.run import PARTS, calibrate
from escalation.dossier import BuildReport, Subject, build, read_reports, write_dossier
from escalation.dossier.plain import as_json, as_lines, as_object, records
from escalation.reconstruct.call import reconstruct
from escalation.records import Case, Problem, check_case, list_cases, load_case, read_case
from escalation.study.overview.frames import of_series

__all__ = ["main"]

DEFAULT_CASE = "iraq-syria-2023"
_METHODS = ("joint", "linear", "pchip", "pclm")
_MODELS = ("full", "jumps", "fast")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``escalation``; default: those of the process.

    Returns
    -------
    int
        The exit status.

    Examples
    --------
    >>> main(["cases"])
    five-documents   Five documents on attacks on U.S. forces in Iraq and Syria, January 2024
    iraq-syria-2023  Attacks on U.S. and coalition forces in Iraq, Syria and Jordan, October 2023 to February 2024
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without some letter is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn  # type: ignore[assignment]
            warnings.simplefilter("always", UserWarning)  # advice to the user, told as such
            status = run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted. Nothing more may be written, not even by the interpreter on its way out.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"escalation: {_readable(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("escalation: interrupted", file=sys.stderr)
        return 130
    return status


def _readable(error: Exception) -> str:
    """Return the message of an expected error, in the words of the command line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return re.sub(r"choose with (\w+)=\.\.\.", r"choose with --\1", str(error))


def _warn(message: Warning | str, *_: Any) -> None:
    print(f"escalation: warning: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="escalation",
        allow_abbrev=False,
        description="Incident counts, rate changes and an ordinal scale from reported cumulative totals.",
        epilog="Exit status: 0 done, 1 something is wrong with the input, 2 the command was not understood.",
    )
    parser.add_argument("--version", action="version", version=f"escalation {escalation.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        sub.set_defaults(run=run)
        sub.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        return sub

    _build_options(command("build", _build, "Build the figure and tables of a case."))
    _reconstruct_options(command("reconstruct", _reconstruct, "Reconstruct the series behind a CSV of reports."))
    check = command("check", _check, "List everything that is wrong with a case folder.")
    check.add_argument("folder", metavar="FOLDER", type=Path)
    command("cases", _cases, "List the bundled cases.")
    _calibrate_options(command("calibrate", _calibrate, "Check intervals and alarms against known truths; takes long."))
    return parser


def _build_options(sub: argparse.ArgumentParser) -> None:
    words = f"a bundled case (default {DEFAULT_CASE}), or the folder of one; ./NAME is always a folder"
    sub.add_argument("case", metavar="CASE|FOLDER", nargs="?", default=DEFAULT_CASE, help=words)
    sub.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("figures"), help="default: figures")
    sub.add_argument("--models", choices=_MODELS, default="full", help="default: full")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _reconstruct_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", metavar="FILE.csv", type=Path, help="columns as_of, count; optional bound and others")
    sub.add_argument("-o", "--out", metavar="DIR", type=Path, help="write figure and tables there")
    sub.add_argument("--method", choices=_METHODS, default="joint", help="default: joint")
    sub.add_argument("--models", choices=_MODELS, default="full", help="default: full")
    sub.add_argument("--counter", metavar="NAME", help="whose count, where the file has several")
    sub.add_argument("--unit", metavar="NAME", help="what is counted, where the file has several")
    words = "places, where the file has several; several names of one series with commas, or repeated"
    sub.add_argument("--scope", metavar="NAME", action="append", help=words)
    sub.add_argument("--start", metavar="DATE", type=_day, help="first day, YYYY-MM-DD")
    sub.add_argument("--end", metavar="DATE", type=_day, help="last day, YYYY-MM-DD")
    sub.add_argument("--prob", metavar="P", type=_share, default=0.9, help="mass of the intervals (default 0.9)")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _calibrate_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("calibration"), help="default: calibration")
    sub.add_argument("--full", action="store_true", help="about four times as many replicates")
    sub.add_argument("--part", action="append", choices=tuple(PARTS), help="only this part; may be repeated")
    sub.add_argument("--workers", metavar="N", type=int, help="processes; default: one per core")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _day(word: str) -> pd.Timestamp:
    """Read a date of the command line; only one way of writing it has one meaning."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
        with suppress(ValueError):
            return pd.Timestamp(date.fromisoformat(word))
    raise argparse.ArgumentTypeError(f"{word!r} is not a date YYYY-MM-DD")


def _share(word: str) -> float:
    with suppress(ValueError):
        if 0.0 < float(word) < 1.0:
            return float(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a number between 0 and 1")


def _progress(quiet: bool) -> Callable[[str], None]:
    """Return what tells a step on standard error; the clock is for people who watch."""
    begun, watched = time.monotonic(), sys.stderr.isatty()

    def tell(step: str) -> None:
        if not quiet:
            clock = f"{time.monotonic() - begun:6.1f} s  " if watched else ""
            print(f"{clock}{step}", file=sys.stderr, flush=True)

    return tell


def _find_case(word: str) -> Case:
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


def _build(args: argparse.Namespace) -> int:
    tell = _progress(args.quiet)
    report = build(_find_case(args.case), args.out, progress=tell, models=args.models)
    tell("done")
    if args.quiet:  # with progress they have been told
        print(*report.notes, sep="\n", end="\n" * bool(report.notes), file=sys.stderr)
    if args.json:
        print(as_json(as_object(report.reconstruction) | _filed(report)))
    else:
        print("\n".join([report.title, *as_lines(report.reconstruction), "", *_listed(report)]))
    return 0


def _reconstruct(args: argparse.Namespace) -> int:
    tell = _progress(args.quiet)
    reports = read_reports(args.file)
    scope = [part for words in args.scope or () for part in words.split(",") if part] or None
    tell(f"reconstructing from {len(reports)} reports (method: {args.method}, models: {args.models})")
    rec = reconstruct(
        reports, args.method, counter=args.counter, unit=args.unit, scope=scope, start=args.start, end=args.end,
        models=args.models, prob=args.prob,
    )  # fmt: skip
    report = None
    if args.out is not None:
        subject = Subject.of_file(args.file, rec.reports[of_series(rec.reports)])
        report = write_dossier(rec, subject, args.out, models=args.models, progress=tell)
    tell("done")
    if args.json:
        print(as_json(as_object(rec, daily=True) | (_filed(report) if report else {})))
    else:
        print("\n".join([args.file.name, *as_lines(rec), *(["", *_listed(report)] if report else [])]))
    return 0


def _calibrate(args: argparse.Namespace) -> int:
    tell = _progress(args.quiet)
    report = calibrate(
        args.out, full=args.full, parts=tuple(args.part or PARTS), workers=args.workers, progress=tell
    )  # fmt: skip
    tell("done")
    if args.json:
        print(as_json({"folder": str(report.folder), "targets": records(report.verdicts)}))
    else:
        print(report.summary().to_string(index=False))
    return 0


def _check(args: argparse.Namespace) -> int:
    problems = check_case(args.folder)
    if args.json:
        print(as_json({"folder": str(args.folder), "problems": [vars(problem) for problem in problems]}))
    elif problems:
        print("\n".join(map(_located, problems)))
    else:
        print(f"{args.folder}: no problems")
    return 1 if problems else 0


def _located(problem: Problem) -> str:
    """Say a problem as file:row:column: value — expected, so that an editor can jump to it."""
    where = ":".join(str(part) for part in (problem.file, problem.row, problem.column) if part is not None)
    found = "" if problem.value is None else f"{problem.value!r} — "
    return f"{where}: {found}expected {problem.expected}"


def _cases(args: argparse.Namespace) -> int:
    titles = {name: load_case(name).title for name in list_cases()}
    if args.json:
        print(as_json({"cases": [{"name": name, "title": title} for name, title in titles.items()]}))
        return 0
    width = max(map(len, titles), default=0)
    print("\n".join(f"{name:<{width}}  {title}" for name, title in titles.items()))
    return 0


def _listed(report: BuildReport) -> list[str]:
    return [f"{file.state:<9}  {(report.folder / file.name).as_posix()}" for file in report.files]


def _filed(report: BuildReport) -> dict[str, Any]:
    return {"title": report.title, "folder": str(report.folder), "files": [vars(file) for file in report.files],
            "build_notes": list(report.notes)}  # fmt: skip
