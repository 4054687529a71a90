"""The commands that work out many results: sensitivity, replay, panel."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from escalation.cli.words import find_case, progress
from escalation.dossier.plain import as_json, records
from escalation.dossier.studies import save_replay, save_sensitivity
from escalation.study.choices import Choices
from escalation.study.panel.panel import panel
from escalation.study.panel.result import Panel
from escalation.study.replay.replay import replay
from escalation.study.sensitivity import sensitivity

__all__ = ["run_panel", "run_replay", "run_sensitivity"]


@contextmanager
def _workers(args: argparse.Namespace) -> Iterator[Executor | None]:
    """Yield processes, or nothing if one is enough."""
    number = args.workers if args.workers is not None else os.cpu_count() or 1
    if number <= 1:
        yield None
        return
    with ProcessPoolExecutor(number) as pool:
        yield pool


def _choices(args: argparse.Namespace) -> Choices:
    """Read the choices of a file; those that it does not name are the defaults."""
    own = {} if args.models is None else {"models": args.models}
    if args.choices is None:
        return Choices().but(**own)
    try:
        return Choices.from_json(args.choices.read_text(encoding="utf-8-sig")).but(**own)
    except ValueError as error:
        raise ValueError(f"{args.choices}: {error}") from None


def _told(args: argparse.Namespace, said: dict[str, Any], files: list[str]) -> int:
    """Print sentences and files, or all of it as JSON."""
    if args.json:
        print(as_json({**said, "files": files}))
    else:
        print("\n".join([*said["sentences"], *([""] if files else []), *files]))
    return 0


def run_sensitivity(args: argparse.Namespace) -> int:
    """Ask for the headline results under every other defensible choice."""
    tell = progress(args.quiet)
    case, choices = find_case(args.case), _choices(args)
    only = None if args.only is None else [part for words in args.only for part in words.split(",") if part]
    with _workers(args) as pool:
        found = sensitivity(case, choices, pool, only=only, grid=not args.no_grid, progress=tell)
    files = save_sensitivity(found, args.out) if args.out is not None else []
    tell("done")
    summary = found.summary().reset_index() if len(found.summary()) else pd.DataFrame()
    said = {"sentences": list(found.sentences()), "choices": records(summary), "movers": list(found.movers)}
    return _told(args, said, files)


def run_replay(args: argparse.Namespace) -> int:
    """Ask what would have been concluded on each date with what was published by then."""
    tell = progress(args.quiet)
    case, choices = find_case(args.case), _choices(args)
    dates = args.dates.split(",") if any(letter.isdigit() for letter in args.dates) else args.dates
    with _workers(args) as pool:
        found = replay(
            case, dates, choices=choices, lag=args.lag, days=args.days, alarm=args.alarm, executor=pool, progress=tell
        )  # fmt: skip
    files = save_replay(found, args.out) if args.out is not None else []
    tell("done")
    said = {"sentences": list(found.sentences()), "vintages": records(found.table), "alarms": records(found.alarms)}
    return _told(args, said, files)


def run_panel(args: argparse.Namespace) -> int:
    """Ask of each of many series whether its rate changed."""
    tell = progress(args.quiet)
    frame = _read_series(args.file)
    with _workers(args) as pool:
        found = panel(
            frame, models=args.models, prob=args.prob, fdr=args.fdr, rng=args.seed, executor=pool, out=args.out,
            progress=tell,
        )  # fmt: skip
    if args.json:
        print(as_json({"sentence": found.sentence(), "series": records(found.table)}))
    else:
        print("\n".join(_panel_lines(found)))
    if (found.table["error"] == "").any():
        return 0
    first = found.table[["series", "error"]].head(1).to_numpy().tolist()
    why = f"; the first, {first[0][0]!r}: {first[0][1]}" if first else f": {args.file} has no rows below its header"
    print(f"escalation: no series has an answer{why}", file=sys.stderr)
    return 1


def _panel_lines(found: Panel) -> list[str]:
    """Say what was found: a sentence, the counts, why series failed, the first discoveries, the file."""
    value = found.summary()["value"]
    failed = value.index.str.startswith("failed: ")
    said = [f"{n:,.{0 if float(n).is_integer() else 1}f}" for n in value]
    width = max(map(len, value.index[~failed]))
    counts = [f"{name:<{width}}  {n:>7}" for name, n, why in zip(value.index, said, failed, strict=True) if not why]
    # A reason may be long; behind its number it cannot push the numbers of the others aside.
    reasons = value.index[failed].str.removeprefix("failed: ")
    counts += [f"failed, {n:,} series: {reason}" for reason, n in zip(reasons, value[failed], strict=True)]
    lines = [found.sentence(), "", *counts]
    shown = found.discoveries[["series", "change", "ratio", "bayes_factor", "q"]].head(20)
    if len(shown):
        lines += ["", shown.to_string(index=False, float_format=lambda x: f"{x:.3g}")]
    return [*lines, *([] if found.out is None else ["", found.out.as_posix()])]


def _read_series(path: Path) -> pd.DataFrame:
    """Read a long CSV with every name of a series as text."""
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "no such file"
        raise ValueError(
            f"{path}: {what}; a CSV file is needed, with the columns series, as_of, count or series, date, count"
        )
    try:
        return pd.read_csv(path, dtype={"series": str}, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path}: not a CSV in UTF-8 with a header line: {error}") from None
