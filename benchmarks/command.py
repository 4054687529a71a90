"""The command line of the comparison: parse, measure, write, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.figure import draw
from benchmarks.intervals import interval_coverage
from benchmarks.measure import measure
from benchmarks.methods import BY_NAME, OURS
from benchmarks.series import FEWEST
from escalation.charts import save_figure, write_if_changed
from escalation.charts.numbers import numbers_csv

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LIMIT, QUICK_LIMIT = 120.0, 20.0
INTERVALS, QUICK_INTERVALS = 300, 10


def command(given: Sequence[str] | None = None) -> int:
    """Run the comparison and write ``benchmarks.csv``, ``.png``, ``.svg`` and ``.txt``.

    Parameters
    ----------
    given : sequence of str, optional
        Arguments; those of the process if None.

    Returns
    -------
    int
        Exit status: 0, or 1 if this package itself could not be run.
    """
    args = _parser().parse_args(given)
    limit = args.limit or (QUICK_LIMIT if args.quick else LIMIT)
    many = args.intervals if args.intervals is not None else QUICK_INTERVALS if args.quick else INTERVALS
    table = measure(args.methods, args.sizes, limit=limit, quick=args.quick, say=_say)
    tables = {"methods": table}
    folder = Path(args.output)
    folder.mkdir(parents=True, exist_ok=True)
    write_if_changed(folder / "benchmarks.csv", numbers_csv(tables))  # should what follows fail, hours are on disk
    if many:
        tables["intervals"] = interval_coverage(many, _say)
        write_if_changed(folder / "benchmarks.csv", numbers_csv(tables))
    _print(tables)
    if table["seconds"].notna().any():
        fig, alt, title = draw(table, limit)
        save_figure(fig, folder / "benchmarks", numbers=tables, alt=alt, title=title)
    ours = table[table["method"] == OURS]
    return int(len(ours) > 0 and bool(ours["seconds"].isna().any()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Time and score escalation beside other packages.")
    parser.add_argument("-o", "--output", default="figures", metavar="DIR", help="folder for the results (figures)")
    parser.add_argument("--sizes", type=_days, nargs="+", default=list(SIZES), metavar="N", help="days of the series")
    parser.add_argument("--methods", nargs="+", choices=list(BY_NAME), default=list(BY_NAME), metavar="NAME",
                        help=f"which methods to run (all): {', '.join(BY_NAME)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a fifth of the series, each once, 20 s for a call")
    parser.add_argument("--limit", type=_seconds, metavar="S", help=f"seconds for one call ({LIMIT:g})")
    parser.add_argument("--intervals", type=int, metavar="N",
                        help=f"series for the coverage of location intervals ({INTERVALS}); 0: none")  # fmt: skip
    return parser


def _days(text: str) -> int:
    """Read a length."""
    if not text.isdecimal() or int(text) < 4 * (FEWEST + 1):
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number of at least {4 * (FEWEST + 1)} days is needed")
    return int(text)


def _seconds(text: str) -> float:
    """Read a time limit."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: a number of seconds above 0 is needed")
    return seconds


def _say(line: str) -> None:
    """Show progress."""
    print(line, file=sys.stderr, flush=True)


def _print(tables: dict[str, pd.DataFrame]) -> None:
    """Print the numbers, without the settings."""
    short = tables["methods"].drop(columns=["package", "settings"])
    with pd.option_context("display.width", 250, "display.max_columns", None, "display.max_rows", None,
                           "display.max_colwidth", 60, "display.precision", 4):  # fmt: skip
        print(short.to_string(index=False, na_rep="", float_format=lambda value: f"{value:.4g}"))
        if "intervals" in tables:
            print(tables["intervals"].to_string(index=False, na_rep=""))
