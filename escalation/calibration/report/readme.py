"""The page of the calibration study: which targets are met, computed from the frames, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from escalation.calibration.report.page import Drawing
from escalation.calibration.report.targets import KEYS, OURS, TARGETS, setting
from escalation.calibration.report.verdict import by_target
from escalation.calibration.voices import FLOORED, VOICES
from escalation.calibration.worlds import WORLDS
from escalation.charts.lettering import plain

__all__ = ["Settings", "finding", "readme"]

#: Frames, and the column that says how many replicates are behind a row.
BEHIND = {
    "sbc": "replicates", "model_coverage": "replicates", "worlds": "series", "alarms": "series", "power": "series",
    "real": "replicates",
}  # fmt: skip
NOT_MEASURED = "not measured"
WITHIN = "within Monte-Carlo error"


@dataclass(frozen=True)
class Settings:
    """How the study was run.

    Parameters
    ----------
    seed : int
        Seed of all random numbers.
    full : bool
        Whether the number of replicates is the full one.
    """

    seed: int
    full: bool


def readme(
    frames: Mapping[str, pd.DataFrame], verdicts: pd.DataFrame, drawings: Mapping[str, Drawing], settings: Settings
) -> str:
    """Write the page.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The frames of the study.
    verdicts : DataFrame
        From `judged`.
    drawings : mapping of str to Drawing
        The figures beside the page, saved as ``figure-<name>``.
    settings : Settings
        How it was run.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        ["# Calibration study", _ABOUT, f"**{finding(verdicts)}**"],
        ["## Targets", _targets(verdicts), _READING],
        ["## What is missed", _missed(verdicts)],
        ["## What is done today", *_today(frames)],
        ["## Figures", *(_figure(name, one) for name, one in drawings.items())],
        ["## How much was simulated", _behind(frames)],
        ["## Voices and worlds", _VOICES, _items((v.name, v.says) for v in (*VOICES, FLOORED)), _WORLDS,
         _items((w.name, w.says) for w in WORLDS)],
        ["## What the targets mean", _items((target.name, target.meaning) for target in TARGETS)],
        ["## Run it again", _again(settings)],
    ]  # fmt: skip
    return "\n\n".join(block for part in parts for block in part) + "\n"


_ABOUT = (
    "Series whose truth is known are told as reported totals, and reconstructed from these. This page compares what "
    "the reconstruction says with that truth, and with what is done today. Every number below is computed from the "
    "tables beside this page; `targets.csv` has the verdict for each setting."
)
_READING = (
    "Measured: estimate \N{PLUS-MINUS SIGN} Monte-Carlo standard error, in the setting that is furthest beyond its "
    "limit or, if none is, nearest to it. A target is met if the estimate itself satisfies it; a miss is "
    f'"{WITHIN}" if it is by less than two standard errors. P values and medians have no error here. Where '
    "something happened in all replicates or in none, the error is the reach of Wilson's 68 % interval."
)
_VOICES = "A voice is a rule by which totals are told; the model is not told which:"
_WORLDS = "A world is a rule by which counts arise; none is drawn from the prior of the model:"


def finding(verdicts: pd.DataFrame) -> str:
    """Say in one sentence how many targets are met.

    Examples
    --------
    >>> from escalation.calibration.report.verdict import judged
    >>> finding(judged({}))
    'Of 22 targets 0 are met and 0 are missed; 22 were not measured.'
    """
    summed = by_target(verdicts)
    measured, missed = summed["settings"] > 0, summed["missed"] > 0
    within = int((missed & (summed["missed"] == summed["within_error"])).sum())
    chance = f" ({within} of them {WITHIN})" if within else ""
    return (
        f"Of {len(summed)} targets {int((measured & ~missed).sum())} are met and {int(missed.sum())} are missed"
        f"{chance}; {int((~measured).sum())} were not measured."
    )


def _targets(verdicts: pd.DataFrame) -> str:
    """Table of the targets, each with its worst setting."""
    asks = {target.name: target.asks for target in TARGETS}
    rows = []
    for row in by_target(verdicts).to_dict("records"):
        n, missed, within = row["settings"], row["missed"], row["within_error"]
        measured = f"{_estimate(row['value'], row['se'])} ({row['setting']})" if n else ""
        met = NOT_MEASURED if not n else "yes" if n == 1 else f"yes, in all {n}"
        if missed:
            met = "no" + (f", in {missed} of {n}" if n > 1 else "")
            met += f"; {WITHIN}" if within == missed else f"; {within} of these {WITHIN}" if within else ""
        rows.append((row["target"], asks[row["target"]], measured, met))
    return _table(("target", "asked for", "measured", "met"), rows)


def _missed(verdicts: pd.DataFrame) -> str:
    """List every setting in which a target is missed."""
    rows = verdicts[~verdicts["met"].fillna(value=True).astype(bool)]
    asks = {target.name: target.asks for target in TARGETS}
    said = [
        f"- {row['target']}: {_estimate(row['value'], row['se'])} ({row['setting']}), asked for is "
        f"{asks[row['target']]}{'; ' + WITHIN if row['within_error'] else ''}."
        for row in rows.to_dict("records")
    ]
    return "\n".join(said) or "Nothing that was measured."


def _today(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Table of false alarms and power: a row per setting, a column per method."""
    said = [
        "Joining the totals by straight lines, differencing to days and running a change-point routine, beside this "
        "package and oracles. Share of series in which a change is found:"
    ]
    for name, columns in (("alarms", ("any_change",)), ("power", ("changed", "jump"))):
        frame = frames.get(name)
        if frame is not None and len(frame):
            said.append(_compared(name, frame, columns))
    return said if len(said) > 1 else [f"This was {NOT_MEASURED}."]


def _compared(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """Table of some columns, methods side by side; a column without any number is left out."""
    frame = frame.assign(setting=[setting(name, row) for row in frame.to_dict("records")])
    order = frame["setting"].unique()
    parts: dict[str, list[str]] = {}
    for method, part in frame.groupby("method", sort=False):
        for column in columns:
            values = part.drop_duplicates("setting").set_index("setting")[column].reindex(order)
            said, words = [_share(value) for value in values], "escalation" if method in OURS else str(method)
            # A routine knows no drift: its jumps are its changes, and are said once.
            if any(said) and said != parts.get(words):
                parts[f"{words}, jump" if column == "jump" else words] = said
    kind = "false alarms" if name == "alarms" else "power"
    return _table((kind, *parts), zip(order, *parts.values(), strict=True))


def _figure(name: str, one: Drawing) -> str:
    """Show one figure and say what it shows."""
    return f"![{one.title}](figure-{name}.svg)\n\n{one.alt}"


def _behind(frames: Mapping[str, pd.DataFrame]) -> str:
    """Table of how many replicates are behind each frame."""
    rows = []
    for name, column in BEHIND.items():
        frame = frames.get(name)
        if frame is None or not len(frame):
            rows.append((f"`{name}.csv`", NOT_MEASURED, ""))
            continue
        keys = [key for key in KEYS.get(name, ("series", "voice", "reports")) if key in frame]
        low, high = int(frame[column].min()), int(frame[column].max())
        many = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        rows.append((f"`{name}.csv`", f"{len(frame.drop_duplicates(keys)):,}", many))
    return _table(("table", "settings", "series or replicates in each"), rows)


def _again(settings: Settings) -> str:
    """Say how the study was run, and how to run it."""
    run = "the full number of replicates" if settings.full else "the usual number of replicates"
    return (
        f"This run: {run}, seed {settings.seed}. `make calibrate` runs the study; `escalation calibrate --full` runs "
        "it with the full number of replicates. The same seed and versions give the same bytes; `manifest.json` has "
        "the versions and the digest of every file."
    )


def _estimate(value: float, se: float) -> str:
    """Write an estimate with its error; small ones keep a digit."""
    said = f"{value:.3f}" if value == 0 or abs(value) >= 5e-4 else f"{value:.1g}"
    said = said.replace("-", "\N{MINUS SIGN}")
    return said if np.isnan(se) else f"{said} \N{PLUS-MINUS SIGN} {se:.3f}"


def _share(value: float) -> str:
    """Write a share; nothing if there is none."""
    return "" if np.isnan(value) else f"{value:.3f}"


def _items(pairs: Iterable[tuple[str, str]]) -> str:
    """Write a list of names and what they mean."""
    return "\n".join(f"- **{name}**: {says}" for name, says in pairs)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of Markdown; a bar within a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(plain(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
