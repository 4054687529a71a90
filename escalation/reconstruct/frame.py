"""Check a frame of reports cell by cell and type the columns that matter; all problems are raised at once."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd

BOUNDS = ("exact", "at_least", "more_than", "about", "up_to")
#: Totals above this are not a job for single counts.
LARGEST = 5_000


def _problem(row: object, column: str, value: object, need: str) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    row = row.item() if isinstance(row, np.generic) else row
    return f"row {row!r}, column {column!r}: got {value!r}, need {need}"


def _dates(frame: pd.DataFrame, column: str, required: bool, bad: list[str]) -> pd.Series:
    """Parse a column of dates, noting every cell that is not one."""
    raw = frame[column] if column in frame else pd.Series(pd.NaT, index=frame.index)
    if pd.api.types.is_numeric_dtype(raw) and raw.notna().any():
        parsed = pd.Series(pd.NaT, index=frame.index)
    else:
        parsed = pd.to_datetime(raw, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None).dt.normalize()
    empty = raw.isna() | (raw.astype(str).str.strip() == "")
    for label in frame.index[(parsed.isna() & ~empty).to_numpy()]:
        bad.append(_problem(label, column, frame.loc[label, column], "a date such as 2023-11-21"))
    if required:
        for label in frame.index[empty.to_numpy()]:
            bad.append(_problem(label, column, raw.loc[label], "a date such as 2023-11-21"))
    return parsed


def _whole(frame: pd.DataFrame, column: str, required: bool, bad: list[str]) -> pd.Series:
    """Parse a column of non-negative whole numbers, noting every cell that is not one."""
    raw = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
    if pd.api.types.is_bool_dtype(raw):
        raw = raw.astype(str)
    value = pd.to_numeric(raw, errors="coerce").astype("float64")
    empty = raw.isna() | (raw.astype(str).str.strip() == "")
    fine = value.notna() & np.isfinite(value) & (value >= 0) & (value == np.floor(value))
    wrong = ~fine & (True if required else ~empty)
    for label in frame.index[wrong.to_numpy()]:
        bad.append(_problem(label, column, raw.loc[label], "a whole number of at least 0"))
    return value.where(fine)


def _check_columns(frame: pd.DataFrame) -> None:
    """Refuse what is not a frame of reports, with a hint where a name is nearly right."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"reports must be a DataFrame with at least as_of and count, got {type(frame).__name__}")
    missing = [c for c in ("as_of", "count") if c not in frame.columns]
    if missing:
        hints = []
        for name in missing:
            near = difflib.get_close_matches(name, [str(c) for c in frame.columns], 1, 0.5)
            hints.append(f"{name!r}" + (f" (did you mean your column {near[0]!r}?)" if near else ""))
        raise ValueError(f"reports lacks the column(s) {', '.join(hints)}; it has {[str(c) for c in frame.columns]}")
    if frame.empty:
        raise ValueError("reports has no rows: at least one report with as_of and count is needed")
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise ValueError(f"reports has the column(s) {twice} more than once")


def tidy_reports(frame: pd.DataFrame) -> pd.DataFrame:
    """Typed copy of the columns that matter, with all problems of all rows raised at once."""
    _check_columns(frame)
    raw = frame.reset_index(drop=True)
    raw.index = pd.Index(frame.index if frame.index.is_unique else range(len(frame)))
    bad: list[str] = []
    tidy = pd.DataFrame(index=raw.index)
    bound = raw["bound"] if "bound" in raw else pd.Series("exact", index=raw.index)
    bound = bound.where(bound.notna() & (bound.astype(str).str.strip() != ""), "exact").astype(str)
    dozens = (bound == "dozens").to_numpy()
    if dozens.any():
        raw = raw.assign(
            count=pd.to_numeric(raw["count"], errors="coerce").where(~dozens, 24),
            count_high=(raw["count_high"] if "count_high" in raw else pd.Series(np.nan, index=raw.index)).where(
                ~dozens, 99
            ),
        )
        bound = bound.where(~dozens, "about")
    for label in raw.index[(~bound.isin(BOUNDS)).to_numpy()]:
        bad.append(_problem(label, "bound", raw.loc[label, "bound"], f"one of {', '.join(BOUNDS)}"))
    tidy["bound"] = bound
    tidy["as_of"] = _dates(raw, "as_of", True, bad)
    tidy["published"] = _dates(raw, "published", False, bad)
    tidy["since"] = _dates(raw, "since", False, bad)
    tidy["count"] = _whole(raw, "count", True, bad)
    tidy["count_high"] = _whole(raw, "count_high", False, bad)
    early = (tidy["published"] < tidy["as_of"]).to_numpy()
    for label in raw.index[early]:
        day = f"{tidy.loc[label, 'published']:%Y-%m-%d}"
        bad.append(
            _problem(label, "as_of", f"{tidy.loc[label, 'as_of']:%Y-%m-%d}", f"a date up to its publication, {day}")
        )
    for label in raw.index[(tidy["count_high"] < tidy["count"]).to_numpy()]:
        bad.append(_problem(label, "count_high", raw.loc[label, "count_high"], "at least the row's count"))
    for label in raw.index[(tidy[["count", "count_high"]].max(axis=1) > LARGEST).to_numpy()]:
        bad.append(
            _problem(label, "count", raw.loc[label, "count"], f"at most {LARGEST} (larger totals: count in units)")
        )
    precision = raw["as_of_precision"] if "as_of_precision" in raw else pd.Series("day", index=raw.index)
    precision = precision.where(precision.notna() & (precision.astype(str) != ""), "day").astype(str)
    for label in raw.index[(~precision.isin(["day", "approx"])).to_numpy()]:
        bad.append(_problem(label, "as_of_precision", raw.loc[label, "as_of_precision"], "day or approx"))
    tidy["approx"] = precision == "approx"
    if bad:
        shown = "\n  ".join(bad[:50]) + (f"\n  … and {len(bad) - 50} more" if len(bad) > 50 else "")
        raise ValueError(f"{len(bad)} problem(s) in the reports:\n  {shown}")
    root = pd.Series(None, index=raw.index, dtype="object")
    for column in ("source_id", "derived_from"):
        if column in raw:
            given = raw[column].astype("object")
            root = given.where(given.notna() & (given.astype(str) != ""), root)
    tidy["root"] = root
    return tidy
