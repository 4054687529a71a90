"""The commands about one case or file: build, reconstruct, check, cases, calibrate."""

from __future__ import annotations

import argparse
import sys

from escalation.calibration.run import PARTS, calibrate
from escalation.cli.words import filed, find_case, listed, progress
from escalation.dossier import Subject, build, read_reports, write_dossier
from escalation.dossier.plain import as_json, as_lines, as_object, records
from escalation.reconstruct.call import reconstruct
from escalation.records import Problem, check_case, list_cases, load_case
from escalation.study.overview.frames import of_series

__all__ = ["run_build", "run_calibrate", "run_cases", "run_check", "run_reconstruct"]


def run_build(args: argparse.Namespace) -> int:
    """Build the dossier of a case."""
    tell = progress(args.quiet)
    report = build(find_case(args.case), args.out, progress=tell, models=args.models)
    tell("done")
    if args.quiet:  # with progress they have been told
        print(*report.notes, sep="\n", end="\n" * bool(report.notes), file=sys.stderr)
    if args.json:
        print(as_json(as_object(report.reconstruction) | filed(report)))
    else:
        print("\n".join([report.title, *as_lines(report.reconstruction), "", *listed(report)]))
    return 0


def run_reconstruct(args: argparse.Namespace) -> int:
    """Reconstruct the series behind a file of reports."""
    tell = progress(args.quiet)
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
        print(as_json(as_object(rec, daily=True) | (filed(report) if report else {})))
    else:
        print("\n".join([args.file.name, *as_lines(rec), *(["", *listed(report)] if report else [])]))
    return 0


def run_calibrate(args: argparse.Namespace) -> int:
    """Run the calibration study."""
    tell = progress(args.quiet)
    report = calibrate(
        args.out, full=args.full, parts=tuple(args.part or PARTS), workers=args.workers, progress=tell
    )  # fmt: skip
    tell("done")
    if args.json:
        print(as_json({"folder": str(report.folder), "targets": records(report.verdicts)}))
    else:
        print(report.summary().to_string(index=False))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """List what is wrong with a case folder."""
    folder = load_case(str(args.folder)).folder if str(args.folder) in list_cases() else args.folder
    problems = check_case(folder)
    if args.json:
        print(as_json({"folder": str(args.folder), "problems": [vars(problem) for problem in problems]}))
    elif problems:
        print("\n".join(map(_located, problems)))
    else:
        print(f"{args.folder}: no problems")
    return 1 if problems else 0


def run_cases(args: argparse.Namespace) -> int:
    """List the bundled cases."""
    titles = {name: load_case(name).title for name in list_cases()}
    if args.json:
        print(as_json({"cases": [{"name": name, "title": title} for name, title in titles.items()]}))
        return 0
    width = max(map(len, titles), default=0)
    print("\n".join(f"{name:<{width}}  {title}" for name, title in titles.items()))
    return 0


def _located(problem: Problem) -> str:
    """Say a problem as file:row:column: value — expected, so that an editor can jump to it."""
    where = ":".join(str(part) for part in (problem.file, problem.row, problem.column) if part is not None)
    found = "" if problem.value is None else f"{problem.value!r} — "
    return f"{where}: {found}expected {problem.expected}"
