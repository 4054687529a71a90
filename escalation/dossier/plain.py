"""A reconstruction as lines of text for people, and as JSON for programs."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pandas as pd

from escalation.reconstruct.result import Reconstruction

__all__ = ["as_json", "as_lines", "as_object", "records"]


def as_lines(rec: Reconstruction) -> list[str]:
    """Return the result in lines: the summary, which reports were not used and why, and the verdict.

    Parameters
    ----------
    rec : Reconstruction
        By any method. A method without a posterior has no verdict; it says what it assumes instead.

    Returns
    -------
    list of str
    """
    series = f"{rec.label}, " if rec.label else ""
    lines = [f"{series}{rec.dates[0]:%Y-%m-%d} to {rec.dates[-1]:%Y-%m-%d}, method {rec.method}", ""]
    said = [(str(quantity), _number(row["value"]), _band(row, rec.prob)) for quantity, row in rec.summary().iterrows()]
    audit = rec.reports
    why = audit.loc[~audit["used"].astype(bool), "reason"].value_counts()
    said += [(f"not used: {reason}", str(n), "") for reason, n in sorted(why.items(), key=lambda w: (-w[1], str(w[0])))]
    width = max(len(quantity) for quantity, _, _ in said)
    lines += [f"  {quantity:<{width}}  {value:>8}{band}" for quantity, value, band in said]
    return [*lines, "", rec.changes.sentence() if rec.method == "joint" else " ".join(rec.notes)]


def _number(value: float) -> str:
    """Return whole numbers whole and others at four digits."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"


def _band(row: pd.Series, prob: float) -> str:
    low, high = row["lower"], row["upper"]
    return "" if pd.isna(low) else f"  ({prob:.0%} interval {_number(low)}–{_number(high)})"


def as_object(rec: Reconstruction, *, daily: bool = False) -> dict[str, Any]:
    """Return the result as JSON knows it: summary, verdict, changes and notes, on request also every day."""
    out: dict[str, Any] = {
        "series": rec.label,
        "method": rec.method,
        "prob": rec.prob,
        "summary": records(rec.summary()),
        "notes": list(rec.notes),
    }
    if rec.method == "joint":
        out |= {
            "verdict": rec.changes.verdict,
            "sentence": rec.changes.sentence(),
            "changes": records(rec.changes.summary()),
            "candidates": records(rec.changes.candidates()),
        }
    if daily:
        out |= {name: records(getattr(rec, name)) for name in ("daily", "cumulative", "rate")}
    return out


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as JSON knows them; an index with a name is a column.

    Examples
    --------
    >>> records(pd.DataFrame({"day": pd.to_datetime(["2024-01-02"]), "n": [float("nan")]}))
    [{'day': '2024-01-02', 'n': None}]
    """
    flat = frame if frame.index.name is None else frame.reset_index()
    return [{str(name): _value(cell) for name, cell in row.items()} for row in flat.to_dict("records")]


def _value(cell: Any) -> Any:
    """Return a cell as JSON knows it: no NaN, no infinity, dates as text."""
    if pd.isna(cell):
        return None
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float):
        return float(cell) if math.isfinite(cell) else str(float(cell))
    return cell.item() if hasattr(cell, "item") else cell


def as_json(content: dict[str, Any]) -> str:
    """Return an object as JSON text."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
