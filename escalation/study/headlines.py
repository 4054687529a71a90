"""The headline quantities of a study, each a row: what the answer is, and what other choices are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from escalation.changes.effects.result import Effects
from escalation.charts.timeaxis import day_text, days
from escalation.reconstruct.result import Reconstruction
from escalation.study.levelcounts import Levels

__all__ = [
    "COLUMNS", "Span", "change_rows", "event_rows", "headline_frame", "level_rows", "own_rows", "total_rows",
    "windows_of",
]  # fmt: skip

#: First and last day of a window.
Span = tuple[pd.Timestamp, pd.Timestamp]
Rows = list[dict[str, Any]]

COLUMNS = ("key", "about", "quantity", "kind", "value", "lower", "upper", "first", "last", "level")
#: Days on each side of a window over which the rate is averaged.
SIDE = 14
#: Windows that are looked at where no change is more probable than not.
CANDIDATES = 3


def headline_frame(rows: Rows) -> pd.DataFrame:
    """Put headline quantities under each other.

    ``key`` is unique; ``about`` is change, total, window, event or level; ``kind`` is probability, factor, count, ratio
    or share; ``value`` with ``lower, upper`` (NaN where there is none); ``first, last`` are the days it is about,
    ``level`` is the level.
    """
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    floats = dict.fromkeys(("value", "lower", "upper"), "float64")
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("first", "last")}
    return frame.assign(**days, level=frame["level"].astype("object").fillna("")).astype(floats)


def _row(
    key: str, about: str, quantity: str, kind: str, values: Sequence[float], span: Any = (None, None), level: str = ""
) -> Any:
    value, lower, upper = (*values, np.nan, np.nan)[:3]
    whole = (key, about, quantity, kind, value, lower, upper, *span, level)
    return dict(zip(COLUMNS, whole, strict=True))


def _dates(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Write a day, or the first and last day of a window."""
    both = days([first, last]).tolist()
    return day_text(*(both[:1] if first == last else both), year=True)


def windows_of(rec: Reconstruction) -> tuple[Span, ...]:
    """Return the interval of each change or, where none is more probable than not, the most probable windows."""
    changes = rec.changes.summary()
    if len(changes):
        return tuple(zip(changes["lower"], changes["upper"], strict=True))
    found = rec.changes.candidates(CANDIDATES)
    return tuple(zip(found["start"], found["end"], strict=True))


def change_rows(rec: Reconstruction, windows: Sequence[Span]) -> Rows:
    """Say how probable a constant rate, a drift and a jump are, and a jump within given windows with its ratio.

    The ratio is that of the mean rate over two weeks after the window to that over two weeks before it.
    """
    c = rec.changes
    rows = [
        _row("constant", "change", "P(constant rate)", "probability", [c.constant]),
        _row("drift", "change", "P(drift, no jump)", "probability", [c.drift_only]),
        _row("jump", "change", "P(at least one jump)", "probability", [c.jump]),
        _row("bayes_factor", "change", "Bayes factor for a change", "factor", [c.bayes_factor]),
    ]
    for i, (first, last) in enumerate(windows, start=1):
        said = _dates(first, last)
        a, b = ((day - rec.dates[0]).days for day in (first, last))
        held = a >= 0 and b < len(rec.dates)
        chance = c.within(a, b) if held else np.nan
        rows.append(_row(f"window_{i}", "window", f"P(jump {said})", "probability", [chance], (first, last)))
        ratio = _ratio(rec, a, b) if held else []
        rows.append(_row(f"ratio_{i}", "window", f"Rate after over before {said}", "ratio", ratio or [np.nan],
                         (first, last)))  # fmt: skip
    return rows


def _ratio(rec: Reconstruction, a: int, b: int) -> list[float]:
    """Return median and interval of the mean rate after days a..b over that before; nothing at the ends."""
    if a < 1 or b + 1 >= len(rec.dates):
        return []
    draws, tail = rec.changes.draws, (1.0 - rec.prob) / 2
    after = draws.mean_rate(b + 1, min(b + 1 + SIDE, len(rec.dates)))
    values = after / draws.mean_rate(max(a - SIDE, 0), a)
    return [float(x) for x in np.quantile(values, [0.5, tail, 1.0 - tail])]


def own_rows(rec: Reconstruction) -> Rows:
    """List the changes with probability and ratio or, where none is more probable than not, the likeliest windows."""
    found, word = rec.changes.summary(), "Change"
    if found.empty:
        found, word = rec.changes.candidates(CANDIDATES).rename(columns={"start": "lower", "end": "upper"}), "Window"
    rows: Rows = []
    for i, row in enumerate(found.to_dict("records"), start=1):
        span = (row["lower"], row["upper"])
        said = f"{word} {i}, {_dates(*span)}"
        rows.append(_row(f"own_{i}", "own", f"{said}: probability", "probability", [row["probability"]], span))
        ends = [row["ratio"], row["ratio_lower"], row["ratio_upper"]]
        rows.append(_row(f"own_ratio_{i}", "own", f"{said}: ratio of rates, given a change", "ratio", ends, span))
    return rows


def total_rows(rec: Reconstruction, day: pd.Timestamp | None = None) -> Rows:
    """Return the total by a day, the last one if None; NaN if the series does not reach it."""
    day = rec.dates[-1] if day is None else day
    ends = ["median", "lower", "upper"]
    found = rec.cumulative.loc[rec.dates == day, ends].to_numpy(dtype=float)
    values = found[0].tolist() if len(found) else [np.nan]
    return [_row("total", "total", f"Total by {_dates(day, day)}", "count", values, (day, day))]


def event_rows(effects: Effects | None) -> Rows:
    """Return the ratio of rates during each event that lasts, such as a truce, to the days before it."""
    rows: Rows = []
    if effects is None:
        return rows
    table = effects.summary()
    for i, row in enumerate(table[(table["term"] == "window").to_numpy()].to_dict("records"), start=1):
        span, name = (row["start"], row["end"]), str(row["label"])
        for key, words in (("posterior", "posterior"), ("glm", "regression")):
            values = [row[f"{key}_ratio{end}"] for end in ("", "_lower", "_upper")]
            said = f"Rate during {name} over before ({words})"
            rows.append(_row(f"event_{i}_{key}", "event", said, "ratio", values, span))
    return rows


def level_rows(levels: Levels) -> Rows:
    """Return the share of incidents at the highest level by period: among those typed, and without assumption.

    The share among incidents of known level has its exact interval; the second row, without a value, bounds the share
    among all incidents whatever the unreported weapons were.
    """
    found, label = levels.bounds.frame(), levels.at_least[-1].lower()
    found = found[(found["level"] == levels.codes[-1]).to_numpy()]
    kinds = (("", "missing at random", ""), ("_bounds", "no assumption", ", whatever the unreported weapons were"))
    parts = zip(levels.spans["period"], levels.spans["first"], levels.spans["last"], strict=True)
    spans = {period: (first, last) for period, first, last in parts}
    rows: Rows = []
    for period in levels.bounds.periods:
        span = spans.get(period, levels.whole)
        for end, assumption, words in kinds:
            row = found[((found["period"] == period) & (found["assumption"] == assumption)).to_numpy()].iloc[0]
            value = row["estimate"] if not end else np.nan
            said = f"Share of {label}, {levels.evidence}, {period}{words}"
            values = [value, row["lower"], row["upper"]]
            rows.append(_row(f"level_{period}{end}", "level", said, "share", values, span, levels.codes[-1]))
    return rows
