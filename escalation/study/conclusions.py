"""What a headline quantity lets one conclude, and how far another set of choices moves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from escalation.lattice.verdict import in_words

__all__ = ["compared", "conclusion"]

#: A shift of 1 is half of the way from 0 to 1 for a probability, and a factor of 10 for a Bayes factor.
_UNIT = {"probability": 0.5, "factor": np.log(10.0)}


def conclusion(kind: str, value: float, lower: float, upper: float) -> str:
    """Say in words what a quantity lets one conclude; empty where it has no threshold.

    A probability is above one half or not; a Bayes factor has its words; the interval of a ratio lies below 1, above 1
    or includes it.

    Examples
    --------
    >>> conclusion("ratio", 0.5, 0.2, 0.9), conclusion("probability", 0.4, float("nan"), float("nan"))
    ('below 1', 'at most one half')
    """
    if kind == "probability" and np.isfinite(value):
        return "above one half" if value > 0.5 else "at most one half"
    if kind == "factor" and not np.isnan(value):
        return in_words(value, witness="reports")
    if kind == "ratio" and np.isfinite([lower, upper]).all():
        return "below 1" if upper < 1.0 else "above 1" if lower > 1.0 else "includes 1"
    return ""


def _scale(kind: str, lower: float, upper: float) -> float:
    """Return what a shift of 1 is: half the width of the base interval, on the log scale for ratios."""
    if kind in _UNIT:
        return float(_UNIT[kind])
    ends = np.array([lower, upper], dtype=float)
    if kind == "ratio":
        ends = np.log(np.maximum(ends, 1e-12))
    return float(np.diff(ends)[0] / 2)


def compared(rows: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Set the headline quantities of one specification beside those of the base.

    Parameters
    ----------
    rows, base
        Frames of `headline_frame`.

    Returns
    -------
    DataFrame
        The rows of the base, in its order, with ``value, lower, upper`` of the specification, those of the base as
        ``base_value`` and so on, ``shift`` (in the units of `conclusion`'s thresholds: half a probability, a factor of
        10 of the Bayes factor, half the width of the base interval), ``conclusion``, ``base_conclusion`` and ``moved``:
        another conclusion, or a count or share outside the base interval. NaN and False where the
        specification has no answer, or one about other days or another level.
    """
    own = rows.set_index("key").reindex(base["key"])
    held = base[["key", "about", "quantity", "kind", "first", "last"]].copy()
    other = ((own[["first", "last"]].to_numpy() != base[["first", "last"]].to_numpy())
             & base[["first", "last"]].notna().to_numpy()).any(axis=1)  # fmt: skip
    other |= own["level"].to_numpy() != base["level"].to_numpy()
    for name in ("value", "lower", "upper"):
        held[name] = np.where(other, np.nan, own[name].to_numpy(dtype=float))
        held[f"base_{name}"] = base[name].to_numpy(dtype=float)
    held["shift"] = [_shift(row) for row in held.to_dict("records")]
    for prefix in ("", "base_"):
        columns = [held["kind"], *(held[f"{prefix}{name}"] for name in ("value", "lower", "upper"))]
        held[f"{prefix}conclusion"] = [conclusion(*row) for row in zip(*columns, strict=True)]
    words = (held["conclusion"] != held["base_conclusion"]) & (held["conclusion"] != "")
    outside = (held["value"] < held["base_lower"]) | (held["value"] > held["base_upper"])
    held["moved"] = (words & (held["base_conclusion"] != "")) | (outside & held["kind"].isin(["count", "share"]))
    return held


def _shift(row: dict[Any, Any]) -> float:
    """Return by how much a value differs from the base, in units of `_scale`."""
    kind = str(row["kind"])
    values = np.array([row["value"], row["base_value"]])
    if kind in ("factor", "ratio"):
        values = np.log(np.maximum(values, 1e-12))
    unit = _scale(kind, row["base_lower"], row["base_upper"])
    return float(abs(values[0] - values[1]) / unit) if unit > 1e-9 else float("nan")  # an interval of one point
