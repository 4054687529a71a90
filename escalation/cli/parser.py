"""The words that each command understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import escalation
from escalation.calibration.run import PARTS
from escalation.cli import casecommands, studycommands
from escalation.cli.words import DEFAULT_CASE, read_day, read_number, read_share

__all__ = ["make_parser"]

_METHODS = ("joint", "linear", "pchip", "pclm")
_MODELS = ("full", "jumps", "fast")
_CASE = f"a bundled case (default {DEFAULT_CASE}), or the folder of one; ./NAME is always a folder"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; ``run`` of what it reads is the command."""
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

    cases, studies = casecommands, studycommands
    _build_options(command("build", cases.run_build, "Build the figure and tables of a case."))
    _reconstruct_options(
        command("reconstruct", cases.run_reconstruct, "Reconstruct the series behind a CSV of reports.")
    )
    words = "Ask for the headline results under every other defensible choice."
    _sensitivity_options(command("sensitivity", studies.run_sensitivity, words))
    words = "Ask what would have been concluded on each date with what was published by then."
    _replay_options(command("replay", studies.run_replay, words))
    words = "Ask of each of many series in a CSV whether its rate changed."
    _panel_options(command("panel", studies.run_panel, words))
    check = command("check", cases.run_check, "List everything that is wrong with a case folder.")
    check.add_argument("folder", metavar="FOLDER", type=Path)
    command("cases", cases.run_cases, "List the bundled cases.")
    words = "Check intervals and alarms against known truths; takes long."
    _calibrate_options(command("calibrate", cases.run_calibrate, words))
    return parser


def _build_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("case", metavar="CASE|FOLDER", nargs="?", default=DEFAULT_CASE, help=_CASE)
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
    sub.add_argument("--start", metavar="DATE", type=read_day, help="first day, YYYY-MM-DD")
    sub.add_argument("--end", metavar="DATE", type=read_day, help="last day, YYYY-MM-DD")
    sub.add_argument("--prob", metavar="P", type=read_share, default=0.9, help="mass of the intervals (default 0.9)")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _calibrate_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("calibration"), help="default: calibration")
    sub.add_argument("--full", action="store_true", help="about four times as many replicates")
    sub.add_argument("--part", action="append", choices=tuple(PARTS), help="only this part; may be repeated")
    sub.add_argument("--workers", metavar="N", type=int, help="processes; default: one per core")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _study_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("case", metavar="CASE|FOLDER", nargs="?", default=DEFAULT_CASE, help=_CASE)
    sub.add_argument("-o", "--out", metavar="DIR", type=Path, help="write figure and tables there")
    sub.add_argument(
        "--choices", metavar="FILE.json", type=Path, help='choices other than the defaults, {"name": value}'
    )
    sub.add_argument("--models", choices=_MODELS, help="default: that of the choices, full")
    _work_options(sub)


def _work_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--workers", metavar="N", type=read_number, help="processes; default: one per core")
    sub.add_argument("--quiet", action="store_true", help="no progress")


def _sensitivity_options(sub: argparse.ArgumentParser) -> None:
    _study_options(sub)
    sub.add_argument(
        "--only", metavar="TOPIC", action="append", help="vary only these, with commas or repeated, as merge,phi"
    )
    sub.add_argument("--no-grid", action="store_true", help="choices one at a time alone, no combinations")


def _replay_options(sub: argparse.ArgumentParser) -> None:
    _study_options(sub)
    sub.add_argument("--dates", metavar="W|D|DATE,…", default="W", help="weekly (default), daily, or dates")
    words = "days after its as-of date when a report without a day of publication is known (default 1)"
    sub.add_argument("--lag", metavar="N", type=read_number, default=1, help=words)
    sub.add_argument("--days", metavar="N", type=read_number, default=14, help="what is recent (default 14 days)")
    sub.add_argument("--alarm", metavar="P", type=read_share, default=0.5, help="probability above which (default 0.5)")


def _panel_options(sub: argparse.ArgumentParser) -> None:
    words = "columns series, as_of, count and optional others; or series, date, count for daily counts"
    sub.add_argument("file", metavar="FILE.csv", type=Path, help=words)
    words = "write rows there as they come; the same call takes up a run that was cut off"
    sub.add_argument("-o", "--out", metavar="OUT.csv", help=words)  # as text: a path would lose a slash at the end
    sub.add_argument("--models", choices=_MODELS, default="fast", help="default: fast")
    sub.add_argument("--prob", metavar="P", type=read_share, default=0.9, help="mass of the intervals (default 0.9)")
    sub.add_argument("--fdr", metavar="P", type=read_share, default=0.1, help="false discovery rate (default 0.1)")
    sub.add_argument("--seed", metavar="N", type=read_number, help="default: a fixed one")
    _work_options(sub)
